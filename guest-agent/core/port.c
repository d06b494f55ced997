// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtio-serial port and its send queue, a ring buffer of whole lines. Only the sender thread
 * advances the tail, so it writes to the port without holding the lock.
 */
#include "guest-agent/core/port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define PORTS_DIR	 "/sys/class/virtio-ports"
#define QUEUE_BYTES	 (1u << 20)
#define QUEUE_LOW_BYTES	 (QUEUE_BYTES / 4) /* low-priority lines may fill this much */
#define POLL_MS		 200
#define CONNECT_NS	 60000000000ULL
#define SERVICE_PRIORITY 2 /* above ops that run as SCHED_FIFO */

struct port {
	int fd;
	struct port_handlers handlers;
	pthread_mutex_t lock;
	pthread_cond_t filled, drained;
	size_t head, tail; /* total bytes in and out; modulo QUEUE_BYTES in queue[] */
	uint64_t dropped;  /* lines dropped, not reported yet */
	char queue[QUEUE_BYTES];
};

static void nap_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static int open_named(const char *name)
{
	DIR *dir = opendir(PORTS_DIR);
	struct dirent *entry;
	int found = -ENOENT;

	while (dir && found < 0 && (entry = readdir(dir))) {
		char path[300], text[128];
		FILE *file;

		snprintf(path, sizeof(path), PORTS_DIR "/%s/name", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(text, sizeof(text), file)) {
			text[strcspn(text, "\n")] = '\0';
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			if (!strcmp(text, name))
				found = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		}
		fclose(file);
	}
	if (dir)
		closedir(dir);
	return found;
}

int port_find(const char *name, unsigned int timeout_ms)
{
	uint64_t end = op_now_ns() + timeout_ms * 1000000ULL;
	int fd;

	while ((fd = open_named(name)) < 0 && op_now_ns() < end)
		nap_ms(5);
	return fd;
}

static void enqueue(void *user, const char *line, size_t len, enum sink_priority priority)
{
	struct port *port = user;
	size_t limit = priority == SINK_LOW ? QUEUE_LOW_BYTES : QUEUE_BYTES;

	pthread_mutex_lock(&port->lock);
	if (port->head - port->tail + len > limit) {
		port->dropped++;
	} else {
		size_t at = port->head % QUEUE_BYTES;
		size_t part = len < QUEUE_BYTES - at ? len : QUEUE_BYTES - at;

		memcpy(port->queue + at, line, part);
		memcpy(port->queue, line + part, len - part);
		port->head += len;
		pthread_cond_signal(&port->filled);
	}
	pthread_mutex_unlock(&port->lock);
}

struct sink port_sink(struct port *port)
{
	return (struct sink){.line = enqueue, .user = port};
}

/* Waits for data; returns the length of its first contiguous part, which begins at *@from. */
static size_t wait_filled(struct port *port, const char **from)
{
	size_t at, len;

	pthread_mutex_lock(&port->lock);
	while (port->head == port->tail) {
		pthread_cond_broadcast(&port->drained);
		pthread_cond_wait(&port->filled, &port->lock);
	}
	at = port->tail % QUEUE_BYTES;
	len = port->head - port->tail;
	pthread_mutex_unlock(&port->lock);
	*from = port->queue + at;
	return len < QUEUE_BYTES - at ? len : QUEUE_BYTES - at;
}

static void take(struct port *port, size_t len)
{
	uint64_t dropped = 0;

	pthread_mutex_lock(&port->lock);
	port->tail += len;
	if (port->head - port->tail < QUEUE_LOW_BYTES) {
		dropped = port->dropped;
		port->dropped = 0;
	}
	pthread_mutex_unlock(&port->lock);
	if (dropped) {
		struct sink sink = port_sink(port);
		char text[24];

		snprintf(text, sizeof(text), "%llu", (unsigned long long)dropped);
		sink_event(&sink, AGENT_EVENT_LINES_DROPPED, "count", text, NULL, NULL);
	}
}

static void *sender(void *user)
{
	struct port *port = user;

	pthread_setname_np(pthread_self(), "pfnhunt-send");
	for (;;) {
		struct pollfd p = {.fd = port->fd, .events = POLLOUT};
		const char *from;
		size_t len = wait_filled(port, &from);
		ssize_t written = write(port->fd, from, len);

		if (written > 0)
			take(port, (size_t)written);
		else if (poll(&p, 1, POLL_MS) > 0 && !(p.revents & POLLOUT))
			nap_ms(POLL_MS); /* hung up: the reader thread handles it */
	}
	return NULL;
}

bool port_drain(struct port *port, unsigned int timeout_ms)
{
	uint64_t end = op_now_ns() + timeout_ms * 1000000ULL;
	struct timespec until = {.tv_sec = (time_t)(end / 1000000000),
				 .tv_nsec = (long)(end % 1000000000)};
	bool empty;

	pthread_mutex_lock(&port->lock);
	while (port->head != port->tail &&
	       !pthread_cond_clockwait(&port->drained, &port->lock, CLOCK_MONOTONIC, &until))
		;
	empty = port->head == port->tail;
	pthread_mutex_unlock(&port->lock);
	return empty;
}

static void *reader(void *user)
{
	static struct wire_reader lines;
	struct port *port = user;
	uint64_t connect_end = op_now_ns() + CONNECT_NS;
	bool connected = false;
	char buf[4096];

	pthread_setname_np(pthread_self(), "pfnhunt-recv");
	for (;;) {
		struct pollfd p = {.fd = port->fd, .events = POLLIN};
		const char *data = buf;
		ssize_t got;
		size_t len, line_len;
		char *line;

		poll(&p, 1, POLL_MS);
		got = read(port->fd, buf, sizeof(buf));
		if (got <= 0) {
			if (!(p.revents & POLLHUP))
				connected = true;
			else if (connected || op_now_ns() > connect_end)
				break;
			else
				nap_ms(20);
			continue;
		}
		connected = true;
		len = (size_t)got;
		while ((line = wire_reader_feed(&lines, &data, &len, &line_len)))
			port->handlers.line(port->handlers.user, line, line_len);
	}
	port->handlers.gone(port->handlers.user);
	return NULL;
}

static bool start_thread(void *(*body)(void *user), struct port *port)
{
	struct sched_param param = {.sched_priority = SERVICE_PRIORITY};
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, port))
		return false;
	pthread_setschedparam(thread, SCHED_FIFO, &param);
	pthread_detach(thread);
	return true;
}

struct port *port_new(int fd, const struct port_handlers *handlers)
{
	struct port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->fd = fd;
	port->handlers = *handlers;
	pthread_mutex_init(&port->lock, NULL);
	pthread_cond_init(&port->filled, NULL);
	pthread_cond_init(&port->drained, NULL);
	if (start_thread(sender, port))
		return port;
	free(port);
	return NULL;
}

bool port_listen(struct port *port)
{
	return start_thread(reader, port);
}
