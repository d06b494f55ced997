// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ops call. Each function works on the calling op's own env, so relaxed atomics suffice
 * where the core looks on, and the event ring has one writer and one reader.
 */
#include "guest-agent/op/env.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t op_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

int op_fail(struct op_env *env, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(env->reason, sizeof(env->reason), format, args);
	va_end(args);
	return -err;
}

int op_open(struct op_env *env, const char *path, int flags)
{
	int fd = openat(env->root_fd, path, flags | O_CLOEXEC);

	return fd >= 0 ? fd : op_fail(env, errno, "open /%s: %s", path, strerror(errno));
}

int op_write_file(struct op_env *env, const char *path, const char *value)
{
	int fd = op_open(env, path, O_WRONLY | O_TRUNC);
	int ret = 0;

	if (fd < 0)
		return fd;
	if (write(fd, value, strlen(value)) < 0)
		ret = op_fail(env, errno, "write '%s' to /%s: %s", value, path, strerror(errno));
	close(fd);
	return ret;
}

int op_write(int fd, const char *text)
{
	size_t len = strlen(text);

	if (pwrite(fd, text, len, 0) >= 0)
		return 0;
	if (errno != ESPIPE)
		return errno;
	return write(fd, text, len) < 0 ? errno : 0;
}

int op_read_file(struct op_env *env, const char *path, char *buf, size_t size)
{
	int fd = op_open(env, path, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, buf, size - 1);
	if (len < 0)
		len = op_fail(env, errno, "read /%s: %s", path, strerror(errno));
	else
		buf[len] = '\0';
	close(fd);
	if (len > 0 && buf[len - 1] == '\n')
		buf[--len] = '\0';
	return (int)len;
}

int op_sched_apply(const struct op_plan *plan, pid_t tid)
{
	static const int policy[] = {SCHED_OTHER, SCHED_IDLE, SCHED_BATCH, SCHED_FIFO};
	unsigned int choice = op_enum(plan, "sched");
	struct sched_param param = {.sched_priority = policy[choice] == SCHED_FIFO};

	return sched_setscheduler(tid, policy[choice], &param) ? -errno : 0;
}

int op_cpu_apply(int cpu, pid_t tid)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(tid, sizeof(set), &set) ? -errno : 0;
}

/* xorshift64*: the state is never 0. */
uint64_t op_random(struct op_env *env, uint64_t limit)
{
	uint64_t x = env->random_state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	env->random_state = x;
	return (uint64_t)(((unsigned __int128)(x * 0x2545f4914f6cdd1dULL) * limit) >> 64);
}

void op_event_of(struct op_env *env, enum agent_event what, const char *of, const char *key0,
		 int64_t value0, const char *key1, int64_t value1)
{
	uint32_t head = atomic_load_explicit(&env->event_head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&env->event_tail, memory_order_acquire);

	if (head - tail == OP_EVENT_RING) {
		atomic_fetch_add_explicit(&env->events_lost, 1, memory_order_relaxed);
		return;
	}
	env->event[head % OP_EVENT_RING] = (struct op_event){
		.t_ns = op_now_ns(),
		.what = what,
		.of = of,
		.key = {key0, key1},
		.value = {value0, value1},
	};
	atomic_store_explicit(&env->event_head, head + 1, memory_order_release);
}

void op_count_errno(struct op_env *env, unsigned int first, int err)
{
	static const int known[OP_ERRNO_COUNT - 1] = {0, EBUSY, EIO, ENXIO, EAGAIN, EINVAL};
	unsigned int i = 0;

	while (i < OP_ERRNO_COUNT - 1 && known[i] != err)
		i++;
	op_count(env, first + i, 1);
}

void op_event(struct op_env *env, enum agent_event what, const char *key0, int64_t value0,
	      const char *key1, int64_t value1)
{
	op_event_of(env, what, NULL, key0, value0, key1, value1);
}

uint64_t op_deadline(struct op_env *env, unsigned int ms)
{
	uint64_t patient_ms = (uint64_t)ms * env->patience / 100;

	atomic_store_explicit(&env->deadline_ns, op_now_ns() + patient_ms * 1000000,
			      memory_order_relaxed);
	return patient_ms;
}

void op_deadline_clear(struct op_env *env)
{
	atomic_store_explicit(&env->deadline_ns, 0, memory_order_relaxed);
}

static void count_one(_Atomic uint64_t *count)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static void count_offline(struct op_env *env, int err)
{
	if (!rec_offline_reached(-err)) {
		count_one(&env->offlines_refused);
		count_one(&env->refused_in_row);
		atomic_store_explicit(&env->refused_errno, err, memory_order_relaxed);
		return;
	}
	count_one(&env->offlines);
	if (!err)
		count_one(&env->offlines_ok);
	atomic_store_explicit(&env->refused_in_row, 0, memory_order_relaxed);
	atomic_store_explicit(&env->reached_ns, op_now_ns(), memory_order_relaxed);
}

void op_record(struct op_env *env, enum rec_action action, uint64_t arg, int result)
{
	bool begin = action == REC_OFFLINE_BEGIN || action == REC_ONLINE_BEGIN ||
		     action == REC_PASS_BEGIN;
	struct rec_slot *slot = env->rec;
	struct rec_entry *e;
	uint64_t now, i;

	if (action == REC_OFFLINE_END)
		count_offline(env, -result);
	if (env->on_record)
		env->on_record(env->on_record_user, env, action, arg);
	if (!env->rec_head)
		return;
	now = op_now_ns();
	__atomic_store_n(&slot->offlines,
			 atomic_load_explicit(&env->offlines, memory_order_relaxed),
			 __ATOMIC_RELAXED);
	if (begin)
		__atomic_store_n(&slot->busy_arg, arg, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->busy_t_ns, begin ? now : 0, __ATOMIC_RELAXED);

	i = __atomic_fetch_add(&env->rec_head->next, 1, __ATOMIC_RELAXED);
	e = (struct rec_entry *)((char *)env->rec_head +
				 REC_PAGE * (1 + (i / REC_PER_PAGE) % (REC_PAGES - 1)));
	e += i % REC_PER_PAGE;
	__atomic_store_n(&e->seq, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	e->t_ns = now;
	e->arg = arg;
	e->result = result;
	e->inst = (uint16_t)env->plan->inst;
	e->action = (uint16_t)action;
	__atomic_store_n(&e->seq, (uint32_t)(i + 1), __ATOMIC_RELEASE);
}
