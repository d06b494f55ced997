/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PFNHUNT_CMD_TRIAGE_H
#define PFNHUNT_CMD_TRIAGE_H

/*
 * `pfnhunt triage FILE...`; argv[0] is the verb. Prints, and returns the exit code: 0 nothing
 * or nothing new, 1 something unknown, 2 usage, 3 a file that cannot be read.
 */
int cmd_triage(int argc, char **argv);

#endif
