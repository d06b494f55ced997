/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an op is. Ops are what the agent runs against the kernel: a hammer changes hotplug state, a
 * walker touches pages by PFN, an observer looks for damage. An op is a table entry with setup(),
 * step() and teardown(); the core (guest-agent/op/run.h) owns its thread, CPU, scheduling class,
 * pacing, seed, counters, and stops it. docs/adding-an-op.md shows how to write one.
 *
 * The host links the same table, to list ops and to check their parameters before a boot.
 */
#ifndef PFNHUNT_OP_H
#define PFNHUNT_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-agent/contract/probe-table.h"

struct wire_msg;
struct op_env;

#define OP_COUNTERS_MAX 24
#define OP_INST_MAX	32 /* instances in a plan; also the number of the recorder's slots */

enum op_kind {
	OP_HAMMER,
	OP_WALKER,
	OP_OBSERVER, /* looks for damage; takes no part in a race and runs in every boot */
	OP_KINDS
};

enum op_param_type {
	OP_PARAM_INT,  /* min..max; decimal or 0x hex, '-' allowed */
	OP_PARAM_BOOL, /* 0|1 */
	OP_PARAM_ENUM, /* one of choices */
	OP_PARAM_TEXT, /* what valid() accepts */
};

struct op_param {
	const char *name; /* [a-z0-9-]+; NULL ends a table */
	enum op_param_type type;
	const char *def; /* default, as text; never NULL */
	int64_t min, max;
	const char *const *choices; /* ENUM: NULL-terminated */
	bool (*valid)(const char *value);
	const char *form; /* TEXT: what a valid value looks like, for messages and docs */
	const char *help;
};

/* A file that must exist, and what provides it. A NULL path ends a table. */
struct op_need {
	const char *path;   /* absolute path in the guest */
	const char *config; /* symbol without CONFIG_, and what else is needed, or NULL */
	const char *module; /* module that provides the file, or NULL */
};

/*
 * A kernel function that a walker calls for the pages it visits, for the probes to count. A NULL
 * func ends a table. List the names of all kernels: those that a kernel lacks are skipped.
 */
struct op_visit {
	const char *func;
	enum probe_how how;  /* how its argument gives the PFN */
	unsigned int arg;    /* index of the argument, from 0, on most kernels */
	const char *argname; /* name in BTF; comma-separated if kernels differ */
	/*
	 * Not only this walker calls it: count it only in the op's own threads, their io_uring
	 * workers and the kernel threads in @threads. At most one such function per op; all ops
	 * that share it must describe its argument alike. If false, every caller is counted.
	 */
	bool shared;
};

/* Results of step(). Negative: -errno, the op ends and reports it. */
enum op_step {
	OP_STEP_DONE, /* did one piece of work: counts as a step */
	OP_STEP_IDLE, /* nothing to do now: the core sleeps briefly */
	OP_STEP_END,  /* all work is done: step() is not called again */
};

struct op {
	const char *name; /* [a-z0-9-]+ */
	const char *help; /* one line */
	enum op_kind kind;
	bool grabs; /* a walker that may take a reference on a fake-offline page, without a race */
	/*
	 * How a walker is recognised in the kernel. A walker has frames and visits, or @unseen
	 * says in one line why not.
	 */
	const char *const *frames;     /* prefixes of functions that identify it in a stack */
	const struct op_visit *visits; /* what probes count */
	const char *const *threads; /* prefixes of kernel threads that do this walk by themselves */
	const char *same_as; /* name of the walker that it makes the kernel run; NULL: itself */
	const char *unseen;
	const char *const *host_programs; /* for the initramfs (host-files.h); NULL: none */
	const struct op_need *needs;	  /* NULL: none */
	const char *const *modules; /* loaded if the kernel has them, besides needs; NULL: none */
	const struct op_param *params; /* of its own; NULL: none */
	const char *const *counters;   /* names, NULL-terminated, [a-z0-9_]+; NULL: none */
	size_t ctx_size;
	/*
	 * @ctx: ctx_size zeroed bytes, owned by the core. setup() may allocate and block; it
	 * returns 0, or -errno with a reason set by op_fail() (-EOPNOTSUPP: the kernel lacks
	 * something, the op is skipped). step() does one bounded piece of work in the op's own
	 * thread, without allocation, stdio or locks; an errno from the kernel's hotplug code is
	 * an outcome to count, not an error. teardown() is also called after setup() failed, so
	 * it must cope with a partial setup.
	 */
	int (*setup)(void *ctx, struct op_env *env); /* NULL: nothing to do */
	int (*step)(void *ctx, struct op_env *env);
	void (*teardown)(void *ctx, struct op_env *env); /* NULL: nothing to do */
};

/* The table of all ops, in the order of op-table.h. NULL when @i is past the end. */
const struct op *op_get(size_t i);
/* The op called @name, or NULL. */
const struct op *op_find(const char *name);
const char *op_kind_name(enum op_kind kind);
/* The name under which @op's visits and splats are reported: its own, or same_as. */
const char *op_walker(const struct op *op);

/* The i-th parameter of @op: its own first, then those of every op. NULL past the end. */
const struct op_param *op_param_get(const struct op *op, size_t i);
const struct op_param *op_param_find(const struct op *op, const char *key);
/*
 * Whether @op accepts @key=@value: 0, -ENOENT (no such parameter), -EINVAL or -ERANGE. On error
 * @err gets one line that says what would be valid.
 */
int op_param_check(const struct op *op, const char *key, const char *value, char *err, size_t size);
/* Writes the valid values of @param, such as "0..1000" or "all|partly", to @buf; returns @buf. */
const char *op_param_form(const struct op_param *param, char *buf, size_t size);

/* One op of a plan, with its instance number and parameters. */
struct op_plan {
	const struct op *op;
	unsigned int inst;
	unsigned int kv_count;
	struct {
		const struct op_param *param;
		char *value;
	} kv[32];
};

/*
 * Fills @plan from an `op` message and validates it. 0, or -errno with one line in @err. @plan
 * needs op_plan_clear() after success only.
 */
int op_plan_parse(struct op_plan *plan, const struct wire_msg *msg, char *err, size_t size);
void op_plan_clear(struct op_plan *plan);

/*
 * Values from the plan, or else defaults; for setup(). Abort if the op has no parameter @key.
 * op_enum() returns an index into choices. The text is owned by the plan.
 */
int64_t op_int(const struct op_plan *plan, const char *key);
bool op_bool(const struct op_plan *plan, const char *key);
unsigned int op_enum(const struct op_plan *plan, const char *key);
const char *op_text(const struct op_plan *plan, const char *key);

#endif
