/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See open.h. */
#include "host-driver/base/open.h"
#include "host-driver/base/error.h"
#include "host-driver/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_MAX_BYTES (1u << 20)
#define SAID_MAX_BYTES	   200

#define CHUNK_BYTES (64 << 10)

static int refuse(const char *path, const char *why, GError **error)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", path, why);
	return -1;
}

static int fail(const char *path, int err, GError **error)
{
	if (err == ELOOP)
		return refuse(path, "a symbolic link, which is not followed", error);
	if (err == ENOENT) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: %s", path,
			    g_strerror(err));
		return -1;
	}
	/* A socket, or a FIFO that is written to alone. */
	return refuse(path, err == ENXIO ? "not a regular file" : g_strerror(err), error);
}

/* Whoever may write to a folder may put a file of another's there. */
static gboolean is_owners(const char *path, const struct stat *file)
{
	g_autofree char *dir = g_path_get_dirname(path);
	struct stat folder;

	return file->st_uid == geteuid() || file->st_uid == 0 ||
	       (stat(dir, &folder) == 0 && folder.st_uid == file->st_uid);
}

static const char *kind_of(mode_t mode)
{
	return S_ISFIFO(mode)			? "a FIFO, not a regular file"
	       : S_ISCHR(mode) || S_ISBLK(mode) ? "a device, not a regular file"
	       : S_ISDIR(mode)			? "a folder, not a regular file"
						: "not a regular file";
}

int open_file(const char *path, OpenAs as, guint64 max_bytes, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
				    (as == OPEN_FOUND ? O_NOFOLLOW : 0));
	g_autofree char *size = NULL, *why = NULL;
	struct stat st;
	int err;

	if (fd < 0)
		return fail(path, errno, error);
	if (fstat(fd, &st) < 0) {
		err = errno;
		close(fd);
		return fail(path, err, error);
	}
	if (!S_ISREG(st.st_mode)) {
		why = g_strdup(kind_of(st.st_mode));
	} else if (as == OPEN_FOUND && !is_owners(path, &st)) {
		why = g_strdup_printf("belongs to user %u and not to whom the folder belongs",
				      st.st_uid);
	} else if ((guint64)st.st_size > max_bytes) {
		size = g_format_size_full(max_bytes, G_FORMAT_SIZE_IEC_UNITS);
		why = g_strdup_printf("larger than %s, the most that is read of it", size);
	} else {
		/* Of a regular file it means nothing, and another may be given the descriptor. */
		g_unix_set_fd_nonblocking(fd, FALSE, NULL);
		return fd;
	}
	close(fd);
	return refuse(path, why, error);
}

char *open_read(const char *path, OpenAs as, gsize max_bytes, gsize *len, GError **error)
{
	int fd = open_file(path, as, max_bytes, error);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *chunk = g_malloc(CHUNK_BYTES);
	ssize_t n = 0;
	int err;

	if (fd < 0)
		return NULL;
	/* It may grow while it is read. */
	while (text->len <= max_bytes) {
		n = read(fd, chunk, CHUNK_BYTES);
		if (n > 0)
			g_string_append_len(text, chunk, n);
		else if (n == 0 || errno != EINTR)
			break;
	}
	err = errno;
	close(fd);
	if (n < 0) {
		fail(path, err, error);
		return NULL;
	}
	if (text->len > max_bytes) {
		refuse(path, "grows while it is read", error);
		return NULL;
	}
	if (len)
		*len = text->len;
	return g_string_free(g_steal_pointer(&text), FALSE);
}

typedef struct {
	GString *line; /* what there is of one: no more than line_max + 1 bytes */
	gsize line_max;
	gboolean (*each)(const char *line, gsize len, gpointer user);
	gpointer user;
} Lines;

/* Takes in a part of the file; FALSE when @each has enough. */
static gboolean take_part(Lines *lines, const char *part, gsize len)
{
	while (len > 0) {
		const char *end = memchr(part, '\n', len);
		gsize n = end ? (gsize)(end - part) + 1 : len;
		gsize room = lines->line_max + 1 - lines->line->len;

		g_string_append_len(lines->line, part, (gssize)MIN(n, room));
		part += n;
		len -= n;
		if (!end)
			continue;
		if (lines->line->len <= lines->line_max &&
		    !lines->each(lines->line->str, lines->line->len, lines->user))
			return FALSE;
		g_string_truncate(lines->line, 0);
	}
	return TRUE;
}

gboolean open_lines(const char *path, OpenAs as, guint64 max_bytes, gsize line_max,
		    gboolean (*each)(const char *line, gsize len, gpointer user), gpointer user,
		    GError **error)
{
	int fd = open_file(path, as, max_bytes, error);
	g_autofree char *part = g_malloc(CHUNK_BYTES);
	g_autoptr(GString) line = g_string_new(NULL);
	Lines lines = {line, line_max, each, user};
	gboolean more = TRUE;
	guint64 left = max_bytes;
	ssize_t n;

	if (fd < 0)
		return FALSE;
	while (more && (n = read(fd, part, MIN(CHUNK_BYTES, left))) > 0) {
		left -= (guint64)n;
		more = take_part(&lines, part, (gsize)n);
	}
	if (more && line->len > 0 && line->len <= line_max)
		each(line->str, line->len, user);
	close(fd);
	return TRUE;
}

GKeyFile *open_key_file(const char *path, GKeyFileFlags flags, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) why = NULL;
	gsize len;
	g_autofree char *said = NULL,
			*text = open_read(path, OPEN_NAMED, KEY_FILE_MAX_BYTES, &len, &why);

	if (!text) {
		g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, why->message);
		return NULL;
	}
	if (g_key_file_load_from_data(file, text, len, flags, &why))
		return g_steal_pointer(&file);
	/* GLib repeats the line that it does not understand, whatever its length. */
	said = text_cut(why->message, SAID_MAX_BYTES);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s: %s%s", path, said,
		    strlen(said) < strlen(why->message) ? " ..." : "");
	return NULL;
}

gboolean open_is_folder(const char *path)
{
	GStatBuf st;

	return g_lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
