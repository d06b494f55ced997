/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How every command reads its options. --help, the man page and bash completion come from the same
 * two tables, so they always agree.
 */
#ifndef PFNHUNT_CLI_OPTIONS_H
#define PFNHUNT_CLI_OPTIONS_H

#include <glib.h>

typedef struct {
	const char *name, *help;
	int (*run)(int argc, char **argv); /* argv[0] is the name; returns the exit code */
} Command;

typedef struct {
	const char *name;	 /* of the command */
	const char *args;	 /* "[SCENARIO]", or NULL */
	const char *summary;	 /* what it does, before the options */
	const char *description; /* what stands behind them, or NULL */
} CommandHelp;

/* For the description of a command whose exit codes are the usual ones. */
#define COMMAND_EXIT_CODES                                                                         \
	"Exit codes: 0 clean or known, 1 incident or hang, 2 usage, 3 our own failure or a lost "  \
	"guest,\n4 unexposed.\n"

/*
 * Reads the options of one command. FALSE with an error (usage), or without one while
 * command_describe() is running: the command must then do nothing.
 */
gboolean command_parse(const CommandHelp *help, const GOptionEntry *entries, int *argc,
		       char ***argv, GError **error);

/* Shows @command's tables to @show instead of running it. */
typedef void (*CommandShow)(const CommandHelp *help, const GOptionEntry *entries, gpointer user);
void command_describe(const Command *command, CommandShow show, gpointer user);

#endif
