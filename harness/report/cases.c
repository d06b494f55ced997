/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See cases.h. */
#include "harness/report/cases.h"
#include "harness/report/family.h"
#include "harness/results/splat.h"
#include "harness/incident/triage.h"
#include "host-driver/base/units.h"

#include <string.h>

#define SPLAT_LINES 60

static const IncidentFamily families[] = {
	FAMILY_FAKE_OFFLINE,   FAMILY_PLUG,   FAMILY_CANCEL, FAMILY_VMEMMAP_WRITE,
	FAMILY_MEMMAP_REMOVAL, FAMILY_SILENT, FAMILY_OTHER,
};

static void case_free(RCase *c)
{
	g_free(c->message);
	g_free(c->detail);
	g_free(c);
}

static void suite_free(RSuite *s)
{
	g_free(s->name);
	g_free(s->command);
	g_ptr_array_unref(s->cases);
	g_free(s);
}

char *report_command(const RHunt *h)
{
	GString *text = g_string_new("pfnhunt run");
	char *line;
	g_autofree char *scenario = units_shell_word(h->scenario);
	g_autofree char *kernel = units_shell_word(*h->kernel_spec ? h->kernel_spec : h->kernel);

	g_autofree char *seed = units_shell_word(h->seed), *accel = units_shell_word(h->accel);
	g_auto(GStrv) hosts = g_strsplit(h->backend, " ", -1);

	g_string_append_printf(text, " %s --kernel %s --seed %s --accel %s", scenario, kernel, seed,
			       accel);
	for (guint i = 0; hosts[i] && !g_str_equal(h->backend, "qemu"); i++) {
		g_autofree char *host = units_shell_word(hosts[i]);

		g_string_append_printf(text, " --backend %s", host);
	}
	if (h->boots->len)
		g_string_append_printf(text, " --boots %u", results_totals(h).boots);
	/* A record is anybody's: a quoted word may hold the end of a line. */
	line = units_printable(text->str);
	g_string_free(text, TRUE);
	return line;
}

static RCase *case_new(RSuite *suite, const char *family, RCaseState state, const char *message)
{
	RCase *c = g_new0(RCase, 1);

	c->family = family;
	c->state = state;
	c->message = message ? units_printable(message) : NULL;
	g_ptr_array_add(suite->cases, c);
	return c;
}

static void append_splat(GString *detail, const RSignature *s)
{
	g_autofree char *text =
		results_splat_text(s->boot, s->first->title, s->first->signature, SPLAT_LINES);
	g_autofree char *title = units_printable(s->first->title);
	g_autofree char *signature = units_printable(s->first->signature);
	g_autofree char *walkers = units_printable(s->walkers);

	g_string_append_printf(detail, "%s%s\nsignature: %s\nboots: %u, hits: %" G_GINT64_FORMAT,
			       detail->len ? "\n" : "", title, signature, s->boots, s->hits);
	g_string_append_printf(detail, "%s%s\nfirst in: boots/%s\n", *walkers ? "\nwalker: " : "",
			       walkers, s->boot->folder);
	if (text)
		g_string_append_printf(detail, "\n%s", text);
}

static void add_family(RSuite *suite, const GPtrArray *signatures, const char *family,
		       const RTotals *t)
{
	g_autoptr(GString) detail = g_string_new(NULL), titles = g_string_new(NULL);
	g_autofree char *unexposed = NULL;
	const char *known = NULL, *by = NULL;
	guint boots = 0;
	RCase *c;

	for (guint i = 0; i < signatures->len; i++) {
		const RSignature *s = g_ptr_array_index(signatures, i);

		if (!g_str_equal(s->first->family, family))
			continue;
		if (s->known) {
			known = s->first->known;
			continue;
		}
		boots = MAX(boots, s->boots);
		g_string_append_printf(titles, "%s%s", titles->len ? "; " : "", s->first->title);
		append_splat(detail, s);
	}
	if (titles->len) {
		g_string_append_printf(titles, " in %u of %u boots", boots, t->exposed);
		c = case_new(suite, family, RCASE_FAIL, titles->str);
		c->detail = g_string_free(g_steal_pointer(&detail), FALSE);
	} else if (known) {
		unexposed = g_strdup_printf("known: %s", known);
		case_new(suite, family, RCASE_SKIP, unexposed);
	} else {
		unexposed = report_family_unexposed(suite->hunt, family, &by);
		case_new(suite, family, unexposed ? RCASE_SKIP : RCASE_PASS,
			 unexposed ? unexposed : by);
	}
}

