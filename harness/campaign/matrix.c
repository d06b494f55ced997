/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See matrix.h. */
#include "harness/campaign/matrix.h"
#include "harness/results/table.h"
#include "harness/verdict/stats.h"

#include <string.h>

/* One family in one cell. */
typedef struct {
	guint boots;	 /* in which it fired */
	GArray *first_s; /* of double: when it was the boot's first hit */
} Fired;

typedef struct {
	guint boots;
	guint verdicts[VERDICT_COUNT];
	guint64 offlines;
	double run_s;
	Exposure *exposure;
	GHashTable *fired; /* family -> Fired */
	char *why;	   /* it could not be run, or NULL */
} Cell;

struct Matrix {
	char **kernels, **scenarios;
	guint columns, rows;
	Cell *cells;
};

static void fired_free(gpointer data)
{
	Fired *fired = data;

	g_array_unref(fired->first_s);
	g_free(fired);
}

Matrix *matrix_new(const char *const *kernels, const char *const *scenarios)
{
	Matrix *m = g_new0(Matrix, 1);

	m->kernels = g_strdupv((char **)kernels);
	m->scenarios = g_strdupv((char **)scenarios);
	m->columns = g_strv_length(m->kernels);
	m->rows = g_strv_length(m->scenarios);
	m->cells = g_new0(Cell, m->columns * m->rows + 1);
	for (guint i = 0; i < m->columns * m->rows; i++)
		m->cells[i].fired =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, fired_free);
	for (guint i = 0; i < m->columns * m->rows; i++)
		m->cells[i].exposure = exposure_new();
	return m;
}

void matrix_free(Matrix *m)
{
	if (!m)
		return;
	for (guint i = 0; i < m->columns * m->rows; i++) {
		g_hash_table_unref(m->cells[i].fired);
		exposure_free(m->cells[i].exposure);
		g_free(m->cells[i].why);
	}
	g_free(m->cells);
	g_strfreev(m->kernels);
	g_strfreev(m->scenarios);
	g_free(m);
}

static Cell *cell_of(const Matrix *m, guint kernel, guint scenario)
{
	g_assert(kernel < m->columns && scenario < m->rows);
	return &m->cells[scenario * m->columns + kernel];
}

static Fired *fired_of(Cell *cell, const char *family)
{
	Fired *fired = g_hash_table_lookup(cell->fired, family);

	if (!fired) {
		fired = g_new0(Fired, 1);
		fired->first_s = g_array_new(FALSE, FALSE, sizeof(double));
		g_hash_table_insert(cell->fired, g_strdup(family), fired);
	}
	return fired;
}

void matrix_add(Matrix *m, guint kernel, guint scenario, const BootResult *r)
{
	Cell *cell = cell_of(m, kernel, scenario);
	Verdict weighed = hunt_weigh(r);

	cell->boots++;
	cell->verdicts[weighed]++;
	cell->offlines += r->offlines;
	cell->run_s += r->run_s;
	exposure_add(cell->exposure, r->exposure);
	for (guint i = 0; i < r->families->len; i++) {
		const char *family = g_ptr_array_index(r->families, i);
		Fired *fired = fired_of(cell, family);

		fired->boots++;
		if (r->hit.any && r->hit.after_go_s >= 0 && g_str_equal(family, r->hit.family))
			g_array_append_val(fired->first_s, r->hit.after_go_s);
	}
	/* One that has a signature is among the families already. */
	if (weighed == VERDICT_HANG &&
	    !g_ptr_array_find_with_equal_func(r->families, verdict_name(VERDICT_HANG), g_str_equal,
					      NULL))
		fired_of(cell, verdict_name(VERDICT_HANG))->boots++;
}

void matrix_fail(Matrix *m, guint kernel, guint scenario, const char *why)
{
	Cell *cell = cell_of(m, kernel, scenario);

	g_free(cell->why);
	cell->why = g_strdup(why);
}

