/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See exposure.h. */
#include "harness/exposure.h"
#include "harness/results-json.h"
#include "harness/units.h"

#include <string.h>

/* A guest in pieces may invent names for ever. */
#define WINDOWS_MAX 16
#define VISITS_MAX  1024
#define NAME_CHARS  48

const ExposureKind exposure_kinds[] = {
#define X(kind, family, help) {kind, family, help},
	EXPOSURE_WINDOWS(X)
#undef X
		{NULL, NULL, NULL},
};

static void window_free(gpointer data)
{
	ExposureWindow *w = data;

	g_free(w->kind);
	g_free(w);
}

static void visit_free(gpointer data)
{
	ExposureVisit *v = data;

	g_free(v->walker);
	g_free(v->func);
	g_free(v->window);
	g_free(v);
}

Exposure *exposure_new(void)
{
	Exposure *e = g_new0(Exposure, 1);

	e->reason = g_strdup("");
	e->windows = g_ptr_array_new_with_free_func(window_free);
	e->visits = g_ptr_array_new_with_free_func(visit_free);
	return e;
}

void exposure_free(Exposure *e)
{
	if (!e)
		return;
	g_free(e->layer);
	g_free(e->reason);
	g_ptr_array_unref(e->windows);
	g_ptr_array_unref(e->visits);
	g_free(e);
}

/* What is a name of ours goes everywhere without escaping, and anything else is no name. */
static gboolean is_name(const char *text)
{
	gsize len = text ? strlen(text) : 0;

	return len > 0 && len <= NAME_CHARS &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "_.-") == len;
}

static guint rank(const char *kind)
{
	guint i = 0;

	while (exposure_kinds[i].kind && !g_str_equal(exposure_kinds[i].kind, kind))
		i++;
	return i;
}

static gint by_kind(gconstpointer a, gconstpointer b)
{
	const ExposureWindow *x = *(ExposureWindow *const *)a, *y = *(ExposureWindow *const *)b;
	int order = (int)rank(x->kind) - (int)rank(y->kind);

	return order ? order : strcmp(x->kind, y->kind);
}

static gint by_walker(gconstpointer a, gconstpointer b)
{
	const ExposureVisit *x = *(ExposureVisit *const *)a, *y = *(ExposureVisit *const *)b;
	int order = strcmp(x->walker, y->walker);

	if (order == 0)
		order = strcmp(x->func, y->func);
	if (order == 0)
		order = (int)rank(x->window) - (int)rank(y->window);
	return order ? order : strcmp(x->window, y->window);
}

static ExposureWindow *window_of(Exposure *e, const char *kind)
{
	ExposureWindow *w;

	for (guint i = 0; i < e->windows->len; i++) {
		w = g_ptr_array_index(e->windows, i);
		if (g_str_equal(w->kind, kind))
			return w;
	}
	if (!is_name(kind) || e->windows->len >= WINDOWS_MAX)
		return NULL;
	w = g_new0(ExposureWindow, 1);
	w->kind = g_strdup(kind);
	g_ptr_array_add(e->windows, w);
	g_ptr_array_sort(e->windows, by_kind);
	return w;
}

static ExposureVisit *visit_of(Exposure *e, const char *walker, const char *func,
			       const char *window)
{
	ExposureVisit *v;

	for (guint i = 0; i < e->visits->len; i++) {
		v = g_ptr_array_index(e->visits, i);
		if (g_str_equal(v->walker, walker) && g_str_equal(v->func, func) &&
		    g_str_equal(v->window, window))
			return v;
	}
	if (!is_name(walker) || !is_name(func) || !is_name(window) || e->visits->len >= VISITS_MAX)
		return NULL;
	v = g_new0(ExposureVisit, 1);
	v->walker = g_strdup(walker);
	v->func = g_strdup(func);
	v->window = g_strdup(window);
	v->nearest_ns = -1;
	g_ptr_array_add(e->visits, v);
	g_ptr_array_sort(e->visits, by_walker);
	return v;
}

