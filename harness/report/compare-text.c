/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two hunts side by side in words. See compare.h. */
#include "harness/report/compare.h"
#include "harness/report/estimate.h"
#include "harness/results/bounds.h"
#include "harness/results/table.h"

#include <string.h>

/* So many changes are listed in words, new ones first. */
#define CHANGES_SHOWN 100

/* "3 of 12 (7.2..52 %), 2 cut off" */
static void rate_cell(RTable *table, const Estimate *e)
{
	g_autofree char *bounds = bounds_percent(estimate_interval(e));

	if (e->boots == 0)
		rtable_cell(table, "none was a trial");
	else if (e->cut)
		rtable_cell(table, "%u of %u (%s), %u cut off", e->fired, e->boots, bounds, e->cut);
	else
		rtable_cell(table, "%u of %u (%s)", e->fired, e->boots, bounds);
}

/* The same as that of the boots that fired, but with others taken in. */
static void with_cell(RTable *table, const RHunt *h, RTrials with)
{
	g_autoptr(GArray) trials = results_trials(h, with);
	StatsInterval ci =
		censored_chance((StatsTime *)(void *)trials->data, trials->len, STATS_CONFIDENCE);
	g_autofree char *bounds = bounds_percent(ci);
	guint hits = 0;

	for (guint i = 0; i < trials->len; i++)
		hits += g_array_index(trials, StatsTime, i).hit;
	rtable_cell(table, "%u of %u (%s)", hits, trials->len, bounds);
}

