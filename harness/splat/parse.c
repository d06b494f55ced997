/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser of parse.h: lines and headers. Whose a line is: route.c. */
#include <string.h>

#include "harness/splat/announce.h"
#include "harness/splat/carriers.h"
#include "harness/splat/parse.h"
#include "harness/splat/prefix.h"
#include "harness/splat/record.h"
#include "harness/splat/route.h"
#include "harness/splat/scan.h"
#include "harness/splat/wrapped.h"
#include "harness/splat/unescape.h"

#define LATE_US (2 * G_USEC_PER_SEC) /* of the guest's clock: by then its kernel runs */

struct SplatParser {
	const SplatScan *scan;
	SplatRoute route;
	SplatShape shape;	      /* of the line that is read */
	char pending[SPLAT_LINE_MAX]; /* the line that is not whole yet */
	gsize pending_len;
	gint64 pending_host_us;
	guint64 lines;
	guint64 swallowed; /* of these: no message of their own, but part of a record */
	SplatRecord record;
	SplatPrefix prefix; /* that lines of this log have */
	gboolean records;   /* messages come whole, as records of kmsg */
	struct {	    /* a line that may have been wrapped, until the next one tells */
		gboolean on;
		SplatLine line;
		const SplatRule *rule; /* its own, or NULL */
		SplatMatch match;      /* of the rule */
		char text[SPLAT_LINE_MAX + 1];
		gboolean two; /* the line behind it waits, too: a header may be on three */
		SplatLine second;
		char second_text[SPLAT_LINE_MAX + 1];
	} held;
	gboolean booted; /* a kernel runs: it was seen to start, or it said so late */
	gboolean kvm;
	char *release;
	gboolean timed; /* the log has printk times */
};

SplatParser *splat_parser_new(SplatDone done, gpointer user)
{
	SplatParser *parser = g_new0(SplatParser, 1);

	parser->scan = splat_scan_get();
	splat_record_clear(&parser->record);
	splat_route_init(&parser->route, done, user);
	return parser;
}

void splat_parser_free(SplatParser *parser)
{
	if (!parser)
		return;
	splat_route_clear(&parser->route);
	g_free(parser->release);
	g_free(parser);
}

static void note_time(SplatParser *parser, gint64 t_us)
{
	if (t_us < 0)
		return;
	parser->timed = TRUE;
	if (t_us > LATE_US)
		parser->booted = TRUE;
}

/*
 * A kernel starts. That is a complaint when another one ran until then and was not told to
 * stop; after a panic or an oops it is no news. A program that prints /proc/version has no
 * printk time.
 */
static void take_boot(SplatParser *parser, const SplatRule *rule, const SplatMatch *match,
		      const SplatLine *line)
{
	gboolean again;

	if (line->t_us > LATE_US || (line->t_us < 0 && parser->timed))
		return;
	splat_route_settle(&parser->route, G_MAXINT64);
	again = parser->booted && !parser->route.last_fatal && !line->syslog;
	g_free(parser->release);
	parser->release = g_strndup(match->word[0].s, match->word[0].len);
	if (again)
		splat_route_header(&parser->route, rule, match, line, FALSE);
	parser->booted = TRUE;
	parser->route.last_fatal = FALSE;
}

/*
 * A message that stands for itself; @rule is its own, or NULL. @shaped: its shape has been looked
 * at already.
 */
static void process(SplatParser *parser, const SplatLine *line, const SplatRule *rule,
		    const SplatMatch *match, gboolean shaped)
{
	note_time(parser, line->t_us);
	if (rule && rule->group == GROUP_BOOT) {
		take_boot(parser, rule, match, line);
		return;
	}
	if (rule && rule->group == GROUP_KVM)
		parser->kvm = TRUE;
	if (rule && rule->group == GROUP_HOTPLUG)
		parser->route.hotplug = TRUE;
	if (rule && rule->group == GROUP_DOWN)
		parser->booted = parser->route.last_fatal = FALSE;
	if (rule && rule->group == GROUP_CUT) {
		splat_route_cut(&parser->route, line);
		return;
	}
	if (rule && rule->kind) {
		gboolean sure = rule->group == GROUP_PANIC; /* no program says what it says */
		gboolean doubt = parser->timed && line->t_us < 0 && !line->syslog && !sure;

		splat_route_header(&parser->route, rule, match, line, doubt);
		return;
	}
	if (rule && rule->flags & RULE_BLOCK)
		splat_route_break(&parser->route, line);
	if (!splat_route_open(&parser->route) && !splat_starts(line->s, line->end, "page:"))
		return;
	if (!shaped)
		splat_shape(line->s, line->end, &parser->shape);
	splat_route_line(&parser->route, line, &parser->shape);
}

