/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line of a report is by its looks alone: a frame, registers, the head of a stack. The
 * parser needs it to know where a report ends and, when CPUs write over each other, whose a
 * line is.
 */
#ifndef PFNHUNT_SPLAT_SHAPE_H
#define PFNHUNT_SPLAT_SHAPE_H

#include "harness/splat/match.h"

typedef enum {
	SHAPE_OTHER,	/* nothing of a report, or not seen to be */
	SHAPE_FRAME,	/* a stack frame */
	SHAPE_TRACE,	/* "Call Trace:" */
	SHAPE_MARK,	/* "<TASK>" alone */
	SHAPE_CPU,	/* "CPU: 1 PID: 2 Comm: x ..." */
	SHAPE_RIP,	/* where the CPU was */
	SHAPE_LINK,	/* whereto the function that the CPU was in returns */
	SHAPE_REGS,	/* registers, code, modules, ...: part of a report, of no use here */
	SHAPE_CODE,	/* "Code: ..." */
	SHAPE_END,	/* "---[ end trace ... ]---" */
	SHAPE_RULER,	/* "=====" */
	SHAPE_CUT,	/* "------------[ cut here ]------------" */
	SHAPE_PAGE,	/* first line of dump_page() */
	SHAPE_PAGE_GO,	/* another of its lines */
	SHAPE_PAGE_WHY, /* its last: "page dumped because: ..." */
	SHAPE_SECTION,	/* head of a part of a report; see SplatSection */
	SHAPE_ACCESS,	/* "Read of size 8 ..." */
	SHAPE_SAID,	/* "last function: f", "..., at: f+0x1/0x2" */
	SHAPE_STALLED,	/* "1-....: (2100 ticks this GP) ...": a CPU that stalls RCU */
} SplatShapeKind;

/* What the stack after a section's head is. */
typedef enum {
	SECTION_MAIN, /* of the complaint */
	SECTION_SIDE, /* of something that helps: where memory was allocated, a lock was taken */
	SECTION_CPU,  /* of a CPU, by NMI */
	SECTION_TASK, /* of another task */
} SplatSection;

typedef struct {
	SplatShapeKind kind;
	SplatSection section;
	SplatText
		name;  /* FRAME, RIP, LINK, SAID: the function; SECTION: its first frame, or none */
	SplatText raw; /* FRAME, RIP, LINK: from the function on */
	gboolean maybe;	   /* FRAME: with "?" */
	gboolean task_off; /* the line has </TASK> */
	gboolean write;	   /* ACCESS */
	gboolean user;	   /* RIP: in user space */
	int cpu, pid;	   /* CPU and SECTION_CPU, else -1 */
	SplatText task;
	SplatText release; /* CPU: of the kernel */
} SplatShape;

/*
 * The same for the commonest line of all, " func+0x1/0x2 [module]" and nothing else, in one pass.
 * FALSE, and @shape may be half filled, when [s, end) is anything else.
 */
gboolean splat_shape_frame(const char *s, const char *end, SplatShape *shape);

/* TRUE when a message begins so that it can only be a line of a report: "Modules linked in:". */
gboolean splat_shape_has_head(const char *s, const char *end);

/* Looks at the message [s, end). */
void splat_shape(const char *s, const char *end, SplatShape *shape);

/* The function's name without ".isra.0", ".cold", ".llvm.123", "__pfx_" and so on. */
SplatText splat_bare_name(SplatText name);

#endif
