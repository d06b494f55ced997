/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a suite's name to a kernel in the cache: the meta package names the real one, which
 * may be split into several; they are fetched, unpacked beside the cache and renamed into it.
 */
#include "host-driver/kernel/debian.h"
#include "host-driver/base/tree.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/apt.h"
#include "host-driver/kernel/cache.h"
#include "host-driver/kernel/deb.h"
#include "host-driver/kernel/depmod.h"
#include "host-driver/kernel/image.h"

#define IMAGE_PREFIX "linux-image-"
#define TEMP_PREFIX  ".tmp-"

enum { LOCK_DEADLINE_S = 3600 };

typedef struct {
	KernelJob *job;
	KernelProgress progress;
	gpointer user;
	const char *cache;
	const Arch *arch;
	char *codename; /* this machine's suite, or NULL while not needed */
	char *suite;
	char *suite_key; /* for KernelMeta.suites */
	char *version;	 /* prefix of the release, or NULL: what the meta package says */
	KernelApt *apt;
	GPtrArray *packages; /* of AptPackage: the image first, then the parts it is split into */
	const char *release; /* borrowed from the image package's name */
	char *temp;	     /* CACHE/kernels/.tmp-XXXXXX */
	char *tree;	     /* what becomes CACHE/kernels/RELEASE */
} Fetch;

static void fetch_clear(Fetch *fetch)
{
	if (fetch->temp)
		tree_remove(fetch->temp);
	g_clear_pointer(&fetch->packages, g_ptr_array_unref);
	kernel_apt_free(fetch->apt);
	kernel_job_free(fetch->job);
	g_free(fetch->codename);
	g_free(fetch->suite);
	g_free(fetch->suite_key);
	g_free(fetch->version);
	g_free(fetch->temp);
	g_free(fetch->tree);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fetch, fetch_clear)

static void G_GNUC_PRINTF(2, 3) say(const Fetch *fetch, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	if (!fetch->progress)
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	fetch->progress(text, fetch->user);
}

char *kernel_debian_suite(GError **error)
{
	g_autofree char *id = g_get_os_info(G_OS_INFO_KEY_ID);
	g_autofree char *codename = g_get_os_info(G_OS_INFO_KEY_VERSION_CODENAME);

	if (g_strcmp0(id, "debian") == 0 && codename)
		return g_steal_pointer(&codename);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "this machine is not Debian (/etc/os-release: ID=%s): pass --kernel PATH "
		    "[--modules DIR] or --kernel host",
		    id ? id : "unknown");
	return NULL;
}

static gboolean word_valid(const char *word, const char *also)
{
	for (const char *p = word; *p; p++)
		if (!g_ascii_islower(*p) && !g_ascii_isdigit(*p) && !strchr(also, *p))
			return FALSE;
	return g_ascii_isalnum(*word);
}

/* debian[:SUITE[:VERSION]]. An empty SUITE is this machine's. */
static gboolean parse_spec(Fetch *fetch, const char *spec, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(spec, ":", 3);
	guint n = g_strv_length(parts);

	if (strcmp(parts[0], "debian") != 0 || (n > 1 && *parts[1] && !word_valid(parts[1], "-")) ||
	    (n > 2 && !word_valid(parts[2], ".+~-"))) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "bad kernel “%s”: say debian, debian:SUITE or debian:SUITE:VERSION, "
			    "such as debian:trixie-backports:6.17",
			    spec);
		return FALSE;
	}
	if (n > 1 && *parts[1])
		fetch->suite = g_strdup(parts[1]);
	else if (!(fetch->suite = kernel_debian_suite(error)))
		return FALSE;
	if (n > 2)
		fetch->version = g_strdup(parts[2]);
	if (n > 2 && arch_of_release(parts[2]))
		fetch->arch = arch_of_release(parts[2]);
	if (!fetch->arch)
		fetch->arch = arch_host();
	fetch->suite_key = g_strconcat(fetch->suite, n > 2 ? ":" : NULL, NULL);
	return TRUE;
}

/* NULL without an error when it is not there. */
static Kernel *open_cached(const Fetch *fetch, const char *spec, GError **error)
{
	g_autoptr(GPtrArray) all = kernel_cache_scan(fetch->cache);
	const KernelMeta *meta = kernel_cache_find(all, fetch->arch, fetch->suite, fetch->version);
	g_autofree char *dir = NULL;

	if (!meta)
		return NULL;
	dir = kernel_cache_kernel_dir(fetch->cache, meta->release);
	return kernel_cache_load(dir, spec, meta, error);
}

