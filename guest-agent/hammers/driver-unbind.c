// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unbinds the virtio-mem driver from its devices, once, while their blocks are hammered. Partly
 * plugged blocks keep their fake-offline pages, but nothing drops their references any more when a
 * block goes offline. The driver cannot bind again while its memory is still there, so a boot has
 * only one unbind; attempts to bind again must fail cleanly.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define DRIVER_DIR  "sys/bus/virtio/drivers/virtio_mem"
#define DEVICES_MAX 16

enum { UNBOUND, UNBIND_FAILED, BOUND, BIND_REFUSED };
static const char *const counters[] = {"unbound", "unbind_failed", "bound", "bind_refused", NULL};

struct driver_unbind {
	char name[DEVICES_MAX][24];
	unsigned int count, next;
	bool unbound[DEVICES_MAX];
	int unbind, bind;
	uint64_t after_ns, again_ns, due_ns;
};

static int find_devices(struct driver_unbind *c, struct op_env *env)
{
	int fd = op_open(env, DRIVER_DIR, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (fd < 0)
		return fd;
	if (!dir) {
		close(fd);
		return op_fail(env, ENOMEM, "fdopendir failed");
	}
	while (c->count < DEVICES_MAX && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, "virtio", 6) && strlen(entry->d_name) < 24)
			strcpy(c->name[c->count++], entry->d_name);
	closedir(dir);
	return c->count ? 0 : op_fail(env, EOPNOTSUPP, "no device in /" DRIVER_DIR);
}

static int setup(void *ctx, struct op_env *env)
{
	struct driver_unbind *c = ctx;
	int ret;

	c->bind = -1;
	c->after_ns = (uint64_t)op_int(env->plan, "after-ms") * 1000000;
	c->again_ns = (uint64_t)op_int(env->plan, "again-ms") * 1000000;
	c->unbind = op_open(env, DRIVER_DIR "/unbind", O_WRONLY);
	if (c->unbind < 0)
		return c->unbind;
	c->bind = op_open(env, DRIVER_DIR "/bind", O_WRONLY);
	if (c->bind < 0)
		return c->bind;
	ret = find_devices(c, env);
	return ret;
}

static void write_name(struct driver_unbind *c, struct op_env *env, unsigned int i)
{
	bool bind = c->unbound[i];
	int err;

	err = pwrite(bind ? c->bind : c->unbind, c->name[i], strlen(c->name[i]), 0) < 0 ? errno : 0;
	if (!err)
		c->unbound[i] = !bind;
	if (bind)
		op_count(env, err ? BIND_REFUSED : BOUND, 1);
	else
		op_count(env, err ? UNBIND_FAILED : UNBOUND, 1);
	if (!bind || !err)
		op_event(env, bind ? AGENT_EVENT_BOUND : AGENT_EVENT_UNBOUND, "device", (int64_t)i,
			 "errno", err);
}

static int step(void *ctx, struct op_env *env)
{
	struct driver_unbind *c = ctx;
	uint64_t now = op_now_ns();

	if (!c->due_ns)
		c->due_ns = now + c->after_ns;
	if (now < c->due_ns)
		return OP_STEP_IDLE;
	write_name(c, env, c->next++ % c->count);
	c->due_ns = op_now_ns() + c->again_ns;
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct driver_unbind *c = ctx;

	if (c->unbind >= 0)
		close(c->unbind);
	if (c->bind >= 0)
		close(c->bind);
}

static const struct op_param params[] = {
	{.name = "after-ms",
	 .type = OP_PARAM_INT,
	 .def = "2000",
	 .max = 3600000,
	 .help = "delay before the unbind"},
	{.name = "again-ms",
	 .type = OP_PARAM_INT,
	 .def = "1000",
	 .min = 1,
	 .max = 3600000,
	 .help = "time between attempts to unbind or bind again"},
	{NULL},
};

static const struct op_need needs[] = {{"/" DRIVER_DIR, "VIRTIO_MEM", NULL}, {NULL}};

const struct op op_driver_unbind = {
	.name = "driver-unbind",
	.help = "unbinds virtio_mem while blocks are partly plugged, and tries to bind it again",
	.kind = OP_HAMMER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct driver_unbind),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
