/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See show.h. All text from the folders goes through units_printable(). */
#include "harness/report/show.h"
#include "harness/report/estimate.h"
#include "harness/report/remarks.h"
#include "harness/results/exposure-rows.h"
#include "harness/results/recorder.h"
#include "harness/results/signature.h"
#include "harness/results/table.h"
#include "harness/verdict/stop-rule.h"
#include "host-driver/base/units.h"

#include <string.h>

/* So many signatures, and rows of exposure, are listed: those that fired in most boots first. */
#define SIGNATURES_SHOWN 50
#define EXPOSURES_SHOWN	 200

static void row(GString *text, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void row(GString *text, const char *key, const char *format, ...)
{
	g_autofree char *value = NULL, *clean = NULL;
	va_list ap;

	va_start(ap, format);
	value = g_strdup_vprintf(format, ap);
	va_end(ap);
	clean = units_printable(value);
	g_string_append_printf(text, "  %-16s  %s\n", key, clean);
}

static void append_indented(GString *text, const RTable *table, const char *title)
{
	g_autofree char *body = rtable_text(table);
	g_auto(GStrv) lines = g_strsplit(body, "\n", -1);

	if (*body)
		g_string_append_printf(text, "\n%s\n", title);
	for (guint i = 0; lines[i] && *lines[i]; i++)
		g_string_append_printf(text, "  %s\n", lines[i]);
}

static void append_more(GString *text, guint all, guint shown)
{
	if (all > shown)
		g_string_append_printf(text, "  and %u more (--json lists all)\n", all - shown);
}

static void append_kernel(GString *text, const char *release, const char *version,
			  const char *build_id)
{
	row(text, "kernel", "%s%s%s%s%s%.16s", release, *version ? " (" : "", version,
	    *version ? ")" : "", *build_id ? ", build-id " : "", build_id);
}

static void append_bound(GString *text, const RHunt *h)
{
	StopRule rule = stop_rule_new(h->bound, results_whole_s(h));
	g_autofree char *words = NULL;

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		const Trial trial = results_boot_trial(b);

		if (b->ended)
			stop_rule_boot(&rule, &trial, b->retried);
	}
	words = stop_rule_text(&rule);
	row(text, "bound", "%s", words);
}

static void append_estimate(GString *text, const RHunt *h)
{
	g_autoptr(Estimate) c = estimate_of_hunt(h);
	g_autofree char *estimate = estimate_text(c), *rates = estimate_rates(c),
			*fix = estimate_fix(c);
	g_autofree char *layer = exposure_layer_text(c->exposure);
	g_autofree char *median = results_median(h);

	row(text, "hit rate", "%s", estimate);
	if (h->bound > 0)
		append_bound(text, h);
	if (rates)
		row(text, "per offline", "%s", rates);
	if (median)
		row(text, "median", "%s", median);
	if (fix)
		row(text, "to confirm a fix", "%s", fix);
	row(text, "probes", "%s", layer);
}

static void append_exposure(GString *text, const RHunt *h)
{
	const RHunt *hunts[] = {h, NULL};
	g_autoptr(GPtrArray) rows = exposure_rows(hunts, NULL);
	g_autoptr(RTable) table = NULL;
	guint all = rows->len;

	g_ptr_array_set_size(rows, (gint)MIN(all, EXPOSURES_SHOWN));
	table = exposure_rows_table(rows, FALSE);
	append_indented(text, table, "exposure (visits inside open windows, per walker)");
	append_more(text, all, EXPOSURES_SHOWN);
}

static void append_signatures(GString *text, const RHunt *h, guint exposed)
{
	g_autoptr(GPtrArray) all = results_signatures(h);
	g_autoptr(RTable) table = rtable_new("family|>boots|>hits|walker|what|signature");

	for (guint i = 0; i < MIN(all->len, SIGNATURES_SHOWN); i++) {
		const RSignature *s = g_ptr_array_index(all, i);

		rtable_cell(table, "%s%s", s->first->family, s->known ? " (known)" : "");
		rtable_cell(table, "%u/%u", s->boots, exposed);
		rtable_cell(table, "%" G_GINT64_FORMAT, s->hits);
		rtable_cell(table, "%s", s->walkers);
		rtable_cell(table, "%s", s->first->title);
		rtable_cell(table, "%s", s->first->signature);
	}
	append_indented(text, table, "incidents");
	append_more(text, all->len, SIGNATURES_SHOWN);
}

