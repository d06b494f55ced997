// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offlines that never complete: each reaches MEM_GOING_OFFLINE, where virtio-mem drops the
 * references of its fake-offline pages, and then MEM_CANCEL_OFFLINE, where it takes them again. A
 * page that a walker freed in between is in the buddy allocator by then. No online is needed
 * afterwards, so the window opens far more often than with complete offlines.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest-agent/hammers/block-files.h"

#define INJECT_FILE   "sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_OFFLINE/error"
#define CANCEL_SIGNAL SIGUSR2

enum { INJECT, SIGNAL };
static const char *const by_choices[] = {"inject", "signal", NULL};
static const char *const online_choices[] = {"online_movable", "online", "online_kernel", NULL};

enum {
	CANCELLED,
	WENT_OFFLINE,
	NOT_BEGUN,
	GONE,
	OTHER,
	OVERDUE,
	ONLINE_FAILED,
	OFFLINE_US,
	BLOCKS
};
static const char *const counters[] = {"cancelled", "went_offline", "not_begun",  "enodev", "other",
				       "overdue",   "online_bad",   "offline_us", "blocks", NULL};

struct block_cancel {
	struct block_files files;
	unsigned int by, deadline_ms, signal_us, next;
	const char *online;
	bool injecting, timer_up;
	timer_t timer;
};

static void on_cancel_signal(int sig)
{
}

static int setup(void *ctx, struct op_env *env)
{
	struct sigaction action = {.sa_handler = on_cancel_signal}; /* no SA_RESTART: EINTR */
	struct block_cancel *c = ctx;
	int ret;

	c->by = op_enum(env->plan, "by");
	c->online = online_choices[op_enum(env->plan, "online")];
	c->deadline_ms = (unsigned int)op_int(env->plan, "deadline-ms");
	c->signal_us = (unsigned int)op_int(env->plan, "signal-us");
	if (c->by == SIGNAL) {
		sigaction(CANCEL_SIGNAL, &action, NULL);
		return block_files_setup(&c->files, env);
	}
	/*
	 * What the chain is told: virtio-mem expects EBUSY or ENOMEM and warns of all else. ENOMEM,
	 * because that cannot be mistaken for a block whose pages could not be isolated.
	 */
	ret = op_write_file(env, INJECT_FILE, "-12");
	if (ret == -ENOENT)
		return op_fail(env, EOPNOTSUPP,
			       "no /" INJECT_FILE "; needs "
			       "CONFIG_MEMORY_NOTIFIER_ERROR_INJECT; by=signal does without");
	if (ret)
		return ret;
	c->injecting = true;
	return block_files_setup(&c->files, env);
}

/* The timer signals the thread that makes it, so that is done in the first step. */
static int make_timer(struct block_cancel *c, struct op_env *env)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = CANCEL_SIGNAL};

	event._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &c->timer))
		return op_fail(env, errno, "timer_create: %s", strerror(errno));
	c->timer_up = true;
	return 0;
}

/* Pending at any moment before the kernel looks for it, the signal cancels the offline. */
static void arm(struct block_cancel *c, uint64_t us)
{
	struct itimerspec at = {.it_value = {.tv_sec = (time_t)(us / 1000000),
					     .tv_nsec = (long)(us % 1000000) * 1000}};

	timer_settime(c->timer, 0, &at, NULL);
}

static int offline(struct block_cancel *c, struct op_env *env, const struct block_file *file)
{
	uint64_t start, us, deadline_ms;
	int err;

	op_record(env, REC_OFFLINE_BEGIN, file->number, 0);
	deadline_ms = op_deadline(env, c->deadline_ms);
	start = op_now_ns();
	if (c->by == SIGNAL)
		arm(c, 1 + op_random(env, c->signal_us));
	err = pwrite(file->fd, "offline", 7, 0) < 0 ? errno : 0;
	if (c->by == SIGNAL)
		arm(c, 0);
	us = (op_now_ns() - start) / 1000;
	op_deadline_clear(env);
	op_record(env, REC_OFFLINE_END, file->number, -err);
	op_count(env, OFFLINE_US, us);
	if (us >= deadline_ms * 1000) {
		op_count(env, OVERDUE, 1);
		op_event(env, AGENT_EVENT_OFFLINE_OVERDUE, "block", file->number, "ms",
			 (int64_t)(us / 1000));
	}
	return err;
}

static void bring_back(struct block_cancel *c, struct op_env *env, const struct block_file *file)
{
	op_record(env, REC_ONLINE_BEGIN, file->number, 0);
	op_deadline(env, c->deadline_ms);
	if (pwrite(file->fd, c->online, strlen(c->online), 0) < 0)
		op_count(env, ONLINE_FAILED, 1);
	op_deadline_clear(env);
	op_record(env, REC_ONLINE_END, file->number, 0);
}

static int step(void *ctx, struct op_env *env)
{
	struct block_cancel *c = ctx;
	struct block_file *file;
	int err;

	if (c->by == SIGNAL && !c->timer_up && make_timer(c, env))
		return -EAGAIN;
	if (block_files_update(&c->files, env))
		op_set(env, BLOCKS, c->files.count);
	if (!c->files.count)
		return OP_STEP_IDLE;
	file = &c->files.file[c->next++ % c->files.count];
	if (file->fd < 0)
		return OP_STEP_IDLE;
	if (!block_files_attempt(&c->files))
		return OP_STEP_END;
	err = offline(c, env, file);
	switch (err) {
	case EINTR:
	case ENOMEM:
	case EBUSY: /* perhaps an unmovable page: it goes the same way back */
		op_count(env, CANCELLED, 1);
		break;
	case 0:
		op_count(env, WENT_OFFLINE, 1);
		bring_back(c, env, file);
		break;
	case EINVAL: /* it was offline already */
	case EAGAIN:
		op_count(env, NOT_BEGUN, 1);
		bring_back(c, env, file);
		break;
	case ENODEV:
		op_count(env, GONE, 1);
		block_file_reopen(file, env);
		break;
	default:
		op_count(env, OTHER, 1);
	}
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct block_cancel *c = ctx;

	if (c->injecting)
		op_write_file(env, INJECT_FILE, "0");
	if (c->timer_up)
		timer_delete(c->timer);
	block_files_close(&c->files);
}

static const struct op_param params[] = {
	BLOCK_FILES_PARAM,
	{.name = "by",
	 .type = OP_PARAM_ENUM,
	 .def = "inject",
	 .choices = by_choices,
	 .help = "how to cancel: an error injected after virtio-mem's notifier, or a signal"},
	{.name = "signal-us",
	 .type = OP_PARAM_INT,
	 .def = "300",
	 .min = 1,
	 .max = 1000000,
	 .help = "by=signal: maximum of the random delay from the start of the write to the "
		 "signal"},
	{.name = "online",
	 .type = OP_PARAM_ENUM,
	 .def = "online_movable",
	 .choices = online_choices,
	 .help = "how to online a block that went offline after all"},
	BLOCK_ATTEMPTS_PARAM,
	BLOCK_DEADLINE_PARAM,
	{NULL},
};

static const struct op_need needs[] = {
	{"/sys/devices/system/memory/block_size_bytes", "MEMORY_HOTPLUG", NULL}, {NULL}};

/* The lowest priority: it must fail behind virtio-mem, whichever was loaded first. */
static const char *const modules[] = {"memory_notifier_error_inject priority=-1", NULL};

const struct op op_block_cancel = {
	.name = "block-cancel",
	.help = "starts to offline memory blocks and has each attempt cancelled",
	.kind = OP_HAMMER,
	.needs = needs,
	.modules = modules,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct block_cancel),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
