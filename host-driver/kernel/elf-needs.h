/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program of this machine needs to run somewhere else: its dynamic linker and all shared
 * libraries, found the way that the linker finds them. Nothing is executed, as ldd would.
 */
#ifndef PFNHUNT_ELF_NEEDS_H
#define PFNHUNT_ELF_NEEDS_H

#include <glib.h>

/*
 * Paths of the dynamic linker (first) and of each library that the ELF program at @path needs,
 * directly or through others; empty when it is static. Libraries that are only opened while it
 * runs (dlopen) are not found. Errors: INFRA (no ELF file, a library that is not there).
 * GPtrArray of char *, (transfer full).
 */
GPtrArray *elf_needs(const char *path, GError **error);

#endif
