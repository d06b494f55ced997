/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a log to UTF-8: UTF-16 and UTF-32, quoted-printable mail, lines that end in a bare
 * CR, blanks that do not break. NULs, of which a crashed machine's files are full, are left out.
 */
#ifndef PFNHUNT_SPLAT_ENCODING_H
#define PFNHUNT_SPLAT_ENCODING_H

#include <glib.h>

typedef void (*SplatInputSink)(const char *data, gsize len, gpointer user);

typedef enum { TEXT_UNKNOWN, TEXT_UTF8, TEXT_WIDE_LE, TEXT_WIDE_BE } SplatEncoding;

typedef struct {
	SplatInputSink sink;
	gpointer user;
	guint64 nuls; /* left out so far */

	SplatEncoding encoding;
	guint width; /* of a unit of WIDE text, in bytes */
	guchar unit[4];
	guint have;    /* bytes of @unit */
	gunichar high; /* a surrogate that waits for its other half, or 0 */
	gboolean quoted, cr;
	guint escape; /* so many characters of "=3D" were read, of which @first is the second */
	char first;
	gboolean c2; /* the first half of a blank that does not break may have been read */
	guchar last; /* byte that was handed on */
} SplatEncoded;

/*
 * Hands the text in the next bytes [s, s + len) on to @text's sink; zero @text, but for the sink,
 * before the first. FALSE when the beginning is of no text.
 */
gboolean splat_encoded_feed(SplatEncoded *text, const char *s, gsize len);

#endif
