/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Understands what the user calls a kernel, and completes an image that is not from our
 * cache: its release, modules and config are looked for where builds and distributions put
 * them. See kernel.h.
 */
#include "host-driver/kernel/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utime.h>

#include "host-driver/base/error.h"
#include "host-driver/base/open.h"
#include "host-driver/kernel/build-tree.h"
#include "host-driver/kernel/cache.h"
#include "host-driver/kernel/debian.h"
#include "host-driver/kernel/image.h"

enum { VMLINUX_KEPT = 16 };

static int oldest_first(gconstpointer a, gconstpointer b)
{
	const char *const *x = a, *const *y = b;
	GStatBuf sx, sy;

	if (g_stat(*x, &sx) < 0 || g_stat(*y, &sy) < 0)
		return 0;
	return sx.st_mtime < sy.st_mtime ? -1 : sx.st_mtime > sy.st_mtime;
}

/* Somebody who builds a kernel an hour would fill the disk. */
static void prune_vmlinux(const char *dir)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) files = g_dir_open(dir, 0, NULL);
	const char *name;

	while (files && (name = g_dir_read_name(files)))
		g_ptr_array_add(paths, g_build_filename(dir, name, NULL));
	g_ptr_array_sort(paths, oldest_first);
	for (guint i = 0; i + VMLINUX_KEPT < paths->len; i++)
		g_unlink(g_ptr_array_index(paths, i));
}

/*
 * The vmlinux in a bzImage that is not ours, unpacked into the cache under the hash of its
 * content. NULL without an error when it has no PVH entry.
 */
static char *cached_vmlinux(GMappedFile *map, const KernelImage *image, GError **error)
{
	const guint8 *data = (const guint8 *)g_mapped_file_get_contents(map);
	g_autofree char *hash = NULL, *cache = NULL, *dir = NULL, *path = NULL;
	g_autoptr(GBytes) elf = NULL;
	g_autoptr(GError) why = NULL;

	cache = kernel_cache_dir(error);
	if (!cache)
		return NULL;
	dir = g_build_filename(cache, "vmlinux", NULL);
	if (!kernel_mkdir(dir, error))
		return NULL;
	hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, g_mapped_file_get_length(map));
	path = g_build_filename(dir, hash, NULL);
	if (g_utime(path, NULL) == 0)
		return g_steal_pointer(&path);
	elf = kernel_image_extract(data, image);
	if (!elf)
		return NULL;
	if (!g_file_set_contents(path, g_bytes_get_data(elf, NULL), g_bytes_get_size(elf), &why)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot write %s: %s", path,
			    why->message);
		return NULL;
	}
	prune_vmlinux(dir);
	return g_steal_pointer(&path);
}

static gboolean has_modules(const char *dir)
{
	g_autofree char *order = g_build_filename(dir, "modules.order", NULL);
	g_autofree char *dep = g_build_filename(dir, "modules.dep.bin", NULL);

	return g_file_test(order, G_FILE_TEST_EXISTS) || g_file_test(dep, G_FILE_TEST_EXISTS);
}

/* @base/lib/modules/RELEASE or with usr/, or NULL. */
static char *modules_below(const char *base, const char *release)
{
	const char *const below[] = {"lib/modules", "usr/lib/modules", "", NULL};

	for (guint i = 0; below[i] && *release; i++) {
		g_autofree char *dir = g_build_filename(base, below[i], release, NULL);

		if (has_modules(dir))
			return g_steal_pointer(&dir);
	}
	return NULL;
}

static char *given_modules(const char *given, const char *release, GError **error)
{
	g_autofree char *full = g_canonicalize_filename(given, NULL);
	g_autofree char *name = g_path_get_basename(full);
	char *dir = modules_below(full, release);

	if (dir)
		return dir;
	if (!has_modules(full)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s holds no modules of %s: give the folder of `make modules_install "
			    "INSTALL_MOD_PATH=DIR`, or lib/modules/RELEASE in it",
			    given, *release ? release : "this kernel");
		return NULL;
	}
	if (*release && kernel_release_valid(name) && g_ascii_isdigit(*name) &&
	    strcmp(name, release) != 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "the modules in %s are of another kernel: this one is %s", given,
			    release);
		return NULL;
	}
	return g_steal_pointer(&full);
}

