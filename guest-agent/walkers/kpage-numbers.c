// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/kpagecount and /proc/kpagecgroup: one number per page, read from the struct page after
 * nothing but pfn_to_online_page(). One file for both, as only their names differ.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define CHUNK_PAGES 512

struct kpage {
	int fd;
	struct walk_aim aim;
	uint64_t buf[CHUNK_PAGES];
};

enum { READS, PAGES, NONZERO, FAILED };
static const char *const counters[] = {"reads", "pages", "nonzero_pages", "failed", NULL};

static int setup(struct kpage *c, struct op_env *env, const char *path)
{
	c->aim.what = op_enum(env->plan, "aim");
	c->fd = op_open(env, path, O_RDONLY);
	return c->fd < 0 ? c->fd : 0;
}

static int setup_count(void *ctx, struct op_env *env)
{
	return setup(ctx, env, "proc/kpagecount");
}

static int setup_cgroup(void *ctx, struct op_env *env)
{
	return setup(ctx, env, "proc/kpagecgroup");
}

static int step(void *ctx, struct op_env *env)
{
	struct kpage *c = ctx;
	uint64_t pfn, pages, nonzero = 0;
	ssize_t len;

	walk_aim_update(&c->aim, env);
	if (!walk_aim_next(&c->aim, env, CHUNK_PAGES, &pfn, &pages))
		return OP_STEP_IDLE;
	op_record(env, REC_PASS_BEGIN, pfn, 0);
	len = pread(c->fd, c->buf, pages * sizeof(c->buf[0]), (off_t)(pfn * sizeof(c->buf[0])));
	op_record(env, REC_PASS_END, pfn, len < 0 ? -errno : 0);
	if (len < 0) {
		op_count(env, FAILED, 1);
		return OP_STEP_DONE;
	}
	for (size_t i = 0; i < (size_t)len / sizeof(c->buf[0]); i++)
		nonzero += c->buf[i] != 0;
	op_count(env, READS, 1);
	op_count(env, PAGES, (size_t)len / sizeof(c->buf[0]));
	op_count(env, NONZERO, nonzero);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct kpage *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_param params[] = {WALK_AIM_PARAM, {NULL}};

static const struct op_need needs_count[] = {{"/proc/kpagecount", "PROC_PAGE_MONITOR", NULL},
					     {NULL}};
static const struct op_need needs_cgroup[] = {{"/proc/kpagecgroup", "MEMCG", NULL}, {NULL}};

static const char *const frames_count[] = {"kpagecount_read", "get_kpage_count", NULL};
static const struct op_visit visits_count[] = {
	{"pfn_to_online_page", PROBE_HOW_PFN, 0, "pfn", .shared = true}, {NULL}};

const struct op op_kpagecount = {
	.name = "kpagecount",
	.help = "reads the map count of pages by PFN",
	.kind = OP_WALKER,
	.frames = frames_count,
	.visits = visits_count,
	.needs = needs_count,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct kpage),
	.setup = setup_count,
	.step = step,
	.teardown = teardown,
};

static const char *const frames_cgroup[] = {"kpagecgroup_read", NULL};
static const struct op_visit visits_cgroup[] = {
	{"pfn_to_online_page", PROBE_HOW_PFN, 0, "pfn", .shared = true}, {NULL}};

const struct op op_kpagecgroup = {
	.name = "kpagecgroup",
	.help = "reads the cgroup that pages are charged to, by PFN",
	.kind = OP_WALKER,
	.frames = frames_cgroup,
	.visits = visits_cgroup,
	.needs = needs_cgroup,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct kpage),
	.setup = setup_cgroup,
	.step = step,
	.teardown = teardown,
};
