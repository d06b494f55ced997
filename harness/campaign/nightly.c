/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See nightly.h. */
#include "harness/campaign/nightly.h"
#include "harness/report/estimate.h"
#include "harness/results/table.h"
#include "harness/verdict/stats.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"

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
	static const char *const known[] = {"budget", "scenarios", "kernels",
					    "boots",  "backend",   NULL};
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
					"backend",
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
	g_autoptr(GKeyFile) ini = g_key_file_new();
	g_autoptr(Nightly) n = g_new0(Nightly, 1);
	g_autoptr(GError) bad = NULL;
	g_auto(GStrv) scenarios = NULL, kernels = NULL;

	n->cells = g_ptr_array_new_with_free_func((GDestroyNotify)cell_free);
	if (!g_key_file_load_from_file(ini, path, G_KEY_FILE_NONE, &bad)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s: %s", path,
			    bad->message);
		return NULL;
	}
	if (!only_known_keys(ini, path, error) || !load_numbers(n, ini, path, error) ||
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

NightlyCell *nightly_next(const Nightly *n)
{
	NightlyCell *best = NULL;

	for (guint i = 0; i < n->cells->len; i++) {
		NightlyCell *cell = g_ptr_array_index(n->cells, i);

		if (cell->fail || cell->tried >= n->most_boots)
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

typedef struct {
	GString *sections[4]; /* new, gone, moved, known and the same */
	GString *unexposed;
	guint new_incidents;
} Page;

static void add_line(GString *section, const NightlyCell *cell, const RChange *change,
		     const RComparison *c)
{
	g_autofree char *title = units_printable(change->incident->title);

	g_string_append_printf(section, "  %s on %s: %s\n    %s, %u of %u boots (before: %u of %u)",
			       cell->scenario, cell->kernel, title, change->incident->family,
			       change->boots_b, c->b.exposed, change->boots_a, c->a.exposed);
	if (change->incident->walker) {
		g_autofree char *walker = units_printable(change->incident->walker);

		g_string_append_printf(section, ", walker %s%s", walker,
				       change->incident->walker_guessed ? "?" : "");
	}
	if (change->kind != RCHANGE_NEW && change->kind != RCHANGE_SAME)
		g_string_append_printf(section, ", p = %.4f", change->p);
	g_string_append_c(section, '\n');
}

static void add_changes(Page *page, const NightlyCell *cell, const RHunt *before, const RHunt *now,
			GHashTable *seen)
{
	g_autoptr(RComparison) c = results_compare(before, now);

	for (guint i = 0; i < c->changes->len; i++) {
		const RChange *change = g_ptr_array_index(c->changes, i);
		gboolean old = seen && g_hash_table_contains(seen, change->incident->signature);
		guint section = change->known || (old && change->kind == RCHANGE_NEW) ? 3
				: change->kind == RCHANGE_NEW			      ? 0
				: change->kind == RCHANGE_GONE			      ? 1
				: change->kind == RCHANGE_SAME			      ? 3
										      : 2;

		/* Not seen tonight, and too few boots to say that it is gone. */
		if (section == 3 && change->boots_b == 0)
			continue;
		page->new_incidents += section == 0;
		add_line(page->sections[section], cell, change, c);
	}
}

/* Boots that missed what the scenario asks for, and walkers that were never in a window. */
static void add_missed(Page *page, const NightlyCell *cell, const RHunt *now)
{
	g_autoptr(Claim) claim = claim_of_hunt(now);
	g_autoptr(GPtrArray) walkers = exposure_walkers(claim->exposure);
	const char *why = NULL;
	guint missed = 0;

	for (guint i = 0; i < now->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(now->boots, i);

		if (!results_boot_counts(b) || !g_str_equal(b->verdict, "unexposed"))
			continue;
		missed++;
		why = b->reason;
	}
	if (missed) {
		g_autofree char *reason = units_printable(why);

		g_string_append_printf(page->unexposed, "  %s on %s: %u of %u boots: %s\n",
				       cell->scenario, cell->kernel, missed,
				       results_totals(now).boots, reason);
	}
	for (guint i = 0; claim->boots && i < walkers->len; i++) {
		const char *walker = g_ptr_array_index(walkers, i);
		gint64 nearest_ns = exposure_nearest_ns(claim->exposure, walker, NULL);
		g_autofree char *miss = NULL;

		if (exposure_inside(claim->exposure, walker, NULL))
			continue;
		miss = nearest_ns < 0 ? g_strdup("it came near none")
				      : results_nanoseconds((guint64)nearest_ns);
		g_string_append_printf(page->unexposed,
				       "  %s on %s: %s never was in an open window (%s%s)\n",
				       cell->scenario, cell->kernel, walker,
				       nearest_ns < 0 ? "" : "nearest miss ", miss);
	}
}

/* What was not tested stands on the page too: silence is no result. */
static void add_unexposed(Page *page, const NightlyCell *cell, const RHunt *now)
{
	g_autofree char *why = cell->fail ? units_printable(cell->fail) : NULL;
	const RBoot *first = now && now->boots->len ? g_ptr_array_index(now->boots, 0) : NULL;

	if (cell->fail)
		g_string_append_printf(page->unexposed, "  %s on %s: could not be run: %s\n",
				       cell->scenario, cell->kernel, why);
	else if (cell->tried == 0)
		g_string_append_printf(page->unexposed, "  %s on %s: no time was left for it\n",
				       cell->scenario, cell->kernel);
	else if (cell->boots == 0)
		g_string_append_printf(page->unexposed,
				       "  %s on %s: %" G_GUINT64_FORMAT
				       " boots, none long enough to mean anything\n",
				       cell->scenario, cell->kernel, cell->tried);
	if (now)
		add_missed(page, cell, now);
	for (guint i = 0; first && i < first->ops->len; i++) {
		const ROp *op = g_ptr_array_index(first->ops, i);
		g_autofree char *reason = units_printable(op->reason);

		if (g_str_equal(op->state, "skipped"))
			g_string_append_printf(page->unexposed, "  %s on %s: %s was skipped: %s\n",
					       cell->scenario, cell->kernel, op->label, reason);
	}
}

static void exposure_cell(RTable *table, const RHunt *now)
{
	g_autoptr(Claim) claim = now ? claim_of_hunt(now) : claim_new(0);
	g_autofree char *visits = claim_visits(claim);

	rtable_cell(table, "%s", claim->boots ? visits : "-");
}

static char *table_of(const Nightly *n, RHunt *const *now)
{
	g_autoptr(RTable) table = rtable_new("scenario|kernel|>fired|95 %|>time|exposure");

	for (guint i = 0; i < n->cells->len; i++) {
		const NightlyCell *cell = g_ptr_array_index(n->cells, i);
		StatsInterval ci = stats_proportion(cell->fired, cell->boots, STATS_CONFIDENCE);
		double most = stats_upper(0, cell->boots, STATS_CONFIDENCE);
		g_autofree char *bounds = cell->fired ? results_interval(ci.low, ci.high)
						      : g_strdup_printf("< %.2g %%", most * 100);
		g_autofree char *spent = results_duration(cell->spent_s);

		rtable_cell(table, "%s", cell->scenario);
		rtable_cell(table, "%s", cell->kernel);
		rtable_cell(table, "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, cell->fired,
			    cell->boots);
		rtable_cell(table, "%s", cell->boots ? bounds : "-");
		rtable_cell(table, "%s", spent);
		exposure_cell(table, now[i]);
	}
	return rtable_text(table);
}

char *nightly_page(const Nightly *n, RHunt *const *before, RHunt *const *now, GHashTable *seen,
		   guint *new_incidents)
{
	static const char *const titles[] = {"NEW", "GONE", "MOVED", "KNOWN AND UNCHANGED"};
	Page page = {.unexposed = g_string_new(NULL)};
	g_autofree char *table = table_of(n, now);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(page.sections); i++)
		page.sections[i] = g_string_new(NULL);
	for (guint i = 0; i < n->cells->len; i++) {
		const NightlyCell *cell = g_ptr_array_index(n->cells, i);
		RHunt nothing = {.boots = g_ptr_array_new()};

		if (now[i])
			add_changes(&page, cell, before[i] ? before[i] : &nothing, now[i], seen);
		add_unexposed(&page, cell, now[i]);
		g_ptr_array_unref(nothing.boots);
	}
	g_string_append_printf(text, "%s\n\n",
			       page.new_incidents ? "Something new fired." : "Nothing new.");
	for (guint i = 0; i < G_N_ELEMENTS(page.sections); i++) {
		if (page.sections[i]->len)
			g_string_append_printf(text, "%s\n%s\n", titles[i], page.sections[i]->str);
		g_string_free(page.sections[i], TRUE);
	}
	if (page.unexposed->len)
		g_string_append_printf(text, "NOT EXPOSED\n%s\n", page.unexposed->str);
	g_string_free(page.unexposed, TRUE);
	g_string_append(text, table);
	*new_incidents = page.new_incidents;
	return g_string_free(text, FALSE);
}
