/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one boot is worth as a trial of the race: it had a hit, ran whole without one, or was cut off
 * by something else (a known issue, the user, the emulator, its own silent death) and says only that
 * nothing was hit until then. All rates, intervals and tests begin here.
 */
#ifndef PFNHUNT_TRIAL_H
#define PFNHUNT_TRIAL_H

#include "harness/verdict/stats.h"
#include "harness/verdict/verdict.h"

typedef enum {
	TRIAL_NONE,  /* unexposed, failed, or over before the hunt: says nothing */
	TRIAL_HIT,   /* an unknown incident or a hang */
	TRIAL_WHOLE, /* clean from beginning to end */
	TRIAL_CUT,   /* no hit until it was cut off: a censored trial */
} TrialKind;

typedef struct {
	TrialKind kind;
	double time_s; /* of hammering, until the hit or the end */
} Trial;

/* All that a trial hangs on. */
typedef struct {
	Verdict weighed;	   /* of verdict_weigh() */
	gboolean before_hunt;	   /* it was over before its first hotplug event */
	gboolean censored;	   /* cut off, though nothing was wrong until then */
	double run_s;		   /* how long its ops ran */
	double hit_s, hit_hello_s; /* as for stats_time() */
	double cut_s; /* what came later is no hammering of worth; below 0: all of run_s is */
} TrialFacts;

Trial trial_of(const TrialFacts *facts);

/*
 * As statistics take it, in units of a whole boot that hammers for @whole_s (0: unknown, then a boot
 * that was cut off is worth nothing). Not for TRIAL_NONE.
 */
StatsTime trial_time(const Trial *trial, double whole_s);

#endif
