/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See build-tree.h. A tree has no lib/modules, and whoever builds a kernel an hour does not want to
 * install them: links to what is there are enough for depmod and for the initramfs.
 */
#include "host-driver/kernel/build-tree.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "host-driver/base/error.h"
#include "host-driver/base/open.h"
#include "host-driver/base/tree.h"
#include "host-driver/kernel/cache.h"
#include "host-driver/kernel/depmod.h"

/* Of all architectures; the image itself tells which it is. */
static const char *const images[] = {"arch/x86/boot/bzImage", "arch/arm64/boot/Image", "vmlinux"};

#define ORDER_MAX_BYTES ((gsize)16 << 20)

char *kernel_tree_image(const char *dir, GError **error)
{
	g_autofree char *config = g_build_filename(dir, ".config", NULL);
	g_autofree char *makefile = g_build_filename(dir, "Makefile", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(images); i++) {
		g_autofree char *path = g_build_filename(dir, images[i], NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return g_steal_pointer(&path);
	}
	if (g_file_test(config, G_FILE_TEST_EXISTS) || g_file_test(makefile, G_FILE_TEST_EXISTS))
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "no kernel was built in %s: there is no %s; run make there, or pass "
			    "the folder of its O=",
			    dir, images[0]);
	else
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s is a folder, but no build tree of a kernel: pass one, or an image",
			    dir);
	return NULL;
}

/* Lines of modules.order are .ko before 6.2 with, then without "kernel/", and .o today. */
static char *module_of_line(const char *line)
{
	const char *path = g_str_has_prefix(line, "kernel/") ? line + strlen("kernel/") : line;
	gsize len = strlen(path);

	if (g_str_has_suffix(path, ".o"))
		return g_strdup_printf("%.*s.ko", (int)(len - 2), path);
	return g_str_has_suffix(path, ".ko") ? g_strdup(path) : NULL;
}

/* The modules that were built, relative to @dir; kernel/ is a folder of the tree itself, too. */
static GPtrArray *built_modules(const char *dir)
{
	g_autofree char *order = g_build_filename(dir, "modules.order", NULL);
	g_autofree char *text = open_read(order, OPEN_NAMED, ORDER_MAX_BYTES, NULL, NULL);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	GPtrArray *modules = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; lines[i]; i++) {
		g_autofree char *plain = module_of_line(lines[i]);
		g_autofree char *inside = g_strconcat("kernel/", plain ? plain : "", NULL);
		const char *const names[] = {plain, inside};

		for (guint k = 0; plain && k < G_N_ELEMENTS(names); k++) {
			g_autofree char *path = g_build_filename(dir, names[k], NULL);

			if (!strstr(names[k], "..") && g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
				g_ptr_array_add(modules, g_strdup(names[k]));
				break;
			}
		}
	}
	return modules;
}

/* Changes with each build of a module. (transfer full) */
static char *stamp_of(const char *dir, const GPtrArray *modules)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	g_checksum_update(sum, (const guchar *)dir, -1);
	for (guint i = 0; i < modules->len; i++) {
		const char *name = g_ptr_array_index(modules, i);
		g_autofree char *path = g_build_filename(dir, name, NULL), *line = NULL;
		GStatBuf st = {0};

		g_stat(path, &st);
		line = g_strdup_printf("\n%s %lld %lld.%09ld", name, (long long)st.st_size,
				       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
		g_checksum_update(sum, (const guchar *)line, -1);
	}
	return g_strdup(g_checksum_get_string(sum));
}

static gboolean link_file(const char *dir, const char *name, const char *at, const char *as,
			  GError **error)
{
	g_autofree char *target = g_build_filename(dir, name, NULL);
	g_autofree char *path = g_build_filename(at, as, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	if (!g_file_test(target, G_FILE_TEST_EXISTS))
		return TRUE;
	if (!kernel_mkdir(parent, error))
		return FALSE;
	if (symlink(target, path) == 0)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot create %s: %s", path,
		    g_strerror(errno));
	return FALSE;
}

static gboolean fill(const char *base, const char *dir, const char *release,
		     const GPtrArray *modules, GError **error)
{
	static const char *const lists[] = {"modules.order", "modules.builtin",
					    "modules.builtin.modinfo"};
	g_autofree char *at = g_build_filename(base, "lib/modules", release, NULL);
	g_autoptr(KernelJob) job = kernel_job_new();

	if (!kernel_mkdir(at, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		if (!link_file(dir, lists[i], at, lists[i], error))
			return FALSE;
	for (guint i = 0; i < modules->len; i++) {
		const char *name = g_ptr_array_index(modules, i);
		g_autofree char *as = g_strconcat("kernel/", name, NULL);

		if (!link_file(dir, name, at, as, error))
			return FALSE;
	}
	return kernel_depmod(job, base, release, error);
}

char *kernel_tree_modules(const char *cache, const char *dir, const char *release, GError **error)
{
	g_autoptr(GPtrArray) modules = built_modules(dir);
	g_autofree char *stamp = stamp_of(dir, modules);
	g_autofree char *trees = g_build_filename(cache, "trees", NULL);
	g_autofree char *base = g_build_filename(trees, stamp, NULL);
	g_autofree char *found = g_build_filename(base, "lib/modules", release, NULL);
	g_autofree char *fresh = g_build_filename(trees, "new-XXXXXX", NULL);
	gboolean filled;

	if (modules->len == 0)
		return NULL;
	if (g_file_test(found, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&found);
	if (!kernel_mkdir(trees, error))
		return NULL;
	if (!g_mkdtemp(fresh)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot create %s: %s",
			    fresh, g_strerror(errno));
		return NULL;
	}
	/* Another pfnhunt may have been first: then its folder is the same. */
	filled = fill(fresh, dir, release, modules, error);
	if (filled && (g_rename(fresh, base) == 0 || g_file_test(found, G_FILE_TEST_IS_DIR))) {
		tree_remove(fresh);
		return g_steal_pointer(&found);
	}
	tree_remove(fresh);
	if (!filled)
		return NULL;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot create %s", base);
	return NULL;
}
