/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of carriers.h, and how each is taken off. Dates and log daemons: stamps.c. */
#include <string.h>

#include "harness/splat/carriers.h"
#include "harness/splat/match.h"
#include "harness/splat/prefix.h"
#include "harness/splat/stamps.h"
#include "harness/splat/unescape.h"

static void skip_blank(SplatLine *line)
{
	line->s += line->s < line->end && *line->s == ' ';
}

/* "[   12.345678] ", "[   12.345678@0] " */
static gboolean strip_time(SplatLine *line)
{
	const char *after = splat_line_read_time(line->s, line->end, &line->t_us);

	if (!after)
		return FALSE;
	line->s += after - line->s;
	line->stamped = TRUE;
	skip_blank(line);
	return TRUE;
}

/* "[ T123] ", "[C0] ", "[c0] " */
static gboolean strip_caller(SplatLine *line)
{
	char *p = line->s + 1;
	guint64 id = 0;
	char kind;

	while (p < line->end && *p == ' ')
		p++;
	if (line->end - p < 3)
		return FALSE;
	kind = g_ascii_toupper(*p);
	if ((kind != 'T' && kind != 'C') || !g_ascii_isdigit(p[1]))
		return FALSE;
	for (p++; p < line->end && g_ascii_isdigit(*p); p++)
		if (id < G_MAXUINT32 / 10)
			id = id * 10 + (guint64)(*p - '0');
	if (p == line->end || *p != ']')
		return FALSE;
	line->caller.kind = kind;
	line->caller.id = (guint)id;
	line->s = p + 1;
	skip_blank(line);
	return TRUE;
}

/* "<4>" */
static gboolean strip_level(SplatLine *line)
{
	char *p = line->s + 1;

	while (p < line->end && g_ascii_isdigit(*p))
		p++;
	if (p == line->s + 1 || p == line->end || *p != '>')
		return FALSE;
	line->s = p + 1;
	return TRUE;
}

/* "kern  :warn  : " */
static gboolean strip_facility(SplatLine *line)
{
	char *p = line->s + 4;

	if (!splat_starts(line->s, line->end, "kern "))
		return FALSE;
	p = memchr(p, ':', (gsize)MIN(line->end - p, 8));
	p = p ? memchr(p + 1, ':', (gsize)MIN(line->end - p - 1, 12)) : NULL;
	if (!p || p + 1 >= line->end || p[1] != ' ')
		return FALSE;
	line->s = p + 2;
	return TRUE;
}

/* Fields of a kmsg record behind the flags: ",caller=T1,ncfrag=0/100" */
static void read_kmsg_fields(SplatLine *line, const char *s, const char *end)
{
	const char *caller = splat_find(s, end, ",caller="), *part = splat_find(s, end, ",ncfrag=");

	if (caller && end - caller > 9 && (caller[8] == 'T' || caller[8] == 'C')) {
		line->caller.kind = caller[8];
		line->caller.id = (guint)g_ascii_strtoull(caller + 9, NULL, 10);
	}
	if (part) {
		char *slash;

		line->offset = (gsize)g_ascii_strtoull(part + 8, &slash, 10);
		line->total = *slash == '/' ? (gsize)g_ascii_strtoull(slash + 1, NULL, 10) : 0;
	}
}

/* "4,123,4567,-;", "6.12.0,4,123,4567,-,caller=T1;" */
static gboolean strip_kmsg(SplatLine *line)
{
	char *p = line->s, *end = line->end, *close;
	guint64 field[3] = {0};

	/* netconsole may put the release first */
	for (; p < end && *p != ',' && *p != ' ' && p - line->s < 64; p++)
		;
	if (!memchr(line->s, '.', (gsize)(p - line->s)))
		p = line->s;
	else
		p++;
	for (int i = 0; i < 3; i++) {
		char *start = p;

		for (; p < end && g_ascii_isdigit(*p); p++)
			if (field[i] < G_MAXINT64 / 100)
				field[i] = field[i] * 10 + (guint64)(*p - '0');
		if (p == start || p >= end || *p != ',')
			return FALSE;
		p++;
	}
	if (p >= end || !strchr("-c+", *p))
		return FALSE;
	close = memchr(p, ';', (gsize)MIN(end - p, 120));
	if (!close)
		return FALSE;
	line->t_us = (gint64)field[2];
	line->stamped = TRUE;
	read_kmsg_fields(line, p, close);
	line->s = close + 1;
	if (!line->total) /* fragments count in characters as they were sent */
		line->end = splat_unescape_kmsg(line->s, line->end);
	if (line->end < end)
		*line->end = '\0';
	return TRUE;
}

