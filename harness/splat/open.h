/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A splat while its lines still come in: what has been read of it, before title and signature
 * are made of it. Of fixed size, so that no log can make it grow.
 */
#ifndef PFNHUNT_SPLAT_OPEN_H
#define PFNHUNT_SPLAT_OPEN_H

#include "harness/splat/line.h"
#include "harness/splat/rules.h"
#include "harness/splat/shape.h"
#include "harness/splat/splat.h"

#define SPLAT_OPEN_FRAMES 400
#define SPLAT_OPEN_STACKS 24
#define SPLAT_OPEN_ARENA  (32 * 1024)

typedef struct {
	guint off; /* into the arena: "func+0x1/0x2 [module]" */
	guint16 len, name_len;
	guint8 maybe, rip, unsure;
} SplatFrame;

typedef struct {
	SplatSection section;
	int cpu;
	guint first, n; /* of frames */
	guint certain;	/* of these, without "?" */
} SplatStack;

typedef struct {
	Splat *splat;
	const SplatRule *rule;
	const SplatRefine *refine; /* of a WARN, or NULL */
	char *symbol;		   /* of the header, bare, or NULL */
	char *said;		   /* that a line names: "last function: f", "at: f"; or NULL */
	char *condition;	   /* of a WARN's brackets, or NULL */
	char *message;		   /* of a WARN: the words around its header, or NULL */
	char *word[SPLAT_MATCH_WORDS];
	SplatPage late; /* of the dump whose last line has not come yet, or a VM_BUG_ON's */
	char access;	/* 'R', 'W', or 0 */
	SplatCaller caller;

	/* How far it is. */
	gint64 last_us, last_host_us;
	guint64 last_line;
	guint64 pfn;	      /* that the header names, or 0 */
	guint lines, foreign; /* foreign: lines since the last that looked like a report's */
	gboolean had_cpu, had_code, had_trace, had_rip, followed, shared, unsure, closed, stale,
		message_sure, in_stack, bare, doubt, prose, tail, page_open, next_section_set;
	/* doubt: no stamp in a log that has them; maybe a program said it */
	gboolean cut;	/* the log ends in its stack */
	gboolean mixed; /* some of it may be of another report */
	SplatSection next_section;
	int next_cpu;
	int stalled_cpu; /* that the report of a stall names first, -1 */

	SplatStack stack[SPLAT_OPEN_STACKS];
	guint stacks;
	SplatFrame frame[SPLAT_OPEN_FRAMES];
	guint frames;
	char arena[SPLAT_OPEN_ARENA];
	guint arena_used;
} SplatOpen;

/* A splat that @line announces by @rule; its texts are copied. Never NULL. */
SplatOpen *splat_open_new(const SplatRule *rule, const SplatMatch *match, const SplatLine *line);
void splat_open_free(SplatOpen *open);

/* Another header of the same complaint ("Oops: ..." behind "BUG: unable to handle ..."). */
void splat_open_follow(SplatOpen *open, const SplatRule *rule, const SplatMatch *match);

/* TRUE while there is no more than headers that a symbolizer repeated for inlined functions. */
gboolean splat_open_is_inline_header(const SplatOpen *open);

/* A line that is this splat's. */
void splat_open_add(SplatOpen *open, const SplatLine *line, const SplatShape *shape);

/* TRUE when its last stack is of something beside the complaint. */
static inline gboolean splat_open_in_side(const SplatOpen *open)
{
	return open->stacks && open->stack[open->stacks - 1].section == SECTION_SIDE;
}

static inline SplatText splat_frame_name(const SplatOpen *open, const SplatFrame *frame)
{
	return (SplatText){open->arena + frame->off, frame->name_len};
}

#endif
