// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keeps khugepaged busy: the op fills parts of its area with small pages for khugepaged to collapse
 * into huge ones, and splits those again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define THP	    "sys/kernel/mm/transparent_hugepage/"
#define PIECE_BYTES (2ul << 20)

struct khugepaged {
	struct walk_area area;
	int full_scans, collapsed;
	uint64_t pass, scans, first_scans, first_collapsed;
};

enum { FULL_SCANS, COLLAPSED, PIECES, FAILED };
static const char *const counters[] = {"full_scans", "collapsed", "pieces", "failed", NULL};

static uint64_t read_number(int fd)
{
	char text[24];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return strtoull(text, NULL, 10);
}

static int open_all(struct khugepaged *c, struct op_env *env)
{
	char text[64];
	int ret = op_read_file(env, THP "enabled", text, sizeof(text));

	if (ret < 0)
		return ret;
	/* The kernel turns huge pages off by itself where there is little memory. */
	if (strstr(text, "[never]") && (ret = op_write_file(env, THP "enabled", "madvise")))
		return ret;
	c->full_scans = op_open(env, THP "khugepaged/full_scans", O_RDONLY);
	if (c->full_scans < 0)
		return c->full_scans;
	c->collapsed = op_open(env, THP "khugepaged/pages_collapsed", O_RDONLY);
	return c->collapsed < 0 ? c->collapsed : 0;
}

static int setup(void *ctx, struct op_env *env)
{
	static const char *const tuning[][2] = {{THP "khugepaged/scan_sleep_millisecs", "1"},
						{THP "khugepaged/alloc_sleep_millisecs", "10"},
						{THP "khugepaged/pages_to_scan", "4096"}};
	struct khugepaged *c = ctx;
	int ret;

	c->full_scans = c->collapsed = -1;
	ret = open_all(c, env);
	for (unsigned int i = 0; i < sizeof(tuning) / sizeof(tuning[0]) && !ret; i++)
		ret = op_write_file(env, tuning[i][0], tuning[i][1]);
	if (ret)
		return ret;
	c->first_scans = c->scans = read_number(c->full_scans);
	c->first_collapsed = read_number(c->collapsed);
	return walk_area_map(&c->area, env);
}

/* Small pages first: with the advice in place a fault would make a huge one at once. */
static bool refill(struct khugepaged *c, size_t piece)
{
	unsigned char *at = c->area.at + piece * PIECE_BYTES;
	size_t pages = PIECE_BYTES / c->area.page_bytes;

	if (madvise(at, PIECE_BYTES, MADV_DONTNEED) || madvise(at, PIECE_BYTES, MADV_NOHUGEPAGE))
		return false;
	walk_area_touch(&c->area, piece * pages, pages);
	return !madvise(at, PIECE_BYTES, MADV_HUGEPAGE);
}

/* A step is done when khugepaged has been through all of memory once more. */
static int step(void *ctx, struct op_env *env)
{
	struct khugepaged *c = ctx;
	uint64_t before = c->scans;

	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	op_count(env, refill(c, c->pass % (c->area.bytes / PIECE_BYTES)) ? PIECES : FAILED, 1);
	op_record(env, REC_PASS_END, c->pass++, 0);
	c->scans = read_number(c->full_scans);
	op_set(env, FULL_SCANS, c->scans - c->first_scans);
	op_set(env, COLLAPSED, read_number(c->collapsed) - c->first_collapsed);
	return c->scans != before ? OP_STEP_DONE : OP_STEP_IDLE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct khugepaged *c = ctx;

	if (c->full_scans >= 0)
		close(c->full_scans);
	if (c->collapsed >= 0)
		close(c->collapsed);
	walk_area_unmap(&c->area);
}

static const struct op_param params[] = {WALK_AREA_PARAM("32"), {NULL}};

static const struct op_need needs[] = {
	{"/" THP "khugepaged/full_scans", "TRANSPARENT_HUGEPAGE", NULL}, {NULL}};

static const char *const frames[] = {"khugepaged", NULL};
static const struct op_visit visits[] = {
	{"folio_isolate_lru", PROBE_HOW_PAGE, 0, "folio", .shared = true}, {NULL}};
static const char *const threads[] = {"khugepaged", NULL};

const struct op op_khugepaged = {
	.name = "khugepaged",
	.help = "keeps khugepaged collapsing small pages into huge ones",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.threads = threads,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct khugepaged),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
