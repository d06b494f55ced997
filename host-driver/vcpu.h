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

#endif
