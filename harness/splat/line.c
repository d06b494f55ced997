/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of line.h. */
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
	return (guchar)(c - 0x20) < 0x7f - 0x20 || c == '\t';
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
		memcpy(o, run, (gsize)(s - run));
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
				memcpy(o, s, n);
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

/* "[   12.345678]", also "[   12.345678@0]" and the like of vendors. */
static const char *read_time(const char *s, const char *end, gint64 *t_us)
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

	return s < end && *s == '[' && read_time(s, end, &t_us) ? t_us : -1;
}

/* "[ T123]", "[C0]", "[c0]". */
static const char *read_caller(const char *s, const char *end, SplatLine *line)
{
	const char *p = s + 1;
	guint64 id = 0;
	char kind;

	while (p < end && *p == ' ')
		p++;
	if (end - p < 3)
		return NULL;
	kind = g_ascii_toupper(*p);
	if ((kind != 'T' && kind != 'C') || !g_ascii_isdigit(p[1]))
		return NULL;
	for (p++; p < end && g_ascii_isdigit(*p); p++)
		if (id < G_MAXUINT32 / 10)
			id = id * 10 + (guint64)(*p - '0');
	if (p == end || *p != ']')
		return NULL;
	line->caller = kind;
	line->caller_id = (guint)id;
	return p + 1;
}

/* "[Mon Jan  1 12:00:00 2024]", "[2024-01-01 12:00:00.123]", "[  +0.000012]". */
static const char *read_bracket_date(const char *s, const char *end)
{
	const char *close = memchr(s, ']', (gsize)MIN(end - s, 40));
	guint colons = 0, digits = 0;
	const char *p;

	if (!close)
		return NULL;
	for (p = s + 1; p < close; p++) {
		if (g_ascii_isdigit(*p))
			digits++;
		else if (*p == ':')
			colons++;
		else if (!g_ascii_isalpha(*p) && !strchr(" +-./,", *p))
			return NULL;
	}
	if (colons >= 2 && digits >= 5)
		return close + 1;
	for (p = s + 1; p < close && *p == ' '; p++)
		;
	return *p == '+' && digits >= 4 ? close + 1 : NULL;
}

/* "12:34:56", with a fraction or not. */
static const char *read_clock(const char *s, const char *end)
{
	if (end - s < 8 || s[2] != ':' || s[5] != ':' || !g_ascii_isdigit(s[0]) ||
	    !g_ascii_isdigit(s[7]))
		return NULL;
	s += 8;
	if (s < end && (*s == '.' || *s == ','))
		for (s++; s < end && g_ascii_isdigit(*s); s++)
			;
	return s;
}

/* "Jan  1 12:34:56 ", "2024-01-01T12:34:56.123+00:00 ", "2024/01/01 12:34:56 " */
static const char *read_date(const char *s, const char *end)
{
	const char *p;

	if (end - s > 16 && g_ascii_isupper(s[0]) && s[3] == ' ' && s[6] == ' ') {
		p = read_clock(s + 7, end);
		return p && p < end && *p == ' ' ? p + 1 : NULL;
	}
	if (end - s > 20 && (s[4] == '-' || s[4] == '/') && s[7] == s[4] &&
	    (s[10] == 'T' || s[10] == ' ')) {
		p = read_clock(s + 11, end);
		if (!p)
			return NULL;
		if (p < end && *p == 'Z')
			p++;
		else if (p < end && (*p == '+' || *p == '-'))
			for (p++; p < end && (g_ascii_isdigit(*p) || *p == ':'); p++)
				;
		return p < end && (*p == ' ' || *p == '\t') ? p + 1 : NULL;
	}
	return NULL;
}

