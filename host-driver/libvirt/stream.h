/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As stream.h, but over a stream of libvirt: a guest's console or channel, near or far. */
#ifndef PFNHUNT_VM_LIBVIRT_STREAM_H
#define PFNHUNT_VM_LIBVIRT_STREAM_H

#include <glib.h>
#include <libvirt/libvirt.h>

typedef struct LvStream LvStream;

/* Bytes that came in; @len 0 once, last of all. The stream may be freed in here. */
typedef void (*LvStreamData)(LvStream *stream, const char *data, gsize len, gpointer user);

/* Borrows @st (VIR_STREAM_NONBLOCK), to be aborted by its owner later. Main loop only. */
LvStream *lv_stream_new(virStreamPtr st, LvStreamData data, gpointer user);
void lv_stream_send(LvStream *stream, const char *data, gsize len);
gsize lv_stream_queued(const LvStream *stream);
void lv_stream_free(LvStream *stream); /* may be NULL; no callback */

#endif
