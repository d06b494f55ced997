/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw bytes of a log to clean lines: what serial consoles, dmesg, syslog, journald and mails
 * put before a kernel's message is taken off, and what it says of time and caller is kept.
 */
#ifndef PFNHUNT_SPLAT_LINE_H
#define PFNHUNT_SPLAT_LINE_H

#include <glib.h>

/* A line is cut after so many bytes; no message of the kernel is longer. */
#define SPLAT_LINE_MAX 4096

typedef struct {
	/* the message, clean, blanks at its front kept; a NUL somewhere behind @end */
	const char *s, *end;
	gint64 t_us; /* printk time, -1 when not said */
	gint64 host_us;
	guint64 number; /* in the log, from 1 */
	char caller;	/* 'T' thread, 'C' CPU, 0 not said */
	guint caller_id;
	gboolean syslog; /* came through a log daemon */
	gboolean user;	 /* a daemon says that a program wrote it, not the kernel */
} SplatLine;

/*
 * Copies @raw to @out (of SPLAT_LINE_MAX bytes), without escape sequences, NUL, CR and other
 * control bytes; bytes that are no UTF-8 become '?'. Returns the length.
 */
gsize splat_line_clean(const char *raw, gsize len, char *out);

/* The printk time that [s, end) begins with, -1 when it does not. */
gint64 splat_line_time(const char *s, const char *end);

/*
 * Cuts the next message from [*s, end): more than one stands in a line when CPUs write over
 * each other. FALSE when nothing is left. @line keeps what the one before said; zero it, with
 * t_us = -1, for the first.
 */
gboolean splat_line_next(const char **s, const char *end, SplatLine *line);

#endif
