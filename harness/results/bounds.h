/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a bound is printed, everywhere: two digits, and rounded away from what it bounds, so that the
 * printed range never says more than the computed one.
 */
#ifndef PFNHUNT_BOUNDS_H
#define PFNHUNT_BOUNDS_H

#include "harness/verdict/stats.h"

/*
 * All (transfer full). A share: "12..31 %", or "< 7.3 %" when it is bounded from above alone.
 */
char *bounds_percent(StatsInterval share);
/* The upper bound alone: "7.3 %". */
char *bounds_percent_most(double share);
/* A rate for so many chances: "0.51..2.4". */
char *bounds_rate(StatsInterval rate, double per);
/* "1.90 s to 4.21 s"; below 0: "?". */
char *bounds_duration(StatsInterval seconds);

#endif
