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

/* Makes room for @kdamonds of them, each to watch physical memory at these intervals. */
int damon_sysfs_create(struct op_env *env, unsigned int kdamonds, uint64_t sample_us,
		       uint64_t aggr_us);
/* Points a kdamond that is off at @ranges of page frames, with this number of regions. */
int damon_sysfs_aim(struct op_env *env, unsigned int kdamond, const struct target_range *ranges,
		    size_t count, uint64_t regions);
/* Gives a kdamond that is off one scheme: @action on every region, whatever its accesses. */
int damon_sysfs_scheme(struct op_env *env, unsigned int kdamond, const char *action);
/* "on" or "off"; returns when that is so. */
int damon_sysfs_state(struct op_env *env, unsigned int kdamond, const char *state);
/* The kernel thread, or -1. */
pid_t damon_sysfs_pid(struct op_env *env, unsigned int kdamond);
/* CPU time that this thread has used; negative when there is none. */
int64_t damon_sysfs_cpu_ms(struct op_env *env, unsigned int kdamond);

#endif
