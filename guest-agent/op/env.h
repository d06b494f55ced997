/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the core gives to a running op: its files' root, its plan, counters, events, random
 * numbers, the shared targets, the recorder and a deadline. All but the setup part may be used
 * in step(): nothing here allocates, locks or blocks. An env belongs to one op's thread.
 */
#ifndef PFNHUNT_OP_ENV_H
#define PFNHUNT_OP_ENV_H

#include <stdatomic.h>
#include <sys/types.h>

#include "guest-agent/op/block-select.h"
#include "guest-agent/contract/events.h"
#include "guest-agent/contract/op.h"
#include "guest-agent/contract/recorder.h"
#include "guest-agent/op/targets.h"

#define OP_EVENT_RING 64 /* events that may wait for the core; more are counted as lost */

struct op_event {
	uint64_t t_ns;
	enum agent_event what;
	const char *of;	    /* what it is about, or NULL; lives as long as the op */
	const char *key[2]; /* static text or NULL */
	int64_t value[2];
};

struct op_env {
	const struct op_plan *plan;
	int root_fd; /* every path of an op is opened relative to it, without the leading '/' */
	int cpu;     /* that the op runs on; -1: not pinned */
	struct targets_box *targets;
	const struct block_select *_Atomic hammers; /* set by a hammer's setup(): its blocks */
	struct rec_slot *rec;			    /* NULL without a recorder */
	struct rec_head *rec_head;
	char reason[160]; /* of a failed setup or of the op's end */
	/* Called for each op_record(), in the op's thread; may be NULL. Set before the op starts. */
	void (*on_record)(void *user, struct op_env *env, enum rec_action action, uint64_t arg);
	void *on_record_user;
	uint64_t aim_pfn, aim_pages; /* what the next pass reads; 0 pages: perhaps all there is */

	_Atomic int killed_by; /* the signal that has ended the thread; 0: none */
	_Atomic uint64_t killed_addr;

	_Atomic bool stop;
	_Atomic bool pause, paused; /* the core's wish, and the op's answer between two steps */
	_Atomic uint64_t steps;
	/* What came of a hammer's offlines; op_record() counts them, see rec_offline_reached(). */
	_Atomic uint64_t offlines, offlines_ok, offlines_refused;
	_Atomic uint64_t refused_in_row; /* since one got there */
	_Atomic uint64_t reached_ns;	 /* when that was; at first the op's start */
	_Atomic int refused_errno;	 /* of the last one */
	_Atomic uint64_t count[OP_COUNTERS_MAX];
	_Atomic uint64_t deadline_ns; /* 0: none */
	unsigned int patience;	      /* percent; see op_deadline() */
	uint64_t random_state;

	struct op_event event[OP_EVENT_RING]; /* written by the op, read by the core */
	_Atomic uint32_t event_head, event_tail;
	_Atomic uint64_t events_lost;
};

/* CLOCK_MONOTONIC. */
uint64_t op_now_ns(void);

/* Leaves the reason for a failure and returns -err. */
int op_fail(struct op_env *env, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * For setup(): opens @path (no leading '/') below the root with O_CLOEXEC. Returns the fd, or
 * -errno with the reason left.
 */
int op_open(struct op_env *env, const char *path, int flags);
/* Writes @value to a file below the root. 0, or -errno with the reason left. */
int op_write_file(struct op_env *env, const char *path, const char *value);
/* Writes @text to a file that is kept open, seekable or not. 0 or a positive errno. */
int op_write(int fd, const char *text);
/*
 * Reads the start of a file below the root into @buf as text without its last newline. Returns
 * its length, or -errno with the reason left.
 */
int op_read_file(struct op_env *env, const char *path, char *buf, size_t size);

/* Give the thread @tid (0: the caller) the plan's scheduling class, and a CPU. 0 or -errno. */
int op_sched_apply(const struct op_plan *plan, pid_t tid);
int op_cpu_apply(int cpu, pid_t tid);

static inline bool op_stopping(const struct op_env *env)
{
	return atomic_load_explicit(&env->stop, memory_order_relaxed);
}

/* Adds to counter @i of the op's counters table. */
static inline void op_count(struct op_env *env, unsigned int i, uint64_t n)
{
	uint64_t old = atomic_load_explicit(&env->count[i], memory_order_relaxed);

	atomic_store_explicit(&env->count[i], old + n, memory_order_relaxed);
}

/* Sets counter @i, if it is not a sum. */
static inline void op_set(struct op_env *env, unsigned int i, uint64_t value)
{
	atomic_store_explicit(&env->count[i], value, memory_order_relaxed);
}

/* Raises counter @i to @value when that is more. */
static inline void op_count_max(struct op_env *env, unsigned int i, uint64_t value)
{
	if (value > atomic_load_explicit(&env->count[i], memory_order_relaxed))
		atomic_store_explicit(&env->count[i], value, memory_order_relaxed);
}

/* Counters of what a write to the kernel came to; op_count_errno() counts them from @first. */
#define OP_ERRNOS      "ok", "ebusy", "eio", "enxio", "eagain", "einval", "other_errno"
#define OP_ERRNO_COUNT 7
void op_count_errno(struct op_env *env, unsigned int first, int err);

/* A random number below @limit (which is not 0), from the plan's seed. */
uint64_t op_random(struct op_env *env, uint64_t limit);

/*
 * Reports something worth a line; the keys are static, a NULL one is left out. Where there are
 * several of a kind, @of says which: it lives as long as the op.
 */
void op_event_of(struct op_env *env, enum agent_event what, const char *of, const char *key0,
		 int64_t value0, const char *key1, int64_t value1);
void op_event(struct op_env *env, enum agent_event what, const char *key0, int64_t value0,
	      const char *key1, int64_t value1);

/*
 * From now until op_deadline_clear() the core sends the op's thread a signal, again and again,
 * when @ms times the host's patience have passed: a blocking system call then ends with EINTR.
 * Returns that time in milliseconds.
 */
uint64_t op_deadline(struct op_env *env, unsigned int ms);
void op_deadline_clear(struct op_env *env);

/*
 * An entry in the recorder; *_BEGIN marks the op busy with @arg, *_END idle. The @result
 * of REC_OFFLINE_END, 0 or -errno, is counted.
 */
void op_record(struct op_env *env, enum rec_action action, uint64_t arg, int result);

#endif
