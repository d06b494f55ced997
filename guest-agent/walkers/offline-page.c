// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Soft and hard offlining of single pages through sysfs: the kernel looks up the page, waits for a
 * mutex, and then uses it. One file for both, as only their names differ.
 *
 * From 6.12 on, a block with poisoned pages does not come online again (EHWPOISON) until it is
 * removed: a hammer on the same blocks soon has nothing left to hammer. Hard offlining marks even
 * fake-offline pages, although it then refuses them.
 */
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define DIR	       "sys/devices/system/memory/"
#define PAGES_PER_STEP 16

struct offline_page {
	int fd;
	uint64_t page_bytes;
	struct walk_aim aim;
};

static const char *const counters[] = {OP_ERRNOS, "pages", NULL};

static int setup(struct offline_page *c, struct op_env *env, const char *path)
{
	c->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	c->aim.what = op_enum(env->plan, "aim");
	c->fd = op_open(env, path, O_WRONLY);
	return c->fd < 0 ? c->fd : 0;
}

static int setup_soft(void *ctx, struct op_env *env)
{
	return setup(ctx, env, DIR "soft_offline_page");
}

static int setup_hard(void *ctx, struct op_env *env)
{
	return setup(ctx, env, DIR "hard_offline_page");
}

static int step(void *ctx, struct op_env *env)
{
	struct offline_page *c = ctx;
	uint64_t pfn;

	walk_aim_update(&c->aim, env);
	for (int i = 0; i < PAGES_PER_STEP && !op_stopping(env); i++) {
		int err;

		if (!walk_aim_random(&c->aim, env, &pfn))
			return OP_STEP_IDLE;
		op_record(env, REC_PASS_BEGIN, pfn, 0);
		err = walk_write_number(c->fd, pfn * c->page_bytes);
		op_record(env, REC_PASS_END, pfn, -err);
		op_count_errno(env, 0, err);
		op_count(env, OP_ERRNO_COUNT, 1);
	}
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct offline_page *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_param params[] = {WALK_AIM_PARAM, {NULL}};

static const struct op_need needs_soft[] = {{"/" DIR "soft_offline_page", "MEMORY_FAILURE", NULL},
					    {NULL}};
static const struct op_need needs_hard[] = {{"/" DIR "hard_offline_page", "MEMORY_FAILURE", NULL},
					    {NULL}};

static const char *const frames_soft[] = {"soft_offline_page", NULL};
static const struct op_visit visits_soft[] = {{"soft_offline_page", PROBE_HOW_PFN, 0, "pfn"},
					      {NULL}};

const struct op op_soft_offline = {
	.name = "soft-offline",
	.help = "soft-offlines pages; from 6.12 on, a block with such pages stays offline",
	.kind = OP_WALKER,
	.frames = frames_soft,
	.visits = visits_soft,
	.needs = needs_soft,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct offline_page),
	.setup = setup_soft,
	.step = step,
	.teardown = teardown,
};

static const char *const frames_hard[] = {"hard_offline_page", NULL};
static const struct op_visit visits_hard[] = {{"memory_failure", PROBE_HOW_PFN, 0, "pfn"}, {NULL}};

const struct op op_hard_offline = {
	.name = "hard-offline",
	.help = "hard-offlines (poisons) pages; from 6.12 on, a block with such pages stays "
		"offline",
	.kind = OP_WALKER,
	.frames = frames_hard,
	.visits = visits_hard,
	.needs = needs_hard,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct offline_page),
	.setup = setup_hard,
	.step = step,
	.teardown = teardown,
};
