/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statistics against values that were published or can be worked out by hand. */
#include "harness/verdict/stats.h"

#include <gsl/gsl_randist.h>
#include <math.h>

static void near(double value, double expected, double tolerance)
{
	if (!(fabs(value - expected) <= tolerance))
		g_error("%.9g is not %.9g", value, expected);
}

/* Either bound is wrong in at most 5 of 100 hunts, whatever the rate and without regard to hits. */
static void test_convention(void)
{
	for (double rate = 0.001; rate < 1; rate += 0.0137) {
		double above = 0, below = 0;

		for (guint hits = 0; hits <= 40; hits++) {
			StatsInterval ci = stats_proportion(hits, 40, STATS_CONFIDENCE);
			double p = gsl_ran_binomial_pdf(hits, rate, 40);

			above += rate < ci.low ? p : 0;
			below += rate > ci.high ? p : 0;
		}
		g_assert_cmpfloat(above, <=, 1 - STATS_CONFIDENCE);
		g_assert_cmpfloat(below, <=, 1 - STATS_CONFIDENCE);
	}
}

/* The published ones are two-sided at 95 %: 97.5 % for either bound. */
static void test_proportion(void)
{
	StatsInterval ci = stats_proportion(0, 10, 0.975);

	/* No hit in n: 1 - 0.025^(1/n). */
	near(ci.low, 0, 0);
	near(ci.high, 1 - pow(0.025, 0.1), 1e-12);
	ci = stats_proportion(10, 10, 0.975);
	near(ci.low, pow(0.025, 0.1), 1e-12);
	near(ci.high, 1, 0);
	/* Clopper and Pearson's own example: 3 of 10. */
	ci = stats_proportion(3, 10, 0.975);
	near(ci.low, 0.0667395, 1e-6);
	near(ci.high, 0.6524529, 1e-6);
	/* Newcombe 1998, table I, method 5: 81/263, 15/148. */
	ci = stats_proportion(81, 263, 0.975);
	near(ci.low, 0.2527, 5e-5);
	near(ci.high, 0.3676, 5e-5);
	ci = stats_proportion(15, 148, 0.975);
	near(ci.low, 0.0578, 5e-5);
	near(ci.high, 0.1617, 5e-5);
	ci = stats_proportion(0, 0, 0.975);
	near(ci.low, 0, 0);
	near(ci.high, 1, 0);
}

/* Hanley and Lippman-Hand, JAMA 249 (1983), "If nothing goes wrong, is everything all right?" */
static void test_without_hit(void)
{
	static const struct {
		guint64 trials;
		double percent;
	} table[] = {{10, 26}, {20, 14}, {50, 5.8}, {100, 3.0}, {1000, 0.30}};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		double upper = stats_proportion(0, table[i].trials, 0.95).high;

		near(upper * 100, table[i].percent, table[i].percent < 5 ? 0.05 : 0.5);
		near(upper, 1 - pow(0.05, 1.0 / (double)table[i].trials), 1e-12);
	}
	near(stats_proportion(0, 40, 0.95).high, 0.0722, 5e-5);
}

/* By the definition: the bounds are the rates at which so few, or so many, trials are 2.5 %. */
static void test_first_hit(void)
{
	StatsInterval ci = stats_first_hit(20, 0.975);

	near(1 - pow(1 - ci.low, 20), 0.025, 1e-12);
	near(pow(1 - ci.high, 19), 0.025, 1e-12);
	/* The same lower bound as 1 of 20, and a smaller upper one. */
	near(ci.low, stats_proportion(1, 20, 0.975).low, 1e-9);
	g_assert_cmpfloat(ci.high, <, stats_proportion(1, 20, 0.975).high);
	ci = stats_first_hit(1, 0.975);
	near(ci.low, 0.025, 1e-12);
	near(ci.high, 1, 0);
	near(stats_first_hit(0, 0.975).high, 1, 0);
}

static void test_fix(void)
{
	static const struct {
		guint64 hits, trials;
	} before[] = {{20, 20}, {12, 20}, {1, 20}, {1, 300}, {3, 10}};

	for (gsize i = 0; i < G_N_ELEMENTS(before); i++) {
		guint64 n = stats_trials_for_fix(before[i].hits, before[i].trials, 0.01);

		g_assert_cmpfloat(stats_fisher(before[i].hits, before[i].trials, 0, n), <, 0.01);
		g_assert_cmpfloat(stats_fisher(before[i].hits, before[i].trials, 0, n - 1), >=,
				  0.01);
	}
	/* 1 of 1: chance puts the one hit into that boot in 1 of n + 1 cases. */
	g_assert_cmpuint(stats_trials_for_fix(1, 1, 0.01), ==, 100);
	g_assert_cmpuint(stats_trials_for_fix(0, 20, 0.01), ==, 0);
}

