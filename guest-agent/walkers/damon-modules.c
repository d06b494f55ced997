// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DAMON_STAT and DAMON_RECLAIM, DAMON's users inside the kernel: with their defaults, or turned off
 * and on again so that they cover memory plugged since (and, for DAMON_RECLAIM, aimed at our
 * targets and made aggressive). Only one user of DAMON can run at a time. One file for both, as
 * they differ only in their parameters.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define STAT	"sys/module/damon_stat/parameters/"
#define RECLAIM "sys/module/damon_reclaim/parameters/"
#define LOOK_MS 50

enum { SHIPPED, REAIMED };
static const char *const mode_choices[] = {"shipped", "re-aimed", NULL};

struct damon_module {
	const char *enabled; /* path of the switch */
	unsigned int mode;
	struct walk_aim aim;
	pid_t pid; /* of its kdamond; -1: to be found */
	int64_t runs;
};

enum { KDAMOND_RUNS, AIMS, NO_KDAMOND };
static const char *const counters[] = {"kdamond_runs", "aims", "no_kdamond", NULL};

static int write_number(struct op_env *env, const char *path, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return op_write_file(env, path, text);
}

/* From the first to the last target page: DAMON_RECLAIM takes only one range. */
static int tune_reclaim(struct damon_module *c, struct op_env *env)
{
	static const struct {
		const char *path;
		uint64_t value;
	} eager[] = {
		{RECLAIM "min_age", 1000},	  {RECLAIM "sample_interval", 1000},
		{RECLAIM "aggr_interval", 10000}, {RECLAIM "wmarks_high", 1000},
		{RECLAIM "wmarks_mid", 1000},	  {RECLAIM "wmarks_low", 0},
	};
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct target_range *range = c->aim.range;
	int ret = write_number(env, RECLAIM "monitor_region_end",
			       range[c->aim.range_count - 1].end_pfn * page_bytes);

	if (!ret)
		ret = write_number(env, RECLAIM "monitor_region_start",
				   range[0].start_pfn * page_bytes);
	for (unsigned int i = 0; i < sizeof(eager) / sizeof(eager[0]) && !ret; i++)
		ret = write_number(env, eager[i].path, eager[i].value);
	return ret;
}

static bool is_reclaim(const struct damon_module *c)
{
	return !strcmp(c->enabled, RECLAIM "enabled");
}

static int aim(struct damon_module *c, struct op_env *env)
{
	int ret = op_write_file(env, c->enabled, "N");

	c->pid = -1;
	c->runs = 0;
	if (!ret && is_reclaim(c))
		ret = tune_reclaim(c, env);
	if (!ret)
		ret = op_write_file(env, c->enabled, "Y");
	op_count(env, AIMS, 1);
	return ret;
}

static int setup(struct damon_module *c, struct op_env *env, const char *enabled)
{
	char text[8];
	int ret = op_read_file(env, enabled, text, sizeof(text));

	c->enabled = enabled;
	c->pid = -1;
	c->mode = op_enum(env->plan, "mode");
	c->aim.what = op_enum(env->plan, "aim");
	if (ret < 0)
		return ret;
	return text[0] == 'Y' ? 0 : op_write_file(env, enabled, "Y");
}

static int setup_stat(void *ctx, struct op_env *env)
{
	return setup(ctx, env, STAT "enabled");
}

static int setup_reclaim(void *ctx, struct op_env *env)
{
	/* The two shut each other out, and this one is on from boot in some kernels. */
	if (!faccessat(env->root_fd, STAT "enabled", F_OK, 0))
		op_write_file(env, STAT "enabled", "N");
	return setup(ctx, env, RECLAIM "enabled");
}

/* A class or CPU that the plan names is meant for the thread that walks. */
static void find_kdamond(struct damon_module *c, struct op_env *env)
{
	int cpu = (int)op_int(env->plan, "cpu");

	c->pid = walk_kthread(env, "kdamond.");
	if (c->pid < 0)
		return;
	op_sched_apply(env->plan, c->pid);
	if (cpu >= 0)
		op_cpu_apply(cpu, c->pid);
}

/* The walking is done by a thread of the kernel: a step is done when that has run again. */
static int step(void *ctx, struct op_env *env)
{
	struct damon_module *c = ctx;
	int64_t runs;
	int ret;

	if (walk_aim_update(&c->aim, env) && c->mode == REAIMED && c->aim.range_count) {
		ret = aim(c, env);
		if (ret)
			return ret;
	}
	walk_sleep_ms(LOOK_MS);
	if (c->pid < 0)
		find_kdamond(c, env);
	runs = walk_thread_runs(env, c->pid);
	if (runs < 0) {
		op_count(env, NO_KDAMOND, 1);
		c->pid = -1;
		c->runs = 0;
		return OP_STEP_IDLE;
	}
	if (runs <= c->runs)
		return OP_STEP_IDLE;
	op_count(env, KDAMOND_RUNS, (uint64_t)(runs - c->runs));
	c->runs = runs;
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct damon_module *c = ctx;

	op_write_file(env, c->enabled, "N");
}

static const struct op_param params[] = {
	{.name = "mode",
	 .type = OP_PARAM_ENUM,
	 .def = "shipped",
	 .choices = mode_choices,
	 .help = "leave it as the kernel runs it, or restart it when the targets change"},
	WALK_AIM_PARAM,
	{NULL},
};

static const struct op_need needs_stat[] = {{"/" STAT "enabled", "DAMON_STAT", NULL}, {NULL}};
static const struct op_need needs_reclaim[] = {{"/" RECLAIM "enabled", "DAMON_RECLAIM", NULL},
					       {NULL}};

const struct op op_damon_stat = {
	.name = "damon-stat",
	.help = "runs the kernel's DAMON_STAT (6.17 and later); excludes other users of DAMON",
	.kind = OP_WALKER,
	.grabs = true,
	.same_as = "damon",
	.needs = needs_stat,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct damon_module),
	.setup = setup_stat,
	.step = step,
	.teardown = teardown,
};

const struct op op_damon_reclaim = {
	.name = "damon-reclaim",
	.help = "runs the kernel's DAMON_RECLAIM (6.12 and later); it sleeps while much memory is "
		"free",
	.kind = OP_WALKER,
	.grabs = true,
	.same_as = "damon",
	.needs = needs_reclaim,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct damon_module),
	.setup = setup_reclaim,
	.step = step,
	.teardown = teardown,
};
