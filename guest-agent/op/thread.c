// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each thread has one mapping: signal stack, guard page, stack. The handler of fatal signals only
 * makes system calls.
 */
#include "guest-agent/op/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNAL_BYTES 32768ul
#define GUARD_BYTES  65536ul /* the largest page size */
#define STACK_BYTES  262144ul
#define MAP_BYTES    (SIGNAL_BYTES + GUARD_BYTES + STACK_BYTES)
#define HEAP_BYTES   (2 << 20)

static _Thread_local struct op_env *own; /* the op that this thread runs */

int op_thread_prepare(struct op_thread *t)
{
	char *map =
		mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return -errno;
	mprotect(map + SIGNAL_BYTES, GUARD_BYTES, PROT_NONE);
	/* RLIMIT_MEMLOCK is no reason to skip the op. */
	mlock(map, SIGNAL_BYTES);
	mlock(map + SIGNAL_BYTES + GUARD_BYTES, STACK_BYTES);
	t->map = map;
	return 0;
}

int op_thread_start(struct op_thread *t, void *(*body)(void *user), void *user)
{
	pthread_attr_t attr;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, t->map + SIGNAL_BYTES + GUARD_BYTES, STACK_BYTES);
	ret = pthread_create(&t->id, &attr, body, user);
	pthread_attr_destroy(&attr);
	return ret;
}

void op_thread_release(struct op_thread *t)
{
	if (t->map)
		munmap(t->map, MAP_BYTES);
	t->map = NULL;
}

/* Like boot_fatal(), but with system calls only. */
static _Noreturn void die(int sig, const void *addr)
{
	static const char *const paths[] = {"/dev/console", "/dev/kmsg"};
	char text[160];
	int len = snprintf(text, sizeof(text), "<0>pfnhunt-agent: fatal signal %d in %s%s at %p\n",
			   sig, own ? "op " : "the core", own ? own->plan->op->name : "", addr);

	for (int i = 0; i < 2; i++) {
		int fd = open(paths[i], O_WRONLY | O_CLOEXEC);
		int skip = i ? 0 : 3; /* only /dev/kmsg takes the log level */

		if (fd >= 0 && write(fd, text + skip, (size_t)(len - skip)) > 0)
			close(fd);
	}
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* On an alternate stack: the poisoned page may be in the op's stack. */
static void on_deadly_signal(int sig, siginfo_t *info, void *context)
{
	if (sig == SIGBUS && info->si_code == BUS_MCEERR_AO)
		return; /* somewhere in our memory, not accessed yet */
	if (sig == SIGBUS && own) {
		atomic_store(&own->killed_addr, (uintptr_t)info->si_addr);
		atomic_store(&own->killed_by, sig);
		syscall(SYS_exit, 0);
	}
	if (getpid() == 1)
		die(sig, info->si_addr);
	signal(sig, SIG_DFL); /* is raised again on return */
}

static void handle(int sig)
{
	struct sigaction action = {.sa_sigaction = on_deadly_signal,
				   .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigaction(sig, &action, NULL);
}

void op_thread_enter(struct op_thread *t, struct op_env *env)
{
	stack_t alternative = {.ss_sp = t->map, .ss_size = SIGNAL_BYTES};

	own = env;
	sigaltstack(&alternative, NULL);
}

void op_thread_init_signals(void)
{
	handle(SIGBUS);
}

void op_thread_init_pid1(void)
{
	static const int deadly[] = {SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGABRT};
	pthread_attr_t attr;

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		handle(deadly[i]);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_setattr_default_np(&attr);
	pthread_attr_destroy(&attr);
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_TOP_PAD, HEAP_BYTES);
}
