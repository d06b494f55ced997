/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Aligned columns for a terminal or a pipe. Cells are made printable: they may be a guest's. */
#ifndef PFNHUNT_RESULTS_TABLE_H
#define PFNHUNT_RESULTS_TABLE_H

#include <glib.h>

typedef struct RTable RTable;

/* @columns: titles, '|' between them; one that begins with '>' is set flush right. */
RTable *rtable_new(const char *columns);
void rtable_free(RTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RTable, rtable_free)

/* The next cell of the row, printf-like; a row is full when it has a cell for each column. */
void rtable_cell(RTable *table, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The whole table, or "" when it has no row. (transfer full) */
char *rtable_text(const RTable *table);

/* The same as a table of Markdown. (transfer full) */
char *rtable_markdown(const RTable *table);

/* Words for a report: "2.4 s", "3 h 20 min"; "12 %". (transfer full) */
char *results_duration(double seconds);
char *results_percent(double share);
/* "61,000", "2.1 million". (transfer full) */
char *results_count(guint64 count);
/* "1 hit", "61,000 hits"; @one is the word for one of them. (transfer full) */
char *results_number(guint64 count, const char *one);
/* "1,204 offlines (3 succeeded)"; @ok below 0: not known. (transfer full) */
char *results_offlines(gint64 offlines, gint64 ok);
/* "340 ns", "12 us", "3.4 ms". (transfer full) */
char *results_nanoseconds(guint64 ns);
/* "2026-11-22 00:23" of an ISO text, or the text itself. (transfer full) */
char *results_moment(const char *iso);

#endif
