/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a number of boots proves, in one honest sentence: how often it fired and how sure that is,
 * or how much a clean result rules out, with the exposure behind it. Counts boots that were
 * exposed (clean, incident, hang) and their exposure alone; the others are no trials.
 */
#ifndef PFNHUNT_CLAIM_H
#define PFNHUNT_CLAIM_H

#include "harness/hunt/hunt.h"
#include "harness/results/model.h"
#include "harness/verdict/stats.h"

typedef struct {
	guint boots;	 /* exposed */
	guint fired;	 /* of them: with an incident, or hung */
	guint hung;	 /* of those: without an incident */
	guint known;	 /* of them: with a known issue, which is no hit */
	guint unexposed; /* beside them, that count in the hunt but are no trials */
	guint64 offlines, hits;
	double bound;	    /* the hunt's stop rule, 0 without */
	gboolean hit_last;  /* the last boot fired */
	Exposure *exposure; /* sum of the exposed boots' */
} Claim;

/* Of no boots yet. @bound: of the hunt's stop rule, 0 without. Never NULL. */
Claim *claim_new(double bound);
void claim_free(Claim *claim); /* NULL is good */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Claim, claim_free)
/* A boot that counts. @weighed: of verdict_weigh(); @known: incidents of known issues; @exposure may be NULL. */
void claim_add(Claim *claim, Verdict weighed, guint64 offlines, guint64 hits, guint64 known,
	       const Exposure *exposure);
Claim *claim_of_hunt(const RHunt *hunt);	     /* (transfer full) */
Claim *claim_of_summary(const HuntSummary *summary); /* (transfer full) */

/*
 * The 95 % interval of the chance of a hit per boot: exact, and by how boots were ended. Without a
 * hit it is one-sided: 0 .. 1 - 0.05^(1/n).
 */
StatsInterval claim_interval(const Claim *claim);

/* All (transfer full), without a newline or a full stop. */
/* "0 hits in 40 boots, ...: the chance of a hit per boot is below 7.2 % at 95 %". */
char *claim_text(const Claim *claim);
/* "2.1 million compaction and 12 ksm visits inside an open window", or why that is not known. */
char *claim_visits(const Claim *claim);
/* Rates within boots, marked as such; NULL without a hit. */
char *claim_rates(const Claim *claim);
/* How many clean boots would show a fix; NULL without a hit. */
char *claim_fix(const Claim *claim);

#endif
