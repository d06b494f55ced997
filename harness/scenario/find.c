/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file a scenario's name means: see scenario.h. */
#include "harness/scenario/scenario.h"
#include "host-driver/base/error.h"

#include <string.h>

gboolean scenario_is_name(const char *name)
{
	return g_str_has_suffix(name, ".ini") && !g_str_equal(name, "known-issues.ini") &&
	       !g_str_equal(name, "nightly.ini");
}

char *scenario_find(const char *what, const char *configs_dir, GError **error)
{
	g_autofree char *file = NULL, *path = NULL;
	g_autoptr(GString) names = g_string_new(NULL);
	g_autoptr(GDir) dir = NULL;
	const char *entry;

	if (strchr(what, '/') || g_str_has_suffix(what, ".ini"))
		return g_strdup(what);
	file = g_strconcat(what, ".ini", NULL);
	path = g_build_filename(configs_dir, file, NULL);
	if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return g_steal_pointer(&path);
	dir = g_dir_open(configs_dir, 0, NULL);
	while (dir && (entry = g_dir_read_name(dir)))
		if (scenario_is_name(entry))
			g_string_append_printf(names, " %.*s", (int)strlen(entry) - 4, entry);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "no scenario '%s' in %s; there are%s (or give a path)", what, configs_dir,
		    names->len ? names->str : " none");
	return NULL;
}