/* What was killed may have had a splat that nobody looked at. (transfer full), or NULL */
static char *unended(const RHunt *h)
{
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (!b->retried && !b->ended)
			return g_strdup_printf("boot %s: unended: it runs, or was killed",
					       b->folder);
	}
	return *h->verdict ? NULL : g_strdup("the hunt is unended: it runs, or was killed");
}

/* What is no family's: guests that hung or died, and what our own side did. */
static void add_machine(RSuite *suite, const RHunt *h, const RTotals *t)
{
	static const Verdict bad[] = {VERDICT_HANG, VERDICT_LOST, VERDICT_INFRA, VERDICT_EMULATOR};
	g_autofree char *text = NULL;
	const char *ended_by = NULL;
	guint known = 0, whole = 0;

	for (guint k = 0; k < G_N_ELEMENTS(bad); k++)
		for (guint i = 0; i < h->boots->len; i++) {
			const RBoot *b = g_ptr_array_index(h->boots, i);
			g_autofree char *message = NULL;

			if (!results_boot_counts(b) || results_boot_weigh(b) != bad[k])
				continue;
			message = g_strdup_printf("boot %s: %s: %s", b->folder, b->verdict,
						  b->reason);
			case_new(suite, "machine",
				 verdict_is_hit(bad[k]) ? RCASE_FAIL : RCASE_ERROR, message);
			return;
		}
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (results_boot_counts(b) && b->ended_by_known) {
			ended_by = b->ended_by_known;
			known++;
		}
		whole += results_boot_counts(b) && !b->interrupted;
	}
	text = unended(h);
	if (text) {
		case_new(suite, "machine", RCASE_ERROR, text);
	} else if (t->boots == 0) {
		case_new(suite, "machine", RCASE_ERROR, "no boot came to its end");
	} else if (known) {
		text = g_strdup_printf("known: %s ended %u of %u boots", ended_by, known, t->boots);
		case_new(suite, "machine", RCASE_SKIP, text);
	} else if (!whole) {
		case_new(suite, "machine", RCASE_SKIP, "every boot was interrupted");
	} else {
		case_new(suite, "machine", RCASE_PASS, NULL);
	}
}

static char *unique_name(const RHunt *h, GHashTable *taken)
{
	g_autofree char *base = g_strdup_printf("%s:%s", h->scenario, h->kernel);
	char *name;

	g_strcanon(base, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._+:-", '_');
	name = g_strdup(base);
	for (guint n = 2; g_hash_table_contains(taken, name); n++) {
		g_free(name);
		name = g_strdup_printf("%s:%u", base, n);
	}
	g_hash_table_add(taken, g_strdup(name));
	return name;
}

GPtrArray *report_suites(const GPtrArray *hunts)
{
	GPtrArray *suites = g_ptr_array_new_with_free_func((GDestroyNotify)suite_free);
	g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < hunts->len; i++) {
		const RHunt *h = g_ptr_array_index(hunts, i);
		g_autoptr(GPtrArray) signatures = results_signatures(h);
		RTotals t = results_totals(h);
		RSuite *suite = g_new0(RSuite, 1);

		suite->hunt = h;
		suite->name = unique_name(h, taken);
		suite->command = report_command(h);
		suite->run_s = t.run_s;
		suite->cases = g_ptr_array_new_with_free_func((GDestroyNotify)case_free);
		for (guint k = 0; k < G_N_ELEMENTS(families); k++)
			add_family(suite, signatures, incident_family_name(families[k]), &t);
		add_machine(suite, h, &t);
		g_ptr_array_add(suites, suite);
	}
	return suites;
}
