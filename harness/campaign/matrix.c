/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See matrix.h. */
#include "harness/campaign/matrix.h"
#include "harness/results/bounds.h"
#include "harness/results/table.h"
#include "harness/verdict/stats.h"

#include <string.h>

/* A boot that counts: what fired in it first, and how long that took. */
typedef struct {
	char *family; /* or NULL */
	StatsTime time;
} MatrixBoot;

typedef struct {
	guint boots;   /* that were run */
	guint exposed; /* of them: those that mean something */
	guint verdicts[VERDICT_COUNT];
	guint64 offlines;
	double run_s;
	Exposure *exposure;
	GHashTable *fired; /* family -> boots in which it fired */
	GArray *times;	   /* of MatrixBoot: the exposed ones */
	char *why;	   /* it could not be run, or NULL */
} Cell;

struct Matrix {
	char **kernels, **scenarios;
	guint columns, rows;
	Cell *cells;
};

static void boot_clear(gpointer trial)
{
	g_free(((MatrixBoot *)trial)->family);
}

Matrix *matrix_new(const char *const *kernels, const char *const *scenarios)
{
	Matrix *m = g_new0(Matrix, 1);

	m->kernels = g_strdupv((char **)kernels);
	m->scenarios = g_strdupv((char **)scenarios);
	m->columns = g_strv_length(m->kernels);
	m->rows = g_strv_length(m->scenarios);
	m->cells = g_new0(Cell, m->columns * m->rows + 1);
	for (guint i = 0; i < m->columns * m->rows; i++) {
		Cell *cell = &m->cells[i];

		cell->fired = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		cell->exposure = exposure_new();
		cell->times = g_array_new(FALSE, FALSE, sizeof(MatrixBoot));
		g_array_set_clear_func(cell->times, boot_clear);
	}
	return m;
}

void matrix_free(Matrix *m)
{
	if (!m)
		return;
	for (guint i = 0; i < m->columns * m->rows; i++) {
		g_hash_table_unref(m->cells[i].fired);
		g_array_unref(m->cells[i].times);
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

static guint fired_in(const Cell *cell, const char *family)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(cell->fired, family));
}

static void add_fired(Cell *cell, const char *family)
{
	g_hash_table_replace(cell->fired, g_strdup(family),
			     GUINT_TO_POINTER(fired_in(cell, family) + 1));
}

void matrix_add(Matrix *m, guint kernel, guint scenario, const BootResult *r)
{
	Cell *cell = cell_of(m, kernel, scenario);
	Verdict weighed = hunt_weigh(r);
	const char *hang = verdict_name(VERDICT_HANG);
	MatrixBoot trial;

	cell->boots++;
	cell->verdicts[weighed]++;
	cell->offlines += r->offlines;
	cell->run_s += r->run_s;
	exposure_add(cell->exposure, r->exposure);
	if (!verdict_is_exposed(weighed))
		return;
	cell->exposed++;
	for (guint i = 0; i < r->families->len; i++)
		add_fired(cell, g_ptr_array_index(r->families, i));
	/* One that has a signature is among the families already. */
	if (weighed == VERDICT_HANG &&
	    !g_ptr_array_find_with_equal_func(r->families, hang, g_str_equal, NULL))
		add_fired(cell, hang);
	trial.family = g_strdup(r->hit.any ? r->hit.family : weighed == VERDICT_HANG ? hang : NULL);
	trial.time = stats_time(verdict_is_hit(weighed), r->hit.after_go_s, r->hit.after_hello_s,
				r->run_s);
	g_array_append_val(cell->times, trial);
}

void matrix_fail(Matrix *m, guint kernel, guint scenario, const char *why)
{
	Cell *cell = cell_of(m, kernel, scenario);

	g_free(cell->why);
	cell->why = g_strdup(why);
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Of the curve, with the boots in which something else fired first censored there: those that took
 * longest are the ones that were never seen to fire. Below 0 when fewer than half did.
 */
static double median(const Cell *cell, const char *family)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(StatsTime));
	g_autoptr(GArray) steps = NULL;

	for (guint i = 0; i < cell->times->len; i++) {
		const MatrixBoot *trial = &g_array_index(cell->times, MatrixBoot, i);
		StatsTime time = trial->time;

		time.hit = g_strcmp0(trial->family, family) == 0;
		g_array_append_val(times, time);
	}
	steps = stats_survival((StatsTime *)(void *)times->data, times->len);
	return stats_median(steps);
}

/* Clean is no more than its exposure. */
static char *clean_text(const Cell *cell)
{
	g_autofree char *inside = results_count(exposure_inside(cell->exposure, NULL, NULL));
	g_autofree char *visits = exposure_measured(cell->exposure)
					  ? g_strdup_printf("%s visits inside, ", inside)
					  : g_strdup("");
	g_autofree char *bounds =
		bounds_percent(stats_proportion(0, cell->exposed, STATS_CONFIDENCE));

	return g_strdup_printf("0/%u clean (%s), %" G_GUINT64_FORMAT " offlines, %s%.0f s",
			       cell->exposed, bounds, cell->offlines, visits, cell->run_s);
}

/* All that is neither clean nor a hit is told as it is: it must not look clean. */
static char *others_text(const Cell *cell)
{
	GString *text = g_string_new(NULL);

	for (guint v = 0; v < VERDICT_COUNT; v++)
		if (cell->verdicts[v] && v != VERDICT_CLEAN && !verdict_is_hit(v))
			g_string_append_printf(text, ", %u %s", cell->verdicts[v], verdict_name(v));
	return g_string_free(text, FALSE);
}

/* What a cell says on the row of @family; NULL: the row of a scenario in which nothing fired. */
static char *cell_text(const Cell *cell, const char *family)
{
	guint fired = family ? fired_in(cell, family) : 0;
	g_autofree char *others = others_text(cell), *soon = NULL;
	double median_s;

	if (cell->boots == 0)
		return g_strdup(cell->why ? "failed" : "-");
	if (fired == 0 && cell->exposed && !*others && g_hash_table_size(cell->fired) == 0)
		return clean_text(cell);
	median_s = fired ? median(cell, family) : -1;
	soon = median_s < 0 ? g_strdup("") : results_duration(median_s);
	return g_strdup_printf("%u/%u%s%s%s", fired, cell->exposed, *soon ? " " : "", soon, others);
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
