/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of record.h. */
#include <string.h>

#include "harness/splat/match.h"
#include "harness/splat/record.h"
#include "harness/splat/unescape.h"

const char *const splat_record_marks[] = {
	"__CURSOR",  /* export and json-pretty begin with it */
	" [s=",	     /* verbose: its head has the cursor */
	"\"pri\": ", /* dmesg -J */
	",ncfrag=",  NULL,
};

/* What is read of a record; the others are passed over. */
typedef enum { FIELD_OTHER, FIELD_MESSAGE, FIELD_TRANSPORT, FIELD_SECONDS, FIELD_MICROS } Field;

static const struct {
	const char *name;
	Field field;
} fields[] = {
	{"MESSAGE", FIELD_MESSAGE},
	{"msg", FIELD_MESSAGE},
	{"_TRANSPORT", FIELD_TRANSPORT},
	{"time", FIELD_SECONDS},
	{"_SOURCE_MONOTONIC_TIMESTAMP", FIELD_MICROS},
	{"__MONOTONIC_TIMESTAMP", FIELD_MICROS},
};

void splat_record_clear(SplatRecord *record)
{
	record->open = record->user = record->blob = record->whole = FALSE;
	record->t_us = -1;
	record->total = record->len = 0;
	record->length_left = 0;
}

static char *skip_blanks(char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/* "Fri 2026-01-02 10:00:00.000001 CET [s=...;i=...;...]" */
static gboolean is_verbose_head(const char *s, const char *end)
{
	return end - s > 40 && end[-1] == ']' && s[3] == ' ' && g_ascii_isdigit(s[4]) &&
	       splat_find(s, end, " [s=") && splat_find(s, end, ";i=");
}

gboolean splat_record_begins(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == end)
		return FALSE;
	if (*p == '"')
		return splat_starts(p, end, "\"pri\": ") || splat_starts(p, end, "\"__CURSOR\"");
	return splat_starts(p, end, "__CURSOR=") || is_verbose_head(p, end);
}

static void set_text(SplatRecord *record, char *s, char *end)
{
	record->len = splat_line_clean(s, MIN((gsize)(end - s), SPLAT_LINE_MAX), record->text);
	record->whole = TRUE;
}

static void take_field(SplatRecord *record, Field field, char *s, char *end)
{
	char *after, *text = splat_unescape_json(s, end, &after);
	gdouble seconds;

	if (text) {
		end = text;
		*end = '\0';
	}
	switch (field) {
	case FIELD_MESSAGE:
		set_text(record, s, end);
		break;
	case FIELD_TRANSPORT:
		record->user = !splat_starts(s, end, "kernel");
		break;
	case FIELD_SECONDS:
		seconds = g_ascii_strtod(s, NULL);
		record->t_us = seconds >= 0 && seconds < 1e9 ? (gint64)(seconds * 1e6 + 0.5) : -1;
		break;
	case FIELD_MICROS:
		record->t_us = g_ascii_strtoll(s, NULL, 10);
		break;
	case FIELD_OTHER:
		break;
	}
}

/* "NAME=value", "\"NAME\" : value,". Returns the value, or NULL. */
static char *read_name(char *s, char *end, Field *field)
{
	gboolean quoted = *s == '"';
	char *start = s + quoted, *stop = start;

	while (stop < end && (g_ascii_isalnum(*stop) || *stop == '_'))
		stop++;
	s = skip_blanks(stop + (quoted && stop < end), end);
	if (stop == start || s >= end || *s != (quoted ? ':' : '='))
		return NULL;
	*field = FIELD_OTHER;
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (splat_text_is((SplatText){start, (gsize)(stop - start)}, fields[i].name))
			*field = fields[i].field;
	return quoted ? skip_blanks(s + 1, end) : s + 1;
}

static SplatRecordState end_record(SplatRecord *record)
{
	record->open = FALSE;
	return record->whole ? RECORD_READY : RECORD_TAKEN;
}

/* "{", "},{": between the records of JSON. */
static gboolean is_between(const char *s, const char *end)
{
	if (s == end || !strchr("{}", *s))
		return FALSE;
	while (s < end && strchr("{}, \t", *s))
		s++;
	return s == end;
}

SplatRecordState splat_record_line(SplatRecord *record, char *s, char *end)
{
	gboolean was_open = record->open, anew = splat_record_begins(s, end);
	char *value;
	Field field;

	if (record->total)
		return RECORD_NOT;
	s = skip_blanks(s, end);
	if (!record->open && !anew)
		return is_between(s, end) ? RECORD_TAKEN : RECORD_NOT;
	record->open = TRUE;
	if (record->blob) {
		record->blob = FALSE;
		set_text(record, s, end);
		return RECORD_TAKEN;
	}
	if (s == end || *s == '}')
		return end_record(record);
	if (is_verbose_head(s, end)) {
		SplatRecordState state = was_open ? end_record(record) : RECORD_TAKEN;

		record->open = TRUE;
		return state;
	}
	value = read_name(s, end, &field);
	if (value) {
		take_field(record, field, value, end);
	} else if (splat_text_is((SplatText){s, (gsize)(end - s)}, "MESSAGE")) {
		/* its length in 8 bytes, of which one may look like a line's end, and its text */
		record->blob = TRUE;
		record->length_left = 8;
	} else if (*s != '"' && !g_ascii_isupper(*s) && *s != '_') {
		record->open = FALSE; /* no record after all */
	}
	return record->open ? RECORD_TAKEN : RECORD_NOT;
}

SplatRecordState splat_record_fragment(SplatRecord *record, const char *s, const char *end,
				       gsize offset, gsize total)
{
	gsize n = MIN((gsize)(end - s), SPLAT_LINE_MAX - record->len);

	if (!record->total || offset != record->len) {
		splat_record_clear(record);
		n = MIN((gsize)(end - s), SPLAT_LINE_MAX);
	}
	memcpy(record->text + record->len, s, n);
	record->len += n;
	record->total = total;
	record->open = record->whole = TRUE;
	return record->len >= MIN(total, SPLAT_LINE_MAX) ? RECORD_READY : RECORD_TAKEN;
}
