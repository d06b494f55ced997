/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of input.h. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "harness/splat/input.h"

#define BUFFER_BYTES (256 * 1024)
#define GZIP_MAGIC   "\x1f\x8b\x08"

/* The file, of which the beginning has been read already. */
typedef struct {
	int fd;
	gsize have, used; /* bytes in @buffer, and how many of these were handed on */
	char buffer[BUFFER_BYTES];
} Source;

/* What comes out of a compressed file. */
typedef struct {
	SplatEncoded *text;
	guint64 total, max;
} Unpacked;

static gboolean fail_text(GError **error)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "is not text");
	return FALSE;
}

static gboolean feed(SplatEncoded *text, const char *s, gsize len, GError **error)
{
	return splat_encoded_feed(text, s, len) || fail_text(error);
}

static gboolean feed_unpacked(Unpacked *unpacked, const char *s, gsize len, GError **error)
{
	unpacked->total += len;
	if (unpacked->total <= unpacked->max)
		return feed(unpacked->text, s, len, error);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
		    "unpacks to more than %" G_GUINT64_FORMAT " MiB", unpacked->max >> 20);
	return FALSE;
}

/* Reads until @size bytes are there or the file ends. Returns their number, or -errno. */
static gssize read_fully(int fd, char *buffer, gsize size)
{
	gsize have = 0;

	while (have < size) {
		gssize n = read(fd, buffer + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (gsize)n;
	}
	return (gssize)have;
}

static gboolean fail_errno(GError **error, int number)
{
	g_set_error_literal(error, G_FILE_ERROR, g_file_error_from_errno(number),
			    g_strerror(number));
	return FALSE;
}

/* FALSE when it cannot be read; at its end there is nothing in @source then. */
static gboolean refill(Source *source, GError **error)
{
	gssize n;

	if (source->used < source->have)
		return TRUE;
	n = read_fully(source->fd, source->buffer, BUFFER_BYTES);
	source->have = (gsize)MAX(n, 0);
	source->used = 0;
	return n >= 0 || fail_errno(error, (int)-n);
}

static gboolean read_plain(Source *source, SplatEncoded *text, GError **error)
{
	while (source->have) {
		if (!feed(text, source->buffer, source->have, error))
			return FALSE;
		source->used = source->have;
		if (!refill(source, error))
			return FALSE;
	}
	return TRUE;
}

static la_ssize_t read_packed(struct archive *a, void *user, const void **data)
{
	Source *source = user;
	g_autoptr(GError) error = NULL;

	if (!refill(source, &error)) {
		archive_set_error(a, EIO, "%s", error->message);
		return -1;
	}
	*data = source->buffer;
	source->used = source->have;
	return (la_ssize_t)source->have;
}

/* It ends too early: what came before is all there is to say, if anything did. */
static gboolean take_cut(const Unpacked *unpacked, const char *why, SplatInputFlaws *flaws,
			 GError **error)
{
	if (unpacked->total) {
		flaws->cut = g_strdup(why);
		return TRUE;
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "cannot be unpacked: %s", why);
	return FALSE;
}

static gboolean cut_archive(struct archive *a, const Unpacked *unpacked, SplatInputFlaws *flaws,
			    GError **error)
{
	return take_cut(unpacked, archive_error_string(a) ? archive_error_string(a) : "damaged",
			flaws, error);
}

static gboolean unpack(struct archive *a, Unpacked *unpacked, SplatInputFlaws *flaws,
		       GError **error)
{
	g_autofree char *buffer = g_malloc(BUFFER_BYTES);
	struct archive_entry *entry;
	la_ssize_t n;

	if (archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return cut_archive(a, unpacked, flaws, error);
	while ((n = archive_read_data(a, buffer, BUFFER_BYTES)) > 0)
		if (!feed_unpacked(unpacked, buffer, (gsize)n, error))
			return FALSE;
	return n == 0 || cut_archive(a, unpacked, flaws, error);
}

static gboolean unpack_source(Source *source, Unpacked *unpacked, SplatInputFlaws *flaws,
			      GError **error)
{
	struct archive *a = archive_read_new();
	gboolean good;

	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_format_raw(a);
	if (archive_read_open(a, source, NULL, read_packed, NULL) == ARCHIVE_OK)
		good = unpack(a, unpacked, flaws, error);
	else
		good = cut_archive(a, unpacked, flaws, error);
	archive_read_free(a);
	return good;
}

/* Not by libarchive, which keeps to itself what it has unpacked of the last block of a cut file. */
static gboolean gunzip_source(Source *source, Unpacked *unpacked, SplatInputFlaws *flaws,
			      GError **error)
{
	g_autoptr(GZlibDecompressor) zlib = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
	g_autofree char *out = g_malloc(BUFFER_BYTES);
	gboolean whole = FALSE; /* one is, and another may follow */

	for (;;) {
		g_autoptr(GError) why = NULL;
		GConverterResult result;
		gsize in, n;

		if (!refill(source, error))
			return FALSE;
		if (whole && !source->have)
			return TRUE;
		result = g_converter_convert(G_CONVERTER(zlib), source->buffer + source->used,
					     source->have - source->used, out, BUFFER_BYTES,
					     source->have ? 0 : G_CONVERTER_INPUT_AT_END, &in, &n,
					     &why);
		if (result == G_CONVERTER_ERROR)
			return take_cut(unpacked, why->message, flaws, error);
		source->used += in;
		if (n && !feed_unpacked(unpacked, out, n, error))
			return FALSE;
		whole = result == G_CONVERTER_FINISHED;
		if (whole)
			g_converter_reset(G_CONVERTER(zlib));
	}
}

static gboolean is_packed(const char *s, gsize len)
{
	static const struct {
		const char *magic;
		gsize len;
	} magics[] = {{"BZh", 3},
		      {"\xfd"
		       "7zXZ",
		       5},
		      {"\x28\xb5\x2f\xfd", 4},
		      {"\x04\x22\x4d\x18", 4}};

	for (guint i = 0; i < G_N_ELEMENTS(magics); i++)
		if (len >= magics[i].len && memcmp(s, magics[i].magic, magics[i].len) == 0)
			return TRUE;
	return FALSE;
}

gboolean splat_input_read(int fd, guint64 max_bytes, SplatInputSink sink, gpointer user,
			  SplatInputFlaws *flaws, GError **error)
{
	g_autofree Source *source = g_new(Source, 1);
	SplatEncoded text = {.sink = sink, .user = user};
	Unpacked unpacked = {&text, 0, max_bytes};
	gssize n = read_fully(fd, source->buffer, BUFFER_BYTES);
	gboolean good = TRUE;

	*flaws = (SplatInputFlaws){0};
	if (n < 0)
		return fail_errno(error, (int)-n);
	source->fd = fd;
	source->have = (gsize)n;
	source->used = 0;
	if (n >= 3 && memcmp(source->buffer, GZIP_MAGIC, 3) == 0)
		good = gunzip_source(source, &unpacked, flaws, error);
	else if (is_packed(source->buffer, (gsize)n))
		good = unpack_source(source, &unpacked, flaws, error);
	else if (n)
		good = read_plain(source, &text, error);
	flaws->nuls = text.nuls;
	if (good && text.nuls && text.encoding == TEXT_UNKNOWN) /* it has nothing else */
		return fail_text(error);
	return good;
}
