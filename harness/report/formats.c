/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See formats.h. */
#include "harness/report/formats.h"

const ReportFormat report_formats[] = {
#define X(name, suffixes, help) {#name, suffixes, help, report_##name},
	REPORT_FORMATS(X)
#undef X
		{NULL, NULL, NULL, NULL},
};

char *report_format_names(const char *separator)
{
	GString *names = g_string_new(NULL);

	for (const ReportFormat *f = report_formats; f->name; f++)
		g_string_append_printf(names, "%s%s", names->len ? separator : "", f->name);
	return g_string_free(names, FALSE);
}

static gboolean has_suffix(const ReportFormat *f, const char *path)
{
	g_auto(GStrv) suffixes = g_strsplit(f->suffixes, " ", -1);

	for (guint i = 0; path && suffixes[i]; i++)
		if (g_str_has_suffix(path, suffixes[i]))
			return TRUE;
	return FALSE;
}

const ReportFormat *report_format_find(const char *name, const char *path)
{
	for (const ReportFormat *f = report_formats; f->name; f++)
		if (name ? g_str_equal(name, f->name) : has_suffix(f, path))
			return f;
	return name || path ? NULL : &report_formats[0];
}
