// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page cache churn. A lookup takes a reference on what it found in the tree, and only then checks
 * whether that page still belongs to the file. Several of these ops share one file, so that one
 * looks up what another truncates.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define FILE_NAME  "tmp/pfnhunt-page-cache"
#define PAGES_MAX  16
#define FILE_PAGES 4096

struct page_cache {
	int fd;
	size_t page_bytes;
	void *map; /* for mincore() only: what lies behind it comes and goes */
	uint64_t pass;
	unsigned char vec[FILE_PAGES];
	unsigned char buf[PAGES_MAX * 4096];
};

enum { READS, WRITES, CUTS, LOOKUPS, FAILED };
static const char *const counters[] = {"reads", "writes", "cuts", "lookups", "failed", NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct page_cache *c = ctx;

	c->map = MAP_FAILED;
	c->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	c->fd = openat(env->root_fd, FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (c->fd < 0)
		return op_fail(env, errno, "open /" FILE_NAME ": %s", strerror(errno));
	if (ftruncate(c->fd, (off_t)(FILE_PAGES * c->page_bytes)))
		return op_fail(env, errno, "ftruncate /" FILE_NAME ": %s", strerror(errno));
	c->map = mmap(NULL, FILE_PAGES * c->page_bytes, PROT_READ, MAP_SHARED, c->fd, 0);
	return c->map == MAP_FAILED ? op_fail(env, errno, "mmap: %s", strerror(errno)) : 0;
}

static bool work(struct page_cache *c, struct op_env *env, off_t at)
{
	off_t size = (off_t)(FILE_PAGES * c->page_bytes);

	switch (c->pass % 4) {
	case 0:
		op_count(env, WRITES, 1);
		return pwrite(c->fd, c->buf, sizeof(c->buf), at) >= 0;
	case 1:
		op_count(env, READS, 1);
		posix_fadvise(c->fd, at, sizeof(c->buf), POSIX_FADV_WILLNEED);
		return pread(c->fd, c->buf, sizeof(c->buf), at) >= 0;
	case 2:
		op_count(env, LOOKUPS, 1);
		return !mincore(c->map, FILE_PAGES * c->page_bytes, c->vec);
	default:
		op_count(env, CUTS, 1);
		if (c->pass % 64 == 3) /* all behind it */
			return !ftruncate(c->fd, at) && !ftruncate(c->fd, size);
		return !fallocate(c->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at,
				  sizeof(c->buf));
	}
}

static int step(void *ctx, struct op_env *env)
{
	struct page_cache *c = ctx;
	off_t at = (off_t)(op_random(env, FILE_PAGES - PAGES_MAX) * c->page_bytes);

	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	if (!work(c, env, at))
		op_count(env, FAILED, 1);
	op_record(env, REC_PASS_END, c->pass++, 0);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct page_cache *c = ctx;

	if (c->map != MAP_FAILED)
		munmap(c->map, FILE_PAGES * c->page_bytes);
	if (c->fd < 0)
		return;
	close(c->fd);
	unlinkat(env->root_fd, FILE_NAME, 0);
}

static const struct op_need needs[] = {{"/tmp", "TMPFS", NULL}, {NULL}};

static const char *const frames[] = {"__filemap_get_folio", "filemap_get_",   "find_get_entries",
				     "find_lock_entries",   "next_uptodate_", NULL};
static const struct op_visit visits[] = {
	{"folio_mark_accessed", PROBE_HOW_PAGE, 0, "folio", .shared = true}, {NULL}};

const struct op op_page_cache = {
	.name = "page-cache",
	.help = "reads, writes, looks up and truncates a tmpfs file, shared by all instances",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.counters = counters,
	.ctx_size = sizeof(struct page_cache),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
