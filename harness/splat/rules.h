/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel complains about, and in which words: the one table that the parser, the
 * titles and the signatures hang on. A rule is found by the literal text that its pattern
 * begins with; of the rules that match, the leftmost in the line wins, then the first in the
 * table.
 */
#ifndef PFNHUNT_SPLAT_RULES_H
#define PFNHUNT_SPLAT_RULES_H

#include "harness/splat/kind.h"
#include "harness/splat/match.h"

/* Where the function of the title comes from. */
typedef enum {
	PICK_NONE,   /* the title has none */
	PICK_STACK,  /* where the CPU was, then the stack from the inside */
	PICK_OUTER,  /* the stack from the outside: samples of something endless */
	PICK_HEADER, /* the header's symbol, else the stack */
	PICK_SIDE,   /* the first stack of another place that the report shows, else its own */
	PICK_SAID,   /* that a line of the report names ("last function: f"), else the stack */
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
	GROUP_BOOT,    /* a kernel starts */
	GROUP_KVM,     /* the hypervisor is KVM */
	GROUP_HOTPLUG, /* memory comes or goes */
	GROUP_DOWN,    /* the machine is told to restart or to stop */
	GROUP_CUT,     /* "cut here": the message of a WARN or BUG follows */
} SplatGroup;

/* Functions that name nothing, by what for; see skip-frames.c. */
enum {
	SKIP_REPORT = 1 << 0, /* whoever reports and traps: always skipped */
	SKIP_LIB = 1 << 4,    /* locks, allocators, lists, copies, wakeups: what everybody calls */
	SKIP_WAIT = 1 << 1,   /* the scheduler and all that waits */
	SKIP_PAGE = 1 << 2,   /* the ways of a page to the allocator and back */
	SKIP_OUTER = 1 << 3,  /* entry code, VFS, sockets, dispatchers: on the way to everything */
};

enum {
	RULE_MID = 1 << 0,    /* may stand behind other text in its line */
	RULE_FOLLOW = 1 << 1, /* goes on a splat that is open, and is one of its own if none is */
	RULE_BLOCK = 1 << 2,  /* noise that has a stack of its own behind it */
	RULE_PROOF = 1 << 3,  /* nothing, unless an oops or a stack follows */
	RULE_LIVES = 1 << 4,  /* reads like an oops, and may be no more than a WARN */
};

typedef struct {
	SplatKind kind; /* KIND_NONE for noise */
	SplatGroup group;
	SplatPick pick;
	int skip_frames; /* beside SKIP_REPORT and SKIP_LIB */
	guint flags;
	const char *pattern; /* as in match.h; begins with at least 4 literal characters */
	const char *title;   /* %F function, %1 %2 %3 captures, %A " Read" or " Write" of KASAN,
			      * %O " in FUNC" where there is one */
} SplatRule;

extern const SplatRule splat_rules[];
extern const guint splat_rules_count;

/* A complaint whose site or message says more than its header. */
typedef struct {
	SplatGroup group;
	const char *file;     /* its end, or NULL */
	const char *function; /* that the header names, its beginning, or NULL */
	const char *message;  /* words of the message before or behind the header, or NULL */
	SplatKind kind;
	int skip_frames;
	const char *title;
} SplatRefine;

extern const SplatRefine splat_refines[];
extern const guint splat_refines_count;

#endif
