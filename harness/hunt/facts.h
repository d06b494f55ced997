/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hunt.json says of kernel, host and limits, beside the hunt's own name and seed. */
#ifndef PFNHUNT_HUNT_FACTS_H
#define PFNHUNT_HUNT_FACTS_H

#include "harness/hunt/hunt.h"
#include "harness/results/model.h"

/* Sets what hunt.json has of kernel, limits, jobs and host. */
void hunt_facts_add(RHunt *hunt, const HuntConfig *config);

#endif
