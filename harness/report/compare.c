/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See compare.h. */
#include "harness/report/compare.h"
#include "harness/report/estimate.h"
#include "harness/report/export.h"
#include "host-driver/base/json.h"
#include "harness/results/bounds.h"
#include "harness/results/table.h"
#include "host-driver/base/units.h"

#include <string.h>

/* So many changes are listed in words, new ones first. */
#define CHANGES_SHOWN 100

static const char *change_word(RChangeKind kind)
{
	static const char *const words[] = {
		[RCHANGE_SAME] = "same", [RCHANGE_NEW] = "new",	  [RCHANGE_GONE] = "gone",
		[RCHANGE_MORE] = "more", [RCHANGE_LESS] = "less",
	};

	return words[kind];
}

/* Gone means more than that luck ran out: as many boots without it would be surprising. */
static RChangeKind judge(guint boots_a, guint boots_b, const RComparison *c, double p)
{
	if (boots_a == 0)
		return RCHANGE_NEW;
	if (p >= STATS_SIGNIFICANT)
		return RCHANGE_SAME;
	if (boots_b == 0)
		return RCHANGE_GONE;
	return (double)boots_b / c->b.exposed > (double)boots_a / c->a.exposed ? RCHANGE_MORE
									       : RCHANGE_LESS;
}

static void add_change(RComparison *c, const RSignature *a, const RSignature *b)
{
	RChange *change = g_new0(RChange, 1);

	change->incident = b ? b->first : a->first;
	change->known = b ? b->known : a->known;
	change->boots_a = a ? a->boots : 0;
	change->boots_b = b ? b->boots : 0;
	change->p = stats_fisher(MIN(change->boots_a, c->a.exposed), c->a.exposed,
				 MIN(change->boots_b, c->b.exposed), c->b.exposed);
	change->kind = judge(change->boots_a, change->boots_b, c, change->p);
	g_ptr_array_add(c->changes, change);
}

static gint by_kind(gconstpointer a, gconstpointer b)
{
	static const int rank[] = {
		[RCHANGE_NEW] = 0,  [RCHANGE_GONE] = 1, [RCHANGE_MORE] = 2,
		[RCHANGE_LESS] = 3, [RCHANGE_SAME] = 4,
	};
	const RChange *x = *(RChange *const *)a, *y = *(RChange *const *)b;
	int order = rank[x->kind] - rank[y->kind];

	return order ? order : strcmp(x->incident->signature, y->incident->signature);
}

static Exposure *exposure_of(const RHunt *h)
{
	g_autoptr(Estimate) c = estimate_of_hunt(h);

	return g_steal_pointer(&c->exposure);
}

static double median_of(const GArray *times)
{
	g_autoptr(GArray) steps = stats_survival((StatsTime *)(void *)times->data, times->len);

	return stats_median(steps);
}

/* Signature -> RSignature, both borrowed. */
static GHashTable *index_of(const GPtrArray *signatures)
{
	GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < signatures->len; i++) {
		RSignature *s = g_ptr_array_index(signatures, i);

		g_hash_table_insert(index, s->first->signature, s);
	}
	return index;
}

RComparison *results_compare(const RHunt *a, const RHunt *b)
{
	RComparison *c = g_new0(RComparison, 1);
	g_autoptr(GPtrArray) in_a = results_signatures(a), in_b = results_signatures(b);
	g_autoptr(GHashTable) index_a = index_of(in_a), index_b = index_of(in_b);
	g_autoptr(GArray) times_a = results_times(a), times_b = results_times(b);

	c->a = results_totals(a);
	c->b = results_totals(b);
	c->p_boots = stats_fisher(c->a.fired, c->a.exposed, c->b.fired, c->b.exposed);
	c->p_times = stats_logrank((StatsTime *)(void *)times_a->data, times_a->len,
				   (StatsTime *)(void *)times_b->data, times_b->len);
	c->median_a_s = median_of(times_a);
	c->median_b_s = median_of(times_b);
	c->exposure_a = exposure_of(a);
	c->exposure_b = exposure_of(b);
	c->changes = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < in_b->len; i++) {
		const RSignature *s = g_ptr_array_index(in_b, i);

		add_change(c, g_hash_table_lookup(index_a, s->first->signature), s);
	}
	for (guint i = 0; i < in_a->len; i++) {
		const RSignature *s = g_ptr_array_index(in_a, i);

		if (!g_hash_table_lookup(index_b, s->first->signature))
			add_change(c, s, NULL);
	}
	g_ptr_array_sort(c->changes, by_kind);
	return c;
}

