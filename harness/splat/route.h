/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The splats that are open, and whose a line is: by the caller in the line's prefix where the
 * kernel prints one; else by CPU and PID, by what the line looks like, and by which function
 * was seen to call which.
 */
#ifndef PFNHUNT_SPLAT_ROUTE_H
#define PFNHUNT_SPLAT_ROUTE_H

#include "harness/splat/call-edges.h"
#include "harness/splat/open.h"

#define SPLAT_ROUTE_MAX 8

/* What was said behind "cut here": the message of the WARN or BUG that must follow. */
typedef struct {
	gboolean on;
	SplatCaller caller;
	guint64 line;
	gint64 t_us;
	guint lines;	  /* of the text */
	gboolean stamped; /* the last of these */
	GString *text;
} SplatCut;

/* The page dump that a VM_BUG_ON prints before its header. */
typedef struct {
	gboolean on;
	SplatCaller caller;
	guint64 count; /* of its first line */
	SplatPage page;
} SplatDump;

typedef struct {
	SplatDone done;
	gpointer user;
	SplatOpen *open[SPLAT_ROUTE_MAX]; /* oldest first */
	guint n;
	gboolean last_fatal; /* the last splat was an oops or a panic */
	gint64 last_us;	     /* printk time of the last splat's last line */
	SplatCut cut;
	SplatDump dump;
	SplatEdges edges;
	guint64 last_line; /* its number, 0 when there was none yet */
	gboolean clocks;   /* stamps go back and forth: two kernels write */
	gboolean hotplug;  /* the log has spoken of memory that came or went */
} SplatRoute;

void splat_route_init(SplatRoute *route, SplatDone done, gpointer user);
void splat_route_clear(SplatRoute *route);

/* TRUE while a splat waits for lines. */
static inline gboolean splat_route_open(const SplatRoute *route)
{
	return route->n > 0 || route->cut.on || route->dump.on;
}

/*
 * A line that announces a splat: opens one, or goes on one that is open. @doubt: maybe a program
 * said it; it is no splat unless CPU or stack follow.
 */
void splat_route_header(SplatRoute *route, const SplatRule *rule, const SplatMatch *match,
			const SplatLine *line, gboolean doubt);
/* Any other line. */
void splat_route_line(SplatRoute *route, const SplatLine *line, const SplatShape *shape);
/* "cut here" */
void splat_route_cut(SplatRoute *route, const SplatLine *line);
/* Something else with a stack of its own begins: no splat of that caller goes on. */
void splat_route_break(SplatRoute *route, const SplatLine *line);
/* Hands over what had no line since @before_us of host time. */
void splat_route_settle(SplatRoute *route, gint64 before_us);
/* Hands over all: the log ends with line @last_line. */
void splat_route_end(SplatRoute *route, guint64 last_line);

#endif
