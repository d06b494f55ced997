/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wire protocol: what is written can be read, and what is wrong is refused. */
#include "guest-agent/contract/wire.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

static int parse(const char *text, char from, struct wire_msg *msg)
{
	static char line[WIRE_LINE_MAX + 16];

	g_strlcpy(line, text, sizeof(line));
	return wire_parse(line, strlen(line), from, msg);
}

static void test_table(void)
{
	for (int i = 0; i < WIRE_VERB_COUNT; i++) {
		const struct wire_verb_info *v = &wire_verb_table[i];

		g_assert_true(v->from == 'g' || v->from == 'h');
		for (int k = 0; k < i; k++)
			g_assert_false(v->from == wire_verb_table[k].from &&
				       !strcmp(v->name, wire_verb_table[k].name));
	}
}

static void test_round_trip(void)
{
	char every[256], buf[WIRE_LINE_MAX];
	struct wire_msg msg;
	struct wire_out out;
	int64_t s;
	uint64_t u;
	int len;

	for (int i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	every[255] = '\0';
	wire_begin(&out, buf, sizeof(buf), WIRE_EVENT);
	wire_add(&out, "text", every);
	wire_add(&out, "empty", "");
	wire_add_u64(&out, "u", UINT64_MAX);
	wire_add_s64(&out, "s", INT64_MIN);
	wire_add_bytes(&out, "nul", "a\0b", 3);
	len = wire_end(&out);
	g_assert_cmpint(len, >, 0);
	g_assert_cmpint(buf[len - 1], ==, '\n');
	g_assert_null(memchr(buf, '\n', (size_t)len - 1));

	g_assert_cmpint(wire_parse(buf, (size_t)len - 1, 'g', &msg), ==, 0);
	g_assert_cmpint(msg.verb, ==, WIRE_EVENT);
	g_assert_cmpuint(msg.kv_count, ==, 5);
	g_assert_cmpstr(wire_get(&msg, "text"), ==, every);
	g_assert_cmpstr(wire_get(&msg, "empty"), ==, "");
	g_assert_cmpstr(wire_get(&msg, "nul"), ==, "a?b");
	g_assert_null(wire_get(&msg, "no"));
	g_assert_cmpint(wire_get_u64(&msg, "u", &u), ==, 0);
	g_assert_true(u == UINT64_MAX);
	g_assert_cmpint(wire_text_s64(wire_get(&msg, "s"), &s), ==, 0);
	g_assert_true(s == INT64_MIN);
	g_assert_cmpint(wire_get_u64(&msg, "no", &u), ==, -ENOENT);
	g_assert_cmpint(wire_get_u64(&msg, "text", &u), ==, -EINVAL);
}

static void test_refused(void)
{
	static const char *const lines[] = {
		"",
		" ",
		"nonsense",
		"pong",		  /* the guest's */
		"ping ",	  /* nothing behind the blank */
		"ping  id=1",	  /* two blanks */
		"ping id",	  /* no value */
		"ping =1",	  /* no key */
		"ping Id=1",	  /* a key in capitals */
		"ping id=1 id=2", /* twice */
		"ping id=%",
		"ping id=%4",
		"ping id=%g1",
		"ping id=%00",
		"ping id=a\tb",
		"ping id=a\x7f",
		"ping id=\xc3\xa4",
		"ping id=1\r",
		"ping\tid=1",
	};
	struct wire_msg msg;

	for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
		g_assert_cmpint(parse(lines[i], 'h', &msg), ==, -EPROTO);
	g_assert_cmpint(parse("ping id=%41", 'h', &msg), ==, 0);
	g_assert_cmpstr(wire_get(&msg, "id"), ==, "A");
	g_assert_cmpint(parse("stop", 'h', &msg), ==, 0);
	g_assert_cmpint(parse("stop", 'g', &msg), ==, -EPROTO);
}

static void test_limits(void)
{
	g_autoptr(GString) text = g_string_new("op");
	char buf[16], big[WIRE_LINE_MAX];
	struct wire_msg msg;
	struct wire_out out;

	for (int i = 0; i < WIRE_KV_MAX; i++)
		g_string_append_printf(text, " k%d=", i);
	g_assert_cmpint(parse(text->str, 'h', &msg), ==, 0);
	g_assert_cmpuint(msg.kv_count, ==, WIRE_KV_MAX);
	g_string_append(text, " more=1");
	g_assert_cmpint(parse(text->str, 'h', &msg), ==, -E2BIG);

	g_string_assign(text, "ping id=");
	while (text->len < WIRE_LINE_MAX - 1)
		g_string_append_c(text, 'x');
	g_assert_cmpint(parse(text->str, 'h', &msg), ==, 0);
	g_string_append_c(text, 'x');
	g_assert_cmpint(parse(text->str, 'h', &msg), ==, -EPROTO);

	/* "ping id=1234567" and its newline just fit. */
	wire_begin(&out, buf, sizeof(buf), WIRE_PING);
	wire_add(&out, "id", "1234567");
	g_assert_cmpint(wire_end(&out), ==, 16);
	wire_begin(&out, buf, sizeof(buf), WIRE_PING);
	wire_add(&out, "id", "12345678");
	g_assert_cmpint(wire_end(&out), ==, -EMSGSIZE);
	wire_begin(&out, buf, 0, WIRE_PING);
	g_assert_cmpint(wire_end(&out), ==, -EMSGSIZE);
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	wire_begin(&out, buf, sizeof(buf), WIRE_PING);
	wire_add(&out, "id", big);
	wire_add(&out, "b", "");
	g_assert_cmpint(wire_end(&out), ==, -EMSGSIZE);
	wire_begin(&out, big, sizeof(big), WIRE_PING);
	wire_add(&out, "Bad", "");
	g_assert_cmpint(wire_end(&out), ==, -EINVAL);
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		int ret;
		int64_t value;
	} cases[] = {
		{"0", 0, 0},
		{"010", 0, 10},
		{"0x10", 0, 16},
		{"0XfF", 0, 255},
		{"-1", 0, -1},
		{"-0x10", 0, -16},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"-", -EINVAL, 0},
		{"0x", -EINVAL, 0},
		{"--1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"12a", -EINVAL, 0},
		{"1.5", -EINVAL, 0},
	};
	uint64_t u;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t value = 0;

		g_assert_cmpint(wire_text_s64(cases[i].text, &value), ==, cases[i].ret);
		g_assert_cmpint(value, ==, cases[i].value);
	}
	g_assert_cmpint(wire_text_u64("-1", &u), ==, -EINVAL);
	g_assert_cmpint(wire_text_u64("0xffffffffffffffff", &u), ==, 0);
	g_assert_cmpint(wire_text_u64("0x10000000000000000", &u), ==, -ERANGE);
}

