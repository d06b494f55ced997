/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of a night: what does not work, what is new, what waits for somebody, what is known. */
#include "harness/campaign/nightly.h"
#include "harness/report/estimate.h"
#include "harness/results/bounds.h"
#include "harness/results/table.h"
#include "harness/verdict/stats.h"
#include "host-driver/base/units.h"

#include <string.h>

typedef enum {
	PAGE_BROKEN,
	PAGE_NEW,
	PAGE_WAITS,
	PAGE_KNOWN,
	PAGE_GONE,
	PAGE_MOVED,
	PAGE_SECTIONS
} Section;

static const char *const titles[PAGE_SECTIONS] = {
	[PAGE_BROKEN] = "NOT WORKING",
	[PAGE_NEW] = "NEW",
	[PAGE_WAITS] = "NOT ACKNOWLEDGED",
	[PAGE_KNOWN] = "KNOWN",
	[PAGE_GONE] = "GONE",
	[PAGE_MOVED] = "MOVED OVER SEVERAL NIGHTS",
};

typedef struct {
	GString *sections[PAGE_SECTIONS];
	GString *unexposed;
	NightlyCounts counts;
} Page;

static gboolean is_broken(const RBoot *b)
{
	Verdict v = results_boot_weigh(b);

	return results_boot_counts(b) &&
	       (v == VERDICT_LOST || v == VERDICT_INFRA || v == VERDICT_EMULATOR);
}

/* What it takes to say that somebody knows. */
static void add_command(GString *section, const char *signature)
{
	g_autofree char *clean = units_printable(signature);
	g_autofree char *word = units_shell_word(clean);

	g_string_append_printf(section, "    pfnhunt known add %s --note '...'\n", word);
}

/* Of exposed boots, as rates are; a known splat may be in one that was not. */
static guint boots_of(const RTotals *t, guint seen)
{
	return seen > t->exposed ? t->boots : t->exposed;
}

static void add_line(GString *section, const NightlyCell *cell, const RChange *change,
		     const RComparison *c)
{
	g_autofree char *title = units_printable(change->incident->title);

	g_string_append_printf(section, "  %s on %s: %s\n    %s, %u of %u boots (before: %u of %u)",
			       cell->scenario, cell->kernel, title, change->incident->family,
			       change->boots_b, boots_of(&c->b, change->boots_b), change->boots_a,
			       boots_of(&c->a, change->boots_a));
	if (change->incident->walker) {
		g_autofree char *walker = units_printable(change->incident->walker);

		g_string_append_printf(section, ", walker %s%s", walker,
				       change->incident->walker_guessed ? "?" : "");
	}
	if (change->incident->known) {
		g_autofree char *note = units_printable(change->incident->known);

		g_string_append_printf(section, ", known: %s", note);
	}
	if (change->kind == RCHANGE_MORE || change->kind == RCHANGE_LESS)
		g_string_append_printf(section, ", %s often than before",
				       change->kind == RCHANGE_MORE ? "more" : "less");
	if (change->kind != RCHANGE_NEW && change->kind != RCHANGE_ONLY_B &&
	    change->kind != RCHANGE_SAME)
		g_string_append_printf(section, ", p = %.4f", change->p);
	g_string_append_c(section, '\n');
}

static Section section_of(const RChange *change, gboolean seen)
{
	if (change->boots_b == 0)
		return PAGE_GONE;
	if (change->known)
		return PAGE_KNOWN;
	return change->boots_a || seen ? PAGE_WAITS : PAGE_NEW;
}

/*
 * Nights @from to @to (not with it) of @nights and then @last (nullable) as one hunt; its boots are
 * theirs. Release with pool_free().
 */
static RHunt *pool_new(const GPtrArray *nights, guint from, guint to, const RHunt *last)
{
	const RHunt *newest = last ? last : to > from ? g_ptr_array_index(nights, to - 1) : NULL;
	RHunt *pool = newest ? g_memdup2(newest, sizeof(*newest)) : g_new0(RHunt, 1);

	pool->boots = g_ptr_array_new();
	for (guint i = from; i < to; i++)
		g_ptr_array_extend(pool->boots, ((RHunt *)g_ptr_array_index(nights, i))->boots,
				   NULL, NULL);
	if (last)
		g_ptr_array_extend(pool->boots, last->boots, NULL, NULL);
	return pool;
}

static void pool_free(RHunt *pool)
{
	g_ptr_array_unref(pool->boots);
	g_free(pool);
}

