// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Suspends the machine up to a level and resumes at once (/sys/power/pm_test). At the freezer level
 * all tasks are stopped wherever they are: an offline in progress ends as if by a signal and is
 * cancelled, ksmd, kcompactd and khugepaged freeze, and all resume together. At the devices level
 * virtio-mem refuses to suspend on 6.1; on 7.3 the port to the host does not come back, and the
 * boot is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define STATE_FILE "sys/power/state"
#define TEST_FILE  "sys/power/pm_test"
#define DELAY_FILE "sys/module/suspend/parameters/pm_test_delay"
#define SYNC_FILE  "sys/power/sync_on_suspend"
/* How long a task that cannot be frozen holds up all others; the kernel's default is 20 s. */
#define TIMEOUT_FILE "sys/power/pm_freeze_timeout"
#define TIMEOUT_MS   "2000"

static const char *const level_choices[] = {"freezer", "devices", NULL};

enum { SUSPENDS, NOT_SUSPENDED, STOPPED_US, STOPPED_US_MAX, ERRNOS };
static const char *const counters[] = {"suspends",	 "not_suspended", "stopped_us",
				       "stopped_us_max", OP_ERRNOS,	  NULL};

struct suspend {
	int state;
	uint64_t gap_ns, next_ns;
};

/* The kernel waits some seconds at the level, unless told not to. */
static int prepare(struct op_env *env)
{
	static const char *const zeroed[] = {DELAY_FILE, SYNC_FILE};
	int ret;

	for (size_t i = 0; i < sizeof(zeroed) / sizeof(zeroed[0]); i++) {
		ret = op_write_file(env, zeroed[i], "0");
		if (ret)
			return ret;
	}
	ret = op_write_file(env, TIMEOUT_FILE, TIMEOUT_MS);
	return ret ? ret
		   : op_write_file(env, TEST_FILE, level_choices[op_enum(env->plan, "level")]);
}

static int setup(void *ctx, struct op_env *env)
{
	struct suspend *c = ctx;
	int ret = prepare(env);

	c->state = -1;
	c->gap_ns = (uint64_t)op_int(env->plan, "every-ms") * 1000000;
	if (ret)
		return ret;
	c->state = op_open(env, STATE_FILE, O_WRONLY);
	return c->state < 0 ? c->state : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct suspend *c = ctx;
	uint64_t start = op_now_ns(), us;
	int err;

	if (start < c->next_ns)
		return OP_STEP_IDLE;
	op_record(env, REC_PASS_BEGIN, 0, 0);
	err = op_write(c->state, "freeze");
	us = (op_now_ns() - start) / 1000;
	op_record(env, REC_PASS_END, 0, -err);
	c->next_ns = op_now_ns() + c->gap_ns;
	op_count(env, err ? NOT_SUSPENDED : SUSPENDS, 1);
	op_count(env, STOPPED_US, us);
	op_count_max(env, STOPPED_US_MAX, us);
	op_count_errno(env, ERRNOS, err);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct suspend *c = ctx;

	if (c->state < 0)
		return;
	close(c->state);
	op_write_file(env, TEST_FILE, "none");
}

static const struct op_param params[] = {
	{.name = "level",
	 .type = OP_PARAM_ENUM,
	 .def = "freezer",
	 .choices = level_choices,
	 .help = "freezer: freeze tasks; devices: also suspend devices (6.1: refused by "
		 "virtio-mem; 7.3: the boot is lost)"},
	{.name = "every-ms",
	 .type = OP_PARAM_INT,
	 .def = "500",
	 .max = 3600000,
	 .help = "time between suspends"},
	{NULL},
};

static const struct op_need needs[] = {
	{"/" STATE_FILE, "SUSPEND", NULL}, {"/" TEST_FILE, "PM_DEBUG", NULL}, {NULL}};

const struct op op_suspend = {
	.name = "suspend",
	.help = "suspends the machine up to a level and resumes at once",
	.kind = OP_HAMMER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct suspend),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
