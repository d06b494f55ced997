/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session with the host: takes its messages in order, plugs memory, runs the plan, and says
 * what happens. Pings, stop and power-off are seen at once, whatever is going on.
 */
#ifndef PFNHUNT_SESSION_H
#define PFNHUNT_SESSION_H

#include <stddef.h>

#include "guest-agent/core/recorder-pin.h"
#include "guest-agent/op/sink.h"

struct session;

/*
 * @root_fd and @rec are borrowed, @sink is copied. NULL without memory. Lives until the process
 * ends.
 */
struct session *session_new(int root_fd, const struct sink *sink, const struct recorder *rec);

/*
 * One line from the host, from any one thread; never blocks. Answers pings, notes stop, queues
 * the rest. session_gone(): the host is not there any more.
 */
void session_line(struct session *s, char *line, size_t len);
void session_gone(struct session *s);

/* Works off the queue until the host asks for power-off or is gone. */
void session_serve(struct session *s);

#endif
