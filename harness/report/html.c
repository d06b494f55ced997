/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page: see html.h. */
#include "harness/scenario/scenario.h"
#include "host-driver/base/open.h"
#include "harness/report/formats.h"
#include "harness/report/estimate.h"
#include "harness/report/remarks.h"
#include "harness/report/cases.h"
#include "harness/report/html-internal.h"
#include "harness/report/html-write.h"
#include "harness/results/splat.h"
#include "harness/results/table.h"
#include "harness/incident/triage.h"
#include "host-driver/base/units.h"

#include <string.h>

#define BOOT_ROWS   500
#define TIMELINES   3
#define SPLAT_LINES 120
/* A page that has grown so far has no more logs and timelines: a browser is to open it. */
#define PAGE_MAX_BYTES (16u << 20)

/* A row of a description list: @format's result is escaped. */
G_GNUC_PRINTF(3, 4)
static void fact(GString *out, const char *name, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	html_element(out, "dt", name);
	html_element(out, "dd", text);
}

static const char *mood(const char *word)
{
	Verdict verdict = verdict_of_name(word);

	if (verdict_is_hit(verdict))
		return "bad";
	return verdict_exit_code(verdict) == 0 ? "good" : "odd";
}

/* Those that are known, what was before the hunt, what went wrong on the way. */
static void append_remarks(GString *out, const RHunt *h)
{
	g_autoptr(GPtrArray) remarks = report_remarks(h, NULL);

	for (guint i = 0; i < remarks->len; i++) {
		const Remark *r = g_ptr_array_index(remarks, i);

		fact(out,
		     g_str_equal(r->what, "known")	? "Known"
		     : g_str_equal(r->what, "baseline") ? "Baseline"
							: "Impaired",
		     "%s.", r->text);
	}
}

/* How often, and how sure; or how much a clean result rules out. */
static void append_estimate(GString *out, const RHunt *h)
{
	g_autoptr(Estimate) c = estimate_of_hunt(h);
	g_autofree char *estimate = estimate_text(c), *rates = estimate_rates(c),
			*fix = estimate_fix(c);

	fact(out, c->fired ? "How often" : "How sure", "%s.", estimate);
	if (rates)
		fact(out, "Per offline", "%s.", rates);
	if (fix)
		fact(out, "To confirm a fix", "%s.", fix);
}

static void append_hero(GString *out, const RHunt *h, const GPtrArray *signatures)
{
	RTotals t = results_totals(h);
	const char *verdict = *h->verdict ? h->verdict : "unended";
	const RSignature *first = signatures->len ? g_ptr_array_index(signatures, 0) : NULL;
	g_autofree char *ran = results_duration(t.run_s), *moment = results_moment(h->started);
	g_autofree char *offlines = results_offlines(t.offlines, t.offlines_ok);
	g_autofree char *boots = results_number(t.boots, "boot");
	guint unknown = 0;

	while (unknown < signatures->len &&
	       !((RSignature *)g_ptr_array_index(signatures, unknown))->known)
		unknown++;
	html_raw(out, "<div class=\"hero %s\"><div class=\"verdict\">", mood(verdict));
	report_escape(out, verdict);
	g_string_append(out, "</div><dl>");
	fact(out, "Kernel", "%s%s%s%s", h->kernel, *h->kernel_version ? " (" : "",
	     h->kernel_version, *h->kernel_version ? ")" : "");
	/* Those that are known stand last. */
	if (unknown)
		fact(out, "What fired", "%s (%s)%s%s%s", first->first->title, first->first->family,
		     *first->walkers ? ", walker " : "", first->walkers,
		     unknown > 1 ? ", and more below" : "");
	else
		fact(out, "What fired", "%s", first ? "nothing that is not known" : "nothing");
	append_estimate(out, h);
	append_remarks(out, h);
	fact(out, "Work done", "%s, %s in %s of hammering", boots, offlines, ran);
	fact(out, "When", "%s UTC%s", moment, h->interrupted ? ", interrupted" : "");
	g_string_append(out, "</dl></div>");
}

static void append_link(GString *out, const char *dir, const char *name)
{
	g_autofree char *relative = g_build_filename(dir, name, NULL);
	g_autofree char *path = g_canonicalize_filename(relative, NULL);
	g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);

	if (!uri || !g_file_test(path, G_FILE_TEST_EXISTS))
		return;
	g_string_append(out, "<a href=\"");
	report_escape(out, uri);
	g_string_append(out, "\">");
	report_escape(out, name);
	g_string_append(out, "</a> ");
}

