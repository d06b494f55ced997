/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `stop = bound:1%`: boots until a hit, or until so many exposed boots without one that the chance
 * of a hit per boot is below the bound at 95 % confidence.
 *
 * Looking after every boot needs no correction here, and this is why: what a look can decide is
 * only to stop at a hit. Without one the number of boots was settled before the first of them,
 * n = ceil(ln 0.05 / ln(1 - bound)), and "0 of n" is then as likely as with a fixed n: a rate of
 * the bound or more passes n boots without a hit in less than 5 % of hunts. With a hit the number
 * of boots was not settled, so the interval is that of a geometric count (stats_first_hit()), not
 * that of "1 of k". Boots that were not exposed are no trials and are run in addition; one that
 * hits counts however little it was exposed, which errs to the safe side.
 */
#ifndef PFNHUNT_STOP_RULE_H
#define PFNHUNT_STOP_RULE_H

#include "harness/verdict/verdict.h"

/* This many boots in a row that mean nothing: more of them will not either. */
#define STOP_RULE_PATIENCE 5

typedef struct {
	double bound;	 /* 0: no rule, boots go on */
	guint64 need;	 /* exposed boots without a hit */
	guint64 exposed; /* so far, without a hit */
	guint hits;	 /* boots with one */
	guint idle;	 /* boots in a row that were no whole trials: unexposed, known, ... */
} StopRule;

/* @bound: a share, or 0 for no rule. */
StopRule stop_rule_new(double bound);
/* A boot that counts is over. @weighed: of verdict_weigh(). */
void stop_rule_boot(StopRule *rule, Verdict weighed);
/* Whether another boot may begin beside the @running ones, which may all be clean. */
gboolean stop_rule_wants(const StopRule *rule, guint running);
/* Whether the bound holds. FALSE without a rule. */
gboolean stop_rule_holds(const StopRule *rule);
/* "287 boots without a hit to go", or why it is over; NULL without a rule. (transfer full) */
char *stop_rule_text(const StopRule *rule);
/*
 * The verdict of a hunt whose worst boot has @worst: with a rule, clean when the bound holds though
 * boots were unexposed, and unexposed when it was ended before the bound held.
 */
Verdict stop_rule_verdict(const StopRule *rule, Verdict worst);

#endif
