// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kmemleak scan walks the struct pages of all zones by PFN and reads them as if they held
 * pointers. Memory hotplug waits meanwhile, so it can race only with the state of the pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define FILE_NAME "sys/kernel/debug/kmemleak"

struct kmemleak {
	int fd;
	uint64_t pass;
};

static const char *const counters[] = {OP_ERRNOS, NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct kmemleak *c = ctx;

	/* The file is there even where nothing is recorded; then it takes no command. */
	int ret = op_write_file(env, FILE_NAME, "stack=on");

	if (ret == -EPERM)
		return op_fail(env, EOPNOTSUPP, "kmemleak is off; needs kmemleak=on");
	if (ret)
		return ret;
	c->fd = op_open(env, FILE_NAME, O_WRONLY);
	return c->fd < 0 ? c->fd : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct kmemleak *c = ctx;
	int err;

	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	err = op_write(c->fd, "scan");
	op_record(env, REC_PASS_END, c->pass++, -err);
	op_count_errno(env, 0, err);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct kmemleak *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_need needs[] = {{"/" FILE_NAME, "DEBUG_KMEMLEAK", NULL}, {NULL}};

static const char *const frames[] = {"kmemleak_scan", NULL};
static const struct op_visit visits[] = {
	{"pfn_to_online_page", PROBE_HOW_PFN, 0, "pfn", .shared = true}, {NULL}};

const struct op op_kmemleak = {
	.name = "kmemleak",
	.help = "scans for memory leaks, including struct pages; hotplug waits meanwhile (debug "
		"kernels)",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.counters = counters,
	.ctx_size = sizeof(struct kmemleak),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
