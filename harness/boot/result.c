/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges a boot that is over: the facts for the verdict, the first hit in words, verdict.json.
 * All evidence is on disk by now.
 */
#include "harness/boot/internal.h"
#include "harness/boot/goal.h"
#include "harness/results/records.h"
#include "host-driver/base/json.h"

#include "guest-agent/contract/op.h"

static const ScenarioOp *scenario_op(const Boot *boot, guint i)
{
	return g_ptr_array_index(boot->config.scenario->ops, i);
}

#define INT3 "int3 at a patched instruction of an emulated guest"
/* A counter that stands for less has not stood still, however short the run. */
#define STILL_LEAST_US (5 * G_USEC_PER_SEC)

/* Offlines of all hammers until @t_ns, from the recorder; -1 when it does not reach back. */
static gint64 offlines_until(const Boot *boot, guint64 t_ns, gint64 *block)
{
	const RecorderRing *ring =
		boot->recorder.first ? boot->recorder.first : boot->recorder.last;
	gint64 sum = 0;

	for (guint i = 0; ring && i < boot->agent.op_count; i++) {
		gint64 n;

		if (!boot->agent.ops[i].hammer)
			continue;
		n = recorder_ring_offlines_at(ring, i, t_ns);
		if (n < 0)
			return -1;
		sum += n;
		if (*block < 0)
			*block = recorder_ring_block_at(ring, i, t_ns);
	}
	return ring ? sum : -1;
}

static char *consequences_of(const Incident *incident)
{
	g_autoptr(GPtrArray) titles = g_ptr_array_new();
	g_autofree char *all = NULL;

	for (guint i = 1; i < incident->splats->len; i++) {
		const Splat *s = g_ptr_array_index(incident->splats, i);

		if (!g_str_equal(s->title, incident->title) &&
		    !g_ptr_array_find_with_equal_func(titles, s->title, g_str_equal, NULL))
			g_ptr_array_add(titles, s->title);
	}
	if (titles->len == 0)
		return NULL;
	g_ptr_array_add(titles, NULL);
	all = g_strjoinv(", ", (char **)titles->pdata);
	return units_printable(all);
}

static void fill_hit(const Boot *boot, const Incident *incident, BootHit *hit)
{
	const Splat *cause = incident->cause;
	guint64 t_ns = (guint64)MAX(cause->t_us, 0) * 1000;

	hit->any = TRUE;
	hit->title = units_printable(incident->title);
	hit->family = g_strdup(incident_family_name(incident->family));
	hit->signature = units_printable(incident->signature);
	hit->reason = cause->page.reason ? units_printable(cause->page.reason) : NULL;
	if (cause->file) {
		g_autofree char *where = g_strdup_printf("%s:%u", cause->file, cause->file_line);

		hit->where = units_printable(where);
	}
	hit->walker = incident->walker ? units_printable(incident->walker) : NULL;
	hit->walker_guessed = incident->walker_guessed;
	hit->consequences = consequences_of(incident);
	if (cause->page.pfn) {
		hit->pfn = (gint64)MIN(cause->page.pfn, (guint64)G_MAXINT64);
		hit->block = hit->pfn / (gint64)(boot->agent.block_bytes / boot->agent.page_bytes);
	}
	if (cause->t_us < 0)
		return;
	hit->offlines = offlines_until(boot, t_ns, &hit->block);
	if (boot->agent.go_ns >= 0)
		hit->after_go_s = ((double)t_ns - (double)boot->agent.go_ns) / 1e9;
	if (boot->agent.hello)
		hit->after_hello_s = ((double)t_ns - (double)boot->agent.hello_ns) / 1e9;
}

/* What came this long before the guest's last word was not what it died of. */
#define DEATH_US (10 * G_USEC_PER_SEC)

/* Whether the guest fell silent with @incident. */
static gboolean is_last(const Boot *boot, const Incident *incident)
{
	const Splat *last = g_ptr_array_index(incident->splats, incident->splats->len - 1);

	return last->host_us >= boot->agent.heard_us - DEATH_US;
}

