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

gsize splat_line_clean(const char *raw, gsize len, char *out)
{
	const char *s = raw, *end = raw + len;
	char *o = out, *limit = out + SPLAT_LINE_MAX;

	while (s < end && o < limit) {
		const char *run = s;
		guchar c;

		while (s < end && s - run < limit - o && is_plain((guchar)*s))
			s++;
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

const char *splat_line_read_time(const char *s, const char *end, gint64 *t_us)
{
	gint64 seconds = 0, micros = 0;
	int digits = 0;
	const char *p = s + 1;

	while (p < end && *p == ' ')
		p++;
	if (p == end || !g_ascii_isdigit(*p))
		return NULL;
	for (; p < end && g_ascii_isdigit(*p); p++)
		if (seconds < 1000000000)
			seconds = seconds * 10 + (*p - '0');
	if (p == end || *p != '.')
		return NULL;
	for (p++; p < end && g_ascii_isdigit(*p); p++, digits++)
		if (digits < 6)
			micros = micros * 10 + (*p - '0');
	if (digits < 3 || digits > 9)
		return NULL;
	for (; digits < 6; digits++)
		micros *= 10;
	if (p < end && strchr("@,(", *p))
		while (p < end && *p != ']' && *p != ' ')
			p++;
	if (p == end || *p != ']')
		return NULL;
	*t_us = seconds * G_USEC_PER_SEC + micros;
	return p + 1;
}

gint64 splat_line_time(const char *s, const char *end)
{
	gint64 t_us = -1;

	return s < end && *s == '[' && splat_line_read_time(s, end, &t_us) ? t_us : -1;
}