/* Whether @name is a stock image ("linux-image-6.17.13+deb13-amd64"): no cloud, rt or debug. */
static gboolean is_stock_image(const char *name, const Arch *arch)
{
	g_autofree char *release = NULL;
	const char *flavour;

	if (!g_str_has_prefix(name, IMAGE_PREFIX) || arch_of_release(name) != arch)
		return FALSE;
	name += strlen(IMAGE_PREFIX);
	/* A version has a point in it ("6.12-amd64" is a meta package's name again). */
	if (!g_ascii_isdigit(*name) || !strchr(name, '.') || !kernel_release_valid(name))
		return FALSE;
	release = g_strndup(name, (gsize)(strrchr(name, '-') - name));
	flavour = strchr(release, '-');
	if (flavour)
		return strspn(flavour + 1, "0123456789") == strlen(flavour + 1);
	return strchr(strchr(release, '.') + 1, '.') != NULL;
}

/* The image package's name, by the suite's meta package. (transfer full) */
static char *find_default(Fetch *fetch, GError **error)
{
	g_autofree char *package = g_strconcat(IMAGE_PREFIX, fetch->arch->debian, NULL);
	AptPackage *meta = kernel_apt_show(fetch->apt, package, error);
	char *name = NULL;

	if (!meta)
		return NULL;
	for (guint i = 0; !name && meta->depends[i]; i++)
		if (is_stock_image(meta->depends[i], fetch->arch))
			name = g_strdup(meta->depends[i]);
	if (!name)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s %s of suite %s names no kernel", package, meta->version,
			    fetch->suite);
	apt_package_free(meta);
	return name;
}

/* The image package's name, by a version's prefix: the newest that fits. (transfer full) */
static char *find_version(Fetch *fetch, GError **error)
{
	g_auto(GStrv) names = kernel_apt_names(fetch->apt, IMAGE_PREFIX, error);
	const char *best = NULL;

	if (!names)
		return NULL;
	for (guint i = 0; names[i]; i++)
		if (is_stock_image(names[i], fetch->arch) &&
		    kernel_release_fits(names[i] + strlen(IMAGE_PREFIX), fetch->version) &&
		    (!best || strverscmp(names[i], best) > 0))
			best = names[i];
	if (!best)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "suite %s has no kernel %s",
			    fetch->suite, fetch->version);
	return g_strdup(best);
}

static gboolean has_package(const GPtrArray *packages, const char *name)
{
	for (guint i = 0; i < packages->len; i++)
		if (strcmp(((const AptPackage *)g_ptr_array_index(packages, i))->name, name) == 0)
			return TRUE;
	return FALSE;
}

/* Finds the image package and all packages of the same release that it depends on. */
static gboolean resolve(Fetch *fetch, GError **error)
{
	g_autofree char *image =
		fetch->version ? find_version(fetch, error) : find_default(fetch, error);
	AptPackage *first;

	if (!image)
		return FALSE;
	fetch->packages = g_ptr_array_new_with_free_func((GDestroyNotify)apt_package_free);
	first = kernel_apt_show(fetch->apt, image, error);
	if (!first)
		return FALSE;
	g_ptr_array_add(fetch->packages, first);
	fetch->release = first->name + strlen(IMAGE_PREFIX);
	for (guint i = 0; i < fetch->packages->len; i++) {
		const AptPackage *package = g_ptr_array_index(fetch->packages, i);

		for (guint j = 0; package->depends[j]; j++) {
			const char *name = package->depends[j];
			AptPackage *part;

			if (!g_str_has_prefix(name, "linux-") ||
			    !g_str_has_suffix(name, fetch->release) ||
			    has_package(fetch->packages, name))
				continue;
			part = kernel_apt_show(fetch->apt, name, error);
			if (!part)
				return FALSE;
			g_ptr_array_add(fetch->packages, part);
		}
	}
	return TRUE;
}

static KernelMeta *describe(const Fetch *fetch)
{
	const AptPackage *image = g_ptr_array_index(fetch->packages, 0);
	KernelMeta *meta = kernel_meta_new(fetch->release, image->version);
	g_autoptr(GStrvBuilder) packages = g_strv_builder_new();

	for (guint i = 0; i < fetch->packages->len; i++) {
		const AptPackage *p = g_ptr_array_index(fetch->packages, i);
		g_autofree char *line = g_strjoin(" ", p->name, p->version, p->sha256, NULL);

		g_strv_builder_add(packages, line);
	}
	g_strfreev(meta->packages);
	meta->packages = g_strv_builder_end(packages);
	kernel_meta_add_suite(meta, fetch->suite_key);
	return meta;
}

