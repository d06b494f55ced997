/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See encoding.h. */
#include "harness/splat/encoding.h"

#include <string.h>

#define LOOK_BYTES    (64 * 1024) /* of the beginning tell what it is */
#define TEXT_PERCENT  70	  /* of it are what texts are made of */
#define CLEAN_PERCENT 95	  /* the same where NULs are, which are not counted then */
#define NULS_MIN      8		  /* so many at the front belong to no character */
#define NULS_MAX      (1u << 30)  /* a device that never ends */

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
	const char *end = s + MIN(len, LOOK_BYTES), *p = s;
	gsize good = 0, nuls = 0;

	while (p < end) {
		gunichar c;

		if ((*p >= 0x20 && *p < 0x7f) || strchr("\t\n\r\f\b\033", *p)) {
			good += *p != '\0';
			nuls += *p == '\0';
			p++;
			continue;
		}
		c = g_utf8_get_char_validated(p, end - p);
		if ((guchar)*p < 0x80 || c == (gunichar)-1 || c == (gunichar)-2) {
			good += (guchar)*p == 0xa0; /* Latin-1's blank that does not break */
			p++;
			continue;
		}
		good += (gsize)(g_utf8_next_char(p) - p);
		p = g_utf8_next_char(p);
	}
	return good * 100 >= (gsize)(end - s) * TEXT_PERCENT ||
	       (good && good * 100 >= ((gsize)(end - s) - nuls) * CLEAN_PERCENT);
}

static gboolean is_hex(char c)
{
	return g_ascii_isdigit(c) || (c >= 'A' && c <= 'F');
}

/* A mail says so, or every "=" begins what only this encoding has. */
static gboolean is_quoted(const char *s, gsize len)
{
	static const char header[] = "content-transfer-encoding: quoted-printable";
	const char *end = s + MIN(len, LOOK_BYTES);
	gboolean sure = FALSE, all = TRUE;

	for (const char *p = s; (p = memchr(p, '\n', (gsize)(end - p))); p++)
		if ((gsize)(end - p) > strlen(header) &&
		    g_ascii_strncasecmp(p + 1, header, strlen(header)) == 0)
			return TRUE;
	for (const char *p = s; all && (p = memchr(p, '=', (gsize)(end - p))); p++) {
		if (end - p < 4)
			break;
		if (p[1] == '\n' || (p[1] == '\r' && p[2] == '\n') || memcmp(p, "=3D", 3) == 0)
			sure = TRUE;
		else
			all = is_hex(p[1]) && is_hex(p[2]);
	}
	return sure && all;
}

static void set_wide(SplatEncoded *text, guint width, gboolean little)
{
	text->width = width;
	text->encoding = little ? TEXT_WIDE_LE : TEXT_WIDE_BE;
}

/* How the text is encoded that begins with [s, s + len). Returns the length of its mark. */
static gsize find_encoding(SplatEncoded *text, const char *s, gsize len)
{
	gsize skip = 0;

	if (len >= 4 && memcmp(s, "\xff\xfe\0\0", 4) == 0)
		return set_wide(text, 4, TRUE), 4;
	if (len >= 4 && memcmp(s, "\0\0\xfe\xff", 4) == 0)
		return set_wide(text, 4, FALSE), 4;
	if (len >= 2 && (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0))
		return set_wide(text, 2, s[0] == '\xff'), 2;
	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		skip = 3;
	else if (is_utf16((const guchar *)s, len, 1))
		return set_wide(text, 2, TRUE), 0;
	else if (is_utf16((const guchar *)s, len, 0))
		return set_wide(text, 2, FALSE), 0;
	if (!is_text(s + skip, len - skip))
		return 0;
	text->encoding = TEXT_UTF8;
	text->quoted = is_quoted(s, len);
	text->cr = memchr(s, '\r', len) && !memchr(s, '\n', MIN(len, LOOK_BYTES));
	return skip;
}

static void put(SplatEncoded *text, GString *out, guchar c)
{
	if (!c) {
		text->nuls++;
		return;
	}
	if (text->c2) {
		text->c2 = FALSE;
		if (c == 0xa0) {
			g_string_append_c(out, ' ');
			text->last = ' ';
			return;
		}
		g_string_append_c(out, '\xc2');
		text->last = 0xc2;
	}
	if (c == 0xc2) {
		text->c2 = TRUE;
		return;
	}
	if (c == 0xa0 && text->last < 0x80)
		c = ' ';
	if (c == '\r' && text->cr)
		c = '\n';
	g_string_append_c(out, (char)c);
	text->last = c;
}

