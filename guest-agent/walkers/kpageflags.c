// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads /proc/kpageflags with several requests in flight: each of them reads struct pages by PFN
 * after nothing but pfn_to_online_page(). io_uring passes such reads to its workers, so one op
 * makes several concurrent walkers.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define KPF_OFFLINE 23

enum { ALL, AIMED };
static const char *const range_choices[] = {"all", "aimed", NULL};

enum { READS, PAGES, FAKE_OFFLINE, FAILED };
static const char *const counters[] = {"reads", "pages", "fake_offline_pages", "failed", NULL};

struct kpageflags {
	struct io_uring ring;
	bool ring_up;
	int fd;
	unsigned int depth, range, in_flight;
	size_t chunk_pages, map_bytes;
	uint64_t *buf; /* depth chunks */
	struct targets targets;
	uint32_t block[TARGETS_BLOCKS_MAX]; /* AIMED: these, one after the other */
	size_t block_count;
	uint64_t page; /* where the next chunk starts: PFN, or page of the aimed blocks */
	bool at_end;
};

static int setup(void *ctx, struct op_env *env)
{
	struct kpageflags *c = ctx;
	cpu_set_t cpus;
	int ret;

	c->depth = (unsigned int)op_int(env->plan, "depth");
	c->chunk_pages = (size_t)op_int(env->plan, "chunk-pages");
	c->range = op_enum(env->plan, "range");
	c->fd = op_open(env, "proc/kpageflags", O_RDONLY);
	if (c->fd < 0)
		return c->fd;
	/* Mapped, not allocated: a read that outlives the op must not write into the heap. */
	c->map_bytes = c->depth * c->chunk_pages * sizeof(uint64_t);
	c->buf = mmap(NULL, c->map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (c->buf == MAP_FAILED) {
		c->buf = NULL;
		return op_fail(env, errno, "mmap of the buffers: %s", strerror(errno));
	}
	ret = io_uring_queue_init(c->depth, &c->ring, 0);
	if (ret < 0)
		return op_fail(env, -ret, "io_uring: %s", strerror(-ret));
	c->ring_up = true;
	if (env->cpu >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET((size_t)env->cpu, &cpus);
		io_uring_register_iowq_aff(&c->ring, sizeof(cpus), &cpus);
	}
	return 0;
}

/* Notes which blocks to read when the targets have changed. */
static void look_around(struct kpageflags *c, struct op_env *env)
{
	if (!targets_read(env->targets, &c->targets))
		return;
	c->block_count = 0;
	for (size_t i = 0; i < c->targets.block_count; i++)
		if (c->targets.block[i].flags & TARGET_AIMED)
			c->block[c->block_count++] = c->targets.block[i].number;
}

/* The next chunk to read, as PFN and pages; false when there is nothing to aim at. */
static bool next_chunk(struct kpageflags *c, uint64_t *pfn, size_t *pages)
{
	uint64_t size = c->targets.block_pages;

	*pfn = c->page;
	*pages = c->chunk_pages;
	if (c->range == AIMED) {
		if (!c->block_count)
			return false;
		*pfn = c->block[c->page / size % c->block_count] * size + c->page % size;
		if (*pages > size - c->page % size)
			*pages = size - c->page % size;
	}
	c->page += *pages;
	return true;
}

static void reap(struct kpageflags *c, struct op_env *env, const struct io_uring_cqe *cqe)
{
	const uint64_t *flags = c->buf + cqe->user_data * c->chunk_pages;
	uint64_t offline = 0;

	if (cqe->res < 0) {
		op_count(env, FAILED, 1);
		return;
	}
	for (size_t i = 0; i < (size_t)cqe->res / sizeof(*flags); i++)
		offline += flags[i] >> KPF_OFFLINE & 1;
	op_count(env, READS, 1);
	op_count(env, PAGES, (size_t)cqe->res / sizeof(*flags));
	op_count(env, FAKE_OFFLINE, offline);
	if (cqe->res == 0)
		c->at_end = true;
}

static int step(void *ctx, struct op_env *env)
{
	struct kpageflags *c = ctx;
	struct io_uring_cqe *cqe;

	look_around(c, env);
	op_record(env, REC_PASS_BEGIN, c->page, 0);
	while (c->in_flight < c->depth) {
		struct io_uring_sqe *sqe;
		uint64_t pfn;
		size_t pages;

		if (!next_chunk(c, &pfn, &pages))
			break;
		sqe = io_uring_get_sqe(&c->ring);
		io_uring_prep_read(sqe, c->fd, c->buf + c->in_flight * c->chunk_pages,
				   (unsigned int)(pages * sizeof(uint64_t)),
				   pfn * sizeof(uint64_t));
		sqe->user_data = c->in_flight++;
	}
	if (!c->in_flight)
		return OP_STEP_IDLE;
	/* All of a batch are waited for, so that no buffer is used twice; EINTR: wait again. */
	while (c->in_flight && !op_stopping(env)) {
		int ret = io_uring_submit_and_wait(&c->ring, c->in_flight);

		if (ret < 0 && ret != -EINTR)
			return op_fail(env, -ret, "io_uring: %s", strerror(-ret));
		while (c->in_flight && !io_uring_peek_cqe(&c->ring, &cqe)) {
			reap(c, env, cqe);
			io_uring_cqe_seen(&c->ring, cqe);
			c->in_flight--;
		}
	}
	op_record(env, REC_PASS_END, c->page, 0);
	if (c->range == ALL && c->at_end)
		c->page = 0;
	c->at_end = false;
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct kpageflags *c = ctx;

	if (c->ring_up)
		io_uring_queue_exit(&c->ring);
	if (c->buf)
		munmap(c->buf, c->map_bytes);
	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_param params[] = {
	{.name = "range",
	 .type = OP_PARAM_ENUM,
	 .def = "aimed",
	 .choices = range_choices,
	 .help = "all memory, or only the hammered blocks"},
	{.name = "depth",
	 .type = OP_PARAM_INT,
	 .def = "4",
	 .min = 1,
	 .max = 64,
	 .help = "reads in flight"},
	{.name = "chunk-pages",
	 .type = OP_PARAM_INT,
	 .def = "2048",
	 .min = 1,
	 .max = 65536,
	 .help = "pages per read"},
	{NULL},
};

static const struct op_need needs[] = {{"/proc/kpageflags", "PROC_PAGE_MONITOR", NULL}, {NULL}};

static const char *const frames[] = {"kpageflags_read", "stable_page_flags", NULL};
static const struct op_visit visits[] = {
	{"pfn_to_online_page", PROBE_HOW_PFN, 0, "pfn", .shared = true}, {NULL}};

const struct op op_kpageflags = {
	.name = "kpageflags",
	.help = "reads page flags by PFN, with several reads in flight",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct kpageflags),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
