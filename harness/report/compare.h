/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two hunts side by side: what is new, what is gone, which rates moved more than chance does. */
#ifndef PFNHUNT_RESULTS_COMPARE_H
#define PFNHUNT_RESULTS_COMPARE_H

#include "harness/report/estimate.h"
#include "harness/results/model.h"
#include "harness/results/signature.h"

#include <json-glib/json-glib.h>

typedef enum {
	RCHANGE_SAME,
	RCHANGE_NEW,	/* not in A, and that is no chance */
	RCHANGE_ONLY_B, /* not in A, which may have been luck, or too little hammering */
	RCHANGE_GONE,
	RCHANGE_MORE,
	RCHANGE_LESS
} RChangeKind;

typedef struct {
	RChangeKind kind;
	const RIncident *incident; /* borrowed from either hunt */
	gboolean known;
	guint boots_a, boots_b;
	guint trials_a, trials_b; /* boots that could have had it */
	double worth_a, worth_b;  /* in whole boots, with those that something else cut off */
	double rate_a, rate_b;	  /* hits by offlines; below 0: no boot goes on after a hit */
	double p;		  /* log-rank, and rates within boots where there are any */
} RChange;

typedef struct {
	RTotals a, b;
	double p_boots;	 /* exact log-rank: boots with any hit, some cut off */
	double p_lost;	 /* the same with lost boots as hits */
	double p_partly; /* and with boots in which an op did not run */
	double p_rates;	 /* of hits by offlines, over boots */
	guint hung_a, hung_b, lost_a, lost_b, partly_a, partly_b;
	double p_times;		       /* log-rank: time to the first hit */
	double median_a_s, median_b_s; /* -1 unknown */
	Estimate *estimate_a, *estimate_b;
	Exposure *exposure_a, *exposure_b; /* of the exposed boots; the estimates' */
	GPtrArray *changes;		   /* of RChange: new, gone, moved, the same */
} RComparison;

/* Both hunts outlive it. (transfer full) */
RComparison *results_compare(const RHunt *a, const RHunt *b);
void results_comparison_free(RComparison *comparison);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RComparison, results_comparison_free)

const char *results_change_word(RChangeKind kind);
char *results_compare_text(const RHunt *a, const RHunt *b);	  /* (transfer full) */
JsonObject *results_compare_json(const RHunt *a, const RHunt *b); /* (transfer full) */

#endif