static void put_quoted(SplatEncoded *text, GString *out, char c)
{
	guint escape = text->escape;

	text->escape = 0;
	if (escape == 2 && is_hex(text->first) && is_hex(c)) {
		put(text, out,
		    (guchar)(g_ascii_xdigit_value(text->first) * 16 + g_ascii_xdigit_value(c)));
		return;
	}
	if (escape && c == '\n' && (escape == 1 || text->first == '\r'))
		return; /* the line goes on */
	if (escape == 1 && (is_hex(c) || c == '\r')) {
		text->first = c;
		text->escape = 2;
		return;
	}
	if (escape)
		put(text, out, '=');
	if (escape == 2)
		put(text, out, (guchar)text->first);
	if (c == '=')
		text->escape = 1;
	else
		put(text, out, (guchar)c);
}

/* Where the ASCII that begins at @s ends, at the latest at @end. */
static const char *skip_ascii(const char *s, const char *end)
{
	const guint64 ones = ~(guint64)0 / 255;
	guint64 v;

	for (; end - s >= 8; s += 8) {
		memcpy(&v, s, sizeof(v));
		if ((v | (v - ones)) & ones << 7)
			break;
	}
	while (end > s && *s > 0)
		s++;
	return s;
}

static void hand_on(SplatEncoded *text, const char *s, gsize len)
{
	const char *end = s + len, *run = s;
	g_autoptr(GString) out = NULL;

	if (!len)
		return;
	if (!text->quoted && !text->cr && !text->c2 && end[-1] != '\xc2' && !memchr(s, 0, len) &&
	    !memchr(s, 0xa0, len)) {
		text->sink(s, len, text->user);
		text->last = (guchar)end[-1];
		return;
	}
	out = g_string_sized_new(len + 4);
	while (s < end) {
		if (!text->quoted && !text->cr && !text->c2) {
			s = skip_ascii(s, end);
			g_string_append_len(out, run, s - run);
			text->last = s > run ? ' ' : text->last;
		}
		if (s < end && text->quoted)
			put_quoted(text, out, *s++);
		else if (s < end)
			put(text, out, (guchar)*s++);
		run = s;
	}
	text->sink(out->str, out->len, text->user);
}

static void add_unit(SplatEncoded *text, gunichar unit, GString *out)
{
	if (unit >= 0xd800 && unit < 0xdc00) {
		text->high = unit;
		return;
	}
	if (unit >= 0xdc00 && unit < 0xe000)
		unit = text->high ? 0x10000 + ((text->high - 0xd800) << 10) + (unit - 0xdc00) : '?';
	text->high = 0;
	g_string_append_unichar(out, unit <= 0x10ffff ? unit : '?');
}

static void convert(SplatEncoded *text, const char *s, gsize len)
{
	g_autoptr(GString) out = g_string_sized_new(len);

	for (gsize i = 0; i < len; i++) {
		gunichar unit = 0;

		text->unit[text->have++] = (guchar)s[i];
		if (text->have < text->width)
			continue;
		for (guint b = 0; b < text->width; b++)
			unit = unit << 8 |
			       text->unit[text->encoding == TEXT_WIDE_LE ? text->width - 1 - b : b];
		text->have = 0;
		add_unit(text, unit, out);
	}
	hand_on(text, out->str, out->len);
}

gboolean splat_encoded_feed(SplatEncoded *text, const char *s, gsize len)
{
	if (text->encoding == TEXT_UNKNOWN) {
		gsize nuls = 0, mark;

		while (nuls < len && !s[nuls])
			nuls++;
		if (nuls >= NULS_MIN || nuls == len) {
			text->nuls += nuls;
			s += nuls;
			len -= nuls;
		}
		if (!len)
			return text->nuls <= NULS_MAX;
		mark = find_encoding(text, s, len);
		if (text->encoding == TEXT_UNKNOWN)
			return FALSE;
		s += mark;
		len -= mark;
	}
	if (text->encoding == TEXT_UTF8)
		hand_on(text, s, len);
	else
		convert(text, s, len);
	return text->nuls <= NULS_MAX;
}
