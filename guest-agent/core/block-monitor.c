// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The block monitor. Before ops run it takes more time for a look, so that most of it is true from
 * the start. While they run, the blocks that are hammered and those that are new come first,
 * the others in turn.
 */
#include "guest-agent/core/block-monitor.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "guest-agent/op/thread.h"

#define PERIOD_MS      250
#define BUDGET_NS      20000000ULL
#define FULL_BUDGET_NS 200000000ULL
#define STOP_POLL_MS   10

struct block_monitor {
	struct memblk memblk;
	struct targets targets; /* scratch */
	struct op_run *run;
	struct op_thread thread;
	pthread_mutex_t lock; /* of sums */
	struct memblk_sums sums;
	_Atomic bool stop, ended;
};

static void nap_ms(long ms)
{
	struct timespec t = {.tv_nsec = ms * 1000000};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static bool hammered(void *run, const struct target_block *block)
{
	return run && op_run_hammers(run, block);
}

static void look(struct block_monitor *m, struct op_run *run, uint64_t budget_ns)
{
	struct memblk_sums sums;

	memblk_refresh(&m->memblk, budget_ns, hammered, run);
	memblk_sum(&m->memblk, &sums);
	pthread_mutex_lock(&m->lock);
	m->sums = sums;
	pthread_mutex_unlock(&m->lock);
	if (!run)
		return;
	memblk_targets(&m->memblk, &m->targets, hammered, run);
	targets_publish(op_run_targets(run), &m->targets);
}

struct block_monitor *block_monitor_new(int root_fd)
{
	struct block_monitor *m = calloc(1, sizeof(*m));

	if (m && !op_thread_prepare(&m->thread) && !memblk_open(&m->memblk, root_fd)) {
		pthread_mutex_init(&m->lock, NULL);
		return m;
	}
	if (m)
		op_thread_release(&m->thread);
	free(m);
	return NULL;
}

void block_monitor_look(struct block_monitor *m, struct op_run *run)
{
	look(m, run, FULL_BUDGET_NS);
}

struct memblk_sums block_monitor_sums(struct block_monitor *m)
{
	struct memblk_sums sums;

	pthread_mutex_lock(&m->lock);
	sums = m->sums;
	pthread_mutex_unlock(&m->lock);
	return sums;
}

static void *body(void *user)
{
	struct sched_param param = {0};
	struct block_monitor *m = user;

	pthread_setname_np(pthread_self(), "pfnhunt-look");
	sched_setscheduler(0, SCHED_OTHER, &param);
	while (!atomic_load(&m->stop)) {
		nap_ms(PERIOD_MS);
		look(m, m->run, BUDGET_NS);
	}
	atomic_store(&m->ended, true);
	return NULL;
}

bool block_monitor_start(struct block_monitor *m, struct op_run *run, bool removal)
{
	m->run = run;
	if (removal)
		memblk_blind(&m->memblk);
	return !op_thread_start(&m->thread, body, m);
}

bool block_monitor_stop(struct block_monitor *m, unsigned int deadline_ms)
{
	uint64_t end = op_now_ns() + deadline_ms * 1000000ULL;

	atomic_store(&m->stop, true);
	while (!atomic_load(&m->ended)) {
		if (op_now_ns() > end)
			return false;
		nap_ms(STOP_POLL_MS);
	}
	pthread_join(m->thread.id, NULL);
	return true;
}
