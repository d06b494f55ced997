/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long hunts: bounded disk, and going on where a kill or a power cut left them. */
#include "harness/hunt/resume.h"
#include "harness/store/store.h"
#include "harness/hunt/retention.h"
#include "host-driver/base/tree.h"
#include "results-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
	char *root, *hunt;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->root = fixture_tmp();
	f->hunt = fixture_hunt(f->root,
			       &(FixtureHunt){"h", "2026-11-20T10:00:00Z", "quick", "6.12", NULL});
}

static void tear_down(Fixture *f, gconstpointer data)
{
	tree_remove(f->root);
	g_free(f->root);
	g_free(f->hunt);
}

static void boot(const Fixture *f, const char *folder, const char *verdict)
{
	gboolean hit = g_strcmp0(verdict, "incident") == 0;

	fixture_boot(f->hunt, &(FixtureBoot){.folder = folder,
					     .verdict = verdict,
					     .title = hit ? FIXTURE_WARN : NULL,
					     .signature = FIXTURE_SIG,
					     .hit_s = 1,
					     .run_s = 2});
}

static gboolean exists(const Fixture *f, const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(f->hunt, "boots", folder, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static char *counters(const Fixture *f)
{
	g_autoptr(RHunt) h = NULL;
	GString *text = g_string_new(NULL);

	h = results_hunt_load(f->hunt, TRUE, NULL);
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		for (guint k = 0; k < b->ops->len; k++) {
			const ROp *op = g_ptr_array_index(b->ops, k);

			g_string_append_printf(text, "%s/%s:", b->folder, op->label);
			for (guint c = 0; c < op->counters->len; c++) {
				const FieldNumber *counter = g_ptr_array_index(op->counters, c);

				g_string_append_printf(text, " %s=%" G_GINT64_FORMAT, counter->name,
						       counter->value);
			}
		}
	}
	return g_string_free(text, FALSE);
}

/* What the index and the statistics read is the same before and after. */
static void test_thin(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->hunt, "boots", "0000", NULL);
	g_autofree char *before = NULL, *after = NULL;

	boot(f, "0000", "clean");
	before = counters(f);
	g_assert_nonnull(strstr(before, "offlines=100"));
	g_assert_cmpuint(retention_strip_boot(dir), >, 60000);
	after = counters(f);
	g_assert_cmpstr(before, ==, after);
	g_assert_false(exists(f, "0000", "console.log"));
	g_assert_false(exists(f, "0000", "recorder.bin"));
	g_assert_true(exists(f, "0000", "verdict.json"));
	g_assert_true(exists(f, "0000", "memory.jsonl"));
	g_assert_true(exists(f, "0000", "thinned.json"));
	g_assert_cmpuint(retention_strip_boot(dir), ==, 0); /* twice does no harm */
}

static void test_limit(Fixture *f, gconstpointer data)
{
	static const char *const verdicts[] = {"clean", "incident", "clean", "hang", "clean"};
	g_autoptr(Retention) retention = NULL;

	boot(f, "0000", "clean");
	/* Room for two clean boots of about 71 kB each. */
	retention = retention_new(f->hunt, 160000);
	for (guint i = 1; i < G_N_ELEMENTS(verdicts) + 1; i++) {
		g_autofree char *folder = g_strdup_printf("%04u", i);
		g_autofree char *dir = g_build_filename(f->hunt, "boots", folder, NULL);

		boot(f, folder, verdicts[i - 1]);
		retention_boot_over(retention, dir, g_str_equal(verdicts[i - 1], "clean"));
	}
	g_assert_false(exists(f, "0000", "console.log"));
	g_assert_false(exists(f, "0001", "console.log"));
	g_assert_true(exists(f, "0002", "console.log")); /* incident */
	g_assert_true(exists(f, "0003", "console.log"));
	g_assert_true(exists(f, "0004", "console.log")); /* hang */
	g_assert_true(exists(f, "0005", "console.log"));
	/* A hunt that is taken up again keeps to its limit at once. */
	g_clear_pointer(&retention, retention_free);
	retention = retention_new(f->hunt, 0);
	g_assert_false(exists(f, "0003", "console.log"));
	g_assert_false(exists(f, "0005", "console.log"));
	g_assert_true(exists(f, "0002", "console.log"));
}

typedef struct {
	HuntTry next;
	gint64 spent_us;
} Resumed;

static Resumed resume(const Fixture *f, HuntSummary *sum)
{
	g_autoptr(HuntQueue) queue = hunt_queue_new(0, 0, 0);
	g_autoptr(GError) error = NULL;
	Resumed at = {0};

	*sum = (HuntSummary){
		.results = g_ptr_array_new_with_free_func((GDestroyNotify)boot_result_free)};
	g_assert_true(hunt_resume_load(f->hunt, sum, queue, &at.spent_us, &error));
	g_assert_no_error(error);
	g_assert_true(hunt_queue_next(queue, &at.next));
	return at;
}

