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

/* What is told in two ways, and what a signature's trials take in. */
typedef enum {
	TRIALS_LOST = 1 << 0,	/* guests that died without a word were hits */
	TRIALS_PARTLY = 1 << 1, /* boots in which an op did not run, but others did */
} RTrials;

/*
 * The boots as trials of any hit, in whole boots: trial_time(). GArray of StatsTime, (transfer full).
 */
GArray *results_trials(const RHunt *hunt, RTrials with);
/*
 * As trials of @signature alone: another one's hit cuts a boot off. Boots in which an op did not run
 * count when @walker did, the op that it is laid at (may be NULL).
 */
GArray *results_trials_of(const RHunt *hunt, const char *signature, const char *walker);
/*
 * Hits of @signature (NULL: of all unknown ones) and offlines of each boot that went on after a hit
 * or had none. Empty when every boot ends at its first hit. GArray of StatsCluster, (transfer full).
 */
GArray *results_clusters(const RHunt *hunt, const char *signature);

/* Seconds to the first hit, or to the end, of each trial. GArray of StatsTime, (transfer full). */
GArray *results_times(const RHunt *hunt);

#endif