static void append_incident(GString *out, const RSignature *s, guint exposed, gboolean open)
{
	gboolean room = out->len < PAGE_MAX_BYTES;
	g_autofree char *text = room ? results_splat_text(s->boot, s->first->title,
							  s->first->signature, SPLAT_LINES)
				     : NULL;

	html_raw(out, "<details class=\"incident\"%s><summary>", open ? " open" : "");
	html_element(out, "strong", s->first->title);
	html_raw(out, " in %u of %u boots%s</summary><dl>", s->boots, exposed,
		 s->known ? ", known" : "");
	fact(out, "Family", "%s", s->first->family);
	fact(out, "Signature", "%s", s->first->signature);
	fact(out, "Walker", "%s", *s->walkers ? s->walkers : "not named by the log");
	if (s->known)
		fact(out, "Known", "%s", s->first->known);
	fact(out, "Hits", "%" G_GINT64_FORMAT, s->hits);
	fact(out, "First in", "boot %s", s->boot->folder);
	g_string_append(out, "</dl>");
	if (text)
		html_element(out, "pre tabindex=\"0\"", text);
	else
		html_element(out, "p",
			     room ? "The log of that boot is no longer kept."
				  : "Its log is left out: the page would be too large.");
	if (s->first->splats->len > 1) {
		html_raw(out, "<details><summary>%u consequences</summary><ol>",
			 s->first->splats->len - 1);
		for (guint i = 1; i < s->first->splats->len && i <= 50; i++)
			html_element(out, "li",
				     ((RSplat *)g_ptr_array_index(s->first->splats, i))->title);
		g_string_append(out, "</ol></details>");
	}
	g_string_append(out, "<p>Logs: ");
	append_link(out, s->boot->dir, "console.log");
	append_link(out, s->boot->dir, "kmsg.jsonl");
	append_link(out, s->boot->dir, "events.jsonl");
	g_string_append(out, "</p></details>");
}

static void append_incidents(GString *out, const RHunt *h, const GPtrArray *signatures)
{
	RTotals t = results_totals(h);

	g_string_append(out, "<h3>Incidents</h3>");
	if (signatures->len == 0)
		html_element(out, "p", "None.");
	for (guint i = 0; i < signatures->len; i++)
		append_incident(out, g_ptr_array_index(signatures, i), t.exposed, i == 0);
}

/* The boots that fired, the first ones first; else the first boot. */
static void append_timelines(GString *out, const RHunt *h, guint hunt_number)
{
	guint shown = 0;

	for (guint wanted = 1; wanted <= 2 && shown == 0; wanted++)
		for (guint i = 0; i < h->boots->len && shown < (wanted == 1 ? TIMELINES : 1); i++) {
			const RBoot *b = g_ptr_array_index(h->boots, i);
			g_autofree char *id = g_strdup_printf("timeline-%u-%u", hunt_number, i);

			if (!b->ended || b->thinned || (wanted == 1 && !b->hit_title))
				continue;
			if (out->len >= PAGE_MAX_BYTES) {
				html_element(out, "p",
					     "The timelines are left out: the page would be too "
					     "large.");
				return;
			}
			g_string_append(out, shown ? "" : "<h3>Timeline</h3>");
			g_string_append(out, "<p>Boot ");
			report_escape(out, b->folder);
			g_string_append(out,
					", seconds of the host's clock since it began; blocks as "
					"far back as the recorder reaches.</p>");
			html_timeline(out, b, id);
			shown++;
		}
}

static void append_boots(GString *out, const RHunt *h, guint hunt_number)
{
	html_raw(out,
		 "<details><summary>%u boots</summary><div class=\"scroll\" tabindex=\"0\" "
		 "role=\"region\" aria-label=\"Boots of hunt "
		 "%u\"><table><thead><tr><th>boot<th>verdict"
		 "<th class=\"num\">ran<th class=\"num\">offlines<th class=\"num\">hits"
		 "<th class=\"num\">first hit<th>what</tr></thead><tbody>",
		 h->boots->len, hunt_number);
	for (guint i = 0; i < MIN(h->boots->len, BOOT_ROWS); i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		g_string_append(out, "<tr>");
		html_element(out, "td", b->folder);
		html_raw(out, "<td class=\"%s\">", mood(b->verdict));
		report_escape(out, b->ended ? b->verdict : "unended");
		html_raw(out,
			 "%s<td class=\"num\">%s s<td class=\"num\">%" G_GINT64_FORMAT
			 "<td class=\"num\">%" G_GINT64_FORMAT "<td class=\"num\">%s%s<td>",
			 b->retried ? " (tried again)" : "", html_number(b->run_s), b->offlines,
			 b->hits, b->hit_s >= 0 ? html_number(b->hit_s) : "",
			 b->hit_s >= 0 ? " s" : "");
		report_escape(out, b->hit_title ? b->hit_title : b->reason);
	}
	g_string_append(out, "</tbody></table></div>");
	if (h->boots->len > BOOT_ROWS)
		html_raw(out, "<p>The first %d are shown; all stand in the JSON lines.</p>",
			 BOOT_ROWS);
	g_string_append(out, "</details>");
}

