/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done to the host threads that run a guest's vCPUs, one at a time: a signal stops the
 * whole process, so this goes past signals. Threads of this machine only.
 */
#ifndef PFNHUNT_VCPU_H
#define PFNHUNT_VCPU_H

#include <glib.h>
#include <sys/types.h>

/*
 * Runs @tid on one host CPU alone: the @place-th of those that we may run on ourselves, counted
 * round and round. The CPU, or -errno.
 */
int vcpu_pin(pid_t tid, guint place);

/* CPU time that a thread has had, and time that it has waited for a CPU. */
typedef struct {
	guint64 ran_ns, waited_ns;
} VcpuTimes;
/* FALSE when it cannot be known: it ended, or the kernel keeps no such times. */
gboolean vcpu_times(pid_t tid, VcpuTimes *times);
/*
 * Whether the host gave it next to nothing of what it asked for between two looks @apart_ns from
 * each other. One that sleeps asks for nothing.
 */
gboolean vcpu_starved(const VcpuTimes *before, const VcpuTimes *now, guint64 apart_ns);

/*
 * Stops @tid alone, wherever it is, as the scheduler does when something else has its CPU; by
 * ptrace(2), so the thread must be of a process that we may trace (our child, or as root). 0 or
 * -errno. vcpu_release() lets it go on, called by the same thread of ours, also when @tid ended
 * meanwhile: before that its process cannot be reaped.
 */
int vcpu_hold(pid_t tid);
/* Waits up to 2 s for a thread that a system call of its own holds up. 0 or -errno. */
int vcpu_release(pid_t tid);

#endif
