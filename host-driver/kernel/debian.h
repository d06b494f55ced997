/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debian's stock kernels: --kernel debian[:SUITE[:VERSION]]. Private to kernel-*.c. */
#ifndef PFNHUNT_KERNEL_DEBIAN_H
#define PFNHUNT_KERNEL_DEBIAN_H

#include "host-driver/kernel/kernel.h"

/* As kernel_open(), for specs that begin with "debian"; @arch as for kernel_fetch(). */
Kernel *kernel_debian_open(const char *cache, const char *spec, const Arch *arch,
			   KernelProgress progress, gpointer user, GError **error);

/* Whether the kernel of @spec is in the cache already. Errors: USAGE. */
gboolean kernel_debian_is_cached(const char *cache, const char *spec, gboolean *cached,
				 GError **error);

/*
 * Releases of this machine's stock kernels that @suite offers now, oldest first, after a look at the
 * mirror. Errors: INFRA. (transfer full)
 */
char **kernel_debian_releases(const char *cache, const char *suite, KernelProgress progress,
			      gpointer user, GError **error);

/* This machine's Debian suite (VERSION_CODENAME), or NULL and a USAGE error. (transfer full) */
char *kernel_debian_suite(GError **error);

#endif
