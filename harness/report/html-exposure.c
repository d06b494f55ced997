/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walker by window: how close each came, and what that proves, as a table of the report. */
#include "harness/report/estimate.h"
#include "harness/results/exposure-rows.h"
#include "harness/report/html-internal.h"
#include "harness/report/html-write.h"
#include "harness/report/formats.h"

static void cell(GString *out, const char *text)
{
	html_element(out, "td class=\"num\"", text);
}

static void count_cell(GString *out, guint64 count, gboolean known)
{
	g_autofree char *text = known ? results_count(count) : g_strdup("not measured");

	cell(out, text);
}

static void append_row(GString *out, const ExposureRow *r)
{
	g_autofree char *boots = g_strdup_printf("%u of %u", r->boots, r->ran);
	g_autofree char *hits =
		g_strdup_printf("%" G_GINT64_FORMAT "%s", r->hits, r->guessed ? "?" : "");
	g_autofree char *chance = exposure_row_chance_text(r);
	g_autofree char *nearest =
		r->nearest_ns < 0 ? g_strdup("") : results_nanoseconds((guint64)r->nearest_ns);

	g_string_append(out, "<tr>");
	html_element(out, "th scope=\"row\"", r->walker);
	html_element(out, "td", r->window ? r->window : "any");
	html_element(out, "td", r->family ? r->family : "any");
	html_element(out, "td", r->layer ? r->layer : "");
	cell(out, boots);
	count_cell(out, r->opened, r->window != NULL);
	count_cell(out, r->visits, r->window != NULL);
	count_cell(out, r->inside, r->window != NULL);
	count_cell(out, r->offline, r->window != NULL);
	cell(out, nearest);
	cell(out, hits);
	html_element(out,
		     r->hit_boots   ? "td class=\"bad\""
		     : r->boots > 0 ? "td class=\"good\""
				    : "td class=\"odd\"",
		     chance);
	g_string_append(out, "</tr>");
}

static double exposed_s(const RHunt *h)
{
	double sum_s = 0;

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		sum_s += results_boot_exposed(b) ? b->run_s : 0;
	}
	return sum_s;
}

/* How long each kind was open: the size of the target. */
static void append_windows(GString *out, const Exposure *e, double run_s)
{
	g_string_append(out, "<ul>");
	for (guint i = 0; i < e->windows->len; i++) {
		const ExposureWindow *w = g_ptr_array_index(e->windows, i);
		g_autofree char *count = results_count(w->opened);
		g_autofree char *open = results_nanoseconds(w->open_ns);
		g_autofree char *longest = results_nanoseconds(w->longest_ns);

		if (w->opened == 0)
			continue;
		html_raw(out, "<li>%s: %s opened, open for %s in all", w->kind, count, open);
		/* Several may be open at once: no share of the time. */
		if (run_s > 0)
			html_raw(out, " (%.2g at a time on average)",
				 (double)w->open_ns / run_s / 1e9);
		html_raw(out, ", the longest %s", longest);
		if (w->lost)
			html_raw(out, "; %" G_GUINT64_FORMAT " more were not followed", w->lost);
		g_string_append(out, "</li>");
	}
	g_string_append(out, "</ul>");
}

void html_exposure(GString *out, const RHunt *h, guint hunt_number)
{
	const RHunt *hunts[] = {h, NULL};
	g_autoptr(GPtrArray) rows = exposure_rows(hunts, NULL);
	g_autoptr(Estimate) c = estimate_of_hunt(h);
	g_autofree char *layer = exposure_layer_text(c->exposure);

	g_string_append(out, "<h3>Exposure</h3><p>Visits of each walker inside windows of the "
			     "race, in the boots that count. Measured by: ");
	report_escape(out, layer);
	g_string_append(out, ".</p>");
	if (rows->len == 0)
		return;
	html_raw(out,
		 "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Exposure of "
		 "hunt %u\"><table "
		 "class=\"exposure\"><thead><tr><th>walker<th>window<th>family<th>layer"
		 "<th class=\"num\">boots<th class=\"num\">windows<th class=\"num\">visits"
		 "<th class=\"num\">inside<th class=\"num\">fake-offline pages"
		 "<th class=\"num\">nearest miss<th class=\"num\">hits"
		 "<th>chance of a hit per boot (bounds at 95 %%)</tr></thead><tbody>",
		 hunt_number);
	for (guint i = 0; i < rows->len; i++)
		append_row(out, g_ptr_array_index(rows, i));
	g_string_append(out, "</tbody></table></div>");
	append_windows(out, c->exposure, exposed_s(h));
	g_string_append(
		out, "<p>Boots: those in which the walker was inside such a window, of those in "
		     "which it ran. A dec window lies in an offline window: what hits in the one "
		     "stands in both rows. A question mark is a guess: the walker ran "
		     "beside.</p>");
}
