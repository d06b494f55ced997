/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hunt, a boot, or two hunts side by side, in words for a terminal. All (transfer full). */
#ifndef PFNHUNT_RESULTS_SHOW_H
#define PFNHUNT_RESULTS_SHOW_H

#include "harness/results/model.h"

/* What `pfnhunt results show` prints: clean text, whatever a guest put in. (transfer full) */
char *results_show_hunt(const RHunt *hunt);
/* With the last actions before its first splat. */
char *results_show_boot(const RHunt *hunt, const RBoot *boot);

#endif
