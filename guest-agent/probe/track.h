/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state and the totals of windows and visits; track-ops.h works on them. All is of fixed size
 * and lock-free: windows are few and open for long, visits are many. Two windows of a kind are
 * followed at a time.
 */
#ifndef PFNHUNT_PROBE_TRACK_H
#define PFNHUNT_PROBE_TRACK_H

#include "guest-agent/contract/probe-table.h"
#include "guest-agent/probe/visits.h" /* made at build time, of the op table */

#define TRACK_PER_KIND 2
#define TRACK_SLOTS    (PROBE_WINDOW_COUNT * TRACK_PER_KIND)
#define TRACK_CELLS    64 /* a power of two: memory blocks remembered of each walker */

#define TRACK_TASKS 256 /* a power of two: threads told apart, by the low bits of their ids */

enum probe_site { /* of the functions that several walkers call */
#define X(id, ...) PROBE_SITE_##id,
		  PROBE_SHARED(X)
#undef X
			  PROBE_SITE_COUNT
};

enum probe_visit {
#define X(id, ...) PROBE_VISIT_##id,
	PROBE_OWN(X) PROBE_TASK(X)
#undef X
		PROBE_VISIT_COUNT
};

typedef unsigned long long track_u64;
typedef unsigned int track_u32;

struct track_slot {
	track_u64 first, end, opened_ns; /* PFNs [first, end) */
	track_u32 owner, used;		 /* owner: a thread's id */
};

/* The last time that something happened in a memory block. t_ns 0: never. */
struct track_cell {
	track_u64 t_ns;
	track_u32 block, task;
	track_u64 closed_since; /* of a walker's: kinds of windows, one bit each */
};

struct track_window {
	track_u64 opened, open_ns, longest_ns, overlap, lost;
};

struct track_stat {
	track_u64 visits, inside[PROBE_WINDOW_COUNT], offline[PROBE_WINDOW_COUNT];
};

struct task_walker {
	track_u32 tid, site, visit; /* of PROBE_SHARED and PROBE_TASK */
};

struct track {
	track_u64 block_pages_shift; /* the caller sets it: log2 of the pages of a memory block */
	track_u64 open_mask;	     /* one bit a slot */
	struct track_slot slot[TRACK_SLOTS]; /* of kind k: from k * TRACK_PER_KIND on */
	struct track_window window[PROBE_WINDOW_COUNT];
	struct track_stat stat[PROBE_VISIT_COUNT];
	struct track_cell closed[PROBE_WINDOW_COUNT][TRACK_CELLS];
	struct track_cell visited[PROBE_VISIT_COUNT][TRACK_CELLS];
	track_u64 nearest_ns[PROBE_VISIT_COUNT][PROBE_WINDOW_COUNT]; /* 0: none yet */
};

#endif
