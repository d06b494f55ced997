/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two hunts side by side: what is new, what is gone, which rates moved more than chance does. */
#ifndef PFNHUNT_RESULTS_COMPARE_H
#define PFNHUNT_RESULTS_COMPARE_H

#include "harness/results/model.h"
#include "harness/results/signature.h"

#include <json-glib/json-glib.h>

typedef enum { RCHANGE_SAME, RCHANGE_NEW, RCHANGE_GONE, RCHANGE_MORE, RCHANGE_LESS } RChangeKind;

typedef struct {
	RChangeKind kind;
	const RIncident *incident; /* borrowed from either hunt */
	gboolean known;
	guint boots_a, boots_b;
	double p; /* Fisher, of boots with it */
} RChange;

typedef struct {
	RTotals a, b;
	double p_boots;			   /* Fisher: boots with any incident */
	double p_times;			   /* log-rank: time to the first hit */
	double median_a_s, median_b_s;	   /* -1 unknown */
	Exposure *exposure_a, *exposure_b; /* of the exposed boots */
	GPtrArray *changes;		   /* of RChange: new, gone, moved, the same */
} RComparison;

/* Both hunts outlive it. (transfer full) */
RComparison *results_compare(const RHunt *a, const RHunt *b);
void results_comparison_free(RComparison *comparison);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RComparison, results_comparison_free)

char *results_compare_text(const RHunt *a, const RHunt *b);	  /* (transfer full) */
JsonObject *results_compare_json(const RHunt *a, const RHunt *b); /* (transfer full) */

#endif
