/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See estimate.h. */
#include "harness/report/estimate.h"
#include "harness/results/bounds.h"
#include "harness/results/table.h"
#include "harness/scenario/scenario.h"

#include <string.h>

/* So many walkers are named, those with most visits inside. */
#define WALKERS_NAMED 3

Estimate *estimate_new(double bound, double whole_s)
{
	Estimate *c = g_new0(Estimate, 1);

	c->bound = bound;
	c->whole_s = whole_s;
	c->trials = g_array_new(FALSE, FALSE, sizeof(StatsTime));
	c->offlined = g_array_new(FALSE, FALSE, sizeof(StatsCluster));
	c->visited = g_array_new(FALSE, FALSE, sizeof(StatsCluster));
	c->exposure = exposure_new();
	return c;
}

void estimate_free(Estimate *c)
{
	if (!c)
		return;
	exposure_free(c->exposure);
	g_array_unref(c->trials);
	g_array_unref(c->offlined);
	g_array_unref(c->visited);
	g_free(c);
}

static void add_cluster(GArray *to, const RBoot *b, guint64 chances)
{
	StatsCluster boot = {(guint64)MAX(b->hits, 0), chances};

	g_array_append_val(to, boot);
}

void estimate_add(Estimate *c, const RBoot *b)
{
	const Trial trial = results_boot_trial(b);
	const StatsTime time = trial_time(&trial, c->whole_s);

	if (trial.kind == TRIAL_NONE) {
		c->unexposed += !b->retried;
		return;
	}
	c->boots++;
	c->cut += trial.kind == TRIAL_CUT;
	c->lost += results_boot_weigh(b) == VERDICT_LOST;
	c->fired += trial.kind == TRIAL_HIT;
	c->known += b->known > 0;
	c->hit_last = trial.kind == TRIAL_HIT;
	c->hung += results_boot_weigh(b) == VERDICT_HANG;
	c->offlines += (guint64)MAX(b->offlines, 0);
	c->hits += (guint64)MAX(b->hits, 0);
	exposure_add(c->exposure, b->exposure);
	g_array_append_val(c->trials, time);
	add_cluster(c->offlined, b, (guint64)MAX(b->offlines, 0));
	add_cluster(c->visited, b, exposure_inside(b->exposure, NULL, NULL));
}

Estimate *estimate_of_hunt(const RHunt *h)
{
	Estimate *c = estimate_new(h->bound, results_whole_s(h));
	g_autofree char *path = g_build_filename(h->dir, "scenario.ini", NULL);
	g_autoptr(Scenario) s = h->boots->len ? scenario_load(path, NULL) : NULL;

	c->first_only = h->bound > 0 || (s && !g_str_equal(s->stop, "never"));

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (b->ended)
			estimate_add(c, b);
	}
	return c;
}

static double worth_of(const Estimate *c)
{
	return censored_worth((StatsTime *)(void *)c->trials->data, c->trials->len);
}

/* Of boots at once, those beside the hit end after it: then it is not geometric any more. */
static gboolean hit_ended_it(const Estimate *c)
{
	return c->bound > 0 && c->fired == 1 && c->hit_last;
}

StatsInterval estimate_interval(const Estimate *c)
{
	if (c->cut)
		return censored_chance((StatsTime *)(void *)c->trials->data, c->trials->len,
				       STATS_CONFIDENCE);
	if (hit_ended_it(c))
		return stats_first_hit(c->boots, STATS_CONFIDENCE);
	return stats_proportion(c->fired, c->boots, STATS_CONFIDENCE);
}

