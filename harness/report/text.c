/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See text.h. All text of the guest in here has been through units_printable(). */
#include "harness/report/text.h"
#include "harness/boot/goal.h"
#include "harness/report/estimate.h"
#include "harness/report/family.h"
#include "harness/report/remarks.h"
#include "harness/report/rerun.h"
#include "harness/results/table.h"
#include "host-driver/base/units.h"

#define RED   "\033[1;31m"
#define GREEN "\033[1;32m"
#define RESET "\033[0m"

char *report_boot_line(const BootResult *r)
{
	g_autofree char *offlines = results_number(r->offlines, "offline");
	GString *line = g_string_new(NULL);

	g_string_append_printf(line, "boot %u: %s", r->index + 1, verdict_name(r->verdict));
	g_string_append_printf(line, ", %s", r->hit.any ? r->hit.title : r->reason);
	if (r->hit.after_go_s >= 0)
		g_string_append_printf(line, " after %.2f s", r->hit.after_go_s);
	g_string_append_printf(line, "; %s in %.1f s", offlines, r->run_s);
	if (r->hits > 1)
		g_string_append_printf(line, ", %" G_GUINT64_FORMAT " hits", r->hits);
	return g_string_free(line, FALSE);
}

static const BootResult *first_hit(const HuntSummary *sum)
{
	for (guint i = 0; i < sum->results->len; i++) {
		const BootResult *r = g_ptr_array_index(sum->results, i);

		if (r->hit.any && verdict_is_hit(hunt_weigh(r)))
			return r;
	}
	return NULL;
}

