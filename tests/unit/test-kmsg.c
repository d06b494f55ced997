/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of /dev/kmsg, as read(2) gives them. */
#include "guest-agent/core/kmsg.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

static int parse(const char *record, struct kmsg_record *out)
{
	static char buf[512];

	g_strlcpy(buf, record, sizeof(buf));
	return kmsg_parse(buf, strlen(buf), out);
}

static void assert_text(const struct kmsg_record *r, const char *text)
{
	g_assert_cmpmem(r->text, r->text_len, text, strlen(text));
}

static void test_plain(void)
{
	struct kmsg_record r;

	g_assert_cmpint(parse("4,443,1359494,-;------------[ cut here ]------------\n", &r), ==, 0);
	g_assert_cmpuint(r.prio, ==, 4);
	g_assert_cmpuint(r.seq, ==, 443);
	g_assert_cmpuint(r.t_us, ==, 1359494);
	g_assert_cmpstr(r.caller, ==, "");
	assert_text(&r, "------------[ cut here ]------------");
	g_assert_cmpint(parse("12,1,2,-,caller=T87;a;b\n", &r), ==, 0);
	g_assert_cmpstr(r.caller, ==, "T87");
	assert_text(&r, "a;b");
}

static void test_continuation(void)
{
	struct kmsg_record r;

	g_assert_cmpint(parse("6,1,2,-;text\n SUBSYSTEM=pci\n DEVICE=+pci:0\n", &r), ==, 0);
	assert_text(&r, "text");
	g_assert_cmpint(parse("6,1,2,c;\n", &r), ==, 0);
	g_assert_cmpuint(r.text_len, ==, 0);
}

static void test_escapes(void)
{
	struct kmsg_record r;

	g_assert_cmpint(parse("6,1,2,-;a\\x0ab\\x5cx\\xc3\\xa4\\x1b[31m\n", &r), ==, 0);
	assert_text(&r, "a\nb\\x\xc3\xa4\x1b[31m");
	/* What only looks like an escape stays. */
	g_assert_cmpint(parse("6,1,2,-;\\x0 \\xzz \\x", &r), ==, 0);
	assert_text(&r, "\\x0 \\xzz \\x");
}

static void test_malformed(void)
{
	struct kmsg_record r;

	g_assert_cmpint(parse("", &r), ==, -EPROTO);
	g_assert_cmpint(parse("6,1,2,-", &r), ==, -EPROTO);
	g_assert_cmpint(parse(";text", &r), ==, -EPROTO);
	g_assert_cmpint(parse("6,1;text", &r), ==, -EPROTO);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kmsg/plain", test_plain);
	g_test_add_func("/kmsg/continuation", test_continuation);
	g_test_add_func("/kmsg/escapes", test_escapes);
	g_test_add_func("/kmsg/malformed", test_malformed);
	return g_test_run();
}
