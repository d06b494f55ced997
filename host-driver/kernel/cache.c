/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes the folder of fetched kernels. See cache.h. */
#include "host-driver/kernel/cache.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/image.h"

#define META_GROUP "kernel"

KernelMeta *kernel_meta_new(const char *release, const char *version)
{
	KernelMeta *meta = g_new0(KernelMeta, 1);

	meta->release = g_strdup(release);
	meta->version = g_strdup(version);
	meta->suites = g_new0(char *, 1);
	meta->packages = g_new0(char *, 1);
	return meta;
}

void kernel_meta_free(KernelMeta *meta)
{
	if (!meta)
		return;
	g_free(meta->release);
	g_free(meta->version);
	g_strfreev(meta->suites);
	g_strfreev(meta->packages);
	g_free(meta);
}

gboolean kernel_meta_add_suite(KernelMeta *meta, const char *suite)
{
	g_autoptr(GStrvBuilder) builder = NULL;
	char **old = meta->suites;

	if (g_strv_contains((const char *const *)old, suite))
		return FALSE;
	builder = g_strv_builder_new();
	g_strv_builder_addv(builder, (const char **)old);
	g_strv_builder_add(builder, suite);
	meta->suites = g_strv_builder_end(builder);
	g_strfreev(old);
	return TRUE;
}

static void set_list(GKeyFile *file, const char *key, char **list)
{
	g_key_file_set_string_list(file, META_GROUP, key, (const char *const *)list,
				   g_strv_length(list));
}

gboolean kernel_meta_write(const KernelMeta *meta, const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "meta.ini", NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) why = NULL;

	g_key_file_set_string(file, META_GROUP, "release", meta->release);
	g_key_file_set_string(file, META_GROUP, "version", meta->version);
	set_list(file, "suites", meta->suites);
	set_list(file, "packages", meta->packages);
	if (g_key_file_save_to_file(file, path, &why))
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot write %s: %s", path,
		    why->message);
	return FALSE;
}

/* NULL when the folder is not a whole kernel. */
static KernelMeta *read_meta(const char *kernels, const char *release)
{
	g_autofree char *path = g_build_filename(kernels, release, "meta.ini", NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *said = NULL;
	g_autofree char *version = NULL;
	KernelMeta *meta;
	char **list;

	if (!kernel_release_valid(release) ||
	    !g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
		return NULL;
	said = g_key_file_get_string(file, META_GROUP, "release", NULL);
	version = g_key_file_get_string(file, META_GROUP, "version", NULL);
	if (g_strcmp0(said, release) != 0)
		return NULL;
	meta = kernel_meta_new(release, version);
	list = g_key_file_get_string_list(file, META_GROUP, "suites", NULL, NULL);
	if (list) {
		g_strfreev(meta->suites);
		meta->suites = list;
	}
	list = g_key_file_get_string_list(file, META_GROUP, "packages", NULL, NULL);
	if (list) {
		g_strfreev(meta->packages);
		meta->packages = list;
	}
	return meta;
}

static int newest_first(gconstpointer a, gconstpointer b)
{
	const KernelMeta *const *x = a, *const *y = b;

	return strverscmp((*y)->release, (*x)->release);
}

GPtrArray *kernel_cache_scan(const char *cache)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)kernel_meta_free);
	g_autofree char *kernels = g_build_filename(cache, "kernels", NULL);
	g_autoptr(GDir) dir = g_dir_open(kernels, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		KernelMeta *meta = read_meta(kernels, name);

		if (meta)
			g_ptr_array_add(all, meta);
	}
	g_ptr_array_sort(all, newest_first);
	return all;
}

gboolean kernel_version_has_prefix(const char *version, const char *prefix)
{
	gsize len = strlen(prefix);

	return strncmp(version, prefix, len) == 0 &&
	       (!g_ascii_isdigit(version[len]) || len == 0 || !g_ascii_isdigit(prefix[len - 1]));
}

