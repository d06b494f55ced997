/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See fail.h. */
#include "harness/cli/fail.h"
#include "host-driver/base/error.h"
#include "host-driver/base/units.h"

int cmd_fail(const GError *error)
{
	g_autofree char *line = units_printable(error->message);

	g_printerr("pfnhunt: %s\n", line);
	if (g_error_matches(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE) ||
	    error->domain == G_OPTION_ERROR)
		return 2;
	return 3;
}