static void row(GString *text, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void row(GString *text, const char *key, const char *format, ...)
{
	va_list ap;

	g_string_append_printf(text, "  %-16s  ", key);
	va_start(ap, format);
	g_string_append_vprintf(text, format, ap);
	va_end(ap);
	g_string_append_c(text, '\n');
}

/* "boot 3 of 10"; a shard has some of the boots alone. (transfer full) */
static char *which_boot(const HuntConfig *c, const HuntSummary *sum, const BootResult *r)
{
	if (c->shares)
		return g_strdup_printf("boot %u, in shard %u/%u", r->index + 1, c->share,
				       c->shares);
	return g_strdup_printf("boot %u of %u", r->index + 1, sum->boots);
}

static void append_hit(GString *text, const BootResult *r, const char *which)
{
	const BootHit *hit = &r->hit;
	g_autoptr(GString) after = g_string_new(NULL);

	row(text, "fired", "%s%s%s", hit->reason ? hit->reason : "", hit->reason ? ": " : "",
	    hit->title);
	if (hit->where)
		row(text, "at", "%s", hit->where);
	row(text, "family", "%s (signature %s)", hit->family, hit->signature);
	if (hit->walker)
		row(text, "walker", "%s%s", hit->walker,
		    hit->walker_guessed
			    ? " (a guess: what ran and takes references before it looks)"
			    : "");
	if (hit->block >= 0)
		row(text, "block", "memory%" G_GINT64_FORMAT "%s", hit->block,
		    hit->pfn >= 0 ? "" : " (the one being offlined)");
	if (hit->pfn >= 0)
		row(text, "page", "pfn 0x%" G_GINT64_MODIFIER "x", hit->pfn);
	if (hit->offlines >= 0) {
		g_autofree char *offlines = results_offlines(hit->offlines, -1);

		g_string_append_printf(after, "%s, ", offlines);
	}
	if (hit->after_go_s >= 0)
		g_string_append_printf(after, "%.2f s after the ops started", hit->after_go_s);
	else
		g_string_append(after, "a time that the log does not tell");
	row(text, "after", "%s (%s)", after->str, which);
	if (hit->consequences)
		row(text, "then", "%s", hit->consequences);
}

/* @folder: the hunt as its folder tells it, or NULL when that cannot be read. */
static void append_counts(GString *text, const HuntSummary *sum, const RHunt *folder)
{
	/* What so many boots were or did. */
	static const char *const words[VERDICT_COUNT] = {
		[VERDICT_INCIDENT] = "with an incident",       [VERDICT_HANG] = "hung",
		[VERDICT_INFRA] = "failed on our side",	       [VERDICT_LOST] = "lost",
		[VERDICT_EMULATOR] = "spoilt by the emulator", [VERDICT_UNEXPOSED] = "unexposed",
		[VERDICT_KNOWN] = "ended by a known issue",    [VERDICT_CLEAN] = "clean",
	};
	g_autoptr(GString) counts = g_string_new(NULL);
	g_autofree char *hits = results_number(sum->hits, "hit");
	g_autofree char *offlines = results_offlines(
		(gint64)sum->offlines, folder ? results_totals(folder).offlines_ok : -1);

	for (guint v = 0; v < VERDICT_COUNT; v++)
		if (sum->verdicts[v])
			g_string_append_printf(counts, "%s%u %s", counts->len ? ", " : "",
					       sum->verdicts[v], words[v]);
	row(text, "boots", "%s; %s in %.1f s of hammering, %s", counts->len ? counts->str : "none",
	    offlines, sum->run_s, hits);
}

/* A pass that no probe saw says so here, too. */
static void append_passed(GString *text, const RHunt *folder)
{
	const char *family = incident_family_name(FAMILY_FAKE_OFFLINE), *by;
	g_autofree char *unexposed = report_family_unexposed(folder, family, &by);

	if (!unexposed && by)
		row(text, "exposed", "%s, %s", family, by);
}

static void append_remarks(GString *text, const RHunt *folder)
{
	g_autoptr(GPtrArray) remarks = folder ? report_remarks(folder, NULL) : g_ptr_array_new();

	for (guint i = 0; i < remarks->len; i++) {
		const Remark *r = g_ptr_array_index(remarks, i);

		row(text, r->what, "%s", r->text);
	}
}

/* How often the interleaving was executed, which is the exposure of a choreography. */
static void append_rounds(GString *text, const HuntSummary *sum)
{
	guint64 complete = 0, all = 0;

	for (guint i = 0; i < sum->results->len; i++) {
		const BootResult *r = g_ptr_array_index(sum->results, i);

		complete += r->rounds_complete;
		all += r->rounds ? r->rounds->len : 0;
	}
	row(text, "choreography",
	    "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " rounds executed the interleaving",
	    complete, all);
}

/* What it proves, and what would prove the opposite. */
static void append_estimate(GString *text, const HuntSummary *sum, const RHunt *folder)
{
	g_autoptr(Estimate) c = estimate_of_hunt(folder);
	g_autofree char *estimate = estimate_text(c), *rates = estimate_rates(c),
			*fix = estimate_fix(c);
	g_autofree char *rule = stop_rule_text(&sum->rule);

	row(text, "hit rate", "%s", estimate);
	if (rates)
		row(text, "per offline", "%s", rates);
	if (rule)
		row(text, "bound", "%s", rule);
	if (fix)
		row(text, "to confirm a fix", "%s", fix);
}

/* A guest that a known issue ended may have missed its goal before. */
static void append_goal(GString *text, const HuntConfig *c, const BootResult *r)
{
	const Scenario *s = c->scenario;
	g_autofree VerdictOp *ops = g_new0(VerdictOp, s->ops->len + 1);
	g_autofree gboolean *all = g_new0(gboolean, s->ops->len + 1);
	g_autofree char *unmet = NULL;

	for (guint i = 0; i < s->ops->len; i++)
		all[i] = TRUE;
	unmet = goal_unmet(s, r->exposure, r->offlines, r->rounds_complete, ops, all);
	if (unmet)
		row(text, "goal", "%s", unmet);
}

/* Why it is what it is, when nothing fired. */
static void append_because(GString *text, const HuntConfig *c, const HuntSummary *sum)
{
	for (guint i = 0; i < sum->results->len; i++) {
		const BootResult *r = g_ptr_array_index(sum->results, i);
		g_autofree char *which = NULL;

		if (hunt_weigh(r) != sum->verdict)
			continue;
		which = which_boot(c, sum, r);
		row(text, "because", "%s (%s)", r->reason, which);
		if (r->verdict == VERDICT_KNOWN)
			append_goal(text, c, r);
		return;
	}
}

static void append_interrupted(GString *text, const char *dir)
{
	g_autofree char *full = g_canonicalize_filename(dir, NULL);
	g_autofree char *word = units_shell_word(full);

	row(text, "interrupted", "what was still to run is missing");
	row(text, "go on", "pfnhunt run --resume %s", word);
}

char *report_text(const HuntConfig *c, const HuntSummary *sum, gboolean colour)
{
	GString *text = g_string_new("\n");
	g_autofree char *rerun = report_rerun(c);
	g_autoptr(RHunt) folder = sum->dir ? results_hunt_load(sum->dir, TRUE, NULL) : NULL;
	const BootResult *hit = first_hit(sum);
	gboolean bad = verdict_exit_code(sum->verdict) == 1;
	const char *paint = bad ? RED : verdict_exit_code(sum->verdict) == 0 ? GREEN : "";
	g_autofree char *verdict = g_ascii_strup(verdict_name(sum->verdict), -1);

	g_string_append_printf(text,
			       "%s%s%s: %s on %s%s%s%s, %s, seed 0x%016" G_GINT64_MODIFIER "x\n",
			       colour ? paint : "", hit ? "REPRODUCED" : verdict,
			       colour && *paint ? RESET : "", c->scenario->name, c->kernel->release,
			       c->kernel->version ? " (Debian " : "",
			       c->kernel->version ? c->kernel->version : "",
			       c->kernel->version ? ")" : "", vm_accel_name(sum->accel), c->seed);
	if (hit) {
		g_autofree char *which = which_boot(c, sum, hit);

		append_hit(text, hit, which);
	} else {
		append_because(text, c, sum);
	}
	append_remarks(text, folder);
	if (!hit && folder)
		append_passed(text, folder);
	if (sum->results->len) {
		const BootResult *r = g_ptr_array_index(sum->results, 0);

		for (guint i = 0; i < r->skipped->len; i++)
			row(text, "skipped", "%s", (char *)g_ptr_array_index(r->skipped, i));
	}
	append_counts(text, sum, folder);
	/* What is forced has no rate. */
	if (c->scenario->choreography->stands->len)
		append_rounds(text, sum);
	else if (folder)
		append_estimate(text, sum, folder);
	if (sum->interrupted)
		append_interrupted(text, sum->dir);
	row(text, "folder", "%s", sum->dir);
	row(text, "rerun", "%s", rerun);
	return g_string_free(text, FALSE);
}
