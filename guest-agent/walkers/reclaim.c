// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reclaim on request, in three ways: MADV_PAGEOUT on an area of the op's own, memory.reclaim of the
 * root cgroup, drop_caches. A guest without a disk or swap has little to reclaim, so zram is used
 * if the kernel has it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"
#include "guest-agent/walkers/zram.h"

#define PAGES_PER_STEP 256
#define CGROUPS	       "sys/fs/cgroup"

enum { ALL, PAGEOUT, CGROUP, DROP_CACHES, WAYS };
static const char *const how_choices[] = {"all", "pageout", "cgroup", "drop-caches", NULL};

struct reclaim {
	struct walk_area area;
	int cgroup, drop_caches;
	unsigned int how;
	size_t next;
	uint64_t pass;
};

enum { PAGEOUTS, CGROUP_RECLAIMS, CGROUP_SHORT, CACHE_DROPS, FAILED };
static const char *const counters[] = {"pageouts",    "cgroup_reclaims", "cgroup_short",
				       "cache_drops", "failed",		 NULL};

static void mount_cgroups(struct op_env *env)
{
	int fd = openat(env->root_fd, CGROUPS, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[40];

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	mount("cgroup2", path, "cgroup2", MS_NOSUID | MS_NOEXEC, NULL);
	close(fd);
}

static int setup(void *ctx, struct op_env *env)
{
	struct reclaim *c = ctx;

	c->how = op_enum(env->plan, "how");
	c->cgroup = -1;
	c->drop_caches = op_open(env, "proc/sys/vm/drop_caches", O_WRONLY);
	if (c->drop_caches < 0)
		return c->drop_caches;
	/* Keeps the kernel from saying each time that caches were dropped. */
	op_write(c->drop_caches, "4");
	if (faccessat(env->root_fd, CGROUPS "/cgroup.procs", F_OK, 0))
		mount_cgroups(env);
	c->cgroup = op_open(env, CGROUPS "/memory.reclaim", O_WRONLY);
	if (c->cgroup < 0 && c->how == CGROUP)
		return op_fail(env, EOPNOTSUPP,
			       "no /" CGROUPS "/memory.reclaim; needs "
			       "CONFIG_MEMCG, 5.19 or later, and cgroup v2");
	/* Reclaim works without swap as well, on less. */
	zram_swap_on(env, 2 * (uint64_t)op_int(env->plan, "area-mb"));
	return walk_area_map(&c->area, env);
}

/* The root's memory is asked for 1 MiB; EAGAIN says that it was less. */
static int reclaim_cgroup(struct reclaim *c, struct op_env *env)
{
	int err = op_write(c->cgroup, "1M");

	op_count(env, err == EAGAIN ? CGROUP_SHORT : CGROUP_RECLAIMS, !err || err == EAGAIN);
	return err == EAGAIN ? 0 : err;
}

static int reclaim_once(struct reclaim *c, struct op_env *env, unsigned int way)
{
	size_t first = c->next;

	switch (way) {
	case CGROUP:
		return reclaim_cgroup(c, env);
	case DROP_CACHES:
		op_count(env, CACHE_DROPS, 1);
		return op_write(c->drop_caches, "3"); /* page cache and slabs */
	default:
		c->next = (c->next + PAGES_PER_STEP) % c->area.pages;
		walk_area_touch(&c->area, first, PAGES_PER_STEP);
		op_count(env, PAGEOUTS, 1);
		return madvise(c->area.at + first * c->area.page_bytes,
			       PAGES_PER_STEP * c->area.page_bytes, MADV_PAGEOUT)
			       ? errno
			       : 0;
	}
}

static int step(void *ctx, struct op_env *env)
{
	struct reclaim *c = ctx;
	unsigned int way = c->how == ALL ? PAGEOUT + (unsigned int)(c->pass % (WAYS - 1)) : c->how;
	int err;

	if (way == CGROUP && c->cgroup < 0)
		way = PAGEOUT;
	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	op_deadline(env, 1000);
	err = reclaim_once(c, env, way);
	op_deadline_clear(env);
	op_record(env, REC_PASS_END, c->pass++, -err);
	op_count(env, FAILED, err != 0);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct reclaim *c = ctx;

	if (c->cgroup >= 0)
		close(c->cgroup);
	if (c->drop_caches >= 0)
		close(c->drop_caches);
	walk_area_unmap(&c->area);
}

static const struct op_param params[] = {
	{.name = "how",
	 .type = OP_PARAM_ENUM,
	 .def = "all",
	 .choices = how_choices,
	 .help = "MADV_PAGEOUT, memory.reclaim of the root cgroup, drop_caches, or all in turn"},
	WALK_AREA_PARAM("16"),
	{NULL},
};

static const struct op_need needs[] = {{"/proc/sys/vm/drop_caches", "SYSCTL", NULL}, {NULL}};
static const char *const modules[] = {"zram", NULL};

static const char *const frames[] = {"reclaim_pages",  "madvise_cold_or_pageout_",
				     "memory_reclaim", "drop_caches_sysctl_",
				     "balance_pgdat",  NULL};
static const struct op_visit visits[] = {
	{"folio_referenced", PROBE_HOW_PAGE, 0, "folio", .shared = true}, {NULL}};
static const char *const threads[] = {"kswapd", NULL};

const struct op op_reclaim = {
	.name = "reclaim",
	.help = "reclaims memory on request, to zram if available",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.threads = threads,
	.needs = needs,
	.modules = modules,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct reclaim),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