/* Another suite may have brought the same kernel already: note the suite and be done. */
static gboolean adopt(Fetch *fetch, const KernelMeta *fresh, gboolean *adopted, GError **error)
{
	g_autoptr(GPtrArray) all = kernel_cache_scan(fetch->cache);
	g_autofree char *dir = kernel_cache_kernel_dir(fetch->cache, fetch->release);

	*adopted = FALSE;
	for (guint i = 0; i < all->len; i++) {
		KernelMeta *meta = g_ptr_array_index(all, i);

		if (strcmp(meta->release, fresh->release) != 0 ||
		    g_strcmp0(meta->version, fresh->version) != 0)
			continue;
		*adopted = TRUE;
		return !kernel_meta_add_suite(meta, fetch->suite_key) ||
		       kernel_meta_write(meta, dir, error);
	}
	return TRUE;
}

/* Leftovers of one that was killed; the lock is ours, so nobody is at work on them. */
static void sweep(const char *kernels)
{
	g_autoptr(GDir) dir = g_dir_open(kernels, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(kernels, name, NULL);

		if (g_str_has_prefix(name, TEMP_PREFIX))
			tree_remove(path);
	}
}

static gboolean make_temp(Fetch *fetch, GError **error)
{
	g_autofree char *kernels = g_build_filename(fetch->cache, "kernels", NULL);
	char *temp = g_build_filename(kernels, TEMP_PREFIX "XXXXXX", NULL);

	if (!kernel_mkdir(kernels, error)) {
		g_free(temp);
		return FALSE;
	}
	sweep(kernels);
	if (!g_mkdtemp_full(temp, 0755)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot create %s: %s", temp,
			    g_strerror(errno));
		g_free(temp);
		return FALSE;
	}
	fetch->temp = temp;
	fetch->tree = g_build_filename(temp, "tree", NULL);
	return kernel_mkdir(fetch->tree, error);
}

static gboolean download(Fetch *fetch, GError **error)
{
	guint64 bytes = 0;

	for (guint i = 0; i < fetch->packages->len; i++)
		bytes += ((const AptPackage *)g_ptr_array_index(fetch->packages, i))->size_bytes;
	say(fetch, "fetching " IMAGE_PREFIX "%s (%" G_GUINT64_FORMAT " MB)", fetch->release,
	    (bytes + 999999) / 1000000);
	return kernel_apt_download(fetch->apt, fetch->packages, fetch->temp, error);
}

static gboolean unpack(Fetch *fetch, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(fetch->temp, 0, NULL);
	const char *name;

	say(fetch, "unpacking " IMAGE_PREFIX "%s", fetch->release);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(fetch->temp, name, NULL);

		if (g_str_has_suffix(name, ".deb") &&
		    !kernel_deb_unpack(fetch->job, path, fetch->release, fetch->tree, error))
			return FALSE;
	}
	return TRUE;
}

/* Leaves no vmlinux when it has no PVH entry: then the bzImage is booted. */
static gboolean extract_vmlinux(Fetch *fetch, GError **error)
{
	g_autofree char *image = g_strdup_printf("%s/boot/vmlinuz-%s", fetch->tree, fetch->release);
	g_autofree char *path = g_strdup_printf("%s/boot/vmlinux-%s", fetch->tree, fetch->release);
	g_autoptr(GMappedFile) map = g_mapped_file_new(image, FALSE, NULL);
	g_autoptr(GBytes) elf = NULL;
	g_autoptr(GError) why = NULL;
	KernelImage header = {0};

	if (map)
		kernel_image_parse((const guint8 *)g_mapped_file_get_contents(map),
				   g_mapped_file_get_length(map), &header);
	if (header.kind == KERNEL_IMAGE_RAW && header.arch == fetch->arch)
		return TRUE;
	if (header.kind != KERNEL_IMAGE_BZIMAGE || header.arch != fetch->arch) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "the packages of %s hold no kernel image for %s", fetch->release,
			    fetch->arch->title);
		return FALSE;
	}
	elf = kernel_image_extract((const guint8 *)g_mapped_file_get_contents(map), &header);
	if (!elf ||
	    g_file_set_contents(path, g_bytes_get_data(elf, NULL), g_bytes_get_size(elf), &why))
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot write %s: %s", path,
		    why->message);
	return FALSE;
}

/* Renames the tree into the cache; an older build of the same release makes way. */
static gboolean install(Fetch *fetch, const KernelMeta *meta, GError **error)
{
	g_autofree char *dir = kernel_cache_kernel_dir(fetch->cache, fetch->release);
	g_autofree char *old = g_build_filename(fetch->temp, "old", NULL);

	if (!kernel_meta_write(meta, fetch->tree, error))
		return FALSE;
	if (rename(dir, old) < 0 && errno != ENOENT)
		goto fail;
	if (rename(fetch->tree, dir) < 0)
		goto fail;
	return TRUE;
fail:
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot replace %s: %s", dir,
		    g_strerror(errno));
	return FALSE;
}

static void tell_waiting(gpointer user)
{
	say(user, "waiting for another pfnhunt that is fetching a kernel");
}

