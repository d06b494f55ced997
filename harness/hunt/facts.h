/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hunt.json says of kernel, host and limits, beside the hunt's own name and seed. */
#ifndef PFNHUNT_HUNT_FACTS_H
#define PFNHUNT_HUNT_FACTS_H

#include "harness/hunt/hunt.h"

#include <json-glib/json-glib.h>

/*
 * Adds kernel_version, build_id, config_sha256, replay_of (what is known of them), boots and
 * time_ms (0: no limit), bound (of such a rule), jobs (a number or "auto"), pin, share and shares
 * (of a shard), and host, host_name, host_cpu, host_cpus, host_memory_bytes.
 */
void hunt_facts_add(JsonObject *o, const HuntConfig *config);

#endif
