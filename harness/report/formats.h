/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports that programs read. Each takes the hunts (GPtrArray of RHunt, with their boots) and
 * returns the whole file (transfer full). Text of guests is escaped for the format.
 */
#ifndef PFNHUNT_REPORT_MACHINE_H
#define PFNHUNT_REPORT_MACHINE_H

#include "harness/results/model.h"

/* JUnit XML: a suite a hunt, a case for each family of the race and one for the machine. */
char *report_junit(const GPtrArray *hunts);
/* KTAP 1, flat: the same cases, under names that are unique and stay the same. */
char *report_ktap(const GPtrArray *hunts);
/* JSON lines: each hunt and its boots (docs/json-schema.md). */
char *report_jsonl(const GPtrArray *hunts);
/* Prometheus text format 0.0.4, for node_exporter's textfile collector. */
char *report_prometheus(const GPtrArray *hunts);

/*
 * Appends @text as XML or HTML character data: < > & and quotes as references; what XML does not
 * allow at all, and what text_clean() does not show, as '?' except tabs and line ends. NULL appends nothing.
 */
void report_escape(GString *out, const char *text);

#endif