gboolean kernel_release_fits(const char *release, const char *prefix)
{
	const Arch *arch = arch_of_release(prefix);
	g_autofree char *stem =
		g_strndup(prefix, arch ? (gsize)(strrchr(prefix, '-') - prefix) : strlen(prefix));

	return kernel_version_has_prefix(release, stem) &&
	       (!arch || arch_of_release(release) == arch);
}

static const KernelMeta *find_of(const GPtrArray *all, const Arch *arch, const char *suite,
				 const char *prefix)
{
	g_autofree char *looked_for = suite ? g_strdup_printf("%s:", suite) : NULL;

	for (guint i = 0; i < all->len; i++) {
		const KernelMeta *meta = g_ptr_array_index(all, i);
		const char *const *suites = (const char *const *)meta->suites;

		if (suite && !g_strv_contains(suites, suite) &&
		    !(prefix && g_strv_contains(suites, looked_for)))
			continue;
		if (arch && arch_of_release(meta->release) != arch)
			continue;
		if (!prefix || kernel_release_fits(meta->release, prefix))
			return meta;
	}
	return NULL;
}

const KernelMeta *kernel_cache_find(const GPtrArray *all, const Arch *arch, const char *suite,
				    const char *prefix)
{
	const KernelMeta *meta = find_of(all, arch ? arch : arch_host(), suite, prefix);

	return meta || arch ? meta : find_of(all, NULL, suite, prefix);
}

char *kernel_cache_kernel_dir(const char *cache, const char *release)
{
	return g_build_filename(cache, "kernels", release, NULL);
}

static char *boot_file(const char *dir, const char *kind, const char *release)
{
	g_autofree char *name = g_strdup_printf("%s-%s", kind, release);

	return g_build_filename(dir, "boot", name, NULL);
}

/* @path when it is a file, else NULL; takes @path. */
static char *if_file(char *path)
{
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
		g_clear_pointer(&path, g_free);
	return path;
}

Kernel *kernel_cache_load(const char *dir, const char *spec, const KernelMeta *meta, GError **error)
{
	g_autoptr(Kernel) kernel = g_new0(Kernel, 1);

	kernel->spec = g_strdup(spec);
	kernel->release = g_strdup(meta->release);
	kernel->arch = arch_of_release(meta->release);
	if (!kernel->arch)
		kernel->arch = arch_host();
	kernel->version = g_strdup(meta->version);
	kernel->image_path = boot_file(dir, "vmlinuz", meta->release);
	kernel->vmlinux_path = if_file(boot_file(dir, "vmlinux", meta->release));
	kernel->config_path = if_file(boot_file(dir, "config", meta->release));
	kernel->modules_dir = g_build_filename(dir, "lib", "modules", meta->release, NULL);
	if (!g_file_test(kernel->image_path, G_FILE_TEST_IS_REGULAR) ||
	    !g_file_test(kernel->modules_dir, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "the cached kernel %s is damaged: remove it and run again", dir);
		return NULL;
	}
	if (kernel->vmlinux_path) {
		g_autoptr(GMappedFile) map = g_mapped_file_new(kernel->vmlinux_path, FALSE, NULL);
		KernelImage image = {0};

		if (map)
			kernel_image_parse((const guint8 *)g_mapped_file_get_contents(map),
					   g_mapped_file_get_length(map), &image);
		if (image.build_id[0])
			kernel->build_id = g_strdup(image.build_id);
	}
	return g_steal_pointer(&kernel);
}

gboolean kernel_mkdir(const char *dir, GError **error)
{
	if (g_mkdir_with_parents(dir, 0755) == 0)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot create %s: %s", dir,
		    g_strerror(errno));
	return FALSE;
}

char *kernel_cache_dir(GError **error)
{
	g_autofree char *dir = g_build_filename(g_get_user_cache_dir(), "pfnhunt", NULL);

	return kernel_mkdir(dir, error) ? g_steal_pointer(&dir) : NULL;
}
