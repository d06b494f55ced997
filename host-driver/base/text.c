/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See text.h. */
#include "host-driver/base/text.h"

#include <string.h>

static gboolean is_shown(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_UNASSIGNED:
		return FALSE;
	default:
		return TRUE;
	}
}

char *text_clean(char *text)
{
	char *out = text;
	const char *next;

	for (const char *p = text; *p; p = next) {
		gunichar c = g_utf8_get_char_validated(p, -1);
		gboolean valid = c != (gunichar)-1 && c != (gunichar)-2;

		next = valid ? g_utf8_next_char(p) : p + 1;
		if (!valid || !is_shown(c)) {
			*out++ = '?';
			continue;
		}
		memmove(out, p, (gsize)(next - p));
		out += next - p;
	}
	*out = '\0';
	return text;
}

char *text_clean_copy(const char *text)
{
	return text_clean(g_strndup(text, TEXT_MAX_BYTES));
}
