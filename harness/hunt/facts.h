/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hunt.json says of kernel, host and limits, beside the hunt's own name and seed. */
#ifndef PFNHUNT_HUNT_FACTS_H
#define PFNHUNT_HUNT_FACTS_H

#include "harness/hunt/hunt.h"
#include "harness/results/model.h"

/* Sets what hunt.json has of kernel, limits, jobs and host; @modules: what the guest loads. */
void hunt_facts_add(RHunt *hunt, const HuntConfig *config, const GPtrArray *modules);
/* One hash for names and content of @modules (of KernelModule); "" without any. (transfer full) */
char *hunt_modules_sha256(const GPtrArray *modules);

#endif
