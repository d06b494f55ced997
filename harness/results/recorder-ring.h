/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the agent's flight recorder (guest-agent/contract/recorder.h) out of a dump of its pages: what
 * each op did last, up to the very instant the guest died. All of it is hostile.
 */
#ifndef PFNHUNT_FLIGHT_H
#define PFNHUNT_FLIGHT_H

#include <glib.h>

#include "guest-agent/contract/recorder.h"

typedef struct {
	struct rec_head head;
	GArray *entries; /* of struct rec_entry, oldest first */
} Flight;

/* @bytes: REC_PAGES pages in order. NULL when it is no recorder. (transfer full) */
Flight *flight_parse(const void *bytes, gsize len);
void flight_free(Flight *flight);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Flight, flight_free)

/*
 * Offlines by op @inst that had got to MEM_GOING_OFFLINE at @t_ns of the guest's clock, with the one
 * that was under way; -1 when the ring is too short.
 */
gint64 flight_offlines_at(const Flight *flight, guint inst, guint64 t_ns);
/* The block that op @inst was offlining at @t_ns, or -1. */
gint64 flight_block_at(const Flight *flight, guint inst, guint64 t_ns);

/* The word for an enum rec_action; "unknown" for whatever else a guest wrote. */
const char *flight_action_name(guint action);

#endif
