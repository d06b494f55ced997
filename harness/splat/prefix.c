/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See prefix.h. */
#include "harness/splat/prefix.h"

#include <string.h>

static gboolean is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && is_blank(*s))
		s++;
	return s;
}

static const char *skip_digits(const char *s, const char *end)
{
	while (s < end && g_ascii_isdigit(*s))
		s++;
	return s;
}

static const char *skip_level(const char *s, const char *end)
{
	while (s < end && g_ascii_isupper(*s))
		s++;
	return s;
}

void splat_prefix_learn(SplatPrefix *prefix, const SplatLine *line, const char *at)
{
	gsize len = (gsize)(at - line->s);

	if (line->prefixed || line->stamped || line->syslog || line->user ||
	    len > sizeof(prefix->text) || skip_blanks(line->s, at) == at)
		return;
	memcpy(prefix->text, line->s, len);
	prefix->len = len;
	prefix->sure = FALSE;
}

/* How far a prefix and a line are the same. */
typedef struct {
	const char *p, *s;
	gboolean numbers;
} Pair;

/* Goes over what comes next in both. FALSE when it is not the same. */
static gboolean step(Pair *pair, const char *p_end, const char *end)
{
	const char *p = pair->p, *s = pair->s;
	const char *number = skip_blanks(p, p_end), *next = skip_blanks(s, end);

	if (number < p_end && g_ascii_isdigit(*number)) { /* may be flush right */
		pair->s = skip_digits(next, end);
		pair->p = skip_digits(number, p_end);
		pair->numbers = TRUE;
		return pair->s > next;
	}
	if (number > p) {
		/* what is behind a prefix may begin with blanks of its own */
		pair->s = number == p_end ? s + MIN(number - p, next - s) : next;
		pair->p = number;
		return next > s;
	}
	if (s == end)
		return FALSE;
	if (pair->numbers && g_ascii_isupper(*p) && g_ascii_isupper(*s)) {
		pair->p = skip_level(p, p_end);
		pair->s = skip_level(s, end);
		return TRUE;
	}
	pair->p = p + 1;
	pair->s = s + 1;
	return *p == *s;
}

gboolean splat_prefix_cut(SplatPrefix *prefix, SplatLine *line)
{
	const char *p_end = prefix->text + prefix->len;
	Pair pair = {prefix->text, line->s, FALSE}, whole = pair;

	while (pair.p < p_end && step(&pair, p_end, line->end))
		if (!g_ascii_isalnum(pair.p[-1]))
			whole = pair;
	if (whole.p < p_end && prefix->sure)
		return FALSE;
	prefix->len = (gsize)(whole.p - prefix->text);
	if (!prefix->len)
		return FALSE;
	prefix->sure = TRUE;
	line->s += whole.s - line->s;
	line->prefixed = line->wrapped = TRUE;
	return TRUE;
}