static void test_resume(Fixture *f, gconstpointer data)
{
	HuntSummary sum;
	Resumed at;
	const BootResult *r;

	at = resume(f, &sum); /* killed before its first boot */
	g_assert_cmpuint(at.next.index, ==, 0);
	g_assert_cmpuint(at.next.tries, ==, 0);
	hunt_summary_clear(&sum);

	boot(f, "0000", "emulator");
	boot(f, "0000-again1", "incident");
	boot(f, "0001", "clean");
	at = resume(f, &sum);
	g_assert_cmpuint(at.next.index, ==, 2);
	g_assert_cmpuint(at.next.tries, ==, 0);
	g_assert_cmpuint(sum.boots, ==, 2);
	g_assert_cmpuint(sum.verdicts[VERDICT_EMULATOR], ==, 1);
	g_assert_cmpuint(sum.verdicts[VERDICT_INCIDENT], ==, 1);
	g_assert_cmpuint(sum.hits, ==, 3);
	/* The fixture's boots all begin at once: that time counts once. */
	g_assert_cmpint(at.spent_us, ==, 6500000);
	r = g_ptr_array_index(sum.results, 0);
	g_assert_cmpint(r->verdict, ==, VERDICT_INCIDENT);
	g_assert_cmpstr(r->hit.title, ==, FIXTURE_WARN);
	g_assert_cmpuint(r->incident_count, ==, 1);
	hunt_summary_clear(&sum);

	boot(f, "0002", NULL); /* killed in it */
	at = resume(f, &sum);
	g_assert_cmpuint(at.next.index, ==, 2);
	g_assert_cmpuint(at.next.tries, ==, 1);
	g_assert_cmpuint(sum.boots, ==, 2);
	hunt_summary_clear(&sum);

	{
		/* A folder that was made on a full disk, and nothing in it. */
		g_autofree char *boots = g_build_filename(f->hunt, "boots", NULL);
		g_autofree char *empty = g_build_filename(boots, "0002-again1", NULL);
		g_autofree char *leaf = NULL;

		g_assert_cmpint(g_mkdir(empty, 0755), ==, 0);
		at = resume(f, &sum);
		g_assert_cmpuint(at.next.index, ==, 2);
		leaf = hunt_queue_folder(boots, &at.next);
		g_assert_cmpstr(leaf, ==, "0002-again2");
		hunt_summary_clear(&sum);
	}

	boot(f, "0002-again1", "emulator"); /* and killed before it was tried again */
	at = resume(f, &sum);
	g_assert_cmpuint(at.next.index, ==, 2);
	g_assert_cmpuint(at.next.tries, ==, 2);
	g_assert_cmpuint(at.next.artefacts, ==, 1);
	hunt_summary_clear(&sum);
}

/* Several ran at once: unfinished ones lie among those that came to their end. */
static void test_holes(Fixture *f, gconstpointer data)
{
	static const guint order[] = {1, 2, 4, 6};
	g_autoptr(HuntQueue) queue = hunt_queue_new(7, 0, 0);
	gint64 spent_us = 0;
	HuntSummary sum = {
		.results = g_ptr_array_new_with_free_func((GDestroyNotify)boot_result_free)};
	HuntTry next;

	boot(f, "0000", "clean");
	boot(f, "0002", NULL); /* killed; 0001 had not begun */
	boot(f, "0003", "incident");
	boot(f, "0004", "emulator");
	boot(f, "0005", "clean");
	g_assert_true(hunt_resume_load(f->hunt, &sum, queue, &spent_us, NULL));
	g_assert_cmpuint(sum.boots, ==, 3);
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		g_assert_true(hunt_queue_next(queue, &next));
		g_assert_cmpuint(next.index, ==, order[i]);
		g_assert_cmpuint(next.tries, ==, next.index == 2 || next.index == 4);
	}
	g_assert_false(hunt_queue_next(queue, &next));
	hunt_summary_clear(&sum);
}

/* What a terminal would obey stays in the folder: a report prints these. */
static void test_printable(Fixture *f, gconstpointer data)
{
	HuntSummary sum;
	const BootResult *r;

	fixture_boot(f->hunt, &(FixtureBoot){.folder = "0000",
					     .verdict = "incident",
					     .title = "BUG \xc2\x9b"
						      "31m \033[31m",
					     .signature = FIXTURE_SIG,
					     .run_s = 2});
	resume(f, &sum);
	r = g_ptr_array_index(sum.results, 0);
	g_assert_cmpstr(r->hit.title, ==, "BUG ?31m ?[31m");
	g_assert_cmpstr(g_ptr_array_index(r->incident_titles, 0), ==, r->hit.title);
	hunt_summary_clear(&sum);
}

static void test_scenario(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RHunt) hunt = results_hunt_load(f->hunt, TRUE, NULL);
	g_autoptr(Scenario) s = NULL;

	fixture_write(f->hunt, "scenario.ini",
		      "[scenario]\nsummary = x\n[memory vm0]\nsize = 512M\nrequested-size = 4M\n"
		      "[op null-walker]\n");
	s = hunt_resume_scenario(hunt, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(s->name, ==, "quick"); /* not "scenario" */
	g_assert_cmpstr(s->summary, ==, "x");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/soak/thin", Fixture, NULL, set_up, test_thin, tear_down);
	g_test_add("/soak/limit", Fixture, NULL, set_up, test_limit, tear_down);
	g_test_add("/soak/resume", Fixture, NULL, set_up, test_resume, tear_down);
	g_test_add("/soak/holes", Fixture, NULL, set_up, test_holes, tear_down);
	g_test_add("/soak/printable", Fixture, NULL, set_up, test_printable, tear_down);
	g_test_add("/soak/scenario", Fixture, NULL, set_up, test_scenario, tear_down);
	return g_test_run();
}
