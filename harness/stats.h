/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The statistics of hunts. The boot is the independent unit of all of them: hits within one boot
 * hang together, so they are never counted as if they were trials. Thin over GSL.
 */
#ifndef PFNHUNT_STATS_H
#define PFNHUNT_STATS_H

#include <glib.h>

typedef struct {
	double low, high;
} StatsInterval;

#define STATS_CONFIDENCE 0.95

/* Clopper-Pearson: the exact two-sided interval of a rate of @hits in @trials; 0..1 for none. */
StatsInterval stats_proportion(guint64 hits, guint64 trials, double confidence);

/* Exact interval of a Poisson rate: @events in @amount of whatever unit; (0, inf) for none. */
StatsInterval stats_poisson(guint64 events, double amount, double confidence);

/*
 * Fisher's exact test, two-sided: how likely rates as far apart as @hits_a / @trials_a and
 * @hits_b / @trials_b are when both are really the same. 1 when a side has no trials.
 */
double stats_fisher(guint64 hits_a, guint64 trials_a, guint64 hits_b, guint64 trials_b);

/* Trials without a hit that bound the rate below @rate: 3 / rate for 95 %, exactly. */
guint64 stats_trials_for(double rate, double confidence);

/* One boot: how long it ran until its hit, or without one. */
typedef struct {
	double time_s;
	gboolean hit;
} StatsTime;

typedef struct {
	double time_s;	  /* of a hit */
	guint at_risk;	  /* boots that still ran just before it */
	guint hits;	  /* at this time */
	double survival;  /* share without a hit after it */
	StatsInterval ci; /* of the survival, log-log, 95 % */
} StatsStep;

/* Kaplan-Meier's curve, a step for each time of a hit. GArray of StatsStep, (transfer full). */
GArray *stats_survival(const StatsTime *times, guint count);
/* Its median, or -1 when fewer than half had a hit. */
double stats_median(const GArray *steps);
/* Log-rank test of two groups: p, or 1 when there is nothing to compare. */
double stats_logrank(const StatsTime *a, guint count_a, const StatsTime *b, guint count_b);

#endif
