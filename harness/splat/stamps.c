/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dates of stamps.h. */
#include <string.h>

#include "harness/splat/match.h"
#include "harness/splat/scan.h"
#include "harness/splat/stamps.h"

static gboolean is_digit_at(const char *s, const char *end, gsize i)
{
	return (gsize)(end - s) > i && g_ascii_isdigit(s[i]);
}

static char *skip_digits(char *s, const char *end)
{
	while (s < end && g_ascii_isdigit(*s))
		s++;
	return s;
}

static char *skip_blanks(char *s, const char *end)
{
	while (s < end && *s == ' ')
		s++;
	return s;
}

/* "[   12.345678 <    0.000012>] " */
gboolean splat_strip_delta(SplatLine *line)
{
	char *p = skip_blanks(line->s + 1, line->end), *seconds = p, *close;

	p = skip_digits(p, line->end);
	if (p == seconds || p == line->end || *p != '.')
		return FALSE;
	p = skip_digits(p + 1, line->end);
	close = memchr(p, ']', (gsize)MIN(line->end - p, 24));
	if (!close || !(splat_starts(p, close, " <") || skip_blanks(p, close) == close))
		return FALSE;
	line->t_us = (gint64)(g_ascii_strtod(seconds, NULL) * 1e6 + 0.5);
	line->stamped = TRUE;
	line->s = close + 1 + (close + 1 < line->end && close[1] == ' ');
	return TRUE;
}

/* "[Jan02 10:00]" of dmesg -H: the only one that has fewer than two colons. */
static gboolean is_minute(const char *s, const char *close)
{
	return close - s == 12 && g_ascii_isupper(s[1]) && g_ascii_isdigit(s[4]) && s[6] == ' ' &&
	       s[9] == ':';
}

/* "[Mon Jan  1 12:00:00 2024]", "[2024-01-01 12:00:00.123]", "[  +0.000012]" */
gboolean splat_strip_bracket_date(SplatLine *line)
{
	char *s = line->s, *p;
	char *close = memchr(s, ']', (gsize)MIN(line->end - s, 48));
	guint colons = 0, digits = 0;

	if (!close)
		return FALSE;
	for (p = s + 1; p < close; p++) {
		if (g_ascii_isdigit(*p))
			digits++;
		else if (*p == ':')
			colons++;
		else if (!g_ascii_isalpha(*p) && !strchr(" +-./,<>", *p))
			return FALSE;
	}
	p = skip_blanks(s + 1, close);
	if (!(colons >= 2 && digits >= 5) && !(*p == '+' && digits >= 4) && !is_minute(s, close))
		return FALSE;
	line->s = close + 1 + (close + 1 < line->end && close[1] == ' ');
	return TRUE;
}

/* A word that may be a host's name; returns its end, or NULL. */
static char *read_host(char *s, const char *end)
{
	char *p = s;

	while (p < end && p - s < 80 &&
	       (g_ascii_isalnum(*p) || *p == '-' || *p == '_' || *p == '.' || *p == ':'))
		p++;
	return p > s && p < end && *p == ' ' && p[-1] != ':' ? p : NULL;
}

/* "prog[12]:": the end behind the colon, or NULL. @pid: it has a number. */
static char *read_program(char *s, const char *end, gboolean *pid)
{
	char *p = s, *digits;

	while (p < end && p - s < 80 && *p != ' ' && *p != ':' && *p != '[' && *p)
		p++;
	*pid = FALSE;
	if (p == s || p == end)
		return NULL;
	if (*p == '[') {
		digits = ++p;
		p = skip_digits(p, end);
		if (p == digits || p == end || *p != ']')
			return NULL;
		*pid = TRUE;
		p++;
	}
	return p < end && *p == ':' ? p + 1 : NULL;
}

static gboolean is_kernel(const char *s, const char *end)
{
	return splat_starts(s, end, "kernel:") || splat_starts(s, end, "KERNEL:") ||
	       splat_starts(s, end, "kernel[0]:") || splat_starts(s, end, "kernel - - - ");
}

/* TRUE when the message at @s is one that a rule begins with: no host and no program. */
static gboolean is_complaint(const char *s, const char *end)
{
	SplatHit hit;

	return splat_scan_all(splat_scan_get(), s, end, &hit, 1) && hit.at == s;
}

