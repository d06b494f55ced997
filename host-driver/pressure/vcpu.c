/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See vcpu.h. */
#include "host-driver/pressure/vcpu.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_US	     2000000
#define STOP_POLL_US 100
/* It has had less than one of so many parts of the time, and waited in all but two of them. */
#define STARVED_PARTS 20

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

gboolean vcpu_times(pid_t tid, VcpuTimes *times)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/schedstat", (int)tid), *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) &&
	       sscanf(text, "%" SCNu64 " %" SCNu64, &times->ran_ns, &times->waited_ns) == 2;
}

gboolean vcpu_starved(const VcpuTimes *before, const VcpuTimes *now, guint64 apart_ns)
{
	return (now->ran_ns - before->ran_ns) * STARVED_PARTS < apart_ns &&
	       now->waited_ns - before->waited_ns > apart_ns - apart_ns / STARVED_PARTS * 2;
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
