/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of line.h: what is in them. What is around them: carriers.c. */
#include <string.h>

#include "harness/splat/line.h"
#include "harness/splat/match.h"

/* The length of an escape sequence at @s (after ESC), as terminals read it. */
static gsize escape_length(const char *s, const char *end)
{
	const char *p = s;

	if (p == end)
		return 0;
	if (*p == '[') {
		for (p++; p < end && (guchar)*p >= 0x20 && (guchar)*p < 0x40; p++)
			;
		return (gsize)(p - s) + (p < end);
	}
	return 1;
}

/* The length of a valid UTF-8 character at @s, 0 if there is none. */
static gsize utf8_length(const char *s, const char *end)
{
	gunichar c = g_utf8_get_char_validated(s, MIN(end - s, 4));

	if (c == (gunichar)-1 || c == (gunichar)-2 || c == 0)
		return 0;
	return (gsize)(g_utf8_next_char(s) - s);
}

static inline gboolean is_plain(guchar c)
{
	return (guchar)(c - 0x20) < 0x7f - 0x20 || c == '\t' || c == '\n';
}

/* Where the run of plain characters that begins at @s ends, at the latest at @end. */
static const char *skip_plain(const char *s, const char *end)
{
	const guint64 ones = ~(guint64)0 / 255, high = ones << 7;
	guint64 v;

	for (; end - s >= 8; s += 8) {
		memcpy(&v, s, sizeof(v));
		if ((v | (v - ones * 0x20) | (v + ones)) & high)
			break;
	}
	while (s < end && is_plain((guchar)*s))
		s++;
	return s;
}

gboolean splat_line_is_plain(const char *s, gsize len)
{
	return skip_plain(s, s + len) == s + len && !memchr(s, '&', len);
}

gsize splat_line_clean(const char *raw, gsize len, char *out)
{
	const char *s = raw, *end = raw + len;
	char *o = out, *limit = out + SPLAT_LINE_MAX;

	while (s < end && o < limit) {
		const char *run = s;
		guchar c;

		s = skip_plain(s, s + MIN(end - s, limit - o));
		if (o != run)
			memmove(o, run, (gsize)(s - run));
		o += s - run;
		if (s == end || o == limit)
			break;
		c = (guchar)*s;
		if (c == 0x1b) {
			s++;
			s += escape_length(s, end);
		} else if (c < 0x20 || c == 0x7f) {
			s++;
		} else {
			gsize n = utf8_length(s, end);

			if (n && o + n <= limit) {
				memmove(o, s, n);
				o += n;
				s += n;
			} else {
				*o++ = '?';
				s++;
			}
		}
	}
	return (gsize)(o - out);
}

static inline gboolean is_digit(char c)
{
	return (guchar)(c - '0') < 10;
}

/* The value of six digits in the lower bytes of @v, the first one lowest; -1 when they are none. */
static int six_digits(guint64 v)
{
	const guint64 ones = 0x010101010101;

	v = (v & ones * 0xff) - ones * '0';
	if ((v | (v + ones * 0x76)) & ones * 0x80)
		return -1;
	v = v * 10 + (v >> 8);
	return (int)((v & 0xff) * 10000 + (v >> 16 & 0xff) * 100 + (v >> 32 & 0xff));
}

/* "[   12.345678" at @s: where it goes on, or NULL, and @t_us may be anything. */
static const char *read_seconds(const char *s, const char *end, gint64 *t_us)
{
	static const guint scale[] = {1000, 100, 10, 1};
	gint64 seconds = 0;
	guint micros = 0;
	const char *p = s + 1, *dot;

	while (p < end && *p == ' ')
		p++;
	if (p == end || !is_digit(*p))
		return NULL;
	for (; p < end && is_digit(*p); p++)
		if (seconds < 1000000000)
			seconds = seconds * 10 + (*p - '0');
	if (p == end || *p != '.')
		return NULL;
	if (end - p >= 8 && p[7] == ']') { /* as the kernel prints it */
		guint64 eight;
		int value;

		memcpy(&eight, p, sizeof(eight));
		value = six_digits(GUINT64_FROM_LE(eight) >> 8);
		*t_us = seconds * G_USEC_PER_SEC + value;
		if (value >= 0)
			return p + 7;
	}
	for (dot = p++; p < end && is_digit(*p); p++)
		if (p - dot <= 6)
			micros = micros * 10 + (guint)(*p - '0');
	if (p - dot < 4 || p - dot > 10)
		return NULL;
	*t_us = seconds * G_USEC_PER_SEC + micros * scale[MIN(p - dot - 4, 3)];
	return p;
}

const char *splat_line_read_time(const char *s, const char *end, gint64 *t_us)
{
	gint64 value;
	const char *p = read_seconds(s, end, &value);

	if (p && p < end && (*p == '@' || *p == ',' || *p == '('))
		while (p < end && *p != ']' && *p != ' ')
			p++;
	if (!p || p == end || *p != ']')
		return NULL;
	*t_us = value;
	return p + 1;
}

const char *splat_line_read_stamp(const char *s, const char *end, gint64 *t_us)
{
	const char *p = read_seconds(s, end, t_us);

	return p && p < end && *p == ']' ? p + 1 : NULL;
}

gint64 splat_line_time(const char *s, const char *end)
{
	gint64 t_us = -1;

	return s < end && *s == '[' && splat_line_read_time(s, end, &t_us) ? t_us : -1;
}

gboolean splat_line_is_bare(const SplatLine *line)
{
	const char *s = line->s;

	return line->end - s >= 6 &&
	       (*s == ' ' || (g_ascii_isupper(*s) && s[3] == ':' && s[4] == ' ') ||
		(*s == 'C' && s[4] == ':' && s[5] == ' '));
}

gboolean splat_line_at_front(const SplatLine *line, const char *at)
{
	for (const char *s = line->s; s < at; s++)
		if (*s != ' ' && *s != '\t')
			return FALSE;
	return TRUE;
}

void splat_line_set_host(SplatLine *line, const char *s, const char *end)
{
	guint hash = 5381;

	for (; s < end; s++)
		hash = hash * 33 ^ (guchar)*s;
	line->caller.host = hash;
}
