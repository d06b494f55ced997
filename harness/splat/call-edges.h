/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which function was seen to be called by which: what a stack that nobody wrote into teaches
 * about the next two that were written into each other. A small hash of fixed size; old
 * knowledge gives way to new.
 */
#ifndef PFNHUNT_SPLAT_EDGES_H
#define PFNHUNT_SPLAT_EDGES_H

#include "harness/splat/open.h"

#define SPLAT_EDGES_MAX 8192 /* a power of two */

typedef struct {
	guint32 seen[SPLAT_EDGES_MAX];
} SplatEdges;

/* Starts with the calls that a memory offline, its walkers and their reports consist of. */
void splat_edges_init(SplatEdges *edges);

/* Learns the stacks of a report that came in one piece. */
void splat_edges_learn(SplatEdges *edges, const SplatOpen *open);

/*
 * How well the frame @shape goes behind the last one of @open: 0 not known to, 1 as a first
 * frame, 2 by its function, 3 by function and offset; -1 when it cannot be.
 */
int splat_edges_score(const SplatEdges *edges, const SplatOpen *open, const SplatShape *shape);

#endif
