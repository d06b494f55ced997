/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the agent's lines go: the port in a guest, a buffer in a test. A sink never blocks.
 */
#ifndef PFNHUNT_SINK_H
#define PFNHUNT_SINK_H

#include <stddef.h>

#include "guest-agent/contract/events.h"
#include "guest-agent/contract/wire.h"

/* What is given up first when the host does not read fast enough. */
enum sink_priority {
	SINK_LOW,  /* totals: the next ones say it again */
	SINK_HIGH, /* said only once */
};

struct sink {
	void (*line)(void *user, const char *line, size_t len, enum sink_priority priority);
	void *user;
};

/* Closes @out and passes its line on; a line that did not fit is lost. */
void sink_send(const struct sink *sink, struct wire_out *out, enum sink_priority priority);
/* A `log` line. */
void sink_log(const struct sink *sink, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* An `event` line that is not an op's, with up to two keys (NULL: none). */
void sink_event(const struct sink *sink, enum agent_event what, const char *key0,
		const char *value0, const char *key1, const char *value1);

#endif
