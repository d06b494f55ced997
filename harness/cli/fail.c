/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See fail.h. */
#include "harness/cli/fail.h"
#include "host-driver/base/error.h"
#include "host-driver/base/text.h"
#include "host-driver/base/units.h"

#include <string.h>

/* A name in somebody's file may be as long as the file. */
#define SHOWN_MAX_BYTES 4096

char *cmd_said(const GError *error)
{
	g_autofree char *line = units_printable(error->message);
	g_autofree char *shown = text_cut(line, SHOWN_MAX_BYTES);

	return g_strconcat(shown, strlen(shown) < strlen(line) ? " ..." : NULL, NULL);
}

int cmd_fail(const GError *error)
{
	g_autofree char *said = cmd_said(error);

	g_printerr("pfnhunt: %s\n", said);
	if (g_error_matches(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE) ||
	    error->domain == G_OPTION_ERROR)
		return 2;
	return 3;
}
