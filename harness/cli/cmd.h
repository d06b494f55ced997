/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the program. argv[0] is the command's name; each returns the exit code. */
#ifndef PFNHUNT_CMD_H
#define PFNHUNT_CMD_H

#include <glib.h>

int cmd_backend(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_known(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_kernel(int argc, char **argv);
int cmd_matrix(int argc, char **argv);
int cmd_nightly(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_results(int argc, char **argv);

#endif
