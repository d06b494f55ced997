/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See goal.h. */
#include "harness/boot/goal.h"

#include <string.h>

/* The file's key with what was reached; or why it cannot be known. NULL when it was reached. */
static char *missed(const char *key, const char *name, guint64 least, guint64 seen)
{
	if (seen >= least)
		return NULL;
	return g_strdup_printf("goal missed: %.*s%s = %" G_GUINT64_FORMAT
			       ", but there were %" G_GUINT64_FORMAT,
			       (int)(name ? strcspn(key, ".") + 1 : strlen(key)), key,
			       name ? name : "", least, seen);
}

static char *unmeasured(const char *key, const char *name, const Exposure *e)
{
	g_autofree char *layer = exposure_layer_text(e);

	return g_strdup_printf("goal missed: %.*s%s was not measured (probes: %s)",
			       (int)(name ? strcspn(key, ".") + 1 : strlen(key)), key,
			       name ? name : "", layer);
}

/* Whether this boot was to run the op @name at all. */
static gboolean is_drawn(const Scenario *s, const char *name, const gboolean *drawn)
{
	gboolean here = FALSE;

	for (guint i = 0; i < s->ops->len; i++) {
		const ScenarioOp *op = g_ptr_array_index(s->ops, i);

		here |= g_str_equal(op->name, name);
		if (drawn[i] && g_str_equal(op->name, name))
			return TRUE;
	}
	/* The kernel may run such a walker without any op. */
	return !here;
}

static char *goal_of_name(const Scenario *s, const ScenarioGoal *goal, const Exposure *e,
			  const gboolean *drawn)
{
	gboolean visits = g_str_has_prefix(goal->key, "visits.");
	g_autofree char *text = NULL;
	gint64 nearest_ns;

	if (goal->least == 0 || (visits && !is_drawn(s, goal->name, drawn)))
		return NULL;
	if (!exposure_measured(e))
		return unmeasured(goal->key, goal->name, e);
	if (!visits)
		return missed(goal->key, goal->name, goal->least, exposure_opened(e, goal->name));
	text = missed(goal->key, goal->name, goal->least, exposure_inside(e, goal->name, NULL));
	nearest_ns = exposure_nearest_ns(e, goal->name, NULL);
	if (!text || nearest_ns < 0)
		return g_steal_pointer(&text);
	return g_strdup_printf("%s (nearest miss %.1f us)", text, (double)nearest_ns / 1000);
}

char *goal_unmet(const Scenario *s, const Exposure *e, guint64 offlines, guint64 rounds,
		 const VerdictOp *ops, const gboolean *drawn)
{
	char *text = NULL;

	for (guint i = 0; i < s->ops->len; i++)
		if (drawn[i] && ops[i].skipped && g_str_equal(s->goal_ops, "all"))
			return g_strdup_printf("%s did not run: %s", ops[i].name,
					       ops[i].reason ? ops[i].reason : "no reason given");
	text = missed("offlines", NULL, s->goal_offlines, offlines);
	if (!text)
		text = missed("rounds", NULL, s->goal_rounds, rounds);
	if (!text && s->goal_windows)
		text = exposure_measured(e)
			       ? missed("windows", NULL, s->goal_windows, exposure_opened(e, NULL))
			       : unmeasured("windows", NULL, e);
	for (guint i = 0; !text && i < s->goals->len; i++)
		text = goal_of_name(s, g_ptr_array_index(s->goals, i), e, drawn);
	return text;
}

gboolean goal_is_set(const Scenario *s)
{
	return s->goal_offlines || s->goal_rounds || s->goal_windows || s->goals->len;
}