/* "> ", "| " */
static gboolean strip_quote(SplatLine *line)
{
	if (*line->s == '|' && !(line->s + 1 < line->end && line->s[1] == ' '))
		return FALSE;
	line->s++;
	skip_blank(line);
	return TRUE;
}

/* "[pod/web-1/web] ", "web-1  | " */
static gboolean strip_container(SplatLine *line)
{
	char *p = line->s, *close;

	if (line->stamped) /* it stands before what the kernel stamped */
		return FALSE;
	if (*p == '[') {
		close = memchr(p, ']', (gsize)MIN(line->end - p, 160));
		if (!splat_starts(p, line->end, "[pod/") || !close)
			return FALSE;
		splat_line_set_host(line, p, close);
		line->s = close + 1;
		skip_blank(line);
		return TRUE;
	}
	for (; p < line->end && p - line->s < 64 && (g_ascii_isalnum(*p) || strchr("-_.", *p)); p++)
		;
	while (p < line->end && *p == ' ')
		p++;
	if (!splat_starts(p, line->end, "| ") || p == line->s)
		return FALSE;
	splat_line_set_host(line, line->s, p);
	line->s = p + 2;
	return TRUE;
}

/* "<pre>", "<br/>", "<span class=...>" of a page's source, at both ends of a line. */
static gboolean strip_tag(SplatLine *line)
{
	char *close = memchr(line->s, '>', (gsize)MIN(line->end - line->s, 160)), *open;

	if (!close || line->s + 1 >= line->end ||
	    !(g_ascii_islower(line->s[1]) || (line->s[1] == '/' && g_ascii_islower(line->s[2]))) ||
	    splat_find(line->s, close, "::"))
		return FALSE;
	/* "<writer> blocked on ..." is the kernel's */
	if (splat_starts(line->s, line->end, "<writer>") ||
	    splat_starts(line->s, line->end, "<reader>"))
		return FALSE;
	line->s = close + 1;
	while (line->end > line->s && line->end[-1] == '>' &&
	       (open = memrchr(line->s, '<', (gsize)(line->end - line->s))) &&
	       (g_ascii_islower(open[1]) || open[1] == '/') && !g_ascii_isupper(open[2]))
		line->end = open;
	return TRUE;
}

/* The keys under which log collectors keep the line itself. */
static const char *const message_keys[] = {"log", "MESSAGE", "msg", "message"};

/* Goes from the quote at @s to behind the closing one. */
static char *skip_string(char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		s += *s == '\\' && s + 1 < end;
	return s < end ? s + 1 : s;
}

static gboolean is_message_key(const char *s, const char *end)
{
	for (guint i = 0; i < G_N_ELEMENTS(message_keys); i++)
		if (splat_text_is((SplatText){s, (gsize)(end - s)}, message_keys[i]))
			return TRUE;
	return FALSE;
}

/* What the journal says of where a message is from. */
static void read_journal_key(SplatLine *line, const char *key, const char *end, char *value)
{
	SplatText name = {key, (gsize)(end - key)};

	value += *value == '"';
	if (splat_text_is(name, "_TRANSPORT"))
		line->user = !splat_starts(value, line->end, "kernel");
	if (splat_text_is(name, "_HOSTNAME"))
		splat_line_set_host(line, value, value + strcspn(value, "\""));
	if (splat_text_is(name, "_SOURCE_MONOTONIC_TIMESTAMP")) {
		line->t_us = g_ascii_strtoll(value, NULL, 10);
		line->stamped = TRUE;
	}
}

/* The value of the message's key in the JSON object at @s, or NULL. Notes what else it says. */
static char *find_message(SplatLine *line, char *s)
{
	char *message = NULL;
	guint depth = 0;

	while (s < line->end) {
		char *key = s + 1, *value;

		if (*s == '{' || *s == '[')
			depth++;
		if (*s == '}' || *s == ']')
			depth--;
		if (depth == 0)
			break;
		if (*s != '"') {
			s++;
			continue;
		}
		s = value = skip_string(s, line->end);
		while (value < line->end && *value == ' ')
			value++;
		if (depth != 1 || value >= line->end || *value != ':')
			continue;
		for (value++; value < line->end && *value == ' '; value++)
			;
		if (value >= line->end)
			break;
		if (!message && is_message_key(key, s - 1))
			message = value;
		read_journal_key(line, key, s - 1, value);
		s = *value == '"' ? skip_string(value, line->end) : value;
	}
	return message;
}

