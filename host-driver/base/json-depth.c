/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See json-depth.h. */
#include "host-driver/base/json-depth.h"

#define DEPTH_MAX  64
#define VALUES_MAX 200000

gboolean json_depth_is_sane(const char *text)
{
	guint depth = 0, values = 0;
	gboolean in_string = FALSE;

	for (const char *p = text; *p; p++) {
		if (in_string && *p == '\\' && p[1])
			p++;
		else if (*p == '"')
			in_string = !in_string;
		else if (!in_string && (*p == '{' || *p == '['))
			depth++;
		else if (!in_string && (*p == '}' || *p == ']') && depth)
			depth--;
		else if (!in_string && (*p == '/' || *p == '#' || *p == '\''))
			return FALSE;
		values += !in_string && (*p == ',' || *p == '{' || *p == '[');
		if (depth > DEPTH_MAX || values > VALUES_MAX)
			return FALSE;
	}
	return TRUE;
}
