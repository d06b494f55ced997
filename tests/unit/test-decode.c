/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decoding of frames, on the test's own little program as the kernel. */
#include "harness/splat/decode.h"

#include <string.h>

#include "host-driver/base/error.h"

static Decoder *open_sample(void)
{
	return decoder_new(g_getenv("DECODE_SAMPLE"), NULL, NULL);
}

static void clear_splat(Splat *splat)
{
	g_ptr_array_unref(splat->frames);
	g_string_free(splat->text, TRUE);
}

static Splat make_splat(const char *frame, const char *text)
{
	Splat splat = {.frames = g_ptr_array_new_with_free_func(g_free),
		       .text = g_string_new(text)};

	g_ptr_array_add(splat.frames, g_strdup(frame));
	return splat;
}

static char *decode(Decoder *decoder, const char *frame, const char *text, char **why)
{
	Splat splat = make_splat(frame, text);
	g_autoptr(GPtrArray) out = decoder_splat(decoder, &splat, why);
	char *first = g_strdup(g_ptr_array_index(out, 0));

	g_assert_cmpuint(out->len, ==, 1);
	clear_splat(&splat);
	return first;
}

static void test_lines(void)
{
	g_autoptr(Decoder) decoder = open_sample();
	guint with_file = 0, with_inline = 0;

	g_assert_nonnull(decoder);
	for (guint offset = 0; offset < 16; offset++) {
		g_autofree char *frame = g_strdup_printf("sample_outer+0x%x", offset);
		g_autofree char *why = NULL;
		g_autofree char *out = decode(decoder, frame, "", &why);

		g_assert_null(why);
		with_file += strstr(out, "decode-sample.c:") != NULL;
		if (!strstr(out, "sample_inner at "))
			continue;
		with_inline++;
		g_assert_nonnull(strstr(out, "decode-sample.c:9 (inlined)\n"));
		g_assert_nonnull(strstr(out, "sample_outer+"));
		g_assert_nonnull(strstr(strchr(out, '\n'), "decode-sample.c:15"));
	}
	g_assert_cmpuint(with_file, >, 8);
	g_assert_cmpuint(with_inline, >, 0);
}

static void test_unknown(void)
{
	g_autoptr(Decoder) decoder = open_sample();
	static const char *const frames[] = {"no_such_function+0x1/0x2", "sample_outer",
					     "sample_outer+0x1/0x10 [no_module]", ""};

	for (guint i = 0; i < G_N_ELEMENTS(frames); i++) {
		g_autofree char *why = NULL;
		g_autofree char *out = decode(decoder, frames[i], "", &why);

		g_assert_cmpstr(out, ==, frames[i]);
		g_assert_null(why);
	}
}

static void test_other_build(void)
{
	g_autoptr(Decoder) decoder = open_sample();
	g_autofree char *size_why = NULL, *id_why = NULL, *same_why = NULL;
	g_autofree char *size = decode(decoder, "sample_outer+0x1/0x4000", "", &size_why);
	g_autofree char *text = g_strdup_printf("CPU: 0 PID: 1 Comm: a Not tainted 6.13.0 #1 %s\n",
						decoder_build_id(decoder));
	g_autofree char *same = decode(decoder, "sample_outer+0x1", text, &same_why);
	g_autofree char *id = NULL;

	g_assert_cmpstr(size, ==, "sample_outer+0x1/0x4000");
	g_assert_nonnull(size_why);
	g_assert_null(same_why);
	g_assert_nonnull(strstr(same, "decode-sample.c"));
	strrchr(text, '\n')[-1] = strrchr(text, '\n')[-1] == '0' ? '1' : '0';
	id = decode(decoder, "sample_outer+0x1", text, &id_why);
	g_assert_cmpstr(id, ==, "sample_outer+0x1");
	g_assert_nonnull(strstr(id_why, "build id"));
}

static void test_no_file(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(decoder_new("/nonexistent/vmlinux", NULL, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
	g_clear_error(&error);
	g_assert_null(decoder_new("/proc/self/status", NULL, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decode/lines", test_lines);
	g_test_add_func("/decode/unknown", test_unknown);
	g_test_add_func("/decode/other-build", test_other_build);
	g_test_add_func("/decode/no-file", test_no_file);
	return g_test_run();
}
