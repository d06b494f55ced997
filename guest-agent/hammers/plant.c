// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A planted splat: makes the kernel complain on purpose, once, to test everything from the kernel's
 * output to the verdict. Never part of a hunt.
 *
 * "text" only writes the text of a WARNING to the kernel's log, "hung-task" (plant-hang.h) is a
 * real report on any kernel, "panic" uses sysrq. The names in capitals are those of the lkdtm
 * module, for kernels that have it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/hammers/plant-hang.h"

#define LKDTM_FILE "sys/kernel/debug/provoke-crash/DIRECT"

enum { TEXT, HUNG_TASK, PANIC };
/* clang-format off */
static const char *const crash_choices[] = {
	"text", "hung-task", "panic",
	"WARNING", "WARNING_MESSAGE", "BUG", "BUG_IN_HARDIRQ", "EXCEPTION", "PANIC",
	"PANIC_IN_HARDIRQ", "PANIC_STOP_IRQOFF",
	"LOOP", "HARDLOCKUP", "SOFTLOCKUP", "HUNG_TASK", "SPINLOCKUP", "SMP_CALL_LOCKUP",
	"CORRUPT_STACK", "EXHAUST_STACK", "REPORT_STACK", "STACK_GUARD_PAGE_LEADING",
	"STACK_GUARD_PAGE_TRAILING", "UNSET_SMEP",
	"ACCESS_NULL", "ACCESS_USERSPACE", "WRITE_RO", "WRITE_KERN",
	"EXEC_DATA", "EXEC_NULL", "EXEC_USERSPACE", "EXEC_VMALLOC",
	"ARRAY_BOUNDS", "FAM_BOUNDS", "OVERFLOW_SIGNED", "FORTIFY_STRSCPY", "FORTIFY_MEM_OBJECT",
	"CORRUPT_LIST_ADD", "CORRUPT_LIST_DEL",
	"REFCOUNT_INC_ZERO", "REFCOUNT_DEC_ZERO", "REFCOUNT_DEC_NEGATIVE", "REFCOUNT_ADD_OVERFLOW",
	"SLAB_LINEAR_OVERFLOW", "SLAB_FREE_DOUBLE", "SLAB_FREE_CROSS", "SLAB_FREE_PAGE",
	"VMALLOC_LINEAR_OVERFLOW", "READ_AFTER_FREE", "WRITE_AFTER_FREE", "READ_BUDDY_AFTER_FREE",
	"KFENCE_READ_AFTER_FREE",
	"USERCOPY_KERNEL", "USERCOPY_SLAB_SIZE_TO", "USERCOPY_STACK_BEYOND",
	NULL
};
/* clang-format on */

enum { PLANTED };
static const char *const counters[] = {"planted", NULL};

static const char *const text_records[] = {
	"<4>------------[ cut here ]------------",
	"<4>WARNING: CPU: 0 PID: 1 at pfnhunt/plant.c:1 pfnhunt_plant+0x1/0x10",
	"<4>CPU: 0 PID: 1 Comm: plant Not tainted",
	"<4>Call Trace:",
	"<4> <TASK>",
	"<4> pfnhunt_plant+0x1/0x10",
	"<4> </TASK>",
	"<4>---[ end trace 0000000000000000 ]---",
};

struct plant {
	unsigned int crash;
	bool planted;
	int fd; /* what is written to */
	struct plant_hang hang;
};

static int setup(void *ctx, struct op_env *env)
{
	static const char *const files[] = {"dev/kmsg", NULL, "proc/sysrq-trigger"};
	struct plant *c = ctx;

	c->fd = c->hang.uffd = c->hang.file = -1;
	c->crash = op_enum(env->plan, "crash");
	if (c->crash == HUNG_TASK)
		return plant_hang_setup(&c->hang, env);
	c->fd = op_open(env, c->crash < 3 ? files[c->crash] : LKDTM_FILE, O_WRONLY);
	if (c->fd == -ENOENT)
		return op_fail(env, EOPNOTSUPP,
			       "no /" LKDTM_FILE "; needs CONFIG_LKDTM; comes with module lkdtm");
	return c->fd < 0 ? c->fd : 0;
}

static int plant_text(const struct plant *c)
{
	for (size_t i = 0; i < sizeof(text_records) / sizeof(text_records[0]); i++)
		if (write(c->fd, text_records[i], strlen(text_records[i])) < 0)
			return -errno;
	return 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct plant *c = ctx;
	const char *name = c->crash == PANIC ? "c" : crash_choices[c->crash];
	int ret = 0;

	if (c->planted)
		return OP_STEP_END;
	c->planted = true;
	if (c->crash == TEXT)
		ret = plant_text(c);
	else if (c->crash == HUNG_TASK)
		plant_hang_begin(&c->hang);
	else if (write(c->fd, name, strlen(name)) < 0)
		ret = -errno;
	if (ret)
		return op_fail(env, -ret, "the kernel refuses '%s': %s", name, strerror(-ret));
	op_count(env, PLANTED, 1);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct plant *c = ctx;

	if (c->crash == HUNG_TASK)
		plant_hang_end(&c->hang);
	if (c->fd >= 0)
		close(c->fd);
}

static const struct op_param params[] = {
	{.name = "crash",
	 .type = OP_PARAM_ENUM,
	 .def = "text",
	 .choices = crash_choices,
	 .help = "what to plant; hung-task takes about 2 s"},
	{NULL},
};

static const char *const modules[] = {"lkdtm", NULL};

const struct op op_plant = {
	.name = "plant",
	.help = "makes the kernel complain on purpose, once: for tests",
	.kind = OP_HAMMER,
	.modules = modules,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct plant),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
