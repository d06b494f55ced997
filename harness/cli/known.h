/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files of known issues hold for a command. */
#ifndef PFNHUNT_CLI_KNOWN_H
#define PFNHUNT_CLI_KNOWN_H

#include "harness/incident/known.h"
#include "harness/scenario/scenario.h"

/* The option of every command that reads known issues. */
#define CMD_KNOWN_OPTION(variable)                                                                 \
	{                                                                                          \
		"known-issues", 0, 0, G_OPTION_ARG_FILENAME, variable,                             \
			"known issues of this file alone (default: the scenario's or the shipped " \
			"ones, then your own: pfnhunt known list)",                                \
			"FILE"                                                                     \
	}

/*
 * The known issues of @option (a path) alone; when NULL those of @scenario (nullable), else the
 * shipped ones, and behind them the user's own. Says once on stderr which are past their last day.
 * USAGE error when a file cannot be read. (transfer full)
 */
TriageKnown *cmd_known_load(const char *option, const Scenario *scenario, GError **error);

#endif
