// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * move_pages() and mbind() on an area of the op's own: the kernel walks page tables, takes a
 * reference on each page, isolates it and, with more than one node, copies it. All possible nodes
 * are used: one may gain memory, or lose its last, while the op runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define PAGES_PER_STEP 256

struct migrate {
	struct walk_area area;
	struct walk_nodes nodes;
	uint64_t pass;
	void *page[PAGES_PER_STEP];
	int to[PAGES_PER_STEP], before[PAGES_PER_STEP], after[PAGES_PER_STEP];
};

enum { MOVE_CALLS, BIND_CALLS, PAGES_MOVED, PAGES_THERE, FAILED };
static const char *const counters[] = {"move_pages_calls", "mbind_calls", "pages_moved",
				       "pages_there",	   "failed",	  NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct migrate *c = ctx;
	int ret = walk_nodes_read(&c->nodes, env);

	return ret ? ret : walk_area_map(&c->area, env);
}

static int step(void *ctx, struct op_env *env)
{
	struct migrate *c = ctx;
	size_t pieces = c->area.pages / PAGES_PER_STEP, first = c->pass % pieces * PAGES_PER_STEP;
	/* Each time round the area, a piece goes to the next node, and by the other call. */
	uint64_t round = c->pass / pieces, moved = 0, there = 0;
	int node = c->nodes.node[(c->pass + round) % c->nodes.count];
	bool bind = (c->pass + round / c->nodes.count) % 2;
	unsigned long mask = 1ul << node;
	long ret = 0;

	walk_area_touch(&c->area, first, PAGES_PER_STEP);
	for (size_t i = 0; i < PAGES_PER_STEP; i++) {
		c->page[i] = c->area.at + (first + i) * c->area.page_bytes;
		c->to[i] = node;
		c->before[i] = c->after[i] = -ENOENT;
	}
	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	walk_move_pages(c->page, PAGES_PER_STEP, NULL, c->before);
	if (!bind)
		ret = walk_move_pages(c->page, PAGES_PER_STEP, c->to, c->after);
	/* Not MPOL_BIND: a fault on a page bound to a node that has lost its memory kills us. */
	else if (syscall(SYS_mbind, c->page[0], PAGES_PER_STEP * c->area.page_bytes, MPOL_PREFERRED,
			 &mask, WALK_NODES_MAX + 1, MPOL_MF_MOVE))
		ret = -errno;
	op_count(env, bind ? BIND_CALLS : MOVE_CALLS, 1);
	op_count(env, FAILED, ret < 0);
	op_record(env, REC_PASS_END, c->pass++, ret < 0 ? (int)ret : 0);
	walk_move_pages(c->page, PAGES_PER_STEP, NULL, c->after);
	for (size_t i = 0; i < PAGES_PER_STEP; i++) {
		there += c->after[i] == node;
		moved += c->after[i] == node && c->before[i] >= 0 && c->before[i] != node;
	}
	op_count(env, PAGES_THERE, there);
	op_count(env, PAGES_MOVED, moved);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct migrate *c = ctx;

	walk_area_unmap(&c->area);
}

static const struct op_param params[] = {WALK_AREA_PARAM("16"), {NULL}};

static const struct op_need needs[] = {{"/sys/devices/system/node/possible", "NUMA", NULL}, {NULL}};

static const char *const frames[] = {"kernel_move_pages", "do_pages_move", "do_pages_stat",
				     "kernel_mbind",	  "do_mbind",	   NULL};
static const struct op_visit visits[] = {
	{"folio_isolate_lru", PROBE_HOW_PAGE, 0, "folio", .shared = true}, {NULL}};

const struct op op_migrate = {
	.name = "migrate",
	.help = "moves its own pages between the nodes; with one node only looks them up",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct migrate),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
