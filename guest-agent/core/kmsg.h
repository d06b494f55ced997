/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/kmsg as `kmsg` lines: the kernel's log record by record, where the console's text may be
 * torn and mixed.
 */
#ifndef PFNHUNT_KMSG_H
#define PFNHUNT_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-agent/op/sink.h"

struct kmsg_record {
	uint64_t seq, t_us, prio; /* prio: facility * 8 + level */
	char caller[24];	  /* T<pid> or C<cpu>; empty when the kernel does not tell */
	const char *text;
	size_t text_len; /* after unescaping; may hold newlines and control characters */
};

/*
 * Takes apart what one read(2) of /dev/kmsg gave; the text is unescaped in place and its
 * dictionary left out. 0 or -EPROTO.
 */
int kmsg_parse(char *record, size_t len, struct kmsg_record *out);

/*
 * Passes all records on, from the oldest in the buffer, but for the zone-list messages that
 * each offline prints; never returns unless that fails.
 */
void kmsg_follow(const struct sink *sink);
/* The newest seq that was read. */
uint64_t kmsg_last_seq(void);

/* Writes the marker "pfnhunt: phase NAME" into the kernel's log: dev/kmsg below @root_fd. */
void kmsg_mark(int root_fd, const char *phase);
/* Waits until the newest marker has been passed on. False after @timeout_ms. */
bool kmsg_catch_up(unsigned int timeout_ms);

#endif
