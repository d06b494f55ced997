// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Full compaction of all zones, or of one node: its scanners walk the memory map by PFN up to the
 * zone end that they read at the start.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

struct compaction {
	int fd;
	uint64_t pass;
};

enum { FAILED };
static const char *const counters[] = {"failed", NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct compaction *c = ctx;
	int64_t node = op_int(env->plan, "node");
	char path[80] = "proc/sys/vm/compact_memory";

	if (node >= 0)
		snprintf(path, sizeof(path), "sys/devices/system/node/node%lld/compact",
			 (long long)node);
	c->fd = op_open(env, path, O_WRONLY);
	return c->fd < 0 ? c->fd : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct compaction *c = ctx;
	int err;

	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	err = pwrite(c->fd, "1", 1, 0) < 0 ? errno : 0;
	op_record(env, REC_PASS_END, c->pass++, -err);
	if (err)
		op_count(env, FAILED, 1);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct compaction *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_param params[] = {
	{.name = "node",
	 .type = OP_PARAM_INT,
	 .def = "-1",
	 .min = -1,
	 .max = 1023,
	 .help = "NUMA node to compact; -1: all"},
	{NULL},
};

static const struct op_need needs[] = {{"/proc/sys/vm/compact_memory", "COMPACTION", NULL}, {NULL}};

static const char *const frames[] = {"compact_zone", NULL};
static const struct op_visit visits[] = {
	{"isolate_migratepages_block", PROBE_HOW_PFNS, 1, "low_pfn"},
	{"isolate_freepages_block", PROBE_HOW_PFN_AT, 1, "start_pfn"},
	{NULL}};
static const char *const threads[] = {"kcompactd", NULL};

const struct op op_compaction = {
	.name = "compaction",
	.help = "compacts memory: both scanners walk the zone by PFN",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.threads = threads,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct compaction),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