static void flush_held(SplatParser *parser)
{
	if (!parser->held.on)
		return;
	parser->held.on = FALSE;
	process(parser, &parser->held.line, parser->held.rule, &parser->held.match, FALSE);
}

/* What is known of a line before it is decided whose it is. */
typedef struct {
	gboolean quiet;	 /* no rule begins in it */
	gboolean shaped; /* its shape is in @parser */
} Looks;

/* TRUE when a mail client may have wrapped @line, whose own rule is @rule. */
static gboolean may_go_on(SplatParser *parser, const SplatLine *line, const SplatRule *rule,
			  Looks *looks)
{
	SplatHit hit;

	if (line->user || parser->records)
		return FALSE;
	if (rule)
		return rule->kind && rule->group != GROUP_BOOT;
	if (splat_route_open(&parser->route)) {
		if (!looks->shaped)
			splat_shape(line->s, line->end, &parser->shape);
		looks->shaped = TRUE;
		if (parser->shape.kind != SHAPE_OTHER)
			return FALSE;
	}
	if (splat_wrapped_names_next(line))
		return TRUE;
	return !looks->quiet && (splat_scan_unfinished(parser->scan, line->s, line->end) ||
				 splat_scan_all(parser->scan, line->s, line->end, &hit, 1));
}

static void hold(SplatParser *parser, const SplatLine *line, const SplatRule *rule,
		 const SplatMatch *match)
{
	gsize len = MIN((gsize)(line->end - line->s), SPLAT_LINE_MAX);

	parser->held.on = TRUE;
	parser->held.line = *line;
	parser->held.rule = rule;
	if (rule) {
		parser->held.match = *match;
		splat_match_move(&parser->held.match, line->s, parser->held.text);
	}
	memcpy(parser->held.text, line->s, len);
	parser->held.text[len] = '\0';
	parser->held.line.s = parser->held.text;
	parser->held.line.end = parser->held.text + len;
}

/*
 * A message that names the splat to its end, as a panic's, goes on in the next line when that is
 * no line of a report, and where a mail client would have broken it.
 */
static gboolean names_more(const SplatParser *parser, const SplatLine *line,
			   const SplatLine *joined, const SplatMatch *match)
{
	const SplatLine *held = &parser->held.line;
	SplatShape shape;

	if (match->end != joined->end || !splat_wrapped_here(held, line) ||
	    (parser->timed && !held->stamped))
		return FALSE;
	splat_shape(line->s, line->end, &shape);
	return shape.kind == SHAPE_OTHER;
}

/*
 * Tries @line as the rest of what is held, and only if more is understood of both together than of
 * each.
 */
static gboolean join(SplatParser *parser, const SplatLine *line)
{
	char text[SPLAT_LINE_MAX + 2];
	const SplatLine *held = &parser->held.line;
	SplatLine joined;
	const SplatRule *rule, *before = parser->held.rule;
	SplatMatch match;
	SplatShape shape;

	if (!splat_wrapped_rest(line) || splat_announced(line, &match, NULL))
		return FALSE;
	if (parser->held.two) {
		if (!splat_wrapped_join(held, &parser->held.second, text, sizeof(text), &joined) ||
		    !splat_wrapped_join(&joined, line, text, sizeof(text), &joined))
			return FALSE;
	} else if (!splat_wrapped_join(held, line, text, sizeof(text), &joined)) {
		return FALSE;
	}
	rule = splat_announced(&joined, &match, NULL);
	if (!rule && !parser->held.two && splat_wrapped_names_next(held)) {
		splat_shape(joined.s, joined.end, &shape);
		if (!shape.name.len || shape.kind == SHAPE_FRAME)
			return FALSE;
	} else if (!rule || (before && rule > before) ||
		   (rule == before && !names_more(parser, line, &joined, &match))) {
		return FALSE;
	}
	parser->held.on = parser->held.two = FALSE;
	process(parser, &joined, rule, &match, FALSE);
	return TRUE;
}

