// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The look-out. Before ops run it takes more time for a look, so that most of it is true from
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

struct lookout {
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

static void look(struct lookout *l, struct op_run *run, uint64_t budget_ns)
{
	struct memblk_sums sums;

	memblk_refresh(&l->memblk, budget_ns, hammered, run);
	memblk_sum(&l->memblk, &sums);
	pthread_mutex_lock(&l->lock);
	l->sums = sums;
	pthread_mutex_unlock(&l->lock);
	if (!run)
		return;
	memblk_targets(&l->memblk, &l->targets, hammered, run);
	targets_publish(op_run_targets(run), &l->targets);
}

struct lookout *lookout_new(int root_fd)
{
	struct lookout *l = calloc(1, sizeof(*l));

	if (l && !op_thread_prepare(&l->thread) && !memblk_open(&l->memblk, root_fd)) {
		pthread_mutex_init(&l->lock, NULL);
		return l;
	}
	if (l)
		op_thread_release(&l->thread);
	free(l);
	return NULL;
}

void lookout_look(struct lookout *l, struct op_run *run)
{
	look(l, run, FULL_BUDGET_NS);
}

struct memblk_sums lookout_sums(struct lookout *l)
{
	struct memblk_sums sums;

	pthread_mutex_lock(&l->lock);
	sums = l->sums;
	pthread_mutex_unlock(&l->lock);
	return sums;
}

static void *body(void *user)
{
	struct sched_param param = {0};
	struct lookout *l = user;

	pthread_setname_np(pthread_self(), "pfnhunt-look");
	sched_setscheduler(0, SCHED_OTHER, &param);
	while (!atomic_load(&l->stop)) {
		nap_ms(PERIOD_MS);
		look(l, l->run, BUDGET_NS);
	}
	atomic_store(&l->ended, true);
	return NULL;
}

bool lookout_start(struct lookout *l, struct op_run *run, bool removal)
{
	l->run = run;
	if (removal)
		memblk_blind(&l->memblk);
	return !op_thread_start(&l->thread, body, l);
}

bool lookout_stop(struct lookout *l, unsigned int deadline_ms)
{
	uint64_t end = op_now_ns() + deadline_ms * 1000000ULL;

	atomic_store(&l->stop, true);
	while (!atomic_load(&l->ended)) {
		if (op_now_ns() > end)
			return false;
		nap_ms(STOP_POLL_MS);
	}
	pthread_join(l->thread.id, NULL);
	return true;
}
