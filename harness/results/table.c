/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See table.h. */
#include "harness/results/table.h"
#include "host-driver/base/units.h"

#include <string.h>

/* A cell that is wider than this stands out of its column: the others are not padded to it. */
#define WIDTH_MAX 120

struct RTable {
	char **titles;
	guint columns;
	GPtrArray *cells;
};

RTable *rtable_new(const char *columns)
{
	RTable *t = g_new0(RTable, 1);

	t->titles = g_strsplit(columns, "|", -1);
	t->columns = g_strv_length(t->titles);
	t->cells = g_ptr_array_new_with_free_func(g_free);
	return t;
}

void rtable_free(RTable *t)
{
	if (!t)
		return;
	g_strfreev(t->titles);
	g_ptr_array_unref(t->cells);
	g_free(t);
}

void rtable_cell(RTable *t, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_ptr_array_add(t->cells, units_printable(text));
}

static gboolean is_right(const RTable *t, guint column)
{
	return t->titles[column][0] == '>';
}

static const char *title_of(const RTable *t, guint column)
{
	return t->titles[column] + is_right(t, column);
}

static void append_cell(const RTable *t, GString *line, guint column, const char *text, guint width)
{
	guint len = (guint)g_utf8_strlen(text, -1), pad = width - MIN(width, len);

	g_string_append(line, column ? "  " : "");
	if (is_right(t, column))
		g_string_append_printf(line, "%*s", (int)pad, "");
	g_string_append(line, text);
	if (!is_right(t, column) && column + 1 < t->columns)
		g_string_append_printf(line, "%*s", (int)pad, "");
}

static void end_line(GString *text)
{
	while (text->len && text->str[text->len - 1] == ' ')
		g_string_truncate(text, text->len - 1);
	g_string_append_c(text, '\n');
}

char *rtable_text(const RTable *t)
{
	g_autofree guint *widths = g_new0(guint, t->columns);
	GString *text = g_string_new(NULL);

	if (t->cells->len == 0)
		return g_string_free(text, FALSE);
	for (guint i = 0; i < t->columns; i++)
		widths[i] = (guint)g_utf8_strlen(title_of(t, i), -1);
	for (guint i = 0; i < t->cells->len; i++) {
		const char *cell = g_ptr_array_index(t->cells, i);

		guint len = (guint)g_utf8_strlen(cell, -1);

		widths[i % t->columns] = MAX(widths[i % t->columns], MIN(len, WIDTH_MAX));
	}
	for (guint i = 0; i < t->columns; i++)
		append_cell(t, text, i, title_of(t, i), widths[i]);
	for (guint i = 0; i < t->cells->len; i++) {
		if (i % t->columns == 0)
			end_line(text);
		append_cell(t, text, i % t->columns, g_ptr_array_index(t->cells, i),
			    widths[i % t->columns]);
	}
	end_line(text);
	return g_string_free(text, FALSE);
}

static void append_escaped(GString *text, const char *cell)
{
	for (; *cell; cell++)
		g_string_append_printf(text, "%s%c", strchr("|\\<>`*_[]", *cell) ? "\\" : "",
				       *cell);
}

char *rtable_markdown(const RTable *t)
{
	GString *text = g_string_new(NULL);

	if (t->cells->len == 0)
		return g_string_free(text, FALSE);
	for (guint i = 0; i < t->columns; i++)
		g_string_append_printf(text, "| %s ", title_of(t, i));
	g_string_append(text, "|\n");
	for (guint i = 0; i < t->columns; i++)
		g_string_append(text, is_right(t, i) ? "| ---: " : "| --- ");
	g_string_append(text, "|\n");
	for (guint i = 0; i < t->cells->len; i++) {
		g_string_append(text, "| ");
		append_escaped(text, g_ptr_array_index(t->cells, i));
		g_string_append(text, (i + 1) % t->columns ? " " : " |\n");
	}
	return g_string_free(text, FALSE);
}

char *results_duration(double s)
{
	if (s < 0)
		return g_strdup("?");
	if (s < 10)
		return g_strdup_printf("%.2f s", s);
	if (s < 120)
		return g_strdup_printf("%.0f s", s);
	if (s < 7200)
		return g_strdup_printf("%.0f min", s / 60);
	return g_strdup_printf("%d h %02d min", (int)(s / 3600), (int)(s / 60) % 60);
}

char *results_percent(double share)
{
	double percent = share * 100;

	return g_strdup_printf(percent > 0 && percent < 1 ? "%.2f %%" : "%.0f %%", percent);
}

char *results_count(guint64 n)
{
	if (n >= 1000000000)
		return g_strdup_printf("%.1f billion", (double)n / 1e9);
	if (n >= 1000000)
		return g_strdup_printf("%.1f million", (double)n / 1e6);
	if (n >= 1000)
		return g_strdup_printf("%u,%03u", (guint)(n / 1000), (guint)(n % 1000));
	return g_strdup_printf("%u", (guint)n);
}

char *results_number(guint64 n, const char *one)
{
	g_autofree char *count = results_count(n);

	return g_strdup_printf("%s %s%s", count, one, n == 1 ? "" : "s");
}

char *results_offlines(gint64 offlines, gint64 ok)
{
	g_autofree char *all = results_number((guint64)MAX(offlines, 0), "offline");
	g_autofree char *good = ok < 0 ? NULL : results_count((guint64)ok);

	return good ? g_strdup_printf("%s (%s succeeded)", all, good) : g_steal_pointer(&all);
}

char *results_nanoseconds(guint64 ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double value = (double)ns;
	guint unit = 0;

	for (; value >= 1000 && unit + 1 < G_N_ELEMENTS(units); unit++)
		value /= 1000;
	return g_strdup_printf(unit && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

char *results_moment(const char *iso)
{
	if (strlen(iso) < 16 || iso[10] != 'T')
		return g_strdup(iso);
	return g_strdup_printf("%.10s %.5s", iso, iso + 11);
}