static gint64 nearer(gint64 a_ns, gint64 b_ns)
{
	return a_ns < 0 ? b_ns : b_ns < 0 ? a_ns : MIN(a_ns, b_ns);
}

/* The last word on the layer is the one that holds: probes that failed fall back on others. */
static void take_layer(Exposure *e, const char *layer, const char *reason, gboolean on)
{
	if (!is_name(layer))
		return;
	e->paused |= !on && !g_str_equal(layer, "off");
	g_free(e->layer);
	e->layer = g_strdup(layer);
	g_free(e->reason);
	e->reason = units_printable(reason ? reason : "");
}

/* Totals only grow; a line that says less is a torn one. */
static void take_window(Exposure *e, const ExposureWindow *totals)
{
	ExposureWindow *w = totals->kind ? window_of(e, totals->kind) : NULL;

	if (!w)
		return;
	w->opened = MAX(w->opened, totals->opened);
	w->open_ns = MAX(w->open_ns, totals->open_ns);
	w->longest_ns = MAX(w->longest_ns, totals->longest_ns);
	w->overlap = MAX(w->overlap, totals->overlap);
	w->lost = MAX(w->lost, totals->lost);
}

static void take_visit(Exposure *e, const ExposureVisit *totals)
{
	ExposureVisit *v = totals->walker && totals->func && totals->window
				   ? visit_of(e, totals->walker, totals->func, totals->window)
				   : NULL;

	if (!v)
		return;
	v->visits = MAX(v->visits, totals->visits);
	v->inside = MAX(v->inside, totals->inside);
	v->offline = MAX(v->offline, totals->offline);
	v->nearest_ns = nearer(v->nearest_ns, totals->nearest_ns);
}

/* No more than JSON and SQLite can hold: what is larger was never counted. */
static guint64 wire_number(const struct wire_msg *msg, const char *key)
{
	uint64_t value;

	return wire_get_u64(msg, key, &value) == 0 && value <= G_MAXINT64 ? value : 0;
}

void exposure_message(Exposure *e, const struct wire_msg *msg)
{
	guint64 nearest_ns = wire_number(msg, "nearest_ns");

	if (msg->verb == WIRE_PROBE)
		take_layer(e, wire_get(msg, "layer"), wire_get(msg, "reason"),
			   wire_number(msg, "on") != 0);
	else if (msg->verb == WIRE_WINDOW)
		take_window(e, &(ExposureWindow){
				       (char *)wire_get(msg, "name"), wire_number(msg, "opened"),
				       wire_number(msg, "open_ns"), wire_number(msg, "longest_ns"),
				       wire_number(msg, "overlap"), wire_number(msg, "lost")});
	else if (msg->verb == WIRE_VISIT)
		take_visit(e,
			   &(ExposureVisit){
				   (char *)wire_get(msg, "walker"), (char *)wire_get(msg, "func"),
				   (char *)wire_get(msg, "window"), wire_number(msg, "visits"),
				   wire_number(msg, "inside"), wire_number(msg, "offline"),
				   nearest_ns ? (gint64)nearest_ns : -1});
}

static guint64 json_number(JsonObject *o, const char *key)
{
	return (guint64)MAX(rj_int(o, key, 0), 0);
}

static void window_from_json(Exposure *e, JsonObject *o, const char *key)
{
	take_window(e, &(ExposureWindow){(char *)rj_text(o, key, NULL), json_number(o, "opened"),
					 json_number(o, "open_ns"), json_number(o, "longest_ns"),
					 json_number(o, "overlap"), json_number(o, "lost")});
}

static void visit_from_json(Exposure *e, JsonObject *o)
{
	guint64 nearest_ns = json_number(o, "nearest_ns");

	take_visit(e, &(ExposureVisit){(char *)rj_text(o, "walker", NULL),
				       (char *)rj_text(o, "func", NULL),
				       (char *)rj_text(o, "window", NULL), json_number(o, "visits"),
				       json_number(o, "inside"), json_number(o, "offline"),
				       nearest_ns ? (gint64)nearest_ns : -1});
}

