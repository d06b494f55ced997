/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot's timeline: sizes of each device, activity of each op, states of each block and hits,
 * as lanes over the host's time. What the agent tells is brought onto the host's clock.
 */
#include "harness/report/html-internal.h"
#include "harness/report/html-write.h"
#include "harness/report/formats.h"
#include "harness/results/recorder.h"
#include "host-driver/base/json.h"
#include "host-driver/base/open.h"

#include <string.h>

#define LANE	   22
#define BLOCKS_MAX 24
/* Of a lane: more are no wider than a hair each, and make a page that no browser opens. */
#define MARKS_MAX 2000
#define OPS_MAX	  64

#define HOST_US "\"host_us\":"

typedef struct {
	const RBoot *boot;
	gint64 offset_us; /* host time minus guest time */
	gint64 from_us, to_us;
	GString *names, *shapes;
	guint lanes;
	GPtrArray *counts; /* of JsonObject: count and window lines */
} Timeline;

static double x_of(const Timeline *t, gint64 host_us)
{
	return (double)(CLAMP(host_us, t->from_us, t->to_us) - t->from_us);
}

static guint lane(Timeline *t, const char *kind, const char *name)
{
	guint y = t->lanes++ * LANE;

	html_raw(t->names, "<div data-lane=\"%s\" title=\"", kind);
	report_escape(t->names, name);
	g_string_append(t->names, "\">");
	report_escape(t->names, name);
	g_string_append(t->names, "</div>");
	html_raw(t->shapes, "<rect class=\"lane\" x=\"0\" y=\"%u\" width=\"%s\" height=\"%d\"/>",
		 y + 1, html_number((double)(t->to_us - t->from_us)), LANE - 2);
	return y;
}

static void bar(Timeline *t, const char *class, guint y, gint64 from_us, gint64 to_us, double share)
{
	double x = x_of(t, from_us), height = (LANE - 4) * CLAMP(share, 0.08, 1);

	html_raw(t->shapes, "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>",
		 class, html_number(x), html_number(y + LANE - 2 - height),
		 html_number(MAX(x_of(t, to_us) - x, 1)), html_number(height));
}

/* A step line of a device's sizes, and the scale in the lane's name. */
static void size_lane(Timeline *t, const char *device, gboolean plugged)
{
	const RBoot *b = t->boot;
	g_autoptr(GString) path = g_string_new(NULL);
	g_autofree char *name = NULL;
	gint64 most = 1, last = 0;
	guint y, count = 0, step, seen = 0;

	for (guint i = 0; i < b->resizes->len; i++) {
		const RResize *r = g_ptr_array_index(b->resizes, i);

		if (!g_str_equal(r->device, device))
			continue;
		most = MAX(most, MAX(r->requested_bytes, r->plugged_bytes));
		count++;
	}
	step = count / MARKS_MAX + 1;
	name = g_strdup_printf("%s %s, to %" G_GINT64_FORMAT " MiB%s", device,
			       plugged ? "plugged" : "requested", most >> 20,
			       step > 1 ? ", not each change" : "");
	y = lane(t, plugged ? "plugged" : "requested", name);
	for (guint i = 0; i < b->resizes->len; i++) {
		const RResize *r = g_ptr_array_index(b->resizes, i);

		if (!g_str_equal(r->device, device) || seen++ % step)
			continue;
		last = plugged ? r->plugged_bytes : r->requested_bytes;
		g_string_append_printf(path, "%c%s ", path->len ? 'H' : 'M',
				       html_number(x_of(t, r->host_us)));
		g_string_append_printf(
			path, path->len > 20 || strchr(path->str, 'H') ? "V%s " : "%s ",
			html_number(y + LANE - 3 - (LANE - 6) * (double)last / (double)most));
	}
	html_raw(t->shapes, "<path class=\"%s\" d=\"%sH%s\"/>", plugged ? "plug" : "req", path->str,
		 html_number((double)(t->to_us - t->from_us)));
}

static void size_lanes(Timeline *t)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < t->boot->resizes->len; i++) {
		const RResize *r = g_ptr_array_index(t->boot->resizes, i);

		if (g_hash_table_size(seen) >= 8 || !g_hash_table_add(seen, r->device))
			continue;
		size_lane(t, r->device, FALSE);
		size_lane(t, r->device, TRUE);
	}
}

static gboolean keep_count(JsonObject *line, gpointer user)
{
	Timeline *t = user;

	if (g_str_equal(rj_text(line, "agent", ""), "count") ||
	    g_str_equal(rj_text(line, "agent", ""), "window"))
		g_ptr_array_add(t->counts, json_object_ref(line));
	return t->counts->len < 100000;
}

typedef struct {
	const char *verb, *name; /* @name NULL: by @inst */
	gint64 inst;
	const char *member; /* a total that only grows */
	const char *class;
} Rate;

