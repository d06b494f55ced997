/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of boots of which some were cut off before their end. Times are in units of a whole
 * boot, so 1 is its end; see trial_time(). A boot that was cut off without a hit is at risk until
 * then and no longer: it is neither a clean boot nor none.
 */
#ifndef PFNHUNT_CENSORED_H
#define PFNHUNT_CENSORED_H

#include "harness/verdict/stats.h"

/*
 * How many whole boots the trials are worth: one for each hit, and for the others the share of a
 * boot that they hammered.
 */
double censored_worth(const StatsTime *trials, guint count);

/*
 * Most that the chance of a hit per whole boot can be after @worth boots' hammering without one, at
 * @confidence: 1 - (1 - confidence)^(1 / worth), the number that the stop rule goes by too. Exact for
 * whole boots; with parts of boots it takes it that each second of hammering is as good as another
 * (a constant hazard, -ln(1 - chance) a boot). 1 for nothing.
 */
double censored_upper(double worth, double confidence);

/*
 * The bounds of the chance of a hit per whole boot, either of them at @confidence, by the beta
 * products of Fay, Brittain and Proschan (Biostatistics 14, 2013): of boots that were all whole they
 * are Clopper and Pearson's. Nothing is taken for granted about when within a boot hits come. Without
 * any hit 0 .. censored_upper().
 */
StatsInterval censored_chance(const StatsTime *trials, guint count, double confidence);

/*
 * How likely times of hits as far apart as those of @a and @b are when both hit alike: the log-rank
 * test, with the exact distribution of its count of hits given who was at risk at each of them,
 * two-sided. For boots that hit at the same moment or not at all that is Fisher's test. 1 when no
 * hit came while both were at risk.
 */
double censored_test(const StatsTime *a, guint count_a, const StatsTime *b, guint count_b);

#endif
