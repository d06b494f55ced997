/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a number of boots proves, in one honest sentence: how often it fired and how sure that is,
 * or how much a clean result rules out, with the exposure behind it. Counts the boots that are
 * trials (trial.h) and their exposure alone; one that was cut off counts until then.
 */
#ifndef PFNHUNT_CLAIM_H
#define PFNHUNT_CLAIM_H

#include "harness/results/model.h"
#include "harness/verdict/censored.h"

typedef struct {
	guint boots;	 /* trials */
	guint cut;	 /* of them: cut off without a hit */
	guint lost;	 /* of those: the guest died without a word */
	guint fired;	 /* of them: with an incident, or hung */
	guint hung;	 /* of those: without an incident */
	guint known;	 /* of them: with a known issue, which is no hit */
	guint unexposed; /* beside them, that count in the hunt but are no trials */
	guint64 offlines, hits;
	double bound;	     /* the hunt's stop rule, 0 without */
	double whole_s;	     /* how long a whole boot hammers; 0: unknown */
	GArray *trials;	     /* of StatsTime, in whole boots */
	GArray *offlined;    /* of StatsCluster: hits by offlines, boot by boot */
	GArray *visited;     /* the same by visits inside */
	gboolean first_only; /* boots end at their first hit: there is no rate within one */
	gboolean hit_last;   /* the last boot fired */
	Exposure *exposure;  /* sum of the exposed boots' */
} Estimate;

/* Of no boots yet. @bound: of the hunt's stop rule, 0 without. Never NULL. */
Estimate *estimate_new(double bound, double whole_s);
void estimate_free(Estimate *estimate); /* may be NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Estimate, estimate_free)
/* A boot that has ended. */
void estimate_add(Estimate *estimate, const RBoot *boot);
Estimate *estimate_of_hunt(const RHunt *hunt); /* (transfer full) */

/*
 * The bounds of the chance of a hit per whole boot, either of them at 95 %: exact, and by how boots
 * were ended. Without a hit: 0 .. 1 - 0.05^(1/n). With boots that were cut off, those of censored.h.
 */
StatsInterval estimate_interval(const Estimate *estimate);

/* All (transfer full), without a newline or a full stop. */
/* "0 hits in 40 boots, ...: the chance of a hit per boot is below 7.3 % at 95 %". */
char *estimate_text(const Estimate *estimate);
/* "2.1 million compaction and 12 ksm visits inside an open window", or why that is not known. */
char *estimate_visits(const Estimate *estimate);
/* Rates within boots, with bounds where there are some; NULL without a hit. */
char *estimate_rates(const Estimate *estimate);
/*
 * How many clean boots would show that a fix does something, and how many that at most a tenth of
 * the rate is left; NULL without a hit.
 */
char *estimate_fix(const Estimate *estimate);
/* What of that @fixed has reached; NULL when it has a hit itself, or @before has none. */
char *estimate_fix_reached(const Estimate *before, const Estimate *fixed);

#endif
