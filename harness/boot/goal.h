/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a scenario's [goal] asks of each boot before it may be called clean. The boot is the unit
 * of all statistics, so it is the unit of goals too: one that misses them says nothing about the
 * rate of hits, and does not count as a trial.
 */
#ifndef PFNHUNT_GOAL_H
#define PFNHUNT_GOAL_H

#include "harness/verdict/exposure.h"
#include "harness/scenario/scenario.h"
#include "harness/verdict/verdict.h"

/*
 * The first goal that was missed, in words, or NULL. @rounds: complete ones of its
 * choreography. @ops and @drawn: one for each op of
 * @scenario; not drawn: this boot was not to run it. (transfer full)
 */
char *goal_unmet(const Scenario *scenario, const Exposure *exposure, guint64 offlines,
		 guint64 rounds, const VerdictOp *ops, const gboolean *drawn);

/* Whether @scenario has any goal in numbers. */
gboolean goal_is_set(const Scenario *scenario);

#endif