static gboolean fetch_locked(Fetch *fetch, GError **error)
{
	gboolean own = fetch->arch == arch_host();
	g_autofree char *state =
		g_strconcat(fetch->suite, own ? NULL : "-", own ? NULL : fetch->arch->debian, NULL);
	g_autofree char *apt_dir = g_build_filename(fetch->cache, "apt", state, NULL);
	g_autoptr(KernelMeta) meta = NULL;
	gboolean adopted;

	fetch->codename = kernel_debian_suite(error);
	if (!fetch->codename)
		return FALSE;
	fetch->apt = kernel_apt_new(fetch->job, apt_dir, fetch->codename, fetch->suite, fetch->arch,
				    error);
	if (!fetch->apt)
		return FALSE;
	say(fetch, "reading the package lists of %s", fetch->suite);
	if (!kernel_apt_update(fetch->apt, error) || !resolve(fetch, error))
		return FALSE;
	meta = describe(fetch);
	if (!adopt(fetch, meta, &adopted, error))
		return FALSE;
	return adopted || (make_temp(fetch, error) && download(fetch, error) &&
			   unpack(fetch, error) && extract_vmlinux(fetch, error) &&
			   kernel_depmod(fetch->job, fetch->tree, fetch->release, error) &&
			   install(fetch, meta, error));
}

static int by_version(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

char **kernel_debian_releases(const char *cache, const char *suite, KernelProgress progress,
			      gpointer user, GError **error)
{
	g_auto(Fetch)
		fetch = {.cache = cache, .arch = arch_host(), .progress = progress, .user = user};
	g_autofree char *lock = g_build_filename(cache, "lock", NULL);
	g_autofree char *apt_dir = g_build_filename(cache, "apt", suite, NULL);
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) names = NULL;
	int fd;

	fetch.job = kernel_job_new();
	fetch.suite = g_strdup(suite);
	fetch.codename = kernel_debian_suite(error);
	if (!fetch.codename)
		return NULL;
	fd = kernel_job_lock(fetch.job, lock, LOCK_DEADLINE_S, tell_waiting, &fetch, error);
	if (fd < 0)
		return NULL;
	say(&fetch, "reading the package lists of %s", suite);
	fetch.apt = kernel_apt_new(fetch.job, apt_dir, fetch.codename, suite, fetch.arch, error);
	if (fetch.apt && kernel_apt_update(fetch.apt, error))
		names = kernel_apt_names(fetch.apt, IMAGE_PREFIX, error);
	close(fd);
	if (!names)
		return NULL;
	for (guint i = 0; names[i]; i++)
		if (is_stock_image(names[i], fetch.arch))
			g_ptr_array_add(found, g_strdup(names[i] + strlen(IMAGE_PREFIX)));
	qsort(found->pdata, found->len, sizeof(gpointer), by_version);
	g_ptr_array_add(found, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&found), FALSE);
}

Kernel *kernel_debian_open(const char *cache, const char *spec, const Arch *arch,
			   KernelProgress progress, gpointer user, GError **error)
{
	g_auto(Fetch) fetch = {.cache = cache, .arch = arch, .progress = progress, .user = user};
	g_autofree char *lock = g_build_filename(cache, "lock", NULL);
	g_autoptr(GError) why = NULL;
	Kernel *kernel;
	int fd;

	if (!parse_spec(&fetch, spec, error))
		return NULL;
	kernel = open_cached(&fetch, spec, &why);
	if (kernel || why) {
		if (why)
			g_propagate_error(error, g_steal_pointer(&why));
		return kernel;
	}
	fetch.job = kernel_job_new();
	fd = kernel_job_lock(fetch.job, lock, LOCK_DEADLINE_S, tell_waiting, &fetch, error);
	if (fd < 0)
		return NULL;
	/* Whoever held the lock may have fetched it. */
	kernel = open_cached(&fetch, spec, &why);
	if (!kernel && !why && fetch_locked(&fetch, &why))
		kernel = open_cached(&fetch, spec, &why);
	if (!kernel && !why)
		g_set_error(&why, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s was fetched, but is not in %s", spec, cache);
	close(fd);
	if (why)
		g_propagate_error(error, g_steal_pointer(&why));
	return kernel;
}

gboolean kernel_debian_is_cached(const char *cache, const char *spec, gboolean *cached,
				 GError **error)
{
	g_auto(Fetch) fetch = {.cache = cache};
	g_autoptr(GPtrArray) all = NULL;

	if (!parse_spec(&fetch, spec, error))
		return FALSE;
	all = kernel_cache_scan(cache);
	*cached = kernel_cache_find(all, fetch.arch, fetch.suite, fetch.version) != NULL;
	return TRUE;
}
