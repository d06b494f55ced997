// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads, pacing and the end of ops. An op that hangs in the kernel must never take the core
 * with it: whoever looks at an op does so through atomics, and only signals it.
 */
#include "guest-agent/op/run.h"
#include "guest-agent/op/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAKE_SIGNAL   SIGUSR1
#define IDLE_NS	      10000000ULL
#define STOP_GRACE_NS 100000000ULL /* before a blocked op gets a signal to make it end */
#define SIGNAL_GAP_NS 50000000ULL
#define REFUSED_LEAST 10 /* this many in a row are not chance */

struct op_task {
	struct op_plan plan;
	struct op_env env;
	void *ctx;
	bool ready, started, gone, torn_down;
	struct op_thread thread;
	uint64_t started_ns, signalled_ns;
	_Atomic pid_t tid;
	_Atomic bool ended;	/* the thread is past its last step */
	_Atomic int end_result; /* of its last step */
};

struct op_run {
	int root_fd;
	uint64_t seed;
	struct sink sink;
	struct rec_head *rec_head;
	struct targets_box targets;
	unsigned int patience;
	unsigned int count;
	struct op_task *task[OP_INST_MAX];
};

static void on_wake_signal(int sig)
{
}

void op_run_init_signals(void)
{
	struct sigaction action = {.sa_handler = on_wake_signal}; /* no SA_RESTART: EINTR */

	sigaction(WAKE_SIGNAL, &action, NULL);
	op_thread_init_signals();
}

struct op_run *op_run_new(int root_fd, uint64_t seed, const struct sink *sink,
			  struct rec_head *rec_head)
{
	struct op_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->root_fd = root_fd;
	run->seed = seed;
	run->sink = *sink;
	run->rec_head = rec_head;
	run->patience = 100;
	return run;
}

void op_run_free(struct op_run *run)
{
	for (unsigned int i = 0; i < run->count; i++) {
		op_plan_clear(&run->task[i]->plan);
		op_thread_release(&run->task[i]->thread);
		free(run->task[i]->ctx);
		free(run->task[i]);
	}
	free(run);
}

int op_run_add(struct op_run *run, struct op_plan *plan)
{
	struct op_task *task;
	uint64_t random = run->seed + (plan->inst + 1) * 0x9e3779b97f4a7c15ULL;

	for (unsigned int i = 0; i < run->count; i++)
		if (run->task[i]->plan.inst == plan->inst)
			return -EEXIST;
	task = calloc(1, sizeof(*task));
	if (!task)
		return -ENOMEM;
	task->ctx = calloc(1, plan->op->ctx_size ? plan->op->ctx_size : 1);
	if (!task->ctx || op_thread_prepare(&task->thread)) {
		free(task->ctx);
		free(task);
		return -ENOMEM;
	}
	task->plan = *plan;
	task->env.plan = &task->plan;
	task->env.root_fd = run->root_fd;
	task->env.cpu = -1;
	task->env.patience = run->patience;
	task->env.targets = &run->targets;
	task->env.random_state = random ? random : 1;
	task->env.rec_head = run->rec_head;
	if (run->rec_head)
		task->env.rec = &run->rec_head->slot[plan->inst];
	run->task[run->count++] = task;
	return 0;
}

void op_run_set_patience(struct op_run *run, unsigned int percent)
{
	run->patience = percent;
}

struct targets_box *op_run_targets(struct op_run *run)
{
	return &run->targets;
}

bool op_run_hammers(void *user, const struct target_block *block)
{
	struct op_run *run = user;

	for (unsigned int i = 0; i < run->count; i++) {
		const struct block_select *select = atomic_load(&run->task[i]->env.hammers);

		if (select && block_select_match(select, block))
			return true;
	}
	return false;
}

static void send_state(struct op_run *run, const struct op_task *task, const char *state,
		       const char *reason)
{
	struct wire_out out;
	char line[1024];

	wire_begin(&out, line, sizeof(line), WIRE_OPSTATE);
	wire_add_u64(&out, "inst", task->plan.inst);
	wire_add(&out, "name", task->plan.op->name);
	wire_add(&out, "state", state);
	wire_add(&out, "reason", reason);
	sink_send(&run->sink, &out, SINK_HIGH);
}

