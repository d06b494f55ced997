/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs as the kernel will unpack it: names, modes, contents, and the same bytes. */
#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/initramfs.h"
#include "host-driver/kernel/kernel.h"
#include "tests/unit/kernel-fixture.h"

static KernelModule *new_module(const char *name, char *path, const char *params)
{
	KernelModule *module = g_new0(KernelModule, 1);

	module->name = g_strdup(name);
	module->path = path;
	module->params = g_strdup(params);
	return module;
}

/* Three modules in @dir: plain, xz and zstd; their contents are "\x7f" "ELF" and the name. */
static GPtrArray *make_modules(const char *dir)
{
	static const char *const filters[] = {NULL, "xz", "zstd"};
	GPtrArray *modules = g_ptr_array_new_with_free_func((GDestroyNotify)kernel_module_free);

	for (guint i = 0; i < G_N_ELEMENTS(filters); i++) {
		g_autofree char *name = g_strdup_printf("mod_%u", i);
		g_autofree char *text = g_strdup_printf("\x7f"
							"ELF %s",
							name);
		g_autoptr(GByteArray) plain = g_byte_array_new();
		g_autoptr(GByteArray) packed = NULL;

		g_byte_array_append(plain, (const guint8 *)text, strlen(text));
		packed = filters[i] ? fix_compress(plain, filters[i]) : g_byte_array_ref(plain);
		g_ptr_array_add(modules,
				new_module(name, fix_write(dir, name, packed->data, packed->len),
					   i == 1 ? "a=1 b=2" : NULL));
	}
	return modules;
}

/* "MODE UID:GID RDEV NAME=CONTENT" of every entry, one a line. */
static char *describe(const char *path)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	int rc;

	archive_read_support_format_cpio(a);
	g_assert_cmpint(archive_read_open_filename(a, path, 10240), ==, ARCHIVE_OK);
	while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		char content[256] = "";
		la_ssize_t len = archive_read_data(a, content, sizeof(content) - 1);

		g_assert_cmpint(len, >=, 0);
		g_assert_cmpint(archive_entry_mtime(entry), ==, 0);
		g_string_append_printf(text, "%o %d:%d %d:%d %s=%s\n", archive_entry_mode(entry),
				       (int)archive_entry_uid(entry), (int)archive_entry_gid(entry),
				       (int)archive_entry_rdevmajor(entry),
				       (int)archive_entry_rdevminor(entry),
				       archive_entry_pathname(entry), content);
	}
	g_assert_cmpint(rc, ==, ARCHIVE_EOF);
	archive_read_free(a);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_content(void)
{
	char *dir = fix_dir();
	g_autofree char *agent = fix_write(dir, "agent", "the agent", -1);
	g_autofree char *path = g_build_filename(dir, "initramfs", NULL);
	g_autoptr(GPtrArray) modules = make_modules(dir);
	g_autoptr(GError) error = NULL;
	g_autofree char *got = NULL;
	g_autofree char *magic = NULL;

	g_assert_true(initramfs_write(path, agent, modules, 2, NULL, &error));
	g_assert_no_error(error);
	got = describe(path);
	g_assert_cmpstr(got, ==,
			"40755 0:0 0:0 dev=\n"
			"20600 0:0 5:1 dev/console=\n"
			"100755 0:0 0:0 init=the agent\n"
			"40755 0:0 0:0 modules=\n"
			"100644 0:0 0:0 modules/mod_0.ko=\x7f"
			"ELF mod_0\n"
			"100644 0:0 0:0 modules/mod_1.ko=\x7f"
			"ELF mod_1\n"
			"100644 0:0 0:0 modules/mod_2.ko=\x7f"
			"ELF mod_2\n"
			"100644 0:0 0:0 modules/boot=/modules/mod_0.ko\n"
			"/modules/mod_1.ko a=1 b=2\n\n");
	/* newc is the only format that the kernel takes. */
	g_assert_true(g_file_get_contents(path, &magic, NULL, NULL));
	g_assert_true(g_str_has_prefix(magic, "070701"));
	fix_remove(dir);
}

