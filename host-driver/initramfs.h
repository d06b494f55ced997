/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the initramfs: the agent as /init, the modules, nothing else. An uncompressed newc
 * archive by libarchive; modules are stored decompressed, so the guest's CPU is spared.
 */
#ifndef PFNHUNT_INITRAMFS_H
#define PFNHUNT_INITRAMFS_H

#include <glib.h>

/*
 * @modules: GPtrArray of KernelModule (kernel.h), stored as /modules/NAME.ko. The first
 * @boot_count of them are listed in /modules/boot, one "PATH PARAMS" line each: the agent
 * loads those before it says hello. The file at @path is replaced atomically. Errors: INFRA.
 */
gboolean initramfs_write(const char *path, const char *agent_path, const GPtrArray *modules,
			 guint boot_count, GError **error);

#endif
