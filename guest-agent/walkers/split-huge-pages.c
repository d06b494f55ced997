// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The debugfs file that splits every huge page. On its way it takes a reference on each page of
 * each online block, including fake-offline pages, before it looks at what the page is.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

struct split {
	int fd;
	uint64_t pass;
};

enum { FAILED };
static const char *const counters[] = {"failed", NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct split *c = ctx;

	c->fd = op_open(env, "sys/kernel/debug/split_huge_pages", O_WRONLY);
	return c->fd < 0 ? c->fd : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct split *c = ctx;
	int err;

	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	err = write(c->fd, "1", 1) < 0 ? errno : 0;
	op_record(env, REC_PASS_END, c->pass++, -err);
	if (err)
		op_count(env, FAILED, 1);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct split *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_need needs[] = {
	{"/sys/kernel/debug/split_huge_pages", "TRANSPARENT_HUGEPAGE", NULL}, {NULL}};

static const char *const frames[] = {"split_huge_pages_", NULL};
static const struct op_visit visits[] = {
	{"pfn_to_online_page", PROBE_HOW_PFN, 0, "pfn", .shared = true}, {NULL}};

const struct op op_split_huge_pages = {
	.name = "split-huge-pages",
	.help = "splits all huge pages through debugfs, taking a reference on every page it passes",
	.kind = OP_WALKER,
	.grabs = true,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.counters = counters,
	.ctx_size = sizeof(struct split),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
