/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Order of modules, soft dependencies, built-in ones and missing ones, on a made-up
 * lib/modules whose objects the build compiles ($PFNHUNT_TEST_MODULES) and depmod indexes.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/kernel.h"
#include "tests/unit/kernel-fixture.h"

static char *tree;	  /* base folder of the tests */
static char *config;	  /* its .config */
static char *modules_dir; /* lib/modules/RELEASE in it */
static gboolean have_depmod;

static void put_module(const char *object, const char *name, const char *filter)
{
	g_autofree char *from = g_build_filename(g_getenv("PFNHUNT_TEST_MODULES"), object, NULL);
	g_autoptr(GByteArray) plain = g_byte_array_new();
	g_autoptr(GByteArray) packed = NULL;
	g_autofree char *path = NULL;
	g_autofree char *bytes = NULL;
	gsize len;

	g_assert_true(g_file_get_contents(from, &bytes, &len, NULL));
	g_byte_array_append(plain, (const guint8 *)bytes, len);
	packed = filter ? fix_compress(plain, filter) : g_byte_array_ref(plain);
	path = fix_write(modules_dir, name, packed->data, packed->len);
}

static gboolean run_depmod(void)
{
	g_autofree char *depmod = g_find_program_in_path("depmod");
	g_autoptr(GSubprocess) child = NULL;
	g_autofree char *usr = g_build_filename(tree, "usr", NULL);

	if (!depmod)
		depmod = g_find_program_in_path("/usr/sbin/depmod");
	if (!depmod)
		return FALSE;
	g_assert_cmpint(symlink(".", usr), ==, 0);
	child = g_subprocess_new(G_SUBPROCESS_FLAGS_NONE, NULL, depmod, "-b", tree, FIX_RELEASE,
				 NULL);
	g_assert_true(g_subprocess_wait_check(child, NULL, NULL));
	return TRUE;
}

static void set_up(void)
{
	g_autofree char *order = NULL, *builtin = NULL;

	tree = fix_dir();
	modules_dir = g_build_filename(tree, "lib/modules/" FIX_RELEASE, NULL);
	put_module("mod_base.o", "kernel/mod_base.ko.xz", "xz");
	put_module("mod-top.o", "kernel/mod-top.ko", NULL);
	put_module("mod_soft.o", "kernel/mod_soft.ko", NULL);
	order = fix_write(modules_dir, "modules.order", "kernel/mod-top.ko\n", -1);
	builtin = fix_write(modules_dir, "modules.builtin", "kernel/virtio/virtio-ring.ko\n", -1);
	config = fix_write(tree, "config",
			   "# CONFIG_OFF is not set\nCONFIG_VIRTIO_MEM=y\nCONFIG_KSM=y\n"
			   "CONFIG_ZRAM=m\nCONFIG_NAME=\"my CONFIG_EVIL=m\"\nCONFIG_HZ=250\n",
			   -1);
	have_depmod = run_depmod();
}

static GPtrArray *new_modules(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)kernel_module_free);
}

static const KernelModule *nth(const GPtrArray *modules, guint i)
{
	g_assert_cmpuint(i, <, modules->len);
	return g_ptr_array_index(modules, i);
}

