/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the agent's recorder (guest-agent/contract/recorder.h) out of a dump of its pages: what
 * each op did last, up to the very instant the guest died. All of it is hostile.
 */
#ifndef PFNHUNT_RECORDER_RING_H
#define PFNHUNT_RECORDER_RING_H

#include <glib.h>

#include "guest-agent/contract/recorder.h"

typedef struct {
	struct rec_head head;
	GArray *entries; /* of struct rec_entry, oldest first */
} RecorderRing;

/* @bytes: REC_PAGES pages in order. NULL when it is no recorder. (transfer full) */
RecorderRing *recorder_ring_parse(const void *bytes, gsize len);
void recorder_ring_free(RecorderRing *ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecorderRing, recorder_ring_free)

/*
 * Offlines by op @inst that had got to MEM_GOING_OFFLINE at @t_ns of the guest's clock, with the one
 * that was under way; -1 when the ring is too short.
 */
gint64 recorder_ring_offlines_at(const RecorderRing *ring, guint inst, guint64 t_ns);
/* The block that op @inst was offlining at @t_ns, or -1. */
gint64 recorder_ring_block_at(const RecorderRing *ring, guint inst, guint64 t_ns);

/* The word for an enum rec_action; "unknown" for whatever else a guest wrote. */
const char *recorder_ring_action_name(guint action);

#endif
