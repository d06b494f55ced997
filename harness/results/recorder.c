/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See recorder.h. */
#include "harness/results/recorder.h"
#include "host-driver/base/json.h"
#include "host-driver/base/open.h"

#define ACTIONS_MAX 60
#define POLL_US	    500000
#define CLOCK_LINES 20000 /* one of so many was quick enough */

typedef struct {
	guint lines;
	gboolean any;
	gint64 offset_us;
} Clock;

/* A message is never early: the smallest difference is the nearest to the truth. */
static gboolean compare_clocks(JsonObject *line, gpointer user)
{
	Clock *clock = user;
	gint64 t_ns = rj_int(line, "t_ns", -1), host_us = rj_count(line, "host_us", -1);

	if (++clock->lines > CLOCK_LINES)
		return FALSE;
	if (t_ns <= 0 || host_us < 0)
		return TRUE;
	if (!clock->any || host_us - t_ns / 1000 < clock->offset_us)
		clock->offset_us = host_us - t_ns / 1000;
	clock->any = TRUE;
	return TRUE;
}

gboolean results_clock_offset_us(const RBoot *b, gint64 *offset_us)
{
	Clock clock = {0};

	rj_lines(b->dir, "events.jsonl", compare_clocks, &clock);
	*offset_us = clock.offset_us;
	return clock.any;
}

static gint64 splat_ns(const RBoot *b)
{
	for (guint i = 0; i < b->incidents->len; i++) {
		const RIncident *incident = g_ptr_array_index(b->incidents, i);
		const RSplat *cause;

		if (!incident->evidence || incident->splats->len == 0)
			continue;
		cause = g_ptr_array_index(incident->splats, 0);
		return cause->t_us >= 0 ? cause->t_us * 1000 : -1;
	}
	return -1;
}

static char *op_label(const RBoot *b, guint inst)
{
	for (guint i = 0; i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);

		if (op->inst == inst)
			return g_strdup(op->label);
	}
	return g_strdup_printf("op %u", inst);
}

static void add_action(RecorderActions *f, const RBoot *b, const struct rec_entry *e, gint64 end_ns)
{
	RAction *a = g_new0(RAction, 1);

	a->before_ms = ((double)end_ns - (double)e->t_ns) / 1e6;
	a->op = op_label(b, e->inst);
	a->action = recorder_ring_action_name(e->action);
	a->arg = e->arg;
	a->block = e->action >= REC_OFFLINE_BEGIN && e->action <= REC_ONLINE_END;
	a->result = e->result;
	g_ptr_array_add(f->actions, a);
}

static void action_free(RAction *a)
{
	g_free(a->op);
	g_free(a);
}

static void add_actions(RecorderActions *f, const RBoot *b, const RecorderRing *ring)
{
	gint64 end_ns = f->splat_ns;
	guint first;

	if (end_ns < 0)
		end_ns = (gint64)MIN(ring->head.t_ns, (guint64)G_MAXINT64);
	/* Something of what was going on when it fired, and a little behind it. */
	for (guint i = 0; i < ring->entries->len; i++) {
		const struct rec_entry *e = &g_array_index(ring->entries, struct rec_entry, i);
		double before_ms = ((double)end_ns - (double)e->t_ns) / 1e6;

		if (i == 0)
			f->short_ring = before_ms < 0;
		if (before_ms > RESULTS_LAST_MS)
			f->older++;
		else if (before_ms > -5 || f->splat_ns < 0)
			add_action(f, b, e, end_ns);
	}
	if (f->actions->len <= ACTIONS_MAX)
		return;
	first = f->actions->len - ACTIONS_MAX;
	f->older += first;
	g_ptr_array_remove_range(f->actions, 0, first);
}

static void add_sizes(RecorderActions *f, const RBoot *b)
{
	gint64 offset_us;
	gboolean timed = f->splat_ns >= 0 && results_clock_offset_us(b, &offset_us);

	f->requested_bytes = f->plugged_bytes = -1;
	for (guint i = 0; i < b->resizes->len; i++) {
		const RResize *r = g_ptr_array_index(b->resizes, i);

		gint64 late_us = timed ? r->host_us - f->splat_ns / 1000 - offset_us : 0;

		/* The sizes are polled: what is plugged was so a little before it was seen. */
		if (late_us > 0 && late_us < POLL_US && r->requested_bytes == f->requested_bytes)
			f->plugged_bytes = r->plugged_bytes;
		if (late_us > 0)
			break;
		f->requested_bytes = r->requested_bytes;
		f->plugged_bytes = r->plugged_bytes;
	}
}

RecorderRing *results_recorder_load(const RBoot *b, const char *name)
{
	g_autofree char *path = g_build_filename(b->dir, name, NULL), *bytes = NULL;
	gsize len;

	bytes = open_read(path, OPEN_FOUND, (gsize)REC_PAGES * REC_PAGE, &len, NULL);
	return bytes && len == (gsize)REC_PAGES * REC_PAGE ? recorder_ring_parse(bytes, len) : NULL;
}

/* The one read right after the first splat reaches further back than the one at the end. */
RecorderActions *results_actions_load(const RBoot *b)
{
	g_autoptr(RecorderRing) ring = results_recorder_load(b, "recorder-first.bin");
	RecorderActions *f;

	if (!ring)
		ring = results_recorder_load(b, "recorder.bin");
	if (!ring)
		return NULL;
	f = g_new0(RecorderActions, 1);
	f->actions = g_ptr_array_new_with_free_func((GDestroyNotify)action_free);
	f->splat_ns = splat_ns(b);
	add_actions(f, b, ring);
	add_sizes(f, b);
	return f;
}

void results_actions_free(RecorderActions *f)
{
	if (!f)
		return;
	g_ptr_array_unref(f->actions);
	g_free(f);
}
