// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DAMON on the physical address space. Its kernel thread takes a reference on every page that it
 * samples before it looks at what the page is, and it can be aimed at single pages: aimed at the
 * fake-offline pages of the hammered blocks, it is the quickest way to hit an offline.
 */
#include <errno.h>
#include <unistd.h>

#include "guest-agent/walkers/damon-sysfs.h"
#include "guest-agent/walkers/walk.h"

#define LOOK_MS 50

enum { SAMPLE, LRU_DEPRIO };
static const char *const mode_choices[] = {"sample", "lru-deprio", NULL};

enum { KDAMOND_MS, AIMS, RANGES, PAGES };
static const char *const counters[] = {"kdamond_ms", "aims", "ranges", "pages", NULL};

struct damon {
	unsigned int kdamonds, mode;
	struct walk_aim aim;
	bool on;
	int64_t cpu_ms;
};

static void stop_all(struct damon *c, struct op_env *env)
{
	for (unsigned int k = 0; k < c->kdamonds && c->on; k++)
		damon_sysfs_state(env, k, "off");
	c->on = false;
}

static int aim_one(struct damon *c, struct op_env *env, unsigned int k, uint64_t regions)
{
	int ret = damon_sysfs_aim(env, k, c->aim.range, c->aim.range_count, regions);
	pid_t pid;

	if (!ret)
		ret = damon_sysfs_state(env, k, "on");
	if (ret)
		return ret;
	pid = damon_sysfs_pid(env, k);
	if (pid <= 0)
		return op_fail(env, EIO, "kdamond %u did not start", k);
	op_sched_apply(env->plan, pid);
	/* Several of them are meant to run at once. */
	if (c->kdamonds == 1)
		op_cpu_apply(env->cpu, pid);
	return 0;
}

static int aim(struct damon *c, struct op_env *env)
{
	uint64_t regions = (uint64_t)op_int(env->plan, "regions"), pages = c->aim.pages;
	int ret = 0;

	stop_all(c, env);
	c->cpu_ms = 0;
	op_set(env, RANGES, c->aim.range_count);
	op_set(env, PAGES, pages);
	if (!pages)
		return 0;
	regions = regions < pages ? regions : pages;
	/* A scheme goes through every page of a region: few of them waste the least time. */
	if (c->mode == LRU_DEPRIO || regions < DAMON_SYSFS_MIN_REGIONS)
		regions = DAMON_SYSFS_MIN_REGIONS;
	c->on = true;
	for (unsigned int k = 0; k < c->kdamonds && !ret; k++)
		ret = aim_one(c, env, k, regions);
	op_count(env, AIMS, 1);
	return ret;
}

static int setup(void *ctx, struct op_env *env)
{
	struct damon *c = ctx;

	int ret;

	c->kdamonds = (unsigned int)op_int(env->plan, "kdamonds");
	c->mode = op_enum(env->plan, "mode");
	c->aim.what = op_enum(env->plan, "aim");
	ret = damon_sysfs_create(env, c->kdamonds, (uint64_t)op_int(env->plan, "sample-us"),
				 (uint64_t)op_int(env->plan, "aggr-us"));
	for (unsigned int k = 0; k < c->kdamonds && c->mode == LRU_DEPRIO && !ret; k++)
		ret = damon_sysfs_scheme(env, k, "lru_deprio");
	return ret;
}

/* CPU time of all kdamonds in ms, or -errno when one of them is no more. */
static int64_t cpu_ms(struct damon *c, struct op_env *env)
{
	int64_t sum = 0;

	for (unsigned int k = 0; k < c->kdamonds; k++) {
		int64_t ms = damon_sysfs_cpu_ms(env, k);

		if (ms < 0)
			return op_fail(env, ESRCH, "kdamond %u has exited", k);
		sum += ms;
	}
	return sum;
}

/* The walking is done by the kernel's threads; a step sees to it that they do, and where. */
static int step(void *ctx, struct op_env *env)
{
	struct damon *c = ctx;
	int64_t ms;

	if (walk_aim_update(&c->aim, env)) {
		int ret = aim(c, env);

		if (ret)
			return ret;
	}
	walk_sleep_ms(LOOK_MS);
	if (!c->on)
		return OP_STEP_IDLE;
	ms = cpu_ms(c, env);
	if (ms < 0)
		return (int)ms;
	if (ms <= c->cpu_ms)
		return OP_STEP_IDLE;
	op_count(env, KDAMOND_MS, (uint64_t)(ms - c->cpu_ms));
	c->cpu_ms = ms;
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	stop_all(ctx, env);
}

static const struct op_param params[] = {
	WALK_AIM_PARAM,
	{.name = "mode",
	 .type = OP_PARAM_ENUM,
	 .def = "sample",
	 .choices = mode_choices,
	 .help = "sample pages of regions, or visit every page through a scheme that matches all "
		 "of them"},
	{.name = "kdamonds",
	 .type = OP_PARAM_INT,
	 .def = "1",
	 .min = 1,
	 .max = 64,
	 .help = "number of kdamond threads"},
	{.name = "regions",
	 .type = OP_PARAM_INT,
	 .def = "500",
	 .min = DAMON_SYSFS_MIN_REGIONS,
	 .max = 1000000,
	 .help = "maximum number of regions: older kernels do not preempt a pass over them"},
	{.name = "sample-us",
	 .type = OP_PARAM_INT,
	 .def = "1",
	 .min = 1,
	 .max = 60000000,
	 .help = "time between two samples of a region"},
	{.name = "aggr-us",
	 .type = OP_PARAM_INT,
	 .def = "100",
	 .min = 1,
	 .max = 60000000,
	 .help = "time between two aggregations; at least sample-us"},
	{NULL},
};

static const struct op_need needs[] = {
	{"/sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds", "DAMON_SYSFS", NULL}, {NULL}};

static const char *const frames[] = {"damon_", "kdamond_", NULL};
static const struct op_visit visits[] = {{"damon_get_folio", PROBE_HOW_PFN, 0, "pfn"}, {NULL}};
static const char *const threads[] = {"kdamond", NULL};

const struct op op_damon = {
	.name = "damon",
	.help = "runs DAMON on physical memory, aimed at fake-offline pages",
	.kind = OP_WALKER,
	.grabs = true,
	.frames = frames,
	.visits = visits,
	.threads = threads,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct damon),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
