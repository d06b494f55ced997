/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log file to text: unpacks gzip, bzip2, xz, zstd and lz4, decodes what is encoded
 * (encoding.h), and tells what is no text at all. The file is hostile: what it unpacks to is
 * bounded.
 */
#ifndef PFNHUNT_SPLAT_INPUT_H
#define PFNHUNT_SPLAT_INPUT_H

#include "harness/splat/encoding.h"

/* What a file was that could be read, but not as it should. */
typedef struct {
	guint64 nuls; /* that were left out of its text */
	char *cut;    /* why all behind the text that was read is missing, or NULL; to be freed */
} SplatInputFlaws;

/*
 * Reads @fd to its end and hands all of its text to @sink, piece by piece. FALSE with @error (of
 * G_FILE_ERROR; without the file's name) when it cannot be read, is no text, is so damaged that
 * nothing can be unpacked, or when more than @max_bytes come out of a compressed one. @flaws is
 * set in any case. @fd stays open.
 */
gboolean splat_input_read(int fd, guint64 max_bytes, SplatInputSink sink, gpointer user,
			  SplatInputFlaws *flaws, GError **error);

#endif
