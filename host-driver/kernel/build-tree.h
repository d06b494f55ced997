/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's build tree: ~/linux, or the folder of `make O=`. Private to this folder. */
#ifndef PFNHUNT_KERNEL_BUILD_TREE_H
#define PFNHUNT_KERNEL_BUILD_TREE_H

#include <glib.h>

/*
 * The image in the tree @dir: that of the boot loader, else vmlinux. USAGE error when @dir is no
 * tree, or nothing was built in it. (transfer full)
 */
char *kernel_tree_image(const char *dir, GError **error);

/*
 * A lib/modules/@release folder in @cache with links to the modules that were built in @dir, and
 * what depmod says of them, as `make modules_install` would make it. It is made anew when a module
 * is another one. NULL without an error when the tree has no modules. Blocks as depmod does.
 * Errors: INFRA. (transfer full)
 */
char *kernel_tree_modules(const char *cache, const char *dir, const char *release, GError **error);

#endif