void results_comparison_free(RComparison *c)
{
	if (!c)
		return;
	g_ptr_array_unref(c->changes);
	exposure_free(c->exposure_a);
	exposure_free(c->exposure_b);
	g_free(c);
}

static void rate_cell(RTable *table, const RTotals *t)
{
	StatsInterval ci = stats_proportion(t->fired, t->exposed, STATS_CONFIDENCE);
	g_autofree char *bounds = bounds_percent(ci);

	rtable_cell(table, "%u of %u (%s)", t->fired, t->exposed, bounds);
}

static void median_cell(RTable *table, const RHunt *h)
{
	g_autofree char *text = results_median(h);

	if (text)
		*strstr(text, " of hammering") = '\0';
	rtable_cell(table, "%s", text ? text : "-");
}

/* One total of both, and by which factor B's is that of A a boot. */
static void total_row(RTable *table, const char *what, const RComparison *c, guint64 in_a,
		      guint64 in_b)
{
	g_autofree char *a = results_count(in_a), *b = results_count(in_b);

	rtable_cell(table, "%s", what);
	rtable_cell(table, "%s", a);
	rtable_cell(table, "%s", b);
	if (in_a && in_b && c->a.exposed && c->b.exposed)
		rtable_cell(table, "x %.2g a boot",
			    ((double)in_b / c->b.exposed) / ((double)in_a / c->a.exposed));
	else
		rtable_cell(table, "%s", in_a == in_b ? "" : "one has none");
}

/* Rates are alike only at a like exposure: both stand here. */
static void append_exposures(RTable *table, const RComparison *c)
{
	g_autoptr(Exposure) both = exposure_new();
	g_autoptr(GPtrArray) walkers = NULL;
	g_autofree char *layer_a = exposure_layer_text(c->exposure_a);
	g_autofree char *layer_b = exposure_layer_text(c->exposure_b);

	exposure_add(both, c->exposure_a);
	exposure_add(both, c->exposure_b);
	walkers = exposure_walkers(both);
	rtable_cell(table, "probes");
	rtable_cell(table, "%s", layer_a);
	rtable_cell(table, "%s", layer_b);
	rtable_cell(table, "%s",
		    g_strcmp0(c->exposure_a->layer, c->exposure_b->layer) ? "differs" : "");
	for (guint i = 0; i < both->windows->len; i++) {
		const ExposureWindow *w = g_ptr_array_index(both->windows, i);
		g_autofree char *what = g_strdup_printf("%s windows", w->kind);

		if (w->opened)
			total_row(table, what, c, exposure_opened(c->exposure_a, w->kind),
				  exposure_opened(c->exposure_b, w->kind));
	}
	for (guint i = 0; i < walkers->len; i++) {
		const char *walker = g_ptr_array_index(walkers, i);
		g_autofree char *what = g_strdup_printf("%s visits inside", walker);

		if (exposure_inside(both, walker, NULL))
			total_row(table, what, c, exposure_inside(c->exposure_a, walker, NULL),
				  exposure_inside(c->exposure_b, walker, NULL));
	}
}

static char *p_text(double p)
{
	return p < 0.0001 ? g_strdup("p < 0.0001") : g_strdup_printf("p = %.4f", p);
}

