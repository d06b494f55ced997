// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Swaps an area of the op's own out and in again: the swap cache finds pages that are being freed,
 * and takes references on them.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"
#include "guest-agent/walkers/zram.h"

#define PAGES_PER_STEP 256

struct swap {
	struct walk_area area;
	int vmstat;
	uint64_t first_in, first_out;
	size_t next;
};

enum { SWAPPED_OUT, SWAPPED_IN, FAILED };
static const char *const counters[] = {"swapped_out_pages", "swapped_in_pages", "failed", NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct swap *c = ctx;
	int ret;

	c->vmstat = op_open(env, "proc/vmstat", O_RDONLY);
	if (c->vmstat < 0)
		return c->vmstat;
	ret = zram_swap_on(env, 2 * (uint64_t)op_int(env->plan, "area-mb"));
	if (ret)
		return ret;
	c->first_out = walk_vmstat(c->vmstat, "pswpout");
	c->first_in = walk_vmstat(c->vmstat, "pswpin");
	return walk_area_map(&c->area, env);
}

static int step(void *ctx, struct op_env *env)
{
	struct swap *c = ctx;
	uint64_t out = walk_vmstat(c->vmstat, "pswpout"), now;
	size_t first = c->next;

	c->next = (c->next + PAGES_PER_STEP) % c->area.pages;
	op_record(env, REC_PASS_BEGIN, first, 0);
	walk_area_touch(&c->area, first, PAGES_PER_STEP);
	if (madvise(c->area.at + first * c->area.page_bytes, PAGES_PER_STEP * c->area.page_bytes,
		    MADV_PAGEOUT))
		op_count(env, FAILED, 1);
	op_record(env, REC_PASS_END, first, 0);
	now = walk_vmstat(c->vmstat, "pswpout");
	op_set(env, SWAPPED_OUT, now - c->first_out);
	op_set(env, SWAPPED_IN, walk_vmstat(c->vmstat, "pswpin") - c->first_in);
	return now > out ? OP_STEP_DONE : OP_STEP_IDLE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct swap *c = ctx;

	if (c->vmstat >= 0)
		close(c->vmstat);
	walk_area_unmap(&c->area);
}

static const struct op_param params[] = {WALK_AREA_PARAM("16"), {NULL}};

static const struct op_need needs[] = {
	{"/proc/swaps", "SWAP", NULL}, {"/sys/block/zram0/disksize", "ZRAM", "zram"}, {NULL}};

static const char *const frames[] = {"do_swap_page",	     "swapin_",
				     "swap_readpage",	     "swap_read_folio",
				     "swap_cache_get_folio", NULL};
static const struct op_visit visits[] = {{"swap_readpage", PROBE_HOW_PAGE, 0, "page"},
					 {"swap_read_folio", PROBE_HOW_PAGE, 0, "folio"},
					 {NULL}};

const struct op op_swap = {
	.name = "swap",
	.help = "swaps its own memory out to zram and in again",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct swap),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