static void test_order(void)
{
	const Kernel kernel = {.release = (char *)FIX_RELEASE, .modules_dir = modules_dir};
	const char *const names[] = {"virtio_ring", "mod-top debug=1 level=2", "mod_base", NULL};
	g_autoptr(GPtrArray) modules = new_modules();
	g_autoptr(GError) error = NULL;

	if (!have_depmod)
		return g_test_skip("depmod (package kmod) is missing");
	g_assert_true(kernel_modules_resolve(&kernel, names, modules, NULL, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(modules->len, ==, 3);
	g_assert_cmpstr(nth(modules, 0)->name, ==, "mod_soft");
	g_assert_cmpstr(nth(modules, 1)->name, ==, "mod_base");
	g_assert_true(g_str_has_suffix(nth(modules, 1)->path, "kernel/mod_base.ko.xz"));
	g_assert_null(nth(modules, 1)->params);
	g_assert_cmpstr(nth(modules, 2)->name, ==, "mod_top");
	g_assert_cmpstr(nth(modules, 2)->params, ==, "debug=1 level=2");
	/* A second call adds nothing that is there already. */
	g_assert_true(kernel_modules_resolve(&kernel, names, modules, NULL, &error));
	g_assert_cmpuint(modules->len, ==, 3);
}

static void test_missing(void)
{
	const Kernel kernel = {
		.release = (char *)FIX_RELEASE, .modules_dir = modules_dir, .config_path = config};
	const char *const names[] = {"off", "mod_soft", NULL};
	g_autoptr(GPtrArray) modules = new_modules();
	g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	if (!have_depmod)
		return g_test_skip("depmod (package kmod) is missing");
	g_assert_false(kernel_modules_resolve(&kernel, names, modules, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE,
			"kernel " FIX_RELEASE " has no off (CONFIG_OFF): neither in");
	g_assert_true(kernel_modules_resolve(&kernel, names, modules, missing, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(missing->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(missing, 0), ==, "off");
	g_assert_cmpuint(modules->len, ==, 1);
}

/* Modules that nobody ran depmod for. */
static void test_no_depmod(void)
{
	char *dir = fix_dir();
	g_autofree char *order = fix_write(dir, "lib/modules/6.6.6/modules.order", "", -1);
	g_autofree char *modules = g_path_get_dirname(order);
	const Kernel kernel = {.release = (char *)"6.6.6", .modules_dir = modules};
	const char *const names[] = {"virtio_mem", NULL};
	g_autoptr(GPtrArray) list = new_modules();
	g_autofree char *fix = g_strdup_printf("run `depmod -b %s 6.6.6`", dir);
	g_autoptr(GError) error = NULL;

	g_assert_false(kernel_modules_resolve(&kernel, names, list, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE, fix);
	fix_remove(dir);
}

/* A kernel without a modules folder: its .config tells what is built in. */
static void test_all_builtin(void)
{
	const Kernel kernel = {.release = (char *)"7.0.0", .config_path = config};
	const Kernel unknown = {.release = (char *)"7.0.0"};
	g_autoptr(GPtrArray) modules = new_modules();
	g_autoptr(GError) error = NULL;

	g_assert_true(kernel_modules_resolve(&kernel, (const char *const[]){"virtio-mem", NULL},
					     modules, NULL, &error));
	g_assert_no_error(error);
	g_assert_false(kernel_modules_resolve(&kernel, (const char *const[]){"zram", NULL}, modules,
					      NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE, "pass --modules DIR");
	g_assert_false(kernel_modules_resolve(&kernel, (const char *const[]){"off", NULL}, modules,
					      NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE, "not built in");
	g_assert_true(kernel_modules_resolve(&unknown, (const char *const[]){"virtio_mem", NULL},
					     modules, NULL, &error));
	g_assert_cmpuint(modules->len, ==, 0);
}

static void test_config(void)
{
	const Kernel kernel = {.config_path = config};
	const Kernel none = {.config_path = NULL};

	g_assert_cmpint(kernel_config(&kernel, "KSM"), ==, 'y');
	g_assert_cmpint(kernel_config(&kernel, "ZRAM"), ==, 'm');
	g_assert_cmpint(kernel_config(&kernel, "OFF"), ==, 'n');
	g_assert_cmpint(kernel_config(&kernel, "EVIL"), ==, 'n');
	g_assert_cmpint(kernel_config(&kernel, "MEM"), ==, 'n');
	g_assert_cmpint(kernel_config(&kernel, "HZ"), ==, 'y');
	g_assert_cmpint(kernel_config(&none, "KSM"), ==, '?');
}

int main(int argc, char **argv)
{
	int rc;

	g_test_init(&argc, &argv, NULL);
	set_up();
	g_test_add_func("/kernel-module/order", test_order);
	g_test_add_func("/kernel-module/missing", test_missing);
	g_test_add_func("/kernel-module/no-depmod", test_no_depmod);
	g_test_add_func("/kernel-module/all-builtin", test_all_builtin);
	g_test_add_func("/kernel-module/config", test_config);
	rc = g_test_run();
	fix_remove(tree);
	g_free(config);
	g_free(modules_dir);
	return rc;
}
