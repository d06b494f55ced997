/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See wrapped.h. */
#include "harness/splat/wrapped.h"

#include <string.h>

/* Where mail clients break lines: at 72 to 80 columns, and some earlier. */
#define WIDTH_MIN 64
#define WIDTH_MAX 80

static gboolean ends_with(const SplatLine *line, const char *literal)
{
	gsize len = strlen(literal);

	return (gsize)(line->end - line->s) >= len && memcmp(line->end - len, literal, len) == 0;
}

gboolean splat_wrapped_names_next(const SplatLine *line)
{
	static const char *const ends[] = {" at:", "RIP:", "RIP: 0010:", "pc :", "Krnl PSW :"};

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
		if (ends_with(line, ends[i]))
			return TRUE;
	return FALSE;
}

gboolean splat_wrapped_rest(const SplatLine *line)
{
	return !line->stamped && !line->syslog && !line->user && line->end > line->s &&
	       *line->s != ' ';
}

gboolean splat_wrapped_here(const SplatLine *first, const SplatLine *rest)
{
	const char *blank = memchr(rest->s, ' ', (gsize)(rest->end - rest->s));
	gsize word = (gsize)((blank ? blank : rest->end) - rest->s);

	return first->width <= WIDTH_MAX && first->width + 1 + word > WIDTH_MIN;
}

gboolean splat_wrapped_join(const SplatLine *first, const SplatLine *rest, char *text, gsize max,
			    SplatLine *joined)
{
	gsize len = (gsize)(first->end - first->s), more = (gsize)(rest->end - rest->s);

	if (len + more + 2 > max)
		return FALSE;
	*joined = *first;
	memmove(text, first->s, len);
	if (len < 2 || text[len - 1] != '-' || !g_ascii_isalpha(text[len - 2]))
		text[len++] = ' ';
	memcpy(text + len, rest->s, more);
	text[len + more] = '\0';
	joined->s = text;
	joined->end = text + len + more;
	return TRUE;
}
