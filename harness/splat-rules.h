/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel complains about, and in which words: the one table that the parser, the
 * titles and the signatures hang on. A rule is found by the literal text that its pattern
 * begins with; of the rules that match, the leftmost in the line wins, then the first in the
 * table.
 */
#ifndef PFNHUNT_SPLAT_RULES_H
#define PFNHUNT_SPLAT_RULES_H

#include "harness/splat-match.h"

/* Where the function of the title comes from. */
typedef enum {
	PICK_NONE,   /* the title has none */
	PICK_STACK,  /* where the CPU was, then the stack from the inside */
	PICK_TRACE,  /* the stack alone, from the inside */
	PICK_OUTER,  /* the stack from the outside: samples of something endless */
	PICK_HEADER, /* the header's symbol, else the stack */
	PICK_SAID,   /* the function that a line of the report names ("last function: f") */
} SplatPick;

/* How a splat goes on. */
typedef enum {
	GROUP_NOISE,  /* harmless: the line is left alone */
	GROUP_LINE,   /* one line, nothing follows */
	GROUP_REPORT, /* a report that ends in a stack dump */
	GROUP_WARN,   /* a WARN: registers, stack, end trace, page dump */
	GROUP_DIE,    /* an oops: one or more announcing lines, then the same */
	GROUP_STALL,  /* stacks of several CPUs, by NMI */
	GROUP_PANIC,
	GROUP_BOOT, /* a kernel starts */
} SplatGroup;

/* Which functions are plumbing for a rule; see splat-plumbing.c. */
enum {
	PLUMB_LOCK = 1 << 1,  /* lock primitives */
	PLUMB_MEM = 1 << 2,   /* allocators */
	PLUMB_LIB = 1 << 3,   /* copies, strings, lists, bits, reference counts */
	PLUMB_WAIT = 1 << 4,  /* scheduler, completions, waiting for a lock */
	PLUMB_OUTER = 1 << 5, /* entry code, VFS and dispatchers: on the way to everything */
	PLUMB_PAGE = 1 << 6,  /* free and allocation paths of pages */
	PLUMB_ALL = -1,
};

enum {
	RULE_MID = 1 << 0,    /* may stand behind other text in its line */
	RULE_FOLLOW = 1 << 1, /* goes on a splat that is open, and is one of its own if none is */
	RULE_BLOCK = 1 << 2,  /* noise that has a stack of its own behind it */
};

typedef struct {
	const char *kind; /* NULL for noise */
	SplatGroup group;
	SplatPick pick;
	int plumbing;
	guint flags;
	const char *pattern; /* as in splat-match.h; begins with at least 4 literal characters */
	const char *title;   /* %F function, %1 %2 %3 captures, %A " Read" or " Write" of KASAN */
} SplatRule;

extern const SplatRule splat_rules[];
extern const guint splat_rules_count;

/* A WARN whose site says more than its function: reference counts, debug objects, ... */
typedef struct {
	const char *kind;
	const char *file;     /* its end, or NULL */
	const char *function; /* of the header, its beginning, or NULL */
	const char *message;  /* words of the message before or after the header, or NULL */
	int plumbing;
	const char *title;
} SplatRefine;

extern const SplatRefine splat_refines[];
extern const guint splat_refines_count;

/* TRUE when @name (bare, without compiler's suffix) is plumbing of one of the classes. */
gboolean splat_is_plumbing(SplatText name, int classes);

#endif