/* After a date: "host kernel: " or "host prog[12]: ". */
static const char *read_syslog(const char *s, const char *end, SplatLine *line)
{
	const char *host = memchr(s, ' ', (gsize)MIN(end - s, 80));
	const char *tag, *colon;

	if (!host || host == s)
		return s;
	tag = host + 1;
	colon = memchr(tag, ':', (gsize)MIN(end - tag, 80));
	if (!colon || colon + 1 >= end || colon[1] != ' ' || memchr(tag, '[', 1))
		return s;
	/* an optional "kern.warn" or "<4>" word before the tag */
	for (const char *blank = memchr(tag, ' ', (gsize)(colon - tag)); blank;
	     blank = memchr(tag, ' ', (gsize)(colon - tag)))
		tag = blank + 1;
	line->syslog = TRUE;
	if (!splat_starts(tag, colon, "kernel") && !splat_starts(tag, colon, "KERNEL")) {
		line->user = TRUE;
		return s;
	}
	return colon + 2;
}

/* A date in some other language, and the kernel's tag all the same: "июл 27 ... kernel: ". */
static const char *read_foreign_syslog(const char *s, const char *end, SplatLine *line)
{
	const char *tag = splat_find(s, s + MIN(end - s, 80), " kernel: ");

	if (!tag || !memchr(s, ':', (gsize)(tag - s)) || memchr(s, '[', (gsize)(tag - s)))
		return NULL;
	line->syslog = TRUE;
	return tag + strlen(" kernel: ");
}

/* The record format of /dev/kmsg: "4,123,4567,-;". */
static const char *read_kmsg(const char *s, const char *end, SplatLine *line)
{
	const char *p = s;
	guint64 field[3] = {0};

	for (int i = 0; i < 3; i++) {
		const char *start = p;

		for (; p < end && g_ascii_isdigit(*p); p++)
			if (field[i] < G_MAXINT64 / 100)
				field[i] = field[i] * 10 + (guint64)(*p - '0');
		if (p == start || p == end || *p != ',')
			return NULL;
		p++;
	}
	if (p == end || !strchr("-c+", *p))
		return NULL;
	p = memchr(p, ';', (gsize)MIN(end - p, 60));
	if (!p)
		return NULL;
	line->t_us = (gint64)field[2];
	return p + 1;
}

/* "kern  :warn  : " of dmesg -x. */
static const char *read_facility(const char *s, const char *end)
{
	const char *p;

	if (!splat_starts(s, end, "kern "))
		return NULL;
	p = memchr(s, ':', (gsize)MIN(end - s, 12));
	p = p ? memchr(p + 1, ':', (gsize)MIN(end - p - 1, 12)) : NULL;
	return p && p + 1 < end && p[1] == ' ' ? p + 2 : NULL;
}

/* Takes one prefix off. Returns the rest, or NULL when there is none. */
static const char *read_prefix(const char *s, const char *end, SplatLine *line)
{
	const char *p;

	switch (*s) {
	case '[':
		if ((p = read_time(s, end, &line->t_us)) || (p = read_caller(s, end, line)) ||
		    (p = read_bracket_date(s, end)))
			return p < end && *p == ' ' ? p + 1 : p;
		return NULL;
	case '<':
		p = s + 1;
		while (p < end && g_ascii_isdigit(*p))
			p++;
		return p > s + 1 && p < end && *p == '>' ? p + 1 : NULL;
	case '>':
		return s + 1 < end && s[1] == ' ' ? s + 2 : s + 1;
	case 'k':
		return read_facility(s, end);
	}
	if (g_ascii_isdigit(*s) && (p = read_kmsg(s, end, line)))
		return p;
	if (line->syslog)
		return NULL;
	if ((p = read_date(s, end)))
		return read_syslog(p, end, line);
	return read_foreign_syslog(s, end, line);
}

/* The next "[   12.345678]" in the middle of a message, or @end. */
static const char *find_time(const char *s, const char *end)
{
	gint64 t_us;

	while (s < end && (s = memchr(s, '[', (gsize)(end - s)))) {
		if (read_time(s, end, &t_us))
			return s;
		s++;
	}
	return end;
}

gboolean splat_line_next(const char **s, const char *end, SplatLine *line)
{
	const char *p = *s, *next;

	if (p >= end)
		return FALSE;
	while (p < end && (next = read_prefix(p, end, line)))
		p = next;
	line->s = p;
	line->end = find_time(p, end);
	*s = line->end;
	return TRUE;
}
