// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Allocates and frees huge pages in a loop. With the vmemmap optimisation (HVO), most struct pages
 * of a huge page are mapped read-only to one shared page, and remapped when it is freed or demoted:
 * a walker that takes a reference there writes to a read-only struct page.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define OPTIMIZE_FILE "proc/sys/vm/hugetlb_optimize_vmemmap"
#define POOL_DIR      "sys/kernel/mm/hugepages/hugepages-"
#define MAP_SIZE_BITS 26 /* MAP_HUGE_SHIFT */

static const struct {
	const char *kb;
	unsigned int shift;
} sizes[] = {{"2048", 21}, {"1048576", 30}};
static const char *const size_choices[] = {"2M", "1G", NULL};

enum { ROUNDS, PAGES, SHORT, DEMOTED, TOUCHED, FAILED };
static const char *const counters[] = {"rounds",  "pages",  "short", "demoted",
				       "touched", "failed", NULL};

struct hugetlb {
	unsigned int size;
	bool touch, optimised;
	char wanted[24];
	int pool, demote; /* -1: no demotion */
};

static int open_pool(struct op_env *env, unsigned int size, const char *file, int flags)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), POOL_DIR "%skB/%s", sizes[size].kb, file);
	fd = op_open(env, path, flags);
	if (fd == -ENOENT)
		return op_fail(env, EOPNOTSUPP, "no /%s", path);
	return fd;
}

static int setup(void *ctx, struct op_env *env)
{
	struct hugetlb *c = ctx;
	int ret;

	c->pool = c->demote = -1;
	c->size = op_enum(env->plan, "size");
	c->touch = op_bool(env->plan, "touch");
	snprintf(c->wanted, sizeof(c->wanted), "%lld", (long long)op_int(env->plan, "pages"));
	if (op_bool(env->plan, "vmemmap")) {
		ret = op_write_file(env, OPTIMIZE_FILE, "1");
		if (ret == -ENOENT)
			return op_fail(env, EOPNOTSUPP,
				       "no /" OPTIMIZE_FILE
				       "; needs CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP");
		if (ret)
			return ret;
		c->optimised = true;
	}
	if (op_bool(env->plan, "demote")) {
		c->demote = open_pool(env, c->size, "demote", O_WRONLY);
		if (c->demote < 0)
			return c->demote;
	}
	c->pool = open_pool(env, c->size, "nr_hugepages", O_RDWR);
	return c->pool < 0 ? c->pool : 0;
}

static bool set_pool(struct hugetlb *c, struct op_env *env, const char *text)
{
	if (pwrite(c->pool, text, strlen(text), 0) >= 0)
		return true;
	op_count(env, FAILED, 1);
	return false;
}

static uint64_t pool_pages(const struct hugetlb *c)
{
	char text[24];
	ssize_t len = pread(c->pool, text, sizeof(text) - 1, 0);

	if (len <= 0)
		return 0;
	text[len] = '\0';
	return strtoull(text, NULL, 10);
}

/*
 * Faults the pages in, so that they are used and not only set aside. By madvise(): when virtio-mem
 * has taken pages out of the pool meanwhile, a write to the memory would end us with SIGBUS.
 */
static void touch(const struct hugetlb *c, struct op_env *env, uint64_t pages)
{
	size_t page_bytes = (size_t)1 << sizes[c->size].shift;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
		    (int)(sizes[c->size].shift << MAP_SIZE_BITS);
	uint64_t touched = 0;
	char *area;

	area = mmap(NULL, pages * page_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (area == MAP_FAILED) {
		op_count(env, FAILED, 1);
		return;
	}
	while (touched < pages && !op_stopping(env) &&
	       !madvise(area + touched * page_bytes, page_bytes, MADV_POPULATE_WRITE))
		touched++;
	munmap(area, pages * page_bytes);
	op_count(env, TOUCHED, touched);
	op_count(env, FAILED, touched < pages && !op_stopping(env));
}

static int step(void *ctx, struct op_env *env)
{
	struct hugetlb *c = ctx;
	uint64_t pages;

	op_record(env, REC_PASS_BEGIN, 0, 0);
	if (set_pool(c, env, c->wanted)) {
		pages = pool_pages(c);
		op_count(env, PAGES, pages);
		op_count(env, SHORT, pages < strtoull(c->wanted, NULL, 10));
		if (c->touch && pages)
			touch(c, env, pages);
		if (c->demote >= 0 && pages) {
			bool ok = pwrite(c->demote, c->wanted, strlen(c->wanted), 0) >= 0;

			op_count(env, ok ? DEMOTED : FAILED, 1);
		}
		set_pool(c, env, "0");
	}
	op_record(env, REC_PASS_END, 0, 0);
	op_count(env, ROUNDS, 1);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct hugetlb *c = ctx;

	if (c->pool >= 0)
		close(c->pool);
	if (c->demote >= 0)
		close(c->demote);
	if (c->optimised)
		op_write_file(env, OPTIMIZE_FILE, "0");
}

static const struct op_param params[] = {
	{.name = "size",
	 .type = OP_PARAM_ENUM,
	 .def = "2M",
	 .choices = size_choices,
	 .help = "huge page size; 1G needs CPU support and contiguous memory"},
	{.name = "pages",
	 .type = OP_PARAM_INT,
	 .def = "64",
	 .min = 1,
	 .max = 1000000,
	 .help = "number of pages requested; the kernel may find fewer"},
	{.name = "vmemmap",
	 .type = OP_PARAM_BOOL,
	 .def = "1",
	 .help = "enable the vmemmap optimisation (vm.hugetlb_optimize_vmemmap)"},
	{.name = "touch",
	 .type = OP_PARAM_BOOL,
	 .def = "1",
	 .help = "map the pages and write to each of them"},
	{.name = "demote",
	 .type = OP_PARAM_BOOL,
	 .def = "0",
	 .help = "with 1G: demote the pages to 2M before freeing them"},
	{NULL},
};

static const struct op_need needs[] = {{"/sys/kernel/mm/hugepages", "HUGETLB_PAGE", NULL}, {NULL}};

const struct op op_hugetlb = {
	.name = "hugetlb",
	.help = "allocates and frees huge pages with the vmemmap optimisation",
	.kind = OP_HAMMER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct hugetlb),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
