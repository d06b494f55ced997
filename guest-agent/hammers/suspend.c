// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Suspend to idle, woken by the clock chip. The devices are frozen and thawed with memory
 * plugged: virtio-mem either refuses that, or must find its blocks again as it left them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/op-env.h"

#define ALARM_FILE "sys/class/rtc/rtc0/wakealarm"
#define STATE_FILE "sys/power/state"

enum { SLEPT, REFUSED, ALARM_FAILED, SLEEP_MS };
static const char *const counters[] = {"slept", "refused", "alarm_failed", "sleep_ms", NULL};

struct suspend {
	int alarm, state;
	char seconds[16];
	uint64_t period_ns, due_ns;
	bool told;
};

static int setup(void *ctx, struct op_env *env)
{
	struct suspend *c = ctx;

	c->state = -1;
	c->period_ns = (uint64_t)op_int(env->plan, "period-ms") * 1000000;
	snprintf(c->seconds, sizeof(c->seconds), "+%lld", (long long)op_int(env->plan, "seconds"));
	c->alarm = op_open(env, ALARM_FILE, O_WRONLY);
	if (c->alarm < 0)
		return c->alarm;
	c->state = op_open(env, STATE_FILE, O_WRONLY);
	return c->state < 0 ? c->state : 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct suspend *c = ctx;
	uint64_t start = op_now_ns();
	int err;

	if (start < c->due_ns)
		return OP_STEP_IDLE;
	/* An alarm that is still set refuses a new one; one that is not must not be slept on. */
	if (pwrite(c->alarm, "0", 1, 0) < 0 ||
	    pwrite(c->alarm, c->seconds, strlen(c->seconds), 0) < 0) {
		op_count(env, ALARM_FAILED, 1);
	} else {
		op_record(env, REC_PASS_BEGIN, 0, 0);
		err = pwrite(c->state, "freeze", 6, 0) < 0 ? errno : 0;
		op_record(env, REC_PASS_END, 0, -err);
		op_count(env, err ? REFUSED : SLEPT, 1);
		op_count(env, SLEEP_MS, (op_now_ns() - start) / 1000000);
		if (err && !c->told)
			op_event(env, "suspend_refused", "errno", err, NULL, 0);
		c->told |= err != 0;
	}
	c->due_ns = op_now_ns() + c->period_ns;
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct suspend *c = ctx;

	if (c->alarm >= 0)
		close(c->alarm);
	if (c->state >= 0)
		close(c->state);
}

static const struct op_param params[] = {
	{.name = "seconds",
	 .type = OP_PARAM_INT,
	 .def = "1",
	 .min = 1,
	 .max = 5,
	 .help = "how long each sleep lasts; the guest is silent meanwhile"},
	{.name = "period-ms",
	 .type = OP_PARAM_INT,
	 .def = "1000",
	 .max = 3600000,
	 .help = "time from the end of one sleep to the next"},
	{NULL},
};

static const struct op_need needs[] = {
	{"/" STATE_FILE, "SUSPEND", NULL}, {"/" ALARM_FILE, "RTC_DRV_CMOS", "rtc_cmos"}, {NULL}};

const struct op op_suspend = {
	.name = "suspend",
	.help = "suspends the guest to idle and has the clock wake it",
	.kind = OP_HAMMER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct suspend),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
