/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is claimed of the chance of a hit per boot, whatever cut boots off: bound, interval. */
#include "harness/report/compare.h"
#include "harness/report/estimate.h"
#include "harness/verdict/stop-rule.h"
#include "sim.h"

#include <math.h>

/* Of disturbances that the claims must stand. */
static const struct {
	const char *name;
	SimHunt hunt;
} disturbed[] = {
	{"nothing else", {0}},
	{"half of the boots meet a known issue", {.chance[SIM_KNOWN] = 0.99, .half_spared = TRUE}},
	{"interrupted", {.chance[SIM_CUT] = 0.5}},
	{"lost", {.chance[SIM_LOST] = 0.3}},
	{"tried again", {.chance[SIM_ARTEFACT] = 0.7}},
	{"all of it",
	 {.chance[SIM_KNOWN] = 0.3,
	  .chance[SIM_CUT] = 0.1,
	  .chance[SIM_LOST] = 0.1,
	  .chance[SIM_ARTEFACT] = 0.3}},
};

static char *name_of(const char *claim, guint i)
{
	return g_strdup_printf("%s; %s", claim, disturbed[i].name);
}

/* "1 % is shown" at a true chance of 1 %: in 5 of 100 hunts, and about so many. */
static void test_bound(void)
{
	g_autoptr(GRand) rand = sim_rand();
	const double bound = 0.01;

	for (guint i = 0; i < G_N_ELEMENTS(disturbed); i++) {
		g_autofree char *claim = name_of("\"1 % is shown\", and it is 1 %", i);
		guint shown = 0, of = sim_repeats(4000);

		for (guint n = 0; n < of; n++) {
			SimHunt setup = disturbed[i].hunt;
			RHunt *h = sim_hunt(&setup, rand);
			StopRule rule = stop_rule_new(bound, results_whole_s(h));

			/* Of the hits a third are hangs. */
			setup.chance[SIM_HIT] = -expm1(log1p(-bound) * 2 / 3);
			setup.chance[SIM_HANG] = -expm1(log1p(-bound) / 3);
			while (stop_rule_wants(&rule, 0)) {
				guint before = h->boots->len;

				sim_boot(h, &setup, rand);
				for (guint k = before; k < h->boots->len; k++) {
					const RBoot *b = g_ptr_array_index(h->boots, k);
					const Trial trial = results_boot_trial(b);

					stop_rule_boot(&rule, &trial, b->retried);
				}
			}
			shown += stop_rule_holds(&rule);
			results_hunt_free(h);
		}
		sim_at_most(claim, shown, of, 0.05);
		sim_at_least(claim, shown, of, 0.045);
	}
}

/* Either bound of the chance of a hit per boot is right in 95 of 100 hunts. */
static void test_interval(void)
{
	static const double chances[] = {0.01, 0.1, 0.5, 0.9};
	g_autoptr(GRand) rand = sim_rand();

	for (guint i = 0; i < G_N_ELEMENTS(disturbed); i++)
		for (guint k = 0; k < G_N_ELEMENTS(chances); k++) {
			g_autofree char *low = NULL, *high = NULL;
			guint below = 0, above = 0, of = sim_repeats(2000);
			SimHunt setup = disturbed[i].hunt;

			setup.boots = 40;
			setup.chance[SIM_HIT] = chances[k];
			for (guint n = 0; n < of; n++) {
				RHunt *h = sim_hunt(&setup, rand);
				g_autoptr(Estimate) e = estimate_of_hunt(h);
				StatsInterval ci = estimate_interval(e);

				below += chances[k] < ci.low;
				above += chances[k] > ci.high;
				results_hunt_free(h);
			}
			low = g_strdup_printf("chance %.2g below its bound; %s", chances[k],
					      disturbed[i].name);
			high = g_strdup_printf("chance %.2g above its bound; %s", chances[k],
					       disturbed[i].name);
			sim_at_most(low, below, of, 0.05);
			sim_at_most(high, above, of, 0.05);
		}
}

/* A family that another one hid in A, which is fixed in B, is no other than before. */
static void test_compare(void)
{
	static const double hidden[] = {0, 0.9, 0.9999};
	g_autoptr(GRand) rand = sim_rand();

	for (guint i = 0; i < G_N_ELEMENTS(hidden); i++) {
		g_autofree char *claim = g_strdup_printf(
			"an unchanged family has changed; another of %.4g a boot is fixed",
			hidden[i]);
		guint wrong = 0, of = sim_repeats(2000);
		SimHunt a = {.boots = 20, .chance[SIM_HIT] = 0.5, .chance[SIM_LOST] = 0.1}, b = a;

		a.chance[SIM_OTHER] = hidden[i];
		for (guint n = 0; n < of; n++) {
			RHunt *in_a = sim_hunt(&a, rand), *in_b = sim_hunt(&b, rand);
			g_autoptr(RComparison) c = results_compare(in_a, in_b);

			for (guint k = 0; k < c->changes->len; k++) {
				const RChange *change = g_ptr_array_index(c->changes, k);

				wrong += g_str_equal(change->incident->signature, SIM_SIGNATURE) &&
					 change->p < STATS_SIGNIFICANT;
			}
			g_clear_pointer(&c, results_comparison_free);
			results_hunt_free(in_a);
			results_hunt_free(in_b);
		}
		sim_at_most(claim, wrong, of, STATS_SIGNIFICANT);
	}
}

void sim_trials(void)
{
	g_test_add_func("/sim/trials/bound", test_bound);
	g_test_add_func("/sim/trials/interval", test_interval);
	g_test_add_func("/sim/trials/compare", test_compare);
}
