/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The statistics of hunts. The boot is the independent unit of all of them: hits within one boot
 * hang together, so they are never counted as if they were trials. Thin over GSL.
 *
 * One convention for all intervals: either bound holds at the confidence on its own. So that of 0
 * of n is the upper bound of 1 - 0.05^(1/n) that a hunt without a hit shows, and nothing changes
 * its kind with the first hit; both bounds of a range hold together at 90 % at least.
 */
#ifndef PFNHUNT_STATS_H
#define PFNHUNT_STATS_H

#include <glib.h>

typedef struct {
	double low, high;
} StatsInterval;

#define STATS_CONFIDENCE 0.95
/* A rate moved when chance alone does it less often than this. */
#define STATS_SIGNIFICANT 0.01

/* Clopper-Pearson: the exact interval of a rate of @hits in @trials; 0..1 without any. */
StatsInterval stats_proportion(guint64 hits, guint64 trials, double confidence);

/*
 * The exact interval of a rate when trials went on until the first hit, which was trial
 * number @trials: the count is geometric then, not binomial. 0..1 for 0.
 */
StatsInterval stats_first_hit(guint64 trials, double confidence);

/*
 * Fisher's exact test, two-sided: how likely rates as far apart as @hits_a / @trials_a and
 * @hits_b / @trials_b are when both are really the same. 1 when a side has no trials.
 */
double stats_fisher(guint64 hits_a, guint64 trials_a, guint64 hits_b, guint64 trials_b);

/* One boot as a whole: its hits, and what it had chances in (offlines, visits). */
typedef struct {
	guint64 hits, chances;
} StatsCluster;

/*
 * The bounds of the rate of hits per chance over @boots (sum of hits by sum of chances) when the
 * hits of one boot hang together: jackknife over the boots of the rate's logarithm, by Student's t.
 * Its errors are lopsided, so each bound takes half of the tail. FALSE when these boots say nothing about it: fewer
 * than three had a chance, only one had a hit, or none differs from the others. Not for boots that
 * end at their first hit: there is no rate within one.
 */
gboolean stats_rate(const StatsCluster *boots, guint count, double confidence, StatsInterval *ci);

/*
 * How likely rates as far apart as those of @a and @b are when both are the same: Welch's test on
 * their logarithms, by the jackknife of stats_rate(). 1 when either has no variance there.
 */
double stats_rate_test(const StatsCluster *a, guint count_a, const StatsCluster *b, guint count_b);

/* Least trials without a hit that bound the rate by @rate: about 3 / rate for 95 %. */
guint64 stats_trials_for(double rate, double confidence);

/*
 * The least number of trials without any hit after which @hits of @trials before them are
 * @significant apart (Fisher, two-sided): that a fix does something, with the rate before it being an
 * estimate too. A few more may not be, for the test goes by steps. 0 when there was no hit before, or
 * not within a million.
 */
guint64 stats_trials_for_fix(guint64 hits, guint64 trials, double significant);

/* One boot: how long it ran until its hit, or without one. */
typedef struct {
	double time_s;
	gboolean hit;
} StatsTime;

/*
 * Of a boot whose ops ran for @run_s and whose hit, if @hit, was @after_go_s after their start and
 * @after_hello_s after the agent's first word; below 0: not so, or not known. One while memory was
 * plugged, before the ops, is at 0; a hang, or a hit in a log without times, at the end.
 */
StatsTime stats_time(gboolean hit, double after_go_s, double after_hello_s, double run_s);

typedef struct {
	double time_s;	  /* of a hit */
	guint at_risk;	  /* boots that still ran just before it */
	guint hits;	  /* at this time */
	double survival;  /* share without a hit after it */
	StatsInterval ci; /* of the survival from it to the next one */
} StatsStep;

/*
 * Kaplan-Meier's curve, a step for each time of a hit. Its bounds are a beta product's (Fay, Brittain
 * and Proschan 2013): Clopper and Pearson's while no boot is censored. GArray of StatsStep,
 * (transfer full).
 */
GArray *stats_survival(const StatsTime *times, guint count);
/* Its median, or -1 when fewer than half had a hit. */
double stats_median(const GArray *steps);
/* Where the curve's bounds cross a half; -1 where the data do not bound it. */
StatsInterval stats_median_interval(const GArray *steps);
/* Log-rank test of two groups: p, or 1 when there is nothing to compare. */
double stats_logrank(const StatsTime *a, guint count_a, const StatsTime *b, guint count_b);

#endif