static gboolean take_value(SplatLine *line, char *value, char *(*unescape)(char *, char *, char **))
{
	char *after, *end = unescape(value, line->end, &after);

	if (!end)
		return FALSE;
	while (end > value && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	line->s = value;
	line->end = value + splat_line_clean(value, (gsize)(end - value), value);
	*line->end = '\0'; /* not what was behind it */
	line->several = TRUE;
	return TRUE;
}

/* "{"log":"...\n","stream":"stdout",...}", "data: {"MESSAGE":"...",...}" */
static gboolean strip_json(SplatLine *line)
{
	char *s = line->s, *value;

	if (splat_starts(s, line->end, "data: "))
		s += 6;
	else if (splat_starts(s, line->end, "- "))
		s += 2;
	if (s >= line->end || *s != '{')
		return FALSE;
	value = find_message(line, s);
	return value && take_value(line, value, splat_unescape_json);
}

/* "- {dt: '2026-01-02T10:00:00.123', lvl: target, msg: '...'}" */
static gboolean strip_yaml(SplatLine *line)
{
	const char *msg;
	char *value;

	if (!splat_starts(line->s, line->end, "- {"))
		return FALSE;
	msg = splat_find(line->s, line->end, " msg: ");
	value = msg ? line->s + (msg + 6 - line->s) : NULL;
	if (!value || value >= line->end)
		return FALSE;
	return take_value(line, value, *value == '\'' ? splat_unescape_yaml : splat_unescape_json);
}

/*
 * "...","[   12.345678] ...","...": the field that has the kernel's stamp, else the last one. A
 * field that is not in quotes has no message.
 */
static gboolean strip_csv(SplatLine *line)
{
	char *s = line->s, *message = NULL;
	gboolean stamped = FALSE;
	gint64 t_us;

	for (;;) {
		if (s < line->end && *s == '"') {
			if (!stamped)
				message = s;
			stamped |= s[1] == '[' && splat_line_read_time(s + 1, line->end, &t_us);
			for (s++; s < line->end && (*s != '"' || s[1] == '"'); s++)
				s += *s == '"';
			s++;
		} else {
			while (s < line->end && *s != ',')
				s++;
		}
		if (s >= line->end)
			break;
		if (*s != ',')
			return FALSE;
		s++;
	}
	return s == line->end && take_value(line, message, splat_unescape_csv);
}

#define DIGITS	"0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* clang-format off */
const SplatCarrier splat_carriers[] = {
	{"printk", "the kernel's own timestamps",
	 {"[%t] %m", "[%t@0] %m"}, "[", strip_time},
	{"caller", "CONFIG_PRINTK_CALLER",
	 {"[%t][    T1] %m", "[%t][    C0] %m"}, "[", strip_caller},
	{"level", "dmesg -r, pstore, serial consoles of old kernels",
	 {"<4>[%t] %m"}, "<", strip_level},
	{"facility", "dmesg -x",
	 {"kern  :warn  : [%t] %m"}, "k", strip_facility},
	{"kmsg", "/dev/kmsg, extended netconsole, also with the release and fragmented",
	 {"4,123,%u,-;%K", "4,123,%u,-,caller=T1;%K", "6.12.0,4,123,%u,-;%K",
	  "4,123,%u,-,ncfrag=0/%N;%a\n4,123,%u,-,ncfrag=%A/%N;%b"}, DIGITS, strip_kmsg},
	{"delta", "dmesg -d",
	 {"[%t <    0.000012>] %m"}, "[", splat_strip_delta},
	{"dmesg date", "dmesg -T, -H and -e, consoles that add timestamps",
	 {"[Fri Jan  2 10:00:00 2026] %m", "[Fri Jan  2 10:00:00 2026 <    0.000012>] %m",
	  "[Jan02 10:00] %m", "[  +0.000012] %m", "[2026-01-02 10:00:00.123] %l",
	  "[2026-01-02T10:00:00.123Z] %l", "[10:00:00.123] %l"}, "[", splat_strip_bracket_date},
	{"monotonic", "journalctl -o short-monotonic and short-delta",
	 {"[%t] hosta kernel: %m", "[%t] kernel: %m", "[%t <    0.000012 >] hosta kernel: %m"},
	 LETTERS DIGITS, splat_strip_tag},
	{"unix", "journalctl -o short-unix, ts %.s",
	 {"1767348000.000001 hosta kernel: %m", "1767348000.000001 kernel: %m",
	  "1767348000.000001 %l"}, DIGITS, splat_strip_unix},
	{"ISO date", "dmesg --time-format=iso, rsyslog, journalctl -o short-iso, GitHub Actions, "
	 "GitLab CI, kubectl logs --timestamps, docker logs -t, containerd, virtlogd",
	 {"2026-01-02T10:00:00,123456+01:00 %m", "2026-01-02T10:00:00.1234567Z %l",
	  "2026-01-02 10:00:00.123+0000: %l", "2026/01/02 10:00:00 %l",
	  "2026-01-02T10:00:00.123456+01:00 hosta kernel: %l", "2026-01-02T10:00:00+0100 kernel: %m",
	  "2026-01-02T10:00:00.123456789Z stdout F %l", "2026-01-02T10:00:00.123456Z 01O %l",
	  "build\ttest\t2026-01-02T10:00:00.1234567Z %l"}, DIGITS LETTERS, splat_strip_iso_date},
	{"date", "syslog, journalctl, also -o short-full and --no-hostname, ts",
	 {"Jan  2 10:00:00 hosta kernel: %l", "Jan 02 10:00:00 hosta kernel: %m",
	  "Jan 02 10:00:00.123456 hosta kernel: %m", "Jan 02 10:00:00 kernel: %m",
	  "Fri 2026-01-02 10:00:00 CET hosta kernel: %m", "Jan  2 10:00:00 hosta kern.warn kernel: %l",
	  "Jan 02 10:00:00 %l", "<4>1 2026-01-02T10:00:00.123456+01:00 hosta kernel - - - %l",
	  "июл 27 10:00:00 hosta kernel: %m"}, NULL, splat_strip_date},
	{"clock", "ts -s, Jenkins",
	 {"00:00:01 %l", "10:00:00  %l", "00:00:01.123456 %l"}, DIGITS, splat_strip_clock},
	{"container", "docker compose logs, kubectl logs --prefix",
	 {"web-1  | %l", "[pod/web-1/web] %l"}, LETTERS "[", strip_container},
	{"quote", "e-mail",
	 {"> %l", "> > %l", ">> %l", "| %l"}, ">|", strip_quote},
	{"HTML", "the source of a web page",
	 {"%H", "<pre>%H", "<span class=\"line\">%H</span><br/>"}, "<", strip_tag},
	{"colour", "dmesg --color",
	 {"\033[32m[%t] \033[0m\033[31m%m\033[0m"}, NULL, NULL},
	{"JSON line", "docker json-file, journalctl -o json and json-sse, LAVA, kernelci",
	 {"{\"log\":\"%J\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-02T10:00:00.1Z\"}",
	  "{\"_TRANSPORT\":\"kernel\",\"PRIORITY\":\"4\",\"MESSAGE\":\"%j\","
	  "\"_SOURCE_MONOTONIC_TIMESTAMP\":\"%u\"}",
	  "data: {\"_TRANSPORT\":\"kernel\",\"MESSAGE\":\"%j\"}",
	  "- {\"dt\": \"2026-01-02T10:00:00.123456\", \"lvl\": \"target\", \"msg\": \"%J\"}"},
	 "{d-", strip_json},
	{"YAML line", "LAVA",
	 {"- {dt: '2026-01-02T10:00:00.123', lvl: target, msg: '%Y'}",
	  "- {dt: 2026-01-02T10:00:00.123, lvl: target, msg: \"%J\"}"}, "-", strip_yaml},
	{"CSV", "exports of log collectors",
	 {"\"2026-01-02 10:00:00\",\"%C\"", "\"hosta\",\"[%t] %M\",1767348000,\"kernel\"",
	  "\"2026-01-02\",4,\"%M\""}, "\"", strip_csv},
	{"record", "journalctl -o export, json-pretty and verbose, dmesg -J",
	 {"__CURSOR=s=1;i=1\n__MONOTONIC_TIMESTAMP=%u\n_TRANSPORT=kernel\nMESSAGE=%m\nPRIORITY=4\n",
	  "{\n\t\"__CURSOR\" : \"s=1;i=1\",\n\t\"MESSAGE\" : \"%j\",\n\t\"_TRANSPORT\" : \"kernel\",\n"
	  "\t\"_SOURCE_MONOTONIC_TIMESTAMP\" : \"%u\"\n}",
	  "Fri 2026-01-02 10:00:00.000001 CET [s=1234567890abcdef;i=1]\n    _TRANSPORT=kernel\n"
	  "    MESSAGE=%m\n    _SOURCE_MONOTONIC_TIMESTAMP=%u",
	  "      },{\n         \"pri\": 4,\n         \"time\": %t,\n         \"msg\": \"%j\""}, NULL, NULL},
	{"prefix", "grep, cat -n, diff, lists, logcat, avocado, and others that put one before each line",
	 {"+%l", "console.log:%l", "     9\t%l", "    # %l", "12:%m", "* %m",
	  "2026-01-02 10:00:00,123 serial-console-vm1 L0123 DEBUG| %l",
	  "01-02 10:00:00.123     0     0 W kernel  : %l", "2026-01-02 10:00:00 WARNING vm1: %l"},
	 NULL, NULL},
	{"symbolized", "scripts/decode_stacktrace.sh",
	 {"%D"}, NULL, NULL},
};
/* clang-format on */

const guint splat_carriers_count = G_N_ELEMENTS(splat_carriers);

/* Of a first character: which rows may apply, as bits. */
static const guint32 *rows_by_first(void)
{
	static gsize ready;
	static guint32 rows[256];

	G_STATIC_ASSERT(G_N_ELEMENTS(splat_carriers) <= 32);
	if (g_once_init_enter(&ready)) {
		for (guint i = 0; i < splat_carriers_count; i++) {
			const SplatCarrier *carrier = &splat_carriers[i];

			for (guint c = 0; c < 256 && carrier->strip; c++)
				if (!carrier->first || (c && strchr(carrier->first, (int)c)))
					rows[c] |= 1u << i;
		}
		g_once_init_leave(&ready, 1);
	}
	return rows;
}

/* Takes one carrier off. */
static gboolean strip(SplatLine *line)
{
	const guint32 *by_first = rows_by_first();
	guint32 rows = by_first[(guchar)*line->s];
	char *start = line->s;

	for (; rows; rows &= rows - 1)
		if (splat_carriers[__builtin_ctz(rows)].strip(line))
			return TRUE;
	if (line->wrapped || (*start != ' ' && *start != '\t'))
		return FALSE;
	/* all of the log is indented */
	while (line->s < line->end && (*line->s == ' ' || *line->s == '\t'))
		line->s++;
	for (rows = line->s < line->end ? by_first[(guchar)*line->s] : 0; rows; rows &= rows - 1)
		if (splat_carriers[__builtin_ctz(rows)].strip(line))
			return TRUE;
	line->s = start;
	return FALSE;
}

/* The next "[   12.345678]" in the middle of a message, or @end. */
static char *find_time(char *s, char *end)
{
	gint64 t_us;

	while (s < end && (s = memchr(s, '[', (gsize)(end - s)))) {
		if (splat_line_read_time(s, end, &t_us))
			return s;
		s++;
	}
	return end;
}

gboolean splat_line_is_single(const SplatLine *line)
{
	return find_time(line->s, line->end) == line->end;
}

gboolean splat_line_kernel(SplatLine *line)
{
	const char *after = line->s < line->end && *line->s == '['
				    ? splat_line_read_stamp(line->s, line->end, &line->t_us)
				    : NULL;

	if (!after)
		return FALSE;
	line->s += after - line->s;
	skip_blank(line);
	if (line->s < line->end && *line->s == '[' && !strip_caller(line))
		return FALSE;
	line->stamped = line->wrapped = TRUE;
	return TRUE;
}

static void strip_all(SplatLine *line)
{
	while (line->s < line->end && !line->total && strip(line))
		line->wrapped = TRUE;
}

/* Cuts the message at @line's front, from which carriers may have been taken already. */
static void cut_message(char **s, char **end, SplatLine *line)
{
	char *next;

	line->s = *s;
	line->end = *end;
	strip_all(line);
	if (line->prefix && !line->stamped && splat_prefix_cut(line->prefix, line))
		strip_all(line);
	*end = line->end;
	if (line->total) { /* what it is, is seen when all of the message is there */
		*s = line->end;
		return;
	}
	line->end = find_time(line->s, line->end);
	if (line->prefix && line->end < *end)
		splat_prefix_learn(line->prefix, line, line->end);
	if (line->several && (next = memchr(line->s, '\n', (gsize)(line->end - line->s))))
		line->end = next;
	*s = line->end < *end && *line->end == '\n' ? line->end + 1 : line->end;
}

void splat_line_rest(char **s, char **end, SplatLine *line)
{
	line->total = 0;
	cut_message(s, end, line);
}

gboolean splat_line_next(char **s, char **end, SplatLine *line)
{
	if (*s >= *end)
		return FALSE;
	line->stamped = line->wrapped = line->prefixed = FALSE;
	line->total = 0;
	cut_message(s, end, line);
	return TRUE;
}
