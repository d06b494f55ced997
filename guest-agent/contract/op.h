/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an op is. An op is one of the things that the agent runs against the kernel: a hammer
 * changes hotplug state, a walker touches pages by PFN, an observer looks for damage. The core (op-run.h) owns its thread,
 * CPU, scheduling class, pacing, seed, stop and counters; an op is a table entry with
 * setup(), step() and teardown(). docs/adding-an-op.md shows how to write one.
 *
 * The host links the same table: it lists ops and checks their parameters before a boot.
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
#define OP_INST_MAX	32 /* instances of one plan; also the recorder's slots */

enum op_kind {
	OP_HAMMER,
	OP_WALKER,
	OP_OBSERVER, /* looks for what the others have done: no part of a race, never left out */
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

/* One file that must be there, and what in the kernel brings it. A NULL path ends a table. */
struct op_need {
	const char *path;   /* absolute, as in the guest */
	const char *config; /* CONFIG_ symbol without the prefix and what else it takes, or NULL */
	const char *module; /* module that makes the file appear, or NULL */
};

/*
 * A function of the kernel by which a walker is seen to visit a page. A NULL func ends a table. Of
 * functions that differ between kernels name each: one that a kernel lacks is left out.
 */
struct op_visit {
	const char *func;
	enum probe_how how; /* what its argument tells */
	unsigned int arg;   /* its number, from 0, on most kernels */
	const char
		*argname; /* its name by BTF; several, with commas between, when kernels differ */
	/*
	 * Others call it, too: counted in the op's own threads, io_uring's workers of them and
	 * the kernel threads in @threads only. At most one such function an op, and it says the
	 * same of its argument in each op. Else whoever runs it is this walker.
	 */
	bool shared;
};

/* Results of step(); negative: -errno, the op ends there and says so. */
enum op_step {
	OP_STEP_DONE, /* one piece of work was done: counts as a step */
	OP_STEP_IDLE, /* nothing to do just now: the core sleeps a little */
	OP_STEP_END,  /* all that was asked for has been done: it is not called again */
};

struct op {
	const char *name; /* [a-z0-9-]+ */
	const char *help; /* one line */
	enum op_kind kind;
	bool grabs; /* a walker that may take a reference on a fake-offline page, without a race */
	/*
	 * What names a walker in the kernel. A walker has frames and visits, or says in one line
	 * (@unseen) why not.
	 */
	const char *const *frames;     /* functions that name it in a stack, by their beginnings */
	const struct op_visit *visits; /* what the probes count for it */
	const char *const *threads;    /* kernel threads that do this walk unasked, likewise */
	const char *same_as; /* the walker that it makes the kernel run, or NULL: itself */
	const char *unseen;
	const char *const *host_programs; /* brought by the initramfs (host-files.h); NULL: none */
	const struct op_need *needs;	  /* NULL: none */
	const char *const *modules; /* loaded where the kernel has them, beyond needs; NULL: none */
	const struct op_param *params; /* its own ones; NULL: none */
	const char *const *counters;   /* names, NULL-terminated, [a-z0-9_]+; NULL: none */
	size_t ctx_size;
	/*
	 * @ctx: ctx_size zeroed bytes, owned by the core. setup() may allocate and block; it
	 * returns 0, or -errno with a reason left by op_fail() (-EOPNOTSUPP: the op is skipped,
	 * the kernel lacks something), and then teardown() is called all the same. step() does
	 * one bounded piece of work in the op's own thread, without allocation, stdio or locks;
	 * an errno from the kernel's hotplug code is an outcome to count, not an error.
	 * teardown() must cope with a half-done setup().
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
/* Under what name the kernel's side of @op is counted and told: its own, or that of same_as. */
const char *op_walker(const struct op *op);

/* The i-th parameter of @op, its own ones first, then those that every op has; or NULL. */
const struct op_param *op_param_get(const struct op *op, size_t i);
const struct op_param *op_param_find(const struct op *op, const char *key);
/*
 * May @key=@value be given to @op? 0; else -ENOENT (no such parameter), -EINVAL or -ERANGE, with
 * one line in @err that says what would be right.
 */
int op_param_check(const struct op *op, const char *key, const char *value, char *err, size_t size);
/* Writes what values @param takes, such as "0..1000" or "all|partly", into @buf; returns @buf. */
const char *op_param_form(const struct op_param *param, char *buf, size_t size);

/* One op of a plan: which, under what number, with what parameters. */
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
 * Fills @plan from an `op` message, checking all of it. 0 or -errno with one line in @err.
 * @plan needs op_plan_clear() after success only.
 */
int op_plan_parse(struct op_plan *plan, const struct wire_msg *msg, char *err, size_t size);
void op_plan_clear(struct op_plan *plan);

/*
 * Values of the plan, or defaults; for setup(). @key must be in the op's tables (else abort).
 * op_enum() gives the index into choices. The text is the plan's.
 */
int64_t op_int(const struct op_plan *plan, const char *key);
bool op_bool(const struct op_plan *plan, const char *key);
unsigned int op_enum(const struct op_plan *plan, const char *key);
const char *op_text(const struct op_plan *plan, const char *key);

#endif
