/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a hunt stood when it was killed, interrupted or done: read out of its folder. */
#ifndef PFNHUNT_HUNT_RESUME_H
#define PFNHUNT_HUNT_RESUME_H

#include "harness/hunt/queue.h"
#include "harness/hunt/hunt.h"
#include "harness/results/model.h"

/*
 * Fills @summary with the boots that count and tells @queue (nullable) of them, and of those that
 * are to be run again: boots that a kill or Ctrl-C cut off lie among those that came to their
 * end. Adds to *@spent_us how long boots ran so far; the time in between does not count. Errors:
 * INFRA (no hunt there).
 */
gboolean hunt_resume_load(const char *dir, HuntSummary *summary, HuntQueue *queue, gint64 *spent_us,
			  GError **error);

/* The scenario as it was run, under its own name; @hunt is its folder. (transfer full) */
Scenario *hunt_resume_scenario(const RHunt *hunt, GError **error);

/*
 * The kernel that @hunt ran, checked by its build-id: @spec (nullable) says where it is now.
 * USAGE error when it is another build. Blocks as kernel_open(). (transfer full)
 */
Kernel *hunt_resume_kernel(const RHunt *hunt, const char *spec, const char *modules_dir,
			   GError **error);

/* Whether @kernel gives @scenario the modules that @hunt ran with; else a USAGE error. */
gboolean hunt_resume_modules(const RHunt *hunt, const Scenario *scenario, const Kernel *kernel,
			     GError **error);

#endif