static char *found_modules(const char *image, const char *release)
{
	g_autofree char *dir = g_path_get_dirname(image);
	g_autofree char *up = g_path_get_dirname(dir);
	const char *const bases[] = {dir, up, "/", NULL};
	char *modules = NULL;

	for (guint i = 0; bases[i] && !modules; i++)
		modules = modules_below(bases[i], release);
	return modules;
}

/* Beside the image or the modules, or in the build tree. */
static char *found_config(const char *image, const char *modules, const char *release)
{
	g_autofree char *dir = g_path_get_dirname(image);
	g_autofree char *named = g_strdup_printf("config-%s", release);
	g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(candidates, g_build_filename(dir, named, NULL));
	g_ptr_array_add(candidates, g_build_filename(dir, ".config", NULL));
	if (g_str_has_suffix(dir, "/boot") && strstr(dir, "/arch/"))
		g_ptr_array_add(candidates, g_build_filename(dir, "../../../.config", NULL));
	if (modules) {
		g_ptr_array_add(candidates, g_build_filename(modules, "config", NULL));
		g_ptr_array_add(candidates, g_build_filename(modules, "build", ".config", NULL));
		g_ptr_array_add(candidates,
				g_build_filename(modules, "../../../boot", named, NULL));
	}
	for (guint i = 0; i < candidates->len; i++) {
		const char *path = g_ptr_array_index(candidates, i);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && g_access(path, R_OK) == 0)
			return g_canonicalize_filename(path, NULL);
	}
	return NULL;
}

static GMappedFile *map_image(const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	int fd = open_file(path, OPEN_NAMED, G_MAXUINT64, &why);
	GMappedFile *map = fd >= 0 ? g_mapped_file_new_from_fd(fd, FALSE, &why) : NULL;

	if (fd >= 0)
		close(fd);
	if (map)
		return map;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "cannot read the kernel: %s",
		    why->message);
	return NULL;
}

static gboolean check_image(const char *path, const KernelImage *image, GError **error)
{
	g_autofree char *titles = arch_titles(), *what = NULL;

	if (image->kind == KERNEL_IMAGE_UNKNOWN)
		what = g_strdup_printf("is no Linux kernel for %s: give a bzImage "
				       "(arch/x86/boot/bzImage, /boot/vmlinuz-...), an Image of "
				       "arm64 or a vmlinux of x86-64",
				       titles);
	else if (!image->is_64bit)
		what = g_strdup_printf("is a 32-bit kernel: only %s is known", titles);
	else if (image->kind == KERNEL_IMAGE_VMLINUX && !image->arch->vmlinux)
		what = g_strdup_printf("is an ELF file, which QEMU does not start on %s: give its "
				       "%s (arch/%s/boot/%s)",
				       image->arch->title, image->arch->image,
				       image->arch->arch_dir, image->arch->image);
	else if (image->kind == KERNEL_IMAGE_VMLINUX && !image->has_pvh)
		what = g_strdup("has no PVH entry (CONFIG_PVH), so QEMU cannot start it: give its "
				"bzImage");
	if (!what)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s %s", path, what);
	return FALSE;
}