/* Whether a task of the guest, or all of it, died of @incident. */
static gboolean is_fatal(const Incident *incident)
{
	for (guint i = 0; i < incident->splats->len; i++)
		if (((const Splat *)g_ptr_array_index(incident->splats, i))->fatal)
			return TRUE;
	return FALSE;
}

/* When the guest, or a task of it, died of @incident: with its first fatal splat, or its last one. */
static double death_s(const Boot *boot, const Incident *incident)
{
	const Splat *s = NULL;

	for (guint i = 0; i < incident->splats->len; i++) {
		s = g_ptr_array_index(incident->splats, i);
		if (s->fatal)
			break;
	}
	return boot_after_go_s(boot, s->t_us);
}

/* @fatal: the known one killed a task at least. */
static void gather_incidents(const Boot *boot, BootResult *r, gboolean *fatal)
{
	const GPtrArray *all = triage_incidents(boot->splats.triage);

	for (guint i = 0; i < all->len; i++) {
		const Incident *incident = g_ptr_array_index(all, i);

		if (!boot_is_evidence(boot, incident))
			continue;
		if (incident->known && !boot->config.strict) {
			r->known_count++;
			if (!*fatal && (is_fatal(incident) ||
					(!r->ended_by_known && is_last(boot, incident)))) {
				g_free(r->ended_by_known);
				r->ended_by_known = units_printable(incident->known_name);
				*fatal = is_fatal(incident);
				r->cut_s = death_s(boot, incident);
			}
			continue;
		}
		if (r->incident_count++ == 0)
			fill_hit(boot, incident, &r->hit);
		r->hits += incident->hits;
		if (!g_ptr_array_find_with_equal_func(
			    r->families, incident_family_name(incident->family), g_str_equal, NULL))
			g_ptr_array_add(r->families,
					g_strdup(incident_family_name(incident->family)));
		g_ptr_array_add(r->incident_titles, units_printable(incident->title));
	}
}

static gboolean saw_artefact(const Triage *triage)
{
	const GPtrArray *all = triage_incidents(triage);

	for (guint i = 0; i < all->len; i++)
		if (((const Incident *)g_ptr_array_index(all, i))->family == FAMILY_EMULATOR)
			return TRUE;
	return FALSE;
}

/*
 * What the emulator did to the guest, or NULL: int3, in its log or where our NMI finds a CPU; or it
 * hung before the hello, when no op has done anything yet, and no CPU takes the NMI: a kernel that
 * hangs would.
 */
static const char *artefact_of(const Boot *boot)
{
	if (saw_artefact(boot->splats.triage) || saw_artefact(boot->splats.baseline))
		return INT3;
	if (!boot->life.last_words)
		return NULL;
	triage_finish(boot->life.last_words);
	if (saw_artefact(boot->life.last_words))
		return INT3;
	if (boot->config.accel == VM_ACCEL_TCG && !boot->agent.hello && boot->life.nmi_taken &&
	    triage_splats(boot->splats.baseline)->len == 0 && boot->machine.console_bytes &&
	    boot->machine.console_bytes == boot->life.console_at_nmi)
		return "an emulated guest stood still in its boot, and no CPU took our NMI";
	return NULL;
}

/* How long the ops ran, by the guest's clock as far as the host's bears it out. */
static double run_s_of(const Boot *boot)
{
	const BootAgent *agent = &boot->agent;
	double guest_s = (agent->last_ns - agent->go_ns) / 1e9;
	double host_s = (agent->heard_us - agent->run_us) / 1e6;

	if (agent->go_ns < 0 || guest_s <= 0)
		return 0;
	return guest_s > host_s * BOOT_CLOCK_FAST + BOOT_CLOCK_FAST_S ? host_s : guest_s;
}

/*
 * Its counter did not rise in the last three quarters of the run. A pass may take long; but one
 * that takes as long as the others ends at least once in the second half. What comes after the
 * duration is not counted: an op that is slow to stop holds up the last counts of all.
 */
