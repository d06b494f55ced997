/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line of the kernel's log may be carried in, from printk's own stamp to a mail: the one
 * table that the reader, the tests (which put logs into every form) and docs/incidents.md go by.
 */
#ifndef PFNHUNT_SPLAT_CARRIERS_H
#define PFNHUNT_SPLAT_CARRIERS_H

#include "harness/splat/line.h"

#define SPLAT_FORMS_MAX 12

typedef struct {
	const char *name;
	const char *what; /* whose it is, for the docs */
	/*
	 * Examples, NULL-terminated, of which lines can be made: %l stands for the line as a
	 * console shows it, %m for its message without a stamp, %t for the stamp's seconds, %u for
	 * the same in microseconds, %a and %b for two halves of the message, %A and %N for the
	 * lengths of the first and of both; %J and %j for %l and %m as JSON escapes them, %Y for
	 * %l as YAML does, %C and %M for %l and %m as CSV does, %H for %l as HTML does, %K for %m as /dev/kmsg does, %D for %l as
	 * scripts/decode_stacktrace.sh does, %% for a percent sign.
	 */
	const char *form[SPLAT_FORMS_MAX];
	/* The characters that it may begin with, NULL for any. */
	const char *first;
	/*
	 * NULL when it is no prefix of a line. Moves @line's ends so that the carrier is off, and notes what it said. FALSE, and
	 * nothing is changed, when it is not there.
	 */
	gboolean (*strip)(SplatLine *line);
} SplatCarrier;

extern const SplatCarrier splat_carriers[];
extern const guint splat_carriers_count;

/*
 * Cuts the next message from [*s, *end), which it may change: more than one stands in a line when
 * CPUs write over each other. FALSE when nothing is left. @line keeps what the one before said;
 * zero it, with t_us = -1, for the first.
 */
gboolean splat_line_next(char **s, char **end, SplatLine *line);

/*
 * Takes off what the kernel itself puts before a message, its stamp and the caller. FALSE when there
 * is no stamp; @line is of no use then.
 */
gboolean splat_line_kernel(SplatLine *line);
/* TRUE when no other stamp is in @line: more than one message stands in one with another. */
gboolean splat_line_is_single(const SplatLine *line);
/* What splat_line_next() does, for a message from which that was taken off. */
void splat_line_rest(char **s, char **end, SplatLine *line);

#endif
