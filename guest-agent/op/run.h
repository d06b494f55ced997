/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the ops: one thread per op, pinned and paced according to the plan, with counters, deadlines
 * and a bounded stop. Output goes through a line sink, so tests need no host.
 */
#ifndef PFNHUNT_OP_RUN_H
#define PFNHUNT_OP_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "guest-agent/op/env.h"
#include "guest-agent/op/sink.h"

struct op_run;

/*
 * @root_fd and @rec_head (may be NULL) are borrowed; @sink is copied. The random numbers of an op
 * derive from @seed and its instance number. NULL if out of memory.
 */
struct op_run *op_run_new(int root_fd, uint64_t seed, const struct sink *sink,
			  struct rec_head *rec_head);
/* Only if no thread is left running: op_run_stop() returned 0. */
void op_run_free(struct op_run *run);

/* Deadlines of ops added from now on are @percent of their defaults. */
void op_run_set_patience(struct op_run *run, unsigned int percent);

/*
 * Takes ownership of what @plan holds. 0, or -EEXIST (the instance number is in use): then it stays
 * with the caller.
 */
int op_run_add(struct op_run *run, struct op_plan *plan);

/* The targets of the ops. The caller publishes; ops read. */
struct targets_box *op_run_targets(struct op_run *run);
/* Whether a hammer that was set up has chosen this block; for memblk_targets(). */
bool op_run_hammers(void *run, const struct target_block *block);

/*
 * Sets up the ops of one kind and reports each with an `opstate` line. Returns how many are
 * ready.
 */
unsigned int op_run_setup(struct op_run *run, enum op_kind kind);
/* Starts the threads of all ready ops. Returns how many. */
unsigned int op_run_start(struct op_run *run);

/*
 * To be called about every 10 ms while threads run, always by the same thread. Passes on events,
 * signals ops that are past their deadline, and detects threads that the kernel has killed.
 */
void op_run_watch(struct op_run *run);
/* Sends a `count` line for each op that was set up. */
void op_run_count(struct op_run *run);
/* Whether an op is ready that is @walker or makes the kernel run it (op_walker()). */
bool op_run_has(const struct op_run *run, const char *walker);
/* Calls @tell (may be NULL) for each thread that runs an op. Returns their number. */
unsigned int op_run_each_task(const struct op_run *run,
			      void (*tell)(void *user, const char *walker, pid_t tid), void *user);
/* @on_record is called for every op_record() of ops that are started later. */
void op_run_on_record(struct op_run *run,
		      void (*on_record)(void *user, struct op_env *env, enum rec_action action,
					uint64_t arg),
		      void *user);
/* Offlines by all hammers that reached MEM_GOING_OFFLINE. */
uint64_t op_run_offlines(const struct op_run *run);
/* The number of ops that were started, and the sum of their steps. */
void op_run_totals(struct op_run *run, unsigned int *ops, uint64_t *steps);

/*
 * Makes the ops' threads wait between two steps, or continue. False if not all of them are waiting
 * after @deadline_ms; the others will when their step ends. Work that an op has started in the
 * kernel goes on.
 */
bool op_run_pause(struct op_run *run, bool pause, unsigned int deadline_ms);

/*
 * Stops all threads, with signals if they are blocked, and tears the ops down. Returns how many did
 * not stop within @deadline_ms: each causes an event "stuck", and its op stays as it is; another
 * call tries again. A hammer whose offlines all failed before MEM_GOING_OFFLINE for at least half
 * of its time causes an event "only_refused".
 */
unsigned int op_run_stop(struct op_run *run, unsigned int deadline_ms);

/* Installs the handler of the signal that interrupts blocked calls. Once per process. */
void op_run_init_signals(void);

#endif
