/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See sim.h. */
#include "sim.h"

#include "harness/results/records.h"

#include <math.h>

#define SEED   20261128
#define SIGMAS 3.3

guint sim_repeats(guint whole)
{
	return g_test_quick() ? MAX(whole / 50, 20) : whole;
}

GRand *sim_rand(void)
{
	return g_rand_new_with_seed(SEED);
}

static double chance_room(guint of, double share)
{
	return SIGMAS * sqrt(share * (1 - share) / of) + 1.0 / of;
}

void sim_at_most(const char *claim, guint wrong, guint of, double most)
{
	double share = (double)wrong / of;

	g_test_message("%s: %.4f of %u (at most %.4g)", claim, share, of, most);
	if (share > most + chance_room(of, most))
		g_error("%s: wrong in %.4f of %u, and not in %.4g", claim, share, of, most);
}

void sim_at_least(const char *claim, guint wrong, guint of, double least)
{
	double share = (double)wrong / of;

	g_test_message("%s: %.4f of %u (at least %.4g)", claim, share, of, least);
	if (share < least - chance_room(of, least))
		g_error("%s: wrong in %.4f of %u, and not in %.4g", claim, share, of, least);
}

static RIncident *incident_new(const char *family, const char *signature, double s)
{
	RIncident *incident = g_new0(RIncident, 1);
	RSplat *cause = g_new0(RSplat, 1);

	cause->title = g_strdup(signature);
	cause->kind = g_strdup("warning");
	cause->signature = g_strdup(signature);
	cause->t_us = -1;
	incident->family = family;
	incident->title = g_strdup(signature);
	incident->signature = g_strdup(signature);
	incident->evidence = TRUE;
	incident->hits = 1;
	incident->after_go_s = s;
	incident->splats = g_ptr_array_new();
	g_ptr_array_add(incident->splats, cause);
	return incident;
}

/* As a record has it that says nothing. */
static RBoot *boot_new(guint number, double run_s)
{
	RBoot *b = g_new0(RBoot, 1);

	fields_read(&results_boot_table, NULL, b);
	fields_read(&results_verdict_table, NULL, b);
	b->dir = g_strdup("");
	b->folder = g_strdup_printf("%04u", number);
	b->resizes = g_ptr_array_new();
	b->number = number;
	b->ended = TRUE;
	b->run_s = run_s;
	b->offlines = (gint64)(run_s * 50);
	return b;
}

static void set_text(char **text, const char *is)
{
	g_free(*text);
	*text = g_strdup(is);
}

static void set_hit(RBoot *b, const char *family, const char *signature, double s)
{
	b->hits = 1;
	b->hit_s = s;
	set_text(&b->hit_title, signature);
	set_text(&b->hit_signature, signature);
	b->hit_family = family;
	g_ptr_array_add(b->incidents, incident_new(family, signature, s));
}

static void end(RBoot *b, SimEvent event, double s)
{
	static const char *const verdicts[SIM_EVENTS] = {
		[SIM_HIT] = "incident", [SIM_OTHER] = "incident", [SIM_HANG] = "hang",
		[SIM_KNOWN] = "known",	[SIM_LOST] = "lost",	  [SIM_ARTEFACT] = "emulator",
		[SIM_CUT] = "unexposed"};

	b->verdict = verdicts[event];
	switch (event) {
	case SIM_HIT:
		set_hit(b, "fake-offline", SIM_SIGNATURE, s);
		break;
	case SIM_OTHER:
		set_hit(b, "cancel", SIM_OTHERS, s);
		break;
	case SIM_HANG:
		set_hit(b, "hang", "hang:run", s);
		break;
	case SIM_KNOWN:
		b->known = 1;
		set_text(&b->ended_by_known, "it");
		b->censored = g_strdup("known issue it");
		g_ptr_array_add(b->incidents, incident_new("other", "warning:known", s));
		((RIncident *)g_ptr_array_index(b->incidents, 0))->known = g_strdup("it");
		break;
	case SIM_CUT:
		b->interrupted = TRUE;
		b->censored = g_strdup("interrupted");
		break;
	default:
		break;
	}
}

/* When @event comes, or never within a boot. */
static double draw(const SimHunt *setup, SimEvent event, gboolean spared, GRand *rand)
{
	double chance = setup->chance[event];

	if (chance <= 0 || (spared && event > SIM_HANG))
		return G_MAXDOUBLE;
	return SIM_DURATION_S * log(1 - g_rand_double(rand)) / log1p(-MIN(chance, 1 - 1e-12));
}

void sim_boot(RHunt *h, const SimHunt *setup, GRand *rand)
{
	guint number = h->boots->len;
	SimEvent first;

	if (number)
		number = ((RBoot *)g_ptr_array_index(h->boots, number - 1))->number + 1;
	do {
		gboolean spared = setup->half_spared && g_rand_boolean(rand);
		double first_s = SIM_DURATION_S;
		RBoot *b;

		first = SIM_EVENTS;
		for (SimEvent e = 0; e < SIM_EVENTS; e++) {
			double s = draw(setup, e, spared, rand);

			if (s < first_s) {
				first_s = s;
				first = e;
			}
		}
		b = boot_new(number, first_s);
		b->verdict = "clean";
		if (first != SIM_EVENTS)
			end(b, first, first_s);
		b->retried = first == SIM_ARTEFACT;
		g_ptr_array_add(h->boots, b);
	} while (first == SIM_ARTEFACT);
}

RHunt *sim_hunt(const SimHunt *setup, GRand *rand)
{
	RHunt *h = g_new0(RHunt, 1);

	fields_read(&results_hunt_table, NULL, h);
	h->dir = g_strdup("/nowhere");
	h->duration_ms = (gint64)(SIM_DURATION_S * 1000);
	h->verdict = "";
	h->boots = g_ptr_array_new_with_free_func((GDestroyNotify)results_boot_free);
	for (guint i = 0; i < setup->boots; i++)
		sim_boot(h, setup, rand);
	return h;
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	sim_trials();
	sim_nights();
	return g_test_run();
}
