/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See exposure-rows.h. */
#include "harness/results/exposure-rows.h"
#include "guest-agent/contract/op.h"
#include "harness/results/bounds.h"

#include <string.h>

#define ROWS_MAX 4096

typedef struct {
	GPtrArray *all;	   /* of ExposureRow */
	GHashTable *index; /* kernel, walker, window and layer -> ExposureRow, borrowed */
} Rows;

static void row_free(gpointer data)
{
	ExposureRow *r = data;

	g_free(r->kernel);
	g_free(r->walker);
	g_free(r->layer);
	g_free(r);
}

static const ExposureKind *kind_of(const char *window)
{
	for (const ExposureKind *k = exposure_kinds; k->kind; k++)
		if (g_strcmp0(k->kind, window) == 0)
			return k;
	return NULL;
}

/* Whoever wrote the folder may have invented names for ever: what is too much goes into one row. */
static ExposureRow *row_of(Rows *rows, const char *kernel, const char *walker,
			   const ExposureKind *kind, const RBoot *b)
{
	const char *window = kind ? kind->kind : NULL, *layer = kind ? b->exposure->layer : NULL;
	g_autofree char *key = g_strdup_printf("%s\n%s\n%s\n%s", kernel, walker,
					       window ? window : "", layer ? layer : "");
	ExposureRow *r = g_hash_table_lookup(rows->index, key);

	if (r)
		return r;
	if (rows->all->len > ROWS_MAX)
		return g_ptr_array_index(rows->all, ROWS_MAX);
	r = g_new0(ExposureRow, 1);
	r->nearest_ns = -1;
	if (rows->all->len < ROWS_MAX) {
		r->kernel = g_strdup(kernel);
		r->walker = g_strdup(walker);
		r->window = window;
		r->family = kind ? kind->family : NULL;
		r->layer = g_strdup(layer);
		g_hash_table_insert(rows->index, g_steal_pointer(&key), r);
	} else {
		r->kernel = g_strdup("(others)");
		r->walker = g_strdup("(others)");
	}
	g_ptr_array_add(rows->all, r);
	return r;
}

static void ran_in(ExposureRow *r, const RBoot *b)
{
	if (r->last == b)
		return;
	r->last = b;
	r->ran++;
	r->opened += r->window ? exposure_opened(b->exposure, r->window) : 0;
}

static void exposed_in(ExposureRow *r, const RBoot *b)
{
	ran_in(r, b);
	if (r->in != b)
		r->boots++;
	r->in = b;
}

static void add_visits(Rows *rows, const char *kernel, const RBoot *b)
{
	for (guint i = 0; i < b->exposure->visits->len; i++) {
		const ExposureVisit *v = g_ptr_array_index(b->exposure->visits, i);
		const ExposureKind *kind = kind_of(v->window);
		ExposureRow *r;

		if (!kind || v->visits == 0)
			continue;
		r = row_of(rows, kernel, v->walker, kind, b);
		ran_in(r, b);
		if (v->inside)
			exposed_in(r, b);
		r->visits += v->visits;
		r->inside += v->inside;
		r->offline += v->offline;
		if (v->nearest_ns >= 0 && (r->nearest_ns < 0 || v->nearest_ns < r->nearest_ns))
			r->nearest_ns = v->nearest_ns;
	}
}

/* @kind NULL: any. */
static gboolean measured_in(const RBoot *b, const char *walker, const ExposureKind *kind)
{
	for (guint i = 0; i < b->exposure->visits->len; i++) {
		const ExposureVisit *v = g_ptr_array_index(b->exposure->visits, i);

		if (v->visits && g_str_equal(v->walker, walker) &&
		    (kind ? g_str_equal(v->window, kind->kind) : kind_of(v->window) != NULL))
			return TRUE;
	}
	return FALSE;
}

/* What ran, measured or not: the row without a window. */
static void add_ops(Rows *rows, const char *kernel, const RBoot *b)
{
	for (guint i = 0; i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);
		g_autofree char *name = g_strndup(op->label, strcspn(op->label, "#"));
		const struct op *info = op_find(name);

		ExposureRow *r;

		if (!info || info->kind != OP_WALKER || !g_str_equal(op->state, "ready"))
			continue;
		r = row_of(rows, kernel, name, NULL, b);
		if (r->last != b)
			r->measured += measured_in(b, name, NULL);
		exposed_in(r, b);
	}
}

static void add_hit(ExposureRow *r, const RBoot *b, const RIncident *incident)
{
	exposed_in(r, b);
	if (r->hit != b)
		r->hit_boots++;
	r->hit = b;
	r->hits += incident->hits;
	r->guessed |= incident->walker_guessed;
}