/* "DEBUG ", "W ", "INFO: ": no host and no program. */
static gboolean is_level(const char *s, const char *end)
{
	static const char *const levels[] = {"TRACE", "DEBUG",	  "INFO",  "NOTICE",
					     "WARN",  "WARNING",  "ERROR", "ERR",
					     "CRIT",  "CRITICAL", "FATAL"};
	const char *stop = s;

	while (stop < end && g_ascii_isupper(*stop))
		stop++;
	if (stop == s || stop == end || !strchr(" :|]", *stop))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(levels); i++)
		if (splat_text_is((SplatText){s, (gsize)(stop - s)}, levels[i]))
			return TRUE;
	return stop - s == 1;
}

static void take_kernel(SplatLine *line, char *tag)
{
	char *text =
		tag + (splat_starts(tag, line->end, "kernel - - - ") ? 13 : strcspn(tag, ":") + 1);

	line->syslog = TRUE;
	line->s = text + (text < line->end && *text == ' ' && text[-1] == ':');
}

/* "kern.warn kernel: ", "<4> kernel: ": some daemons put a word before the program. */
static char *skip_word(char *s, const char *end)
{
	char *blank = memchr(s, ' ', (gsize)MIN(end - s, 24));

	return blank && is_kernel(blank + 1, end) ? blank + 1 : s;
}

/*
 * Behind a date: "host kernel: ", "kernel: ", "host prog[12]: ", "prog[12]: ". Whatever else there
 * is, is the message itself.
 */
static void read_tag(SplatLine *line)
{
	char *s = line->s, *host, *tag;
	gboolean pid;

	if (is_kernel(s, line->end)) {
		take_kernel(line, s);
		return;
	}
	if (read_program(s, line->end, &pid)) {
		line->syslog |= pid;
		line->user |= pid;
		return;
	}
	host = read_host(s, line->end);
	if (!host)
		return;
	tag = skip_word(host + 1, line->end);
	if (is_kernel(tag, line->end)) {
		splat_line_set_host(line, s, host);
		take_kernel(line, tag);
	} else if (!is_level(s, line->end) && !is_level(tag, line->end) &&
		   read_program(tag, line->end, &pid) && (pid || !is_complaint(s, line->end))) {
		line->syslog = TRUE;
		line->user = TRUE;
	}
}

/* "[   12.345678] hosta kernel: ", once the stamp is off. */
gboolean splat_strip_tag(SplatLine *line)
{
	char *s = line->s, *host;
	gboolean pid;

	if (!line->stamped || line->syslog)
		return FALSE;
	if (is_kernel(s, line->end)) {
		take_kernel(line, s);
		return TRUE;
	}
	host = read_host(s, line->end);
	if (!host)
		return FALSE;
	if (is_kernel(host + 1, line->end)) {
		splat_line_set_host(line, s, host);
		take_kernel(line, host + 1);
		return TRUE;
	}
	line->user |= read_program(host + 1, line->end, &pid) && pid;
	return FALSE;
}

/* "1767348000.000001 ", and the seconds of a `ts` before a stamp */
gboolean splat_strip_unix(SplatLine *line)
{
	char *dot = skip_digits(line->s, line->end), *p;

	if (line->wrapped || dot == line->end || *dot != '.')
		return FALSE;
	p = skip_digits(dot + 1, line->end);
	if (p - dot < 4 || p >= line->end || *p != ' ' ||
	    (dot - line->s < 9 && !splat_starts(p, line->end, " [")))
		return FALSE;
	line->s = p + 1;
	read_tag(line);
	return TRUE;
}

/* "12:34:56", with a fraction or not: its end, or NULL. */
static char *read_clock(char *s, const char *end)
{
	if (end - s < 8 || s[2] != ':' || s[5] != ':' || !g_ascii_isdigit(s[0]) ||
	    !g_ascii_isdigit(s[7]))
		return NULL;
	s += 8;
	if (s < end && (*s == '.' || *s == ','))
		s = skip_digits(s + 1, end);
	return s;
}

/* "2026-01-02T10:00:00.123+00:00", "2026/01/02 10:00:00": its end, or NULL. */
static char *read_iso_date(char *s, const char *end)
{
	char *p;

	if (end - s < 19 || !g_ascii_isdigit(s[0]) || !g_ascii_isdigit(s[3]) ||
	    (s[4] != '-' && s[4] != '/') || s[7] != s[4] || (s[10] != 'T' && s[10] != ' '))
		return NULL;
	p = read_clock(s + 11, end);
	if (!p || p == end)
		return p;
	if (*p == 'Z')
		return p + 1;
	if (*p == '+' || *p == '-')
		for (p++; p < end && (g_ascii_isdigit(*p) || *p == ':'); p++)
			if (*p == ':' && !is_digit_at(p, end, 1))
				break; /* virtlogd ends its stamp with one */
	return p;
}

