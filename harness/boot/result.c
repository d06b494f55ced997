/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges a boot that is over: the facts for the verdict, the first hit in words, verdict.json.
 * All evidence is on disk by now.
 */
#include "harness/boot/internal.h"
#include "harness/boot/goal.h"
#include "host-driver/base/json.h"

#include "guest-agent/contract/op.h"

static const ScenarioOp *scenario_op(const Boot *boot, guint i)
{
	return g_ptr_array_index(boot->config.scenario->ops, i);
}

#define INT3 "int3 at a patched instruction of an emulated guest"

/*
 * After an artefact of the emulator nothing that the guest says is evidence of a race, and an end
 * that the agent brought upon it never is.
 */
static gboolean is_evidence(const Boot *boot, const Incident *incident)
{
	const GPtrArray *all = triage_incidents(boot->splats.triage);

	if (incident->family == FAMILY_EMULATOR || boot_is_agent_end(incident->cause))
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		const Incident *other = g_ptr_array_index(all, i);

		if (other->family == FAMILY_EMULATOR &&
		    other->cause->host_us < incident->cause->host_us)
			return FALSE;
	}
	return TRUE;
}

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
	static const char *const kinds[] = {"alignment",      "bad-mode",      "control-protection",
					    "divide-error",   "double-fault",  "gpf",
					    "invalid-opcode", "kernel-bug",    "null-deref",
					    "oops",	      "page-fault",    "panic",
					    "stack-overflow", "stack-segment", "unhandled-fault",
					    "user-access",    "usercopy",      NULL};

	for (guint i = 0; i < incident->splats->len; i++) {
		const Splat *splat = g_ptr_array_index(incident->splats, i);

		if (g_strv_contains(kinds, splat->kind))
			return TRUE;
	}
	return FALSE;
}

