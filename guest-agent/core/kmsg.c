// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel escapes control characters and backslashes in a record as \xNN; undone here so
 * that the host sees the text as it was printed (wire.c encodes it again for the way).
 */
#include "guest-agent/core/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define MARK	 "pfnhunt: phase "
#define TEXT_MAX 2600 /* at worst three times as long on the wire */

static _Atomic uint64_t last_seq;
static _Atomic unsigned int marks_written, marks_seen;

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t unescape(char *text, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		if (len - i >= 4 && text[i] == '\\' && text[i + 1] == 'x' &&
		    hex(text[i + 2]) >= 0 && hex(text[i + 3]) >= 0) {
			text[out++] = (char)(hex(text[i + 2]) << 4 | hex(text[i + 3]));
			i += 3;
		} else {
			text[out++] = text[i];
		}
	}
	return out;
}

int kmsg_parse(char *record, size_t len, struct kmsg_record *out)
{
	char *text = memchr(record, ';', len), *newline, *caller;
	unsigned long long prio, seq, t_us;

	if (!text)
		return -EPROTO;
	*text++ = '\0';
	if (sscanf(record, "%llu,%llu,%llu,", &prio, &seq, &t_us) != 3)
		return -EPROTO;
	*out = (struct kmsg_record){.seq = seq, .t_us = t_us, .prio = prio};
	caller = strstr(record, ",caller=");
	if (caller)
		sscanf(caller, ",caller=%23[A-Za-z0-9]", out->caller);
	len -= (size_t)(text - record);
	newline = memchr(text, '\n', len);
	if (newline)
		len = (size_t)(newline - text);
	out->text = text;
	out->text_len = unescape(text, len);
	return 0;
}

/*
 * Taking the last block of a zone offline and back prints six of these, some thousand lines a
 * second under a hammer. They say nothing but that, and would crowd out what matters.
 */
static bool is_chatter(const struct kmsg_record *record)
{
	static const char *const starts[] = {"Built ", "Policy zone: ", "Fallback order for Node "};

	for (unsigned int i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (record->prio == 6 && record->text_len >= strlen(starts[i]) &&
		    !memcmp(record->text, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static void pass_on(const struct sink *sink, const struct kmsg_record *record)
{
	char line[WIRE_LINE_MAX];
	struct wire_out out;

	if (is_chatter(record))
		return;
	wire_begin(&out, line, sizeof(line), WIRE_KMSG);
	wire_add_u64(&out, "seq", record->seq);
	wire_add_u64(&out, "t_us", record->t_us);
	wire_add_u64(&out, "prio", record->prio);
	if (record->caller[0])
		wire_add(&out, "caller", record->caller);
	wire_add_bytes(&out, "text", record->text,
		       record->text_len < TEXT_MAX ? record->text_len : TEXT_MAX);
	sink_send(sink, &out, SINK_HIGH);
	atomic_store(&last_seq, record->seq);
	if (record->text_len > strlen(MARK) && !memcmp(record->text, MARK, strlen(MARK)))
		atomic_fetch_add(&marks_seen, 1);
}

void kmsg_follow(const struct sink *sink)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC);
	char record[8192];

	while (fd >= 0) {
		ssize_t len = read(fd, record, sizeof(record) - 1);
		struct kmsg_record parsed;

		if (len < 0 && errno == EPIPE) {
			sink_event(sink, AGENT_EVENT_KMSG_OVERRUN, NULL, NULL, NULL, NULL);
			continue;
		}
		if (len < 0 && errno != EINTR && errno != EINVAL)
			break;
		if (len <= 0)
			continue;
		record[len] = '\0';
		if (!kmsg_parse(record, (size_t)len, &parsed))
			pass_on(sink, &parsed);
	}
	sink_log(sink, "/dev/kmsg: %s", strerror(errno));
}

uint64_t kmsg_last_seq(void)
{
	return atomic_load(&last_seq);
}

void kmsg_mark(int root_fd, const char *phase)
{
	int fd = openat(root_fd, "dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (dprintf(fd, "<5>" MARK "%s\n", phase) > 0)
		atomic_fetch_add(&marks_written, 1);
	close(fd);
}

bool kmsg_catch_up(unsigned int timeout_ms)
{
	uint64_t end = op_now_ns() + timeout_ms * 1000000ULL;
	struct timespec pause = {.tv_nsec = 5000000};

	while (atomic_load(&marks_seen) < atomic_load(&marks_written)) {
		if (op_now_ns() > end)
			return false;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
	return true;
}
