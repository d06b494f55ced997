/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KTAP, JSON lines and Prometheus: see formats.h. */
#include "harness/report/estimate.h"
#include "harness/report/cases.h"
#include "harness/report/formats.h"
#include "harness/report/export.h"
#include "host-driver/base/json.h"
#include "harness/verdict/verdict.h"
#include "host-driver/base/units.h"

#include <string.h>

static void append_comment(GString *out, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = 0; lines[i]; i++)
		if (*lines[i])
			g_string_append_printf(out, "# %s\n", lines[i]);
}

/* '#' begins a directive or a comment in a result line. */
static void append_ktap_case(GString *out, const RSuite *suite, const RCase *c, guint number)
{
	static const char *const words[] = {[RCASE_PASS] = " # ",
					    [RCASE_FAIL] = " # fired: ",
					    [RCASE_ERROR] = " # error: ",
					    [RCASE_SKIP] = " # SKIP "};
	gboolean bad = c->state == RCASE_FAIL || c->state == RCASE_ERROR;
	g_autofree char *reason = g_strdup(c->message ? c->message : "");

	append_comment(out, bad ? c->detail : NULL);
	g_strdelimit(reason, "#", '/');
	/* A word before the reason: a guest's title may begin with TODO. */
	g_string_append_printf(out, "%s %u %s:%s%s%s\n", bad ? "not ok" : "ok", number, suite->name,
			       c->family, c->message ? words[c->state] : "", reason);
}

char *report_ktap(const GPtrArray *hunts)
{
	g_autoptr(GPtrArray) suites = report_suites(hunts);
	GString *out = g_string_new("KTAP version 1\n");
	guint count = 0, number = 0;

	for (guint i = 0; i < suites->len; i++)
		count += ((RSuite *)g_ptr_array_index(suites, i))->cases->len;
	g_string_append_printf(out, "1..%u\n", count);
	for (guint i = 0; i < suites->len; i++) {
		const RSuite *suite = g_ptr_array_index(suites, i);

		g_autofree char *id = units_printable(suite->hunt->id);

		g_string_append_printf(out, "# %s: %s\n", id, suite->command);
		for (guint k = 0; k < suite->cases->len; k++)
			append_ktap_case(out, suite, g_ptr_array_index(suite->cases, k), ++number);
	}
	return g_string_free(out, FALSE);
}

static void append_object(GString *out, JsonObject *o)
{
	g_autofree char *text = rj_print(o, FALSE);

	g_string_append_printf(out, "%s\n", text);
}

char *report_jsonl(const GPtrArray *hunts)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < hunts->len; i++) {
		const RHunt *h = g_ptr_array_index(hunts, i);

		append_object(out, rexport_hunt(h));
		for (guint k = 0; k < h->boots->len; k++)
			append_object(out, rexport_boot(h, g_ptr_array_index(h->boots, k), TRUE));
	}
	return g_string_free(out, FALSE);
}

static void append_label(GString *out, const char *name, const char *value)
{
	g_autofree char *clean = units_printable(value);

	g_string_append_printf(out, "%s%s=\"", out->len ? "," : "", name);
	for (const char *p = clean; *p; p++)
		g_string_append_printf(out, "%s%c", *p == '\\' || *p == '"' ? "\\" : "", *p);
	g_string_append_c(out, '"');
}

/* All samples of one metric stand together, whatever hunt they are of. */
typedef struct {
	const char *name, *type, *help;
	GString *samples;
} Metric;

enum {
	BOOTS,
	INCIDENTS,
	HITS,
	OFFLINES,
	OFFLINES_OK,
	OFFLINES_REFUSED,
	SECONDS,
	STARTED,
	RUNNING,
	CHANCE,
	WINDOWS,
	VISITS,
	INSIDE,
	METRIC_COUNT,
};

static void sample(Metric *m, const char *labels, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append_printf(m->samples, "%s{%s} %s\n", m->name, labels,
			       g_ascii_dtostr(text, sizeof(text), value));
}

static void add_boots(Metric *m, const RHunt *h, const char *labels)
{
	guint counts[VERDICT_COUNT] = {0};

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		for (guint v = 0; v < VERDICT_COUNT; v++)
			counts[v] += g_str_equal(b->verdict, verdict_name(v));
	}
	for (guint v = 0; v < VERDICT_COUNT; v++) {
		g_autoptr(GString) with_verdict = g_string_new(labels);

		append_label(with_verdict, "verdict", verdict_name(v));
		sample(m, with_verdict->str, counts[v]);
	}
}

static void add_incidents(Metric *m, const RHunt *h, const char *labels)
{
	g_autoptr(GPtrArray) all = results_signatures(h);

	for (guint i = 0; i < all->len; i++) {
		const RSignature *s = g_ptr_array_index(all, i);
		g_autoptr(GString) with_signature = g_string_new(labels);

		append_label(with_signature, "family", s->first->family);
		append_label(with_signature, "signature", s->first->signature);
		append_label(with_signature, "known", s->known ? "yes" : "no");
		sample(m, with_signature->str, s->boots);
	}
}

