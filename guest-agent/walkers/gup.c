// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * References taken from user space: get_user_pages_fast() reads a page table without a lock and
 * takes a reference before it checks again. Shared futexes hold it for an instant, vmsplice until
 * the pipe is read, and io_uring fixed buffers are pinned while they are registered (which first
 * moves the pages out of ZONE_MOVABLE).
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define PAGES_PER_STEP 16

enum { ALL, FUTEX, VMSPLICE, FIXED, HOWS };
static const char *const how_choices[] = {"all", "futex", "vmsplice", "fixed-buffers", NULL};

struct gup {
	struct walk_area area;
	struct io_uring ring;
	bool ring_up;
	int pipe[2];
	unsigned int how, hold_ms;
	uint64_t pass;
	unsigned char buf[PAGES_PER_STEP * 4096];
};

enum { FUTEXES, SPLICED, PINNED, FAILED };
static const char *const counters[] = {"futexes", "spliced_pages", "pinned_pages", "failed", NULL};

static int setup(void *ctx, struct op_env *env)
{
	struct gup *c = ctx;
	int ret;

	c->pipe[0] = c->pipe[1] = -1;
	c->how = op_enum(env->plan, "how");
	c->hold_ms = (unsigned int)op_int(env->plan, "hold-ms");
	if (pipe2(c->pipe, O_CLOEXEC | O_NONBLOCK))
		return op_fail(env, errno, "pipe: %s", strerror(errno));
	ret = io_uring_queue_init(1, &c->ring, 0);
	if (ret < 0)
		return op_fail(env, -ret, "io_uring: %s", strerror(-ret));
	c->ring_up = true;
	return walk_area_map(&c->area, env);
}

static bool futexes(struct gup *c, struct op_env *env, struct iovec *iov)
{
	for (size_t i = 0; i < PAGES_PER_STEP; i++)
		/* Nobody waits: the key, which needs the page, is looked up all the same. */
		if (syscall(SYS_futex, (char *)iov->iov_base + i * c->area.page_bytes, FUTEX_WAKE,
			    1, NULL, NULL, 0) < 0)
			return false;
	op_count(env, FUTEXES, PAGES_PER_STEP);
	return true;
}

static bool splice_and_read(struct gup *c, struct op_env *env, struct iovec *iov)
{
	ssize_t len = vmsplice(c->pipe[1], iov, 1, SPLICE_F_NONBLOCK);

	if (len < 0)
		return false;
	op_count(env, SPLICED, (uint64_t)len / c->area.page_bytes);
	/* The pages are given back here, but stay in the pipe. */
	madvise(iov->iov_base, iov->iov_len, MADV_DONTNEED);
	walk_sleep_ms(c->hold_ms);
	while (read(c->pipe[0], c->buf, sizeof(c->buf)) > 0)
		;
	return true;
}

static bool pin(struct gup *c, struct op_env *env, struct iovec *iov)
{
	if (io_uring_register_buffers(&c->ring, iov, 1))
		return false;
	op_count(env, PINNED, PAGES_PER_STEP);
	madvise(iov->iov_base, iov->iov_len, MADV_DONTNEED);
	walk_sleep_ms(c->hold_ms);
	return !io_uring_unregister_buffers(&c->ring);
}

static int step(void *ctx, struct op_env *env)
{
	static bool (*const ways[])(struct gup *, struct op_env *, struct iovec *) = {
		[FUTEX] = futexes, [VMSPLICE] = splice_and_read, [FIXED] = pin};
	struct gup *c = ctx;
	unsigned int way = c->how == ALL ? FUTEX + (unsigned int)(c->pass % (HOWS - 1)) : c->how;
	size_t first = op_random(env, c->area.pages - PAGES_PER_STEP);
	struct iovec iov = {c->area.at + first * c->area.page_bytes,
			    PAGES_PER_STEP * c->area.page_bytes};

	walk_area_touch(&c->area, first, PAGES_PER_STEP);
	op_record(env, REC_PASS_BEGIN, c->pass, 0);
	if (!ways[way](c, env, &iov))
		op_count(env, FAILED, 1);
	op_record(env, REC_PASS_END, c->pass++, 0);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct gup *c = ctx;

	for (int i = 0; i < 2; i++)
		if (c->pipe[i] >= 0)
			close(c->pipe[i]);
	if (c->ring_up)
		io_uring_queue_exit(&c->ring);
	walk_area_unmap(&c->area);
}

static const struct op_param params[] = {
	{.name = "how",
	 .type = OP_PARAM_ENUM,
	 .def = "all",
	 .choices = how_choices,
	 .help = "shared futexes, vmsplice, io_uring fixed buffers, or all in turn"},
	{.name = "hold-ms",
	 .type = OP_PARAM_INT,
	 .def = "1",
	 .max = 60000,
	 .help = "how long a pipe or a fixed buffer keeps the pages"},
	WALK_AREA_PARAM("16"),
	{NULL},
};

static const char *const frames[] = {"get_user_pages", "pin_user_pages",
				     "internal_get_user_pages_fast", "gup_", NULL};
static const struct op_visit visits[] = {
	{"try_grab_folio", PROBE_HOW_PAGE, 0, "page,folio", .shared = true}, {NULL}};

const struct op op_gup = {
	.name = "gup",
	.help = "takes short references and long pins on its own pages from user space",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct gup),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
