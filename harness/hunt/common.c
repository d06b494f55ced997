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

static gboolean before_hunt(const BootResult *r)
{
	return g_strcmp0(r->phase, "boot") == 0;
}

Verdict hunt_weigh(const BootResult *r)
{
	return verdict_weigh(r->verdict, before_hunt(r));
}

Trial hunt_trial(const BootResult *r)
{
	const TrialFacts facts = {.weighed = hunt_weigh(r),
				  .before_hunt = before_hunt(r),
				  .censored = r->censored != NULL,
				  .run_s = r->run_s,
				  .hit_s = r->hit.after_go_s,
				  .hit_hello_s = r->hit.after_hello_s,
				  .cut_s = r->cut_s};

	return trial_of(&facts);
}

StopRule hunt_rule(const HuntConfig *c)
{
	return stop_rule_new(c->bound, (double)c->scenario->duration_ms / 1000);
}

void hunt_tell(const Hunt *hunt, char *text)
{
	if (text)
		hunt->listener->note(text, hunt->user);
	g_free(text);
}
