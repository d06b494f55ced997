// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DAMON on the physical address space. Its kernel thread takes a reference on every page that
 * it samples before it looks at what the page is, and it can be aimed at single pages: at the
 * fake-offline pages of the hammered blocks it is the quickest way to meet an offline.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest-agent/op-env.h"

#define ADMIN	    "sys/kernel/mm/damon/admin/kdamonds/"
#define CONTEXT	    ADMIN "%u/contexts/0/"
#define DAMON_STAT  "sys/module/damon_stat/parameters/enabled"
#define LOOK_NS	    50000000L
#define MIN_REGIONS 3 /* the kernel's */

enum { AIM_FAKE_OFFLINE, AIM_ALL };
static const char *const aim_choices[] = {"fake-offline", "all", NULL};

enum { KDAMOND_MS, AIMS, RANGES, PAGES };
static const char *const counters[] = {"kdamond_ms", "aims", "ranges", "pages", NULL};

struct damon {
	unsigned int kdamonds, aim;
	struct targets targets;
	bool on;
	size_t range_count; /* what it is aimed at now */
	struct target_range range[TARGETS_RANGES_MAX];
	struct target_range wanted[TARGETS_RANGES_MAX];
	uint64_t cpu_ms;
};

/* Writes a number to a file whose name is made of @format. */
static int put(struct op_env *env, uint64_t value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int put(struct op_env *env, uint64_t value, const char *format, ...)
{
	char path[160], text[24];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return op_write_file(env, path, text);
}

static int put_state(struct op_env *env, unsigned int k, const char *state)
{
	char path[96];

	snprintf(path, sizeof(path), ADMIN "%u/state", k);
	return op_write_file(env, path, state);
}

/* The kernel thread of kdamond @k, or -1. */
static pid_t kdamond_pid(struct op_env *env, unsigned int k)
{
	char path[96], text[24];

	snprintf(path, sizeof(path), ADMIN "%u/pid", k);
	return op_read_file(env, path, text, sizeof(text)) > 0 ? (pid_t)atoi(text) : -1;
}

static void stop_all(struct damon *c, struct op_env *env)
{
	for (unsigned int k = 0; k < c->kdamonds && c->on; k++)
		put_state(env, k, "off");
	c->on = false;
}

static size_t wanted_ranges(struct damon *c)
{
	const struct targets *t = &c->targets;
	size_t count = 0;

	if (c->aim == AIM_FAKE_OFFLINE) {
		memcpy(c->wanted, t->range, t->range_count * sizeof(t->range[0]));
		return t->range_count;
	}
	for (size_t i = 0; i < t->block_count; i++) {
		uint64_t start = t->block[i].number * t->block_pages;

		if (count && c->wanted[count - 1].end_pfn == start)
			c->wanted[count - 1].end_pfn += t->block_pages;
		else if (count < TARGETS_RANGES_MAX)
			c->wanted[count++] = (struct target_range){start, start + t->block_pages};
	}
	return count;
}

/* Points kdamond @k at the ranges, with one region a page as far as `regions` goes. */
static int aim_one(struct damon *c, struct op_env *env, unsigned int k, uint64_t pages)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t regions = (uint64_t)op_int(env->plan, "regions");
	int ret;

	regions = regions < pages ? regions : pages;
	regions = regions < MIN_REGIONS ? MIN_REGIONS : regions;
	ret = put(env, regions, CONTEXT "monitoring_attrs/nr_regions/max", k);
	if (!ret)
		ret = put(env, regions, CONTEXT "monitoring_attrs/nr_regions/min", k);
	if (!ret)
		ret = put(env, c->range_count, CONTEXT "targets/0/regions/nr_regions", k);
	for (size_t i = 0; i < c->range_count && !ret; i++) {
		ret = put(env, c->range[i].start_pfn * page_bytes,
			  CONTEXT "targets/0/regions/%zu/start", k, i);
		if (!ret)
			ret = put(env, c->range[i].end_pfn * page_bytes,
				  CONTEXT "targets/0/regions/%zu/end", k, i);
	}
	return ret ? ret : put_state(env, k, "on");
}

static int aim(struct damon *c, struct op_env *env)
{
	uint64_t pages = 0;
	int ret = 0;

	stop_all(c, env);
	for (size_t i = 0; i < c->range_count; i++)
		pages += c->range[i].end_pfn - c->range[i].start_pfn;
	op_set(env, RANGES, c->range_count);
	op_set(env, PAGES, pages);
	if (!pages)
		return 0;
	c->on = true;
	for (unsigned int k = 0; k < c->kdamonds && !ret; k++)
		ret = aim_one(c, env, k, pages);
	for (unsigned int k = 0; k < c->kdamonds && !ret; k++) {
		pid_t pid = kdamond_pid(env, k);

		if (pid <= 0)
			return op_fail(env, EIO, "kdamond %u did not start", k);
		op_sched_apply(env->plan, pid);
		/* Several of them are meant to run at once. */
		if (c->kdamonds == 1)
			op_cpu_apply(env->cpu, pid);
	}
	op_count(env, AIMS, 1);
	return ret;
}

