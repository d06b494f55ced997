/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of QEMU, made of a VmConfig and of nothing else. */
#ifndef PFNHUNT_VM_QEMU_ARGV_H
#define PFNHUNT_VM_QEMU_ARGV_H

#include "host-driver/vm/vm.h"

/*
 * Descriptors that QEMU inherits, always under these numbers: the line in a record is exact. Kernel
 * and initramfs stand there by name, and are opened by qemu_fd_path() when QEMU is another user's.
 */
enum {
	QEMU_FD_QMP = 3,
	QEMU_FD_CONSOLE,
	QEMU_FD_AGENT,
	QEMU_FD_READS, /* a folder, for pmemsave */
	QEMU_FD_KERNEL,
	QEMU_FD_INITRD,
	QEMU_FD_RAM, /* a file for each node */
	QEMU_FD_GDB = QEMU_FD_RAM + VM_NODES_MAX,
	QEMU_FD_END,
};

/* The name of an inherited descriptor, for QEMU alone. (transfer full) */
char *qemu_fd_path(guint fd);

/*
 * (transfer full), NULL-terminated, argv[0] an absolute path. Errors: INFRA when there is no
 * QEMU, USAGE when @config asks for what QEMU or the kernel would refuse or cut.
 */
char **vm_qemu_argv(const VmConfig *config, GError **error);

#endif
