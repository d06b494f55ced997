// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/self/pagemap and clear_refs: both walk the page tables of the agent and look at the pages
 * behind them, while the op gives pages back and faults new ones in. One file for both.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define CHUNK_PAGES WALK_PIECE_PAGES
#define PRESENT	    (1ull << 63)

struct pagemap {
	int fd;
	struct walk_area area;
	uint64_t pass;
	uint64_t entry[CHUNK_PAGES];
};

static int setup_pagemap(void *ctx, struct op_env *env)
{
	struct pagemap *c = ctx;

	c->fd = op_open(env, "proc/self/pagemap", O_RDONLY);
	return c->fd < 0 ? c->fd : walk_area_map(&c->area, env);
}

static int setup_clear(void *ctx, struct op_env *env)
{
	struct pagemap *c = ctx;

	c->fd = op_open(env, "proc/self/clear_refs", O_WRONLY);
	return c->fd < 0 ? c->fd : walk_area_map(&c->area, env);
}

/*
 * Frees one chunk and fills another with new pages, of which @first is the first; with one chunk it
 * is the same. False if pages cannot be freed.
 */
static bool churn(struct pagemap *c, size_t *first)
{
	size_t chunks = c->area.pages / CHUNK_PAGES, chunk = c->pass % chunks;
	size_t other = (chunk + chunks / 2) % chunks * CHUNK_PAGES;
	bool given = !madvise(c->area.at + other * c->area.page_bytes,
			      CHUNK_PAGES * c->area.page_bytes, MADV_DONTNEED);

	*first = chunk * CHUNK_PAGES;
	walk_area_touch(&c->area, *first, CHUNK_PAGES);
	return given;
}

enum { PAGES, PRESENT_PAGES, FAILED };
static const char *const pagemap_counters[] = {"pages", "present_pages", "failed", NULL};

static int step_pagemap(void *ctx, struct op_env *env)
{
	struct pagemap *c = ctx;
	size_t first, present = 0;
	uintptr_t page;
	ssize_t len;

	if (!churn(c, &first))
		op_count(env, FAILED, 1);
	page = (uintptr_t)c->area.at / c->area.page_bytes + first;
	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	len = pread(c->fd, c->entry, sizeof(c->entry), (off_t)(page * sizeof(c->entry[0])));
	op_record(env, REC_PASS_END, c->pass++, len < 0 ? -errno : 0);
	if (len < 0) {
		op_count(env, FAILED, 1);
		return OP_STEP_DONE;
	}
	for (size_t i = 0; i < (size_t)len / sizeof(c->entry[0]); i++)
		present += (c->entry[i] & PRESENT) != 0;
	op_count(env, PAGES, (size_t)len / sizeof(c->entry[0]));
	op_count(env, PRESENT_PAGES, present);
	return OP_STEP_DONE;
}

static const char *const clear_counters[] = {OP_ERRNOS, NULL};

/* 1 clears the referenced bits, 4 the soft-dirty ones, which write-protects. */
static int step_clear(void *ctx, struct op_env *env)
{
	struct pagemap *c = ctx;
	size_t first;
	int err;

	churn(c, &first);
	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	err = op_write(c->fd, c->pass % 2 ? "4" : "1");
	op_record(env, REC_PASS_END, c->pass++, -err);
	op_count_errno(env, 0, err);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct pagemap *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
	walk_area_unmap(&c->area);
}

static const struct op_param params[] = {WALK_AREA_PARAM("8"), {NULL}};

static const struct op_need needs_pagemap[] = {{"/proc/self/pagemap", "PROC_PAGE_MONITOR", NULL},
					       {NULL}};
static const struct op_need needs_clear[] = {{"/proc/self/clear_refs", "PROC_PAGE_MONITOR", NULL},
					     {NULL}};

static const char *const frames_pagemap[] = {"pagemap_", NULL};

const struct op op_pagemap = {
	.name = "pagemap",
	.help = "reads the agent's pagemap while its mappings change",
	.kind = OP_WALKER,
	.frames = frames_pagemap,
	.unseen = "it meets pages under the lock of their page table, where they cannot go away",
	.needs = needs_pagemap,
	.params = params,
	.counters = pagemap_counters,
	.ctx_size = sizeof(struct pagemap),
	.setup = setup_pagemap,
	.step = step_pagemap,
	.teardown = teardown,
};

static const char *const frames_clear[] = {"clear_refs_", NULL};

const struct op op_clear_refs = {
	.name = "clear-refs",
	.help = "clears the referenced and soft-dirty bits of all the agent's mappings",
	.kind = OP_WALKER,
	.frames = frames_clear,
	.unseen = "it meets pages under the lock of their page table, where they cannot go away",
	.needs = needs_clear,
	.params = params,
	.counters = clear_counters,
	.ctx_size = sizeof(struct pagemap),
	.setup = setup_clear,
	.step = step_clear,
	.teardown = teardown,
};
