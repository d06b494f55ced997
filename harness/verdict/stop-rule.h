/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `stop = bound:1%`: boots until a hit, or until so much hammering without one that the chance of a
 * hit per whole boot is below the bound at 95 % confidence: E >= ln 20 / L, where E is the time that
 * was hammered and L = -ln(1 - bound) / duration. In whole boots that is n = ln 0.05 / ln(1 - bound)
 * of them, rounded up, and nothing is taken for granted about when within a boot hits come. A boot
 * that something else cut off (a known issue, the user, the emulator, its own silent death) counts by
 * the time that it hammered, and that takes it that each second is as good as another: a constant
 * hazard.
 *
 * Looking after every boot needs no correction here, and this is why: what a look can decide is
 * only to stop at a hit. Without one the amount of hammering was settled before the first boot, and
 * "no hit in E" is then as likely as with a fixed E: a rate of the bound or more passes without a
 * hit in less than 5 % of hunts. With a hit the number of boots was not settled, so the interval is
 * that of a geometric count (stats_first_hit()), not that of "1 of k". Boots that were not exposed
 * are no trials and are run in addition; one that hits counts however little it was exposed, which
 * errs to the safe side.
 */
#ifndef PFNHUNT_STOP_RULE_H
#define PFNHUNT_STOP_RULE_H

#include "harness/verdict/trial.h"

/* This many boots in a row that mean nothing: more of them will not either. */
#define STOP_RULE_PATIENCE 5
/* One that was cut off before this share of a whole boot means nothing here. */
#define STOP_RULE_LEAST 0.1

typedef struct {
	double bound;	/* 0: no rule, boots go on */
	double whole_s; /* how long a whole boot hammers; 0: unknown */
	double need;	/* whole boots' hammering without a hit */
	double done;	/* of that, so far */
	guint hits;	/* boots with one */
	guint cut;	/* boots that were cut off and count by their time */
	guint idle;	/* boots in a row that were next to nothing: unexposed, ... */
} StopRule;

/* @bound: a share, or 0 for no rule. @whole_s: how long a whole boot hammers. */
StopRule stop_rule_new(double bound, double whole_s);
/* A boot is over. Of one that is tried again what it hammered until then counts as well. */
void stop_rule_boot(StopRule *rule, const Trial *trial, gboolean tried_again);
/* How many whole boots without a hit are still to go. */
guint64 stop_rule_left(const StopRule *rule);
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
