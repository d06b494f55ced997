/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to open what may come from somebody else: a results folder, and all that lies in it.
 * There, a name may be a FIFO that nobody writes to, a device without end, a file of holes that
 * fills memory, or a link to a file that was not meant to be shown.
 */
#ifndef PFNHUNT_OPEN_H
#define PFNHUNT_OPEN_H

#include <glib.h>

typedef enum {
	/* Found in a folder: no link, and of the folder's owner, of ours or of root's. */
	OPEN_FOUND,
	/* Named by the user, whose link it may be; and it may be anybody's. */
	OPEN_NAMED,
} OpenAs;

/*
 * Opens a regular file of at most @max_bytes for reading; never waits for another process. -1 +
 * INFRA error of one line, or G_FILE_ERROR_NOENT where nothing is. The descriptor is the caller's.
 */
int open_file(const char *path, OpenAs as, guint64 max_bytes, GError **error);
/* Its content, with a NUL behind it; @len may be NULL. (transfer full) */
char *open_read(const char *path, OpenAs as, gsize max_bytes, gsize *len, GError **error);
/*
 * Each line of a file, with its '\n' unless the file ends without, and a NUL behind it; lines of
 * more than @line_max bytes are left out. @each returns FALSE to end early. FALSE + error as above.
 */
gboolean open_lines(const char *path, OpenAs as, guint64 max_bytes, gsize line_max,
		    gboolean (*each)(const char *line, gsize len, gpointer user), gpointer user,
		    GError **error);
/* An INI file that the user named, of at most 1 MiB. NULL + USAGE error. (transfer full) */
GKeyFile *open_key_file(const char *path, GKeyFileFlags flags, GError **error);
/* Whether @path is a folder, and no link to one. */
gboolean open_is_folder(const char *path);

#endif
