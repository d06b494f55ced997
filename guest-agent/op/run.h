/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core that runs ops: one thread an op, pinned and paced as its plan says, with counters,
 * deadlines and an end. It talks through a line sink, so that tests need no host.
 */
#ifndef PFNHUNT_OP_RUN_H
#define PFNHUNT_OP_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "guest-agent/op/env.h"
#include "guest-agent/op/sink.h"

struct op_run;

/*
 * @root_fd and @rec_head (may be NULL) are borrowed; @sink is copied. Op k draws its random
 * numbers from @seed and its instance number. NULL without memory.
 */
struct op_run *op_run_new(int root_fd, uint64_t seed, const struct sink *sink,
			  struct rec_head *rec_head);
/* No thread may be left running: op_run_stop() returned 0. */
void op_run_free(struct op_run *run);

/* The deadlines of ops added from now on are @percent of what they are by default. */
void op_run_set_patience(struct op_run *run, unsigned int percent);

/*
 * Takes over what @plan holds. 0, or -EEXIST (the instance number is taken), with @plan still
 * the caller's.
 */
int op_run_add(struct op_run *run, struct op_plan *plan);

/* What ops aim at. The caller publishes; ops read. */
struct targets_box *op_run_targets(struct op_run *run);
/* Has a hammer that was set up chosen this block? A predicate for memblk_targets(). */
bool op_run_hammers(void *run, const struct target_block *block);

/*
 * Sets up the ops of one kind and says how each fared with an `opstate` line. Returns how many
 * are ready.
 */
unsigned int op_run_setup(struct op_run *run, enum op_kind kind);
/* Starts the threads of the ops that are ready. Returns how many. */
unsigned int op_run_start(struct op_run *run);

/*
 * To be called every 10 ms or so while threads run, by one thread: passes events on, sends the signal to ops
 * past their deadline, and notices threads that the kernel has killed.
 */
void op_run_watch(struct op_run *run);
/* One `count` line for each op that was set up. */
void op_run_count(struct op_run *run);
/* Is an op set up and ready that is @walker, or has the kernel run it (op_walker())? */
bool op_run_has(const struct op_run *run, const char *walker);
/* Calls @tell (may be NULL) for each thread that runs an op. Returns how many there are. */
unsigned int op_run_each_task(const struct op_run *run,
			      void (*tell)(void *user, const char *walker, pid_t tid), void *user);
/* Calls @on_record for every op_record() of ops that are started later. */
void op_run_on_record(struct op_run *run,
		      void (*on_record)(void *user, struct op_env *env, enum rec_action action,
					uint64_t arg),
		      void *user);
/* Offlines of all hammers that got as far as MEM_GOING_OFFLINE. */
uint64_t op_run_offlines(const struct op_run *run);
/* Ops that were started, and the sum of their steps. */
void op_run_totals(struct op_run *run, unsigned int *ops, uint64_t *steps);

/*
 * Has the threads of the ops wait between two steps, or go on. False when not all of them wait
 * after @deadline_ms; they still do when they come to it. What the kernel does for an op goes on.
 */
bool op_run_pause(struct op_run *run, bool pause, unsigned int deadline_ms);

/*
 * Ends all threads, with signals for those that are blocked, and tears the ops down. Returns
 * how many did not end within @deadline_ms: each is an event "stuck", and its op is left as it
 * is; another call tries again. A hammer none of whose offlines has got there for at least half
 * of its time is an event "only_refused".
 */
unsigned int op_run_stop(struct op_run *run, unsigned int deadline_ms);

/* Installs the handler of the signal that ends blocked calls. Once a process. */
void op_run_init_signals(void);

#endif
