/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule a message announces a splat by, and whether the kernel or somebody else says it. */
#ifndef PFNHUNT_SPLAT_ANNOUNCE_H
#define PFNHUNT_SPLAT_ANNOUNCE_H

#include "harness/splat/line.h"
#include "harness/splat/rules.h"

/*
 * The rule that @line announces a splat by, with what it says in @match; or NULL. @offset, which
 * may be NULL: where in the line the rule begins. Noise silences the whole line.
 */
const SplatRule *splat_announced(const SplatLine *line, SplatMatch *match, gsize *offset);

#endif
