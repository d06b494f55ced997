/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See exposure.h. */
#include "harness/verdict/exposure.h"
#include "host-driver/base/fields.h"
#include "host-driver/base/units.h"

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

/* What is no number, or too large to be added up, was never counted. */
static guint64 number(JsonObject *o, const char *key)
{
	return (guint64)rj_count(o, key, 0);
}

static const Field window_fields[] = {
	{"window", FIELD_TEXT, FIELD_AT(ExposureWindow, kind), .doc = "its kind"},
	{"opened", FIELD_COUNT, FIELD_AT(ExposureWindow, opened), .doc = "how often it opened"},
	{"open_ns", FIELD_COUNT, FIELD_AT(ExposureWindow, open_ns),
	 .doc = "how long it was open, in all"},
	{"longest_ns", FIELD_COUNT, FIELD_AT(ExposureWindow, longest_ns),
	 .doc = "the longest time that one was open"},
	{"overlap", FIELD_COUNT, FIELD_AT(ExposureWindow, overlap),
	 .doc = "opened while another of its kind was open"},
	{"lost", FIELD_COUNT, FIELD_AT(ExposureWindow, lost),
	 .doc = "not followed for want of room"},
	{NULL},
};
static const FieldTable window_table = {
	.name = "window",
	.help = "Totals of one kind of window.",
	.size = sizeof(ExposureWindow),
	.fields = window_fields,
};

static const Field visit_fields[] = {
	{"walker", FIELD_TEXT, FIELD_AT(ExposureVisit, walker), .doc = "the op"},
	{"func", FIELD_TEXT, FIELD_AT(ExposureVisit, func), .doc = "the kernel function counted"},
	{"window", FIELD_TEXT, FIELD_AT(ExposureVisit, window), .doc = "kind of window"},
	{"visits", FIELD_COUNT, FIELD_AT(ExposureVisit, visits), .doc = "calls of the function"},
	{"inside", FIELD_COUNT, FIELD_AT(ExposureVisit, inside),
	 .doc = "of them, in an open window of another task"},
	{"offline", FIELD_COUNT, FIELD_AT(ExposureVisit, offline),
	 .doc = "of those, met a fake-offline page"},
	{"nearest_ns", FIELD_COUNT, FIELD_AT(ExposureVisit, nearest_ns), FIELD_IF_KNOWN,
	 .doc = "nearest miss"},
	{NULL},
};
static const FieldTable visit_table = {
	.name = "visit",
	.help = "Totals of one function of a walker against one kind of window.",
	.size = sizeof(ExposureVisit),
	.fields = visit_fields,
};

static const Field exposure_fields[] = {
	{"layer", FIELD_TEXT, FIELD_AT(Exposure, layer), FIELD_IF_KNOWN,
	 .doc = "what counted: `bpf`, `kprobe`, `user` or `off`; in a sum the best one, alone"},
	{"reason", FIELD_TEXT, FIELD_AT(Exposure, reason), FIELD_IF_SET,
	 .doc = "why it is not a better one"},
	{"paused", FIELD_BOOL, FIELD_AT(Exposure, paused), .doc = "the probes were off for a time"},
	{"windows", FIELD_LIST, FIELD_AT(Exposure, windows), .of = &window_table, .doc = "by kind"},
	{"visits", FIELD_LIST, FIELD_AT(Exposure, visits), .of = &visit_table,
	 .doc = "by walker, function and window"},
	{NULL},
};

static gpointer read_exposure(JsonObject *o)
{
	return exposure_from_json(o);
}

static gboolean is_untold(gconstpointer exposure)
{
	const Exposure *e = exposure;

	return !e->layer && e->windows->len == 0 && e->visits->len == 0;
}

static void free_exposure(gpointer exposure)
{
	exposure_free(exposure);
}

const FieldTable exposure_table = {
	.name = "exposure",
	.help = "What the probes counted ([exposure.md](exposure.md)).",
	.size = sizeof(Exposure),
	.fields = exposure_fields,
	.read = read_exposure,
	.is_empty = is_untold,
	.free = free_exposure,
};

/* The fields that add up over the lines of a boot and over boots. */
static gboolean is_total(const Field *f)
{
	return f->type == FIELD_COUNT && f->when == FIELD_ALWAYS;
}

/* In a sum of boots the largest one stands, and not all together. */
static gboolean is_most(const FieldTable *table, const Field *f)
{
	return table == &window_table && f->offset == offsetof(ExposureWindow, longest_ns);
}

static guint64 *total_in(gconstpointer row, const Field *f)
{
	return (guint64 *)(gpointer)((const char *)row + f->offset);
}

/* Totals only grow; a line that says less is a torn one. */
static void take_totals(gpointer row, const FieldTable *table, JsonObject *o)
{
	for (const Field *f = table->fields; f->key; f++)
		if (is_total(f))
			*total_in(row, f) = MAX(*total_in(row, f), number(o, f->key));
}