static void test_fisher(void)
{
	/* Fisher's tea: 3 of 4 against 1 of 4. */
	near(stats_fisher(3, 4, 1, 4), 34.0 / 70, 1e-9);
	/* Fisher 1935: convicted twins, 10 of 13 against 2 of 17. */
	near(stats_fisher(10, 13, 2, 17), 0.0005367, 1e-6);
	near(stats_fisher(5, 10, 5, 10), 1, 1e-9);
	near(stats_fisher(0, 0, 5, 10), 1, 0);
	near(stats_fisher(0, 300, 0, 20), 1, 1e-9);
}

/* By hand: without one boot the rate is 5, 4 or 3 of 200; t(2) at 97.5 % is 4.30265. */
static void test_rate(void)
{
	StatsCluster boots[] = {{1, 100}, {2, 100}, {0, 0}, {3, 100}};
	StatsCluster alike[] = {{3, 100}, {3, 100}, {3, 100}};
	StatsCluster one[] = {{5, 100}, {0, 100}, {0, 100}};
	StatsInterval ci, more;

	g_assert_true(stats_rate(boots, 4, 0.95, &ci));
	near(ci.low, 0.02 * exp(-4.30265 * 0.295710), 1e-6);
	near(ci.high, 0.02 * exp(4.30265 * 0.295710), 1e-6);
	g_assert_true(stats_rate(boots, 4, 0.99, &more));
	g_assert_cmpfloat(more.low, <, ci.low);
	g_assert_cmpfloat(more.high, >, ci.high);
	/* Two boots, one with all hits, all alike, nothing at all. */
	g_assert_false(stats_rate(boots, 3, 0.95, &ci));
	g_assert_false(stats_rate(one, 3, 0.95, &ci));
	g_assert_false(stats_rate(alike, 3, 0.95, &ci));
	g_assert_false(stats_rate(boots, 0, 0.95, &ci));
	/* Hits in a boot that had no chance belong to the sum. */
	boots[2].hits = 6;
	g_assert_true(stats_rate(boots, 4, 0.95, &ci));
	g_assert_cmpfloat(ci.low, <, 0.04);
	g_assert_cmpfloat(ci.high, >, 0.04);
}

static void test_trials(void)
{
	g_assert_cmpuint(stats_trials_for(0.05, 0.95), ==, 59);
	g_assert_cmpuint(stats_trials_for(0.01, 0.95), ==, 299);
	g_assert_cmpuint(stats_trials_for(0, 0.95), ==, 0);
}

/* Freireich et al. 1963: weeks of remission, 6-MP and placebo. */
static const StatsTime six_mp[] = {
	{6, 1},	 {6, 1},  {6, 1},  {6, 0},  {7, 1},  {9, 0},  {10, 1},
	{10, 0}, {11, 0}, {13, 1}, {16, 1}, {17, 0}, {19, 0}, {20, 0},
	{22, 1}, {23, 1}, {25, 0}, {32, 0}, {32, 0}, {34, 0}, {35, 0},
};
static const StatsTime placebo[] = {
	{1, 1},	 {1, 1},  {2, 1},  {2, 1},  {3, 1},  {4, 1},  {4, 1},
	{5, 1},	 {5, 1},  {8, 1},  {8, 1},  {8, 1},  {8, 1},  {11, 1},
	{11, 1}, {12, 1}, {12, 1}, {15, 1}, {17, 1}, {22, 1}, {23, 1},
};