/* Feeds @text in pieces of @step bytes; the lines come out joined by '|'. */
static char *cut(const char *text, size_t len, size_t step, uint64_t *dropped)
{
	g_autofree struct wire_reader *r = g_new0(struct wire_reader, 1);
	GString *lines = g_string_new(NULL);

	for (size_t at = 0; at < len; at += step) {
		const char *data = text + at;
		size_t left = MIN(step, len - at), line_len;
		char *line;

		while ((line = wire_reader_feed(r, &data, &left, &line_len))) {
			g_assert_cmpuint(strlen(line), ==, line_len);
			g_string_append(lines, line);
			g_string_append_c(lines, '|');
		}
		g_assert_cmpuint(left, ==, 0);
	}
	*dropped = r->dropped;
	return g_string_free(lines, FALSE);
}

static void test_reader(void)
{
	static const char text[] = "one\n\ntwo three\nhalf";
	uint64_t dropped;

	for (size_t step = 1; step <= sizeof(text); step++) {
		g_autofree char *lines = cut(text, strlen(text), step, &dropped);

		g_assert_cmpstr(lines, ==, "one||two three|");
		g_assert_cmpuint(dropped, ==, 0);
	}
}

static void test_reader_overlong(void)
{
	static const size_t steps[] = {1, 100, WIRE_LINE_MAX - 1, WIRE_LINE_MAX, 3 * WIRE_LINE_MAX};

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autoptr(GString) text = g_string_new("a\n");
		g_autofree char *lines = NULL;
		uint64_t dropped;

		for (int k = 0; k < WIRE_LINE_MAX; k++) /* one too long */
			g_string_append_c(text, 'x');
		g_string_append(text, "\nb\n");
		for (int k = 0; k < WIRE_LINE_MAX - 1; k++) /* as long as may be */
			g_string_append_c(text, 'y');
		g_string_append(text, "\nc\n");
		lines = cut(text->str, text->len, steps[i], &dropped);
		g_assert_cmpuint(dropped, ==, 1);
		g_assert_true(g_str_has_prefix(lines, "a|b|yyy"));
		g_assert_true(g_str_has_suffix(lines, "yyy|c|"));
		g_assert_cmpuint(strlen(lines), ==, 4 + WIRE_LINE_MAX + 2);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/table", test_table);
	g_test_add_func("/wire/round-trip", test_round_trip);
	g_test_add_func("/wire/refused", test_refused);
	g_test_add_func("/wire/limits", test_limits);
	g_test_add_func("/wire/numbers", test_numbers);
	g_test_add_func("/wire/reader", test_reader);
	g_test_add_func("/wire/reader/overlong", test_reader_overlong);
	return g_test_run();
}