/* Keeps @line behind the one that is held, which begins a header that both do not end. */
static gboolean keep_second(SplatParser *parser, const SplatLine *line)
{
	gsize len = (gsize)(line->end - line->s);
	SplatMatch match;
	SplatHit hit;

	if (parser->held.two || parser->held.rule || !splat_wrapped_rest(line) ||
	    !splat_scan_all(parser->scan, parser->held.line.s, parser->held.line.end, &hit, 1) ||
	    len > SPLAT_LINE_MAX || splat_announced(line, &match, NULL))
		return FALSE;
	parser->held.two = TRUE;
	parser->held.second = *line;
	memcpy(parser->held.second_text, line->s, len);
	parser->held.second_text[len] = '\0';
	parser->held.second.s = parser->held.second_text;
	parser->held.second.end = parser->held.second_text + len;
	return TRUE;
}

/* The commonest line of a report while a splat is open, which says nothing but a frame. */
static gboolean take_frame(SplatParser *parser, const SplatLine *line)
{
	if (!splat_route_open(&parser->route) ||
	    !splat_shape_frame(line->s, line->end, &parser->shape))
		return FALSE;
	note_time(parser, line->t_us);
	splat_route_line(&parser->route, line, &parser->shape);
	return TRUE;
}

/*
 * Any other line of a report, without a beginning in it. Of lines that are none, @looks says what
 * was seen of them.
 */
static gboolean take_quiet(SplatParser *parser, const SplatLine *line, Looks *looks)
{
	looks->quiet = splat_scan_quiet(parser->scan, line->s, line->end);
	looks->shaped = looks->quiet && splat_route_open(&parser->route);
	if (!looks->shaped)
		return FALSE;
	splat_shape(line->s, line->end, &parser->shape);
	if (parser->shape.kind == SHAPE_OTHER)
		return FALSE;
	note_time(parser, line->t_us);
	splat_route_line(&parser->route, line, &parser->shape);
	return TRUE;
}

static void take_message(SplatParser *parser, const SplatLine *line);

/* The line behind the one that is held was no part of it: each is read for itself. */
static void release_second(SplatParser *parser)
{
	char text[SPLAT_LINE_MAX + 1];
	SplatLine second = parser->held.second;
	gsize len = (gsize)(second.end - second.s);

	memcpy(text, second.s, len + 1);
	second.s = text;
	second.end = text + len;
	parser->held.two = FALSE;
	flush_held(parser);
	take_message(parser, &second);
}

static void flush_all(SplatParser *parser)
{
	if (parser->held.on && parser->held.two)
		release_second(parser);
	flush_held(parser);
}

/* What stands before the beginning of a report stands before the rest of it, too. */
static void learn_prefix(const SplatLine *line, const SplatRule *rule, gsize at)
{
	const char *own = rule->group == GROUP_CUT ? "------------" : "rcu: "; /* the kernel's */
	gsize len = strlen(own);

	if (at >= len && memcmp(line->s + at - len, own, len) == 0)
		at -= len;
	if (at && (rule->kind || rule->group == GROUP_CUT))
		splat_prefix_learn(line->prefix, line, line->s + at);
}

static void take_message(SplatParser *parser, const SplatLine *line)
{
	SplatMatch match;
	const SplatRule *rule;
	Looks looks;
	gsize at = 0;

	if (parser->held.on && (join(parser, line) || keep_second(parser, line)))
		return;
	if (parser->held.on && parser->held.two) {
		release_second(parser);
		take_message(parser, line);
		return;
	}
	flush_held(parser);
	if (take_frame(parser, line) || take_quiet(parser, line, &looks))
		return;
	rule = line->user || looks.quiet ? NULL : splat_announced(line, &match, &at);
	if (rule && line->prefix)
		learn_prefix(line, rule, at);
	if (may_go_on(parser, line, rule, &looks))
		hold(parser, line, rule, &match);
	else
		process(parser, line, rule, &match, looks.shaped);
}

