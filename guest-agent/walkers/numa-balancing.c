// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Automatic NUMA balancing: the scheduler makes page table entries of busy tasks inaccessible, and
 * each fault on one looks the page up and moves it to the task's node. So that there is always a
 * page to move, local ones are first sent to another node.
 */
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define TUNING		"sys/kernel/debug/sched/numa_balancing/"
#define PAGES_PER_PIECE 512
/* The scheduler looks at a task only after this many milliseconds of run time. */
#define TOUCH_NS 5000000

struct numa {
	struct walk_area area;
	struct walk_nodes nodes;
	int vmstat;
	uint64_t pass, touched; /* pieces sent away, and touched */
	uint64_t updates, first_updates, first_faults, first_migrated;
	void *page[PAGES_PER_PIECE];
	int to[PAGES_PER_PIECE], status[PAGES_PER_PIECE];
};

enum { PTE_UPDATES, HINT_FAULTS, PAGES_MIGRATED, SENT_AWAY };
static const char *const counters[] = {"pte_updates", "hint_faults", "pages_migrated", "sent_away",
				       NULL};

static int setup(void *ctx, struct op_env *env)
{
	/* Of 2560 MiB a second at most, whatever the period: in small pieces it is more often. */
	static const char *const tuning[][2] = {{TUNING "scan_size_mb", "64"},
						{TUNING "scan_delay_ms", "0"},
						{TUNING "scan_period_min_ms", "10"},
						{TUNING "scan_period_max_ms", "20"}};
	struct numa *c = ctx;
	int ret = walk_nodes_read(&c->nodes, env);

	c->vmstat = -1;
	if (ret)
		return ret;
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
	c->first_migrated = walk_vmstat(c->vmstat, "numa_pages_migrated");
	return walk_area_map(&c->area, env);
}

/* The pages of the next piece that are on our node go to another one, each time the next. */
static void send_away(struct numa *c, struct op_env *env)
{
	size_t first = c->pass++ % (c->area.pages / PAGES_PER_PIECE) * PAGES_PER_PIECE, count = 0;
	unsigned int cpu, home, at = (unsigned int)(c->pass % c->nodes.count);

	if (getcpu(&cpu, &home) || c->nodes.count < 2)
		return;
	if (c->nodes.node[at] == (int)home)
		at = (at + 1) % c->nodes.count;
	for (size_t i = 0; i < PAGES_PER_PIECE; i++)
		c->page[i] = c->area.at + (first + i) * c->area.page_bytes;
	walk_move_pages(c->page, PAGES_PER_PIECE, NULL, c->status);
	for (size_t i = 0; i < PAGES_PER_PIECE; i++) {
		if (c->status[i] != (int)home)
			continue;
		c->page[count] = c->page[i];
		c->to[count++] = c->nodes.node[at];
	}
	if (!count || walk_move_pages(c->page, count, c->to, c->status) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		op_count(env, SENT_AWAY, c->status[i] == c->nodes.node[at]);
}

/* A step is done when the kernel has got at page tables since the last one. */
static int step(void *ctx, struct op_env *env)
{
	struct numa *c = ctx;
	uint64_t before = c->updates, until = op_now_ns() + TOUCH_NS;

	send_away(c, env);
	do {
		size_t piece = c->touched++ % (c->area.pages / PAGES_PER_PIECE);

		walk_area_touch(&c->area, piece * PAGES_PER_PIECE, PAGES_PER_PIECE);
	} while (op_now_ns() < until && !op_stopping(env));
	c->updates = walk_vmstat(c->vmstat, "numa_pte_updates");
	op_set(env, PTE_UPDATES, c->updates - c->first_updates);
	op_set(env, HINT_FAULTS, walk_vmstat(c->vmstat, "numa_hint_faults") - c->first_faults);
	op_set(env, PAGES_MIGRATED,
	       walk_vmstat(c->vmstat, "numa_pages_migrated") - c->first_migrated);
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

static const char *const frames[] = {"do_numa_page", "migrate_misplaced_", "task_numa_work",
				     "change_prot_numa", NULL};
static const struct op_visit visits[] = {{"migrate_misplaced_page", PROBE_HOW_PAGE, 0, "page"},
					 {"migrate_misplaced_folio", PROBE_HOW_PAGE, 0, "folio"},
					 {NULL}};

const struct op op_numa_balancing = {
	.name = "numa-balancing",
	.help = "has the scheduler unmap the op's pages and move them to its node; with one node "
		"it only looks them up",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct numa),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
