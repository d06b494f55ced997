/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A byte stream on a file descriptor, driven by the thread-default GMainContext: what QMP,
 * the console and the agent's port have in common. Reads as it comes, queues what is written.
 */
#ifndef PFNHUNT_STREAM_H
#define PFNHUNT_STREAM_H

#include <glib.h>

typedef struct Stream Stream;

/*
 * Bytes that came in; @len 0 (@data NULL) once, last of all: end of file or an error. The
 * stream may be freed in here.
 */
typedef void (*StreamData)(Stream *stream, const char *data, gsize len, gpointer user);

/* Takes @fd (socket or pipe) and makes it non-blocking. Never NULL. */
Stream *stream_new(int fd, StreamData data, gpointer user);
/*
 * Writes, queues what does not fit (sockets only). Never blocks. A dead peer is no error
 * here: the reading side reports it.
 */
void stream_send(Stream *stream, const char *data, gsize len);
/* Bytes that are queued and not yet taken by the peer. */
gsize stream_queued(const Stream *stream);
void stream_free(Stream *stream); /* may be NULL; closes the descriptor, no callback */

#endif
