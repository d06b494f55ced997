/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is claimed over many nights, and of medians and rates within boots. */
#include "harness/campaign/nightly.h"
#include "harness/verdict/stats.h"
#include "sim.h"

#include <math.h>
#include <string.h>

#define NIGHTS 10 /* before the change, and after it */

static guint count_of(const char *text, const char *what)
{
	guint n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static RHunt *night(double chance, GRand *rand)
{
	SimHunt setup = {.boots = 10, .chance[SIM_HIT] = chance};

	return sim_hunt(&setup, rand);
}

/* Nights at one half and then at @then: how many rates were called moved, of how many. */
static guint flagged(double then, GRand *rand, guint *compared)
{
	NightlyCell cell = {
		.scenario = (char *)"s", .kernel = (char *)"k", .tried = 10, .boots = 10};
	Nightly n = {.cells = g_ptr_array_new()};
	GPtrArray *before[1] = {g_ptr_array_new_with_free_func((GDestroyNotify)results_hunt_free)};
	guint moved = 0;

	g_ptr_array_add(n.cells, &cell);
	for (guint i = 0; i < NIGHTS; i++)
		g_ptr_array_add(before[0], night(0.5, rand));
	for (guint i = 0; i < NIGHTS; i++) {
		RHunt *now[1] = {night(then, rand)};
		NightlyCounts counts;
		g_autofree char *page = nightly_page(&n, before, now, NULL, &counts);

		moved += count_of(page, ", p = ");
		*compared += counts.compared;
		g_ptr_array_add(before[0], now[0]);
	}
	g_ptr_array_unref(before[0]);
	g_ptr_array_unref(n.cells);
	return moved;
}

static void test_nights(void)
{
	g_autoptr(GRand) rand = sim_rand();
	guint alarms = 0, compared = 0, other = 0, missed = 0, of = sim_repeats(400);

	for (guint i = 0; i < of; i++) {
		alarms += flagged(0.5, rand, &compared);
		missed += flagged(0.25, rand, &other) == 0;
	}
	sim_at_most("nightly: rates called moved that did not, of all compared", alarms, compared,
		    STATS_SIGNIFICANT);
	sim_at_most("nightly: a halved rate that is not flagged in ten nights", missed, of, 0.3);
}

/* The median's bounds, with boots censored at @until medians. */
static void test_median(void)
{
	static const struct {
		guint boots;
		double until;
	} cases[] = {{5, 4}, {10, 1.5}, {20, 2}, {40, 1.5}, {40, 4}};
	g_autoptr(GRand) rand = sim_rand();

	for (guint k = 0; k < G_N_ELEMENTS(cases); k++) {
		guint below = 0, above = 0, of = sim_repeats(2000);
		g_autofree char *name = g_strdup_printf("a bound of the median is wrong; %u boots "
							"until %.1f medians",
							cases[k].boots, cases[k].until);

		for (guint n = 0; n < of; n++) {
			StatsTime t[40];
			g_autoptr(GArray) steps = NULL;
			StatsInterval ci;

			for (guint i = 0; i < cases[k].boots; i++) {
				double s = -log(1 - g_rand_double(rand)) / log(2);

				t[i] = (StatsTime){MIN(s, cases[k].until), s < cases[k].until};
			}
			steps = stats_survival(t, cases[k].boots);
			ci = stats_median_interval(steps);
			below += ci.low > 1;
			above += ci.high >= 0 && ci.high < 1;
		}
		sim_at_most(name, below, of, 0.05);
		sim_at_most(name, above, of, 0.05);
	}
}

void sim_nights(void)
{
	g_test_add_func("/sim/nights/alarms", test_nights);
	g_test_add_func("/sim/nights/median", test_median);
}
