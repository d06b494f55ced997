// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The debugfs list of page owners. Each read scans by PFN from its offset to the next page with an
 * owner, and checks only every 4 MiB whether there is a memory map at all. Fake-offline pages have
 * no owner: a read that begins among them walks over all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define READS_PER_STEP 16

struct page_owner {
	int fd;
	struct walk_aim aim;
};

enum { READS, OWNED, FAILED };
static const char *const counters[] = {"reads", "owned_pages", "failed", NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct page_owner *c = ctx;

	c->aim.what = op_enum(env->plan, "aim");
	c->fd = op_open(env, "sys/kernel/debug/page_owner", O_RDONLY);
	return c->fd < 0 ? c->fd : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct page_owner *c = ctx;
	char buf[4096];
	uint64_t pfn;

	walk_aim_update(&c->aim, env);
	for (int i = 0; i < READS_PER_STEP; i++) {
		ssize_t len;

		if (!walk_aim_random(&c->aim, env, &pfn))
			return OP_STEP_IDLE;
		op_record(env, REC_PASS_BEGIN, pfn, 0);
		/* The offset counts pages, not bytes. */
		len = pread(c->fd, buf, sizeof(buf), (off_t)pfn);
		op_record(env, REC_PASS_END, pfn, len < 0 ? -errno : 0);
		op_count(env, len < 0 ? FAILED : READS, 1);
		op_count(env, OWNED, len > 0);
	}
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct page_owner *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_param params[] = {WALK_AIM_PARAM, {NULL}};

static const struct op_need needs[] = {
	{"/sys/kernel/debug/page_owner", "PAGE_OWNER and page_owner=on", NULL}, {NULL}};

static const char *const frames[] = {"read_page_owner", NULL};
static const struct op_visit visits[] = {
	{"page_ext_get", PROBE_HOW_PAGE, 0, "page", .shared = true}, {NULL}};

const struct op op_page_owner = {
	.name = "page-owner",
	.help = "reads page owners by PFN (debug kernels, booted with page_owner=on)",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct page_owner),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
