/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told of a hunt beside its finds, in one line each: issues that are known, what the kernel
 * said before the hunt began, and what went wrong on the way. For every report in words.
 */
#ifndef PFNHUNT_REPORT_REMARKS_H
#define PFNHUNT_REPORT_REMARKS_H

#include "harness/results/model.h"

typedef struct {
	const char *what; /* "known", "baseline" or "impaired": static */
	char *text;	  /* clean text, one line */
} Remark;

/* Of all boots that count; @only: of that boot alone, else NULL. GPtrArray of Remark, (transfer full). */
GPtrArray *report_remarks(const RHunt *hunt, const RBoot *only);

#endif