void exposure_line(Exposure *e, JsonObject *line)
{
	const char *verb = rj_text(line, "agent", "");

	if (g_str_equal(verb, "probe"))
		take_layer(e, rj_text(line, "layer", NULL), rj_text(line, "reason", NULL),
			   rj_int(line, "on", 0) != 0);
	else if (g_str_equal(verb, "window"))
		window_from_json(e, line, "name");
	else if (g_str_equal(verb, "visit"))
		visit_from_json(e, line);
}

/* "bpf" and "kprobe" make "bpf, kprobe". */
static void add_layer(Exposure *sum, const Exposure *from)
{
	g_auto(GStrv) have = g_strsplit(sum->layer ? sum->layer : "", ", ", -1);

	if (!from->layer || g_strv_contains((const char *const *)have, from->layer))
		return;
	if (sum->layer) {
		char *both = g_strconcat(sum->layer, ", ", from->layer, NULL);

		g_free(sum->layer);
		sum->layer = both;
	} else {
		sum->layer = g_strdup(from->layer);
	}
	if (!*sum->reason) {
		g_free(sum->reason);
		sum->reason = g_strdup(from->reason);
	}
}

void exposure_add(Exposure *sum, const Exposure *from)
{
	if (!from)
		return;
	add_layer(sum, from);
	sum->paused |= from->paused;
	for (guint i = 0; i < from->windows->len; i++) {
		const ExposureWindow *f = g_ptr_array_index(from->windows, i);
		ExposureWindow *w = window_of(sum, f->kind);

		if (!w)
			continue;
		w->opened += f->opened;
		w->open_ns += f->open_ns;
		w->longest_ns = MAX(w->longest_ns, f->longest_ns);
		w->overlap += f->overlap;
		w->lost += f->lost;
	}
	for (guint i = 0; i < from->visits->len; i++) {
		const ExposureVisit *f = g_ptr_array_index(from->visits, i);
		ExposureVisit *v = visit_of(sum, f->walker, f->func, f->window);

		if (!v)
			continue;
		v->visits += f->visits;
		v->inside += f->inside;
		v->offline += f->offline;
		v->nearest_ns = nearer(v->nearest_ns, f->nearest_ns);
	}
}

static void set_number(JsonObject *o, const char *key, guint64 value)
{
	json_object_set_int_member(o, key, (gint64)MIN(value, (guint64)G_MAXINT64));
}

static JsonObject *window_to_json(const ExposureWindow *w)
{
	JsonObject *o = json_object_new();

	json_object_set_string_member(o, "window", w->kind);
	set_number(o, "opened", w->opened);
	set_number(o, "open_ns", w->open_ns);
	set_number(o, "longest_ns", w->longest_ns);
	set_number(o, "overlap", w->overlap);
	set_number(o, "lost", w->lost);
	return o;
}

static JsonObject *visit_to_json(const ExposureVisit *v)
{
	JsonObject *o = json_object_new();

	json_object_set_string_member(o, "walker", v->walker);
	json_object_set_string_member(o, "func", v->func);
	json_object_set_string_member(o, "window", v->window);
	set_number(o, "visits", v->visits);
	set_number(o, "inside", v->inside);
	set_number(o, "offline", v->offline);
	if (v->nearest_ns >= 0)
		json_object_set_int_member(o, "nearest_ns", v->nearest_ns);
	return o;
}

JsonObject *exposure_to_json(const Exposure *e)
{
	JsonObject *o;
	JsonArray *windows, *visits;

	if (!e || (!e->layer && e->windows->len == 0 && e->visits->len == 0))
		return NULL;
	o = json_object_new();
	windows = json_array_new();
	visits = json_array_new();
	if (e->layer)
		json_object_set_string_member(o, "layer", e->layer);
	if (*e->reason)
		rj_set_text(o, "reason", e->reason);
	json_object_set_boolean_member(o, "paused", e->paused);
	for (guint i = 0; i < e->windows->len; i++)
		json_array_add_object_element(windows,
					      window_to_json(g_ptr_array_index(e->windows, i)));
	for (guint i = 0; i < e->visits->len; i++)
		json_array_add_object_element(visits,
					      visit_to_json(g_ptr_array_index(e->visits, i)));
	json_object_set_array_member(o, "windows", windows);
	json_object_set_array_member(o, "visits", visits);
	return o;
}

