/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See text.h. All text of the guest in here has been through units_printable(). */
#include "harness/report/text.h"
#include "harness/report/estimate.h"
#include "host-driver/base/units.h"

#define RED   "\033[1;31m"
#define GREEN "\033[1;32m"
#define RESET "\033[0m"

char *report_boot_line(const BootResult *r)
{
	GString *line = g_string_new(NULL);

	g_string_append_printf(line, "boot %u: %s", r->index + 1, verdict_name(r->verdict));
	if (r->hit.any)
		g_string_append_printf(line, ", %s", r->hit.title);
	else
		g_string_append_printf(line, ", %s", r->reason);
	if (r->hit.after_go_s >= 0)
		g_string_append_printf(line, " after %.2f s", r->hit.after_go_s);
	g_string_append_printf(line, "; %" G_GUINT64_FORMAT " offlines in %.1f s", r->offlines,
			       r->run_s);
	if (r->hits > 1)
		g_string_append_printf(line, ", %" G_GUINT64_FORMAT " hits", r->hits);
	return g_string_free(line, FALSE);
}

static const BootResult *first_hit(const HuntSummary *sum)
{
	for (guint i = 0; i < sum->results->len; i++) {
		const BootResult *r = g_ptr_array_index(sum->results, i);

		if (r->hit.any)
			return r;
	}
	return NULL;
}

static void row(GString *text, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void row(GString *text, const char *key, const char *format, ...)
{
	va_list ap;

	g_string_append_printf(text, "  %-10s", key);
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

	row(text, "fired", "%s%s%s", hit->reason ? hit->reason : hit->title,
	    hit->reason ? ": " : "", hit->reason ? hit->title : "");
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
	if (hit->offlines >= 0)
		g_string_append_printf(after, "%" G_GINT64_FORMAT " offlines, ", hit->offlines);
	if (hit->after_go_s >= 0)
		g_string_append_printf(after, "%.2f s after the ops started", hit->after_go_s);
	else
		g_string_append(after, "a time that the log does not tell");
	row(text, "after", "%s (%s)", after->str, which);
	if (hit->consequences)
		row(text, "then", "%s", hit->consequences);
}

static void append_counts(GString *text, const HuntSummary *sum)
{
	g_autoptr(GString) counts = g_string_new(NULL);

	for (guint v = 0; v < VERDICT_COUNT; v++)
		if (sum->verdicts[v])
			g_string_append_printf(counts, "%s%u %s", counts->len ? ", " : "",
					       sum->verdicts[v], verdict_name(v));
	row(text, "boots",
	    "%s; %" G_GUINT64_FORMAT " offlines in %.1f s of hammering, %" G_GUINT64_FORMAT " hits",
	    counts->len ? counts->str : "none", sum->offlines, sum->run_s, sum->hits);
}

/* What it proves, and what would prove the opposite. */
static void append_claim(GString *text, const HuntSummary *sum)
{
	g_autoptr(Claim) c = claim_of_summary(sum);
	g_autofree char *claim = claim_text(c), *rates = claim_rates(c), *fix = claim_fix(c);
	g_autofree char *rule = stop_rule_text(&sum->rule);

	row(text, "proves", "%s", claim);
	if (rates)
		row(text, "within", "%s", rates);
	if (rule)
		row(text, "bound", "%s", rule);
	if (fix)
		row(text, "a fix", "%s", fix);
}

static void append_backend(GString *options, const VmBackend *backend)
{
	g_autofree char *word = units_shell_word(backend->text);

	g_string_append_printf(options, " --backend %s", word);
}

/* The options that choose the hosts, each with a space before; nothing for QEMU here. */
static GString *backend_options(const HuntConfig *c)
{
	GString *options = g_string_new(NULL);

	if (!c->more_host_count && !c->backend->uri)
		return options;
	append_backend(options, c->backend);
	for (guint i = 0; i < c->more_host_count; i++)
		append_backend(options, c->more_hosts[i].backend);
	return options;
}

char *report_text(const HuntConfig *c, const HuntSummary *sum, gboolean colour)
{
	GString *text = g_string_new("\n");
	g_autoptr(GString) where = backend_options(c);
	g_autofree char *scenario = units_shell_word(c->scenario->path);
	g_autofree char *kernel = units_shell_word(c->kernel->spec);
	const BootResult *hit = first_hit(sum);
	gboolean bad = verdict_exit_code(sum->verdict) == 1;
	const char *paint = bad ? RED : verdict_exit_code(sum->verdict) == 0 ? GREEN : "";
	g_autofree char *verdict = g_ascii_strup(verdict_name(sum->verdict), -1);
	g_autofree char *shard =
		c->shares ? g_strdup_printf(" --shard %u/%u", c->share, c->shares) : g_strdup("");

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
	}
	for (guint i = 0; !hit && i < sum->results->len; i++) {
		const BootResult *r = g_ptr_array_index(sum->results, i);

		if (hunt_weigh(r) == sum->verdict) {
			g_autofree char *which = which_boot(c, sum, r);

			row(text, "because", "%s (%s)", r->reason, which);
			break;
		}
	}
	if (sum->results->len) {
		const BootResult *r = g_ptr_array_index(sum->results, 0);

		for (guint i = 0; i < r->skipped->len; i++)
			row(text, "skipped", "%s", (char *)g_ptr_array_index(r->skipped, i));
	}
	append_counts(text, sum);
	append_claim(text, sum);
	if (sum->interrupted)
		row(text, "note", "interrupted: what ran was cut short");
	row(text, "kept", "%s", sum->dir);
	row(text, "again", "pfnhunt run %s --kernel %s --seed 0x%016" G_GINT64_MODIFIER "x%s%s",
	    scenario, kernel, c->seed, where->str, shard);
	return g_string_free(text, FALSE);
}
