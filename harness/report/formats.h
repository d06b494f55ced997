/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The formats of `pfnhunt report`: one row each. --format, its help and its error, completion and
 * man page are made from it. A new format is a file in this folder with its report_NAME(), and a
 * row.
 */
#ifndef PFNHUNT_REPORT_FORMATS_H
#define PFNHUNT_REPORT_FORMATS_H

#include "harness/results/model.h"

/* Name, suffixes of files that are of it, help. The first one is the default. */
#define REPORT_FORMATS(X)                                                                          \
	X(html, ".html .htm", "one self-contained page for a browser")                             \
	X(junit, ".xml", "JUnit XML, one case per scenario, kernel and family")                    \
	X(ktap, ".ktap .tap", "KTAP, the same cases")                                              \
	X(jsonl, ".jsonl", "JSON lines (docs/json-schema.md)")                                     \
	X(prometheus, ".prom", "for node_exporter's textfile collector")

/*
 * report_NAME(): takes the hunts (GPtrArray of RHunt, with their boots) and returns the whole file
 * (transfer full). Text of guests is escaped for the format.
 */
typedef char *ReportMake(const GPtrArray *hunts);
#define X(name, suffixes, help) ReportMake report_##name;
REPORT_FORMATS(X)
#undef X

typedef struct {
	const char *name, *suffixes, *help;
	ReportMake *make;
} ReportFormat;
extern const ReportFormat report_formats[]; /* ends with a NULL name */

/* All names, @separator between them. (transfer full) */
char *report_format_names(const char *separator);
/*
 * That of @name; when that is NULL, that of the suffix of @path; when that is NULL too, the first.
 * NULL when there is none.
 */
const ReportFormat *report_format_find(const char *name, const char *path);

/*
 * Appends @text as XML or HTML character data: < > & and quotes as references; what XML does not
 * allow at all, and what text_clean() does not show, as '?' except tabs and line ends. NULL appends
 * nothing.
 */
void report_escape(GString *out, const char *text);

#endif
