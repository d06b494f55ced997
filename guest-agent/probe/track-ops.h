/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arithmetic of windows and visits, compiled for the kernel (kernel.bpf.c) and for the agent
 * (layer-user.c). The includer defines TRACK_IS_OFFLINE(pfn): is this page fake-offline?
 */
#ifndef PFNHUNT_PROBE_TRACK_OPS_H
#define PFNHUNT_PROBE_TRACK_OPS_H

#include "guest-agent/probe/track.h"

#define TRACK_INLINE static inline __attribute__((always_inline))

TRACK_INLINE void track_nearer(track_u64 *nearest, track_u64 now, track_u64 then)
{
	/* Not before it: the other CPU is at it just now, and counts this one as inside or not. */
	if (now > then && (!*nearest || now - then < *nearest))
		*nearest = now - then;
}

/* The window in slot @i ends, if it is one: it is taken by whoever comes first. */
TRACK_INLINE void track_close_slot(struct track *t, track_u32 kind, track_u32 i, track_u64 now)
{
	struct track_slot *s = &t->slot[i];
	track_u64 length = now - s->opened_ns, block = s->first >> t->block_pages_shift;
	struct track_cell *cell = &t->closed[kind][block & (TRACK_CELLS - 1)];
	struct track_window *w = &t->window[kind];
	track_u32 owner = s->owner;

	__sync_fetch_and_and(&t->open_mask, ~(1ULL << i));
	if (__sync_val_compare_and_swap(&s->used, 2, 0) != 2)
		return;
	__sync_fetch_and_add(&w->open_ns, length);
	if (length > w->longest_ns)
		w->longest_ns = length;
	cell->block = (track_u32)block;
	cell->task = owner;
	cell->t_ns = now;
	/* Each walker's next visit is the one that came nearest. */
	for (track_u32 v = 0; v < PROBE_VISIT_COUNT; v++)
		t->visited[v][block & (TRACK_CELLS - 1)].closed_since |= 1u << kind;
}

/* A window of @kind opens over [@first, @end); the task @owner does not visit it. */
TRACK_INLINE void track_open(struct track *t, track_u32 kind, track_u64 first, track_u64 end,
			     track_u32 owner, track_u64 now)
{
	track_u64 block = first >> t->block_pages_shift;
	struct track_window *w = &t->window[kind];
	int taken = 0, others = 0;

	__sync_fetch_and_add(&w->opened, 1);
	for (track_u32 n = 0; n < TRACK_PER_KIND; n++) {
		track_u32 i = kind * TRACK_PER_KIND + n;
		struct track_slot *s = &t->slot[i];

		/* A task has one window of a kind: the end of its last one was missed. */
		if (s->used == 2 && s->owner == owner)
			track_close_slot(t, kind, i, now);
		if (taken || __sync_val_compare_and_swap(&s->used, 0, 1) != 0) {
			others += s->used == 2;
			continue;
		}
		s->first = first;
		s->end = end;
		s->owner = owner;
		s->opened_ns = now;
		__sync_val_compare_and_swap(&s->used, 1, 2);
		__sync_fetch_and_or(&t->open_mask, 1ULL << i);
		taken = 1;
	}
	if (others)
		__sync_fetch_and_add(&w->overlap, 1);
	if (!taken)
		__sync_fetch_and_add(&w->lost, 1);
	for (track_u32 v = 0; v < PROBE_VISIT_COUNT; v++) {
		struct track_cell *cell = &t->visited[v][block & (TRACK_CELLS - 1)];

		if (cell->t_ns && cell->block == (track_u32)block && cell->task != owner)
			track_nearer(&t->nearest_ns[v][kind], now, cell->t_ns);
	}
}

/* The window of @kind that starts at @first closes. */
TRACK_INLINE void track_close_at(struct track *t, track_u32 kind, track_u64 first, track_u64 now)
{
	for (track_u32 n = 0; n < TRACK_PER_KIND; n++) {
		track_u32 i = kind * TRACK_PER_KIND + n;

		if (t->slot[i].used == 2 && t->slot[i].first == first)
			track_close_slot(t, kind, i, now);
	}
}

/* The window of @kind that @owner opened closes. */
TRACK_INLINE void track_close_of(struct track *t, track_u32 kind, track_u32 owner, track_u64 now)
{
	for (track_u32 n = 0; n < TRACK_PER_KIND; n++) {
		track_u32 i = kind * TRACK_PER_KIND + n;

		if (t->slot[i].used == 2 && t->slot[i].owner == owner)
			track_close_slot(t, kind, i, now);
	}
}

/*
 * @task visits the PFNs [@first, @end) as walker @visit. The includer's TRACK_IS_OFFLINE(pfn) looks
 * at a page that lies in a window. This runs for every page of a walker: as little as can be when
 * no window is open. And nothing is carried from one turn of a loop to the next: the kernel's
 * verifier would follow each way through it.
 */
TRACK_INLINE void track_visit(struct track *t, track_u32 visit, track_u64 first, track_u64 end,
			      track_u32 task, track_u64 now)
{
	track_u64 block = first >> t->block_pages_shift, open = t->open_mask, closed;
	track_u32 index = block & (TRACK_CELLS - 1);
	struct track_cell *cell = &t->visited[visit][index];
	struct track_stat *stat = &t->stat[visit];

	__sync_fetch_and_add(&stat->visits, 1);
	closed = cell->closed_since;
	cell->block = (track_u32)block;
	cell->task = task;
	cell->t_ns = now;
	for (track_u32 i = 0; open && i < TRACK_SLOTS; i++) {
		struct track_slot *s = &t->slot[i];

		if (!(open >> i & 1) || s->owner == task || first >= s->end || end <= s->first)
			continue;
		__sync_fetch_and_add(&stat->inside[i / TRACK_PER_KIND], 1);
		if (TRACK_IS_OFFLINE(first > s->first ? first : s->first))
			__sync_fetch_and_add(&stat->offline[i / TRACK_PER_KIND], 1);
	}
	if (!closed)
		return;
	cell->closed_since = 0;
	for (track_u32 k = 0; k < PROBE_WINDOW_COUNT; k++) {
		struct track_cell *c = &t->closed[k][index];

		if (closed >> k & 1 && c->block == (track_u32)block && c->task != task)
			track_nearer(&t->nearest_ns[visit][k], now, c->t_ns);
	}
}

/*
 * The same for functions that run for every page: true when no window is open and none has closed
 * in this block since the walker's last visit there. Then the visit is counted, and that is all.
 */
TRACK_INLINE int track_visit_quiet(struct track *t, track_u32 visit, track_u64 first)
{
	track_u32 index = (first >> t->block_pages_shift) & (TRACK_CELLS - 1);

	if (t->open_mask || t->visited[visit][index].closed_since)
		return 0;
	__sync_fetch_and_add(&t->stat[visit].visits, 1);
	return 1;
}

#endif