static void take_text(SplatParser *parser, char *s, gsize len, SplatLine *line);

/* The message of a record that is complete, if it has one. */
static void take_record(SplatParser *parser, SplatLine line)
{
	char text[SPLAT_LINE_MAX + 1];
	gsize len = parser->record.len;

	memcpy(text, parser->record.text, len);
	line.user = parser->record.user;
	line.total = 0;
	line.several = TRUE;
	if (parser->record.t_us >= 0)
		line.t_us = parser->record.t_us;
	splat_record_clear(&parser->record);
	take_text(parser, text, len, &line);
}

/* A fragment of a message, or a message. */
static void take_part(SplatParser *parser, SplatLine *line)
{
	SplatRecordState state = RECORD_NOT;

	if (line->total)
		state = splat_record_fragment(&parser->record, line->s, line->end, line->offset,
					      line->total);
	if (state == RECORD_NOT)
		take_message(parser, line);
	else if (state == RECORD_READY)
		take_record(parser, *line);
}

/* A line's text [s, s + len), clean; it may be changed, and there is room for a byte behind it. */
static void take_text(SplatParser *parser, char *s, gsize len, SplatLine *line)
{
	char *end;

	len = splat_unescape_html(s, len);
	end = s + len;
	*end = '\0'; /* for the C library's readers of numbers */
	while (splat_line_next(&s, &end, line))
		take_part(parser, line);
}

/*
 * The commonest lines of all: with printk's stamp in front, and in a plain text that no terminal and
 * no carrier but those of a line's front can have put anything into. Most that belong to a splat
 * are read where they are.
 */
static gboolean take_plain(SplatParser *parser, const char *raw, gsize len, SplatLine line)
{
	char text[SPLAT_LINE_MAX + 1], *s = text, *end;
	Looks looks;

	if (parser->record.open)
		return FALSE;
	while (len && raw[len - 1] == '\r')
		len--;
	line.s = (char *)raw; /* it is only read */
	line.end = line.s + len;
	line.count = parser->lines - parser->swallowed;
	if (!splat_line_kernel(&line) || line.s == line.end)
		return FALSE;
	if (!parser->held.on && *line.s == ' ' && take_frame(parser, &line))
		return TRUE;
	if (!splat_line_is_plain(raw, len) || splat_record_begins(raw, raw + len))
		return FALSE;
	if (!parser->held.on &&
	    (splat_line_is_bare(&line) || splat_shape_has_head(line.s, line.end)) &&
	    splat_line_is_single(&line) && take_quiet(parser, &line, &looks))
		return TRUE;
	end = text + (line.end - line.s);
	memcpy(text, line.s, (gsize)(line.end - line.s));
	*end = '\0';
	splat_line_rest(&s, &end, &line);
	do
		take_part(parser, &line);
	while (splat_line_next(&s, &end, &line));
	return TRUE;
}

static void take_line(SplatParser *parser, const char *raw, gsize len, gint64 t_us, gint64 host_us)
{
	char clean[SPLAT_LINE_MAX + 1];
	SplatRecordState state;
	SplatLine line = {.t_us = t_us, .host_us = host_us, .number = parser->lines, .width = len};
	gsize n;

	if (!parser->records)
		line.prefix = &parser->prefix;
	if (take_plain(parser, raw, len, line))
		return;
	if (parser->record.length_left) {
		gsize n_length = MIN(len + 1, parser->record.length_left); /* with the line's end */

		parser->record.length_left -= (guint)n_length;
		if (n_length > len) {
			parser->swallowed++;
			return;
		}
		raw += n_length;
		len -= n_length;
	}
	n = splat_line_clean(raw, len, clean);
	clean[n] = '\0';
	state = splat_record_line(&parser->record, clean, clean + n);
	line.count = parser->lines - parser->swallowed;
	if (state == RECORD_NOT) {
		take_text(parser, clean, n, &line);
		return;
	}
	parser->swallowed++;
	if (state == RECORD_READY) {
		gboolean next = parser->record.open; /* the line began another */

		parser->swallowed--;
		take_record(parser, line);
		parser->record.open = next;
	}
}

