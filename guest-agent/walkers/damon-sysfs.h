/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DAMON's sysfs files, as far as monitoring of physical memory needs them. Errors: -errno with
 * the reason left in the env.
 */
#ifndef PFNHUNT_DAMON_SYSFS_H
#define PFNHUNT_DAMON_SYSFS_H

#include <sys/types.h>

#include "guest-agent/op/env.h"

#define DAMON_SYSFS_MIN_REGIONS 3 /* the kernel's own limit */

/* Creates @kdamonds kdamonds, each to monitor physical memory at these intervals. */
int damon_sysfs_create(struct op_env *env, unsigned int kdamonds, uint64_t sample_us,
		       uint64_t aggr_us);
/* Aims a stopped kdamond at @ranges of page frames, with this number of regions. */
int damon_sysfs_aim(struct op_env *env, unsigned int kdamond, const struct target_range *ranges,
		    size_t count, uint64_t regions);
/* Gives a stopped kdamond one scheme: @action on every region, whatever its accesses. */
int damon_sysfs_scheme(struct op_env *env, unsigned int kdamond, const char *action);
/* "on" or "off"; returns once that is done. */
int damon_sysfs_state(struct op_env *env, unsigned int kdamond, const char *state);
/* The kernel thread, or -1. */
pid_t damon_sysfs_pid(struct op_env *env, unsigned int kdamond);
/* CPU time used by this thread; negative if it does not exist. */
int64_t damon_sysfs_cpu_ms(struct op_env *env, unsigned int kdamond);

#endif