/*
 * Hammers take the CPUs from 0 on, walkers those behind them, each kind in turn, so that the
 * two sides of the race run at the same time; with one CPU they share it. Observers run where
 * there is room.
 */
static void choose_cpus(struct op_run *run)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int cpus = online > 0 ? (unsigned int)online : 1;
	unsigned int total[OP_KINDS] = {0}, next[OP_KINDS] = {0}, first[OP_KINDS], share[OP_KINDS];

	for (unsigned int i = 0; i < run->count; i++)
		total[run->task[i]->plan.op->kind]++;
	share[OP_HAMMER] = !total[OP_WALKER] ? cpus : total[OP_HAMMER];
	if (share[OP_HAMMER] > cpus - 1 && total[OP_WALKER])
		share[OP_HAMMER] = cpus - 1;
	if (share[OP_HAMMER] == 0)
		share[OP_HAMMER] = 1;
	first[OP_HAMMER] = 0;
	first[OP_WALKER] = total[OP_HAMMER] && cpus > 1 ? share[OP_HAMMER] : 0;
	share[OP_WALKER] = cpus - first[OP_WALKER];
	for (unsigned int i = 0; i < run->count; i++) {
		struct op_task *task = run->task[i];
		enum op_kind kind = task->plan.op->kind;
		int64_t wanted = op_int(&task->plan, "cpu");

		if (kind == OP_OBSERVER) {
			task->env.cpu = (int)wanted;
			continue;
		}
		task->env.cpu =
			wanted >= 0 ? (int)wanted : (int)(first[kind] + next[kind]++ % share[kind]);
	}
}

/* The first need of the op that is not there, or NULL. */
static const struct op_need *unmet_need(const struct op_run *run, const struct op *op)
{
	for (const struct op_need *need = op->needs; need && need->path; need++)
		if (faccessat(run->root_fd, need->path + 1, F_OK, 0))
			return need;
	return NULL;
}

static void setup_one(struct op_run *run, struct op_task *task)
{
	const struct op *op = task->plan.op;
	const struct op_need *need = unmet_need(run, op);
	int ret = 0;

	if (need) {
		snprintf(task->env.reason, sizeof(task->env.reason), "no %s%s%s%s%s", need->path,
			 need->config ? "; needs CONFIG_" : "", need->config ? need->config : "",
			 need->module ? "; comes with module " : "",
			 need->module ? need->module : "");
		send_state(run, task, "skipped", task->env.reason);
		return;
	}
	if (op->setup)
		ret = op->setup(task->ctx, &task->env);
	if (ret) {
		if (op->teardown)
			op->teardown(task->ctx, &task->env);
		if (!task->env.reason[0])
			op_fail(&task->env, -ret, "%s", strerror(-ret));
		send_state(run, task, ret == -EOPNOTSUPP ? "skipped" : "failed", task->env.reason);
		return;
	}
	task->env.reason[0] = '\0';
	task->ready = true;
	send_state(run, task, "ready", "");
}

unsigned int op_run_setup(struct op_run *run, enum op_kind kind)
{
	unsigned int ready = 0;

	choose_cpus(run);
	for (unsigned int i = 0; i < run->count; i++) {
		if (run->task[i]->plan.op->kind != kind)
			continue;
		setup_one(run, run->task[i]);
		ready += run->task[i]->ready;
	}
	return ready;
}

