/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last step of a plan: the lines sent to the agent. */
#ifndef PFNHUNT_PLAN_LINES_H
#define PFNHUNT_PLAN_LINES_H

#include "harness/scenario/plan.h"

/*
 * Fills @plan's lines and go from what is drawn already: its seeds, the ops that run, the memory
 * to plug. @modules and @boot_count as for plan_new().
 */
void plan_write_lines(Plan *plan, const Scenario *scenario, const GPtrArray *modules,
		      guint boot_count);

#endif
