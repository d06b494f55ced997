// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel same-page merging over an area of the agent's own. ksmd keeps the PFNs of merged pages and
 * looks them up later; the op keeps rewriting its area, so that merging and unmerging never end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define KSM_DIR		"sys/kernel/mm/ksm/"
#define PAGES_PER_STEP	64
#define DISTINCT_VALUES 8 /* so many different pages are there to merge into */

struct ksm {
	unsigned char *area;
	size_t bytes, page_bytes, next;
	uint64_t pass, unmerge_steps;
	int full_scans;
};

enum { REWRITTEN, FULL_SCANS, UNMERGES };
static const char *const counters[] = {"pages_rewritten", "full_scans", "unmerges", NULL};

static int setup(void *ctx, struct op_env *env)
{
	static const char *const names[][2] = {{"pages-to-scan", KSM_DIR "pages_to_scan"},
					       {"sleep-ms", KSM_DIR "sleep_millisecs"}};
	struct ksm *c = ctx;
	int ret;

	c->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	c->bytes = (size_t)op_int(env->plan, "area-mb") << 20;
	c->full_scans = -1;
	c->unmerge_steps = (uint64_t)op_int(env->plan, "unmerge-steps");
	c->area = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c->area == MAP_FAILED) {
		c->area = NULL;
		return op_fail(env, errno, "mmap of the area: %s", strerror(errno));
	}
	if (madvise(c->area, c->bytes, MADV_MERGEABLE))
		return op_fail(env, errno, "madvise MADV_MERGEABLE: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		char value[24];

		snprintf(value, sizeof(value), "%lld", (long long)op_int(env->plan, names[i][0]));
		ret = op_write_file(env, names[i][1], value);
		if (ret)
			return ret;
	}
	ret = op_write_file(env, KSM_DIR "run", "1");
	if (ret)
		return ret;
	c->full_scans = op_open(env, KSM_DIR "full_scans", O_RDONLY);
	return c->full_scans < 0 ? c->full_scans : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct ksm *c = ctx;
	size_t pages = c->bytes / c->page_bytes;
	char text[24];
	ssize_t len;

	op_record(env, REC_PASS_BEGIN, c->next, 0);
	for (int i = 0; i < PAGES_PER_STEP; i++, c->next++)
		memset(c->area + c->next % pages * c->page_bytes,
		       (int)(1 + (c->next + c->next / pages) % DISTINCT_VALUES), c->page_bytes);
	op_record(env, REC_PASS_END, c->next, 0);
	op_count(env, REWRITTEN, PAGES_PER_STEP);
	if (c->unmerge_steps && ++c->pass % c->unmerge_steps == 0) {
		/* All merged pages of the area are looked up and copied at once. */
		madvise(c->area, c->bytes, MADV_UNMERGEABLE);
		madvise(c->area, c->bytes, MADV_MERGEABLE);
		op_count(env, UNMERGES, 1);
	}
	len = pread(c->full_scans, text, sizeof(text) - 1, 0);
	if (len > 0) {
		text[len] = '\0';
		op_count_max(env, FULL_SCANS, strtoull(text, NULL, 10));
	}
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct ksm *c = ctx;

	op_write_file(env, KSM_DIR "run", "0");
	if (c->full_scans > 0)
		close(c->full_scans);
	if (c->area)
		munmap(c->area, c->bytes);
}

static const struct op_param params[] = {
	{.name = "area-mb",
	 .type = OP_PARAM_INT,
	 .def = "16",
	 .min = 1,
	 .max = 4096,
	 .help = "size of the area to merge"},
	{.name = "pages-to-scan",
	 .type = OP_PARAM_INT,
	 .def = "1000",
	 .min = 1,
	 .max = 1000000,
	 .help = "pages that ksmd scans before it sleeps"},
	{.name = "sleep-ms",
	 .type = OP_PARAM_INT,
	 .def = "1",
	 .max = 60000,
	 .help = "how long ksmd then sleeps; with 0 hardly any block can go offline"},
	{.name = "unmerge-steps",
	 .type = OP_PARAM_INT,
	 .def = "256",
	 .max = 1000000,
	 .help = "unmerge the area every N steps; 0: never"},
	{NULL},
};

static const struct op_need needs[] = {{"/sys/kernel/mm/ksm/run", "KSM", NULL}, {NULL}};

static const char *const frames[] = {"ksm_", NULL};
static const struct op_visit visits[] = {{"get_ksm_page", PROBE_HOW_KSM, 0, "stable_node"},
					 {"ksm_get_folio", PROBE_HOW_KSM, 0, "stable_node"},
					 {NULL}};

const struct op op_ksm = {
	.name = "ksm",
	.help = "keeps ksmd merging pages, which it later looks up by PFN",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct ksm),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
