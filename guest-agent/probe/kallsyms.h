/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Under what name a function of the kernel can be probed, where the compiler renamed it. */
#ifndef PFNHUNT_PROBE_KALLSYMS_H
#define PFNHUNT_PROBE_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether @symbol is @func, or a copy of it that the compiler made in its place. */
bool kallsyms_stands_for(const char *symbol, const char *func);

/*
 * Looks in /proc/kallsyms for @func, or for the copy of it that the compiler made in its place
 * (".isra.N", ".constprop.N"): its first arguments are the same unless they were not used.
 * Writes the name to @name. 0, -ENOENT (it is in no form there: inlined, or not built in), or
 * -errno. Reads all symbols, which takes some tenths of a second in an emulated guest.
 */
int kallsyms_find(int root_fd, const char *func, char *name, size_t size);

#endif