static void append_remarks(GString *text, const RHunt *h, const RBoot *only)
{
	g_autoptr(GPtrArray) remarks = report_remarks(h, only);

	for (guint i = 0; i < remarks->len; i++) {
		const Remark *r = g_ptr_array_index(remarks, i);

		row(text, r->what, "%s", r->text);
	}
}

static void append_boots(GString *text, const RHunt *h)
{
	g_autoptr(RTable) table = rtable_new("boot|verdict|>ran|>offlines|>hits|>first hit|what");

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		g_autofree char *ran = results_duration(b->ended ? b->run_s : -1);

		rtable_cell(table, "%s", b->folder);
		rtable_cell(table, "%s%s", b->ended ? b->verdict : "unended",
			    b->retried ? " (tried again)" : "");
		rtable_cell(table, "%s", ran);
		rtable_cell(table, "%" G_GINT64_FORMAT, b->offlines);
		rtable_cell(table, "%" G_GINT64_FORMAT, b->hits);
		if (b->hit_s >= 0)
			rtable_cell(table, "%.2f s", b->hit_s);
		else
			rtable_cell(table, "-");
		rtable_cell(table, "%s", b->hit_title ? b->hit_title : b->reason);
	}
	append_indented(text, table, "boots");
}

char *results_show_hunt(const RHunt *h)
{
	GString *text = g_string_new(NULL);
	RTotals t = results_totals(h);
	g_autofree char *offlines = results_offlines(t.offlines, t.offlines_ok);
	g_autofree char *hits = results_number((guint64)t.hits, "hit");
	g_autofree char *moment = results_moment(h->started), *ran = results_duration(t.run_s);
	g_autofree char *id = units_printable(h->id);

	g_string_append_printf(text, "%s\n", id);
	row(text, "verdict", "%s%s", *h->verdict ? h->verdict : "unended: it runs, or was killed",
	    h->interrupted ? " (interrupted)" : "");
	row(text, "scenario", "%s, seed %s", h->scenario, h->seed);
	append_kernel(text, h->kernel, h->kernel_version, h->build_id);
	row(text, "started", "%s UTC on %s%s%s (%s %s)", moment, h->host_name,
	    *h->host_name ? ", Linux " : "Linux ", h->host_release, h->backend, h->accel);
	row(text, "boots", "%u that count%s; %s in %s of hammering, %s", t.boots,
	    t.retried ? ", others were tried again" : "", offlines, ran, hits);
	append_remarks(text, h, NULL);
	append_estimate(text, h);
	append_signatures(text, h, t.exposed);
	append_exposure(text, h);
	append_boots(text, h);
	g_string_append_c(text, '\n');
	row(text, "folder", "%s", h->dir);
	return g_string_free(text, FALSE);
}

static void append_ops(GString *text, const RBoot *b)
{
	g_autoptr(RTable) table = rtable_new("op|state|>steps|counters");

	for (guint i = 0; i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);
		g_autoptr(GString) counters = g_string_new(NULL);

		for (guint k = 0; k < op->counters->len; k++) {
			const FieldNumber *c = g_ptr_array_index(op->counters, k);

			if (c->value && !g_str_equal(c->name, "steps"))
				g_string_append_printf(counters, "%s%s %" G_GINT64_FORMAT,
						       counters->len ? ", " : "", c->name,
						       c->value);
		}
		rtable_cell(table, "%s", op->label);
		rtable_cell(table, "%s", op->state);
		rtable_cell(table, "%" G_GINT64_FORMAT, op->steps);
		rtable_cell(table, "%s", *op->reason ? op->reason : counters->str);
	}
	append_indented(text, table, "ops");
}

static void append_boot_exposure(GString *text, const RHunt *h, const RBoot *b)
{
	const RHunt *hunts[] = {h, NULL};
	g_autoptr(GPtrArray) rows = exposure_rows(hunts, b);
	g_autoptr(RTable) table = exposure_rows_table(rows, FALSE);
	g_autofree char *layer = exposure_layer_text(b->exposure);
	g_autofree char *title = g_strdup_printf("exposure (probes: %s)", layer);

	append_indented(text, table, title);
}

