/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log file to text: unpacks gzip, bzip2, xz, zstd and lz4, turns UTF-16 into UTF-8, and tells
 * what is no text at all. The file is hostile: what it unpacks to is bounded.
 */
#ifndef PFNHUNT_SPLAT_INPUT_H
#define PFNHUNT_SPLAT_INPUT_H

#include <glib.h>

typedef void (*SplatInputSink)(const char *data, gsize len, gpointer user);

/*
 * Reads @fd to its end and hands all of its text to @sink, piece by piece. FALSE with @error (of
 * G_FILE_ERROR; without the file's name) when it cannot be read, is no text, is damaged, or when
 * more than @max_bytes come out of a compressed one. @fd stays open.
 */
gboolean splat_input_read(int fd, guint64 max_bytes, SplatInputSink sink, gpointer user,
			  GError **error);

#endif
