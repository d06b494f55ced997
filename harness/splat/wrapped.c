/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See wrapped.h. */
#include "harness/splat/wrapped.h"

#include <string.h>

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

gboolean splat_wrapped_join(const SplatLine *first, const SplatLine *rest, char *text, gsize max,
			    SplatLine *joined)
{
	gsize len = (gsize)(first->end - first->s), more = (gsize)(rest->end - rest->s);

	if (len + more + 2 > max)
		return FALSE;
	*joined = *first;
	memmove(text, first->s, len);
	text[len] = ' ';
	memcpy(text + len + 1, rest->s, more);
	text[len + 1 + more] = '\0';
	joined->s = text;
	joined->end = text + len + 1 + more;
	return TRUE;
}
