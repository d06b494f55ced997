/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames of the GDB remote serial protocol: "$data#checksum", with escapes, repeats and acks. */
#ifndef PFNHUNT_GDBSTUB_PACKET_H
#define PFNHUNT_GDBSTUB_PACKET_H

#include <glib.h>

#define PACKET_MAX_BYTES 65536

/* "$data#xx". (transfer full) */
char *packet_frame(const char *data);
/*
 * Takes the first packet out of @in, and what stands before it. 1: @data has it, unescaped, with a
 * NUL behind; 0: more bytes are needed; -1: that is none of the protocol.
 */
int packet_take(GByteArray *in, GString *data);

/* @digits pairs of hexadecimal digits at @text to bytes, FALSE when they are none. */
gboolean packet_bytes(const char *text, guint8 *to, gsize len);
/* A number in hexadecimal at *@text, which moves behind it. */
gboolean packet_number(const char **text, guint64 *value);

#endif
