/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See estimate.h. */
#include "harness/report/estimate.h"
#include "harness/results/bounds.h"
#include "harness/results/table.h"

#include <string.h>

/* So many walkers are named, those with most visits inside. */
#define WALKERS_NAMED 3

Estimate *estimate_new(double bound)
{
	Estimate *c = g_new0(Estimate, 1);

	c->bound = bound;
	c->exposure = exposure_new();
	return c;
}

void estimate_free(Estimate *c)
{
	if (!c)
		return;
	exposure_free(c->exposure);
	g_free(c);
}

void estimate_add(Estimate *c, Verdict weighed, guint64 offlines, guint64 hits, guint64 known,
		  const Exposure *e)
{
	if (!verdict_is_exposed(weighed)) {
		c->unexposed++;
		return;
	}
	c->boots++;
	c->fired += verdict_is_hit(weighed);
	c->known += known > 0;
	c->hit_last = verdict_is_hit(weighed);
	c->hung += weighed == VERDICT_HANG;
	c->offlines += offlines;
	c->hits += hits;
	exposure_add(c->exposure, e);
}

Estimate *estimate_of_hunt(const RHunt *h)
{
	Estimate *c = estimate_new(h->bound);

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (results_boot_counts(b))
			estimate_add(c, results_boot_weigh(b), (guint64)MAX(b->offlines, 0),
				     (guint64)MAX(b->hits, 0), (guint64)MAX(b->known, 0),
				     b->exposure);
	}
	return c;
}

Estimate *estimate_of_summary(const HuntSummary *sum)
{
	Estimate *c = estimate_new(sum->rule.bound);

	for (guint i = 0; i < sum->results->len; i++) {
		const BootResult *r = g_ptr_array_index(sum->results, i);

		estimate_add(c, hunt_weigh(r), r->offlines, r->hits, r->known_count, r->exposure);
	}
	return c;
}

/* Of boots at once, those beside the hit end after it: then it is not geometric any more. */
static gboolean hit_ended_it(const Estimate *c)
{
	return c->bound > 0 && c->fired == 1 && c->hit_last;
}

StatsInterval estimate_interval(const Estimate *c)
{
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
	return g_strdup_printf("%s visits inside an open window", text->str);
}

static void append_unexposed(GString *text, const Estimate *c)
{
	if (c->unexposed)
		g_string_append_printf(text,
				       "; %u more boot%s not count: unexposed, lost or failed",
				       c->unexposed, c->unexposed == 1 ? " does" : "s do");
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
	append_unexposed(text, c);
	return g_string_free(text, FALSE);
}

static char *rate_text(guint64 hits, double per, guint64 of)
{
	double rate = (double)hits * per / (double)of;

	return rate < 1000 ? g_strdup_printf("%.3g", rate) : results_count((guint64)rate);
}

char *estimate_rates(const Estimate *c)
{
	guint64 inside = exposure_inside(c->exposure, NULL, NULL);
	g_autofree char *offline = NULL, *visit = NULL;

	if (c->hits == 0 || c->offlines == 0)
		return NULL;
	offline = rate_text(c->hits, 1e3, c->offlines);
	visit = inside ? rate_text(c->hits, 1e6, inside) : NULL;
	return g_strdup_printf("%s hits per 1,000 offlines%s%s%s; rates within boots: their hits "
			       "hang together, so no interval",
			       offline, visit ? ", " : "", visit ? visit : "",
			       visit ? " per million visits inside a window" : "");
}

char *estimate_fix(const Estimate *c)
{
	guint64 boots = stats_trials_for_fix(c->fired, c->boots, STATS_SIGNIFICANT);

	if (boots == 0)
		return NULL;
	return g_strdup_printf("%" G_GUINT64_FORMAT " clean boots with it would show that it works "
			       "(Fisher's exact test, p < %.2g)",
			       boots, STATS_SIGNIFICANT);
}
