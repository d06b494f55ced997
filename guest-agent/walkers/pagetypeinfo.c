// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/pagetypeinfo: for its summary the kernel reads one struct page of every pageblock of every
 * zone, by PFN.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define READS_MAX 64 /* of one pass */

struct pagetypeinfo {
	int fd;
	uint64_t pass;
};

enum { BYTES, FAILED };
static const char *const counters[] = {"bytes", "failed", NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct pagetypeinfo *c = ctx;

	c->fd = op_open(env, "proc/pagetypeinfo", O_RDONLY);
	return c->fd < 0 ? c->fd : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct pagetypeinfo *c = ctx;
	char buf[4096];
	off_t at = 0;
	ssize_t len = 1;

	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	for (int i = 0; i < READS_MAX && len > 0; i++) {
		len = pread(c->fd, buf, sizeof(buf), at);
		if (len > 0)
			at += len;
	}
	op_record(env, REC_PASS_END, c->pass++, len < 0 ? -errno : 0);
	op_count(env, BYTES, (uint64_t)at);
	if (len < 0)
		op_count(env, FAILED, 1);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct pagetypeinfo *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_need needs[] = {{"/proc/pagetypeinfo", "PROC_PAGE_MONITOR", NULL}, {NULL}};

static const char *const frames[] = {"pagetypeinfo_", NULL};
static const struct op_visit visits[] = {
	{"pfn_to_online_page", PROBE_HOW_PFN, 0, "pfn", .shared = true}, {NULL}};

const struct op op_pagetypeinfo = {
	.name = "pagetypeinfo",
	.help = "reads /proc/pagetypeinfo, which looks at one page of each pageblock",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.counters = counters,
	.ctx_size = sizeof(struct pagetypeinfo),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