static gboolean is_of(const Rate *rate, JsonObject *o)
{
	if (!g_str_equal(rj_text(o, "agent", ""), rate->verb))
		return FALSE;
	return rate->name ? g_str_equal(rj_text(o, "name", ""), rate->name)
			  : rj_int(o, "inst", -1) == rate->inst;
}

/* What a total grows in a second, against its best second; or in the time of several lines. */
static void rate_lane(Timeline *t, guint y, const Rate *rate)
{
	double most = 1;
	guint count = 0, step;

	for (guint i = 0; i < t->counts->len; i++)
		count += is_of(rate, g_ptr_array_index(t->counts, i));
	step = count / MARKS_MAX + 1;
	for (guint pass = 0; pass < 2; pass++) {
		gint64 last_us = -1;
		double last = 0;
		guint seen = 0;

		for (guint i = 0; i < t->counts->len; i++) {
			JsonObject *o = g_ptr_array_index(t->counts, i);
			gint64 host_us = rj_count(o, "host_us", 0);
			double total = rj_double(o, rate->member, 0), grown;

			if (!is_of(rate, o) || seen++ % step)
				continue;
			if (last_us < 0)
				last_us = host_us - G_USEC_PER_SEC;
			grown = (total - last) * 1e6 / (double)MAX(host_us - last_us, 1);
			if (pass == 0)
				most = MAX(most, grown);
			else if (grown > 0)
				bar(t, rate->class, y, last_us, host_us, grown / most);
			last_us = host_us;
			last = total;
		}
	}
}

static void op_lane(Timeline *t, const ROp *op)
{
	rate_lane(t, lane(t, "op", op->label),
		  &(Rate){.verb = "count", .inst = op->inst, .member = "steps", .class = "busy"});
}

/* Windows opened in each second, by kind. */
static void window_lanes(Timeline *t)
{
	const Exposure *e = t->boot->exposure;

	for (guint i = 0; i < e->windows->len; i++) {
		const ExposureWindow *w = g_ptr_array_index(e->windows, i);
		g_autofree char *name = g_strdup_printf("%s windows", w->kind);

		if (w->opened == 0)
			continue;
		rate_lane(t, lane(t, "window", name),
			  &(Rate){.verb = "window",
				  .name = w->kind,
				  .member = "opened",
				  .class = "opened"});
	}
}

/* What the recorder saw of one block: from each action to the next one. */
static void block_lane(Timeline *t, const RecorderRing *f, guint64 block)
{
	g_autofree char *name = g_strdup_printf("memory%" G_GUINT64_FORMAT, block);
	guint y = lane(t, "block", name);
	const char *state = NULL;
	gint64 since_us = 0;

	for (guint i = 0; i <= f->entries->len; i++) {
		const struct rec_entry *e =
			i < f->entries->len ? &g_array_index(f->entries, struct rec_entry, i)
					    : NULL;
		gint64 at_us = e ? (gint64)(e->t_ns / 1000) + t->offset_us
				 : (gint64)(f->head.t_ns / 1000) + t->offset_us;

		if (e && (e->arg != block || e->action < REC_OFFLINE_BEGIN ||
			  e->action > REC_ONLINE_END))
			continue;
		if (state)
			bar(t, state, y, since_us, MAX(at_us, since_us), 1);
		since_us = at_us;
		if (!e)
			break;
		state = e->action == REC_OFFLINE_BEGIN			     ? "offlining"
			: e->action == REC_ONLINE_BEGIN			     ? "onlining"
			: (e->action == REC_OFFLINE_END) == (e->result == 0) ? "offline"
									     : NULL;
	}
}

static void block_lanes(Timeline *t)
{
	g_autoptr(RecorderRing) f = results_recorder_load(t->boot, "recorder.bin");
	guint64 blocks[BLOCKS_MAX];
	guint count = 0;

	for (guint i = 0; f && i < f->entries->len && count < BLOCKS_MAX; i++) {
		const struct rec_entry *e = &g_array_index(f->entries, struct rec_entry, i);
		guint k = 0;

		if (e->action < REC_OFFLINE_BEGIN || e->action > REC_ONLINE_END)
			continue;
		while (k < count && blocks[k] != e->arg)
			k++;
		if (k == count)
			blocks[count++] = e->arg;
	}
	for (guint i = 0; i < count; i++)
		block_lane(t, f, blocks[i]);
}

