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
#define TEXT_PERCENT 70 /* so much of a text's beginning is what texts are made of */

typedef enum { TEXT_UNKNOWN, TEXT_UTF8, TEXT_UTF16_LE, TEXT_UTF16_BE } Encoding;

typedef struct {
	SplatInputSink sink;
	gpointer user;
	Encoding encoding;
	gboolean odd; /* half of a UTF-16 unit is in @byte */
	guchar byte;
	gunichar high; /* a surrogate that waits for its other half, or 0 */
} Text;

/* The file, of which the beginning has been read already. */
typedef struct {
	int fd;
	gsize first; /* bytes in @buffer not handed on yet */
	char buffer[BUFFER_BYTES];
} Source;

/* TRUE when every other byte of [s, s + len) is NUL, from @from on. */
static gboolean is_utf16(const guchar *s, gsize len, gsize from)
{
	gsize zeros = 0, n = 0;

	for (gsize i = from; i < MIN(len, 256); i += 2, n++)
		zeros += s[i] == 0;
	return n >= 4 && zeros * 10 >= n * 9 && memchr(s, '\n', MIN(len, 4096));
}

static gboolean is_text(const char *s, gsize len)
{
	const char *end = s + MIN(len, 64 * 1024), *p = s;
	gsize good = 0;

	while (p < end) {
		gunichar c;

		if ((*p >= 0x20 && *p < 0x7f) || strchr("\t\n\r\f\b\033", *p)) {
			good += *p != '\0';
			p++;
			continue;
		}
		c = g_utf8_get_char_validated(p, end - p);
		if ((guchar)*p < 0x80 || c == (gunichar)-1 || c == (gunichar)-2) {
			p++;
			continue;
		}
		good += (gsize)(g_utf8_next_char(p) - p);
		p = g_utf8_next_char(p);
	}
	return good * 100 >= (gsize)(end - s) * TEXT_PERCENT;
}

/* How the text that begins with [s, s + len) is encoded; UNKNOWN when it is none. @skip: its BOM. */
static Encoding find_encoding(const char *s, gsize len, gsize *skip)
{
	*skip = 0;
	if (len >= 2 && (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0)) {
		*skip = 2;
		return s[0] == '\xff' ? TEXT_UTF16_LE : TEXT_UTF16_BE;
	}
	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		*skip = 3;
	else if (is_utf16((const guchar *)s, len, 1))
		return TEXT_UTF16_LE;
	else if (is_utf16((const guchar *)s, len, 0))
		return TEXT_UTF16_BE;
	return is_text(s + *skip, len - *skip) ? TEXT_UTF8 : TEXT_UNKNOWN;
}

static void add_unit(Text *text, gunichar unit, GString *out)
{
	if (unit >= 0xd800 && unit < 0xdc00) {
		text->high = unit;
		return;
	}
	if (unit >= 0xdc00 && unit < 0xe000)
		unit = text->high ? 0x10000 + ((text->high - 0xd800) << 10) + (unit - 0xdc00) : '?';
	text->high = 0;
	g_string_append_unichar(out, unit ? unit : ' ');
}

static void convert(Text *text, const char *s, gsize len)
{
	g_autoptr(GString) out = g_string_sized_new(len);

	for (gsize i = 0; i < len; i++) {
		guchar byte = (guchar)s[i];

		if (text->odd)
			add_unit(text,
				 text->encoding == TEXT_UTF16_LE
					 ? (gunichar)(byte << 8 | text->byte)
					 : (gunichar)(text->byte << 8 | byte),
				 out);
		text->byte = byte;
		text->odd = !text->odd;
	}
	text->sink(out->str, out->len, text->user);
}

/* Hands on [s, s + len). FALSE when it is the beginning, and of no text. */
static gboolean feed(Text *text, const char *s, gsize len, GError **error)
{
	gsize skip = 0;

	if (text->encoding == TEXT_UNKNOWN && len) {
		text->encoding = find_encoding(s, len, &skip);
		if (text->encoding == TEXT_UNKNOWN) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "is not text");
			return FALSE;
		}
	}
	if (text->encoding == TEXT_UTF8)
		text->sink(s + skip, len - skip, text->user);
	else
		convert(text, s + skip, len - skip);
	return TRUE;
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

static gboolean read_plain(Source *source, Text *text, GError **error)
{
	gssize n = (gssize)source->first;

	do {
		if (!feed(text, source->buffer, (gsize)n, error))
			return FALSE;
		n = read_fully(source->fd, source->buffer, BUFFER_BYTES);
	} while (n > 0);
	return n == 0 || fail_errno(error, (int)-n);
}

static la_ssize_t read_packed(struct archive *a, void *user, const void **data)
{
	Source *source = user;
	gssize n = (gssize)source->first;

	source->first = 0;
	if (!n)
		n = read_fully(source->fd, source->buffer, BUFFER_BYTES);
	if (n < 0)
		archive_set_error(a, (int)-n, "%s", g_strerror((int)-n));
	*data = source->buffer;
	return n < 0 ? -1 : n;
}

static gboolean fail_archive(GError **error, struct archive *a)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "cannot be unpacked: %s",
		    archive_error_string(a) ? archive_error_string(a) : "damaged");
	return FALSE;
}

static gboolean unpack(struct archive *a, guint64 max_bytes, Text *text, GError **error)
{
	g_autofree char *buffer = g_malloc(BUFFER_BYTES);
	struct archive_entry *entry;
	guint64 total = 0;
	la_ssize_t n;

	if (archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return fail_archive(error, a);
	while ((n = archive_read_data(a, buffer, BUFFER_BYTES)) > 0) {
		total += (guint64)n;
		if (total > max_bytes) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
				    "unpacks to more than %" G_GUINT64_FORMAT " MiB",
				    max_bytes >> 20);
			return FALSE;
		}
		if (!feed(text, buffer, (gsize)n, error))
			return FALSE;
	}
	return n == 0 || fail_archive(error, a);
}

static gboolean unpack_source(Source *source, guint64 max_bytes, Text *text, GError **error)
{
	struct archive *a = archive_read_new();
	gboolean good;

	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_format_raw(a);
	if (archive_read_open(a, source, NULL, read_packed, NULL) == ARCHIVE_OK)
		good = unpack(a, max_bytes, text, error);
	else
		good = fail_archive(error, a);
	archive_read_free(a);
	return good;
}

static gboolean is_packed(const char *s, gsize len)
{
	static const struct {
		const char *magic;
		gsize len;
	} magics[] = {{"\x1f\x8b\x08", 3},
		      {"BZh", 3},
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
			  GError **error)
{
	g_autofree Source *source = g_new(Source, 1);
	Text text = {.sink = sink, .user = user};
	gssize n = read_fully(fd, source->buffer, BUFFER_BYTES);

	if (n < 0)
		return fail_errno(error, (int)-n);
	source->fd = fd;
	source->first = (gsize)n;
	if (is_packed(source->buffer, (gsize)n))
		return unpack_source(source, max_bytes, &text, error);
	return n == 0 || read_plain(source, &text, error);
}