/* TRUE when a line must be read whatever it says. */
static gboolean is_attentive(const SplatParser *parser)
{
	return splat_route_open(&parser->route) || parser->record.open || parser->held.on;
}

static void take_pending(SplatParser *parser)
{
	gsize len = parser->pending_len;

	parser->lines++;
	parser->pending_len = 0;
	if (is_attentive(parser) ||
	    splat_scan_any(parser->scan, parser->pending, parser->pending + len) ||
	    splat_scan_unfinished(parser->scan, parser->pending, parser->pending + len))
		take_line(parser, parser->pending, len, -1, parser->pending_host_us);
	else /* as skip_dull() does */
		note_time(parser, splat_line_time(parser->pending, parser->pending + len));
}

static void keep_pending(SplatParser *parser, const char *data, gsize len, gint64 host_us)
{
	gsize room = SPLAT_LINE_MAX - parser->pending_len;

	if (!parser->pending_len)
		parser->pending_host_us = host_us;
	memcpy(parser->pending + parser->pending_len, data, MIN(len, room));
	parser->pending_len += MIN(len, room);
}

/* Lines that no splat is open for: only a rule's beginning makes one interesting. */
static const char *skip_dull(SplatParser *parser, const char *s, const char *end)
{
	const char *hit = splat_scan_any(parser->scan, s, end);
	const char *stop = hit ? hit - 1 : end, *line = s, *next;

	while ((next = memchr(line, '\n', (gsize)(stop - line)))) {
		parser->lines++;
		if (G_UNLIKELY(!parser->booted || !parser->timed) && *line == '[')
			note_time(parser, splat_line_time(line, next));
		line = next + 1;
	}
	return line;
}

void splat_parser_feed(SplatParser *parser, const char *data, gsize len, gint64 host_us)
{
	const char *s = data, *end = data + len, *next;

	if (parser->pending_len) {
		next = memchr(s, '\n', len);
		keep_pending(parser, s, (gsize)((next ? next : end) - s), host_us);
		if (!next)
			return;
		take_pending(parser);
		s = next + 1;
	}
	while (s < end) {
		if (!is_attentive(parser)) {
			s = skip_dull(parser, s, end);
			if (s == end)
				return;
		}
		next = memchr(s, '\n', (gsize)(end - s));
		if (!next) {
			keep_pending(parser, s, (gsize)(end - s), host_us);
			return;
		}
		parser->lines++;
		take_line(parser, s, MIN((gsize)(next - s), SPLAT_LINE_MAX), -1, host_us);
		s = next + 1;
	}
}

void splat_parser_record(SplatParser *parser, const char *text, gsize len, gint64 t_us,
			 gint64 host_us)
{
	const char *s = text, *end = text + len;

	parser->records = TRUE;
	while (s < end) {
		const char *next = memchr(s, '\n', (gsize)(end - s));
		gsize n = (gsize)((next ? next : end) - s);

		parser->lines++;
		if (is_attentive(parser) || splat_scan_any(parser->scan, s, s + n))
			take_line(parser, s, MIN(n, SPLAT_LINE_MAX), t_us, host_us);
		s += n + 1;
	}
}

gboolean splat_parser_saw_kvm(const SplatParser *parser)
{
	return parser->kvm;
}

const char *splat_parser_release(const SplatParser *parser)
{
	return parser->release;
}

void splat_parser_settle(SplatParser *parser, gint64 before_us)
{
	if (parser->held.on && parser->held.line.host_us < before_us)
		flush_held(parser);
	splat_route_settle(&parser->route, before_us);
}

void splat_parser_finish(SplatParser *parser)
{
	if (parser->pending_len)
		take_pending(parser);
	if (parser->record.whole) {
		SplatLine line = {.t_us = -1, .number = parser->lines};

		line.count = parser->lines - parser->swallowed;
		take_record(parser, line);
	}
	flush_all(parser);
	splat_route_end(&parser->route, parser->lines - parser->swallowed);
}
