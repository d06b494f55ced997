/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, durations and numbers as people write them, both ways; and clean text for a terminal. */
#ifndef PFNHUNT_UNITS_H
#define PFNHUNT_UNITS_H

#include <glib.h>

/* "4M", "2G", "512K", "4096": bytes. FALSE when it is no size or does not fit. */
gboolean units_parse_bytes(const char *text, guint64 *bytes);
/* "20s", "500ms", "2m", "8h", "0": milliseconds. A bare number other than 0 is refused. */
gboolean units_parse_ms(const char *text, guint64 *ms);
/* "1%", "0.5%": a share of one, more than 0 and less than 1. */
gboolean units_parse_percent(const char *text, double *share);
/* Decimal or 0x hex. */
gboolean units_parse_u64(const char *text, guint64 *value);

char *units_format_bytes(guint64 bytes); /* "580M", shortest exact form; (transfer full) */
char *units_format_ms(guint64 ms);	 /* "500ms", "20s", "2m"; parses back; (transfer full) */

/* text_clean_copy() by its older name; (transfer full). */
char *units_printable(const char *text);
/* A word of a shell's command line, quoted only where the shell wants it; (transfer full). */
char *units_shell_word(const char *text);

#endif