static gboolean went_still(const Boot *boot, const BootOp *op)
{
	gint64 begun_us = boot->agent.run_us;
	gint64 over_us = begun_us + (gint64)boot->config.scenario->duration_ms * 1000;
	gint64 end_us = MIN(op->counted_us, over_us);
	gint64 still_us = end_us - MAX(op->rose_us, begun_us);

	return still_us > STILL_LEAST_US && still_us > (end_us - begun_us) / 4 * 3;
}

static gboolean is_rising(const Boot *boot, const BootOp *op)
{
	if (op->counts < 2)
		return FALSE;
	if (op->ended && !op->end && op->steps)
		return TRUE;
	return op->steps > op->first_steps && !went_still(boot, op);
}

static void gather_ops(const Boot *boot, BootResult *r, VerdictOp *ops)
{
	for (guint i = 0; i < boot->agent.op_count; i++) {
		const BootOp *op = &boot->agent.ops[i];

		ops[i] = (VerdictOp){
			.name = scenario_op(boot, i)->label,
			.ready = g_strcmp0(op->state, "ready") == 0,
			.skipped = g_strcmp0(op->state, "skipped") == 0 || !boot->plan->runs[i],
			.observer = op_find(scenario_op(boot, i)->name)->kind == OP_OBSERVER,
			.reason = op->reason,
			.end = op->end,
			.steps = op->steps,
			.rising = is_rising(boot, op),
		};
		if (op->hammer) {
			r->offlines += op->offlines;
			r->offlines_ok += op->offlines_ok;
			r->offlines_refused += op->refused;
		}
		if (ops[i].skipped && boot->plan->runs[i])
			g_ptr_array_add(r->skipped, g_strdup_printf("%s: %s", ops[i].name,
								    op->reason ? op->reason : "?"));
	}
}

static void gather_rounds(Boot *boot, BootResult *r)
{
	r->rounds = boot_acts_take_rounds(boot);
	for (guint i = 0; i < r->rounds->len; i++)
		r->rounds_complete += ((RRound *)g_ptr_array_index(r->rounds, i))->complete;
}

static const KnownIssue *known_hang(const Boot *boot)
{
	const char *signature = boot->config.strict ? NULL : boot_hang_signature(boot);

	return signature ? triage_known_find(boot->config.known_issues, signature,
					     boot->config.kernel->release)
			 : NULL;
}

/* What it hung in is counted as an incident is. */
static void count_hang(const Boot *boot, BootResult *r, const KnownIssue *known)
{
	if (known) {
		r->known_count++;
		g_free(r->ended_by_known);
		r->ended_by_known = units_printable(known->name);
	} else if (boot_is_hunting(boot)) {
		r->hits++;
		g_ptr_array_add(r->families, g_strdup(verdict_name(VERDICT_HANG)));
		g_ptr_array_add(r->incident_titles, units_printable(r->reason));
	}
}

/* What of our own side ends a boot, though nobody said so while it ran. (transfer full) */
static char *infra_of(const Boot *boot, const GPtrArray *impairments)
{
	if (boot->life.infra)
		return g_strdup(boot->life.infra);
	for (guint n = 0; n < impairments->len; n++) {
		const Impairment *i = g_ptr_array_index(impairments, n);

		if (i->kind == impairment_of_host(HOST_EVENT_AGENT_DIED) ||
		    i->kind == impairment_of_host(HOST_EVENT_OUT_OF_MEMORY) ||
		    i->kind == impairment_of_host(HOST_EVENT_PAUSED) ||
		    i->kind == impairment_of_host(HOST_EVENT_STARVED) ||
		    (boot->life.quiet && i->kind == impairment_of_host(HOST_EVENT_NO_ANSWER)))
			return impairment_text(i);
	}
	return NULL;
}

/* Cut off by something else than a hit: what it did until then keeps its worth. */
static void censor(BootResult *r, const VerdictFacts *facts)
{
	if ((r->verdict == VERDICT_CLEAN || r->verdict == VERDICT_UNEXPOSED) &&
	    verdict_was_cut(facts))
		r->censored = g_strdup("interrupted");
	else if (r->verdict == VERDICT_KNOWN)
		r->censored = g_strdup_printf("known issue %s", r->ended_by_known);
	if (r->verdict == VERDICT_KNOWN)
		return;
	g_clear_pointer(&r->ended_by_known, g_free);
	r->cut_s = -1;
}

