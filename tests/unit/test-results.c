/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `pfnhunt results` prints: columns, the last actions, comparisons, no escape sequences. */
#include "harness/report/compare.h"
#include "host-driver/base/tree.h"
#include "harness/report/export.h"
#include "harness/results/recorder.h"
#include "host-driver/base/json.h"
#include "harness/report/show.h"
#include "harness/results/table.h"
#include "results-fixture.h"

#include <string.h>

typedef struct {
	char *root;
	RHunt *a, *b;
} Fixture;

static RHunt *load(const char *root, const char *id)
{
	g_autofree char *dir = g_build_filename(root, id, NULL);
	RHunt *hunt = results_hunt_load(dir, TRUE, NULL);

	g_assert_nonnull(hunt);
	return hunt;
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->root = fixture_tmp();
	fixture_results(f->root);
	f->a = load(f->root, "20261120-100000-quick-6.12");
	f->b = load(f->root, "20261121-100000-quick-7.3");
}

static void tear_down(Fixture *f, gconstpointer data)
{
	results_hunt_free(f->a);
	results_hunt_free(f->b);
	tree_remove(f->root);
	g_free(f->root);
}

static void has(const char *text, const char *words)
{
	if (!strstr(text, words))
		g_error("'%s' lacks '%s'", text, words);
}

static void test_table(Fixture *f, gconstpointer data)
{
	g_autoptr(RTable) t = rtable_new("name|>n|last");
	g_autofree char *empty = rtable_text(t), *text = NULL;

	g_assert_cmpstr(empty, ==, "");
	rtable_cell(t, "a\033[31m");
	rtable_cell(t, "%d", 5);
	rtable_cell(t, "x");
	rtable_cell(t, "\xc3\xa4");
	rtable_cell(t, "%d", 1234);
	rtable_cell(t, "%s", "");
	text = rtable_text(t);
	g_assert_cmpstr(text, ==, "name       n  last\na?[31m     5  x\n\xc3\xa4       1234\n");
}

static void test_recorder_ring(Fixture *f, gconstpointer data)
{
	g_autoptr(RecorderActions) actions =
		results_actions_load(g_ptr_array_index(f->a->boots, 0));
	const RAction *a;

	g_assert_nonnull(actions);
	g_assert_cmpint(actions->splat_ns, ==, 3615000000);
	g_assert_cmpuint(actions->actions->len, ==, 3);
	g_assert_cmpuint(actions->older, ==, 1); /* 215 ms before */
	a = g_ptr_array_index(actions->actions, 0);
	g_assert_cmpstr(a->op, ==, "block-state");
	g_assert_cmpstr(a->action, ==, "offline-begin");
	g_assert_true(a->block);
	g_assert_cmpuint(a->arg, ==, 32);
	g_assert_cmpfloat_with_epsilon(a->before_ms, 15, 1e-6);
	/* The host's clock is 1.5 s ahead: the plug at 5.3 s of it was seen after the splat. */
	g_assert_cmpint(actions->requested_bytes, ==, 4194304);
	g_assert_cmpint(actions->plugged_bytes, ==, 4194304);
}

static void test_show(Fixture *f, gconstpointer data)
{
	g_autofree char *hunt = results_show_hunt(f->b);
	g_autofree char *boot = results_show_boot(f->b, g_ptr_array_index(f->b->boots, 1));
	g_autofree char *first = results_show_boot(f->a, g_ptr_array_index(f->a->boots, 0));

	has(hunt, "2 of 3 boots fired (67 %), 300 offlines, 1,200 damon visits inside an open "
		  "window (bpf): the chance of a hit per boot is 13..99 %, either bound at 95 %");
	has(hunt, "20 hits per 1,000 offlines");
	has(hunt, "rates within boots");
	has(hunt, "clean boots with it show that it fires less often");
	has(hunt, "compaction  dec      bpf      0/3");
	has(hunt, "12 us     0  not exposed");
	has(hunt, "13..99 %");
	has(boot, "exposure (probes: bpf)");
	has(hunt, "warning:hostile:<x>&");
	has(boot, "ksm");
	has(boot, "no <ksm> & co");
	has(first, "-15.000  block-state  offline-begin  memory32");
	has(first, "4M requested, 4M plugged");
	has(first, "1 more actions in recorder.bin");
	has(first, "damon (a guess");
	g_assert_null(strchr(hunt, '\033'));
	g_assert_null(strchr(boot, '\033'));
}

