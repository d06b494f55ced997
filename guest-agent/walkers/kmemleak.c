// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A scan of kmemleak goes through the struct pages of all zones by PFN, and reads them as if
 * they held pointers.
 */
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

struct kmemleak {
	int fd;
	uint64_t pass;
};

static const char *const counters[] = {WALK_ERRNOS, NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct kmemleak *c = ctx;

	c->fd = op_open(env, "sys/kernel/debug/kmemleak", O_WRONLY);
	return c->fd < 0 ? c->fd : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct kmemleak *c = ctx;
	int err;

	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	err = walk_write(c->fd, "scan");
	op_record(env, REC_PASS_END, c->pass++, -err);
	walk_count_errno(env, 0, err);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct kmemleak *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_need needs[] = {{"/sys/kernel/debug/kmemleak", "DEBUG_KMEMLEAK", NULL},
				       {NULL}};

const struct op op_kmemleak = {
	.name = "kmemleak",
	.help = "scans for leaked memory, struct pages included (debug kernels)",
	.kind = OP_WALKER,
	.needs = needs,
	.counters = counters,
	.ctx_size = sizeof(struct kmemleak),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