/* Sleeps unless the op is to stop; op_run_stop() ends it with a signal. */
static void nap(struct op_env *env, uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / 1000000000),
			     .tv_nsec = (long)(ns % 1000000000)};

	if (ns && !op_stopping(env))
		clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static void *task_thread(void *user)
{
	struct op_task *task = user;
	const struct op *op = task->plan.op;
	struct op_env *env = &task->env;
	uint64_t pace_ns = (uint64_t)op_int(&task->plan, "pace-us") * 1000, steps = 0;
	uint64_t delay_ns = (uint64_t)op_int(&task->plan, "start-delay-ms") * 1000000;
	char comm[16];
	int ret = 0;

	op_thread_enter(&task->thread, env);
	/* The kernel names it in its complaints: "Comm: split-huge-page". */
	snprintf(comm, sizeof(comm), "%s", op->name);
	pthread_setname_np(pthread_self(), comm);
	if (op_cpu_apply(env->cpu, 0))
		op_event(env, AGENT_EVENT_NOT_PINNED, "cpu", env->cpu, NULL, 0);
	if (op_sched_apply(&task->plan, 0))
		op_event(env, AGENT_EVENT_SCHED_REFUSED, NULL, 0, NULL, 0);
	atomic_store(&task->tid, (pid_t)syscall(SYS_gettid));

	for (uint64_t end = op_now_ns() + delay_ns, now;
	     (now = op_now_ns()) < end && !op_stopping(env);)
		nap(env, end - now);
	while (!op_stopping(env)) {
		bool pause = atomic_load_explicit(&env->pause, memory_order_relaxed);

		atomic_store_explicit(&env->paused, pause, memory_order_relaxed);
		if (pause) {
			nap(env, IDLE_NS);
			continue;
		}
		ret = op->step(task->ctx, env);
		if (ret < 0 || ret == OP_STEP_END)
			break;
		if (ret == OP_STEP_IDLE) {
			nap(env, IDLE_NS);
			continue;
		}
		atomic_store_explicit(&env->steps, ++steps, memory_order_relaxed);
		if (env->rec)
			__atomic_store_n(&env->rec->steps, steps, __ATOMIC_RELAXED);
		nap(env, pace_ns);
	}
	atomic_store(&task->end_result, ret);
	atomic_store(&task->ended, true);
	return NULL;
}

unsigned int op_run_start(struct op_run *run)
{
	unsigned int started = 0;

	for (unsigned int i = 0; i < run->count; i++) {
		struct op_task *task = run->task[i];

		if (!task->ready)
			continue;
		task->started_ns = op_now_ns();
		atomic_store(&task->env.reached_ns, task->started_ns);
		if (op_thread_start(&task->thread, task_thread, task)) {
			send_state(run, task, "failed", "no thread");
			continue;
		}
		task->started = true;
		started++;
	}
	return started;
}

static void send_event(struct op_run *run, const struct op_task *task, const struct op_event *e)
{
	struct wire_out out;
	char line[1024];

	wire_begin(&out, line, sizeof(line), WIRE_EVENT);
	wire_add_u64(&out, "t_ns", e->t_ns);
	wire_add_u64(&out, "inst", task->plan.inst);
	wire_add(&out, "name", agent_event_table[e->what].name);
	wire_add(&out, "op", task->plan.op->name);
	if (e->of)
		wire_add(&out, "of", e->of);
	for (unsigned int i = 0; i < 2; i++)
		if (e->key[i])
			wire_add_s64(&out, e->key[i], e->value[i]);
	sink_send(&run->sink, &out, SINK_HIGH);
}

static void say(struct op_run *run, const struct op_task *task, enum agent_event what,
		const char *key, int64_t value)
{
	struct op_event e = {.t_ns = op_now_ns(), .what = what, .key = {key}, .value = {value}};

	send_event(run, task, &e);
}

static void pass_events(struct op_run *run, struct op_task *task)
{
	struct op_env *env = &task->env;
	uint32_t tail = atomic_load_explicit(&env->event_tail, memory_order_relaxed);
	uint64_t lost = atomic_exchange_explicit(&env->events_lost, 0, memory_order_relaxed);

	while (tail != atomic_load_explicit(&env->event_head, memory_order_acquire)) {
		send_event(run, task, &env->event[tail % OP_EVENT_RING]);
		atomic_store_explicit(&env->event_tail, ++tail, memory_order_release);
	}
	if (lost)
		say(run, task, AGENT_EVENT_EVENTS_LOST, "count", (int64_t)lost);
}

