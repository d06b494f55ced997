/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See compare.h. */
#include "harness/report/compare.h"
#include "harness/report/export.h"

#include <string.h>

const char *results_change_word(RChangeKind kind)
{
	static const char *const words[] = {
		[RCHANGE_SAME] = "same", [RCHANGE_NEW] = "new",	  [RCHANGE_ONLY_B] = "only-b",
		[RCHANGE_GONE] = "gone", [RCHANGE_MORE] = "more", [RCHANGE_LESS] = "less",
	};

	return words[kind];
}

static double test(const GArray *a, const GArray *b)
{
	return censored_test((StatsTime *)(void *)a->data, a->len, (StatsTime *)(void *)b->data,
			     b->len);
}

static double worth(const GArray *trials)
{
	return censored_worth((StatsTime *)(void *)trials->data, trials->len);
}

/* Hits by offlines; -1: no boot of it goes on after a hit. */
static double rate(const GArray *clusters)
{
	double hits = 0, chances = 0;

	for (guint i = 0; i < clusters->len; i++) {
		hits += g_array_index(clusters, StatsCluster, i).hits;
		chances += g_array_index(clusters, StatsCluster, i).chances;
	}
	return chances > 0 ? hits / chances : -1;
}

static double test_rates(const GArray *a, const GArray *b)
{
	return stats_rate_test((StatsCluster *)(void *)a->data, a->len,
			       (StatsCluster *)(void *)b->data, b->len);
}

/* Gone means more than that luck ran out: as many boots without it would be surprising. */
static RChangeKind judge(const RChange *c)
{
	double share_a = c->worth_a > 0 ? c->boots_a / c->worth_a : 0;
	double share_b = c->worth_b > 0 ? c->boots_b / c->worth_b : 0;

	if (c->boots_a == 0)
		return c->p < STATS_SIGNIFICANT ? RCHANGE_NEW : RCHANGE_ONLY_B;
	if (c->p >= STATS_SIGNIFICANT)
		return RCHANGE_SAME;
	if (c->boots_b == 0)
		return RCHANGE_GONE;
	if (c->rate_a >= 0 && c->rate_b >= 0)
		return c->rate_b > c->rate_a ? RCHANGE_MORE : RCHANGE_LESS;
	return share_b > share_a ? RCHANGE_MORE : RCHANGE_LESS;
}

/* Of two tests of the same the better one, as good as it is when one may choose. */
static double better(double p_times, double p_rates)
{
	return p_rates < 1 ? MIN(2 * MIN(p_times, p_rates), 1) : p_times;
}

static void add_change(RComparison *c, const RHunt *of_a, const RHunt *of_b, const RSignature *a,
		       const RSignature *b)
{
	RChange *change = g_new0(RChange, 1);
	const RIncident *incident = b ? b->first : a->first;
	const char *signature = incident->signature;
	g_autoptr(GArray) in_a = results_trials_of(of_a, signature, incident->walker);
	g_autoptr(GArray) in_b = results_trials_of(of_b, signature, incident->walker);
	g_autoptr(GArray) rates_a = results_clusters(of_a, signature);
	g_autoptr(GArray) rates_b = results_clusters(of_b, signature);

	change->incident = incident;
	change->known = b ? b->known : a->known;
	change->boots_a = a ? a->boots : 0;
	change->boots_b = b ? b->boots : 0;
	change->trials_a = in_a->len;
	change->trials_b = in_b->len;
	change->worth_a = worth(in_a);
	change->worth_b = worth(in_b);
	change->rate_a = rate(rates_a);
	change->rate_b = rate(rates_b);
	change->p = better(test(in_a, in_b), test_rates(rates_a, rates_b));
	change->kind = judge(change);
	g_ptr_array_add(c->changes, change);
}

