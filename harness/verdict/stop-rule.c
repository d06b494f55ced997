/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See stop-rule.h. */
#include "harness/verdict/stop-rule.h"
#include "harness/verdict/stats.h"

StopRule stop_rule_new(double bound)
{
	return (StopRule){.bound = bound,
			  .need = bound > 0 ? stats_trials_for(bound, STATS_CONFIDENCE) : 0};
}

void stop_rule_boot(StopRule *rule, Verdict weighed)
{
	/* A boot that a known issue cut short was no whole trial of anything else. */
	gboolean whole = verdict_is_hit(weighed) || weighed == VERDICT_CLEAN;

	rule->hits += verdict_is_hit(weighed);
	rule->exposed += weighed == VERDICT_CLEAN;
	rule->idle = whole ? 0 : rule->idle + 1;
}

gboolean stop_rule_wants(const StopRule *rule, guint running)
{
	if (rule->bound <= 0)
		return TRUE;
	return rule->hits == 0 && rule->idle < STOP_RULE_PATIENCE &&
	       rule->exposed + running < rule->need;
}

gboolean stop_rule_holds(const StopRule *rule)
{
	return rule->bound > 0 && rule->hits == 0 && rule->exposed >= rule->need;
}

char *stop_rule_text(const StopRule *rule)
{
	if (rule->bound <= 0)
		return NULL;
	if (rule->hits)
		return g_strdup("a hit ended it: no bound");
	if (stop_rule_holds(rule))
		return g_strdup_printf("%.3g %% is shown", rule->bound * 100);
	if (rule->idle >= STOP_RULE_PATIENCE)
		return g_strdup_printf("given up: the last %u boots were no whole trials",
				       rule->idle);
	return g_strdup_printf("%" G_GUINT64_FORMAT " more without a hit show < %.3g %%",
			       rule->need - rule->exposed, rule->bound * 100);
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