/* 0, or -ESRCH if the thread has exited. */
static int wake(const struct op_task *task, int sig)
{
	pid_t tid = atomic_load(&task->tid);

	return tid && syscall(SYS_tgkill, getpid(), tid, sig) ? -errno : 0;
}

/* The kernel kills a thread that oopses; or the op has met a page that was poisoned. */
static void tell_killed(struct op_run *run, struct op_task *task)
{
	int sig = atomic_load(&task->env.killed_by);
	struct op_event e = {
		.t_ns = op_now_ns(),
		.what = AGENT_EVENT_OP_KILLED,
		.key = {"signal", "addr"},
		.value = {sig, (int64_t)atomic_load(&task->env.killed_addr)},
	};

	task->gone = true;
	if (!sig) {
		send_state(run, task, "ended", "its thread was killed by the kernel");
		return;
	}
	send_event(run, task, &e);
	send_state(run, task, "ended",
		   "killed by SIGBUS: a page of its memory is poisoned, or there was none");
}

static void watch_one(struct op_run *run, struct op_task *task)
{
	uint64_t deadline = atomic_load_explicit(&task->env.deadline_ns, memory_order_relaxed);
	uint64_t now = op_now_ns();

	pass_events(run, task);
	if (task->gone || !task->started)
		return;
	if (atomic_load(&task->ended)) {
		int result = atomic_load(&task->end_result);

		task->gone = true;
		if (result == OP_STEP_END)
			send_state(run, task, "ended", "asked");
		else if (result < 0)
			send_state(run, task, "ended",
				   task->env.reason[0] ? task->env.reason : strerror(-result));
		return;
	}
	if (wake(task, 0) == -ESRCH && !atomic_load(&task->ended)) {
		tell_killed(run, task);
		return;
	}
	if (!deadline || now < deadline || now - task->signalled_ns < SIGNAL_GAP_NS)
		return;
	task->signalled_ns = now;
	wake(task, WAKE_SIGNAL);
}

void op_run_watch(struct op_run *run)
{
	for (unsigned int i = 0; i < run->count; i++)
		watch_one(run, run->task[i]);
}

void op_run_count(struct op_run *run)
{
	for (unsigned int i = 0; i < run->count; i++) {
		struct op_task *task = run->task[i];
		const char *const *names = task->plan.op->counters;
		struct wire_out out;
		char line[2048];

		if (!task->ready)
			continue;
		wire_begin(&out, line, sizeof(line), WIRE_COUNT);
		wire_add_u64(&out, "t_ns", op_now_ns());
		wire_add_u64(&out, "inst", task->plan.inst);
		wire_add(&out, "name", task->plan.op->name);
		wire_add_u64(&out, "steps", atomic_load(&task->env.steps));
		if (task->plan.op->kind == OP_HAMMER) {
			wire_add_u64(&out, "offlines", atomic_load(&task->env.offlines));
			wire_add_u64(&out, "offlines_ok", atomic_load(&task->env.offlines_ok));
			wire_add_u64(&out, "refused", atomic_load(&task->env.offlines_refused));
		}
		for (unsigned int c = 0; names && names[c]; c++)
			wire_add_u64(&out, names[c], atomic_load(&task->env.count[c]));
		sink_send(&run->sink, &out, SINK_LOW);
	}
}

bool op_run_has(const struct op_run *run, const char *walker)
{
	for (unsigned int i = 0; i < run->count; i++)
		if (run->task[i]->ready && !strcmp(op_walker(run->task[i]->plan.op), walker))
			return true;
	return false;
}

unsigned int op_run_each_task(const struct op_run *run,
			      void (*tell)(void *user, const char *walker, pid_t tid), void *user)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < run->count; i++) {
		pid_t tid = atomic_load(&run->task[i]->tid);

		if (tid && tell)
			tell(user, op_walker(run->task[i]->plan.op), tid);
		count += tid != 0;
	}
	return count;
}