static gint by_kind(gconstpointer a, gconstpointer b)
{
	static const int rank[] = {
		[RCHANGE_NEW] = 0,  [RCHANGE_ONLY_B] = 1, [RCHANGE_GONE] = 2,
		[RCHANGE_MORE] = 3, [RCHANGE_LESS] = 4,	  [RCHANGE_SAME] = 5,
	};
	const RChange *x = *(RChange *const *)a, *y = *(RChange *const *)b;
	int order = rank[x->kind] - rank[y->kind];

	return order ? order : strcmp(x->incident->signature, y->incident->signature);
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

static double test_with(const RHunt *a, const RHunt *b, RTrials with)
{
	g_autoptr(GArray) in_a = results_trials(a, with), in_b = results_trials(b, with);

	return test(in_a, in_b);
}

static void count_ends(const RHunt *h, guint *hung, guint *lost, guint *partly)
{
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (!results_boot_counts(b))
			continue;
		*hung += results_boot_weigh(b) == VERDICT_HANG;
		*lost += results_boot_weigh(b) == VERDICT_LOST;
		*partly += results_boot_partly(b);
	}
}

static void compare_hunts(RComparison *c, const RHunt *a, const RHunt *b)
{
	g_autoptr(GArray) times_a = results_times(a), times_b = results_times(b);
	g_autoptr(GArray) rates_a = results_clusters(a, NULL);
	g_autoptr(GArray) rates_b = results_clusters(b, NULL);

	c->a = results_totals(a);
	c->b = results_totals(b);
	count_ends(a, &c->hung_a, &c->lost_a, &c->partly_a);
	count_ends(b, &c->hung_b, &c->lost_b, &c->partly_b);
	c->p_boots = test_with(a, b, 0);
	c->p_lost = test_with(a, b, TRIALS_LOST);
	c->p_partly = test_with(a, b, TRIALS_PARTLY);
	c->p_rates = test_rates(rates_a, rates_b);
	c->p_times = stats_logrank((StatsTime *)(void *)times_a->data, times_a->len,
				   (StatsTime *)(void *)times_b->data, times_b->len);
	c->median_a_s = median_of(times_a);
	c->median_b_s = median_of(times_b);
	c->estimate_a = estimate_of_hunt(a);
	c->estimate_b = estimate_of_hunt(b);
	c->exposure_a = c->estimate_a->exposure;
	c->exposure_b = c->estimate_b->exposure;
}

RComparison *results_compare(const RHunt *a, const RHunt *b)
{
	RComparison *c = g_new0(RComparison, 1);
	g_autoptr(GPtrArray) in_a = results_signatures(a), in_b = results_signatures(b);
	g_autoptr(GHashTable) index_a = index_of(in_a), index_b = index_of(in_b);

	compare_hunts(c, a, b);
	c->changes = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < in_b->len; i++) {
		const RSignature *s = g_ptr_array_index(in_b, i);

		add_change(c, a, b, g_hash_table_lookup(index_a, s->first->signature), s);
	}
	for (guint i = 0; i < in_a->len; i++) {
		const RSignature *s = g_ptr_array_index(in_a, i);

		if (!g_hash_table_lookup(index_b, s->first->signature))
			add_change(c, a, b, s, NULL);
	}
	g_ptr_array_sort(c->changes, by_kind);
	return c;
}

void results_comparison_free(RComparison *c)
{
	if (!c)
		return;
	g_ptr_array_unref(c->changes);
	estimate_free(c->estimate_a);
	estimate_free(c->estimate_b);
	g_free(c);
}

JsonObject *results_compare_json(const RHunt *a, const RHunt *b)
{
	g_autoptr(RComparison) c = results_compare(a, b);
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < c->changes->len; i++) {
		const RChange *from = g_ptr_array_index(c->changes, i);
		ChangeRecord *change = g_new0(ChangeRecord, 1);

		change->change = results_change_word(from->kind);
		change->signature = from->incident->signature;
		change->family = from->incident->family;
		change->title = from->incident->title;
		change->known = from->known;
		change->boots_a = from->boots_a;
		change->boots_b = from->boots_b;
		change->p = from->p;
		change->worth_a = from->worth_a;
		change->worth_b = from->worth_b;
		change->rate_a = from->rate_a;
		change->rate_b = from->rate_b;
		g_ptr_array_add(changes, change);
	}
	return rexport_comparison(a, b,
				  &(ComparisonRecord){.p_boots = c->p_boots,
						      .p_lost = c->p_lost,
						      .p_partly = c->p_partly,
						      .p_rates = c->p_rates,
						      .p_times = c->p_times,
						      .changes = changes});
}
