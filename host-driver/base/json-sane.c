/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See json-sane.h. */
#include "host-driver/base/json-sane.h"

#define DEPTH_MAX  64
#define VALUES_MAX 200000

gboolean json_is_sane(const char *text)
{
	guint depth = 0, values = 0;
	gboolean in_string = FALSE, began = FALSE;

	for (const char *p = text; *p; p++) {
		/* Around the one object or array there is nothing but white space. */
		if (!depth && !g_ascii_isspace(*p)) {
			if (began || (*p != '{' && *p != '['))
				return FALSE;
			began = TRUE;
		}
		if (in_string && *p == '\\' && p[1])
			p++;
		else if (*p == '"')
			in_string = !in_string;
		else if (!in_string && (*p == '{' || *p == '['))
			depth++;
		else if (!in_string && (*p == '}' || *p == ']'))
			depth--;
		else if (!in_string && (*p == '/' || *p == '#' || *p == '\''))
			return FALSE;
		values += !in_string && (*p == ',' || *p == '{' || *p == '[');
		if (depth > DEPTH_MAX || values > VALUES_MAX)
			return FALSE;
	}
	return began;
}
