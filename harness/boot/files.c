/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot.json and verdict.json: what is known of a boot, put into the records that are read back. */
#include "harness/boot/internal.h"
#include "harness/results/records.h"
#include "host-driver/base/text.h"

static char *seed_text(guint64 seed)
{
	return g_strdup_printf("0x%016" G_GINT64_MODIFIER "x", seed);
}

/* Records with lists in them, before they are filled. */
static void init(RBoot *b)
{
	b->argv = g_ptr_array_new();
	b->ops = g_ptr_array_new();
	b->incidents = g_ptr_array_new();
	b->baseline = g_ptr_array_new();
	b->impairments = g_ptr_array_new();
}

static void clear(RBoot *b)
{
	fields_clear(&results_boot_table, b);
	fields_clear(&results_verdict_table, b);
}

gboolean boot_write_start(Boot *boot, char **argv)
{
	const BootConfig *c = &boot->config;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	RBoot b = {.number = c->index};
	gboolean ok;

	init(&b);
	b.scenario = text_copy(c->scenario->name);
	b.seed = seed_text(c->seed);
	b.started = g_date_time_format_iso8601(now);
	b.kernel = text_copy(c->kernel->release);
	b.kernel_version = text_copy(c->kernel->version);
	b.build_id = text_copy(c->kernel->build_id);
	b.backend = text_copy(c->backend->text);
	b.accel = text_copy(vm_accel_name(c->accel));
	b.moved_from = text_copy(c->moved_from);
	for (guint i = 0; argv[i]; i++)
		g_ptr_array_add(b.argv, text_copy(argv[i]));
	ok = record_json_file(boot->record, "boot.json", fields_write(&results_boot_table, &b));
	clear(&b);
	return ok;
}

static RSplat *splat_of(const Splat *s)
{
	RSplat *splat = g_new0(RSplat, 1);

	splat->title = text_copy(s->title);
	splat->kind = g_strdup(splat_kind_name(s->kind));
	splat->signature = text_copy(s->signature);
	splat->corrupted = s->corrupted;
	splat->line = (gint64)s->line;
	splat->t_us = s->t_us;
	return splat;
}

static RIncident *incident_of(const Boot *boot, const Incident *from)
{
	RIncident *incident = g_new0(RIncident, 1);

	incident->family = incident_family_name(from->family);
	incident->title = text_copy(from->title);
	incident->signature = text_copy(from->signature);
	incident->hits = (gint64)from->hits;
	incident->after_go_s = boot_after_go_s(boot, from->cause->t_us);
	incident->evidence = boot_is_evidence(boot, from);
	incident->walker = text_copy(from->walker);
	incident->walker_guessed = from->walker_guessed;
	incident->known = text_copy(from->known);
	incident->splats = g_ptr_array_new();
	for (guint i = 0; i < from->splats->len; i++)
		g_ptr_array_add(incident->splats, splat_of(g_ptr_array_index(from->splats, i)));
	return incident;
}

static void add_incidents(GPtrArray *to, const Boot *boot, const Triage *triage)
{
	const GPtrArray *all = triage_incidents(triage);

	for (guint i = 0; i < all->len; i++)
		g_ptr_array_add(to, incident_of(boot, g_ptr_array_index(all, i)));
}

static void add_ops(GPtrArray *to, const Boot *boot, const VerdictOp *judged)
{
	for (guint i = 0; i < boot->agent.op_count; i++) {
		const ScenarioOp *planned = g_ptr_array_index(boot->config.scenario->ops, i);
		const BootOp *from = &boot->agent.ops[i];
		ROp *op = g_new0(ROp, 1);

		op->label = text_copy(planned->label);
		op->state = boot->plan->runs[i]
				    ? results_word(results_op_state_word, from->state, "unknown")
				    : "not-drawn";
		op->reason = text_copy(from->reason);
		op->outcome = verdict_outcome_name(verdict_op_outcome(&judged[i]));
		op->steps = (gint64)from->steps;
		op->ended = text_copy(from->end);
		op->offlines = from->hammer ? (gint64)from->offlines : -1;
		op->offlines_ok = from->hammer ? (gint64)from->offlines_ok : -1;
		op->offlines_refused = from->hammer ? (gint64)from->refused : -1;
		g_ptr_array_add(to, op);
	}
}

static void add_impairments(GPtrArray *to, const GPtrArray *all)
{
	for (guint i = 0; i < all->len; i++) {
		const Impairment *from = g_ptr_array_index(all, i);
		g_autofree char *text = impairment_text(from);
		RImpairment *impairment = g_new0(RImpairment, 1);

		impairment->name = text_copy(from->kind->name);
		impairment->source = from->host ? "host" : "agent";
		impairment->count = (gint64)from->count;
		impairment->effect = impairment_effect_name(from->kind->effect);
		impairment->text = text_copy(text);
		g_ptr_array_add(to, impairment);
	}
}

static void set_hit(RBoot *b, const BootHit *hit)
{
	b->hit_title = text_copy(hit->title);
	b->hit_family = results_word(results_family_word, hit->family, "other");
	b->hit_signature = text_copy(hit->signature);
	b->hit_walker = text_copy(hit->walker);
	b->hit_block = hit->block;
	b->hit_pfn = hit->pfn;
	b->hit_offlines = hit->offlines;
	b->hit_s = hit->after_go_s;
	b->hit_hello_s = hit->after_hello_s;
}

void boot_write_verdict(Boot *boot, BootResult *r, const VerdictOp *ops, gboolean hung,
			const KnownIssue *known)
{
	RBoot b = {.number = r->index,
		   .verdict = verdict_name(r->verdict),
		   .phase = r->phase,
		   .interrupted = boot->life.interrupted,
		   .host_lost = r->host_lost,
		   .run_s = r->run_s,
		   .cut_s = r->cut_s,
		   .hello_s = r->hello_s,
		   .offlines = (gint64)r->offlines,
		   .offlines_ok = (gint64)r->offlines_ok,
		   .offlines_refused = (gint64)r->offlines_refused,
		   .hits = (gint64)r->hits,
		   .known = r->known_count,
		   .exposure = r->exposure};

	init(&b);
	b.reason = text_copy(r->reason);
	b.seed = seed_text(r->seed);
	b.censored = text_copy(r->censored);
	b.ended_by_known = text_copy(r->ended_by_known);
	if (r->hit.any)
		set_hit(&b, &r->hit);
	add_ops(b.ops, boot, ops);
	add_impairments(b.impairments, r->impairments);
	add_incidents(b.incidents, boot, boot->splats.triage);
	if (hung)
		g_ptr_array_add(b.incidents, boot_hang_incident(boot, r->reason, r->run_s, known));
	add_incidents(b.baseline, boot, boot->splats.baseline);
	b.pressure = boot_acts_told(boot);
	b.rounds = r->rounds;
	b.rounds_complete = (gint64)r->rounds_complete;
	record_json_file(boot->record, "verdict.json", fields_write(&results_verdict_table, &b));
	b.exposure = NULL; /* the result's, like the rounds */
	b.rounds = NULL;
	clear(&b);
}

gboolean boot_write_lost(const char *dir, const char *why)
{
	g_autofree char *path = g_build_filename(dir, "verdict.json", NULL), *text = NULL;
	g_autoptr(RBoot) b = results_boot_load(dir, NULL);

	if (!b)
		return FALSE;
	b->verdict = verdict_name(VERDICT_INFRA);
	g_free(b->reason);
	b->reason = text_copy(why);
	b->host_lost = TRUE;
	text = rj_print(fields_write(&results_verdict_table, b), TRUE);
	return g_file_set_contents(path, text, -1, NULL);
}
