/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See recorder-ring.h. */
#include "harness/results/recorder-ring.h"

#include <string.h>

static gint by_number(gconstpointer a, gconstpointer b)
{
	const struct rec_entry *x = a, *y = b;

	/* Running numbers of one ring lie within its size: their difference never wraps. */
	return (gint32)(x->seq - y->seq) < 0 ? -1 : x->seq != y->seq;
}

RecorderRing *recorder_ring_parse(const void *bytes, gsize len)
{
	RecorderRing *f;

	if (len != (gsize)REC_PAGES * REC_PAGE)
		return NULL;
	f = g_new0(RecorderRing, 1);
	memcpy(&f->head, bytes, sizeof(f->head));
	if (f->head.magic != REC_MAGIC) {
		g_free(f);
		return NULL;
	}
	f->entries = g_array_new(FALSE, FALSE, sizeof(struct rec_entry));
	for (gsize i = 0; i < REC_RING_SIZE; i++) {
		gsize at = REC_PAGE + i / REC_PER_PAGE * REC_PAGE +
			   i % REC_PER_PAGE * sizeof(struct rec_entry);
		struct rec_entry entry;

		memcpy(&entry, (const char *)bytes + at, sizeof(entry));
		/* A slot that the agent was just writing, or a stale lap, is left out. */
		if (entry.seq == 0 ||
		    (guint32)f->head.next - (entry.seq - 1) > (guint32)REC_RING_SIZE)
			continue;
		g_array_append_val(f->entries, entry);
	}
	g_array_sort(f->entries, by_number);
	return f;
}

void recorder_ring_free(RecorderRing *f)
{
	if (!f)
		return;
	g_array_unref(f->entries);
	g_free(f);
}

gint64 recorder_ring_offlines_at(const RecorderRing *f, guint inst, guint64 t_ns)
{
	guint64 later = 0;
	gboolean reaches = FALSE, under_way = FALSE;

	if (inst >= REC_SLOTS)
		return -1;
	for (guint i = 0; i < f->entries->len; i++) {
		const struct rec_entry *e = &g_array_index(f->entries, struct rec_entry, i);

		reaches |= e->t_ns <= t_ns;
		if (e->inst != inst)
			continue;
		if (e->t_ns <= t_ns)
			under_way = e->action == REC_OFFLINE_BEGIN;
		else if (e->action == REC_OFFLINE_END)
			later += rec_offline_reached(e->result);
	}
	if (!reaches || later > f->head.slot[inst].offlines)
		return -1;
	return (gint64)MIN(f->head.slot[inst].offlines - later + under_way, (guint64)G_MAXINT64);
}

gint64 recorder_ring_block_at(const RecorderRing *f, guint inst, guint64 t_ns)
{
	gint64 block = -1;

	for (guint i = 0; i < f->entries->len; i++) {
		const struct rec_entry *e = &g_array_index(f->entries, struct rec_entry, i);

		if (e->inst == inst && e->t_ns <= t_ns && e->action == REC_OFFLINE_BEGIN)
			block = (gint64)MIN(e->arg, (guint64)G_MAXINT64);
	}
	return block;
}

const char *recorder_ring_action_name(guint action)
{
	static const char *const names[] = {
		[REC_NONE] = "none",
		[REC_OFFLINE_BEGIN] = "offline-begin",
		[REC_OFFLINE_END] = "offline-end",
		[REC_ONLINE_BEGIN] = "online-begin",
		[REC_ONLINE_END] = "online-end",
		[REC_PASS_BEGIN] = "pass-begin",
		[REC_PASS_END] = "pass-end",
	};

	return action < G_N_ELEMENTS(names) ? names[action] : "unknown";
}
