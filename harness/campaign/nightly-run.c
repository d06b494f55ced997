/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a night is spent: boot by boot, and never longer than its budget. */
#include "harness/campaign/nightly.h"
#include "host-driver/base/units.h"

#include <sys/random.h>

static void take_counts(NightlyCell *cell, const HuntSummary *sum)
{
	cell->tried = sum->boots;
	cell->fired = cell->boots = 0;
	for (guint v = 0; v < VERDICT_COUNT; v++) {
		cell->fired += verdict_is_hit(v) ? sum->verdicts[v] : 0;
		cell->boots += verdict_is_exposed(v) ? sum->verdicts[v] : 0;
	}
	if (!cell->dir)
		cell->dir = g_strdup(sum->dir);
}

static gboolean find_seed(const NightlyCell *cell, HuntConfig *config, GError **error)
{
	g_autoptr(RHunt) so_far = NULL;

	if (!cell->dir)
		return getrandom(&config->seed, sizeof(config->seed), 0) == sizeof(config->seed);
	so_far = results_hunt_load(cell->dir, FALSE, error);
	return so_far && units_parse_u64(so_far->seed, &config->seed);
}

/* One more boot for @cell: its hunt is taken up again each time. */
static gboolean run_boot(NightlyCell *cell, HuntConfig config, const HuntListener *listener,
			 gpointer user, gboolean *interrupted, GError **error)
{
	HuntSummary summary;
	gboolean ok;

	config.boots = cell->tried + 1;
	config.resume_dir = cell->dir;
	if (!find_seed(cell, &config, error))
		return FALSE;
	ok = hunt_run(&config, listener, user, &summary, error);
	if (ok)
		take_counts(cell, &summary);
	*interrupted = summary.interrupted;
	hunt_summary_clear(&summary);
	return ok;
}

void nightly_run(Nightly *n, const HuntConfig *shared, const HuntListener *listener,
		 NightlyOpen open, gpointer user)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)n->budget_ms * 1000;
	NightlyCell *cell;

	while (!n->interrupted) {
		gint64 begun_us, left_us = until_us - g_get_monotonic_time();
		HuntConfig config = *shared;
		g_autoptr(GError) error = NULL;
		guint64 tried;
		double took_s;

		cell = left_us > 0 ? nightly_next(n, (double)left_us / G_USEC_PER_SEC) : NULL;
		if (!cell)
			break;
		tried = cell->tried;
		if (!open(cell, &config, user, &error)) {
			cell->fail = g_strdup(error->message);
			continue;
		}
		/* Fetching a kernel is a part of the night, too. */
		begun_us = g_get_monotonic_time();
		left_us = until_us - begun_us;
		config.hard_ms = (guint64)MAX(left_us / 1000, 1);
		if (!run_boot(cell, config, listener, user, &n->interrupted, &error))
			cell->fail = g_strdup(error ? error->message : "its hunt cannot be read");
		else if (cell->tried == tried && !n->interrupted && left_us > 0)
			cell->fail = g_strdup("no boot came to its end");
		took_s = (double)(g_get_monotonic_time() - begun_us) / G_USEC_PER_SEC;
		cell->spent_s += took_s;
		cell->longest_s = MAX(cell->longest_s, took_s);
	}
}
