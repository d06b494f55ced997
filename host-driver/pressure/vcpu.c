/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See vcpu.h. */
#include "host-driver/pressure/vcpu.h"

#include <errno.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_US	     2000000
#define STOP_POLL_US 100

int vcpu_pin(pid_t tid, guint place)
{
	cpu_set_t ours, one;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(ours), &ours) < 0)
		return -errno;
	place %= (guint)CPU_COUNT(&ours);
	for (;; cpu++)
		if (CPU_ISSET((size_t)cpu, &ours) && place-- == 0)
			break;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	return sched_setaffinity(tid, sizeof(one), &one) < 0 ? -errno : cpu;
}

int vcpu_hold(pid_t tid)
{
	int saved;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
		return -errno;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0)
		return 0;
	saved = errno;
	ptrace(PTRACE_DETACH, tid, NULL, NULL);
	return -saved;
}

int vcpu_release(pid_t tid)
{
	for (guint waited_us = 0; waited_us < STOP_US; waited_us += STOP_POLL_US) {
		int status, signal;
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == tid && !WIFSTOPPED(status))
			return 0; /* it ended */
		if (got == tid) {
			/* A signal that came first is passed on. */
			signal = status >> 16 ? 0 : WSTOPSIG(status);
			return ptrace(PTRACE_DETACH, tid, NULL, (void *)(gintptr)signal) < 0
				       ? -errno
				       : 0;
		}
		usleep(STOP_POLL_US);
	}
	return -ETIMEDOUT;
}
