/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log files that are packed, encoded, no text at all, damaged, or bombs. */
#include "harness/splat/input.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#define MANY_BYTES (1u << 20)

static void collect(const char *data, gsize len, gpointer user)
{
	g_string_append_len(user, data, (gssize)len);
}

/* What is read of [data, data + len), or NULL with @error. */
static char *read_bytes(const char *data, gsize len, guint64 max_bytes, GError **error)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "test-input.XXXXXX", NULL);
	GString *text = g_string_new(NULL);
	int fd = g_mkstemp(path);
	gboolean good;

	g_assert_cmpint(fd, >=, 0);
	g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
	g_close(fd, NULL);
	fd = g_open(path, O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(fd, >=, 0);
	good = splat_input_read(fd, max_bytes, collect, text, error);
	g_close(fd, NULL);
	g_unlink(path);
	return g_string_free(text, !good);
}

static void test_files(void)
{
	static const char *const names[] = {"warn.gz", "warn.xz", "warn.utf16"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path =
			g_build_filename(g_getenv("PFNHUNT_CARRIERS"), names[i], NULL);
		g_autofree char *data = NULL, *text = NULL;
		g_autoptr(GError) error = NULL;
		gsize len;

		g_assert_true(g_file_get_contents(path, &data, &len, NULL));
		text = read_bytes(data, len, MANY_BYTES, &error);
		g_assert_no_error(error);
		g_assert_nonnull(strstr(text, "WARNING: CPU: "));
	}
}

static void test_encodings(void)
{
	static const char latin[] = "log of a caf\xe9\n[    1.000000] BUG: x\n";
	static const char le[] = "B\0U\0G\0:\0 \0x\0\n\0";
	static const char be[] = "\xfe\xff\0B\0U\0G\0\n";
	g_autoptr(GError) error = NULL;
	g_autofree char *a = read_bytes("\xef\xbb\xbf"
					"BUG: x\n",
					10, MANY_BYTES, &error);
	g_autofree char *b = read_bytes(le, sizeof(le) - 1, MANY_BYTES, &error);
	g_autofree char *c = read_bytes(be, sizeof(be) - 1, MANY_BYTES, &error);
	g_autofree char *d = read_bytes(latin, sizeof(latin) - 1, MANY_BYTES, &error);
	g_autofree char *e = read_bytes("", 0, MANY_BYTES, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(a, ==, "BUG: x\n");
	g_assert_cmpstr(b, ==, "BUG: x\n");
	g_assert_cmpstr(c, ==, "BUG\n");
	g_assert_cmpstr(d, ==, latin);
	g_assert_cmpstr(e, ==, "");
}

static void check_refused(const char *data, gsize len, guint64 max_bytes, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = read_bytes(data, len, max_bytes, &error);

	g_assert_null(text);
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, why));
}

static void test_refused(void)
{
	g_autofree char *path = g_build_filename(g_getenv("PFNHUNT_CARRIERS"), "warn.gz", NULL);
	g_autofree char *data = NULL;
	char bytes[4096];
	gsize len;

	for (gsize i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 167 + i / 7);
	check_refused(bytes, sizeof(bytes), MANY_BYTES, "not text");
	memset(bytes, 0, sizeof(bytes));
	check_refused(bytes, sizeof(bytes), MANY_BYTES, "not text");
	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	check_refused(data, len / 2, MANY_BYTES, "cannot be unpacked");
	check_refused(data, len, 100, "unpacks to more than");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/splat-input/files", test_files);
	g_test_add_func("/splat-input/encodings", test_encodings);
	g_test_add_func("/splat-input/refused", test_refused);
	return g_test_run();
}
