/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See nightly.h. */
#include "harness/campaign/nightly.h"
#include "harness/verdict/stats.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"
#include "host-driver/base/open.h"

#include <string.h>

static void cell_free(NightlyCell *cell)
{
	g_free(cell->scenario);
	g_free(cell->kernel);
	g_free(cell->dir);
	g_free(cell->fail);
	g_free(cell);
}

void nightly_free(Nightly *n)
{
	if (!n)
		return;
	g_ptr_array_unref(n->cells);
	g_free(n->backend);
	g_free(n->since);
	g_free(n);
}

static gboolean complain(const char *path, const char *key, const char *what, GError **error)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s: [nightly] %s: %s", path, key,
		    what);
	return FALSE;
}

static gboolean only_known_keys(GKeyFile *ini, const char *path, GError **error)
{
	static const char *const known[] = {"budget", "scenarios", "kernels", "boots",
					    "since",  "backend",   NULL};
	g_auto(GStrv) groups = g_key_file_get_groups(ini, NULL);
	g_auto(GStrv) keys = g_key_file_get_keys(ini, "nightly", NULL, NULL);

	for (guint i = 0; groups[i]; i++)
		if (!g_str_equal(groups[i], "nightly")) {
			g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
				    "%s: [%s]: no such group; there is [nightly]", path, groups[i]);
			return FALSE;
		}
	for (guint i = 0; keys && keys[i]; i++)
		if (!g_strv_contains(known, keys[i]))
			return complain(path, keys[i],
					"no such key; there are budget, scenarios, kernels, boots, "
					"since, backend",
					error);
	return TRUE;
}

static gboolean load_numbers(Nightly *n, GKeyFile *ini, const char *path, GError **error)
{
	g_autofree char *budget = g_key_file_get_string(ini, "nightly", "budget", NULL);
	g_autofree char *boots = g_key_file_get_string(ini, "nightly", "boots", NULL);

	if (!budget || !units_parse_ms(g_strstrip(budget), &n->budget_ms) || n->budget_ms == 0)
		return complain(path, "budget", "a time such as 90m or 8h", error);
	n->most_boots = 200;
	if (boots && (!units_parse_u64(g_strstrip(boots), &n->most_boots) || n->most_boots == 0 ||
		      n->most_boots > 1000000))
		return complain(path, "boots", "the most for one scenario and kernel, from 1",
				error);
	return TRUE;
}

static gboolean load_since(Nightly *n, GKeyFile *ini, const char *path, GError **error)
{
	g_autofree char *since = g_key_file_get_string(ini, "nightly", "since", NULL);
	g_autofree char *moment = NULL;
	g_autoptr(GDateTime) night = NULL;

	if (!since)
		return TRUE;
	moment = g_strconcat(g_strstrip(since), "T00:00:00Z", NULL);
	night = strlen(since) == 10 ? g_date_time_new_from_iso8601(moment, NULL) : NULL;
	if (!night)
		return complain(path, "since", "a date such as 2026-11-01", error);
	n->since = g_steal_pointer(&since);
	return TRUE;
}

static char **list_of(GKeyFile *ini, const char *path, const char *key, GError **error)
{
	g_auto(GStrv) all = g_key_file_get_string_list(ini, "nightly", key, NULL, NULL);

	for (guint i = 0; all && all[i]; i++)
		if (!*g_strstrip(all[i])) {
			complain(path, key, "an empty name in the list", error);
			return NULL;
		}
	if (all && all[0])
		return g_steal_pointer(&all);
	complain(path, key, "missing: one or more names, ';' between them", error);
	return NULL;
}

Nightly *nightly_load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) ini = NULL;
	g_autoptr(Nightly) n = g_new0(Nightly, 1);
	g_auto(GStrv) scenarios = NULL, kernels = NULL;

	n->cells = g_ptr_array_new_with_free_func((GDestroyNotify)cell_free);
	ini = open_key_file(path, G_KEY_FILE_NONE, error);
	if (!ini)
		return NULL;
	if (!only_known_keys(ini, path, error) || !load_numbers(n, ini, path, error) ||
	    !load_since(n, ini, path, error) ||
	    !(scenarios = list_of(ini, path, "scenarios", error)) ||
	    !(kernels = list_of(ini, path, "kernels", error)))
		return NULL;
	n->backend = g_key_file_get_string(ini, "nightly", "backend", NULL);
	for (guint i = 0; scenarios[i]; i++)
		for (guint k = 0; kernels[k]; k++) {
			NightlyCell *cell = g_new0(NightlyCell, 1);

			cell->scenario = g_strdup(scenarios[i]);
			cell->kernel = g_strdup(kernels[k]);
			g_ptr_array_add(n->cells, cell);
		}
	return g_steal_pointer(&n);
}

/* How much one more boot is expected to narrow the interval, for each second it takes. */
static double gain(const NightlyCell *cell)
{
	StatsInterval now = stats_proportion(cell->fired, cell->boots, STATS_CONFIDENCE);
	StatsInterval hit = stats_proportion(cell->fired + 1, cell->boots + 1, STATS_CONFIDENCE);
	StatsInterval miss = stats_proportion(cell->fired, cell->boots + 1, STATS_CONFIDENCE);
	double rate = (cell->fired + 0.5) / (cell->boots + 1.0);
	double then = rate * (hit.high - hit.low) + (1 - rate) * (miss.high - miss.low);
	double cost_s = cell->spent_s / MAX(cell->tried, 1);

	return (now.high - now.low - then) / MAX(cost_s, 1);
}

NightlyCell *nightly_next(const Nightly *n, double left_s)
{
	NightlyCell *best = NULL;

	for (guint i = 0; i < n->cells->len; i++) {
		NightlyCell *cell = g_ptr_array_index(n->cells, i);

		if (cell->fail || cell->tried >= n->most_boots || cell->longest_s > left_s)
			continue;
		if (cell->tried == 0)
			return cell;
		/* Five boots in a row that mean nothing: a sixth will not either. */
		if (cell->boots == 0 && cell->tried >= 5)
			continue;
		if (!best || gain(cell) > gain(best))
			best = cell;
	}
	return best;
}
