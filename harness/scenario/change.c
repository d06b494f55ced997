/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See change.h. The changed file goes through the parser again, so that all its checks hold. */
#include "harness/scenario/change.h"
#include "host-driver/base/error.h"

#include <string.h>

/* The memory devices and others that a section's name ends with stand in the file, too. */
static gboolean apply(GKeyFile *ini, const char *change, GError **error)
{
	const char *dot = strchr(change, '.'), *equals = dot ? strchr(dot, '=') : NULL;
	gboolean more = equals && equals[-1] == '+';
	g_autofree char *section = NULL, *key = NULL, *old = NULL, *value = NULL;

	if (!equals || dot == change || equals - more == dot + 1) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "'%s': SECTION.KEY=VALUE, such as policy.duration=60s; `pfnhunt list "
			    "keys` shows them",
			    change);
		return FALSE;
	}
	section = g_strndup(change, (gsize)(dot - change));
	key = g_strndup(dot + 1, (gsize)(equals - more - dot - 1));
	old = more ? g_key_file_get_string(ini, section, key, NULL) : NULL;
	value = old && *old ? g_strdup_printf("%s %s", old, equals + 1) : g_strdup(equals + 1);
	g_key_file_set_string(ini, section, key, value);
	return TRUE;
}

Scenario *scenario_change(Scenario *scenario, const char *const *changes, GError **error)
{
	g_autoptr(Scenario) old = scenario;
	g_autoptr(GKeyFile) ini = g_key_file_new();
	g_autofree char *text = NULL, *all = NULL;
	Scenario *new;

	if (!old || !changes || !changes[0])
		return g_steal_pointer(&old);
	if (!g_key_file_load_from_data(ini, old->text, strlen(old->text), G_KEY_FILE_KEEP_COMMENTS,
				       error))
		return NULL;
	for (guint i = 0; changes[i]; i++)
		if (!apply(ini, changes[i], error))
			return NULL;
	text = g_key_file_to_data(ini, NULL, NULL);
	new = scenario_parse(old->path, text, error);
	if (!new) {
		all = g_strjoinv(", ", (char **)changes);
		g_prefix_error(error, "with %s: ", all);
		return NULL;
	}
	g_free(new->name);
	new->name = g_strdup(old->name);
	new->changes = g_strdupv((char **)changes);
	return new;
}
