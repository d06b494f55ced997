/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds and removes what killed hunts left on a libvirt host. */
#ifndef PFNHUNT_VM_LIBVIRT_CLEAN_H
#define PFNHUNT_VM_LIBVIRT_CLEAN_H

#include "host-driver/libvirt/connection.h"

/* @text: one line on something that was removed, or kept because its owner is not known. */
typedef void (*LvCleanTell)(const char *text, gpointer user);

/*
 * Ends domains and removes volumes that are ours by their metadata or name, and whose hunt is
 * surely dead. Nothing else is touched. Without a root, qemu:///embed means all private roots
 * that no hunt uses. FALSE + error when the host could not be asked, or something of ours
 * could not be removed. Blocks.
 */
gboolean lv_clean(const char *uri, LvCleanTell tell, gpointer user, GError **error);
/* The same on a host that is open; @tell may be NULL. */
gboolean lv_clean_host(LvHost *host, LvCleanTell tell, gpointer user, GError **error);

#endif