char *estimate_visits(const Estimate *c)
{
	g_autoptr(GPtrArray) names = exposure_walkers(c->exposure);
	g_autoptr(GString) text = g_string_new(NULL);
	guint inside = 0, shown;

	if (!exposure_measured(c->exposure)) {
		g_autofree char *layer = exposure_layer_text(c->exposure);

		return g_strdup_printf("visits not measured (probes: %s)", layer);
	}
	while (inside < names->len &&
	       exposure_inside(c->exposure, g_ptr_array_index(names, inside), NULL))
		inside++;
	if (inside == 0)
		return g_strdup("not one visit inside an open window");
	shown = MIN(inside, WALKERS_NAMED);
	for (guint i = 0; i < shown; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *count = results_count(exposure_inside(c->exposure, name, NULL));

		g_string_append_printf(text, "%s%s %s",
				       i == 0				   ? ""
				       : i + 1 == shown && i + 1 == inside ? " and "
									   : ", ",
				       count, name);
	}
	if (inside > shown)
		g_string_append_printf(text, " and other walkers' (%u)", inside - shown);
	return g_strdup_printf("%s visits inside an open window (%s)", text->str,
			       c->exposure->layer);
}

static void append_unexposed(GString *text, const Estimate *c)
{
	if (c->unexposed)
		g_string_append_printf(text, "; %u more boot%s not count: unexposed or failed",
				       c->unexposed, c->unexposed == 1 ? " does" : "s do");
}

/* What boots that were cut off stand for, and what the chance would be were the lost ones hits. */
static void append_cut(GString *text, const Estimate *c)
{
	if (c->cut == 0)
		return;
	g_string_append_printf(text,
			       "; %u %s cut off without a hit and count%s until then, all are "
			       "worth %.4g whole boots",
			       c->cut, c->cut == 1 ? "was" : "were", c->cut == 1 ? "s" : "",
			       worth_of(c));
	if (c->fired == 0)
		g_string_append(text, " (a constant hazard is assumed)");
	if (c->lost) {
		g_autofree char *share = results_percent((double)(c->fired + c->lost) /
							 (c->boots - c->cut + c->lost));

		g_string_append_printf(text,
				       "; the %u lost of them may have been hits: %u of %u boots "
				       "(%s) then",
				       c->lost, c->fired + c->lost, c->boots - c->cut + c->lost,
				       share);
	}
}

static void append_chance(GString *text, const Estimate *c)
{
	StatsInterval ci = estimate_interval(c);
	g_autofree char *most = bounds_percent_most(ci.high), *range = bounds_percent(ci);

	if (c->fired == 0)
		g_string_append_printf(text, ": the chance of a hit per boot is below %s at 95 %%",
				       most);
	else
		g_string_append_printf(
			text, ": the chance of a hit per boot is %s, either bound at 95 %%", range);
	if (hit_ended_it(c))
		g_string_append(text, " (boots went on until the first hit)");
}

/* What hammered: attempts of our own, else what was seen of the device's. */
static char *work_text(const Estimate *c)
{
	const ExposureWindow *most = NULL;
	g_autofree char *count = NULL;

	for (guint i = 0; i < c->exposure->windows->len; i++) {
		const ExposureWindow *w = g_ptr_array_index(c->exposure->windows, i);

		if (w->opened && (!most || w->opened > most->opened))
			most = w;
	}
	if (c->offlines || !most) {
		count = results_count(c->offlines);
		return g_strdup_printf("%s offlines", count);
	}
	count = results_count(most->opened);
	return g_strdup_printf("%s %s windows", count, most->kind);
}

char *estimate_text(const Estimate *c)
{
	g_autofree char *work = work_text(c), *visits = estimate_visits(c);
	GString *text = g_string_new(NULL);

	if (c->boots == 0) {
		g_string_append_printf(text, "nothing can be said: of %u boot%s none was exposed",
				       c->unexposed, c->unexposed == 1 ? "" : "s");
		return g_string_free(text, FALSE);
	}
	if (c->fired) {
		g_autofree char *share = results_percent((double)c->fired / c->boots);

		g_string_append_printf(text, "%u of %u boots %s (%s)", c->fired, c->boots,
				       c->hung == 0	     ? "fired"
				       : c->hung == c->fired ? "hung"
							     : "fired or hung",
				       share);
	} else {
		g_string_append_printf(text, "0 hits in %u boot%s", c->boots,
				       c->boots == 1 ? "" : "s");
	}
	if (c->known)
		g_string_append_printf(text, " (%u with known issues, which do not count)",
				       c->known);
	g_string_append_printf(text, ", %s, %s", work, visits);
	append_chance(text, c);
	append_cut(text, c);
	append_unexposed(text, c);
	return g_string_free(text, FALSE);
}

