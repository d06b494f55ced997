/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The matcher of match.h. */
#include "harness/splat/match.h"

const guint8 splat_symbol_chars[256] = {
	['$'] = 1, ['.'] = 1, ['_'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

static const char *read_number(const char *s, const char *end, gint64 *value)
{
	const char *start = s;
	gint64 v = 0;

	while (s < end && g_ascii_isdigit(*s)) {
		if (v < G_MAXINT)
			v = v * 10 + (*s - '0');
		s++;
	}
	*value = MIN(v, G_MAXINT);
	return s == start ? NULL : s;
}

static const char *read_hex(const char *s, const char *end)
{
	const char *start;

	if (splat_starts(s, end, "0x"))
		s += 2;
	start = s;
	while (s < end && g_ascii_isxdigit(*s))
		s++;
	return s == start ? NULL : s;
}

/* A Rust name: "<crate::Type as Trait>::func" or "crate::func". */
static const char *read_rust_name(const char *s, const char *end)
{
	int depth = 0;

	for (; s < end; s++) {
		if (*s == '<')
			depth++;
		else if (*s == '>')
			depth--;
		else if (depth == 0 && !splat_is_symbol_char(*s) && *s != ':')
			break;
		if (depth < 0)
			break;
	}
	return s;
}

gboolean splat_source_follows(const char *s, const char *end)
{
	const char *colon;

	s = skip_blanks(s, end);
	if (s < end && *s == '(')
		s++;
	colon = memchr(s, ':', (gsize)(end - s));
	if (!colon || colon + 1 >= end)
		return FALSE;
	if (colon == s + 2 && s[0] == '?' && s[1] == '?')
		return TRUE; /* "(??:?)" */
	return g_ascii_isdigit(colon[1]) &&
	       splat_is_source_file((SplatText){s, (gsize)(colon - s)});
}

const char *splat_match_symbol(const char *s, const char *end, gboolean offset, SplatText *name)
{
	const char *start, *stop;

	if (splat_starts(s, end, "[<")) {
		const char *close = memchr(s, ']', (gsize)(end - s));

		if (!close)
			return NULL;
		s = skip_blanks(close + 1, end);
	}
	if (splat_starts(s, end, "? "))
		s += 2;
	start = s;
	if (s < end && *s == '<') {
		s = read_rust_name(s, end);
	} else {
		if (s < end && g_ascii_isdigit(*s))
			return NULL;
		while (s < end && splat_is_symbol_char(*s))
			s++;
		if (splat_starts(s, end, "::"))
			s = read_rust_name(s, end);
	}
	stop = s;
	if (stop == start)
		return NULL;
	if (splat_starts(s, end, "+0x")) {
		s = read_hex(s + 1, end);
		if (!s)
			return NULL;
		if (s < end && *s == '/') {
			s = read_hex(s + 1, end);
			if (!s)
				return NULL;
		}
	} else if (offset && !(splat_starts(s, end, " (") && splat_source_follows(s, end))) {
		return NULL;
	}
	if (splat_starts(s, end, "()"))
		s += 2;
	if (splat_starts(s, end, " [") && s + 2 < end && splat_is_symbol_char(s[2])) {
		const char *close = memchr(s, ']', (gsize)(end - s));

		if (close)
			s = close + 1;
	}
	name->s = start;
	name->len = (gsize)(stop - start);
	return s;
}

gboolean splat_is_source_file(SplatText text)
{
	gsize i;

	if (text.len < 3)
		return FALSE;
	for (i = 0; i < text.len; i++)
		if (!splat_is_symbol_char(text.s[i]) && !strchr("/-+,~", text.s[i]))
			return FALSE;
	/* .c, .h, .S, .rs, .inc: a dot near the end, a letter behind it */
	for (i = text.len - 1; i > 0 && text.len - i <= 4 && text.s[i] != '/'; i--)
		if (text.s[i] == '.')
			return i + 1 < text.len && g_ascii_isalpha(text.s[i + 1]);
	return FALSE;
}

/* "[cond] dir/file.c" up to the colon before the line number. */
static const char *read_file(const char *s, const char *end, SplatMatch *match)
{
	const char *colon;

	if (s < end && *s == '[') {
		const char *close = splat_find(s, end, "] ");

		if (!close)
			return NULL;
		match->condition.s = s + 1;
		match->condition.len = (gsize)(close - s - 1);
		s = close + 2;
	}
	colon = memchr(s, ':', (gsize)(end - s));
	if (!colon)
		return NULL;
	match->file.s = s;
	match->file.len = (gsize)(colon - s);
	return splat_is_source_file(match->file) ? colon : NULL;
}

/* Where a lazy conversion ends: at the next literal of @pattern, or at the end of the line. */
static const char *lazy_end(const char *pattern, const char *s, const char *end)
{
	const char *stop = strchr(pattern, '%');
	gsize len = stop ? (gsize)(stop - pattern) : strlen(pattern);

	return len ? memmem(s, (gsize)(end - s), pattern, len) : end;
}

/*
 * Where a comm ends that "<sep>%p" follows: a comm may have the separator itself
 * ("kworker/0:2:1400"), so the last one counts that has a number behind it.
 */
static const char *task_end(const char *pattern, const char *s, const char *end)
{
	const char *last = NULL, *limit = s + MIN(end - s, 64);

	for (const char *p = s; p < limit; p++) {
		const char *q = p + 1;

		if (*p != pattern[0])
			continue;
		while (q < end && g_ascii_isdigit(*q))
			q++;
		if (q > p + 1 &&
		    (!pattern[3] || pattern[3] == '%' || (q < end && *q == pattern[3])))
			last = p;
	}
	return last;
}

/* One conversion. Returns where the line goes on, or NULL. */
static const char *convert(char conversion, const char *pattern, const char *s, const char *end,
			   SplatMatch *match)
{
	const char *next;
	gint64 value;

	switch (conversion) {
	case 'd':
		if (s < end && *s == '-')
			s++;
		return read_number(s, end, &value);
	case 'c':
	case 'p':
	case 'l':
		next = read_number(s, end, &value);
		if (!next)
			return NULL;
		if (conversion == 'c')
			match->cpu = (int)value;
		else if (conversion == 'p')
			match->pid = (int)value;
		else
			match->file_line = (guint)value;
		return next;
	case 'x':
		return read_hex(s, end);
	case 'f':
		return read_file(s, end, match);
	case 'y':
		return splat_match_symbol(s, end, TRUE, &match->symbol);
	case 't':
		next = pattern[0] && strncmp(pattern + 1, "%p", 2) == 0 ? task_end(pattern, s, end)
									: lazy_end(pattern, s, end);
		if (next)
			match->task = (SplatText){s, (gsize)(next - s)};
		return next;
	case 'w':
		next = lazy_end(pattern, s, end);
		if (next && match->words < SPLAT_MATCH_WORDS)
			match->word[match->words++] = (SplatText){s, (gsize)(next - s)};
		return next;
	case '*':
		return lazy_end(pattern, s, end);
	case '_':
		return skip_blanks(s, end);
	case '%':
		return s < end && *s == '%' ? s + 1 : NULL;
	}
	g_assert_not_reached();
}

gboolean splat_match(const char *pattern, const char *s, const char *end, SplatMatch *match)
{
	memset(match, 0, sizeof(*match));
	match->cpu = match->pid = -1;
	while (*pattern) {
		if (*pattern == '%') {
			s = convert(pattern[1], pattern + 2, s, end, match);
			if (!s)
				return FALSE;
			pattern += 2;
		} else if (s < end && *s == *pattern) {
			s++;
			pattern++;
		} else {
			return FALSE;
		}
	}
	match->end = s;
	return TRUE;
}

static void move_text(SplatText *text, const char *from, const char *to)
{
	if (text->s)
		text->s = to + (text->s - from);
}

void splat_match_move(SplatMatch *match, const char *from, const char *to)
{
	move_text(&match->task, from, to);
	move_text(&match->file, from, to);
	move_text(&match->condition, from, to);
	move_text(&match->symbol, from, to);
	for (guint i = 0; i < match->words; i++)
		move_text(&match->word[i], from, to);
	match->end = to + (match->end - from);
}