/* The folder of its modules: @given, those of the build tree @spec, or found; it may have none. */
static gboolean find_modules(Kernel *kernel, const char *spec, const char *given, GError **error)
{
	if (given) {
		kernel->modules_given = g_canonicalize_filename(given, NULL);
		kernel->modules_dir = given_modules(given, kernel->release, error);
		return kernel->modules_dir != NULL;
	}
	if (g_file_test(spec, G_FILE_TEST_IS_DIR)) {
		g_autofree char *cache = kernel_cache_dir(error);
		g_autofree char *tree = g_canonicalize_filename(spec, NULL);
		GError *why = NULL;

		if (!cache)
			return FALSE;
		kernel->modules_dir = kernel_tree_modules(cache, tree, kernel->release, &why);
		if (why)
			g_propagate_error(error, why);
		return why == NULL;
	}
	kernel->modules_dir = found_modules(kernel->image_path, kernel->release);
	return TRUE;
}

static Kernel *open_path(const char *spec, const char *path, const char *modules_dir,
			 GError **error)
{
	g_autoptr(Kernel) kernel = g_new0(Kernel, 1);
	g_autoptr(GMappedFile) map = map_image(path, error);
	g_autoptr(GError) why = NULL;
	KernelImage image, inner;

	if (!map)
		return NULL;
	kernel_image_parse((const guint8 *)g_mapped_file_get_contents(map),
			   g_mapped_file_get_length(map), &image);
	if (!check_image(path, &image, error))
		return NULL;
	kernel->spec = g_strdup(spec);
	kernel->arch = image.arch;
	kernel->image_path = g_canonicalize_filename(path, NULL);
	inner = image;
	if (image.kind == KERNEL_IMAGE_VMLINUX) {
		kernel->vmlinux_path = g_strdup(kernel->image_path);
	} else if (image.kind == KERNEL_IMAGE_BZIMAGE) {
		g_autoptr(GMappedFile) elf = NULL;

		kernel->vmlinux_path = cached_vmlinux(map, &image, &why);
		if (why) {
			g_propagate_error(error, g_steal_pointer(&why));
			return NULL;
		}
		if (kernel->vmlinux_path)
			elf = g_mapped_file_new(kernel->vmlinux_path, FALSE, NULL);
		if (elf)
			kernel_image_parse((const guint8 *)g_mapped_file_get_contents(elf),
					   g_mapped_file_get_length(elf), &inner);
	}
	if (inner.build_id[0])
		kernel->build_id = g_strdup(inner.build_id);
	kernel->release = g_strdup(image.release[0] ? image.release : inner.release);
	if (!find_modules(kernel, spec, modules_dir, error))
		return NULL;
	if (!kernel->release[0]) {
		g_free(kernel->release);
		kernel->release = kernel->modules_dir ? g_path_get_basename(kernel->modules_dir)
						      : g_strdup("unknown");
	}
	kernel->config_path =
		found_config(kernel->image_path, kernel->modules_dir, kernel->release);
	return g_steal_pointer(&kernel);
}

/* Where distributions put the running kernel's image. (transfer full) */
static char *host_image(void)
{
	struct utsname host;
	char *path;

	uname(&host);
	path = g_strdup_printf("/boot/vmlinuz-%s", host.release);
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return path;
	g_free(path);
	return g_strdup_printf("/usr/lib/modules/%s/vmlinuz", host.release);
}

static Kernel *open_host(GError **error)
{
	g_autofree char *path = host_image();
	struct utsname host;

	uname(&host);
	if (g_access(path, R_OK) == 0)
		return open_path("host", path, NULL, error);
	if (errno == EACCES)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s may not be read by you: run `sudo install -m 0644 %s /tmp/` and "
			    "pass --kernel /tmp/vmlinuz-%s --modules /lib/modules/%s",
			    path, path, host.release, host.release);
	else
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "the running kernel (%s) has no image in /boot or /usr/lib/modules: "
			    "use --kernel debian, or pass --kernel PATH",
			    host.release);
	return NULL;
}

static char *names_in_cache(const GPtrArray *all)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < all->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "",
				       ((const KernelMeta *)g_ptr_array_index(all, i))->release);
	return g_strdup(all->len ? text->str : "none yet");
}

