/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages that a carrier spreads over several lines: `journalctl -o export`, `-o json-pretty` and
 * `-o verbose`, `dmesg -J`, and long messages that netconsole sends in fragments.
 */
#ifndef PFNHUNT_SPLAT_RECORD_H
#define PFNHUNT_SPLAT_RECORD_H

#include "harness/splat/line.h"

typedef struct {
	gboolean open;	   /* in the middle of a record */
	gboolean user;	   /* a program wrote it, not the kernel */
	gboolean blob;	   /* the next line is export's binary form of the message */
	guint length_left; /* bytes of that form's length that are still to come */
	gboolean whole;	   /* there is a message */
	gint64 t_us;	   /* -1 when not said */
	gsize total;	   /* of the fragments that come, 0 when none do */
	gsize len;
	char text[SPLAT_LINE_MAX + 1];
} SplatRecord;

typedef enum {
	RECORD_NOT,   /* a line like any other */
	RECORD_TAKEN, /* part of a record, nothing to say yet */
	RECORD_READY, /* the record is complete: its message can be read, then cleared */
} SplatRecordState;

void splat_record_clear(SplatRecord *record);

/* TRUE when a record begins with the cleaned line [s, end). */
gboolean splat_record_begins(const char *s, const char *end);

/* The cleaned line [s, end), which may be changed. Cheap for lines that are of no record. */
SplatRecordState splat_record_line(SplatRecord *record, char *s, char *end);

/*
 * A fragment [s, end) that begins at byte @offset of a message of @total bytes. One that does not
 * go on where the one before ended begins anew.
 */
SplatRecordState splat_record_fragment(SplatRecord *record, const char *s, const char *end,
				       gsize offset, gsize total);

/* What a line must have so that a record may begin with it; NULL-terminated. */
extern const char *const splat_record_marks[];

#endif
