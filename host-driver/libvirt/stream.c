/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See stream.h. Nothing is touched after the callback, so that it may free. */
#include "host-driver/libvirt/stream.h"

#define CHUNK_BYTES 65536

struct LvStream {
	virStreamPtr st;
	LvStreamData data;
	gpointer user;
	GByteArray *queue;
	int events;
	gboolean ended; /* the end was told, or writing failed */
};

static void want(LvStream *stream, int events)
{
	if (stream->events != events)
		virStreamEventUpdateCallback(stream->st, events);
	stream->events = events;
}

static void flush(LvStream *stream)
{
	gsize done = 0;

	while (done < stream->queue->len) {
		int n = virStreamSend(stream->st, (const char *)stream->queue->data + done,
				      MIN(stream->queue->len - done, CHUNK_BYTES));

		if (n == -1)
			done = stream->queue->len; /* the reading side will tell */
		if (n <= 0)
			break;
		done += (gsize)n;
	}
	if (done)
		g_byte_array_remove_range(stream->queue, 0, (guint)done);
	want(stream,
	     VIR_STREAM_EVENT_READABLE | (stream->queue->len ? VIR_STREAM_EVENT_WRITABLE : 0));
}

static void ready(virStreamPtr st, int events, void *user)
{
	LvStream *stream = user;
	char chunk[CHUNK_BYTES];
	int n;

	if (stream->ended)
		return;
	if (events & VIR_STREAM_EVENT_WRITABLE)
		flush(stream);
	if (!(events & ~VIR_STREAM_EVENT_WRITABLE))
		return;
	n = virStreamRecv(st, chunk, sizeof(chunk));
	if (n == -2)
		return;
	if (n > 0) {
		stream->data(stream, chunk, (gsize)n, stream->user);
		return;
	}
	stream->ended = TRUE;
	virStreamEventRemoveCallback(st);
	stream->data(stream, NULL, 0, stream->user);
}

LvStream *lv_stream_new(virStreamPtr st, LvStreamData data, gpointer user)
{
	LvStream *stream = g_new0(LvStream, 1);

	stream->st = st;
	stream->data = data;
	stream->user = user;
	stream->queue = g_byte_array_new();
	stream->events = VIR_STREAM_EVENT_READABLE;
	virStreamEventAddCallback(st,
				  stream->events | VIR_STREAM_EVENT_HANGUP | VIR_STREAM_EVENT_ERROR,
				  ready, stream, NULL);
	return stream;
}

void lv_stream_send(LvStream *stream, const char *data, gsize len)
{
	if (stream->ended)
		return;
	g_byte_array_append(stream->queue, (const guint8 *)data, (guint)len);
	flush(stream);
}

gsize lv_stream_queued(const LvStream *stream)
{
	return stream->queue->len;
}

void lv_stream_free(LvStream *stream)
{
	if (!stream)
		return;
	if (!stream->ended)
		virStreamEventRemoveCallback(stream->st);
	g_byte_array_unref(stream->queue);
	g_free(stream);
}
