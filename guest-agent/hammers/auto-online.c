// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flips the online policy of new memory blocks, and so their zone. With resizes that add and remove
 * blocks, the zones then interleave, which moves zone boundaries and changes zone->contiguous under
 * everything that walks a zone by PFN.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define ONLINE_FILE "sys/devices/system/memory/auto_online_blocks"
#define POLICY_FILE "sys/module/memory_hotplug/parameters/online_policy"

static const char *const online[] = {"online_movable", "online_kernel", "online", "offline"};
static const char *const policy[] = {"contig-zones", "auto-movable"};

enum { FLIPS, POLICY_FLIPS, FAILED };
static const char *const counters[] = {"flips", "policy_flips", "failed", NULL};

struct auto_online {
	int online_fd, policy_fd;
	unsigned int choices;
	uint64_t hold_ns, next_ns;
};

static int setup(void *ctx, struct op_env *env)
{
	struct auto_online *c = ctx;

	c->policy_fd = -1;
	c->hold_ns = (uint64_t)op_int(env->plan, "hold-ms") * 1000000;
	c->choices = op_bool(env->plan, "offline") ? 4 : 3;
	c->online_fd = op_open(env, ONLINE_FILE, O_WRONLY);
	if (c->online_fd < 0)
		return c->online_fd;
	c->policy_fd = openat(env->root_fd, POLICY_FILE, O_WRONLY | O_CLOEXEC);
	return 0;
}

static void flip(struct op_env *env, int fd, const char *value, unsigned int counter)
{
	op_count(env, pwrite(fd, value, strlen(value), 0) < 0 ? FAILED : counter, 1);
}

static int step(void *ctx, struct op_env *env)
{
	struct auto_online *c = ctx;
	uint64_t now = op_now_ns();

	if (now < c->next_ns)
		return OP_STEP_IDLE;
	c->next_ns = now + c->hold_ns;
	flip(env, c->online_fd, online[op_random(env, c->choices)], FLIPS);
	if (c->policy_fd >= 0)
		flip(env, c->policy_fd, policy[op_random(env, 2)], POLICY_FLIPS);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct auto_online *c = ctx;

	if (c->online_fd >= 0)
		close(c->online_fd);
	if (c->policy_fd >= 0)
		close(c->policy_fd);
}

static const struct op_param params[] = {
	{.name = "hold-ms",
	 .type = OP_PARAM_INT,
	 .def = "200",
	 .max = 3600000,
	 .help = "time from one flip to the next"},
	{.name = "offline",
	 .type = OP_PARAM_BOOL,
	 .def = "0",
	 .help = "blocks may also stay offline; virtio-mem stops plugging at 1 GiB of those"},
	{NULL},
};

static const struct op_need needs[] = {{"/" ONLINE_FILE, "MEMORY_HOTPLUG", NULL}, {NULL}};

const struct op op_auto_online = {
	.name = "auto-online",
	.help = "flips the zone that new memory blocks go to; needs resizes that add them",
	.kind = OP_HAMMER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct auto_online),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
