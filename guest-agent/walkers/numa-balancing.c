// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Automatic NUMA balancing: the scheduler makes page table entries of busy tasks inaccessible,
 * and each fault on one looks the page up to see whether it should move.
 */
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define TUNING	       "sys/kernel/debug/sched/numa_balancing/"
#define PAGES_PER_STEP 512

struct numa {
	struct walk_area area;
	int vmstat;
	size_t next;
	uint64_t updates, first_updates, first_faults;
};

enum { PTE_UPDATES, HINT_FAULTS };
static const char *const counters[] = {"pte_updates", "hint_faults", NULL};

static int setup(void *ctx, struct op_env *env)
{
	static const char *const tuning[][2] = {{TUNING "scan_delay_ms", "0"},
						{TUNING "scan_period_min_ms", "10"},
						{TUNING "scan_period_max_ms", "20"}};
	struct numa *c = ctx;
	int ret;

	c->vmstat = op_open(env, "proc/vmstat", O_RDONLY);
	if (c->vmstat < 0)
		return c->vmstat;
	/* Faster where the kernel lets us. */
	for (unsigned int i = 0; i < sizeof(tuning) / sizeof(tuning[0]); i++)
		if (!faccessat(env->root_fd, tuning[i][0], F_OK, 0))
			op_write_file(env, tuning[i][0], tuning[i][1]);
	ret = op_write_file(env, "proc/sys/kernel/numa_balancing", "1");
	if (ret)
		return ret;
	c->first_updates = c->updates = walk_vmstat(c->vmstat, "numa_pte_updates");
	c->first_faults = walk_vmstat(c->vmstat, "numa_hint_faults");
	return walk_area_map(&c->area, env);
}

/* A step is done when the kernel has got at page tables since the last one. */
static int step(void *ctx, struct op_env *env)
{
	struct numa *c = ctx;
	uint64_t before = c->updates;

	walk_area_touch(&c->area, c->next, PAGES_PER_STEP);
	c->next = (c->next + PAGES_PER_STEP) % c->area.pages;
	c->updates = walk_vmstat(c->vmstat, "numa_pte_updates");
	op_set(env, PTE_UPDATES, c->updates - c->first_updates);
	op_set(env, HINT_FAULTS, walk_vmstat(c->vmstat, "numa_hint_faults") - c->first_faults);
	if (c->updates != before) {
		op_record(env, REC_PASS_END, c->updates, 0);
		return OP_STEP_DONE;
	}
	return OP_STEP_IDLE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct numa *c = ctx;

	if (c->vmstat >= 0)
		close(c->vmstat);
	walk_area_unmap(&c->area);
}

static const struct op_param params[] = {WALK_AREA_PARAM("32"), {NULL}};

static const struct op_need needs[] = {{"/proc/sys/kernel/numa_balancing", "NUMA_BALANCING", NULL},
				       {NULL}};

const struct op op_numa_balancing = {
	.name = "numa-balancing",
	.help = "lets the scheduler unmap and look up pages of its own; best with two nodes",
	.kind = OP_WALKER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct numa),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
