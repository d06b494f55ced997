// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ops that do nothing, one of each kind: the control group. A boot with only these must end clean;
 * anything it reports was not caused by an op.
 */
#include <time.h>

#include "guest-agent/op/env.h"

static int null_step(void *ctx, struct op_env *env)
{
	struct timespec pause = {.tv_nsec = 1000000};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	return OP_STEP_DONE;
}

const struct op op_null_hammer = {
	.name = "null-hammer",
	.help = "does nothing, as a hammer: for control runs and tests",
	.kind = OP_HAMMER,
	.step = null_step,
};

const struct op op_null_walker = {
	.name = "null-walker",
	.help = "does nothing, as a walker: for control runs and tests",
	.kind = OP_WALKER,
	.unseen = "it meets no page",
	.step = null_step,
};