void op_run_on_record(struct op_run *run,
		      void (*on_record)(void *user, struct op_env *env, enum rec_action action,
					uint64_t arg),
		      void *user)
{
	for (unsigned int i = 0; i < run->count; i++) {
		run->task[i]->env.on_record = on_record;
		run->task[i]->env.on_record_user = user;
	}
}

uint64_t op_run_offlines(const struct op_run *run)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < run->count; i++)
		sum += atomic_load_explicit(&run->task[i]->env.offlines, memory_order_relaxed);
	return sum;
}

void op_run_totals(struct op_run *run, unsigned int *ops, uint64_t *steps)
{
	*ops = 0;
	*steps = 0;
	for (unsigned int i = 0; i < run->count; i++) {
		*ops += run->task[i]->started;
		*steps += atomic_load(&run->task[i]->env.steps);
	}
}

static bool all_ended(const struct op_run *run)
{
	for (unsigned int i = 0; i < run->count; i++)
		if (run->task[i]->started && !run->task[i]->gone &&
		    !atomic_load(&run->task[i]->ended))
			return false;
	return true;
}

static bool all_paused(const struct op_run *run)
{
	for (unsigned int i = 0; i < run->count; i++)
		if (run->task[i]->started && !run->task[i]->gone &&
		    !atomic_load(&run->task[i]->ended) && !atomic_load(&run->task[i]->env.paused))
			return false;
	return true;
}

bool op_run_pause(struct op_run *run, bool pause, unsigned int deadline_ms)
{
	struct timespec gap = {.tv_nsec = 1000000};
	uint64_t end = op_now_ns() + deadline_ms * 1000000ULL;

	for (unsigned int i = 0; i < run->count; i++)
		atomic_store(&run->task[i]->env.pause, pause);
	while (pause && !all_paused(run)) {
		if (op_now_ns() > end)
			return false;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &gap, NULL);
	}
	return true;
}

/* A hammer that could do no more than try changes nothing, whatever its counters say. */
static void tell_refused(struct op_run *run, const struct op_task *task)
{
	const struct op_env *env = &task->env;
	uint64_t refused = atomic_load(&env->refused_in_row), now = op_now_ns();
	struct op_event e = {
		.t_ns = now,
		.what = AGENT_EVENT_ONLY_REFUSED,
		.key = {"refused", "errno"},
		.value = {(int64_t)refused, atomic_load(&env->refused_errno)},
	};

	if (refused >= REFUSED_LEAST &&
	    (now - atomic_load(&env->reached_ns)) * 2 >= now - task->started_ns)
		send_event(run, task, &e);
}

unsigned int op_run_stop(struct op_run *run, unsigned int deadline_ms)
{
	struct timespec pause = {.tv_nsec = 10000000};
	uint64_t end = op_now_ns() + deadline_ms * 1000000ULL;
	uint64_t grace = op_now_ns() + STOP_GRACE_NS;
	unsigned int stuck = 0;

	for (unsigned int i = 0; i < run->count; i++)
		atomic_store(&run->task[i]->env.stop, true);
	while (!all_ended(run) && op_now_ns() < end) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		op_run_watch(run);
		if (op_now_ns() < grace)
			continue;
		for (unsigned int i = 0; i < run->count; i++)
			if (run->task[i]->started && !atomic_load(&run->task[i]->ended))
				wake(run->task[i], WAKE_SIGNAL);
	}
	for (unsigned int i = 0; i < run->count; i++) {
		struct op_task *task = run->task[i];

		if (task->torn_down)
			continue;
		if (task->started && !atomic_load(&task->ended)) {
			/* Still in the kernel, or killed there: its files and memory stay as they are. */
			if (!task->gone) {
				stuck++;
				say(run, task, AGENT_EVENT_STUCK, "deadline_ms", deadline_ms);
			}
			continue;
		}
		task->torn_down = true;
		if (task->started)
			pthread_join(task->thread.id, NULL);
		pass_events(run, task);
		tell_refused(run, task);
		if (task->ready && task->plan.op->teardown)
			task->plan.op->teardown(task->ctx, &task->env);
		pass_events(run, task);
	}
	return stuck;
}
