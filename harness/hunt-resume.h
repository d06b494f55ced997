/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a hunt stood when it was killed, interrupted or done: read out of its folder. */
#ifndef PFNHUNT_HUNT_RESUME_H
#define PFNHUNT_HUNT_RESUME_H

#include "harness/hunt.h"
#include "harness/results-model.h"

typedef struct {
	guint next_index; /* of the boot to run next */
	guint retry;	  /* tries at it that lie there already */
	gint64 spent_us;  /* in boots so far; the time in between does not count */
} HuntResume;

/*
 * Fills @at, and @summary with the boots that count. The boot during which it was killed is run
 * again beside what is there. Errors: INFRA (no hunt there).
 */
gboolean hunt_resume_load(const char *dir, HuntSummary *summary, HuntResume *at, GError **error);

/* The scenario as it was run, under its own name; @hunt is its folder. (transfer full) */
Scenario *hunt_resume_scenario(const RHunt *hunt, GError **error);

/*
 * The kernel that @hunt ran, checked by its build-id: @spec (nullable) says where it is now.
 * USAGE error when it is another build. Blocks as kernel_open(). (transfer full)
 */
Kernel *hunt_resume_kernel(const RHunt *hunt, const char *spec, const char *modules_dir,
			   GError **error);

#endif