static void append_environment(GString *out, const RHunt *h)
{
	g_autofree char *command = report_command(h), *scenario = NULL;
	const RBoot *b = h->boots->len ? g_ptr_array_index(h->boots, 0) : NULL;

	g_string_append(out, "<h3>Environment</h3><dl>");
	fact(out, "Hunt", "%s", h->id);
	fact(out, "Scenario", "%s", h->scenario);
	fact(out, "Seed", "%s", h->seed);
	fact(out, "Build-id", "%s", *h->build_id ? h->build_id : "unknown");
	fact(out, "Machine", "%s, %s", h->backend, h->accel);
	fact(out, "Host", "%s Linux %s%s%s", h->host_name, h->host_release,
	     *h->host_cpu ? ", " : "", h->host_cpu);
	fact(out, "pfnhunt", "%s", h->pfnhunt);
	fact(out, "Kept in", "%s", h->dir);
	g_string_append(out, "</dl><p>The same hunt again:</p>");
	html_element(out, "pre class=\"wrap\" tabindex=\"0\"", command);
	if (!b)
		return;
	g_string_append(out, "<details><summary>Scenario and machine as run</summary>");
	{
		g_autofree char *path = g_build_filename(b->dir, "scenario.ini", NULL);
		g_autoptr(GString) argv = g_string_new(NULL);

		for (guint i = 0; i < b->argv->len; i++) {
			g_autofree char *arg = g_shell_quote(g_ptr_array_index(b->argv, i));

			g_string_append_printf(argv, "%s%s", i ? " " : "", arg);
		}
		scenario = open_read(path, OPEN_FOUND, SCENARIO_MAX_BYTES, NULL, NULL);
		if (scenario)
			html_element(out, "pre tabindex=\"0\"", scenario);
		html_element(out, "pre class=\"wrap\" tabindex=\"0\"", argv->str);
	}
	g_string_append(out, "</details>");
}

static void append_hunt(GString *out, const RHunt *h, guint number)
{
	g_autoptr(GPtrArray) signatures = results_signatures(h);

	html_raw(out, "<section id=\"hunt-%u\"><h2>", number);
	report_escape(out, h->scenario);
	g_string_append(out, " on ");
	report_escape(out, h->kernel);
	g_string_append(out, "</h2>");
	append_hero(out, h, signatures);
	append_incidents(out, h, signatures);
	html_exposure(out, h, number);
	append_timelines(out, h, number);
	html_survival(out, h);
	append_boots(out, h, number);
	append_environment(out, h);
	g_string_append(out, "</section>");
}

static void append_matrix(GString *out, const GPtrArray *hunts)
{
	g_autoptr(GPtrArray) suites = report_suites(hunts);
	static const char *const words[] = {"clean", "fired", "error", "not exposed"};
	static const char *const classes[] = {"good", "bad", "odd", "odd"};

	g_string_append(out, "<h2>Kernels and families</h2><div class=\"scroll\" tabindex=\"0\" "
			     "role=\"region\" aria-label=\"Kernels and families\">"
			     "<table class=\"matrix\"><thead><tr><th>scenario and kernel");
	for (guint k = 0; suites->len && k < ((RSuite *)g_ptr_array_index(suites, 0))->cases->len;
	     k++)
		html_element(out, "th",
			     ((RCase *)g_ptr_array_index(
				      ((RSuite *)g_ptr_array_index(suites, 0))->cases, k))
				     ->family);
	g_string_append(out, "</tr></thead><tbody>");
	for (guint i = 0; i < suites->len; i++) {
		const RSuite *s = g_ptr_array_index(suites, i);

		html_raw(out, "<tr><th scope=\"row\"><a href=\"#hunt-%u\">", i);
		report_escape(out, s->name);
		g_string_append(out, "</a></th>");
		for (guint k = 0; k < s->cases->len; k++) {
			const RCase *c = g_ptr_array_index(s->cases, k);

			html_raw(out, "<td class=\"%s\">%s%s</td>", classes[c->state],
				 c->state == RCASE_SKIP && g_str_has_prefix(c->message, "known")
					 ? "known"
					 : words[c->state],
				 c->state == RCASE_PASS && c->message ? ", by offlines" : "");
		}
	}
	g_string_append(out, "</tbody></table></div>");
}

char *report_html(const GPtrArray *hunts)
{
	GString *out = g_string_new(
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src 'unsafe-inline'\"><title>pfnhunt: ");
	const RHunt *first = hunts->len ? g_ptr_array_index(hunts, 0) : NULL;

	if (first)
		report_escape(out, hunts->len == 1 ? first->id : "several hunts");
	html_raw(out, "</title><style>%s</style></head><body><main><h1>pfnhunt report</h1>",
		 report_html_style);
	if (hunts->len > 1)
		append_matrix(out, hunts);
	for (guint i = 0; i < hunts->len; i++)
		append_hunt(out, g_ptr_array_index(hunts, i), i);
	html_raw(out,
		 "<footer>Made by pfnhunt. Intervals are exact (Clopper-Pearson); the boot is "
		 "the unit.</footer></main><script>%s</script></body></html>\n",
		 report_html_script);
	return g_string_free(out, FALSE);
}
