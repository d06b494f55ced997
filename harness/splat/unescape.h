/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes back what a carrier did to a message's characters. All work in place and only shrink. */
#ifndef PFNHUNT_SPLAT_UNESCAPE_H
#define PFNHUNT_SPLAT_UNESCAPE_H

#include <glib.h>

/* "&lt;TASK&gt;" and the like in [s, s + len). Returns the length. */
gsize splat_unescape_html(char *s, gsize len);

/* "\x09" and the like of /dev/kmsg in [s, end). Returns the new end. */
char *splat_unescape_kmsg(char *s, char *end);

/*
 * The JSON value at @s: a string, or an array of bytes as journald writes what is no text. Writes
 * it to @s, not cleaned. Returns where the text ends, or NULL when it is neither. @after: where the line goes on behind the value.
 */
char *splat_unescape_json(char *s, char *end, char **after);

/* A YAML scalar in single quotes, "it''s", in the same way. */
char *splat_unescape_yaml(char *s, char *end, char **after);

/* A field of CSV, "it has ""quotes""", in the same way. */
char *splat_unescape_csv(char *s, char *end, char **after);

#endif
