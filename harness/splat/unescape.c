/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unescaping of unescape.h. */
#include <string.h>

#include "harness/splat/match.h"
#include "harness/splat/unescape.h"

static const struct {
	const char *entity;
	char c;
} entities[] = {
	{"&lt;", '<'},	 {"&gt;", '>'},	   {"&amp;", '&'},
	{"&quot;", '"'}, {"&apos;", '\''}, {"&nbsp;", ' '},
};

/* "&#39;" or "&#x27;" at @s: its character, and its length in @len; 0 when it is none. */
static char numeric_entity(const char *s, const char *end, gsize *len)
{
	gboolean hex = splat_starts(s, end, "&#x") || splat_starts(s, end, "&#X");
	const char *p = s + (hex ? 3 : 2), *start = p;
	guint value = 0;

	if (!splat_starts(s, end, "&#"))
		return 0;
	for (; p < end && p - start < 6 && (hex ? g_ascii_isxdigit(*p) : g_ascii_isdigit(*p)); p++)
		value = value * (hex ? 16 : 10) + (guint)g_ascii_xdigit_value(*p);
	if (p == start || p == end || *p != ';' || value < 0x20 || value > 0x7e)
		return 0;
	*len = (gsize)(p + 1 - s);
	return (char)value;
}

gsize splat_unescape_html(char *s, gsize len)
{
	char *start = s, *end = s + len, *o = memchr(s, '&', len);

	if (!o)
		return len;
	for (s = o; s < end;) {
		gsize n = 1;
		char c = *s == '&' ? numeric_entity(s, end, &n) : 0;

		for (guint i = 0; *s == '&' && !c && i < G_N_ELEMENTS(entities); i++)
			if (splat_starts(s, end, entities[i].entity)) {
				c = entities[i].c;
				n = strlen(entities[i].entity);
			}
		*o++ = c ? c : *s;
		s += c ? n : 1;
	}
	return (gsize)(o - start);
}

char *splat_unescape_kmsg(char *s, char *end)
{
	char *o = memchr(s, '\\', (gsize)(end - s));

	if (!o)
		return end;
	for (s = o; s < end;) {
		if (end - s >= 4 && s[0] == '\\' && s[1] == 'x' && g_ascii_isxdigit(s[2]) &&
		    g_ascii_isxdigit(s[3])) {
			int c = g_ascii_xdigit_value(s[2]) * 16 + g_ascii_xdigit_value(s[3]);

			if (c == '\t' || (c >= 0x20 && c < 0x7f))
				*o++ = (char)c;
			s += 4;
		} else {
			*o++ = *s++;
		}
	}
	return o;
}

static gunichar read_hex4(const char *s)
{
	gunichar c = 0;

	for (guint i = 0; i < 4; i++) {
		if (!g_ascii_isxdigit(s[i]))
			return '?';
		c = c * 16 + (gunichar)g_ascii_xdigit_value(s[i]);
	}
	return g_unichar_validate(c) ? c : '?';
}

static char *unescape_string(char *s, char *end, char **after)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	char *o = s, *in = s + 1;

	while (in < end && *in != '"') {
		if (*in != '\\' || in + 1 == end) {
			*o++ = *in++;
		} else if (in[1] == 'u' && end - in >= 6) {
			o += g_unichar_to_utf8(read_hex4(in + 2), o);
			in += 6;
		} else {
			const char *known = strchr(from, in[1]);

			*o++ = known ? to[known - from] : in[1];
			in += 2;
		}
	}
	*after = in < end ? in + 1 : end;
	return o;
}

static char *unescape_bytes(char *s, char *end, char **after)
{
	char *o = s, *in = s + 1;

	while (in < end && *in != ']') {
		guint value = 0;

		if (!g_ascii_isdigit(*in) && *in != ',' && *in != ' ')
			return NULL;
		if (!g_ascii_isdigit(*in)) {
			in++;
			continue;
		}
		for (; in < end && g_ascii_isdigit(*in); in++)
			value = MIN(value * 10 + (guint)(*in - '0'), 255);
		*o++ = (char)value;
	}
	*after = in < end ? in + 1 : end;
	return o;
}

char *splat_unescape_json(char *s, char *end, char **after)
{
	if (s < end && *s == '"')
		return unescape_string(s, end, after);
	if (s < end && *s == '[')
		return unescape_bytes(s, end, after);
	return NULL;
}

/* In quotes of @quote, which is doubled where it stands for itself. */
static char *unescape_doubled(char *s, char *end, char quote, char **after)
{
	char *o = s, *in = s + 1;

	if (s == end || *s != quote)
		return NULL;
	while (in < end) {
		if (*in == quote && !(in + 1 < end && in[1] == quote))
			break;
		in += *in == quote;
		*o++ = *in++;
	}
	*after = in < end ? in + 1 : end;
	return o;
}

char *splat_unescape_yaml(char *s, char *end, char **after)
{
	return unescape_doubled(s, end, '\'', after);
}

char *splat_unescape_csv(char *s, char *end, char **after)
{
	return unescape_doubled(s, end, '"', after);
}
