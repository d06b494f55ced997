/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel_open() on made-up images, and on a cache folder of its own. */

#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"
#include "host-driver/kernel/cache.h"
#include "host-driver/kernel/kernel.h"
#include "tests/unit/kernel-fixture.h"

static char *base;  /* everything of this test program */
static char *cache; /* $XDG_CACHE_HOME/pfnhunt in it */

/* Writes an image to the new folder @dir. */
static char *put_kernel(const char *dir, const char *name, FixFlags flags)
{
	g_autoptr(GByteArray) file = fix_kernel(flags);

	return fix_write(dir, name, file->data, file->len);
}

static void test_path(void)
{
	char *dir = fix_dir();
	g_autofree char *image = put_kernel(dir, "boot/vmlinuz", FIX_PVH | FIX_BUILD_ID_NOTE);
	g_autofree char *config = fix_write(dir, "boot/config-" FIX_RELEASE, "", -1);
	g_autofree char *order =
		fix_write(dir, "lib/modules/" FIX_RELEASE "/modules.order", "", -1);
	g_autofree char *modules = g_path_get_dirname(order);
	g_autoptr(GError) error = NULL;

	/* The second time, vmlinux comes out of the cache. */
	for (guint i = 0; i < 2; i++) {
		g_autoptr(Kernel) kernel = kernel_open(image, NULL, NULL, NULL, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(kernel->spec, ==, image);
		g_assert_cmpstr(kernel->release, ==, FIX_RELEASE);
		g_assert_cmpstr(kernel->image_path, ==, image);
		g_assert_cmpstr(kernel->build_id, ==, FIX_BUILD_ID);
		g_assert_cmpstr(kernel->config_path, ==, config);
		g_assert_cmpstr(kernel->modules_dir, ==, modules);
		g_assert_true(g_str_has_prefix(kernel->vmlinux_path, cache));
		g_assert_true(g_file_test(kernel->vmlinux_path, G_FILE_TEST_IS_REGULAR));
	}
	fix_remove(dir);
}

static void test_path_without_pvh(void)
{
	char *dir = fix_dir();
	g_autofree char *image = put_kernel(dir, "bzImage", 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = kernel_open(image, NULL, NULL, NULL, &error);

	g_assert_no_error(error);
	g_assert_null(kernel->vmlinux_path);
	g_assert_null(kernel->build_id);
	g_assert_null(kernel->modules_dir);
	g_assert_null(kernel->config_path);
	fix_remove(dir);
}

static void test_vmlinux(void)
{
	char *dir = fix_dir();
	g_autoptr(GByteArray) good = fix_vmlinux(FIX_PVH);
	g_autoptr(GByteArray) bad = fix_vmlinux(0);
	g_autofree char *with = fix_write(dir, "with", good->data, good->len);
	g_autofree char *without = fix_write(dir, "without", bad->data, bad->len);
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = kernel_open(with, NULL, NULL, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(kernel->vmlinux_path, ==, with);
	g_assert_cmpstr(kernel->release, ==, FIX_RELEASE);
	g_assert_null(kernel_open(without, NULL, NULL, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE, "has no PVH entry");
	fix_remove(dir);
}

/* The image says which architecture it is of; an ELF of arm64 cannot be booted. */
static void test_arm64(void)
{
	char *dir = fix_dir();
	g_autoptr(GByteArray) file = fix_image();
	g_autofree char *image = fix_write(dir, "Image", file->data, file->len);
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = kernel_open(image, NULL, NULL, NULL, &error);

	g_assert_no_error(error);
	g_assert_true(kernel->arch == &arch_arm64);
	g_assert_cmpstr(kernel->release, ==, FIX_RELEASE_ARM64);
	g_assert_cmpstr(kernel->image_path, ==, image);
	g_assert_null(kernel->vmlinux_path);
	fix_remove(dir);
}

static void check_bad(const char *spec, const char *modules, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(kernel_open(spec, modules, NULL, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE, words);
}

static void test_not_a_kernel(void)
{
	char *dir = fix_dir();
	g_autofree char *text = fix_write(dir, "text", "#!/bin/sh\n", -1);
	g_autofree char *empty = fix_write(dir, "empty", "", 0);
	g_autofree char *small = put_kernel(dir, "small", FIX_PVH | FIX_32BIT);

	check_bad(text, NULL, "is no Linux kernel for x86-64 or arm64");
	check_bad(empty, NULL, "is no Linux kernel");
	check_bad("/bin/sh", NULL, "is no Linux kernel");
	check_bad(dir, NULL, dir);
	check_bad("/nonexistent/bzImage", NULL, "/nonexistent/bzImage");
	check_bad(small, NULL, "32-bit");
	check_bad("wonderful", NULL, "no kernel “wonderful”");
	check_bad("", NULL, "no kernel");
	check_bad("9.9", NULL, "no kernel “9.9”");
	check_bad("debian: evil", NULL, "bad kernel");
	check_bad("debian:TRIXIE", NULL, "bad kernel");
	check_bad("debian:trixie:$(x)", NULL, "bad kernel");
	check_bad("debian", dir, "--modules goes with --kernel PATH");
	fix_remove(dir);
}

static void test_modules_dir(void)
{
	char *dir = fix_dir();
	g_autofree char *image = put_kernel(dir, "bzImage", FIX_PVH);
	g_autofree char *right =
		fix_write(dir, "m/lib/modules/" FIX_RELEASE "/modules.order", "", 0);
	g_autofree char *wrong = fix_write(dir, "w/lib/modules/6.6.6/modules.order", "", 0);
	g_autofree char *right_dir = g_path_get_dirname(right);
	g_autofree char *wrong_dir = g_path_get_dirname(wrong);
	g_autofree char *right_base = g_build_filename(dir, "m", NULL);
	const char *const given[] = {right_dir, right_base};

	for (guint i = 0; i < G_N_ELEMENTS(given); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Kernel) kernel = kernel_open(image, given[i], NULL, NULL, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(kernel->modules_dir, ==, right_dir);
	}
	check_bad(image, wrong_dir, "are of another kernel");
	check_bad(image, dir, "holds no modules");
	check_bad(image, "/nonexistent", "holds no modules");
	fix_remove(dir);
}

/* An image that does not say its release is called after its modules. */
static void test_no_release(void)
{
	char *dir = fix_dir();
	g_autofree char *image = put_kernel(dir, "bzImage", FIX_NO_RELEASE);
	g_autofree char *order = fix_write(dir, "lib/modules/6.6.6/modules.order", "", 0);
	g_autofree char *modules = g_path_get_dirname(order);
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = kernel_open(image, modules, NULL, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(kernel->release, ==, "6.6.6");
	fix_remove(dir);
}

static void test_version_prefix(void)
{
	g_assert_true(kernel_version_has_prefix("6.12.95+deb12-amd64", "6.12"));
	g_assert_true(kernel_version_has_prefix("6.12.95+deb12-amd64", "6.12.95"));
	g_assert_false(kernel_version_has_prefix("6.12.95+deb12-amd64", "6.1"));
	g_assert_false(kernel_version_has_prefix("6.12.95+deb12-amd64", "6.12.9"));
	g_assert_true(kernel_version_has_prefix("6.1.0-56-amd64", "6.1.0-56-amd64"));
}

/* A whole kernel in the cache, as a fetch would leave it. */
static void put_cached(const char *release, const char *suite)
{
	g_autoptr(KernelMeta) meta = kernel_meta_new(release, "1.2.3-1");
	g_autofree char *dir = kernel_cache_kernel_dir(cache, release);
	g_autofree char *image = g_strdup_printf("boot/vmlinuz-%s", release);
	g_autofree char *order = g_strdup_printf("lib/modules/%s/modules.order", release);

	g_free(fix_write(dir, image, "image", -1));
	g_free(fix_write(dir, order, "", 0));
	kernel_meta_add_suite(meta, suite);
	g_assert_true(kernel_meta_write(meta, dir, NULL));
}

static void check_opens(const char *spec, const char *release)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = kernel_open(spec, NULL, NULL, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(kernel->release, ==, release);
	g_assert_cmpstr(kernel->version, ==, "1.2.3-1");
}

static void test_cached(void)
{
	g_autofree char *half = NULL;
	g_autofree char *kernels = g_build_filename(cache, "kernels", NULL);

	put_cached("6.12.9-amd64", "one");
	put_cached("6.12.10-amd64", "two");
	put_cached("6.12.11-amd64", "one:");
	half = fix_write(kernels, "6.99.0/boot/vmlinuz-6.99.0", "no meta.ini: half a kernel", -1);
	check_opens("6.12", "6.12.11-amd64");
	check_opens("6.12.9", "6.12.9-amd64");
	/* The suite's default is not the newer one that was asked for by version. */
	check_opens("debian:one", "6.12.9-amd64");
	check_opens("debian:two", "6.12.10-amd64");
	check_opens("debian:one:6.12", "6.12.11-amd64");
	check_bad("6.99", NULL, "no kernel");
	tree_remove(kernels);
}

/* A bare version is this machine's when there is one; else it may be another one's. */
static void test_cached_arches(void)
{
	g_autofree char *kernels = g_build_filename(cache, "kernels", NULL);
	const Arch *own = arch_host(), *other = own == &arch_x86 ? &arch_arm64 : &arch_x86;
	g_autofree char *mine = g_strdup_printf("6.12.9-%s", own->debian);
	g_autofree char *newer = g_strdup_printf("6.12.10-%s", other->debian);
	g_autofree char *alone = g_strdup_printf("6.13.1-%s", other->debian);
	g_autofree char *spec = g_strdup_printf("6.12-%s", other->debian);
	g_autofree char *of_suite = g_strdup_printf("debian:one:6.12-%s", other->debian);
	g_autofree char *none = g_strdup_printf("6.13-%s", own->debian);
	g_autoptr(Kernel) kernel = NULL;

	put_cached(mine, "one");
	put_cached(newer, "one:");
	put_cached(alone, "one:");
	check_opens("6.12", mine);
	check_opens(spec, newer);
	check_opens(newer, newer);
	check_opens("6.13", alone);
	check_opens(of_suite, newer);
	check_opens("debian:one", mine);
	check_bad(none, NULL, "no kernel");
	kernel = kernel_open(spec, NULL, NULL, NULL, NULL);
	g_assert_true(kernel->arch == other);
	tree_remove(kernels);
}

static void test_list(void)
{
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *kernels = g_build_filename(cache, "kernels", NULL);
	gboolean seen = FALSE;

	put_cached("6.12.9-amd64", "one");
	list = kernel_list(&error);
	g_assert_no_error(error);
	for (guint i = 0; i < list->len; i++) {
		const KernelEntry *entry = g_ptr_array_index(list, i);

		if (g_strcmp0(entry->where, "cache") == 0) {
			g_assert_cmpstr(entry->spec, ==, "6.12.9-amd64");
			g_assert_cmpstr(entry->version, ==, "1.2.3-1");
			seen = TRUE;
		}
	}
	g_assert_true(seen);
	tree_remove(kernels);
}

int main(int argc, char **argv)
{
	int rc;

	g_test_init(&argc, &argv, NULL);
	base = fix_dir();
	g_setenv("XDG_CACHE_HOME", base, TRUE);
	cache = kernel_cache_dir(NULL);
	g_test_add_func("/kernel/path", test_path);
	g_test_add_func("/kernel/path-without-pvh", test_path_without_pvh);
	g_test_add_func("/kernel/vmlinux", test_vmlinux);
	g_test_add_func("/kernel/not-a-kernel", test_not_a_kernel);
	g_test_add_func("/kernel/modules-dir", test_modules_dir);
	g_test_add_func("/kernel/no-release", test_no_release);
	g_test_add_func("/kernel/version-prefix", test_version_prefix);
	g_test_add_func("/kernel/cached", test_cached);
	g_test_add_func("/kernel/arm64", test_arm64);
	g_test_add_func("/kernel/cached-arches", test_cached_arches);
	g_test_add_func("/kernel/list", test_list);
	rc = g_test_run();
	fix_remove(base);
	g_free(cache);
	return rc;
}