static Kernel *open_version(const char *cache, const char *spec, GError **error)
{
	g_autoptr(GPtrArray) all = kernel_cache_scan(cache);
	const KernelMeta *meta = NULL;
	g_autofree char *names = names_in_cache(all);
	g_autofree char *dir = NULL;

	if (g_ascii_isdigit(spec[0]))
		meta = kernel_cache_find(all, NULL, NULL, spec);
	if (!meta) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "no kernel “%s”: say debian, debian:SUITE, host, a path, or a version "
			    "in the cache (%s)",
			    spec, names);
		return NULL;
	}
	dir = kernel_cache_kernel_dir(cache, meta->release);
	return kernel_cache_load(dir, spec, meta, error);
}

static gboolean is_debian(const char *spec)
{
	return strcmp(spec, "debian") == 0 || g_str_has_prefix(spec, "debian:");
}

/* A folder "debian" or "6.12" that happens to lie here is none. */
static gboolean is_tree(const char *spec)
{
	g_autofree char *config = g_build_filename(spec, ".config", NULL);

	return g_file_test(spec, G_FILE_TEST_IS_DIR) &&
	       (strchr(spec, '/') || g_file_test(config, G_FILE_TEST_EXISTS));
}

Kernel *kernel_open(const char *spec, const char *modules_dir, KernelProgress progress,
		    gpointer user, GError **error)
{
	g_autofree char *cache = NULL;

	if (is_tree(spec)) {
		g_autofree char *image = kernel_tree_image(spec, error);
		g_autofree char *tree = g_canonicalize_filename(spec, NULL);

		return image ? open_path(tree, image, modules_dir, error) : NULL;
	}
	if (strchr(spec, '/') || g_file_test(spec, G_FILE_TEST_IS_REGULAR))
		return open_path(spec, spec, modules_dir, error);
	if (modules_dir) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "--modules goes with --kernel PATH, not with --kernel %s", spec);
		return NULL;
	}
	if (strcmp(spec, "host") == 0)
		return open_host(error);
	cache = kernel_cache_dir(error);
	if (!cache)
		return NULL;
	if (is_debian(spec))
		return kernel_debian_open(cache, spec, NULL, progress, user, error);
	return open_version(cache, spec, error);
}

gboolean kernel_needs_fetch(const char *spec, gboolean *fetch, GError **error)
{
	g_autofree char *cache = kernel_cache_dir(error);
	gboolean cached = TRUE;

	if (!cache || (is_debian(spec) && !kernel_debian_is_cached(cache, spec, &cached, error)))
		return FALSE;
	*fetch = !cached;
	return TRUE;
}

static void add_entry(GPtrArray *list, const char *spec, const char *release, const char *version,
		      const char *where)
{
	KernelEntry *entry = g_new0(KernelEntry, 1);

	entry->spec = g_strdup(spec);
	entry->release = g_strdup(release);
	entry->version = g_strdup(version);
	entry->where = g_strdup(where);
	g_ptr_array_add(list, entry);
}

GPtrArray *kernel_list(GError **error)
{
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)kernel_entry_free);
	g_autofree char *cache = kernel_cache_dir(error);
	g_autofree char *suite = kernel_debian_suite(NULL);
	g_autofree char *image = host_image();
	g_autoptr(GPtrArray) all = NULL;
	struct utsname host;

	if (!cache)
		return NULL;
	all = kernel_cache_scan(cache);
	if (suite) {
		g_autofree char *where = g_strdup_printf("suite %s", suite);
		const KernelMeta *meta = kernel_cache_find(all, arch_host(), suite, NULL);

		add_entry(list, "debian", meta ? meta->release : NULL, meta ? meta->version : NULL,
			  where);
	}
	for (guint i = 0; i < all->len; i++) {
		const KernelMeta *meta = g_ptr_array_index(all, i);

		add_entry(list, meta->release, meta->release, meta->version, "cache");
	}
	if (g_file_test(image, G_FILE_TEST_EXISTS) && uname(&host) == 0)
		add_entry(list, "host", host.release, NULL, "host");
	return g_steal_pointer(&list);
}
