// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hammer: takes memory blocks offline and online again through sysfs. Every offline of a partly
 * plugged block makes virtio-mem drop the references of its fake-offline pages, which is the
 * instant the walkers must hit. The files stay open, so that one cycle is two writes.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/hammers/block-files.h"

#define ODD_ERRNOS_TOLD 8

enum { SEQUENTIAL, RANDOM };
static const char *const order_choices[] = {"sequential", "random", NULL};
static const char *const online_choices[] = {"online_movable", "online", "online_kernel", NULL};

/* Outcome of a write; counted for offline and for online. */
enum outcome { OK, BUSY, INTERRUPTED, AGAIN, SO_ALREADY, DENIED, GONE, OTHER, OUTCOMES };

enum counter {
	OFFLINE,
	ONLINE = OFFLINE + OUTCOMES,
	OVERDUE = ONLINE + OUTCOMES,
	OFFLINE_US,
	OFFLINE_US_MAX,
	ONLINE_US,
	BLOCKS,
	RESCANS,
};

/* clang-format off */
static const char *const counters[] = {
	"offline_ok", "offline_ebusy", "offline_eintr", "offline_eagain", "offline_einval",
	"offline_eperm", "offline_enodev", "offline_other",
	"online_ok", "online_ebusy", "online_eintr", "online_eagain", "online_einval",
	"online_eperm", "online_enodev", "online_other",
	"overdue", "offline_us", "offline_us_max", "online_us", "blocks", "rescans", NULL};
/* clang-format on */

struct block_state {
	struct block_files files;
	unsigned int order, deadline_ms, odd_errnos, next;
	const char *online;
};

static enum outcome outcome(int err)
{
	switch (err) {
	case 0:
		return OK;
	case EBUSY:
		return BUSY;
	case EINTR:
		return INTERRUPTED;
	case EAGAIN:
		return AGAIN;
	case EINVAL:
		return SO_ALREADY;
	case EPERM: /* virtio-mem denies to online what it is about to remove */
		return DENIED;
	case ENODEV:
		return GONE;
	default:
		return OTHER;
	}
}

/* Writes one state. Returns 0 or the errno, and counts from @base on. */
static int write_state(struct block_state *c, struct op_env *env, struct block_file *file,
		       const char *state, enum counter base, enum counter time)
{
	bool offline = base == OFFLINE;
	uint64_t start, us, deadline_ms;
	int err;

	op_record(env, offline ? REC_OFFLINE_BEGIN : REC_ONLINE_BEGIN, file->number, 0);
	deadline_ms = op_deadline(env, c->deadline_ms);
	start = op_now_ns();
	err = pwrite(file->fd, state, strlen(state), 0) < 0 ? errno : 0;
	us = (op_now_ns() - start) / 1000;
	op_deadline_clear(env);
	op_record(env, offline ? REC_OFFLINE_END : REC_ONLINE_END, file->number, -err);

	op_count(env, base + outcome(err), 1);
	op_count(env, time, us);
	if (offline)
		op_count_max(env, OFFLINE_US_MAX, us);
	if (us >= deadline_ms * 1000) {
		op_count(env, OVERDUE, 1);
		op_event(env, offline ? AGENT_EVENT_OFFLINE_OVERDUE : AGENT_EVENT_ONLINE_OVERDUE,
			 "block", file->number, "ms", (int64_t)(us / 1000));
	}
	if (outcome(err) == OTHER && c->odd_errnos < ODD_ERRNOS_TOLD) {
		c->odd_errnos++;
		op_event(env, offline ? AGENT_EVENT_OFFLINE_ERRNO : AGENT_EVENT_ONLINE_ERRNO,
			 "block", file->number, "errno", err);
	}
	if (err == ENODEV) {
		/* Removed; perhaps it is back already under the same number. */
		block_file_reopen(file, env);
	}
	return err;
}

static int setup(void *ctx, struct op_env *env)
{
	struct block_state *c = ctx;

	c->online = online_choices[op_enum(env->plan, "online")];
	c->order = op_enum(env->plan, "order");
	c->deadline_ms = (unsigned int)op_int(env->plan, "deadline-ms");
	return block_files_setup(&c->files, env);
}

static int step(void *ctx, struct op_env *env)
{
	struct block_state *c = ctx;
	struct block_file *file;
	int err;

	if (block_files_update(&c->files, env)) {
		op_count(env, RESCANS, 1);
		op_set(env, BLOCKS, c->files.count);
	}
	if (!c->files.count)
		return OP_STEP_IDLE;
	if (c->order == RANDOM)
		file = &c->files.file[op_random(env, c->files.count)];
	else
		file = &c->files.file[c->next++ % c->files.count];
	if (file->fd < 0)
		return OP_STEP_IDLE;
	if (!block_files_attempt(&c->files))
		return OP_STEP_END;
	err = write_state(c, env, file, "offline", OFFLINE, OFFLINE_US);
	/* EINVAL: it was offline already. In all other cases it still is online. */
	if ((!err || err == EINVAL) && file->fd >= 0)
		write_state(c, env, file, c->online, ONLINE, ONLINE_US);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct block_state *c = ctx;

	block_files_close(&c->files);
}

static const struct op_param params[] = {
	BLOCK_FILES_PARAM,
	{.name = "online",
	 .type = OP_PARAM_ENUM,
	 .def = "online_movable",
	 .choices = online_choices,
	 .help = "how to online a block"},
	{.name = "order",
	 .type = OP_PARAM_ENUM,
	 .def = "sequential",
	 .choices = order_choices,
	 .help = "order in which blocks are used"},
	BLOCK_ATTEMPTS_PARAM,
	BLOCK_DEADLINE_PARAM,
	{NULL},
};

static const struct op_need needs[] = {
	{"/sys/devices/system/memory/block_size_bytes", "MEMORY_HOTPLUG", NULL}, {NULL}};

const struct op op_block_state = {
	.name = "block-state",
	.help = "takes memory blocks offline and online again through sysfs",
	.kind = OP_HAMMER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct block_state),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