/* @fatal: the known one killed a task at least. */
static void gather_incidents(const Boot *boot, BootResult *r, gboolean *fatal)
{
	const GPtrArray *all = triage_incidents(boot->splats.triage);

	for (guint i = 0; i < all->len; i++) {
		const Incident *incident = g_ptr_array_index(all, i);

		if (!is_evidence(boot, incident))
			continue;
		if (incident->known && !boot->config.strict) {
			r->known_count++;
			if (!*fatal && (is_fatal(incident) ||
					(!r->ended_by_known && is_last(boot, incident)))) {
				g_free(r->ended_by_known);
				r->ended_by_known = units_printable(incident->known_name);
				*fatal = is_fatal(incident);
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
	return guest_s > host_s * 3 + 5 ? host_s : guest_s;
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
			.rising = op->counts > 1 && (op->steps > op->first_steps ||
						     (op->ended && !op->end && op->steps)),
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

static JsonObject *splat_json(const Splat *s)
{
	JsonObject *o = json_object_new();
	g_autofree char *title = units_printable(s->title);

	json_object_set_string_member(o, "title", title);
	json_object_set_string_member(o, "kind", s->kind);
	json_object_set_string_member(o, "signature", s->signature);
	json_object_set_boolean_member(o, "corrupted", s->corrupted);
	json_object_set_int_member(o, "line", (gint64)s->line);
	json_object_set_int_member(o, "t_us", s->t_us);
	return o;
}

static JsonArray *incidents_json(const Boot *boot, const Triage *triage)
{
	const GPtrArray *all = triage_incidents(triage);
	JsonArray *array = json_array_new();

	for (guint i = 0; i < all->len; i++) {
		const Incident *incident = g_ptr_array_index(all, i);
		JsonObject *o = json_object_new();
		JsonArray *behind = json_array_new();

		json_object_set_string_member(o, "family", incident_family_name(incident->family));
		json_object_set_string_member(o, "title", incident->title);
		json_object_set_string_member(o, "signature", incident->signature);
		json_object_set_int_member(o, "hits", (gint64)incident->hits);
		json_object_set_boolean_member(o, "evidence", is_evidence(boot, incident));
		if (incident->walker) {
			json_object_set_string_member(o, "walker", incident->walker);
			json_object_set_boolean_member(o, "walker_guessed",
						       incident->walker_guessed);
		}
		if (incident->known)
			json_object_set_string_member(o, "known", incident->known);
		json_object_set_object_member(o, "cause", splat_json(incident->cause));
		for (guint k = 1; k < incident->splats->len; k++)
			json_array_add_object_element(
				behind, splat_json(g_ptr_array_index(incident->splats, k)));
		json_object_set_array_member(o, "consequences", behind);
		json_array_add_object_element(array, o);
	}
	return array;
}

static JsonArray *ops_json(const Boot *boot)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < boot->agent.op_count; i++) {
		const BootOp *op = &boot->agent.ops[i];
		JsonObject *o = json_object_new();

		json_object_set_string_member(o, "op", scenario_op(boot, i)->label);
		json_object_set_string_member(o, "state",
					      !boot->plan->runs[i] ? "not-drawn"
					      : op->state	   ? op->state
								   : "unknown");
		if (op->reason)
			json_object_set_string_member(o, "reason", op->reason);
		json_object_set_int_member(o, "steps", (gint64)op->steps);
		if (op->end)
			json_object_set_string_member(o, "ended", op->end);
		if (op->hammer) {
			json_object_set_int_member(o, "offlines", (gint64)op->offlines);
			json_object_set_int_member(o, "offlines_ok", (gint64)op->offlines_ok);
			json_object_set_int_member(o, "offlines_refused", (gint64)op->refused);
		}
		json_array_add_object_element(array, o);
	}
	return array;
}

static JsonObject *hit_json(const BootHit *hit)
{
	JsonObject *o = json_object_new();

	json_object_set_string_member(o, "title", hit->title);
	json_object_set_string_member(o, "family", hit->family);
	json_object_set_string_member(o, "signature", hit->signature);
	if (hit->walker)
		json_object_set_string_member(o, "walker", hit->walker);
	rj_set_known_int(o, "block", hit->block);
	rj_set_known_int(o, "pfn", hit->pfn);
	rj_set_known_int(o, "offlines", hit->offlines);
	rj_set_known_double(o, "after_go_s", hit->after_go_s);
	rj_set_known_double(o, "after_hello_s", hit->after_hello_s);
	return o;
}

/* @hang: one more incident, or NULL; takes it. */
static void write_verdict(Boot *boot, const BootResult *r, JsonObject *hang)
{
	JsonObject *o = json_object_new(), *exposure = exposure_to_json(r->exposure);
	JsonArray *pressure = boot_acts_json(boot);
	JsonArray *incidents = incidents_json(boot, boot->splats.triage);
	g_autofree char *seed = g_strdup_printf("0x%016" G_GINT64_MODIFIER "x", r->seed);

	json_object_set_string_member(o, "verdict", verdict_name(r->verdict));
	json_object_set_string_member(o, "reason", r->reason);
	json_object_set_string_member(o, "phase", r->phase);
	json_object_set_int_member(o, "boot", r->index);
	json_object_set_string_member(o, "seed", seed);
	json_object_set_boolean_member(o, "interrupted", boot->life.interrupted);
	if (r->host_lost)
		json_object_set_boolean_member(o, "host_lost", TRUE);
	json_object_set_double_member(o, "run_s", r->run_s);
	json_object_set_double_member(o, "hello_s", r->hello_s);
	json_object_set_int_member(o, "offlines", (gint64)r->offlines);
	json_object_set_int_member(o, "offlines_ok", (gint64)r->offlines_ok);
	json_object_set_int_member(o, "offlines_refused", (gint64)r->offlines_refused);
	json_object_set_int_member(o, "hits", (gint64)r->hits);
	json_object_set_int_member(o, "known", r->known_count);
	if (r->censored)
		json_object_set_string_member(o, "censored", r->censored);
	if (r->ended_by_known)
		json_object_set_string_member(o, "ended_by_known", r->ended_by_known);
	if (r->hit.any)
		json_object_set_object_member(o, "first_hit", hit_json(&r->hit));
	if (exposure)
		json_object_set_object_member(o, "exposure", exposure);
	json_object_set_array_member(o, "ops", ops_json(boot));
	json_object_set_array_member(o, "impairments", boot_impairments_json(r->impairments));
	if (hang)
		json_array_add_object_element(incidents, hang);
	json_object_set_array_member(o, "incidents", incidents);
	json_object_set_array_member(o, "baseline", incidents_json(boot, boot->splats.baseline));
	if (pressure)
		json_object_set_array_member(o, "pressure", pressure);
	record_json_file(boot->record, "verdict.json", o);
}

gboolean boot_write_lost(const char *dir, const char *why)
{
	g_autofree char *start = g_build_filename(dir, "boot.json", NULL);
	g_autofree char *path = g_build_filename(dir, "verdict.json", NULL);
	g_autofree char *reason = units_printable(why), *text = NULL;
	g_autoptr(JsonObject) o = json_object_new();
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), o);

	if (!g_file_test(start, G_FILE_TEST_IS_REGULAR))
		return FALSE;
	json_object_set_string_member(o, "verdict", verdict_name(VERDICT_INFRA));
	json_object_set_string_member(o, "reason", reason);
	json_object_set_boolean_member(o, "host_lost", TRUE);
	text = rj_string(node, TRUE);
	return g_file_set_contents(path, text, -1, NULL);
}