static int by_value(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static double median(GArray *values)
{
	guint n = values->len;

	g_array_sort(values, by_value);
	if (n % 2)
		return g_array_index(values, double, n / 2);
	return (g_array_index(values, double, n / 2 - 1) + g_array_index(values, double, n / 2)) /
	       2;
}

/* Clean is no more than its exposure. */
static char *clean_text(const Cell *cell)
{
	g_autofree char *inside = results_count(exposure_inside(cell->exposure, NULL, NULL));
	g_autofree char *visits = exposure_measured(cell->exposure)
					  ? g_strdup_printf("%s visits inside, ", inside)
					  : g_strdup("");

	return g_strdup_printf("0/%u clean (< %.2g %%), %" G_GUINT64_FORMAT " offlines, %s%.0f s",
			       cell->boots,
			       stats_proportion(0, cell->boots, STATS_CONFIDENCE).high * 100,
			       cell->offlines, visits, cell->run_s);
}

/* What a cell says on the row of @family; NULL: the row of a scenario in which nothing fired. */
static char *cell_text(const Cell *cell, const char *family)
{
	const Fired *fired = family ? g_hash_table_lookup(cell->fired, family) : NULL;

	if (cell->boots == 0)
		return g_strdup(cell->why ? "failed" : "-");
	if (fired && fired->first_s->len)
		return g_strdup_printf("%u/%u %.2f s", fired->boots, cell->boots,
				       median(fired->first_s));
	if (fired)
		return g_strdup_printf("%u/%u", fired->boots, cell->boots);
	/* Every verdict but these is told as it is: it must not look clean. */
	for (guint v = 0; v < VERDICT_COUNT; v++)
		if (cell->verdicts[v] && v != VERDICT_CLEAN && !verdict_is_hit(v))
			return g_strdup_printf("0/%u, %u %s", cell->boots, cell->verdicts[v],
					       verdict_name(v));
	if (g_hash_table_size(cell->fired)) /* another family's row says what did fire */
		return g_strdup_printf("0/%u", cell->boots);
	return clean_text(cell);
}

/* The families that fired in this scenario on any kernel, by name. */
static GPtrArray *families_of(const Matrix *m, guint scenario)
{
	GPtrArray *all = g_ptr_array_new();

	for (guint k = 0; k < m->columns; k++) {
		GHashTableIter iter;
		gpointer family;

		g_hash_table_iter_init(&iter, cell_of(m, k, scenario)->fired);
		while (g_hash_table_iter_next(&iter, &family, NULL))
			if (!g_ptr_array_find_with_equal_func(all, family, g_str_equal, NULL))
				g_ptr_array_add(all, family);
	}
	g_ptr_array_sort(all, by_name);
	return all;
}

static RTable *make_table(const Matrix *m)
{
	g_autofree char *kernels = g_strjoinv("|", m->kernels);
	g_autofree char *columns = g_strconcat("scenario|family|", kernels, NULL);
	RTable *table = rtable_new(columns);

	for (guint s = 0; s < m->rows; s++) {
		g_autoptr(GPtrArray) families = families_of(m, s);

		if (families->len == 0)
			g_ptr_array_add(families, NULL);
		for (guint f = 0; f < families->len; f++) {
			const char *family = g_ptr_array_index(families, f);

			rtable_cell(table, "%s", f ? "" : m->scenarios[s]);
			rtable_cell(table, "%s", family ? family : "none");
			for (guint k = 0; k < m->columns; k++) {
				g_autofree char *text = cell_text(cell_of(m, k, s), family);

				rtable_cell(table, "%s", text);
			}
		}
	}
	return table;
}

static void append_failures(const Matrix *m, GString *text, gboolean markdown)
{
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < m->columns * m->rows; i++) {
		const Cell *cell = &m->cells[i];

		if (cell->why && g_hash_table_add(told, cell->why))
			g_string_append_printf(text, "%sfailed: %s\n", markdown ? "\n" : "",
					       cell->why);
	}
}

char *matrix_text(const Matrix *m, gboolean markdown)
{
	g_autoptr(RTable) table = make_table(m);
	g_autofree char *rows = markdown ? rtable_markdown(table) : rtable_text(table);
	GString *text = g_string_new(rows);

	append_failures(m, text, markdown);
	return g_string_free(text, FALSE);
}
