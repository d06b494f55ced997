/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See export.h. What a record borrows of a hunt or a boot stays theirs: a record is filled, written
 * and gone.
 */
#include "harness/report/export.h"
#include "harness/report/estimate.h"
#include "harness/results/recorder.h"
#include "harness/results/signature.h"

static const char *verdict_word(const char *verdict)
{
	return *verdict ? verdict : "unended";
}

static void set_range(double *range, StatsInterval ci)
{
	range[0] = ci.low;
	range[1] = ci.high;
}

static void clear_range(double *range)
{
	range[0] = range[1] = -1;
}

static GPtrArray *count_signatures(const GPtrArray *all)
{
	GPtrArray *counts = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < all->len; i++) {
		const RSignature *s = g_ptr_array_index(all, i);
		SignatureCount *count = g_new0(SignatureCount, 1);

		count->signature = s->first->signature;
		count->family = s->first->family;
		count->title = s->first->title;
		count->boots = s->boots;
		count->hits = s->hits;
		count->known = s->known;
		count->walkers = s->walkers;
		g_ptr_array_add(counts, count);
	}
	return counts;
}

/* What a hunt's record holds of its own. */
typedef struct {
	HuntRecord record;
	Estimate *estimate;
	GPtrArray *signatures;
} HuntRow;

static void fill_hunt(HuntRow *row, const RHunt *h)
{
	HuntRecord *r = &row->record;

	row->estimate = estimate_of_hunt(h);
	row->signatures = results_signatures(h);
	*r = (HuntRecord){.h = *h, .verdict = verdict_word(h->verdict), .t = results_totals(h)};
	r->exposed = r->t.exposed;
	r->retried = r->t.retried;
	set_range(r->rate, stats_proportion(r->t.fired, r->t.exposed, STATS_CONFIDENCE));
	clear_range(r->chance);
	if (row->estimate->boots)
		set_range(r->chance, estimate_interval(row->estimate));
	r->claim = estimate_text(row->estimate);
	r->exposure = row->estimate->exposure;
	r->signatures = count_signatures(row->signatures);
}

static void clear_hunt(HuntRow *row)
{
	g_free(row->record.claim);
	g_ptr_array_unref(row->record.signatures);
	g_ptr_array_unref(row->signatures);
	estimate_free(row->estimate);
}

JsonObject *rexport_hunt(const RHunt *h)
{
	HuntRow row;
	JsonObject *o;

	fill_hunt(&row, h);
	o = fields_write(&report_hunt_table, &row.record);
	clear_hunt(&row);
	return o;
}

JsonObject *rexport_hunt_row(const StoreHunt *h)
{
	HuntRecord r = {
		.h = {.id = (char *)h->id,
		      .started = (char *)h->started,
		      .scenario = (char *)h->scenario,
		      .kernel = (char *)h->kernel},
		.verdict = verdict_word(h->verdict),
		.t = {.boots = (guint)h->boots,
		      .fired = (guint)h->fired,
		      .offlines = h->offlines,
		      .offlines_ok = -1,
		      .offlines_refused = -1,
		      .hits = h->hits,
		      .run_s = h->run_s},
		.exposed = -1,
		.retried = -1,
	};

	clear_range(r.rate);
	clear_range(r.chance);
	return fields_write(&report_hunt_table, &r);
}

/* An action whose texts are @from's. */
static ActionRecord *action_of(const RAction *from)
{
	gint64 arg = (gint64)MIN(from->arg, (guint64)RESULTS_COUNT_MAX);
	ActionRecord *a = g_new0(ActionRecord, 1);

	a->ms = -from->before_ms;
	a->op = from->op;
	a->action = from->action;
	a->block = from->block ? arg : -1;
	a->arg = from->block ? -1 : arg;
	a->result = from->result;
	return a;
}

static void set_actions(BootRecord *r, const RecorderActions *actions)
{
	r->last_actions = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < actions->actions->len; i++)
		g_ptr_array_add(r->last_actions, action_of(g_ptr_array_index(actions->actions, i)));
	r->requested_bytes = actions->requested_bytes;
	r->plugged_bytes = actions->plugged_bytes;
}

JsonObject *rexport_boot(const RHunt *h, const RBoot *b, gboolean with_recorder)
{
	g_autoptr(RecorderActions) actions = with_recorder ? results_actions_load(b) : NULL;
	BootRecord r = {.b = *b,
			.hunt = h->id,
			.verdict = verdict_word(b->verdict),
			.phase = b->ended ? b->phase : NULL,
			.requested_bytes = -1,
			.plugged_bytes = -1};
	JsonObject *o;

	if (actions)
		set_actions(&r, actions);
	o = fields_write(&report_boot_table, &r);
	g_clear_pointer(&r.last_actions, g_ptr_array_unref);
	return o;
}

JsonObject *rexport_exposure_row(const ExposureRow *row)
{
	ExposureRecord r = {.row = *row};
	StatsInterval chance;

	clear_range(r.chance);
	if (exposure_row_chance(row, &chance))
		set_range(r.chance, chance);
	if (!row->window)
		r.row.family = NULL;
	return fields_write(&report_exposure_table, &r);
}

JsonObject *rexport_signature(const StoreIncident *i)
{
	return fields_write(&report_signature_table, i);
}

JsonObject *rexport_comparison(const RHunt *a, const RHunt *b, const ComparisonRecord *of)
{
	HuntRow of_a, of_b;
	ComparisonRecord r = *of;
	JsonObject *o;

	fill_hunt(&of_a, a);
	fill_hunt(&of_b, b);
	r.a = &of_a.record;
	r.b = &of_b.record;
	o = fields_write(&report_comparison_table, &r);
	clear_hunt(&of_a);
	clear_hunt(&of_b);
	return o;
}
