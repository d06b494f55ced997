/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last moments before a splat: what each op did in the guest, and what the host had asked
 * for, brought onto the guest's clock.
 */
#ifndef PFNHUNT_RESULTS_RECORDER_H
#define PFNHUNT_RESULTS_RECORDER_H

#include "harness/results/recorder-ring.h"
#include "harness/results/model.h"

#define RESULTS_LAST_MS 100

typedef struct {
	double before_ms;   /* before the splat; negative is after it */
	char *op;	    /* label, or "op 3" */
	const char *action; /* recorder_ring_action_name() */
	guint64 arg;	    /* block or what the op means by it */
	gboolean block;	    /* @arg is a memory block */
	gint result;	    /* 0 or -errno, of an end */
} RAction;

typedef struct {
	gint64 splat_ns;		       /* of the guest's clock, -1 without a splat */
	GPtrArray *actions;		       /* of RAction, oldest first; may be empty */
	guint older;			       /* left out: too long ago */
	gboolean short_ring;		       /* the recorder does not reach back to the splat */
	gint64 requested_bytes, plugged_bytes; /* at the splat; -1 unknown */
} RecorderActions;

/*
 * Of the first incident that is evidence; without one, the last moments of the boot. NULL when
 * there is no recorder. (transfer full)
 */
RecorderActions *results_actions_load(const RBoot *boot);
void results_actions_free(RecorderActions *ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecorderActions, results_actions_free)

/* That file of the boot; NULL when there is none, or it is no recorder. (transfer full) */
RecorderRing *results_recorder_load(const RBoot *boot, const char *name);

/* Host time minus guest time, in us, from the events of the boot; FALSE without any. */
gboolean results_clock_offset_us(const RBoot *boot, gint64 *offset_us);

#endif
