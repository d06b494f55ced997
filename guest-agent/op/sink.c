// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Common lines, built in one place so that they always look the same.
 */
#include "guest-agent/op/sink.h"

#include <stdarg.h>
#include <stdio.h>

#include "guest-agent/op/env.h"

void sink_send(const struct sink *sink, struct wire_out *out, enum sink_priority priority)
{
	int len = wire_end(out);

	if (len > 0)
		sink->line(sink->user, out->buf, (size_t)len, priority);
}

void sink_log(const struct sink *sink, const char *format, ...)
{
	char text[1024], line[4096];
	struct wire_out out;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	wire_begin(&out, line, sizeof(line), WIRE_LOG);
	wire_add(&out, "text", text);
	sink_send(sink, &out, SINK_HIGH);
}

void sink_event(const struct sink *sink, enum agent_event what, const char *key0,
		const char *value0, const char *key1, const char *value1)
{
	char line[2048];
	struct wire_out out;

	wire_begin(&out, line, sizeof(line), WIRE_EVENT);
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add(&out, "name", agent_event_table[what].name);
	if (key0)
		wire_add(&out, key0, value0);
	if (key1)
		wire_add(&out, key1, value1);
	sink_send(sink, &out, SINK_HIGH);
}
