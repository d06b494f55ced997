/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacking Debian's packages, both layouts of them and hostile ones; apt's sources. */
#include <glib/gstdio.h>
#include <string.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/apt.h"
#include "host-driver/kernel/deb.h"
#include "tests/unit/kernel-fixture.h"

#define R "6.1.0-99-amd64"

static gboolean unpack(const FixFile *files, const char *dir, GError **error)
{
	g_autoptr(KernelJob) job = kernel_job_new();
	g_autofree char *deb = g_build_filename(dir, "x.deb", NULL);
	g_autofree char *tree = g_build_filename(dir, "tree", NULL);

	fix_deb(deb, files);
	return kernel_deb_unpack(job, deb, R, tree, error);
}

static void check_file(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, "tree", name, NULL);
	g_autofree char *got = NULL;

	g_file_get_contents(path, &got, NULL, NULL);
	g_assert_cmpstr(got, ==, text);
}

static void check_layout(const FixFile *files)
{
	g_autoptr(GError) error = NULL;
	char *dir = fix_dir();

	g_assert_true(unpack(files, dir, &error));
	g_assert_no_error(error);
	check_file(dir, "boot/vmlinuz-" R, "image");
	check_file(dir, "boot/config-" R, "CONFIG_X=y\n");
	check_file(dir, "boot/System.map-" R, NULL);
	check_file(dir, "lib/modules/" R "/modules.order", "order");
	check_file(dir, "lib/modules/" R "/kernel/drivers/virtio/virtio_mem.ko.xz", "mod");
	check_file(dir, "lib/modules/" R "/kernel/sound/core/snd.ko.xz", NULL);
	check_file(dir, "lib/modules/" R "/kernel/drivers/gpu/drm/drm.ko.xz", NULL);
	check_file(dir, "lib/modules/" R "/build", NULL);
	check_file(dir, "usr/share/doc/x/copyright", NULL);
	fix_remove(dir);
}

static void test_one_package(void)
{
	check_layout((const FixFile[]){
		{"./boot/vmlinuz-" R, "image", -1},
		{"./boot/config-" R, "CONFIG_X=y\n", -1},
		{"./boot/System.map-" R, "map", -1},
		{"./lib/modules/" R "/modules.order", "order", -1},
		{"./lib/modules/" R "/build", NULL, 0, "/usr/src/linux-headers"},
		{"./lib/modules/" R "/kernel/drivers/virtio/virtio_mem.ko.xz", "mod", -1},
		{"./lib/modules/" R "/kernel/sound/core/snd.ko.xz", "mod", -1},
		{"./lib/modules/" R "/kernel/drivers/gpu/drm/drm.ko.xz", "mod", -1},
		{"./usr/share/doc/x/copyright", "text", -1},
		{NULL},
	});
}

static void test_usr_layout(void)
{
	check_layout((const FixFile[]){
		{"./usr/lib/modules/" R "/vmlinuz", "image", -1},
		{"./usr/lib/modules/" R "/config", "CONFIG_X=y\n", -1},
		{"./usr/lib/modules/" R "/System.map", "map", -1},
		{"./usr/lib/modules/" R "/modules.order", "order", -1},
		{"./usr/lib/modules/" R "/kernel/drivers/virtio/virtio_mem.ko.xz", "mod", -1},
		{"./usr/lib/modules/6.6.6-amd64/kernel/drivers/virtio/other.ko.xz", "mod", -1},
		{NULL},
	});
}