/* What containers and CI systems put behind their date: "stdout F ", "01O ". */
static char *skip_stream(char *s, const char *end)
{
	if (end - s > 9 && (splat_starts(s, end, "stdout ") || splat_starts(s, end, "stderr ")) &&
	    strchr("FP", s[7]) && s[8] == ' ')
		return s + 9;
	if (end - s > 4 && g_ascii_isxdigit(s[0]) && g_ascii_isxdigit(s[1]) &&
	    (s[2] == 'O' || s[2] == 'E') && (s[3] == ' ' || s[3] == '+'))
		return s + 4;
	return s;
}

gboolean splat_strip_iso_date(SplatLine *line)
{
	char *s = line->s, *p;

	if (line->syslog)
		return FALSE;
	/* `gh run view --log` has the job's and the step's name before it */
	for (guint i = 0; i < 2 && !line->wrapped; i++) {
		p = memchr(s, '\t', (gsize)MIN(line->end - s, 80));
		if (!p || p == s)
			break;
		s = p + 1;
	}
	if (s != line->s && !read_iso_date(s, line->end))
		return FALSE;
	if (splat_starts(s, line->end, "1 ")) /* RFC 5424, behind "<4>" */
		s += 2;
	p = read_iso_date(s, line->end);
	if (!p || p == line->end)
		return FALSE;
	if (*p == ':')
		p++;
	if (p < line->end && *p != ' ' && *p != '\t')
		return FALSE;
	line->s = skip_stream(MIN(p + 1, line->end), line->end);
	read_tag(line);
	return TRUE;
}

/* "Fri 2026-01-02 10:00:00 CET": the end behind the time zone, or NULL. */
static char *read_full_date(char *s, const char *end)
{
	char *p = end - s > 24 && s[3] == ' ' ? read_iso_date(s + 4, end) : NULL;

	if (!p || p == end || *p != ' ')
		return NULL;
	for (p++; p < end && (g_ascii_isalnum(*p) || strchr("+-:", *p)); p++)
		;
	return p;
}

/* "Jan  1 12:34:56", "Jan  1 2026 12:34:56": its end, or NULL. */
static char *read_month_date(char *s, const char *end)
{
	char *p;

	if (end - s < 16 || s[3] != ' ' || s[6] != ' ' || !g_ascii_isdigit(s[5]))
		return NULL;
	p = read_clock(s + 7, end);
	return p ? p : end - s > 20 && s[11] == ' ' ? read_clock(s + 12, end) : NULL;
}

/* A date in some other language, and the kernel's tag all the same: "июл 27 ... kernel: ". */
static gboolean strip_foreign(SplatLine *line)
{
	const char *s = line->s, *tag;

	if (line->wrapped)
		return FALSE;
	tag = splat_find(s, s + MIN(line->end - s, 80), " kernel: ");
	if (!tag || !memchr(s, ':', (gsize)(tag - s)) || memchr(s, '[', (gsize)(tag - s)))
		return FALSE;
	take_kernel(line, line->s + (tag + 1 - s));
	return TRUE;
}

gboolean splat_strip_date(SplatLine *line)
{
	char *p;

	if (line->syslog || *line->s == ' ')
		return FALSE;
	p = g_ascii_isupper(*line->s) ? read_month_date(line->s, line->end) : NULL;
	if (!p && g_ascii_isupper(*line->s))
		p = read_full_date(line->s, line->end);
	if (!p)
		return strip_foreign(line);
	if (p >= line->end || *p != ' ')
		return FALSE;
	line->s = p + 1;
	read_tag(line);
	return TRUE;
}

/* "10:00:00 " */
gboolean splat_strip_clock(SplatLine *line)
{
	char *p = line->wrapped ? NULL : read_clock(line->s, line->end);

	if (!p || p >= line->end || *p != ' ')
		return FALSE;
	line->s = skip_blanks(p, line->end);
	if (line->s > p + 2)
		line->s = p + 1;
	return TRUE;
}