static void add_exposure(Metric *metrics, const RHunt *h, const char *labels)
{
	g_autoptr(Estimate) c = estimate_of_hunt(h);

	if (c->boots)
		sample(&metrics[CHANCE], labels, estimate_interval(c).high);
	for (guint i = 0; i < c->exposure->windows->len; i++) {
		const ExposureWindow *w = g_ptr_array_index(c->exposure->windows, i);
		g_autoptr(GString) with_kind = g_string_new(labels);

		append_label(with_kind, "window", w->kind);
		sample(&metrics[WINDOWS], with_kind->str, (double)w->opened);
	}
	for (guint i = 0; i < c->exposure->visits->len; i++) {
		const ExposureVisit *v = g_ptr_array_index(c->exposure->visits, i);
		g_autoptr(GString) with_walker = g_string_new(labels);

		append_label(with_walker, "walker", v->walker);
		append_label(with_walker, "func", v->func);
		append_label(with_walker, "window", v->window);
		sample(&metrics[VISITS], with_walker->str, (double)v->visits);
		sample(&metrics[INSIDE], with_walker->str, (double)v->inside);
	}
}

static void add_hunt(Metric *metrics, const RHunt *h)
{
	g_autoptr(GString) labels = g_string_new(NULL);
	g_autoptr(GDateTime) started = g_date_time_new_from_iso8601(h->started, NULL);
	RTotals t = results_totals(h);

	append_label(labels, "hunt", h->id);
	append_label(labels, "scenario", h->scenario);
	append_label(labels, "kernel", h->kernel);
	add_boots(&metrics[BOOTS], h, labels->str);
	add_incidents(&metrics[INCIDENTS], h, labels->str);
	sample(&metrics[HITS], labels->str, t.hits);
	sample(&metrics[OFFLINES], labels->str, t.offlines);
	if (t.offlines_ok >= 0)
		sample(&metrics[OFFLINES_OK], labels->str, t.offlines_ok);
	if (t.offlines_refused >= 0)
		sample(&metrics[OFFLINES_REFUSED], labels->str, t.offlines_refused);
	sample(&metrics[SECONDS], labels->str, t.run_s);
	if (started)
		sample(&metrics[STARTED], labels->str, (double)g_date_time_to_unix(started));
	sample(&metrics[RUNNING], labels->str, *h->verdict == '\0');
	add_exposure(metrics, h, labels->str);
}

char *report_prometheus(const GPtrArray *hunts)
{
	Metric metrics[METRIC_COUNT] = {
		[BOOTS] = {"pfnhunt_boots", "gauge", "Boots by verdict, those tried again too."},
		[INCIDENTS] = {"pfnhunt_incident_boots", "gauge",
			       "Boots in which a signature fired."},
		[HITS] = {"pfnhunt_hits", "gauge", "Splats of unknown incidents."},
		[OFFLINES] = {"pfnhunt_offlines", "gauge",
			      "Attempts to take a block offline that the kernel began."},
		[OFFLINES_OK] = {"pfnhunt_offlines_succeeded", "gauge",
				 "Of them, those that succeeded."},
		[OFFLINES_REFUSED] = {"pfnhunt_offlines_refused", "gauge",
				      "Attempts that the kernel did not even begin."},
		[SECONDS] = {"pfnhunt_hammering_seconds", "gauge", "Time that the ops ran."},
		[STARTED] = {"pfnhunt_started_timestamp_seconds", "gauge", "When the hunt began."},
		[RUNNING] = {"pfnhunt_unended", "gauge",
			     "1 while the hunt has no end: it runs, or "
			     "was killed."},
		[CHANCE] = {"pfnhunt_hit_chance_upper", "gauge",
			    "Most that the chance of a hit per boot can be, at 95 % confidence."},
		[WINDOWS] = {"pfnhunt_windows", "gauge",
			     "Windows of the race that were opened, in exposed boots."},
		[VISITS] = {"pfnhunt_visits", "gauge", "Calls of a walker's function."},
		[INSIDE] = {"pfnhunt_visits_inside", "gauge",
			    "Of them, those inside an open window of another task."},
	};
	GString *out = g_string_new(NULL);

	for (guint m = 0; m < METRIC_COUNT; m++)
		metrics[m].samples = g_string_new(NULL);
	for (guint i = 0; i < hunts->len; i++)
		add_hunt(metrics, g_ptr_array_index(hunts, i));
	for (guint m = 0; m < METRIC_COUNT; m++) {
		g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s", metrics[m].name,
				       metrics[m].help, metrics[m].name, metrics[m].type,
				       metrics[m].samples->str);
		g_string_free(metrics[m].samples, TRUE);
	}
	return g_string_free(out, FALSE);
}
