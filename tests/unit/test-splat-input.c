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

/* What is read of [data, data + len), or NULL with @error; and @flaws. */
static char *read_flawed(const char *data, gsize len, guint64 max_bytes, SplatInputFlaws *flaws,
			 GError **error)
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
	good = splat_input_read(fd, max_bytes, collect, text, flaws, error);
	g_close(fd, NULL);
	g_unlink(path);
	return g_string_free(text, !good);
}

static char *read_bytes(const char *data, gsize len, guint64 max_bytes, GError **error)
{
	SplatInputFlaws flaws;
	char *text = read_flawed(data, len, max_bytes, &flaws, error);

	if (text) {
		g_assert_cmpuint(flaws.nuls, ==, 0);
		g_assert_null(flaws.cut);
	}
	return text;
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

static void check_text(const char *data, gsize len, const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = read_bytes(data, len, MANY_BYTES, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, expected);
}

#define CHECK_TEXT(data, expected) check_text(data, sizeof(data) - 1, expected)

static void test_wide(void)
{
	CHECK_TEXT("\xff\xfe\0\0B\0\0\0U\0\0\0\n\0\0\0", "BU\n");
	CHECK_TEXT("\0\0\xfe\xff\0\0\0B\0\0\x20\xac\0\0\0\n", "B\u20ac\n");
}

/* What mail programs and word processors make of blanks and line ends. */
static void test_mail(void)
{
	g_autofree char *wide = g_strnfill(300 * 1024, 'x');

	CHECK_TEXT("BUG:\xc2\xa0x\n", "BUG: x\n");
	CHECK_TEXT("BUG:\xa0x \xd0\xa0\n", "BUG: x \xd0\xa0\n");
	CHECK_TEXT("BUG: x\r  y\r", "BUG: x\n  y\n");
	CHECK_TEXT("BUG: x\r\n\ry\n", "BUG: x\r\n\ry\n");
	CHECK_TEXT("RAX=3D1 foo=\n bar=20\nCaf=C3=A9=\r\n x=\n", "RAX=1 foo bar \nCaf\xc3\xa9 x");
	CHECK_TEXT("RAX=3D1 root=/dev/x\n", "RAX=3D1 root=/dev/x\n");
	CHECK_TEXT("To: a=b\nContent-Transfer-Encoding: quoted-printable\n\nx=3D=\ny=\nz",
		   "To: a=b\nContent-Transfer-Encoding: quoted-printable\n\nx=yz");
	/* the two bytes of a blank in two reads */
	memcpy(wide + 256 * 1024 - 1, "\xc2\xa0", 2);
	wide[10] = '\n';
	{
		g_autoptr(GError) error = NULL;
		g_autofree char *text = read_bytes(wide, 300 * 1024, MANY_BYTES, &error);

		g_assert_cmpuint(strlen(text), ==, 300 * 1024 - 1);
		g_assert_cmpint(text[256 * 1024 - 1], ==, ' ');
	}
}

/* A crashed machine's files: in front, in the middle of a line, behind. */
static void test_nuls(void)
{
	g_autofree char *data = g_malloc0(100000), *text = NULL;
	g_autoptr(GError) error = NULL;
	SplatInputFlaws flaws;

	memcpy(data + 70000, "[ 1.0] BU", 9);
	memcpy(data + 80000, "G: x\n", 5);
	text = read_flawed(data, 100000, MANY_BYTES, &flaws, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, "[ 1.0] BUG: x\n");
	g_assert_cmpuint(flaws.nuls, ==, 100000 - 14);
	g_assert_null(flaws.cut);
}

static void test_cut(void)
{
	g_autofree char *path = g_build_filename(g_getenv("PFNHUNT_CARRIERS"), "warn.gz", NULL);
	g_autofree char *data = NULL, *text = NULL, *two = NULL, *twice = NULL;
	g_autoptr(GError) error = NULL;
	SplatInputFlaws flaws;
	gsize len;

	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	text = read_flawed(data, len * 3 / 4, MANY_BYTES, &flaws, &error);
	g_assert_no_error(error);
	g_assert_nonnull(strstr(text, "WARNING: CPU: "));
	g_assert_nonnull(flaws.cut);
	g_free(flaws.cut);
	/* one behind the other */
	two = g_malloc(2 * len);
	memcpy(two, data, len);
	memcpy(two + len, data, len);
	twice = read_bytes(two, 2 * len, MANY_BYTES, &error);
	g_assert_no_error(error);
	g_assert_true(g_str_has_prefix(twice, text));
	g_assert_nonnull(strstr(strstr(twice, "WARNING: CPU: ") + 1, "WARNING: CPU: "));
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
	check_refused(data, 12, MANY_BYTES, "cannot be unpacked");
	check_refused(data, len, 100, "unpacks to more than");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/splat-input/files", test_files);
	g_test_add_func("/splat-input/encodings", test_encodings);
	g_test_add_func("/splat-input/wide", test_wide);
	g_test_add_func("/splat-input/mail", test_mail);
	g_test_add_func("/splat-input/nuls", test_nuls);
	g_test_add_func("/splat-input/cut", test_cut);
	g_test_add_func("/splat-input/refused", test_refused);
	return g_test_run();
}
