/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw bytes of a log to clean lines: what serial consoles, dmesg, syslog, journald, containers and
 * mails put around a kernel's message is taken off (carriers.h has the table), and what it says of
 * time and caller is kept.
 */
#ifndef PFNHUNT_SPLAT_LINE_H
#define PFNHUNT_SPLAT_LINE_H

#include <glib.h>

/* A line is cut after so many bytes; no message of the kernel is longer. */
#define SPLAT_LINE_MAX 4096

typedef struct SplatPrefix SplatPrefix;

/* Who wrote a message, as far as its line says. */
typedef struct {
	char kind; /* 'T' thread, 'C' CPU, 0 not said */
	guint id;
	guint host; /* a hash of its name, 0 not said */
} SplatCaller;

static inline gboolean splat_same_caller(const SplatCaller *a, const SplatCaller *b)
{
	return a->kind == b->kind && a->id == b->id && a->host == b->host;
}

typedef struct {
	/* the message, clean, blanks at its front kept; what is behind @end can be read */
	char *s, *end;
	gint64 t_us; /* printk time, -1 when not said */
	gint64 host_us;
	guint64 number; /* in the log, from 1 */
	guint64 count;	/* of messages so far: lines but for those that a record is made of */
	SplatCaller caller;
	gboolean stamped;    /* t_us is of this very line */
	gboolean wrapped;    /* a carrier's mark was in front of the message */
	gboolean prefixed;   /* so was one that no table has */
	gboolean syslog;     /* came through a log daemon */
	gboolean user;	     /* a daemon says that a program wrote it, not the kernel */
	gboolean several;    /* a line break may be in what is left of it */
	gsize offset, total; /* of a fragment in its message; total is 0 when it is none */
	gsize width;	     /* of all of the line, as it came */
	SplatPrefix *prefix; /* that lines were seen to have, or NULL; see prefix.h */
} SplatLine;

/*
 * Copies @raw to @out (of SPLAT_LINE_MAX bytes, or @raw itself), without escape sequences, NUL, CR
 * and other control bytes but line breaks; bytes that are no UTF-8 become '?'. Returns the length.
 */
gsize splat_line_clean(const char *raw, gsize len, char *out);

/*
 * TRUE when nothing in [s, s + len) is to be cleaned or unescaped: it is printable ASCII, without
 * the "&" of HTML.
 */
gboolean splat_line_is_plain(const char *s, gsize len);

/* The printk time that [s, end) begins with, -1 when it does not. */
gint64 splat_line_time(const char *s, const char *end);

/* "[   12.345678]" at @s, also "[   12.345678@0]" and the like of vendors: its end, or NULL. */
const char *splat_line_read_time(const char *s, const char *end, gint64 *t_us);

/* The same without what vendors add. */
const char *splat_line_read_stamp(const char *s, const char *end, gint64 *t_us);

/* TRUE when no carrier can be at the front: it begins as in " func", "RAX: 0" and "Code: 0". */
gboolean splat_line_is_bare(const SplatLine *line);
/* The line came under the name [s, end) of a host, a guest or a container. */
void splat_line_set_host(SplatLine *line, const char *s, const char *end);
/* Whether @at, in @line, is the front of its message: nothing before it but blanks. */
gboolean splat_line_at_front(const SplatLine *line, const char *at);

#endif
