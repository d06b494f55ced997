/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of a guest: cut into lines, parsed as either side's, checked as an op's plan. A line
 * that parses must say the same when it is written and parsed again.
 */
#include "guest-agent/contract/wire.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "guest-agent/contract/op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct wire_msg *a, const struct wire_msg *b)
{
	g_assert_cmpint(a->verb, ==, b->verb);
	g_assert_cmpuint(a->kv_count, ==, b->kv_count);
	for (unsigned int i = 0; i < a->kv_count; i++) {
		g_assert_cmpstr(a->kv[i].key, ==, b->kv[i].key);
		g_assert_cmpstr(a->kv[i].value, ==, b->kv[i].value);
	}
}

static void check_plan(const struct wire_msg *msg)
{
	struct op_plan plan;
	char err[256];

	if (!op_plan_parse(&plan, msg, err, sizeof(err)))
		op_plan_clear(&plan);
}

static void check_line(const char *text, size_t len, char from)
{
	/* As big as it has to be, so that a byte too many is seen. */
	char *line = memcpy(malloc(len + 1), text, len), *again = malloc(WIRE_LINE_MAX);
	struct wire_msg msg, copy;
	struct wire_out out;
	uint64_t u;
	int64_t s;
	int end;

	if (wire_parse(line, len, from, &msg))
		goto out;
	wire_begin(&out, again, WIRE_LINE_MAX, msg.verb);
	for (unsigned int i = 0; i < msg.kv_count; i++) {
		wire_add(&out, msg.kv[i].key, msg.kv[i].value);
		wire_get_u64(&msg, msg.kv[i].key, &u);
		wire_text_s64(msg.kv[i].value, &s);
	}
	end = wire_end(&out);
	/* No other spelling is shorter than the writer's. */
	g_assert_cmpint(end, >, 0);
	g_assert_cmpint(end, <=, len + 1);
	g_assert_cmpint(wire_parse(again, (size_t)end - 1, from, &copy), ==, 0);
	check_same(&msg, &copy);
	if (msg.verb == WIRE_OP)
		check_plan(&msg);
out:
	free(line);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader *reader = calloc(1, sizeof(*reader));
	const char *bytes = (const char *)data;
	size_t step, line_len;
	char *line;

	if (!size)
		goto out;
	step = 1 + data[0]; /* the size of the pieces that arrive */
	for (size_t at = 1; at < size; at += step) {
		const char *piece = bytes + at;
		size_t left = MIN(step, size - at);

		while ((line = wire_reader_feed(reader, &piece, &left, &line_len))) {
			g_assert_cmpuint(line_len, <, WIRE_LINE_MAX);
			check_line(line, line_len, 'g');
			check_line(line, line_len, 'h');
		}
	}
out:
	free(reader);
	return 0;
}