Exposure *exposure_from_json(JsonObject *o)
{
	Exposure *e = exposure_new();
	JsonArray *windows = rj_array(o, "windows"), *visits = rj_array(o, "visits");

	take_layer(e, rj_text(o, "layer", NULL), rj_text(o, "reason", NULL), !rj_bool(o, "paused"));
	for (guint i = 0; i < rj_length(windows); i++)
		window_from_json(e, rj_element(windows, i), "window");
	for (guint i = 0; i < rj_length(visits); i++)
		visit_from_json(e, rj_element(visits, i));
	return e;
}

gboolean exposure_measured(const Exposure *e)
{
	return e && e->layer && !g_str_equal(e->layer, "off");
}

char *exposure_layer_text(const Exposure *e)
{
	if (!e || !e->layer)
		return g_strdup("not told by the agent");
	return g_strdup_printf("%s%s%s%s", e->layer, *e->reason ? ": " : "", e->reason,
			       e->paused ? " (probes were out for a time)" : "");
}

guint64 exposure_opened(const Exposure *e, const char *kind)
{
	guint64 most = 0;

	for (guint i = 0; e && i < e->windows->len; i++) {
		const ExposureWindow *w = g_ptr_array_index(e->windows, i);

		if (!kind || g_str_equal(w->kind, kind))
			most = MAX(most, w->opened);
	}
	return most;
}

/*
 * Lines are sorted by walker and function: sums over functions what the kind with most says.
 * @visits: of all calls, else of those inside.
 */
static guint64 sum_up(const Exposure *e, const char *walker, const char *kind, gboolean visits)
{
	const ExposureVisit *last = NULL;
	guint64 sum = 0, most = 0;

	for (guint i = 0; e && i < e->visits->len; i++) {
		const ExposureVisit *v = g_ptr_array_index(e->visits, i);

		if ((walker && !g_str_equal(v->walker, walker)) ||
		    (kind && !g_str_equal(v->window, kind)))
			continue;
		if (last &&
		    !(g_str_equal(last->walker, v->walker) && g_str_equal(last->func, v->func))) {
			sum += most;
			most = 0;
		}
		most = MAX(most, visits ? v->visits : v->inside);
		last = v;
	}
	return sum + most;
}

guint64 exposure_inside(const Exposure *e, const char *walker, const char *kind)
{
	return sum_up(e, walker, kind, FALSE);
}

guint64 exposure_visits(const Exposure *e, const char *walker)
{
	return sum_up(e, walker, NULL, TRUE);
}

gint64 exposure_nearest_ns(const Exposure *e, const char *walker, const char *kind)
{
	gint64 nearest_ns = -1;

	for (guint i = 0; e && i < e->visits->len; i++) {
		const ExposureVisit *v = g_ptr_array_index(e->visits, i);

		if (g_str_equal(v->walker, walker) && (!kind || g_str_equal(v->window, kind)))
			nearest_ns = nearer(nearest_ns, v->nearest_ns);
	}
	return nearest_ns;
}

static gint by_inside(gconstpointer a, gconstpointer b, gpointer user)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	guint64 in_x = exposure_inside(user, x, NULL), in_y = exposure_inside(user, y, NULL);

	return in_x != in_y ? (in_x < in_y) - (in_x > in_y) : strcmp(x, y);
}

GPtrArray *exposure_walkers(const Exposure *e)
{
	GPtrArray *names = g_ptr_array_new();
	const char *last = NULL;

	for (guint i = 0; e && i < e->visits->len; i++) {
		const ExposureVisit *v = g_ptr_array_index(e->visits, i);

		if (!last || !g_str_equal(last, v->walker))
			g_ptr_array_add(names, v->walker);
		last = v->walker;
	}
	g_ptr_array_sort_with_data(names, by_inside, (gpointer)e);
	return names;
}