/* A rate that halves does not show in one night: the last ones together against those before. */
static void add_moved(Page *page, const NightlyCell *cell, const GPtrArray *nights,
		      const RHunt *now)
{
	guint recent = nights ? MIN(nights->len - MIN(nights->len, 1), NIGHTLY_RECENT - 1) : 0;
	GString *text = page->sections[PAGE_MOVED];
	RHunt *older, *newer;
	RComparison *c;

	if (recent == 0)
		return;
	older = pool_new(nights, 0, nights->len - recent, NULL);
	newer = pool_new(nights, nights->len - recent, nights->len, now);
	c = results_compare(older, newer);
	for (guint i = 0; i < c->changes->len; i++) {
		const RChange *change = g_ptr_array_index(c->changes, i);
		g_autofree char *title = units_printable(change->incident->title);

		page->counts.compared += change->kind != RCHANGE_NEW;
		if (change->kind == RCHANGE_NEW || change->kind == RCHANGE_SAME)
			continue;
		g_string_append_printf(text,
				       "  %s on %s: %s\n    %s, %s: %u of %u boots in the last %u "
				       "nights (before: %u of %u), p = %.4f%s\n",
				       cell->scenario, cell->kernel, title,
				       change->incident->family,
				       change->kind == RCHANGE_GONE   ? "gone"
				       : change->kind == RCHANGE_MORE ? "more often"
								      : "less often",
				       change->boots_b, boots_of(&c->b, change->boots_b),
				       recent + 1, change->boots_a,
				       boots_of(&c->a, change->boots_a), change->p,
				       change->known ? ", known" : "");
	}
	results_comparison_free(c);
	pool_free(older);
	pool_free(newer);
}

static void add_changes(Page *page, const NightlyCell *cell, const RHunt *before, const RHunt *now,
			GHashTable *seen)
{
	g_autoptr(RComparison) c = results_compare(before, now);

	for (guint i = 0; i < c->changes->len; i++) {
		const RChange *change = g_ptr_array_index(c->changes, i);
		const char *signature = change->incident->signature;
		Section section =
			section_of(change, seen && g_hash_table_contains(seen, signature));

		page->counts.compared += change->kind != RCHANGE_NEW;
		/* Not seen tonight, and too few boots to say that it is gone. */
		if (section == PAGE_GONE && change->kind != RCHANGE_GONE)
			continue;
		add_line(page->sections[section], cell, change, c);
		page->counts.fresh += section == PAGE_NEW;
		page->counts.unacknowledged += section == PAGE_WAITS;
		if (section == PAGE_NEW || section == PAGE_WAITS)
			add_command(page->sections[section], signature);
	}
}

/* No boot of it means anything, so something does not work. */
static void add_worthless(GString *text, const NightlyCell *cell, const RHunt *now)
{
	const RBoot *last = NULL;
	g_autofree char *reason = NULL;

	for (guint i = 0; now && i < now->boots->len; i++)
		if (results_boot_counts(g_ptr_array_index(now->boots, i)))
			last = g_ptr_array_index(now->boots, i);
	if (!last)
		return;
	reason = units_printable(last->reason);
	g_string_append_printf(text,
			       "  %s on %s: none of %u boots was exposed: %s\n"
			       "    pfnhunt results show %s/%s\n",
			       cell->scenario, cell->kernel, results_totals(now).boots, reason,
			       now->id, last->folder);
}

/* What did not work, how often, why, and how to look at it. */
static void add_broken(Page *page, const NightlyCell *cell, const RHunt *now)
{
	GString *text = page->sections[PAGE_BROKEN];
	g_autofree char *fail = cell->fail ? units_printable(cell->fail) : NULL;
	const RBoot *last = NULL;
	guint n = 0;

	for (guint i = 0; now && i < now->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(now->boots, i);

		if (!is_broken(b))
			continue;
		n++;
		last = b;
	}
	page->counts.broken += n || fail;
	if (!n && cell->tried && !cell->boots)
		add_worthless(text, cell, now);
	if (fail)
		g_string_append_printf(text,
				       "  %s on %s: could not be run: %s\n"
				       "    pfnhunt run %s --kernel %s --boots 1\n",
				       cell->scenario, cell->kernel, fail, cell->scenario,
				       cell->kernel);
	if (n) {
		g_autofree char *reason = units_printable(last->reason);

		g_string_append_printf(text,
				       "  %s on %s: %u of %u boots %s: %s\n"
				       "    pfnhunt results show %s/%s\n",
				       cell->scenario, cell->kernel, n, results_totals(now).boots,
				       last->verdict, reason, now->id, last->folder);
	}
}