static void test_compare(Fixture *f, gconstpointer data)
{
	g_autoptr(RComparison) c = results_compare(f->a, f->b);
	g_autofree char *text = results_compare_text(f->a, f->b);
	const RChange *first = g_ptr_array_index(c->changes, 0);
	const RChange *second = g_ptr_array_index(c->changes, 1);

	g_assert_cmpuint(c->changes->len, ==, 2);
	g_assert_cmpint(first->kind, ==, RCHANGE_ONLY_B);
	g_assert_cmpstr(first->incident->signature, ==, "warning:hostile:<x>&");
	g_assert_cmpint(second->kind, ==, RCHANGE_SAME);
	g_assert_cmpfloat_with_epsilon(second->p, 1, 1e-9);
	has(text, "1 of 3 (1.6..87 %)");
	has(text, "dec windows");
	has(text, "damon visits inside");
	has(text, "x 1 a boot");
	g_assert_null(strchr(text, '\033'));
}

/* Many boots, so that a change is more than chance. */
static void test_moved(Fixture *f, gconstpointer data)
{
	static const struct {
		guint fired_a, fired_b;
		RChangeKind kind;
	} cases[] = {
		{10, 0, RCHANGE_GONE}, {1, 0, RCHANGE_SAME}, {1, 9, RCHANGE_MORE},
		{9, 1, RCHANGE_LESS},  {5, 4, RCHANGE_SAME},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *root = fixture_tmp();
		RHunt *hunts[2];
		g_autoptr(RComparison) c = NULL;

		for (guint k = 0; k < 2; k++) {
			g_autofree char *dir = fixture_hunt(
				root, &(FixtureHunt){k ? "b" : "a", "2026-11-20T10:00:00Z", "quick",
						     "6.12", "incident"});

			for (guint n = 0; n < 10; n++) {
				g_autofree char *folder = g_strdup_printf("%04u", n);
				gboolean hit = n < (k ? cases[i].fired_b : cases[i].fired_a);

				fixture_boot(dir,
					     &(FixtureBoot){.folder = folder,
							    .verdict = hit ? "incident" : "clean",
							    .title = hit ? "t" : NULL,
							    .signature = "s",
							    .hit_s = 1,
							    .run_s = 5});
			}
			hunts[k] = results_hunt_load(dir, TRUE, NULL);
		}
		c = results_compare(hunts[0], hunts[1]);
		g_assert_cmpuint(c->changes->len, ==, 1);
		g_assert_cmpint(((RChange *)g_ptr_array_index(c->changes, 0))->kind, ==,
				cases[i].kind);
		results_hunt_free(hunts[0]);
		results_hunt_free(hunts[1]);
		tree_remove(root);
	}
}

/* Every object parses back, whatever a guest put into it. */
static void test_export(Fixture *f, gconstpointer data)
{
	g_autofree char *boot =
		rj_print(rexport_boot(f->b, g_ptr_array_index(f->b->boots, 1), TRUE), FALSE);
	g_autofree char *hunt = rj_print(rexport_hunt(f->b), FALSE);
	g_autofree char *both = rj_print(results_compare_json(f->a, f->b), FALSE);
	const char *const texts[] = {boot, hunt, both};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(JsonNode) node = json_from_string(texts[i], &error);

		g_assert_no_error(error);
		g_assert_cmpint(json_object_get_int_member(json_node_get_object(node), "schema"),
				==, REPORT_SCHEMA);
		g_assert_null(strchr(texts[i], '\n'));
	}
	has(boot, "\"last_actions\":[{\"ms\":-15.0,\"op\":\"block-state\"");
	has(hunt, "\"rate_95\":[0.1353");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(Fixture *, gconstpointer);
	} tests[] = {
		{"/results/table", test_table}, {"/results/recorder", test_recorder_ring},
		{"/results/show", test_show},	{"/results/compare", test_compare},
		{"/results/moved", test_moved}, {"/results/export", test_export},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
