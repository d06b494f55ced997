/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statistics against values that were published or can be worked out by hand. */
#include "harness/stats.h"

#include <math.h>

static void near(double value, double expected, double tolerance)
{
	if (!(fabs(value - expected) <= tolerance))
		g_error("%.9g is not %.9g", value, expected);
}

static void test_proportion(void)
{
	StatsInterval ci = stats_proportion(0, 10, 0.95);

	/* No hit in n: 1 - 0.025^(1/n). */
	near(ci.low, 0, 0);
	near(ci.high, 1 - pow(0.025, 0.1), 1e-12);
	ci = stats_proportion(10, 10, 0.95);
	near(ci.low, pow(0.025, 0.1), 1e-12);
	near(ci.high, 1, 0);
	/* Clopper and Pearson's own example: 3 of 10. */
	ci = stats_proportion(3, 10, 0.95);
	near(ci.low, 0.0667395, 1e-6);
	near(ci.high, 0.6524529, 1e-6);
	/* Newcombe 1998, table I, method 5: 81/263, 15/148. */
	ci = stats_proportion(81, 263, 0.95);
	near(ci.low, 0.2527, 5e-5);
	near(ci.high, 0.3676, 5e-5);
	ci = stats_proportion(15, 148, 0.95);
	near(ci.low, 0.0578, 5e-5);
	near(ci.high, 0.1617, 5e-5);
	ci = stats_proportion(0, 0, 0.95);
	near(ci.low, 0, 0);
	near(ci.high, 1, 0);
}

static void test_poisson(void)
{
	/* Garwood 1936: 0 events 0..3.689, 10 events 4.795..18.390. */
	StatsInterval ci = stats_poisson(0, 1, 0.95);

	near(ci.low, 0, 0);
	near(ci.high, 3.6889, 1e-4);
	ci = stats_poisson(10, 2, 0.95);
	near(ci.low, 4.7954 / 2, 1e-4);
	near(ci.high, 18.3904 / 2, 1e-4);
	g_assert_true(isinf(stats_poisson(0, 0, 0.95).high));
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
	/* R's survfit(conf.type = "log-log") at 6 weeks. */
	near(first->ci.low, 0.6197, 5e-4);
	near(first->ci.high, 0.9516, 5e-4);
	near(stats_median(steps), 23, 0);
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
	g_test_add_func("/stats/proportion", test_proportion);
	g_test_add_func("/stats/poisson", test_poisson);
	g_test_add_func("/stats/fisher", test_fisher);
	g_test_add_func("/stats/trials", test_trials);
	g_test_add_func("/stats/survival", test_survival);
	g_test_add_func("/stats/logrank", test_logrank);
	return g_test_run();
}
