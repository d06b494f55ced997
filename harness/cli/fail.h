/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a command that could not do its work says so. */
#ifndef PFNHUNT_CLI_FAIL_H
#define PFNHUNT_CLI_FAIL_H

#include <glib.h>

/* Prints "pfnhunt: MESSAGE" to stderr and returns the exit code of its kind (2 or 3). */
int cmd_fail(const GError *error);
/* What @error says, in one line that a terminal shows as it is. (transfer full) */
char *cmd_said(const GError *error);

#endif
