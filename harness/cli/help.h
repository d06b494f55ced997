/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt help`: help on the program and its commands, as text, man page and bash completion. */
#ifndef PFNHUNT_CLI_HELP_H
#define PFNHUNT_CLI_HELP_H

#include "harness/cli/options.h"

#include <stdio.h>

/* What `pfnhunt --help` prints. @commands end with one without a name, here and below. */
void help_usage(FILE *out, const Command *commands);
/* `help [COMMAND]`, `help --man`, `help --completion`. Returns the exit code. */
int cmd_help(int argc, char **argv, const Command *commands);

/* man.c: the page pfnhunt.1, in mdoc(7). */
void help_man(FILE *out, const Command *commands);
/* completion.c: for bash. */
void help_completion(FILE *out, const Command *commands);

#endif