/* Boots that missed what the scenario asks for, and walkers that were never in a window. */
static void add_missed(Page *page, const NightlyCell *cell, const RHunt *now)
{
	g_autoptr(Estimate) estimate = estimate_of_hunt(now);
	g_autoptr(GPtrArray) walkers = exposure_walkers(estimate->exposure);
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
	for (guint i = 0; estimate->boots && i < walkers->len; i++) {
		const char *walker = g_ptr_array_index(walkers, i);
		gint64 nearest_ns = exposure_nearest_ns(estimate->exposure, walker, NULL);
		g_autofree char *miss = NULL;

		if (exposure_inside(estimate->exposure, walker, NULL))
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
	const RBoot *first = now && now->boots->len ? g_ptr_array_index(now->boots, 0) : NULL;

	if (cell->fail && !now)
		return;
	if (cell->tried == 0)
		g_string_append_printf(page->unexposed, "  %s on %s: no time was left for it\n",
				       cell->scenario, cell->kernel);
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
	g_autoptr(Estimate) estimate = now ? estimate_of_hunt(now) : estimate_new(0, 0);
	g_autofree char *visits = estimate_visits(estimate);

	rtable_cell(table, "%s", estimate->boots ? visits : "-");
}

static char *table_of(const Nightly *n, RHunt *const *now)
{
	g_autoptr(RTable) table =
		rtable_new("scenario|kernel|>fired|chance (bounds at 95 %)|>time|exposure");

	for (guint i = 0; i < n->cells->len; i++) {
		const NightlyCell *cell = g_ptr_array_index(n->cells, i);
		StatsInterval ci = stats_proportion(cell->fired, cell->boots, STATS_CONFIDENCE);
		g_autofree char *bounds = bounds_percent(ci);
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

static const char *headline(const NightlyCounts *counts)
{
	if (counts->fresh)
		return "Something new fired.";
	if (counts->unacknowledged)
		return "Nothing new, but what fired before waits for somebody to call it known.";
	if (counts->broken)
		return "Nothing fired, but not all of it worked.";
	if (counts->interrupted)
		return "Nothing fired until it was interrupted.";
	if (counts->unexposed)
		return "Nothing fired, but not all of it was tested.";
	return "Nothing new.";
}

static void append_section(GString *text, const Page *page, Section section)
{
	if (page->sections[section]->len)
		g_string_append_printf(text, "%s\n%s\n", titles[section],
				       page->sections[section]->str);
}

static char *text_of(const Page *page, const char *table)
{
	GString *text = g_string_new(NULL);

	append_section(text, page, PAGE_BROKEN);
	g_string_append_printf(text, "%s\n\n", headline(&page->counts));
	for (Section s = PAGE_NEW; s < PAGE_SECTIONS; s++)
		append_section(text, page, s);
	if (page->unexposed->len)
		g_string_append_printf(text, "NOT EXPOSED\n%s\n", page->unexposed->str);
	g_string_append(text, table);
	if (page->counts.compared)
		g_string_append_printf(
			text,
			"\n%u rates were compared with those of earlier nights; each is "
			"called moved by chance in\nfewer than 1 of %d: at most %.2f "
			"false alarms are expected in this page.\n",
			page->counts.compared, (int)(1 / STATS_SIGNIFICANT),
			page->counts.compared * STATS_SIGNIFICANT);
	return g_string_free(text, FALSE);
}

char *nightly_page(const Nightly *n, GPtrArray *const *before, RHunt *const *now, GHashTable *seen,
		   NightlyCounts *counts)
{
	Page page = {.unexposed = g_string_new(NULL), .counts.interrupted = n->interrupted};
	g_autofree char *table = table_of(n, now);
	char *text;

	for (guint i = 0; i < PAGE_SECTIONS; i++)
		page.sections[i] = g_string_new(NULL);
	for (guint i = 0; i < n->cells->len; i++) {
		const NightlyCell *cell = g_ptr_array_index(n->cells, i);
		guint nights = before[i] ? before[i]->len : 0;
		RHunt *history = pool_new(before[i], 0, nights, NULL);

		add_broken(&page, cell, now[i]);
		if (now[i]) {
			add_changes(&page, cell, history, now[i], seen);
			add_moved(&page, cell, before[i], now[i]);
		}
		add_unexposed(&page, cell, now[i]);
		page.counts.unexposed += !cell->fail && cell->boots == 0;
		pool_free(history);
	}
	text = text_of(&page, table);
	for (guint i = 0; i < PAGE_SECTIONS; i++)
		g_string_free(page.sections[i], TRUE);
	g_string_free(page.unexposed, TRUE);
	*counts = page.counts;
	return text;
}

int nightly_exit_code(const NightlyCounts *counts)
{
	if (counts->fresh || counts->unacknowledged)
		return 1;
	if (counts->broken)
		return 3;
	return counts->unexposed || counts->interrupted ? 4 : 0;
}
