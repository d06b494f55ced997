/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hunts that are made up by chances that are known, with all that disturbs real ones: hits of two
 * families, hangs, issues that are known, guests that die without a word, artefacts of the emulator,
 * interruptions. They are the records that a hunt's folder holds, so what is printed of them is made
 * by the code that prints it of real ones; here it is held against the chances.
 *
 * A file for a few claims: it has a function that adds its tests, which sim.c calls.
 */
#ifndef PFNHUNT_SIM_H
#define PFNHUNT_SIM_H

#include "harness/results/model.h"

#define SIM_DURATION_S 30.0

/* What may come in a boot, at a rate of its own, whatever else does. */
typedef enum {
	SIM_HIT,      /* of the family that a test is about; ends the boot */
	SIM_OTHER,    /* of another one; ends it too */
	SIM_HANG,     /* a hit */
	SIM_KNOWN,    /* kills the guest */
	SIM_LOST,     /* without a word */
	SIM_ARTEFACT, /* the boot is tried again */
	SIM_CUT,      /* interrupted by the user */
	SIM_EVENTS,
} SimEvent;

typedef struct {
	guint boots;
	double chance[SIM_EVENTS]; /* that it comes within a whole boot that nothing else ends */
	/* Half of all boots are spared of what ends them but for the hits: some meet it, others not. */
	gboolean half_spared;
} SimHunt;

#define SIM_SIGNATURE "warning:hit"
#define SIM_OTHERS    "warning:other"

/* A hunt of @setup, with its boots. (transfer full) */
RHunt *sim_hunt(const SimHunt *setup, GRand *rand);
/* Adds one boot (with those tried again) to a hunt of @setup. */
void sim_boot(RHunt *hunt, const SimHunt *setup, GRand *rand);

/* How often each claim is tried: few times in the unit suite. */
guint sim_repeats(guint whole);
/* The same numbers each time: no test fails by chance. */
GRand *sim_rand(void);

/*
 * Of @of trials @wrong went against a claim that does so in @most of them at most: prints that, and
 * fails when it is more than chance would make of it (3.3 standard deviations, 1 of 2,000).
 */
void sim_at_most(const char *claim, guint wrong, guint of, double most);
/* The same for a claim that is to err in no fewer than @least: it would say less than it could. */
void sim_at_least(const char *claim, guint wrong, guint of, double least);

/* The tests of each file. */
void sim_trials(void);
void sim_nights(void);

#endif
