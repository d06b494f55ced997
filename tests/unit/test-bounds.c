/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A printed bound never says more than the computed one. */
#include "harness/results/bounds.h"

#include <math.h>

static void is(char *text, const char *wanted)
{
	g_assert_cmpstr(text, ==, wanted);
	g_free(text);
}

static void test_percent(void)
{
	is(bounds_percent((StatsInterval){0, 0.07216}), "< 7.3 %");
	is(bounds_percent((StatsInterval){0, 0.072}), "< 7.2 %");
	is(bounds_percent((StatsInterval){0, 0.07}), "< 7.0 %");
	is(bounds_percent((StatsInterval){0, 0.0000998}), "< 0.010 %");
	is(bounds_percent((StatsInterval){0, 0.09961}), "< 10 %");
	is(bounds_percent((StatsInterval){0, 0.451}), "< 46 %");
	is(bounds_percent((StatsInterval){0, 1}), "< 100 %");
	is(bounds_percent((StatsInterval){0.0199, 0.2105}), "1.9..22 %");
	is(bounds_percent((StatsInterval){0.0004999, 0.0996}), "0.049..10 %");
	is(bounds_percent((StatsInterval){0.9749, 1}), "97..100 %");
	is(bounds_percent_most(0.00997), "1.0 %");
}

static void test_rate(void)
{
	is(bounds_rate((StatsInterval){0.0056, 0.0714}, 1000), "5.6..72");
	is(bounds_rate((StatsInterval){0.1234, 1.5}, 1000), "123..1,500");
	is(bounds_rate((StatsInterval){1.2e-7, 3.41e-6}, 1e6), "0.12..3.5");
}

static void test_duration(void)
{
	is(bounds_duration((StatsInterval){1.909, 4.201}), "1.90 s to 4.21 s");
	is(bounds_duration((StatsInterval){10.9, 119.2}), "10 s to 2 min");
	is(bounds_duration((StatsInterval){-1, 7190}), "? to 2 h 00 min");
	is(bounds_duration((StatsInterval){9.99, 9.991}), "9.99 s to 10 s");
	is(bounds_duration((StatsInterval){3.3, -1}), "3.30 s to ?");
}

/* Whatever it is, the digits that are shown bound it, and are no further off than a tenth. */
static void test_outward(void)
{
	for (double share = 1e-9; share < 1; share *= 1.0137) {
		g_autofree char *text = bounds_percent_most(share);
		double shown = g_ascii_strtod(text, NULL) / 100;

		g_assert_cmpfloat(shown, >=, share * (1 - 1e-8));
		g_assert_cmpfloat(shown, <=, share * 1.1 + 1e-12);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bounds/percent", test_percent);
	g_test_add_func("/bounds/rate", test_rate);
	g_test_add_func("/bounds/duration", test_duration);
	g_test_add_func("/bounds/outward", test_outward);
	return g_test_run();
}
