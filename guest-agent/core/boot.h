/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PID 1 does before anything else can work: file systems, limits, modules; and the end.
 */
#ifndef PFNHUNT_BOOT_H
#define PFNHUNT_BOOT_H

/* Mounts what ops and reports need. 0, or -errno with the path in *@what. */
int boot_mount(const char **what);
/* Mounts the ones that may be missing or come with the kernel's config: debugfs, tracefs. */
void boot_mount_optional(void);

/* Loads an uncompressed module below @root_fd. 0 (also when it is there already) or -errno. */
int boot_load_module(int root_fd, const char *path, const char *params);
/* Loads the modules of /modules/boot, a "PATH PARAMS" line each. 0, or -errno with the path. */
int boot_load_listed(int root_fd, char *failed, unsigned int size);

/* Powers the machine off. Does not return. */
_Noreturn void boot_power_off(void);
/* Says why on console and kernel log, then powers off. */
_Noreturn void boot_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
