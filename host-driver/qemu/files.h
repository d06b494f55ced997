/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a QEMU: it opens each of them by a descriptor that it inherits, so it needs no way
 * to where they lie, and finds no other file there.
 */
#ifndef PFNHUNT_VM_QEMU_FILES_H
#define PFNHUNT_VM_QEMU_FILES_H

#include "host-driver/qemu/argv.h"
#include "host-driver/qemu/user.h"

typedef struct {
	int fd[QEMU_FD_END]; /* from QEMU_FD_READS on, or -1 */
	char *reads_dir;     /* a folder of QEMU's own, for what it saves of the guest's memory */
} QemuFiles;

/*
 * Opens or makes what @config needs, for @user. FALSE + INFRA error; qemu_files_close() may follow
 * in any case.
 */
gboolean qemu_files_open(const VmConfig *config, const QemuUser *user, QemuFiles *files,
			 GError **error);
/* A new file of that name in the folder: ours to close, QEMU's to write. -1 + errno. */
int qemu_files_new(const QemuFiles *files, const QemuUser *user, const char *name);
/* With the folder, when it is empty. */
void qemu_files_close(QemuFiles *files);

#endif