/* Returns the time of the first hit, or -1. */
static gint64 hit_lane(Timeline *t)
{
	guint y = lane(t, "hits", "hits"), shown = 0;
	gint64 first_us = -1;

	for (guint i = 0; i < t->boot->incidents->len; i++) {
		const RIncident *incident = g_ptr_array_index(t->boot->incidents, i);

		for (guint k = 0; k < incident->splats->len && shown < 2000; k++) {
			const RSplat *s = g_ptr_array_index(incident->splats, k);
			gint64 at_us = s->t_us + t->offset_us;

			if (s->t_us < 0)
				continue;
			shown++;
			if (first_us < 0 || at_us < first_us)
				first_us = at_us;
			html_raw(t->shapes,
				 "<line class=\"hit\" x1=\"%s\" x2=\"%s\" y1=\"%u\" y2=\"%u\"/>",
				 html_number(x_of(t, at_us)), html_number(x_of(t, at_us)), y + 2,
				 y + LANE - 2);
		}
	}
	return first_us;
}

/* The time alone: what else is in the line has not to be understood for that. */
static gboolean stretch(const char *line, gsize len, gpointer user)
{
	Timeline *t = user;
	const char *at = g_strrstr_len(line, (gssize)len, HOST_US);
	gint64 host_us = at ? g_ascii_strtoll(at + strlen(HOST_US), NULL, 10) : 0;

	t->to_us = CLAMP(host_us, t->to_us, (gint64)30 * 24 * 3600 * G_USEC_PER_SEC);
	return TRUE;
}

static void stretch_to(Timeline *t, const char *name)
{
	g_autofree char *path = g_build_filename(t->boot->dir, name, NULL);

	open_lines(path, OPEN_FOUND, RESULTS_FILE_MAX_BYTES, RESULTS_LINE_MAX_BYTES, stretch, t,
		   NULL);
}

static void append_frame(GString *out, const Timeline *t, const char *id, gint64 hit_us)
{
	html_raw(out,
		 "<div class=\"timeline\" id=\"%s\" data-from=\"%" G_GINT64_FORMAT
		 "\" data-to=\"%" G_GINT64_FORMAT "\" data-hit=\"%" G_GINT64_FORMAT
		 "\"><div class=\"tools\"><button type=\"button\" data-act=\"in\">Zoom in</button>"
		 "<button type=\"button\" data-act=\"out\">Zoom out</button>"
		 "<button type=\"button\" data-act=\"left\">Earlier</button>"
		 "<button type=\"button\" data-act=\"right\">Later</button>",
		 id, t->from_us, t->to_us, hit_us);
	if (hit_us >= 0)
		g_string_append(out, "<button type=\"button\" data-act=\"hit\">First hit</button>");
	g_string_append(out, "<button type=\"button\" data-act=\"all\">Whole boot</button></div>"
			     "<div class=\"lanes\" tabindex=\"0\" role=\"group\" "
			     "aria-label=\"Timeline: plus and minus zoom, arrows move, 0 shows "
			     "all\"><div class=\"names\">");
	g_string_append(out, t->names->str);
	html_raw(out,
		 "</div><svg role=\"img\" aria-label=\"Lanes of the boot over time\" "
		 "preserveAspectRatio=\"none\" height=\"%u\" viewBox=\"0 0 %s %u\">%s</svg>"
		 "<div class=\"axis\">",
		 t->lanes * LANE, html_number((double)(t->to_us - t->from_us)), t->lanes * LANE,
		 t->shapes->str);
	for (guint i = 0; i < 3; i++)
		html_raw(out, "<span>%s s</span>",
			 html_number((double)(t->from_us + (t->to_us - t->from_us) * i / 2) / 1e6));
	g_string_append(out,
			"</div></div><ul class=\"key\"><li><span class=\"k-a\"></span>requested, "
			"onlining</li><li><span class=\"k-c\"></span>plugged</li>"
			"<li><span class=\"k-b\"></span>steps of an op, or windows opened, a "
			"second</li>"
			"<li><span class=\"k-d\"></span>offlining</li><li><span "
			"class=\"k-dim\"></span>offline</li><li><span class=\"k-bad\"></span>splat"
			"</li></ul></div>");
}

void html_timeline(GString *out, const RBoot *b, const char *id)
{
	Timeline t = {.boot = b};
	gint64 hit_us;

	if (!results_clock_offset_us(b, &t.offset_us))
		return;
	t.names = g_string_new(NULL);
	t.shapes = g_string_new(NULL);
	t.counts = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
	t.to_us = 1;
	stretch_to(&t, "events.jsonl");
	stretch_to(&t, "counters.jsonl");
	stretch_to(&t, "memory.jsonl");
	rj_lines(b->dir, "counters.jsonl", keep_count, &t);
	hit_us = hit_lane(&t);
	size_lanes(&t);
	for (guint i = 0; i < MIN(b->ops->len, OPS_MAX); i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);

		if (!g_str_equal(op->state, "skipped"))
			op_lane(&t, op);
	}
	window_lanes(&t);
	block_lanes(&t);
	append_frame(out, &t, id, hit_us);
	g_string_free(t.names, TRUE);
	g_string_free(t.shapes, TRUE);
	g_ptr_array_unref(t.counts);
}
