/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A swap device for the walkers that need one: compressed memory, as there is no disk. */
#ifndef PFNHUNT_ZRAM_H
#define PFNHUNT_ZRAM_H

#include "guest-agent/op/env.h"

/*
 * For setup(): ensures that there is swap: existing swap, or a zram0 of @megabytes. 0, or -errno
 * with the reason set, -EOPNOTSUPP if the kernel has no zram. It stays on.
 */
int zram_swap_on(struct op_env *env, uint64_t megabytes);

#endif
