/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both the hunt as a whole and the slots that its boots run in need. See internal.h. */
#include "harness/hunt/internal.h"
#include "host-driver/base/rng.h"

BootConfig hunt_boot_config(const Hunt *hunt, guint index)
{
	const HuntConfig *c = hunt->config;

	return (BootConfig){
		.scenario = c->scenario,
		.kernel = c->kernel,
		.modules = hunt->modules,
		.boot_module_count = hunt->boot_module_count,
		.initrd_path = hunt->initrd_path,
		.known_issues = c->known_issues,
		.strict = c->strict,
		.index = index,
		.seed = c->same_seed ? c->seed : seed_derive(c->seed, index),
		.deadlines = c->deadlines ? *c->deadlines : boot_deadlines_default,
	};
}

Verdict hunt_weigh(const BootResult *r)
{
	return verdict_weigh(r->verdict, g_strcmp0(r->phase, "boot") == 0);
}

void hunt_tell(const Hunt *hunt, char *text)
{
	if (text)
		hunt->listener->note(text, hunt->user);
	g_free(text);
}
