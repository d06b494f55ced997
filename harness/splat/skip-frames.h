/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions say nothing of what went wrong. */
#ifndef PFNHUNT_SPLAT_SKIP_FRAMES_H
#define PFNHUNT_SPLAT_SKIP_FRAMES_H

#include "harness/splat/match.h"
#include "harness/splat/rules.h"

/* TRUE when @name (bare) is skipped by one of @classes (SKIP_...), or a reporter's. */
gboolean splat_skips_frame(SplatText name, int classes);

#endif
