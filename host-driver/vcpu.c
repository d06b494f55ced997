/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See vcpu.h. */
#include "host-driver/vcpu.h"

#include <errno.h>
#include <sched.h>

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