static int setup(void *ctx, struct op_env *env)
{
	struct damon *c = ctx;
	int ret;

	c->kdamonds = (unsigned int)op_int(env->plan, "kdamonds");
	c->aim = op_enum(env->plan, "aim");
	/* DAMON_STAT runs from boot in some kernels, and only one of the two may. */
	if (!faccessat(env->root_fd, DAMON_STAT, F_OK, 0))
		op_write_file(env, DAMON_STAT, "N");
	ret = put(env, c->kdamonds, ADMIN "nr_kdamonds");
	for (unsigned int k = 0; k < c->kdamonds && !ret; k++) {
		char path[96];

		ret = put(env, 1, ADMIN "%u/contexts/nr_contexts", k);
		snprintf(path, sizeof(path), CONTEXT "operations", k);
		if (!ret)
			ret = op_write_file(env, path, "paddr");
		if (!ret)
			ret = put(env, (uint64_t)op_int(env->plan, "sample-us"),
				  CONTEXT "monitoring_attrs/intervals/sample_us", k);
		if (!ret)
			ret = put(env, (uint64_t)op_int(env->plan, "aggr-us"),
				  CONTEXT "monitoring_attrs/intervals/aggr_us", k);
		if (!ret)
			ret = put(env, 1, CONTEXT "targets/nr_targets", k);
	}
	return ret;
}

/* CPU time of all kdamonds in ms, or 0 when one of them is no more. */
static uint64_t kdamond_ms(struct damon *c, struct op_env *env)
{
	uint64_t ticks = 0;

	for (unsigned int k = 0; k < c->kdamonds; k++) {
		unsigned long long user = 0, system = 0;
		char path[32], text[512];
		pid_t pid = kdamond_pid(env, k);

		snprintf(path, sizeof(path), "proc/%d/stat", (int)pid);
		if (pid <= 0 || op_read_file(env, path, text, sizeof(text)) <= 0 ||
		    sscanf(text,
			   "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
			   &user, &system) != 2)
			return 0;
		ticks += user + system;
	}
	return ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* The walking is done by the kernel's threads; a step sees to it that they do, and where. */
static int step(void *ctx, struct op_env *env)
{
	struct timespec pause = {.tv_nsec = LOOK_NS};
	struct damon *c = ctx;
	uint64_t ms;

	if (targets_read(env->targets, &c->targets)) {
		size_t count = wanted_ranges(c);

		if (count != c->range_count ||
		    memcmp(c->wanted, c->range, count * sizeof(c->range[0]))) {
			int ret;

			c->range_count = count;
			memcpy(c->range, c->wanted, count * sizeof(c->range[0]));
			ret = aim(c, env);
			if (ret)
				return ret;
			c->cpu_ms = 0;
		}
	}
	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	if (!c->on)
		return OP_STEP_IDLE;
	ms = kdamond_ms(c, env);
	if (ms <= c->cpu_ms)
		return OP_STEP_IDLE;
	op_count(env, KDAMOND_MS, ms - c->cpu_ms);
	c->cpu_ms = ms;
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	stop_all(ctx, env);
}

static const struct op_param params[] = {
	{.name = "aim",
	 .type = OP_PARAM_ENUM,
	 .def = "fake-offline",
	 .choices = aim_choices,
	 .help = "the fake-offline pages of the hammered blocks, or all of the devices' blocks"},
	{.name = "kdamonds",
	 .type = OP_PARAM_INT,
	 .def = "1",
	 .min = 1,
	 .max = 64,
	 .help = "kernel threads that walk"},
	{.name = "regions",
	 .type = OP_PARAM_INT,
	 .def = "10000",
	 .min = MIN_REGIONS,
	 .max = 1000000,
	 .help = "at most so many regions, at best one a page"},
	{.name = "sample-us",
	 .type = OP_PARAM_INT,
	 .def = "1",
	 .min = 1,
	 .max = 60000000,
	 .help = "between two samples of every region"},
	{.name = "aggr-us",
	 .type = OP_PARAM_INT,
	 .def = "1000",
	 .min = 1,
	 .max = 60000000,
	 .help = "between two aggregations; not less than sample-us"},
	{NULL},
};

static const struct op_need needs[] = {
	{"/sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds", "DAMON_SYSFS", NULL}, {NULL}};

const struct op op_damon = {
	.name = "damon",
	.help = "DAMON of physical memory, aimed at fake-offline pages (6.12 and later)",
	.kind = OP_WALKER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct damon),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
