/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges a recorded hunt by other known issues than those it was run with. */
#ifndef PFNHUNT_RESULTS_REJUDGE_H
#define PFNHUNT_RESULTS_REJUDGE_H

#include "harness/incident/known.h"
#include "harness/results/model.h"

/*
 * Each incident of @hunt, which has its boots, is known if @known says so of its signature and the
 * boot's kernel, and unknown otherwise. Boots that ended in an incident, a hang, a known issue or
 * clean get the verdict that follows, and so does the hunt. What is on disk stays as it is.
 */
void results_rejudge(RHunt *hunt, const TriageKnown *known);

#endif