static void cluster_cell(RTable *table, const RHunt *h)
{
	g_autoptr(GArray) clusters = results_clusters(h, NULL);
	const StatsCluster *boots = (StatsCluster *)(void *)clusters->data;
	double hits = 0, chances = 0;
	StatsInterval ci;

	for (guint i = 0; i < clusters->len; i++) {
		hits += boots[i].hits;
		chances += boots[i].chances;
	}
	if (clusters->len == 0)
		rtable_cell(table, "-");
	else if (stats_rate(boots, clusters->len, STATS_CONFIDENCE, &ci))
		rtable_cell(table, "%.3g (%.3g..%.3g)", hits * 1000 / chances, ci.low * 1000,
			    ci.high * 1000);
	else
		rtable_cell(table, "%.3g", hits * 1000 / chances);
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

static void p_cell(RTable *table, double p)
{
	g_autofree char *text = p_text(p);

	rtable_cell(table, "%s", text);
}

static void words(RTable *table, const char *what, const char *a, const char *b,
		  const char *differs)
{
	rtable_cell(table, "%s", what);
	rtable_cell(table, "%s", a);
	rtable_cell(table, "%s", b);
	rtable_cell(table, "%s", differs);
}

static void with_row(RTable *table, const char *what, const RHunt *a, const RHunt *b, RTrials with,
		     double p)
{
	rtable_cell(table, "%s", what);
	with_cell(table, a, with);
	with_cell(table, b, with);
	p_cell(table, p);
}

/* Hits, told in as many ways as there is doubt about what was one. */
static void append_rates(RTable *table, const RHunt *a, const RHunt *b, const RComparison *c)
{
	rtable_cell(table, "boots that fired (bounds at 95 %%)");
	rate_cell(table, c->estimate_a);
	rate_cell(table, c->estimate_b);
	p_cell(table, c->p_boots);
	if (c->lost_a || c->lost_b)
		with_row(table, "  were lost ones hits", a, b, TRIALS_LOST, c->p_lost);
	if (c->partly_a || c->partly_b)
		with_row(table, "  with those that an op did not run in", a, b, TRIALS_PARTLY,
			 c->p_partly);
	rtable_cell(table, "  of them hung");
	rtable_cell(table, "%u", c->hung_a);
	rtable_cell(table, "%u", c->hung_b);
	rtable_cell(table, "%s", "");
	rtable_cell(table, "boots lost without a word");
	rtable_cell(table, "%u", c->lost_a);
	rtable_cell(table, "%u", c->lost_b);
	rtable_cell(table, "%s", "");
	rtable_cell(table, "median to the first hit");
	median_cell(table, a);
	median_cell(table, b);
	p_cell(table, c->p_times);
	rtable_cell(table, "hits per 1,000 offlines (95 %%)");
	cluster_cell(table, a);
	cluster_cell(table, b);
	if (c->p_rates < 1)
		p_cell(table, c->p_rates);
	else
		rtable_cell(table, "%s", "");
	rtable_cell(table, "offlines");
	rtable_cell(table, "%" G_GINT64_FORMAT, c->a.offlines);
	rtable_cell(table, "%" G_GINT64_FORMAT, c->b.offlines);
	rtable_cell(table, "%s", "");
}

static void append_facts(GString *text, const RHunt *a, const RHunt *b, const RComparison *c)
{
	g_autoptr(RTable) table = rtable_new("|A|B|");
	g_autofree char *body = NULL;

	words(table, "hunt", a->id, b->id, "");
	words(table, "scenario", a->scenario, b->scenario,
	      strcmp(a->scenario, b->scenario) ? "differs" : "");
	words(table, "kernel", a->kernel, b->kernel,
	      strcmp(a->build_id, b->build_id) ? "differs" : "");
	words(table, "verdict", *a->verdict ? a->verdict : "unended",
	      *b->verdict ? b->verdict : "unended", "");
	append_rates(table, a, b, c);
	append_exposures(table, c);
	body = rtable_text(table);
	g_string_append(text, body);
}

/* "10/12" boots; with those that something else cut off, what all are worth. */
static void boots_cell(RTable *table, guint boots, guint trials, double worth)
{
	if (trials - worth < 0.05)
		rtable_cell(table, "%u/%u", boots, trials);
	else
		rtable_cell(table, "%u/%.1f", boots, worth);
}

static void rate_of_cell(RTable *table, double rate)
{
	if (rate < 0)
		rtable_cell(table, "-");
	else
		rtable_cell(table, "%.3g", rate * 1000);
}

static void append_changes(GString *text, const RComparison *c)
{
	g_autoptr(RTable) table =
		rtable_new("change|>in A|>in B|>A per 1,000|>B per 1,000||family|what|signature");
	g_autofree char *body = NULL;

	for (guint i = 0; i < MIN(c->changes->len, CHANGES_SHOWN); i++) {
		const RChange *change = g_ptr_array_index(c->changes, i);

		rtable_cell(table, "%s%s", results_change_word(change->kind),
			    change->known ? " (known)" : "");
		boots_cell(table, change->boots_a, change->trials_a, change->worth_a);
		boots_cell(table, change->boots_b, change->trials_b, change->worth_b);
		rate_of_cell(table, change->rate_a);
		rate_of_cell(table, change->rate_b);
		p_cell(table, change->p);
		rtable_cell(table, "%s", change->incident->family);
		rtable_cell(table, "%s", change->incident->title);
		rtable_cell(table, "%s", change->incident->signature);
	}
	body = rtable_text(table);
	g_string_append_printf(text, "%s%s", *body ? "\n" : "", body);
	if (c->changes->len > CHANGES_SHOWN)
		g_string_append_printf(text, "and %u more (--json lists all)\n",
				       c->changes->len - CHANGES_SHOWN);
}

/* Boots of @verdict, or those in which an op did not run: why, the same reason once. */
static void append_ends(GString *text, const char *title, const RHunt *a, const RHunt *b,
			Verdict verdict)
{
	const RHunt *const hunts[] = {a, b};
	g_autoptr(RTable) table = rtable_new("||");
	g_autofree char *body = NULL;

	for (guint k = 0; k < G_N_ELEMENTS(hunts); k++) {
		g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

		for (guint i = 0; i < hunts[k]->boots->len; i++) {
			const RBoot *boot = g_ptr_array_index(hunts[k]->boots, i);
			gboolean is = verdict == VERDICT_UNEXPOSED
					      ? results_boot_partly(boot)
					      : results_boot_weigh(boot) == verdict;

			if (!results_boot_counts(boot) || !is ||
			    !g_hash_table_add(told, boot->reason))
				continue;
			rtable_cell(table, "  %s", k ? "B" : "A");
			rtable_cell(table, "%s", boot->folder);
			rtable_cell(table, "%s", boot->reason);
		}
	}
	body = rtable_text(table);
	if (*body)
		g_string_append_printf(text, "\n%s (the first of each reason)%s", title,
				       strchr(body, '\n'));
}

char *results_compare_text(const RHunt *a, const RHunt *b)
{
	g_autoptr(RComparison) c = results_compare(a, b);
	g_autofree char *fix = estimate_fix(c->estimate_a);
	g_autofree char *reached = estimate_fix_reached(c->estimate_a, c->estimate_b);
	GString *text = g_string_new(NULL);

	append_facts(text, a, b, c);
	append_changes(text, c);
	append_ends(text, "hung boots", a, b, VERDICT_HANG);
	append_ends(text, "lost boots", a, b, VERDICT_LOST);
	append_ends(text, "boots in which an op did not run", a, b, VERDICT_UNEXPOSED);
	if (reached)
		g_string_append_printf(text, "\nfix: %s.\nB: %s.\n", fix, reached);
	g_string_append_printf(
		text,
		"\nA boot is one trial, and one that something else cut off is one until then. "
		"new: "
		"not in A at all,\nand that is no chance; only-b: not in A, which may have been "
		"luck; "
		"gone, more, less: chance alone\ndoes that in fewer than 1 of %d comparisons "
		"(log-rank "
		"test, exact given who was at risk; where boots\ngo on after a hit also hits per "
		"offline, by jackknife over boots).\n",
		(int)(1 / STATS_SIGNIFICANT));
	return g_string_free(text, FALSE);
}
