/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts QEMU as a child that cannot outlive us, with its channels as inherited descriptors. */
#ifndef PFNHUNT_VM_QEMU_SPAWN_H
#define PFNHUNT_VM_QEMU_SPAWN_H

#include "host-driver/qemu/files.h"

typedef struct {
	pid_t pid;
	int pidfd;
	int qmp, console, agent, gdb; /* our ends of socketpairs; gdb: -1 without a stub */
	int output;		      /* what it prints: the reading end of a pipe */
} QemuChild;

/*
 * Runs @argv (of vm_qemu_argv()) as @user with @files, and with a gdb stub if @gdb. The child has its own session, so a Ctrl-C of the terminal
 * does not reach it, and gets SIGKILL when the calling *thread* ends. All descriptors are the
 * caller's to close, the process the caller's to reap. Errors: INFRA. A failing exec shows as
 * exit status 127 with the reason in @output.
 */
gboolean qemu_spawn(char **argv, const QemuFiles *files, const QemuUser *user, gboolean gdb,
		    QemuChild *child, GError **error);

#endif