/* A hit stands in the window of its family, and in the one around that: dec lies in offline. */
static void add_hit_of(Rows *rows, const char *kernel, const RBoot *b, const RIncident *incident,
		       const char *walker)
{
	gboolean placed = FALSE;

	for (const ExposureKind *k = exposure_kinds; k->kind; k++) {
		if (!g_str_equal(k->family, incident->family) || !measured_in(b, walker, k))
			continue;
		add_hit(row_of(rows, kernel, walker, k, b), b, incident);
		placed = TRUE;
		if (!g_str_equal(k->kind, "offline"))
			break;
	}
	if (!placed)
		add_hit(row_of(rows, kernel, walker, NULL, b), b, incident);
}

static void add_hits(Rows *rows, const char *kernel, const RBoot *b)
{
	for (guint i = 0; i < b->incidents->len; i++) {
		const RIncident *incident = g_ptr_array_index(b->incidents, i);
		g_auto(GStrv) walkers =
			g_strsplit(incident->walker ? incident->walker : "", " or ", -1);

		for (guint k = 0; incident->evidence && walkers[k]; k++)
			if (*walkers[k])
				add_hit_of(rows, kernel, b, incident, walkers[k]);
	}
}

static gint by_place(gconstpointer a, gconstpointer b)
{
	const ExposureRow *x = *(ExposureRow *const *)a, *y = *(ExposureRow *const *)b;
	int order = strverscmp(x->kernel, y->kernel);

	if (order == 0)
		order = strcmp(x->walker, y->walker);
	for (const ExposureKind *k = exposure_kinds; order == 0 && k->kind; k++)
		order = (y->window == k->kind) - (x->window == k->kind);
	return order ? order : g_strcmp0(x->layer, y->layer);
}

/* The row without a window says nothing that those with one do not say better. */
static gboolean is_idle(const ExposureRow *r)
{
	return !r->window && r->hits == 0 && r->measured >= r->ran;
}

GPtrArray *exposure_rows(const RHunt *const *hunts, const RBoot *only)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);
	g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Rows all = {rows, index};

	for (; *hunts; hunts++)
		for (guint i = 0; i < (*hunts)->boots->len; i++) {
			const RBoot *b = g_ptr_array_index((*hunts)->boots, i);

			if (only ? b != only : !results_boot_exposed(b))
				continue;
			add_visits(&all, (*hunts)->kernel, b);
			add_ops(&all, (*hunts)->kernel, b);
			add_hits(&all, (*hunts)->kernel, b);
		}
	g_ptr_array_sort(rows, by_place);
	for (guint i = rows->len; i-- > 0;)
		if (is_idle(g_ptr_array_index(rows, i)))
			g_ptr_array_remove_index(rows, i);
	return rows;
}

gboolean exposure_row_chance(const ExposureRow *r, StatsInterval *chance)
{
	if (r->boots == 0)
		return FALSE;
	*chance = stats_proportion(r->hit_boots, r->boots, STATS_CONFIDENCE);
	return TRUE;
}

char *exposure_row_chance_text(const ExposureRow *r)
{
	StatsInterval chance;
	g_autofree char *bounds = NULL;

	if (!exposure_row_chance(r, &chance))
		return g_strdup("not exposed");
	bounds = bounds_percent(chance);
	return g_strconcat(bounds, r->hit_boots || r->window ? "" : ", if it was exposed", NULL);
}

static void count_cell(RTable *table, guint64 value, gboolean known)
{
	g_autofree char *text = known ? results_count(value) : g_strdup("-");

	rtable_cell(table, "%s", text);
}

RTable *exposure_rows_table(const GPtrArray *rows, gboolean kernels)
{
	RTable *table = rtable_new(kernels ? "kernel|walker|window|layer|>boots|>windows|>visits|>"
					     "inside|>fake-offline|"
					     ">nearest miss|>hits|chance per boot (bounds at 95 %)"
					   : "walker|window|layer|>boots|>windows|>visits|>inside|>"
					     "fake-offline|>nearest "
					     "miss|>hits|chance per boot (bounds at 95 %)");

	for (guint i = 0; i < rows->len; i++) {
		const ExposureRow *r = g_ptr_array_index(rows, i);
		g_autofree char *chance = exposure_row_chance_text(r);
		g_autofree char *nearest = r->nearest_ns < 0
						   ? g_strdup("-")
						   : results_nanoseconds((guint64)r->nearest_ns);

		if (kernels)
			rtable_cell(table, "%s", r->kernel);
		rtable_cell(table, "%s", r->walker);
		rtable_cell(table, "%s", r->window ? r->window : "-");
		rtable_cell(table, "%s", r->layer ? r->layer : "-");
		rtable_cell(table, "%u/%u", r->boots, r->ran);
		count_cell(table, r->opened, r->window != NULL);
		count_cell(table, r->visits, r->window != NULL);
		count_cell(table, r->inside, r->window != NULL);
		count_cell(table, r->offline, r->window != NULL);
		rtable_cell(table, "%s", nearest);
		rtable_cell(table, "%" G_GINT64_FORMAT "%s", r->hits, r->guessed ? "?" : "");
		rtable_cell(table, "%s", chance);
	}
	return table;
}