static void append_incidents_of(GString *text, const RBoot *b, gboolean known, guint *number)
{
	for (guint i = 0; i < b->incidents->len; i++) {
		const RIncident *incident = g_ptr_array_index(b->incidents, i);
		g_autofree char *title = units_printable(incident->title);

		if (known != (incident->known != NULL))
			continue;
		g_string_append_printf(text, "\nincident %u: %s%s\n", ++*number, title,
				       incident->evidence ? "" : " (no evidence of a race)");
		row(text, "family", "%s (signature %s)", incident->family, incident->signature);
		if (incident->walker)
			row(text, "walker", "%s%s", incident->walker,
			    incident->walker_guessed ? " (a guess: it ran beside)" : "");
		if (incident->known)
			row(text, "known", "%s", incident->known);
		row(text, "hits", "%" G_GINT64_FORMAT, incident->hits);
		for (guint k = 0; k < incident->splats->len && k < 12; k++) {
			const RSplat *s = g_ptr_array_index(incident->splats, k);

			row(text, k ? "then" : "cause", "%s%s, line %" G_GINT64_FORMAT, s->title,
			    s->corrupted ? " (corrupted)" : "", s->line);
		}
		if (incident->splats->len > 12)
			row(text, "then", "%u more", incident->splats->len - 12);
	}
}

/* What is new stands first, whenever it came. */
static void append_incidents(GString *text, const RBoot *b)
{
	guint number = 0;

	append_incidents_of(text, b, FALSE, &number);
	append_incidents_of(text, b, TRUE, &number);
}

static void append_sizes(GString *text, const RecorderActions *f)
{
	g_autofree char *requested = NULL, *plugged = NULL;

	if (f->requested_bytes < 0)
		return;
	requested = units_format_bytes((guint64)f->requested_bytes);
	plugged = units_format_bytes((guint64)f->plugged_bytes);
	row(text, "memory", "%s requested, %s plugged", requested, plugged);
}

static void append_recorder(GString *text, const RBoot *b)
{
	g_autoptr(RecorderActions) f = results_actions_load(b);
	g_autoptr(RTable) table = rtable_new(">ms|op|action|on|result");
	g_autofree char *title = NULL;

	if (!f) {
		g_string_append(text, b->thinned ? "\nno recorder: the boot was thinned\n"
						 : "\nno recorder was read out\n");
		return;
	}
	title = f->splat_ns >= 0
			? g_strdup_printf("last %d ms before the splat at %.6f s of the guest",
					  RESULTS_LAST_MS, f->splat_ns / 1e9)
			: g_strdup_printf("last %d ms that the recorder saw", RESULTS_LAST_MS);
	for (guint i = 0; i < f->actions->len; i++) {
		const RAction *a = g_ptr_array_index(f->actions, i);

		rtable_cell(table, "%+.3f", -a->before_ms);
		rtable_cell(table, "%s", a->op);
		rtable_cell(table, "%s", a->action);
		if (a->block)
			rtable_cell(table, "memory%" G_GUINT64_FORMAT, a->arg);
		else
			rtable_cell(table, "%" G_GUINT64_FORMAT, a->arg);
		if (a->result)
			rtable_cell(table, "%s",
				    g_strerror(a->result < 0 ? -a->result : a->result));
		else
			rtable_cell(table, "%s", g_str_has_suffix(a->action, "-end") ? "ok" : "");
	}
	append_indented(text, table, title);
	if (f->actions->len == 0)
		g_string_append_printf(text, "\n%s: nothing is recorded%s\n", title,
				       f->short_ring ? ", the recorder does not reach back so far"
						     : "");
	append_sizes(text, f);
	if (f->older)
		row(text, "before", "%u more actions in recorder.bin", f->older);
}

char *results_show_boot(const RHunt *h, const RBoot *b)
{
	GString *text = g_string_new(NULL);
	g_autofree char *offlines = results_offlines(b->offlines, b->offlines_ok);
	g_autofree char *hits = results_number((guint64)b->hits, "hit");
	g_autofree char *ran = results_duration(b->run_s), *hello = results_duration(b->hello_s);
	g_autofree char *id = units_printable(h->id);

	g_string_append_printf(text, "%s, boot %s\n", id, b->folder);
	row(text, "verdict", "%s%s%s", b->ended ? b->verdict : "unended: it runs, or was killed",
	    *b->reason ? ": " : "", b->reason);
	row(text, "scenario", "%s, seed %s", h->scenario, b->seed);
	append_kernel(text, b->kernel, b->kernel_version, b->build_id);
	if (b->censored)
		row(text, "cut short", "%s, after it had reached its goal", b->censored);
	if (results_boot_before_hunt(b))
		row(text, "phase", "boot: no memory had been plugged yet");
	row(text, "ran", "%s, agent's hello after %s; %s, %s", ran, hello, offlines, hits);
	append_remarks(text, h, b);
	append_ops(text, b);
	append_boot_exposure(text, h, b);
	append_incidents(text, b);
	append_recorder(text, b);
	g_string_append_c(text, '\n');
	row(text, "folder", "%s", b->dir);
	return g_string_free(text, FALSE);
}
