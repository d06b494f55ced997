/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See stop-rule.h. */
#include "harness/verdict/stop-rule.h"
#include "harness/verdict/stats.h"

#include <math.h>

/* Sums of shares of boots are not exact. */
#define ROUNDING 1e-9

StopRule stop_rule_new(double bound, double whole_s)
{
	StopRule rule = {.bound = bound, .whole_s = whole_s};

	if (bound >= 1)
		rule.need = 1;
	else if (bound > 0)
		rule.need = log1p(-STATS_CONFIDENCE) / log1p(-bound);
	return rule;
}

void stop_rule_boot(StopRule *rule, const Trial *trial, gboolean tried_again)
{
	double worth = 0;

	if (tried_again && trial->kind != TRIAL_CUT)
		return;
	if (trial->kind == TRIAL_WHOLE || trial->kind == TRIAL_CUT)
		worth = trial_time(trial, rule->whole_s).time_s;
	rule->done += worth;
	rule->cut += trial->kind == TRIAL_CUT;
	rule->hits += trial->kind == TRIAL_HIT;
	if (trial->kind == TRIAL_HIT || worth >= STOP_RULE_LEAST)
		rule->idle = 0;
	else if (!tried_again)
		rule->idle++;
}

guint64 stop_rule_left(const StopRule *rule)
{
	double left = ceil(rule->need - rule->done - ROUNDING);

	return left > 0 ? (guint64)left : 0;
}

gboolean stop_rule_wants(const StopRule *rule, guint running)
{
	if (rule->bound <= 0)
		return TRUE;
	return rule->hits == 0 && rule->idle < STOP_RULE_PATIENCE && stop_rule_left(rule) > running;
}

gboolean stop_rule_holds(const StopRule *rule)
{
	return rule->bound > 0 && rule->hits == 0 && stop_rule_left(rule) == 0;
}

char *stop_rule_text(const StopRule *rule)
{
	if (rule->bound <= 0)
		return NULL;
	if (rule->hits)
		return g_strdup("a hit ended it: no bound");
	if (stop_rule_holds(rule))
		return g_strdup_printf("%.3g %% is shown%s", rule->bound * 100,
				       rule->cut ? " (by hammering time, as boots were cut off: "
						   "a constant hazard is assumed)"
						 : "");
	if (rule->idle >= STOP_RULE_PATIENCE)
		return g_strdup_printf("given up: the last %u boots were next to nothing",
				       rule->idle);
	return g_strdup_printf("%" G_GUINT64_FORMAT " more without a hit show < %.3g %%",
			       stop_rule_left(rule), rule->bound * 100);
}

Verdict stop_rule_verdict(const StopRule *rule, Verdict worst)
{
	if (rule->bound <= 0)
		return worst;
	if (worst == VERDICT_UNEXPOSED && stop_rule_holds(rule))
		return VERDICT_CLEAN;
	/* Where every boot dies of a known issue, no number of them shows the bound. */
	if (worst == VERDICT_KNOWN && rule->idle >= STOP_RULE_PATIENCE)
		return worst;
	return worst >= VERDICT_KNOWN && !stop_rule_holds(rule) ? VERDICT_UNEXPOSED : worst;
}
