/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stable name of a splat: kind, source file and the reason of the page dump where there is
 * one, kind, file and function where there is none. Addresses, offsets and line numbers are not
 * in it. docs/incidents.md says why each part is.
 */
#include "harness/splat-open.h"

/* "fake-offline page referenced" to "fake-offline-page-referenced". */
static void append_slug(GString *name, const char *text)
{
	gboolean dash = FALSE;

	for (; *text; text++) {
		if (g_ascii_isalnum(*text) || strchr("_./", *text)) {
			g_string_append_c(name, *text);
			dash = FALSE;
		} else if (!dash) {
			g_string_append_c(name, '-');
			dash = TRUE;
		}
	}
	while (name->len && name->str[name->len - 1] == '-')
		g_string_truncate(name, name->len - 1);
}

char *splat_signature(const SplatOpen *open)
{
	const Splat *splat = open->splat;
	GString *name = g_string_new(splat->kind);

	if (splat->file)
		g_string_append_printf(name, ":%s", splat->file);
	if (splat->page.reason && splat->file) {
		g_string_append_c(name, ':');
		append_slug(name, splat->page.reason);
		return g_string_free(name, FALSE);
	}
	if (splat->function)
		g_string_append_printf(name, ":%s", splat->function);
	else if (open->rule->pick == PICK_NONE) {
		g_string_append_c(name, ':');
		append_slug(name, splat->title);
	}
	if (open->condition) {
		g_string_append_c(name, ':');
		append_slug(name, open->condition);
	}
	return g_string_free(name, FALSE);
}