static void append_facts(GString *text, const RHunt *a, const RHunt *b, const RComparison *c)
{
	g_autoptr(RTable) table = rtable_new("|A|B|");
	g_autofree char *p_boots = p_text(c->p_boots), *p_times = p_text(c->p_times), *body = NULL;

	rtable_cell(table, "hunt");
	rtable_cell(table, "%s", a->id);
	rtable_cell(table, "%s", b->id);
	rtable_cell(table, "%s", "");
	rtable_cell(table, "scenario");
	rtable_cell(table, "%s", a->scenario);
	rtable_cell(table, "%s", b->scenario);
	rtable_cell(table, "%s", strcmp(a->scenario, b->scenario) ? "differs" : "");
	rtable_cell(table, "kernel");
	rtable_cell(table, "%s", a->kernel);
	rtable_cell(table, "%s", b->kernel);
	rtable_cell(table, "%s", strcmp(a->build_id, b->build_id) ? "differs" : "");
	rtable_cell(table, "verdict");
	rtable_cell(table, "%s", *a->verdict ? a->verdict : "unended");
	rtable_cell(table, "%s", *b->verdict ? b->verdict : "unended");
	rtable_cell(table, "%s", "");
	rtable_cell(table, "boots that fired (bounds at 95 %%)");
	rate_cell(table, &c->a);
	rate_cell(table, &c->b);
	rtable_cell(table, "%s", p_boots);
	rtable_cell(table, "median to the first hit");
	median_cell(table, a);
	median_cell(table, b);
	rtable_cell(table, "%s", p_times);
	rtable_cell(table, "offlines");
	rtable_cell(table, "%" G_GINT64_FORMAT, c->a.offlines);
	rtable_cell(table, "%" G_GINT64_FORMAT, c->b.offlines);
	rtable_cell(table, "%s", "");
	append_exposures(table, c);
	body = rtable_text(table);
	g_string_append(text, body);
}

char *results_compare_text(const RHunt *a, const RHunt *b)
{
	g_autoptr(RComparison) c = results_compare(a, b);
	g_autoptr(RTable) table = rtable_new("change|>in A|>in B||family|what|signature");
	g_autofree char *body = NULL;
	GString *text = g_string_new(NULL);

	append_facts(text, a, b, c);
	for (guint i = 0; i < MIN(c->changes->len, CHANGES_SHOWN); i++) {
		const RChange *change = g_ptr_array_index(c->changes, i);
		g_autofree char *p = p_text(change->p);

		rtable_cell(table, "%s%s", change_word(change->kind),
			    change->known ? " (known)" : "");
		rtable_cell(table, "%u/%u", change->boots_a, c->a.exposed);
		rtable_cell(table, "%u/%u", change->boots_b, c->b.exposed);
		rtable_cell(table, "%s", p);
		rtable_cell(table, "%s", change->incident->family);
		rtable_cell(table, "%s", change->incident->title);
		rtable_cell(table, "%s", change->incident->signature);
	}
	body = rtable_text(table);
	g_string_append_printf(text, "%s%s", *body ? "\n" : "", body);
	if (c->changes->len > CHANGES_SHOWN)
		g_string_append_printf(text, "and %u more (--json lists all)\n",
				       c->changes->len - CHANGES_SHOWN);
	{
		g_autoptr(Estimate) estimate = estimate_of_hunt(a);
		g_autofree char *fix = estimate_fix(estimate);

		if (fix && c->b.fired == 0)
			g_string_append_printf(text, "\nB has no hit in %u boots; %s.\n",
					       c->b.exposed, fix);
	}
	g_string_append_printf(
		text,
		"\nA boot is one trial. new: not in A at all; gone, more, less: chance alone does "
		"that in\nfewer than 1 of %d comparisons (Fisher's exact test); times by the "
		"log-rank test.\n",
		(int)(1 / STATS_SIGNIFICANT));
	return g_string_free(text, FALSE);
}

JsonObject *results_compare_json(const RHunt *a, const RHunt *b)
{
	g_autoptr(RComparison) c = results_compare(a, b);
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < c->changes->len; i++) {
		const RChange *from = g_ptr_array_index(c->changes, i);
		ChangeRecord *change = g_new0(ChangeRecord, 1);

		change->change = change_word(from->kind);
		change->signature = from->incident->signature;
		change->family = from->incident->family;
		change->title = from->incident->title;
		change->known = from->known;
		change->boots_a = from->boots_a;
		change->boots_b = from->boots_b;
		change->p = from->p;
		g_ptr_array_add(changes, change);
	}
	return rexport_comparison(a, b, c->p_boots, c->p_times, changes);
}
