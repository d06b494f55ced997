/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See packet.h. */
#include "host-driver/gdbstub/packet.h"

#include <string.h>

#define REPEAT_BASE 29 /* a repeat count is a printable character, this much above it */

static guint8 sum_of(const guint8 *data, gsize len)
{
	guint8 sum = 0;

	for (gsize i = 0; i < len; i++)
		sum = (guint8)(sum + data[i]);
	return sum;
}

char *packet_frame(const char *data)
{
	return g_strdup_printf("$%s#%02x", data, sum_of((const guint8 *)data, strlen(data)));
}

/* Unescapes and repeats. FALSE when that is malformed, or too long. */
static gboolean expand(const guint8 *from, gsize len, GString *to)
{
	g_string_truncate(to, 0);
	for (gsize i = 0; i < len && to->len <= PACKET_MAX_BYTES; i++) {
		char c = (char)from[i];

		if ((c == '}' || c == '*') && ++i == len)
			return FALSE;
		if (c == '}') {
			g_string_append_c(to, (char)(from[i] ^ 0x20));
		} else if (c == '*') {
			if (!to->len || from[i] < ' ' || from[i] > '~')
				return FALSE;
			c = to->str[to->len - 1];
			for (int n = from[i] - REPEAT_BASE; n > 0; n--)
				g_string_append_c(to, c);
		} else {
			g_string_append_c(to, c);
		}
	}
	return to->len <= PACKET_MAX_BYTES && strlen(to->str) == to->len;
}

int packet_take(GByteArray *in, GString *data)
{
	const guint8 *begin = in->len ? memchr(in->data, '$', in->len) : NULL;
	const guint8 *end = begin ? memchr(begin, '#', in->len - (gsize)(begin - in->data)) : NULL;
	gsize len;
	guint8 sum;

	if (!begin)
		g_byte_array_set_size(in, 0); /* acks, and noise */
	if (!end || end + 3 > in->data + in->len)
		return in->len > PACKET_MAX_BYTES ? -1 : 0;
	len = (gsize)(end - begin) - 1;
	if (!packet_bytes((const char *)end + 1, &sum, 1) || sum != sum_of(begin + 1, len) ||
	    !expand(begin + 1, len, data))
		return -1;
	g_byte_array_remove_range(in, 0, (guint)(end + 3 - in->data));
	return 1;
}

gboolean packet_bytes(const char *text, guint8 *to, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		int high = g_ascii_xdigit_value(text[2 * i]);
		int low = high < 0 ? -1 : g_ascii_xdigit_value(text[2 * i + 1]);

		if (low < 0)
			return FALSE;
		to[i] = (guint8)(high << 4 | low);
	}
	return TRUE;
}

gboolean packet_number(const char **text, guint64 *value)
{
	const char *p = *text;

	*value = 0;
	for (; g_ascii_isxdigit(*p) && p - *text < 16; p++)
		*value = *value << 4 | (guint64)g_ascii_xdigit_value(*p);
	if (p == *text || g_ascii_isxdigit(*p))
		return FALSE;
	*text = p;
	return TRUE;
}
