/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtio-serial port to the host: a bounded queue with a thread that writes it, and a
 * thread that reads lines. Whoever sends never waits for the host.
 */
#ifndef PFNHUNT_PORT_H
#define PFNHUNT_PORT_H

#include <stdbool.h>

#include "guest-agent/op/sink.h"

struct port_handlers {
	/* One line from the host, without newline, writable; called in the reader's thread. */
	void (*line)(void *user, char *line, size_t len);
	/* The host has closed the port, or never opened it; nothing follows. Reader's thread. */
	void (*gone)(void *user);
	void *user;
};

struct port;

/*
 * Finds the port called @name below /sys/class/virtio-ports and opens it, waiting up to
 * @timeout_ms for it to appear. An fd, or -errno.
 */
int port_find(const char *name, unsigned int timeout_ms);
/* Takes @fd and starts to write what is queued. NULL on failure. Lives until the process ends. */
struct port *port_new(int fd, const struct port_handlers *handlers);
/* Starts to read: from now on the handlers are called. False when there is no thread. */
bool port_listen(struct port *port);
/* A sink that queues. Lines are dropped when the queue is full, those of low priority earlier. */
struct sink port_sink(struct port *port);
/* Waits until everything queued is written. False when that took more than @timeout_ms. */
bool port_drain(struct port *port, unsigned int timeout_ms);

#endif
