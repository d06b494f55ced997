// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Poisons a page through debugfs and unpoisons it. On 6.1 unpoison frees a fake-offline page
 * outright, without a race: its reference count is one, and two are dropped. Later kernels refuse,
 * but then the page stays poisoned, and its block does not come online again.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define DIR "sys/kernel/debug/hwpoison/"

enum { BOTH, INJECT, UNPOISON };
static const char *const mode_choices[] = {"both", "inject", "unpoison", NULL};

struct hwpoison {
	int inject, unpoison;
	unsigned int mode;
	uint64_t pages_left; /* to be poisoned, of the parameter pages; 0: no bound */
	bool bounded;
	struct walk_aim aim;
};

enum { INJECTED, INJECT_FAILED, INJECT_OFFLINE, UNPOISON_OK };
static const char *const counters[] = {"injected", "inject_failed", "inject_offline", OP_ERRNOS,
				       NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct hwpoison *c = ctx;

	c->unpoison = -1;
	c->mode = op_enum(env->plan, "mode");
	c->aim.what = op_enum(env->plan, "aim");
	c->pages_left = (uint64_t)op_int(env->plan, "pages");
	c->bounded = c->pages_left > 0;
	c->inject = op_open(env, DIR "corrupt-pfn", O_WRONLY);
	if (c->inject < 0)
		return c->inject;
	c->unpoison = op_open(env, DIR "unpoison-pfn", O_WRONLY);
	return c->unpoison < 0 ? c->unpoison : 0;
}

static int inject(struct hwpoison *c, struct op_env *env, uint64_t pfn)
{
	int err = walk_write_number(c->inject, pfn);

	/* EBUSY of a page that it cannot handle: that is marked all the same. */
	op_count(env, !err ? INJECTED : err == ENXIO ? INJECT_OFFLINE : INJECT_FAILED, 1);
	return err;
}

static int step(void *ctx, struct op_env *env)
{
	struct hwpoison *c = ctx;
	uint64_t pfn;
	int err = 0;

	if (c->bounded && !c->pages_left)
		return OP_STEP_END;
	walk_aim_update(&c->aim, env);
	if (!walk_aim_random(&c->aim, env, &pfn))
		return OP_STEP_IDLE;
	op_record(env, REC_PASS_BEGIN, pfn, 0);
	if (c->mode != UNPOISON)
		err = inject(c, env, pfn);
	/* While the block is offline nothing was marked, and there is nothing to take back. */
	if (err != ENXIO) {
		c->pages_left--;
		if (c->mode != INJECT) {
			err = walk_write_number(c->unpoison, pfn);
			op_count_errno(env, UNPOISON_OK, err);
		}
	}
	op_record(env, REC_PASS_END, pfn, -err);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct hwpoison *c = ctx;

	if (c->inject >= 0)
		close(c->inject);
	if (c->unpoison >= 0)
		close(c->unpoison);
}

static const struct op_param params[] = {
	WALK_AIM_PARAM,
	{.name = "mode",
	 .type = OP_PARAM_ENUM,
	 .def = "both",
	 .choices = mode_choices,
	 .help = "poison and unpoison each page, or only one of the two"},
	{.name = "pages",
	 .type = OP_PARAM_INT,
	 .def = "0",
	 .max = 1000000000,
	 .help = "stop after this many pages; 0: never"},
	{NULL},
};

static const struct op_need needs[] = {
	{"/" DIR "unpoison-pfn", "HWPOISON_INJECT", "hwpoison-inject"}, {NULL}};

static const char *const frames[] = {"memory_failure", "unpoison_memory", NULL};
static const struct op_visit visits[] = {{"unpoison_memory", PROBE_HOW_PFN, 0, "pfn"}, {NULL}};

const struct op op_hwpoison = {
	.name = "hwpoison",
	.help = "poisons and unpoisons pages: 6.1 frees fake-offline ones, 6.12 and later lose the "
		"block",
	.kind = OP_WALKER,
	.grabs = true,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct hwpoison),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