static const KnownIssue *known_hang(const Boot *boot)
{
	const char *signature = boot->config.strict ? NULL : boot_hang_signature(boot);

	return signature ? triage_known_find(boot->config.known_issues, signature,
					     boot->config.kernel->release)
			 : NULL;
}

/* What it hung in is counted as an incident is. (transfer full) */
static JsonObject *take_hang(const Boot *boot, BootResult *r, const KnownIssue *known)
{
	JsonObject *hang = boot_hang_json(boot, r->reason, known);

	if (known) {
		r->known_count++;
		g_free(r->ended_by_known);
		r->ended_by_known = units_printable(known->name);
	} else if (boot_is_hunting(boot)) {
		g_ptr_array_add(r->families, g_strdup(verdict_name(VERDICT_HANG)));
		g_ptr_array_add(r->incident_titles, units_printable(r->reason));
	}
	return hang;
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

/* Cut short after it had reached its goal: what it did until then keeps its worth. */
static void censor(BootResult *r, const VerdictFacts *facts)
{
	if (r->verdict == VERDICT_CLEAN && facts->cut)
		r->censored = g_strdup("interrupted");
	else if (r->verdict == VERDICT_KNOWN && facts->goal && !facts->unmet)
		r->censored = g_strdup_printf("known issue %s", r->ended_by_known);
	if (r->verdict != VERDICT_KNOWN)
		g_clear_pointer(&r->ended_by_known, g_free);
}

BootResult *boot_judge(Boot *boot)
{
	BootResult *r = g_new0(BootResult, 1);
	g_autofree VerdictOp *ops = g_new0(VerdictOp, MAX(boot->agent.op_count, 1));
	g_autofree char *unmet = NULL, *infra = NULL;
	const KnownIssue *known;
	JsonObject *hang = NULL;
	VerdictFacts facts = {.console = !boot->life.mute,
			      .quiet = boot->life.quiet,
			      .endless = boot->agent.endless,
			      .done = boot->agent.done,
			      .exited = boot->machine.exited,
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
	r->hit.after_go_s = r->hit.after_hello_s = -1;
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
	facts.unmet = unmet =
		goal_unmet(boot->config.scenario, r->exposure, r->offlines, ops, boot->plan->runs);
	r->impairments = boot_weigh(boot);
	facts.infra = infra = infra_of(boot, r->impairments);
	facts.impairment = impairment_worst(r->impairments);
	facts.cut = boot->life.interrupted && boot->agent.stopped;
	facts.goal = goal_is_set(boot->config.scenario);
	facts.any = g_str_equal(boot->config.scenario->goal_ops, "any");
	r->verdict = verdict_decide(&facts, &r->reason);
	if (r->verdict == VERDICT_HANG ||
	    (r->verdict == VERDICT_KNOWN && (facts.endless || !facts.known)))
		hang = take_hang(boot, r, known);
	censor(r, &facts);
	write_verdict(boot, r, hang);
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
