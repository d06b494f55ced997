/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See complain.h. GKeyFile knows no lines: they are looked for in the text. */
#include "harness/scenario/complain.h"
#include "host-driver/base/error.h"

#include <string.h>

/* Where @group (and @key in it, when not NULL) stands in the text; 0 when it does not. */
static guint find_line(const char *text, const char *group, const char *key)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *header = g_strdup_printf("[%s]", group);
	gboolean inside = FALSE;

	for (guint i = 0; lines[i]; i++) {
		char *line = g_strstrip(lines[i]);
		char *eq;

		if (line[0] == '[') {
			inside = g_str_equal(line, header);
			if (inside && !key)
				return i + 1;
			continue;
		}
		eq = strchr(line, '=');
		if (!inside || !eq || line[0] == '#')
			continue;
		*eq = '\0';
		if (key && g_str_equal(g_strchomp(line), key))
			return i + 1;
	}
	return 0;
}

gboolean scenario_complain(const ScenarioSource *src, const char *group, const char *key,
			   GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	guint line = find_line(src->text, group, key);
	va_list ap;

	if (line == 0)
		line = find_line(src->text, group, NULL);
	va_start(ap, format);
	what = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s:%u: [%s]%s%s: %s", src->path,
		    MAX(line, 1), group, key ? " " : "", key ? key : "", what);
	return FALSE;
}