/* Programs of the host: their folder once, and all of them may be run. */
static void test_files(void)
{
	char *dir = fix_dir();
	g_autofree char *agent = fix_write(dir, "agent", "the agent", -1);
	g_autofree char *tool = fix_write(dir, "tool", "a tool", -1);
	g_autofree char *path = g_build_filename(dir, "initramfs", NULL);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(GPtrArray) files =
		g_ptr_array_new_with_free_func((GDestroyNotify)initramfs_file_free);
	g_autoptr(GError) error = NULL;
	g_autofree char *got = NULL;

	g_ptr_array_add(files, initramfs_file_new("stress/tool", tool));
	g_ptr_array_add(files, initramfs_file_new("stress/again", tool));
	g_assert_true(initramfs_write(path, agent, none, 0, files, &error));
	got = describe(path);
	g_assert_true(g_str_has_suffix(got, "40755 0:0 0:0 stress=\n"
					    "100755 0:0 0:0 stress/tool=a tool\n"
					    "100755 0:0 0:0 stress/again=a tool\n"));
	g_ptr_array_add(files, initramfs_file_new("stress/gone", "/nonexistent/tool"));
	g_assert_false(initramfs_write(path, agent, none, 0, files, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "/nonexistent/tool");
	fix_remove(dir);
}

static void test_same_bytes(void)
{
	char *dir = fix_dir();
	g_autofree char *agent = fix_write(dir, "agent", "the agent", -1);
	g_autofree char *path[2] = {g_build_filename(dir, "a", NULL),
				    g_build_filename(dir, "b", NULL)};
	g_autoptr(GPtrArray) modules = make_modules(dir);
	g_autofree char *first = NULL, *second = NULL;
	gsize first_len, second_len;
	GStatBuf st;

	g_assert_true(initramfs_write(path[0], agent, modules, 3, NULL, NULL));
	/* Written over an older file, by another time stamp of the agent. */
	g_free(fix_write(dir, "b", "old", -1));
	g_assert_cmpint(g_chmod(agent, 0600), ==, 0);
	g_assert_true(initramfs_write(path[1], agent, modules, 3, NULL, NULL));
	g_assert_true(g_file_get_contents(path[0], &first, &first_len, NULL));
	g_assert_true(g_file_get_contents(path[1], &second, &second_len, NULL));
	g_assert_cmpmem(first, first_len, second, second_len);
	g_assert_cmpint(g_stat(path[1], &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777 & ~0644, ==, 0);
	g_free(path[1]);
	path[1] = NULL;
	fix_remove(dir);
}

static guint count_files(const char *dir)
{
	g_autoptr(GDir) files = g_dir_open(dir, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(files))
		n++;
	return n;
}

/* An error leaves nothing behind, and an older file as it was. */
static void test_errors(void)
{
	char *dir = fix_dir();
	g_autofree char *agent = fix_write(dir, "agent", "the agent", -1);
	g_autofree char *path = fix_write(dir, "initramfs", "old", -1);
	g_autofree char *nowhere = g_build_filename(dir, "none", "initramfs", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GPtrArray) modules =
		g_ptr_array_new_with_free_func((GDestroyNotify)kernel_module_free);
	g_autoptr(GError) error = NULL;

	g_assert_false(initramfs_write(path, "/nonexistent/agent", modules, 0, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "/nonexistent/agent");
	g_assert_false(initramfs_write(nowhere, agent, modules, 0, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "cannot create");
	g_ptr_array_add(modules, new_module("bad", fix_write(dir, "bad.ko.xz", "no xz", -1), NULL));
	g_assert_false(initramfs_write(path, agent, modules, 1, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "bad.ko.xz");
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "old");
	g_assert_cmpuint(count_files(dir), ==, 3);
	fix_remove(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/initramfs/content", test_content);
	g_test_add_func("/initramfs/files", test_files);
	g_test_add_func("/initramfs/same-bytes", test_same_bytes);
	g_test_add_func("/initramfs/errors", test_errors);
	return g_test_run();
}