static void add_totals(gpointer sum, gconstpointer row, const FieldTable *table)
{
	for (const Field *f = table->fields; f->key; f++) {
		guint64 have, more;

		if (!is_total(f))
			continue;
		have = *total_in(sum, f);
		more = *total_in(row, f);
		*total_in(sum, f) = is_most(table, f) ? MAX(have, more) : have + more;
	}
}

static void take_window(Exposure *e, const char *kind, JsonObject *o)
{
	ExposureWindow *w = kind ? window_of(e, kind) : NULL;

	if (w)
		take_totals(w, &window_table, o);
}

static void take_visit(Exposure *e, JsonObject *o)
{
	const char *walker = rj_text(o, "walker", NULL), *func = rj_text(o, "func", NULL);
	const char *window = rj_text(o, "window", NULL);
	ExposureVisit *v = walker && func && window ? visit_of(e, walker, func, window) : NULL;
	guint64 nearest_ns = number(o, "nearest_ns");

	if (!v)
		return;
	take_totals(v, &visit_table, o);
	v->nearest_ns = nearer(v->nearest_ns, nearest_ns ? (gint64)nearest_ns : -1);
}

void exposure_line(Exposure *e, JsonObject *line)
{
	const char *verb = rj_text(line, "agent", "");

	if (g_str_equal(verb, "probe"))
		take_layer(e, rj_text(line, "layer", NULL), rj_text(line, "reason", NULL),
			   rj_int(line, "on", 0) != 0);
	else if (g_str_equal(verb, "window"))
		take_window(e, rj_text(line, "name", NULL), line);
	else if (g_str_equal(verb, "visit"))
		take_visit(e, line);
}

/* The better layer first: kprobe and user count visits that were not inside as well. */
static guint layer_rank(const char *layer)
{
	static const char *const best_first[] = {"bpf", "kprobe", "user"};
	guint i = 0;

	while (i < G_N_ELEMENTS(best_first) && g_strcmp0(layer, best_first[i]))
		i++;
	return i;
}

static void set_layer(Exposure *sum, const Exposure *from)
{
	g_free(sum->layer);
	g_free(sum->reason);
	sum->layer = g_strdup(from->layer);
	sum->reason = g_strdup(from->reason);
}

/*
 * Counts of different layers are no counts of the same thing: the better one's stand, those of the
 * others are left out. FALSE: @from's are.
 */
static gboolean takes_layer(Exposure *sum, const Exposure *from)
{
	if (!from->layer || g_strcmp0(sum->layer, from->layer) == 0)
		return TRUE;
	if (sum->layer) {
		sum->left_out = TRUE;
		if (layer_rank(from->layer) >= layer_rank(sum->layer))
			return FALSE;
		g_ptr_array_set_size(sum->windows, 0);
		g_ptr_array_set_size(sum->visits, 0);
	}
	set_layer(sum, from);
	return TRUE;
}

void exposure_add(Exposure *sum, const Exposure *from)
{
	if (!from)
		return;
	sum->paused |= from->paused;
	sum->left_out |= from->left_out;
	if (!takes_layer(sum, from))
		return;
	for (guint i = 0; i < from->windows->len; i++) {
		const ExposureWindow *f = g_ptr_array_index(from->windows, i);
		ExposureWindow *w = window_of(sum, f->kind);

		if (w)
			add_totals(w, f, &window_table);
	}
	for (guint i = 0; i < from->visits->len; i++) {
		const ExposureVisit *f = g_ptr_array_index(from->visits, i);
		ExposureVisit *v = visit_of(sum, f->walker, f->func, f->window);

		if (!v)
			continue;
		add_totals(v, f, &visit_table);
		v->nearest_ns = nearer(v->nearest_ns, f->nearest_ns);
	}
}

Exposure *exposure_from_json(JsonObject *o)
{
	Exposure *e = exposure_new();
	JsonArray *windows = rj_array(o, "windows"), *visits = rj_array(o, "visits");

	take_layer(e, rj_text(o, "layer", NULL), rj_text(o, "reason", NULL), !rj_bool(o, "paused"));
	for (guint i = 0; i < rj_length(windows); i++)
		take_window(e, rj_text(rj_element(windows, i), "window", NULL),
			    rj_element(windows, i));
	for (guint i = 0; i < rj_length(visits); i++)
		take_visit(e, rj_element(visits, i));
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
	return g_strdup_printf("%s%s%s%s%s", e->layer, *e->reason ? ": " : "", e->reason,
			       e->paused ? " (probes were out for a time)" : "",
			       e->left_out ? " (boots that another layer counted are left out)"
					   : "");
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

/* Lines are sorted by walker and function: sums over functions what the kind with most says. */
guint64 exposure_inside(const Exposure *e, const char *walker, const char *kind)
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
		most = MAX(most, v->inside);
		last = v;
	}
	return sum + most;
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
