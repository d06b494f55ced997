// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * move_pages() and mbind() of an area of the op's own: page tables are walked, a reference is
 * taken on each page, and with more than one node the pages move.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define PAGES_PER_STEP 256
#define NODES_MAX      64

struct migrate {
	struct walk_area area;
	int node[NODES_MAX];
	unsigned int node_count;
	uint64_t pass;
	void *page[PAGES_PER_STEP];
	int to[PAGES_PER_STEP], status[PAGES_PER_STEP];
};

enum { MOVE_CALLS, BIND_CALLS, PAGES_THERE, FAILED };
static const char *const counters[] = {"move_pages_calls", "mbind_calls", "pages_there", "failed",
				       NULL};

/* A list such as "0-1,3". */
static void parse_nodes(struct migrate *c, const char *text)
{
	for (char *end; *text && c->node_count < NODES_MAX; text = *end ? end + 1 : end) {
		long first = strtol(text, &end, 10), last = first;

		if (end == text)
			return;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		for (long n = first; n <= last && n < NODES_MAX && c->node_count < NODES_MAX; n++)
			c->node[c->node_count++] = (int)n;
	}
}

static int setup(void *ctx, struct op_env *env)
{
	struct migrate *c = ctx;
	char text[128];
	int ret = op_read_file(env, "sys/devices/system/node/has_memory", text, sizeof(text));

	if (ret < 0)
		return ret;
	parse_nodes(c, text);
	if (!c->node_count)
		return op_fail(env, EPROTO, "no node in /sys/devices/system/node/has_memory");
	return walk_area_map(&c->area, env);
}

static int step(void *ctx, struct op_env *env)
{
	struct migrate *c = ctx;
	size_t first = c->pass * PAGES_PER_STEP % c->area.pages;
	int node = c->node[c->pass % c->node_count];
	unsigned long mask = 1ul << node;
	uint64_t there = 0;
	long ret;

	walk_area_touch(&c->area, first, PAGES_PER_STEP);
	for (size_t i = 0; i < PAGES_PER_STEP; i++) {
		c->page[i] = c->area.at + (first + i) * c->area.page_bytes;
		c->to[i] = node;
		c->status[i] = -ENOENT;
	}
	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	if (c->pass / 2 % 2) {
		ret = syscall(SYS_mbind, c->page[0], PAGES_PER_STEP * c->area.page_bytes, MPOL_BIND,
			      &mask, NODES_MAX + 1, MPOL_MF_MOVE);
		op_count(env, BIND_CALLS, 1);
	} else {
		ret = syscall(SYS_move_pages, 0, (unsigned long)PAGES_PER_STEP, c->page, c->to,
			      c->status, MPOL_MF_MOVE);
		op_count(env, MOVE_CALLS, 1);
		for (size_t i = 0; i < PAGES_PER_STEP; i++)
			there += c->status[i] == node;
		op_count(env, PAGES_THERE, there);
	}
	op_record(env, REC_PASS_END, c->pass++, ret < 0 ? -errno : 0);
	if (ret < 0)
		op_count(env, FAILED, 1);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct migrate *c = ctx;

	walk_area_unmap(&c->area);
}

static const struct op_param params[] = {WALK_AREA_PARAM("16"), {NULL}};

static const struct op_need needs[] = {{"/sys/devices/system/node/has_memory", "NUMA", NULL},
				       {NULL}};

const struct op op_migrate = {
	.name = "migrate",
	.help = "moves its own pages between the nodes; with one node they are only looked up",
	.kind = OP_WALKER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct migrate),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
