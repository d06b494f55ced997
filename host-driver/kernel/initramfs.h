/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the initramfs: the agent as /init, the modules, and what ops need besides. An uncompressed newc
 * archive by libarchive; modules are stored decompressed, so the guest's CPU is spared.
 */
#ifndef PFNHUNT_INITRAMFS_H
#define PFNHUNT_INITRAMFS_H

#include <glib.h>

/* Of a whole archive; one that is larger is not ours. */
#define INITRAMFS_MAX_BYTES (1ull << 30)

/* A file of the host that the guest gets as it is, and may run. */
typedef struct {
	char *name; /* in the guest, without the leading '/'; its folder is created */
	char *path; /* on the host */
} InitramfsFile;
InitramfsFile *initramfs_file_new(const char *name, const char *path);
void initramfs_file_free(InitramfsFile *file);

/*
 * @modules: GPtrArray of KernelModule (kernel.h), stored as /modules/NAME.ko. The first
 * @boot_count of them are listed in /modules/boot, one "PATH PARAMS" line each: the agent
 * loads those before it says hello. @files: GPtrArray of InitramfsFile, or NULL; the names of
 * one folder stand together. The file at @path is replaced atomically. Errors: INFRA.
 */
gboolean initramfs_write(const char *path, const char *agent_path, const GPtrArray *modules,
			 guint boot_count, const GPtrArray *files, GError **error);

#endif
