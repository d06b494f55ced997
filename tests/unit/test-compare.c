/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `pfnhunt results compare` prints of hunts with clean, hit, hung, lost and cut boots mixed:
 * the texts in compare/, which UPDATE_GOLDEN=1 rewrites. Each was a comparison that misled.
 */
#include "harness/report/compare.h"
#include "harness/results/records.h"
#include "host-driver/base/json.h"

#include <string.h>

/* So many boots that ended alike. */
typedef struct {
	guint boots;
	const char *verdict, *signature; /* of its incident, or NULL */
	double run_s, hit_s;		 /* hit_s: of the incident; -1: not told */
	gint64 offlines, hits;
	const char *reason, *idle; /* an op that did not start, or NULL */
} Boots;

static RIncident *incident_new(const char *signature, const char *family, double hit_s, gint64 hits,
			       gboolean known)
{
	RIncident *incident = g_new0(RIncident, 1);

	incident->family = family;
	incident->title = g_strdup_printf("WARNING in %s", signature);
	incident->signature = g_strdup(signature);
	incident->evidence = TRUE;
	incident->hits = hits;
	incident->after_go_s = hit_s;
	incident->known = known ? g_strdup("it") : NULL;
	incident->splats = g_ptr_array_new();
	return incident;
}

static void add_op(RBoot *b, const char *label, const char *outcome)
{
	ROp *op = g_new0(ROp, 1);

	op->label = g_strdup(label);
	op->reason = g_strdup("");
	op->state = "ready";
	op->outcome = outcome;
	g_ptr_array_add(b->ops, op);
}

static RBoot *boot_new(guint number, const Boots *of)
{
	RBoot *b = g_new0(RBoot, 1);
	gboolean hang = g_str_equal(of->verdict, "hang"), known = g_str_equal(of->verdict, "known");

	fields_read(&results_boot_table, NULL, b);
	fields_read(&results_verdict_table, NULL, b);
	b->dir = g_strdup("");
	b->folder = g_strdup_printf("%04u", number);
	b->resizes = g_ptr_array_new();
	b->number = number;
	b->ended = TRUE;
	b->verdict = of->verdict;
	b->run_s = of->run_s;
	b->offlines = of->offlines;
	g_free(b->reason);
	b->reason = g_strdup(of->reason ? of->reason : "");
	add_op(b, "block-state", "ran");
	add_op(b, "damon", of->idle ? "not-started" : "ran");
	if (!of->signature)
		return b;
	g_ptr_array_add(b->incidents, incident_new(of->signature, hang ? "hang" : "fake-offline",
						   of->hit_s, of->hits, known));
	b->known = known;
	b->hits = known ? 0 : of->hits;
	b->hit_s = known ? -1 : of->hit_s;
	return b;
}

static RHunt *hunt_new(const char *id, const Boots *boots)
{
	RHunt *h = g_new0(RHunt, 1);

	fields_read(&results_hunt_table, NULL, h);
	g_free(h->id);
	h->id = g_strdup(id);
	h->dir = g_strdup("/nowhere");
	h->duration_ms = 30000;
	h->verdict = "";
	h->boots = g_ptr_array_new_with_free_func((GDestroyNotify)results_boot_free);
	for (const Boots *of = boots; of->boots; of++)
		for (guint i = 0; i < of->boots; i++)
			g_ptr_array_add(h->boots, boot_new(h->boots->len, of));
	return h;
}

/* Versions of clang-format disagree about braces in macros. */
/* clang-format off */
#define CLEAN(n) {n, "clean", NULL, 30, -1, 600, 0, NULL, NULL}
#define HIT(n, sig, at) {n, "incident", sig, at, at, 100, 1, NULL, NULL}
#define HUNG(n) {n, "hang", "hang:run", 12, 12, 240, 1, "no word from the agent while the ops ran", NULL}
#define LOST(n) {n, "lost", NULL, 10, -1, 200, 0, "QEMU ended: killed by signal 11", NULL}
#define END {0}
/* clang-format on */

static const struct {
	const char *name;
	Boots a[8], b[8];
} cases[] = {
	/* It said "0 of 10, gone". */
	{"hang", {HIT(10, "fires", 2), END}, {HUNG(10), END}},
	/* Lost boots, and boots that a known issue ended, are neither clean nor nothing. */
	{"mixed",
	 {CLEAN(8), HIT(5, "fires", 2), HUNG(1), LOST(2), END},
	 {CLEAN(6),
	  HIT(1, "fires", 2),
	  HIT(1, "another", 3),
	  LOST(4),
	  {4, "known", "seen", 15, 15, 300, 1, "the guest died of a known issue: it", NULL},
	  END}},
	/* It said "0 of 0" of 6,000 offlines. */
	{"unstarted",
	 {CLEAN(7), HIT(3, "fires", 2), END},
	 {{10, "unexposed", NULL, 30, -1, 600, 0, "damon did not start: EINVAL", "damon"}, END}},
	/* It said "same". */
	{"within",
	 {{6, "incident", "fires", 30, 1, 1000, 134, NULL, NULL},
	  {4, "incident", "fires", 30, 1, 1000, 120, NULL, NULL},
	  END},
	 {{5, "incident", "fires", 30, 1, 1000, 13, NULL, NULL},
	  {5, "incident", "fires", 30, 1, 1000, 10, NULL, NULL},
	  END}},
	/* It said "new": in A the other one had ended each boot before this one could fire. */
	{"uncovered",
	 {HIT(10, "first", 0.1), END},
	 {HIT(4, "second", 9), HIT(3, "second", 20), CLEAN(3), END}},
	{"fix", {CLEAN(10), HIT(10, "fires", 2), END}, {CLEAN(12), END}},
	{"fixed", {CLEAN(10), HIT(10, "fires", 2), END}, {CLEAN(60), END}},
};

static void check_golden(const char *name, const char *text)
{
	g_autofree char *file = g_strconcat(name, ".txt", NULL), *wanted = NULL;
	g_autofree char *path = g_build_filename(g_getenv("COMPARE"), file, NULL);

	if (g_getenv("UPDATE_GOLDEN"))
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_true(g_file_get_contents(path, &wanted, NULL, NULL));
	g_assert_cmpstr(text, ==, wanted);
}

static void test_golden(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	RHunt *a = hunt_new("hunt-a", cases[i].a), *b = hunt_new("hunt-b", cases[i].b);
	g_autofree char *text = results_compare_text(a, b);

	check_golden(cases[i].name, text);
	results_hunt_free(a);
	results_hunt_free(b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/compare/", cases[i].name, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_golden);
	}
	return g_test_run();
}
