/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of backends, and what is asked of one before there is a machine. */
#ifndef PFNHUNT_BACKEND_H
#define PFNHUNT_BACKEND_H

#include "host-driver/vm/vm.h"

/* Where boots run: what `--backend NAME` or `--backend NAME:URI` says. */
typedef struct {
	char *text; /* as given */
	const VmOps *ops;
	char *uri; /* NULL when the backend takes none */
} VmBackend;

/* Those that run real guests, as they are given: "qemu, libvirt:URI". (transfer full) */
char *vm_backend_list(void);
/* USAGE error that lists what there is. (transfer full) */
VmBackend *vm_backend_parse(const char *text, GError **error);
/* After the last machine on it. Closes the way to its host. may be NULL. */
void vm_backend_free(VmBackend *backend);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmBackend, vm_backend_free)
/*
 * Whether the host of @backend can run guests of @arch at all, and how: as vm_accel_resolve(), but
 * for that host. What it cannot do is an error of one line. Blocks, seconds for a far host.
 */
gboolean vm_backend_settle(const VmBackend *backend, const Arch *arch, VmAccel wanted,
			   VmAccel *accel, char **why, GError **error);
/*
 * Removes what killed hunts of ours left on the host, and nothing that is not ours, or whose
 * hunt may still live. @tell: one line on each thing removed, or ours and kept. FALSE + error
 * when the host could not be asked, or something could not be removed. Blocks.
 */
gboolean vm_backend_clean(const VmBackend *backend, void (*tell)(const char *text, gpointer user),
			  gpointer user, GError **error);
/* Whether its guests run on this machine: share its clock, its cores, its files. */
gboolean vm_backend_is_local(const VmBackend *backend);

#endif
