/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of fetched kernels, private to the kernel-*.c files:
 *
 *	CACHE/kernels/RELEASE/{boot/vmlinuz-R,boot/vmlinux-R,boot/config-R,lib/modules/R,meta.ini}
 *	CACHE/vmlinux/SHA256         unpacked from an image that is not ours
 *	CACHE/apt/SUITE/             apt's private state
 *	CACHE/lock                   held while something is fetched
 *
 * meta.ini comes with the atomic rename of its whole folder: a folder without it is no kernel.
 */
#ifndef PFNHUNT_KERNEL_CACHE_H
#define PFNHUNT_KERNEL_CACHE_H

#include "host-driver/kernel/kernel.h"

typedef struct {
	char *release, *version;
	char **suites;	 /* "SUITE": is its default kernel; "SUITE:": was asked for by version */
	char **packages; /* "NAME VERSION SHA256" */
} KernelMeta;

KernelMeta *kernel_meta_new(const char *release, const char *version);
void kernel_meta_free(KernelMeta *meta);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelMeta, kernel_meta_free)
/* Writes @dir/meta.ini. Errors: INFRA. */
gboolean kernel_meta_write(const KernelMeta *meta, const char *dir, GError **error);
/* FALSE when it is there already. */
gboolean kernel_meta_add_suite(KernelMeta *meta, const char *suite);

/* All kernels in CACHE/kernels, newest release first; never NULL. GPtrArray of KernelMeta. */
GPtrArray *kernel_cache_scan(const char *cache);
/*
 * The newest one of @arch (NULL: as @prefix ends, else this machine's, else any) and of @suite (or
 * any: NULL) whose release fits @prefix. Without @prefix only a suite's default kernel will do.
 * NULL when there is none; borrowed from @all.
 */
const KernelMeta *kernel_cache_find(const GPtrArray *all, const Arch *arch, const char *suite,
				    const char *prefix);
/* Whether it begins with @prefix; "6.12-arm64" is the "6.12" of that architecture. */
gboolean kernel_release_fits(const char *release, const char *prefix);
/* "6.12" is a prefix of 6.12 and 6.12.95, but not of 6.120. */
gboolean kernel_version_has_prefix(const char *version, const char *prefix);

/* CACHE/kernels/RELEASE. (transfer full) */
char *kernel_cache_kernel_dir(const char *cache, const char *release);
/* A Kernel of the files in @dir, which the user asked for as @spec. Errors: INFRA. */
Kernel *kernel_cache_load(const char *dir, const char *spec, const KernelMeta *meta,
			  GError **error);

/* Makes @dir with parents. Errors: INFRA. */
gboolean kernel_mkdir(const char *dir, GError **error);

#endif