static void check_refused(const FixFile *files, const char *outside)
{
	g_autoptr(GError) error = NULL;
	char *dir = fix_dir();
	g_autofree char *path = g_build_filename(dir, outside, NULL);

	g_assert_false(unpack(files, dir, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "leads out of the package");
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	fix_remove(dir);
}

static void test_hostile_names(void)
{
	check_refused((const FixFile[]){{"./boot/../../evil", "x", -1}, {NULL}}, "evil");
	check_refused(
		(const FixFile[]){{"./lib/modules/" R "/kernel/../../../../../evil.ko", "x", -1},
				  {NULL}},
		"evil.ko");
	check_refused((const FixFile[]){{"/boot/vmlinuz-" R, "x", -1}, {NULL}}, "evil");
	check_refused((const FixFile[]){{"..", "x", -1}, {NULL}}, "evil");
}

/* A link first, then a file "in" it: the link is not made, so the file stays inside. */
static void test_hostile_link(void)
{
	g_autoptr(GError) error = NULL;
	char *dir = fix_dir();
	char *outside = fix_dir();
	g_autofree char *link = g_build_filename(dir, "tree/lib/modules/" R "/kernel", NULL);
	g_autofree char *evil = g_build_filename(outside, "evil.ko", NULL);
	const FixFile files[] = {
		{"./lib/modules/" R "/kernel", NULL, 0, outside},
		{"./lib/modules/" R "/kernel/evil.ko", "x", -1},
		{"./boot/vmlinuz-" R, NULL, 0, "/etc/passwd"},
		{NULL},
	};

	g_assert_true(unpack(files, dir, &error));
	g_assert_no_error(error);
	g_assert_false(g_file_test(evil, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
	check_file(dir, "lib/modules/" R "/kernel/evil.ko", "x");
	check_file(dir, "boot/vmlinuz-" R, NULL);
	fix_remove(dir);
	fix_remove(outside);
}

static void test_no_package(void)
{
	g_autoptr(KernelJob) job = kernel_job_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *whole = NULL;
	g_autofree char *text = NULL;
	g_autofree char *cut = NULL;
	char *dir = fix_dir();
	g_autofree char *junk = fix_write(dir, "junk.deb", "this is not ar", -1);
	g_autofree char *tree = g_build_filename(dir, "tree", NULL);
	g_autofree char *missing = g_build_filename(dir, "none.deb", NULL);
	gsize len;

	g_assert_false(kernel_deb_unpack(job, junk, R, tree, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "cannot unpack");
	g_assert_false(kernel_deb_unpack(job, missing, R, tree, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "none.deb");
	whole = g_build_filename(dir, "whole.deb", NULL);
	fix_deb(whole, (const FixFile[]){{"./boot/vmlinuz-" R, "image", -1}, {NULL}});
	g_assert_true(g_file_get_contents(whole, &text, &len, NULL));
	cut = fix_write(dir, "cut.deb", text, len - 60);
	g_assert_false(kernel_deb_unpack(job, cut, R, tree, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "cut.deb");
	fix_remove(dir);
}

static const char TARGETS[] =
	"Packages\tmain\tnodistro\t$(CODENAME)\thttps://x.example/\t/nonexistent:1\n"
	"Packages\tcontrib\tstable\tbookworm\thttp://m.example/debian/\t/nonexistent:1\n"
	"Contents-deb\tmain\tstable\tbookworm\thttp://m.example/debian/\t/nonexistent:1\n"
	"Packages\tmain\tstable\tbookworm\thttp://m.example/debian/\t/nonexistent:1\n"
	"Packages\tmain\tstable-updates\tbookworm-updates\thttp://m.example/debian/\t/none:1\n"
	"garbage\n"
	"Packages\tmain\tbookworm-security\tbookworm-security\thttp://s.example/sec/\t/none:2\n";

#define LINE(uri, suite) "deb [arch=amd64 lang=none target=Packages] " uri " " suite " main\n"

static void check_sources(const char *codename, const char *suite, gboolean security,
			  const char *expected)
{
	g_autofree char *got = kernel_apt_sources(TARGETS, codename, suite, &arch_x86, security);

	g_assert_cmpstr(got, ==, expected);
}

static void test_sources(void)
{
	check_sources("bookworm", "bookworm", TRUE,
		      LINE("http://m.example/debian/", "bookworm")
			      LINE("http://s.example/sec/", "bookworm-security"));
	check_sources("bookworm", "trixie", TRUE,
		      LINE("http://m.example/debian/", "trixie")
			      LINE("http://s.example/sec/", "trixie-security"));
	check_sources("bookworm", "trixie", FALSE, LINE("http://m.example/debian/", "trixie"));
	check_sources("bookworm", "bookworm-backports", TRUE,
		      LINE("http://m.example/debian/", "bookworm-backports"));
	check_sources("bookworm", "sid", TRUE, LINE("http://m.example/debian/", "sid"));
	check_sources("trixie", "trixie", TRUE, NULL);
}

/* The keyrings that the machine's own source names are kept. */
static void test_signed_by(void)
{
	char *dir = fix_dir();
	g_autofree char *key = fix_write(dir, "mirror.gpg", "key", -1);
	g_autofree char *text =
		g_strdup_printf("Types: deb\nURIs: http://m/\nSuites: s\nSigned-By: %s\n", key);
	g_autofree char *source = fix_write(dir, "debian.sources", text, -1);
	g_autofree char *target =
		g_strdup_printf("Packages\tmain\ts\ts\thttp://m/\t%s:1\n", source);
	g_autofree char *list = kernel_apt_sources(target, "s", "s", &arch_x86, FALSE);
	g_autofree char *option = g_strdup_printf("signed-by=%s", key);

	g_assert_nonnull(strstr(list, option));
	fix_remove(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kernel-deb/one-package", test_one_package);
	g_test_add_func("/kernel-deb/usr-layout", test_usr_layout);
	g_test_add_func("/kernel-deb/hostile-names", test_hostile_names);
	g_test_add_func("/kernel-deb/hostile-link", test_hostile_link);
	g_test_add_func("/kernel-deb/no-package", test_no_package);
	g_test_add_func("/kernel-apt/sources", test_sources);
	g_test_add_func("/kernel-apt/signed-by", test_signed_by);
	return g_test_run();
}
