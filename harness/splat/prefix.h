/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tool that nobody knows put before every line: it stood before a report's header or before
 * a stamp, and stands before the next lines, too. Numbers, and with them levels, may differ.
 */
#ifndef PFNHUNT_SPLAT_PREFIX_H
#define PFNHUNT_SPLAT_PREFIX_H

#include "harness/splat/line.h"

struct SplatPrefix {
	char text[80];
	gsize len;     /* 0: none is known */
	gboolean sure; /* two lines in a row had it */
};

/* The kernel's part of @line begins at @at. What stands before it may be what the others have. */
void splat_prefix_learn(SplatPrefix *prefix, const SplatLine *line, const char *at);
/*
 * Cuts it off @line. FALSE when it is not there. Of the text that was learned, only as much is the
 * prefix as the next line has, too.
 */
gboolean splat_prefix_cut(SplatPrefix *prefix, SplatLine *line);

#endif