static void test_survival(void)
{
	static const struct {
		double time_s, survival;
	} expected[] = {{6, 0.8571},  {7, 0.8067},  {10, 0.7529}, {13, 0.6902},
			{16, 0.6275}, {22, 0.5378}, {23, 0.4482}};
	g_autoptr(GArray) steps = stats_survival(six_mp, G_N_ELEMENTS(six_mp));
	const StatsStep *first = &g_array_index(steps, StatsStep, 0);

	g_assert_cmpuint(steps->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < steps->len; i++) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);

		near(s->time_s, expected[i].time_s, 0);
		near(s->survival, expected[i].survival, 5e-5);
	}
	g_assert_cmpuint(first->at_risk, ==, 21);
	g_assert_cmpuint(first->hits, ==, 3);
	/* 18 of 21 lasted; but one of them was not seen any further. */
	near(first->ci.high, stats_proportion(18, 21, 0.95).high, 1e-9);
	g_assert_cmpfloat(first->ci.low, <, stats_proportion(18, 21, 0.95).low);
	g_assert_cmpfloat(first->ci.low, >, stats_proportion(17, 20, 0.95).low);
	near(stats_median(steps), 23, 0);
}

/* While none is censored, the bounds of the curve are those of a proportion. */
static void test_survival_bounds(void)
{
	g_autoptr(GArray) steps = stats_survival(placebo, G_N_ELEMENTS(placebo));
	guint left = G_N_ELEMENTS(placebo);

	for (guint i = 0; i < steps->len; i++) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);
		StatsInterval ci;

		left -= s->hits;
		ci = stats_proportion(left, G_N_ELEMENTS(placebo), STATS_CONFIDENCE);
		near(s->ci.low, ci.low, 1e-9);
		near(s->ci.high, ci.high, 1e-9);
	}
}

/* Of 21 without censoring the median lies between the 7th and the 15th: 4 and 11. */
static void test_median_interval(void)
{
	g_autoptr(GArray) drug = stats_survival(six_mp, G_N_ELEMENTS(six_mp));
	g_autoptr(GArray) none = stats_survival(placebo, G_N_ELEMENTS(placebo));
	StatsInterval ci = stats_median_interval(drug);

	near(stats_median(drug), 23, 0);
	near(ci.low, 13, 0);
	near(ci.high, -1, 0);
	ci = stats_median_interval(none);
	near(stats_median(none), 8, 0);
	near(ci.low, 4, 0);
	near(ci.high, 11, 0);
	/* One that fired says nothing about the others. */
	{
		g_autoptr(GArray) one = stats_survival(placebo, 1);

		ci = stats_median_interval(one);
		near(ci.low, -1, 0);
		near(ci.high, -1, 0);
	}
}

static void test_time(void)
{
	near(stats_time(FALSE, -1, -1, 20).time_s, 20, 0);
	near(stats_time(TRUE, 3, 4, 20).time_s, 3, 0);
	/* While memory was plugged, with the ops still to come: at once, and not at the end. */
	near(stats_time(TRUE, -0.5, 1, 20).time_s, 0, 0);
	near(stats_time(TRUE, -1, 1, 20).time_s, 0, 0);
	/* A hang, or a log without times. */
	near(stats_time(TRUE, -1, -1, 20).time_s, 20, 0);
	g_assert_true(stats_time(TRUE, 3, 4, 20).hit);
	g_assert_false(stats_time(FALSE, 3, 4, 20).hit);
}

static void test_logrank(void)
{
	StatsTime nothing = {1, FALSE};

	/* Chi-squared 16.79 with one degree of freedom. */
	near(stats_logrank(six_mp, G_N_ELEMENTS(six_mp), placebo, G_N_ELEMENTS(placebo)), 4.17e-5,
	     5e-7);
	near(stats_logrank(six_mp, G_N_ELEMENTS(six_mp), six_mp, G_N_ELEMENTS(six_mp)), 1, 1e-9);
	near(stats_logrank(&nothing, 1, &nothing, 1), 1, 0);
	near(stats_logrank(&nothing, 0, &nothing, 0), 1, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stats/convention", test_convention);
	g_test_add_func("/stats/proportion", test_proportion);
	g_test_add_func("/stats/without-hit", test_without_hit);
	g_test_add_func("/stats/first-hit", test_first_hit);
	g_test_add_func("/stats/fix", test_fix);
	g_test_add_func("/stats/median-interval", test_median_interval);
	g_test_add_func("/stats/fisher", test_fisher);
	g_test_add_func("/stats/rate", test_rate);
	g_test_add_func("/stats/trials", test_trials);
	g_test_add_func("/stats/survival", test_survival);
	g_test_add_func("/stats/survival-bounds", test_survival_bounds);
	g_test_add_func("/stats/time", test_time);
	g_test_add_func("/stats/logrank", test_logrank);
	return g_test_run();
}
