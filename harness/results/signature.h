/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fired in a hunt, summed up over its boots by signature. */
#ifndef PFNHUNT_RESULTS_SIGNATURE_H
#define PFNHUNT_RESULTS_SIGNATURE_H

#include "harness/results/model.h"
#include "harness/verdict/stats.h"

typedef struct {
	const RIncident *first; /* borrowed from the hunt, with the boot it was in */
	const RBoot *boot;
	guint boots; /* boots with it */
	gint64 hits;
	char *walkers; /* "damon, ksm?" (? is a guess), or "" */
	gboolean known;
} RSignature;

/* Those that are evidence, most boots first. GPtrArray of RSignature, (transfer full). */
GPtrArray *results_signatures(const RHunt *hunt);
/* That of @signature, or NULL. */
const RSignature *results_signature_find(const GPtrArray *signatures, const char *signature);

/* "2.31 s of hammering to the first hit (bounds at 95 %: 1.90 s to 4.21 s)", or NULL when too few fired. (transfer full) */
char *results_median(const RHunt *hunt);

/* Time to the first unknown hit of each boot that counts. GArray of StatsTime, (transfer full). */
GArray *results_times(const RHunt *hunt);

#endif
