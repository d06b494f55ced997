/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenarios that parse but cannot work: better reported before a boot than by its result. */
#ifndef PFNHUNT_HOPELESS_H
#define PFNHUNT_HOPELESS_H

#include "harness/scenario/scenario.h"

/*
 * The name of an op that waits for partly plugged blocks where there can be none, because every
 * device plugs whole memory blocks; NULL: there is no such op. The scenario's.
 */
const char *scenario_never_partly(const Scenario *scenario);

/*
 * Bytes of the guest's memory that its kernel and the agent have for themselves when the balloon
 * and the struct pages of all hot-plugged memory have taken theirs.
 */
guint64 scenario_memory_left(const Scenario *scenario);

#endif
