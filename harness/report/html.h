/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for people: one HTML page without outside references, light and dark, for screen,
 * phone, keyboard and paper. All text of guests goes through report_escape().
 */
#ifndef PFNHUNT_REPORT_HTML_H
#define PFNHUNT_REPORT_HTML_H

#include "harness/results/model.h"

/* Of one hunt, or of several with a matrix of kernels and families on top. (transfer full) */
char *report_html(const GPtrArray *hunts);

#endif
