/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our files on a libvirt host, as storage volumes. All of it blocks. */
#ifndef PFNHUNT_VM_LIBVIRT_FILES_H
#define PFNHUNT_VM_LIBVIRT_FILES_H

#include "host-driver/libvirt/connection.h"

/*
 * Where QEMU on @host finds the file @path of ours: there itself, or uploaded as a volume.
 * Once a path; the copy goes with the host. NULL + INFRA. (transfer full)
 */
char *lv_host_file(LvHost *host, const char *path, GError **error);

/* The owner (owner.h) of a volume called @name, or NULL: not ours. */
char *lv_volume_owner(const char *name);
/* The pools that may hold ours, the first choice first; NULL-terminated. */
extern const char *const lv_pool_names[];
/* Removes the pool of our own, if there is one and nothing is in it. */
void lv_pool_remove_empty(virConnectPtr conn);

#endif
