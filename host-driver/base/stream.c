/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See stream.h. One read of at most 64 KiB a dispatch, so that a talkative guest starves
 * nobody; nothing is touched after the callback, so that it may free the stream.
 */
#include "host-driver/base/stream.h"
#include "host-driver/base/source.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#define STREAM_CHUNK_BYTES 65536

struct Stream {
	int fd;
	StreamData data;
	gpointer user;
	GMainContext *context;
	GSource *in, *out; /* NULL when not watched */
	GByteArray *queue;
	gboolean broken; /* a write failed: the peer is gone */
};

static GSource *stream_watch(Stream *stream, GIOCondition condition, GUnixFDSourceFunc func)
{
	GSource *source = g_unix_fd_source_new(stream->fd, condition);

	g_source_set_callback(source, G_SOURCE_FUNC(func), stream, NULL);
	g_source_attach(source, stream->context);
	return source;
}

static gboolean stream_readable(int fd, GIOCondition condition, gpointer user)
{
	Stream *stream = user;
	char chunk[STREAM_CHUNK_BYTES];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n > 0) {
		stream->data(stream, chunk, (gsize)n, stream->user);
		return G_SOURCE_CONTINUE;
	}
	source_clear(&stream->in);
	stream->data(stream, NULL, 0, stream->user);
	return G_SOURCE_REMOVE;
}

/* Writes from the queue until the peer takes no more. */
static void stream_flush(Stream *stream)
{
	gsize done = 0;

	while (done < stream->queue->len) {
		ssize_t n = send(stream->fd, stream->queue->data + done, stream->queue->len - done,
				 MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			stream->broken = TRUE;
		if (n <= 0)
			break;
		done += (gsize)n;
	}
	if (stream->broken)
		done = stream->queue->len;
	if (done)
		g_byte_array_remove_range(stream->queue, 0, (guint)done);
}

static gboolean stream_writable(int fd, GIOCondition condition, gpointer user)
{
	Stream *stream = user;

	stream_flush(stream);
	if (stream->queue->len)
		return G_SOURCE_CONTINUE;
	source_clear(&stream->out);
	return G_SOURCE_REMOVE;
}

Stream *stream_new(int fd, StreamData data, gpointer user)
{
	Stream *stream = g_new0(Stream, 1);

	g_unix_set_fd_nonblocking(fd, TRUE, NULL);
	stream->fd = fd;
	stream->data = data;
	stream->user = user;
	stream->context = g_main_context_ref_thread_default();
	stream->queue = g_byte_array_new();
	stream->in = stream_watch(stream, G_IO_IN | G_IO_HUP | G_IO_ERR, stream_readable);
	return stream;
}

void stream_send(Stream *stream, const char *data, gsize len)
{
	if (stream->broken)
		return;
	g_byte_array_append(stream->queue, (const guint8 *)data, (guint)len);
	stream_flush(stream);
	if (stream->queue->len && !stream->out)
		stream->out = stream_watch(stream, G_IO_OUT | G_IO_HUP | G_IO_ERR, stream_writable);
}

gsize stream_queued(const Stream *stream)
{
	return stream->queue->len;
}

void stream_free(Stream *stream)
{
	if (!stream)
		return;
	source_clear(&stream->in);
	source_clear(&stream->out);
	close(stream->fd);
	g_main_context_unref(stream->context);
	g_byte_array_unref(stream->queue);
	g_free(stream);
}
