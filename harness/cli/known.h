/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which known-issues files apply to a command. */
#ifndef PFNHUNT_CLI_KNOWN_H
#define PFNHUNT_CLI_KNOWN_H

#include "harness/incident/known.h"
#include "harness/scenario/scenario.h"

/* The option of every command that reads known issues. clang-format 14 and 19 disagree on it. */
/* clang-format off */
#define CMD_KNOWN_OPTION(variable)                                                                 \
	{                                                                                          \
		"known-issues", 0, 0, G_OPTION_ARG_FILENAME, variable,                             \
			"use only this known-issues file (default: the scenario's or the shipped " \
			"one, then your own; see pfnhunt known list)",                             \
			"FILE"                                                                     \
	}
/* clang-format on */

/*
 * The known issues of @option (a path) only; if NULL those of @scenario (may be NULL), else the
 * shipped ones, and then the user's own. Reports expired ones once on stderr. USAGE error if a file
 * cannot be read. (transfer full)
 */
TriageKnown *cmd_known_load(const char *option, const Scenario *scenario, GError **error);

#endif
