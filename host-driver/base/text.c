/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See text.h. */
#include "host-driver/base/text.h"

#include <string.h>

gboolean text_is_shown(gunichar c)
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
		if (!valid || !text_is_shown(c)) {
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
	/* No longer than the text: g_strndup() takes the whole length, and tables have many cells. */
	return text_clean(g_strndup(text, strnlen(text, TEXT_MAX_BYTES)));
}

char *text_cut(const char *text, gsize max_bytes)
{
	gsize len = text ? strnlen(text, max_bytes + 1) : 0;

	if (len <= max_bytes)
		return g_strdup(text);
	/* A byte that goes on with a character does not begin what is left out. */
	for (len = max_bytes; len > 0 && ((guchar)text[len] & 0xc0) == 0x80;)
		len--;
	return g_strndup(text, len);
}

char *text_copy(const char *text)
{
	char *copy = text_cut(text, TEXT_RECORD_MAX_BYTES);

	return copy ? text_clean(copy) : NULL;
}