BootResult *boot_judge(Boot *boot)
{
	BootResult *r = g_new0(BootResult, 1);
	g_autofree VerdictOp *ops = g_new0(VerdictOp, MAX(boot->agent.op_count, 1));
	g_autofree char *unmet = NULL, *infra = NULL;
	const KnownIssue *known;
	gboolean hung;
	VerdictFacts facts = {.console = !boot->life.mute,
			      .quiet = boot->life.quiet,
			      .endless = boot->agent.endless,
			      .done = boot->agent.done,
			      .exited = boot->machine.exited,
			      .reset = boot->machine.reset,
			      .interrupted = boot->life.interrupted,
			      .ops = ops,
			      .op_count = boot->agent.op_count};

	r->dir = g_strdup(boot->copies.dir);
	r->phase = boot_is_hunting(boot) ? "hunt" : "boot";
	r->index = boot->config.index;
	r->seed = boot->config.seed;
	r->host_lost = boot->machine.lost;
	r->incident_titles = g_ptr_array_new_with_free_func(g_free);
	r->families = g_ptr_array_new_with_free_func(g_free);
	r->skipped = g_ptr_array_new_with_free_func(g_free);
	r->hit.block = r->hit.pfn = r->hit.offlines = -1;
	r->hit.after_go_s = r->hit.after_hello_s = r->cut_s = -1;
	r->hello_s =
		boot->agent.hello ? (boot->agent.hello_us - boot->machine.started_us) / 1e6 : -1;
	r->run_s = run_s_of(boot);
	gather_ops(boot, r, ops);
	facts.emulator = artefact_of(boot);
	gather_incidents(boot, r, &facts.fatal);
	/* The last count line of a dead guest may be a second old; the recorder knows better. */
	if (r->hit.offlines > (gint64)r->offlines)
		r->offlines = (guint64)r->hit.offlines;
	facts.incidents = r->incident_count;
	facts.known = r->ended_by_known;
	known = known_hang(boot);
	facts.known_hang = known ? known->name : NULL;
	r->exposure = boot_agent_take_exposure(boot);
	gather_rounds(boot, r);
	facts.unmet = unmet = goal_unmet(boot->config.scenario, r->exposure, r->offlines,
					 r->rounds_complete, ops, boot->plan->runs);
	r->impairments = boot_weigh(boot);
	facts.infra = infra = infra_of(boot, r->impairments);
	facts.impairment = impairment_worst(r->impairments);
	facts.cut = boot->life.interrupted && boot->agent.stopped;
	facts.goal = goal_is_set(boot->config.scenario);
	facts.any = g_str_equal(boot->config.scenario->goal_ops, "any");
	r->verdict = verdict_decide(&facts, &r->reason);
	hung = r->verdict == VERDICT_HANG ||
	       (r->verdict == VERDICT_KNOWN && (facts.endless || !facts.known));
	if (hung)
		count_hang(boot, r, known);
	censor(r, &facts);
	boot_write_verdict(boot, r, ops, hung, known);
	return r;
}

void boot_result_free(BootResult *r)
{
	if (!r)
		return;
	g_free(r->reason);
	g_free(r->ended_by_known);
	g_free(r->censored);
	g_free(r->dir);
	g_ptr_array_unref(r->incident_titles);
	g_ptr_array_unref(r->families);
	g_ptr_array_unref(r->skipped);
	g_clear_pointer(&r->impairments, g_ptr_array_unref);
	for (guint i = 0; r->rounds && i < r->rounds->len; i++)
		fields_free(&results_round_table, g_ptr_array_index(r->rounds, i));
	g_clear_pointer(&r->rounds, g_ptr_array_unref);
	exposure_free(r->exposure);
	g_free(r->hit.title);
	g_free(r->hit.family);
	g_free(r->hit.signature);
	g_free(r->hit.reason);
	g_free(r->hit.where);
	g_free(r->hit.walker);
	g_free(r->hit.consequences);
	g_free(r);
}
