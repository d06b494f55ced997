/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of a scenario that are given on the command line: `--set SECTION.KEY=VALUE` and the like. */
#ifndef PFNHUNT_SCENARIO_CHANGE_H
#define PFNHUNT_SCENARIO_CHANGE_H

#include "harness/scenario/scenario.h"

/*
 * @scenario (taken, may be NULL: NULL) as if its file said what @changes do: "SECTION.KEY=VALUE"
 * sets, "SECTION.KEY+=VALUE" appends behind a space; the section ends at the first point. NULL or
 * empty @changes hand it back as it is. The new one's text holds the changes, and so does the
 * record of a hunt. USAGE errors name the change. (transfer full)
 */
Scenario *scenario_change(Scenario *scenario, const char *const *changes, GError **error);

#endif
