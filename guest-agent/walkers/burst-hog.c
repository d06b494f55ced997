// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does not walk itself but stretches the walks of others: a task that sleeps briefly and then keeps
 * its CPU for long. On a preemptible kernel (preempt=full) each wake-up preempts a walker with
 * sched=idle on the same CPU at some instruction and keeps it off for the whole burst, with any
 * reference it holds, while the kernel's other work on that CPU continues. It counts as a walker
 * because it changes no hotplug state.
 */
#include <time.h>

#include "guest-agent/op/env.h"

struct burst_hog {
	uint64_t gap_ns, burst_ns, spun_ns;
};

enum { SPUN_MS };
static const char *const counters[] = {"spun_ms", NULL};

static const struct op_param params[] = {
	{.name = "gap-us",
	 .type = OP_PARAM_INT,
	 .def = "300",
	 .min = 1,
	 .max = 1000000,
	 .help = "maximum of the random sleep in which a walker can get the CPU"},
	{.name = "burst-ms",
	 .type = OP_PARAM_INT,
	 .def = "500",
	 .min = 1,
	 .max = 2000,
	 .help = "maximum of the random time for which it then keeps its CPU"},
	{NULL},
};

static int setup(void *ctx, struct op_env *env)
{
	struct burst_hog *c = ctx;

	c->gap_ns = (uint64_t)op_int(env->plan, "gap-us") * 1000;
	c->burst_ns = (uint64_t)op_int(env->plan, "burst-ms") * 1000000;
	return 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct burst_hog *c = ctx;
	uint64_t gap_ns = 1 + op_random(env, c->gap_ns);
	struct timespec gap = {.tv_sec = (time_t)(gap_ns / 1000000000),
			       .tv_nsec = (long)(gap_ns % 1000000000)};
	uint64_t began_ns, until_ns;

	clock_nanosleep(CLOCK_MONOTONIC, 0, &gap, NULL);
	began_ns = op_now_ns();
	until_ns = began_ns + 1 + op_random(env, c->burst_ns);
	while (op_now_ns() < until_ns && !op_stopping(env))
		continue;
	c->spun_ns += op_now_ns() - began_ns;
	op_set(env, SPUN_MS, c->spun_ns / 1000000);
	return OP_STEP_DONE;
}

const struct op op_burst_hog = {
	.name = "burst-hog",
	.help = "hogs a CPU in bursts, to preempt a walker with sched=idle on it in mid-visit",
	.kind = OP_WALKER,
	.unseen = "it meets no page: it keeps a CPU from the walkers on it",
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct burst_hog),
	.setup = setup,
	.step = step,
};
