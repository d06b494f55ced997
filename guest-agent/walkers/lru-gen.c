// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The multi-generational LRU, driven through debugfs: aging walks page tables and rmap, eviction
 * takes folios off their lists. Both commands name a memory cgroup, a node and a generation.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define ENABLED "sys/kernel/mm/lru_gen/enabled"

struct lru_gen {
	int fd;
	unsigned int nodes; /* at the last step; 0: not known */
	uint64_t pass;
};

enum { AGINGS, EVICTIONS, REJECTED };
static const char *const counters[] = {"agings", "evictions", "rejected", NULL};

struct generations {
	unsigned long long cgroup, node, min, max;
	unsigned int count; /* 0: that node is not there */
};

/* Node number @turn of the first cgroup in the list, which is the root's. How many nodes it has. */
static unsigned int parse(char *text, unsigned int turn, struct generations *g)
{
	unsigned int nodes = 0;
	char *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " ");
		if (!strncmp(line, "memcg", 5)) {
			if (nodes)
				break;
			g->cgroup = strtoull(line + 5, NULL, 10);
		} else if (!strncmp(line, "node", 4)) {
			if (nodes++ == turn)
				g->node = strtoull(line + 4, NULL, 10);
		} else if (!nodes) {
			break;
		} else if (nodes == turn + 1 && *line >= '0' && *line <= '9') {
			g->max = strtoull(line, NULL, 10);
			if (!g->count++)
				g->min = g->max;
		}
	}
	return nodes;
}

static int setup(void *ctx, struct op_env *env)
{
	struct lru_gen *c = ctx;
	int ret;

	c->fd = -1;
	/* Built in but off in some kernels. */
	ret = op_write_file(env, ENABLED, "y");
	if (ret)
		return ret;
	c->fd = op_open(env, "sys/kernel/debug/lru_gen", O_RDWR);
	return c->fd < 0 ? c->fd : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct lru_gen *c = ctx;
	struct generations g = {0};
	char text[4096], order[96];
	bool evict = c->pass % 2;
	unsigned int nodes;
	ssize_t len = pread(c->fd, text, sizeof(text) - 1, 0);
	int err;

	text[len > 0 ? len : 0] = '\0';
	nodes = parse(text, c->nodes ? (unsigned int)(c->pass / 2 % c->nodes) : 0, &g);
	if (nodes)
		c->nodes = nodes;
	if (!g.count)
		return OP_STEP_IDLE;
	if (evict) /* swappiness 100, up to 256 pages */
		snprintf(order, sizeof(order), "- %llu %llu %llu 100 256", g.cgroup, g.node, g.min);
	else /* anonymous memory too, and all page tables */
		snprintf(order, sizeof(order), "+ %llu %llu %llu 1 1", g.cgroup, g.node, g.max);
	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	err = op_write(c->fd, order);
	op_record(env, REC_PASS_END, c->pass++, -err);
	op_count(env, err ? REJECTED : evict ? EVICTIONS : AGINGS, 1);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct lru_gen *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_need needs[] = {
	{"/sys/kernel/debug/lru_gen", "LRU_GEN", NULL}, {"/" ENABLED, "LRU_GEN", NULL}, {NULL}};

static const char *const frames[] = {"lru_gen_seq_write", NULL};
static const struct op_visit visits[] = {
	{"folio_referenced", PROBE_HOW_PAGE, 0, "folio", .shared = true}, {NULL}};

const struct op op_lru_gen = {
	.name = "lru-gen",
	.help = "ages and evicts generations of the multi-generational LRU",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.counters = counters,
	.ctx_size = sizeof(struct lru_gen),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
