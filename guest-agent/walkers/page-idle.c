// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bitmap of idle pages: reads and writes look up pages by PFN, take a reference on each one on
 * an LRU list, and hold it while they visit all its mappings. Fake-offline pages are on no list and
 * are left alone, but a page can become fake-offline meanwhile, so the op aims at whole blocks.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define CHUNK_PAGES    4096u
#define PAGES_PER_WORD 64u

struct page_idle {
	int fd;
	struct walk_aim aim;
	uint64_t word[CHUNK_PAGES / PAGES_PER_WORD];
};

enum { PAGES, IDLE, FAILED };
static const char *const counters[] = {"pages", "idle_pages", "failed", NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct page_idle *c = ctx;

	c->aim.what = op_enum(env->plan, "aim");
	c->fd = op_open(env, "sys/kernel/mm/page_idle/bitmap", O_RDWR);
	return c->fd < 0 ? c->fd : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct page_idle *c = ctx;
	uint64_t pfn, pages, idle = 0;
	size_t bytes;
	ssize_t len;
	off_t at;

	walk_aim_update(&c->aim, env);
	if (!walk_aim_next(&c->aim, env, CHUNK_PAGES, &pfn, &pages))
		return OP_STEP_IDLE;
	/* Whole words only; ranges begin and end at such in practice. */
	bytes = (pages + PAGES_PER_WORD - 1) / PAGES_PER_WORD * sizeof(c->word[0]);
	at = (off_t)(pfn / PAGES_PER_WORD * sizeof(c->word[0]));
	op_record(env, REC_PASS_BEGIN, pfn, 0);
	len = pread(c->fd, c->word, bytes, at);
	for (ssize_t i = 0; i < len / (ssize_t)sizeof(c->word[0]); i++)
		idle += (uint64_t)__builtin_popcountll(c->word[i]);
	memset(c->word, 0xff, bytes);
	if (len > 0 && pwrite(c->fd, c->word, (size_t)len, at) < 0)
		len = -1;
	op_record(env, REC_PASS_END, pfn, len < 0 ? -errno : 0);
	if (len < 0)
		op_count(env, FAILED, 1);
	else /* less behind the last page that the kernel knows */
		op_count(env, PAGES, (uint64_t)len * 8 < pages ? (uint64_t)len * 8 : pages);
	op_count(env, IDLE, idle);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct page_idle *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_param params[] = {WALK_AIM_PARAM_DEF("blocks"), {NULL}};

static const struct op_need needs[] = {
	{"/sys/kernel/mm/page_idle/bitmap", "IDLE_PAGE_TRACKING", NULL}, {NULL}};

static const char *const frames[] = {"page_idle_", NULL};
static const struct op_visit visits[] = {
	{"pfn_to_online_page", PROBE_HOW_PFN, 0, "pfn", .shared = true}, {NULL}};

const struct op op_page_idle = {
	.name = "page-idle",
	.help = "reads and sets the idle bits of pages by PFN (not in Debian's kernels)",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct page_idle),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
