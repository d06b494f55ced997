/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See announce.h. */
#include "harness/splat/announce.h"
#include "harness/splat/scan.h"

#define HITS_MAX   32
#define MARKER_MAX 12

/* The rest of a sentence that speaks of the message before it: " is printed", "! means that". */
static gboolean goes_on_as_prose(const char *s, const char *end)
{
	static const char *const verbs[] = {"appears ", "are ",	  "can ", "is ",   "means ",
					    "may ",	"shows ", "was ", "were ", "will "};

	while (s < end && strchr("!.,`'\"", *s))
		s++;
	if (s == end || *s != ' ')
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (splat_starts(s + 1, end, verbs[i]))
			return TRUE;
	return FALSE;
}

/* The beginning of one: "after that INFO: ...". The kernel has a colon before a message. */
static gboolean begins_as_prose(const char *s, const char *at)
{
	return at - s > 2 && at[-1] == ' ' && (g_ascii_islower(at[-2]) || at[-2] == ',');
}

/* "%d" and the like, and a quote: a line of source text. */
static gboolean is_source(const char *s, const char *end)
{
	if (!memchr(s, '"', (gsize)(end - s)))
		return FALSE;
	while ((s = memchr(s, '%', (gsize)(end - s))))
		if (++s < end && strchr("cdlpsuxz0", *s))
			return TRUE;
	return FALSE;
}

/* In quotes that began before @at, or in what a program tells the audit daemon. */
static gboolean is_quoted(const char *s, const char *at)
{
	gboolean quoted = FALSE;

	if (s == at)
		return FALSE;
	if (strchr("'`", at[-1]) || splat_starts(s, at, "audit: ") || splat_find(s, at, "audit("))
		return TRUE;
	for (; (s = memchr(s, '"', (gsize)(at - s))); s++)
		quoted = !quoted;
	return quoted;
}

/* "12:", "+", "# ": what tools put before lines. An item of a list looks like it, too. */
static gboolean is_marker(const SplatLine *line, const char *at)
{
	const char *s = line->s;

	while (s < at && !g_ascii_isalpha(*s))
		s++;
	return s == at && at - line->s <= MARKER_MAX && !line->stamped && !line->syslog;
}

/* The end of a word in capitals: "DEBUG: ". */
static gboolean in_word(const char *s, const char *at)
{
	return at > s && g_ascii_isupper(at[-1]) && g_ascii_isupper(*at);
}

const SplatRule *splat_announced(const SplatLine *line, SplatMatch *match, gsize *offset)
{
	SplatHit hits[HITS_MAX];
	guint n = splat_scan_all(splat_scan_get(), line->s, line->end, hits, HITS_MAX);

	for (guint i = 0; i < n; i++) {
		const SplatRule *rule = &splat_rules[hits[i].rule];
		const char *at = hits[i].at;

		gboolean front = rule->flags & RULE_MID || splat_line_at_front(line, at);

		if (!front && !is_marker(line, at))
			continue;
		if (in_word(line->s, at) || is_quoted(line->s, at) ||
		    !splat_match(rule->pattern, at, line->end, match))
			continue;
		if (rule->kind && is_source(line->s, line->end))
			continue;
		match->prose =
			begins_as_prose(line->s, at) || goes_on_as_prose(match->end, line->end);
		if (offset)
			*offset = (gsize)(at - line->s);
		return rule;
	}
	return NULL;
}
