/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict of a boot, from facts alone. Positive evidence only: a boot is clean because the
 * agent said its end-of-run line after counters that kept rising, never because nothing came.
 */
#ifndef PFNHUNT_VERDICT_H
#define PFNHUNT_VERDICT_H

#include "harness/verdict/impairment.h"

/* Word, exit code; also the order of badness for a whole hunt, worst first. */
/* clang-format off */
#define VERDICTS(X)                                                                                \
	X(INCIDENT, "incident", 1)   /* the kernel complained */                                   \
	X(HANG, "hang", 1)           /* the guest went quiet, or an offline never ended */         \
	X(INFRA, "infra", 3)         /* our own side failed */                                     \
	X(LOST, "lost", 3)           /* the guest died without a word */                           \
	X(EMULATOR, "emulator", 3)   /* an artefact of TCG, boot was tried again */                \
	X(UNEXPOSED, "unexposed", 4) /* nothing found, too little done to mean anything */         \
	X(KNOWN, "known", 0)         /* the guest died of a known issue */                         \
	X(CLEAN, "clean", 0)         /* ran to its end with rising counters and no complaint */
/* clang-format on */

typedef enum {
#define X(id, name, code) VERDICT_##id,
	VERDICTS(X)
#undef X
		VERDICT_COUNT
} Verdict;

const char *verdict_name(Verdict verdict);
/* The verdict of that name; INFRA for a word that is none. */
Verdict verdict_of_name(const char *word);
int verdict_exit_code(Verdict verdict);

/*
 * As what a boot counts, in rates, for its hunt and for the exit code. Before its first hotplug
 * event (@before_hunt) nothing was hunted: a guest that hung there is no more than a lost one, and
 * one that a known issue ended there shows nothing.
 */
Verdict verdict_weigh(Verdict verdict, gboolean before_hunt);
/* A hit is an unknown incident, or a hang of the hunt. @weighed: of verdict_weigh(). */
gboolean verdict_is_hit(Verdict weighed);
/* Boots that say something about the rate of hits: clean, known and those with one. */
gboolean verdict_is_exposed(Verdict weighed);
/*
 * The verdict of a hunt whose boots that count, @boots of them, weigh @worst at worst. Nothing run
 * is our own failure, and what was cut short is never clean.
 */
Verdict verdict_of_hunt(Verdict worst, guint boots, gboolean interrupted);

typedef struct {
	const char *name;
	gboolean ready;	    /* its setup succeeded */
	gboolean skipped;   /* unmet need */
	gboolean observer;  /* it does nothing that could expose anything */
	const char *reason; /* of a skip or failure, or NULL */
	guint64 steps;	    /* last count */
	gboolean rising;    /* steps grew after its first count and went on to, or it was done */
	const char *end;    /* why it ended before its time, or NULL */
} VerdictOp;

/* What became of an op: id, name in verdict.json. */
#define VERDICT_OUTCOMES(X)                                                                        \
	X(RAN, "ran")                                                                              \
	X(STOOD_STILL, "stood-still") /* its counter did not rise, or only at first */             \
	X(ENDED, "ended")	      /* before its time */                                        \
	X(NOT_STARTED, "not-started")                                                              \
	X(SKIPPED, "skipped")

typedef enum {
#define X(id, name) OUTCOME_##id,
	VERDICT_OUTCOMES(X)
#undef X
		OUTCOME_COUNT
} VerdictOutcome;

VerdictOutcome verdict_op_outcome(const VerdictOp *op);
const char *verdict_outcome_name(VerdictOutcome outcome);

typedef struct {
	const char *infra;	      /* what failed on our side, or NULL */
	guint incidents;	      /* unknown ones that are no artefact */
	const char *known;	      /* the known issue that the guest had when it died, or NULL */
	gboolean fatal;		      /* it killed what it met, whether the guest lived on or not */
	const char *emulator;	      /* the artefact of TCG that was seen, or NULL */
	gboolean console;	      /* it printed at least one byte */
	const char *quiet;	      /* it stopped answering: in which phase; or NULL */
	const char *endless;	      /* an op that never came back, or NULL */
	const char *known_hang;	      /* the known issue that either of them is, or NULL */
	gboolean done;		      /* the agent's end-of-run line arrived */
	const char *exited;	      /* QEMU ended unasked: how; or NULL */
	gboolean reset;		      /* and that because the guest reset itself */
	gboolean interrupted;	      /* by the user */
	gboolean any;		      /* what some op did counts though another one did not run */
	const Impairment *impairment; /* the worst one, or NULL */
	gboolean cut;		      /* interrupted, and it said its end-of-run line then */
	gboolean goal;		      /* there is a goal in numbers that it may have reached */
	const char *unmet;	      /* the goal that it missed, or NULL: then it is not clean */
	const VerdictOp *ops;
	guint op_count;
} VerdictFacts;

/* @reason: one clause for a person, (transfer full). */
Verdict verdict_decide(const VerdictFacts *facts, char **reason);
/*
 * Whether a boot that was interrupted did all that it should until then, with nothing wrong but that
 * it was too short: a trial that was cut off.
 */
gboolean verdict_was_cut(const VerdictFacts *facts);

#endif
