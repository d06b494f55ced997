/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs depmod. Private to this folder. */
#ifndef PFNHUNT_KERNEL_DEPMOD_H
#define PFNHUNT_KERNEL_DEPMOD_H

#include "host-driver/kernel/job.h"

/*
 * Makes modules.dep and the like for @base/lib/modules/@release; @base gets a link "usr" to itself.
 * Blocks as depmod does. Errors: INFRA.
 */
gboolean kernel_depmod(KernelJob *job, const char *base, const char *release, GError **error);

#endif