/* "15.1 (bounds at 95 %: 9.8..23) hits per 1,000 offlines". */
static char *rate_text(const Estimate *c, const GArray *boots, guint64 of, double per,
		       const char *what)
{
	double rate = (double)c->hits * per / (double)of;
	g_autofree char *number =
		rate < 1000 ? g_strdup_printf("%.3g", rate) : results_count((guint64)rate);
	g_autofree char *bounds = NULL;
	StatsInterval ci;

	if (c->first_only)
		return g_strdup_printf("%s first hits per %s", number, what);
	if (!stats_rate((StatsCluster *)(void *)boots->data, boots->len, STATS_CONFIDENCE, &ci))
		return g_strdup_printf("%s hits per %s (these boots give no bounds)", number, what);
	bounds = bounds_rate(ci, per);
	return g_strdup_printf("%s hits per %s (bounds at 95 %%: %s)", number, what, bounds);
}

char *estimate_rates(const Estimate *c)
{
	guint64 inside = exposure_inside(c->exposure, NULL, NULL);
	g_autofree char *offline = NULL, *visit = NULL;

	if (c->hits == 0 || c->offlines == 0)
		return NULL;
	offline = rate_text(c, c->offlined, c->offlines, 1e3, "1,000 offlines");
	visit = inside ? rate_text(c, c->visited, inside, 1e6, "million visits inside a window")
		       : NULL;
	return g_strdup_printf("%s%s%s; %s", offline, visit ? ", " : "", visit ? visit : "",
			       c->first_only ? "boots end at their first hit, so there is no rate "
					       "within one"
					     : "rates within boots, by jackknife over boots");
}

/* Of the rate that is to be confirmed to be gone. */
#define FIX_LEFT 0.1

static double rate_of(const Estimate *c)
{
	return c->fired / worth_of(c);
}

char *estimate_fix(const Estimate *c)
{
	guint64 less = stats_trials_for_fix(c->fired, (guint64)worth_of(c), STATS_SIGNIFICANT);
	g_autofree char *fewer = NULL, *left = NULL, *tenth = NULL;

	if (c->fired == 0)
		return NULL;
	fewer = less ? results_count(less) : g_strdup("more than a million");
	tenth = results_count(stats_trials_for(rate_of(c) * FIX_LEFT, STATS_CONFIDENCE));
	left = results_percent(rate_of(c) * FIX_LEFT);
	return g_strdup_printf("%s clean boots with it show that it fires less often (Fisher's "
			       "exact test, p < %.2g), %s that at most a tenth is left (%s a boot, "
			       "at %.0f %%)",
			       fewer, STATS_SIGNIFICANT, tenth, left, STATS_CONFIDENCE * 100);
}

char *estimate_fix_reached(const Estimate *before, const Estimate *fixed)
{
	double worth = worth_of(fixed), most;
	guint64 tenth;
	g_autofree char *below = NULL;
	double p;

	if (before->fired == 0 || fixed->fired || !(worth > 0))
		return NULL;
	most = censored_upper(worth, STATS_CONFIDENCE);
	below = bounds_percent_most(most);
	tenth = stats_trials_for(rate_of(before) * FIX_LEFT, STATS_CONFIDENCE);
	p = censored_test((StatsTime *)(void *)before->trials->data, before->trials->len,
			  (StatsTime *)(void *)fixed->trials->data, fixed->trials->len);
	return g_strdup_printf("no hit in %.4g boots: that it fires less often is %s (p = %.2g), "
			       "that at most a tenth is left %s (%.4g of %" G_GUINT64_FORMAT
			       " boots); the chance is below %s a boot",
			       worth, p < STATS_SIGNIFICANT ? "shown" : "not shown", p,
			       worth >= (double)tenth ? "is shown" : "is not shown", worth, tenth,
			       below);
}
