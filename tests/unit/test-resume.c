/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hunt that is taken up again: what its folder says becomes what its boots had told while they
 * ran, what was cut off is run again, and neither a time nor a name is believed that cannot be.
 */
#include "harness/hunt/resume.h"
#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"
#include "results-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
	char *root, *hunt;
	HuntQueue *queue;
	HuntSummary sum;
	gint64 spent_us;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->root = fixture_tmp();
	f->hunt = fixture_hunt(f->root,
			       &(FixtureHunt){"h", "2026-11-20T10:00:00Z", "quick", "6.12", NULL});
	f->queue = hunt_queue_new(0, 0, 0);
	f->sum.results = g_ptr_array_new_with_free_func((GDestroyNotify)boot_result_free);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	hunt_summary_clear(&f->sum);
	hunt_queue_free(f->queue);
	tree_remove(f->root);
	g_free(f->root);
	g_free(f->hunt);
}

/* A boot that began at @started (seconds of that minute); @verdict: verdict.json, NULL for none. */
static void boot(const Fixture *f, const char *folder, const char *started, const char *verdict)
{
	g_autofree char *dir = g_build_filename(f->hunt, "boots", folder, NULL);
	g_autofree char *start = g_strdup_printf(
		"{\"boot\":0,\"seed\":\"0x00000000000000bb\",\"scenario\":\"quick\",\"started\":"
		"\"2026-11-20T10:00:%s\",\"kernel\":\"6.12\"}",
		started);

	g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
	fixture_write(dir, "boot.json", start);
	if (verdict)
		fixture_write(dir, "verdict.json", verdict);
}

static void load(Fixture *f)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(hunt_resume_load(f->hunt, &f->sum, f->queue, &f->spent_us, &error));
	g_assert_no_error(error);
}

#define RAN(verdict, run_s, hello_s)                                                               \
	"{\"verdict\":\"" verdict "\",\"reason\":\"r\",\"phase\":\"hunt\",\"run_s\":" run_s        \
	",\"hello_s\":" hello_s ",\"seed\":\"0x1\"}"

/* What ran at once counts once, gaps do not count, a boot without a hello or a time does not. */
static void test_time(Fixture *f, gconstpointer data)
{
	boot(f, "0000", "30Z", RAN("clean", "4", "1"));	      /* 30 to 35 */
	boot(f, "0001", "10Z", RAN("clean", "8", "2"));	      /* 10 to 20 */
	boot(f, "0002", "15.500Z", RAN("clean", "6.5", "1")); /* to 23 */
	boot(f, "0003", "16Z", RAN("clean", "2", "1"));	      /* within */
	boot(f, "0004", "40Z", RAN("unexposed", "0", "-1"));
	boot(f, "0005", "50Z", RAN("hang", "2", "-1")); /* 50 to 52 */
	boot(f, "0006", "nonsense", RAN("clean", "100", "1"));
	f->spent_us = 1000000;
	load(f);
	g_assert_cmpint(f->spent_us, ==, (1 + 13 + 5 + 2) * 1000000);
	g_assert_cmpuint(f->sum.boots, ==, 7);
	g_assert_cmpfloat_with_epsilon(f->sum.run_s, 122.5, 1e-6);
}

#define FULL                                                                                       \
	"{\"verdict\":\"incident\",\"reason\":\"why \\u001b[31m\",\"phase\":\"hunt\",\"boot\":3,"  \
	"\"seed\":\"0x00000000000000bb\",\"run_s\":30,\"hello_s\":4.5,\"offlines\":100,"           \
	"\"hits\":5,\"known\":2,\"ended_by_known\":\"it \\u001b\",\"first_hit\":{\"title\":\"t "   \
	"\\u001b\",\"family\":\"fake-offline\",\"signature\":\"s\",\"walker\":\"damon\","          \
	"\"block\":32,\"pfn\":77,\"offlines\":7,\"after_go_s\":1.5,\"after_hello_s\":2.5},"        \
	"\"exposure\":{\"layer\":\"bpf\",\"paused\":false,\"windows\":[{\"window\":\"dec\","       \
	"\"opened\":40,\"open_ns\":1,\"longest_ns\":1,\"overlap\":0,\"lost\":0}],\"visits\":[]},"  \
	"\"ops\":[{\"op\":\"ksm\",\"state\":\"skipped\",\"reason\":\"no KSM \\u001b\","            \
	"\"steps\":0},{\"op\":\"damon\",\"state\":\"ready\",\"steps\":9},"                         \
	"{\"op\":\"page\",\"state\":\"failed\",\"reason\":\"x\",\"steps\":0}],\"incidents\":["     \
	"{\"family\":\"fake-offline\",\"title\":\"a \\u001b\",\"signature\":\"s\",\"hits\":3,"     \
	"\"evidence\":true},{\"family\":\"fake-offline\",\"title\":\"b\",\"signature\":\"u\","     \
	"\"hits\":1,\"evidence\":true},{\"family\":\"other\",\"title\":\"k\",\"signature\":\"k\"," \
	"\"hits\":1,\"evidence\":true,\"known\":\"n\"},{\"family\":\"emulator\",\"title\":\"e\","  \
	"\"signature\":\"e\",\"hits\":1,\"evidence\":false},{\"family\":\"cancel\","               \
	"\"title\":\"c\",\"signature\":\"c\",\"hits\":1,\"evidence\":true}]}"

/* All of a boot is as it had been told, and what a terminal would obey is not in it. */
static void test_restored(Fixture *f, gconstpointer data)
{
	const BootResult *r;

	boot(f, "0003", "10Z", FULL);
	load(f);
	g_assert_cmpuint(f->sum.boots, ==, 1);
	g_assert_cmpuint(f->sum.hits, ==, 5);
	g_assert_cmpuint(f->sum.offlines, ==, 100);
	g_assert_cmpuint(f->sum.verdicts[VERDICT_INCIDENT], ==, 1);
	r = g_ptr_array_index(f->sum.results, 0);
	g_assert_cmpint(r->verdict, ==, VERDICT_INCIDENT);
	g_assert_cmpstr(r->phase, ==, "hunt");
	g_assert_cmpstr(r->reason, ==, "why ?[31m");
	g_assert_cmpstr(r->ended_by_known, ==, "it ?");
	g_assert_true(g_str_has_suffix(r->dir, "boots/0003"));
	g_assert_cmpuint(r->index, ==, 3);
	g_assert_cmpuint(r->seed, ==, 0xbb);
	g_assert_cmpuint(r->hits, ==, 5);
	g_assert_cmpuint(r->offlines, ==, 100);
	g_assert_cmpfloat(r->run_s, ==, 30);
	g_assert_cmpfloat(r->hello_s, ==, 4.5);
	g_assert_cmpuint(r->known_count, ==, 2);
	g_assert_cmpuint(exposure_opened(r->exposure, "dec"), ==, 40);
	/* Known ones and artefacts are no finds; two of one family are one family. */
	g_assert_cmpuint(r->incident_count, ==, 3);
	g_assert_cmpuint(r->incident_titles->len, ==, 3);
	g_assert_cmpstr(g_ptr_array_index(r->incident_titles, 0), ==, "a ?");
	g_assert_cmpstr(g_ptr_array_index(r->incident_titles, 2), ==, "c");
	g_assert_cmpuint(r->families->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(r->families, 0), ==, "fake-offline");
	g_assert_cmpstr(g_ptr_array_index(r->families, 1), ==, "cancel");
	g_assert_cmpuint(r->skipped->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(r->skipped, 0), ==, "ksm: no KSM ?");
	g_assert_true(r->hit.any);
	g_assert_cmpstr(r->hit.title, ==, "t ?");
	g_assert_cmpstr(r->hit.family, ==, "fake-offline");
	g_assert_cmpstr(r->hit.signature, ==, "s");
	g_assert_cmpstr(r->hit.walker, ==, "damon");
	g_assert_cmpint(r->hit.block, ==, 32);
	g_assert_cmpint(r->hit.pfn, ==, 77);
	g_assert_cmpint(r->hit.offlines, ==, 7);
	g_assert_cmpfloat(r->hit.after_go_s, ==, 1.5);
	g_assert_cmpfloat(r->hit.after_hello_s, ==, 2.5);
}

/* Numbers of others' records that were never counted are none, and the phase is kept. */
static void test_odd_numbers(Fixture *f, gconstpointer data)
{
	const BootResult *r;

	boot(f, "0000", "10Z",
	     "{\"verdict\":\"lost\",\"reason\":\"r\",\"phase\":\"boot\",\"run_s\":1,"
	     "\"hello_s\":1,\"hits\":-5,\"offlines\":-7,\"known\":-1}");
	load(f);
	r = g_ptr_array_index(f->sum.results, 0);
	g_assert_cmpuint(r->hits, ==, 0);
	g_assert_cmpuint(r->offlines, ==, 0);
	g_assert_cmpuint(r->known_count, ==, 0);
	g_assert_cmpstr(r->phase, ==, "boot");
	g_assert_cmpuint(f->sum.hits, ==, 0);
	g_assert_cmpuint(f->sum.offlines, ==, 0);
	g_assert_false(r->hit.any);
	g_assert_cmpuint(r->skipped->len, ==, 0);
}

#define CUT(verdict)                                                                               \
	"{\"verdict\":\"" verdict "\",\"reason\":\"r\",\"phase\":\"hunt\",\"run_s\":1,"            \
	"\"hello_s\":1,\"interrupted\":true}"

/* Ctrl-C cut these off: a find stands, the rest is run again, lowest first, and then new ones. */
static void test_interrupted(Fixture *f, gconstpointer data)
{
	static const struct {
		guint index, tries, artefacts;
	} order[] = {{1, 1, 0}, {3, 2, 2}, {4, 3, 1}, {5, 0, 0}};
	HuntTry next;

	boot(f, "0000", "10Z", CUT("incident"));
	boot(f, "0001", "10Z", CUT("unexposed"));
	boot(f, "0002", "10Z", CUT("hang"));
	boot(f, "0003", "10Z", RAN("emulator", "1", "1"));
	boot(f, "0003-tcg1", "11Z", RAN("emulator", "1", "1"));
	boot(f, "0004", "10Z", NULL);
	boot(f, "0004-again1", "11Z", RAN("emulator", "1", "1"));
	boot(f, "0004-again2", "12Z", NULL);
	load(f);
	g_assert_cmpuint(f->sum.boots, ==, 2);
	g_assert_cmpuint(f->sum.verdicts[VERDICT_UNEXPOSED], ==, 0);
	g_assert_cmpuint(f->sum.verdicts[VERDICT_HANG], ==, 1);
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		g_assert_true(hunt_queue_next(f->queue, &next));
		g_assert_cmpuint(next.index, ==, order[i].index);
		g_assert_cmpuint(next.tries, ==, order[i].tries);
		g_assert_cmpuint(next.artefacts, ==, order[i].artefacts);
	}
	/* Only to look at it: no queue. */
	hunt_summary_clear(&f->sum);
	f->sum = (HuntSummary){
		.results = g_ptr_array_new_with_free_func((GDestroyNotify)boot_result_free)};
	g_assert_true(hunt_resume_load(f->hunt, &f->sum, NULL, &f->spent_us, NULL));
	g_assert_cmpuint(f->sum.boots, ==, 2);
}

static void test_no_hunt(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(hunt_resume_load("/nonexistent", &f->sum, f->queue, &f->spent_us, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_assert_cmpint(f->spent_us, ==, 0);
}

/* The name becomes a folder's, and anybody may have written it. */
static void test_names(Fixture *f, gconstpointer data)
{
	static const char *const bad[] = {"", ".x", "a/b", "a\\b", "\xff"};
	g_autoptr(RHunt) h = results_hunt_load(f->hunt, TRUE, NULL);
	g_autofree char *most = g_strnfill(199, 'x'), *over = g_strnfill(200, 'x');
	char *own = h->scenario;

	fixture_write(f->hunt, "scenario.ini",
		      "[scenario]\nsummary = s\n[memory vm0]\nsize = 512M\nrequested-size = 4M\n"
		      "[op null-walker]\n");
	for (guint i = 0; i <= G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		h->scenario = (char *)(i < G_N_ELEMENTS(bad) ? bad[i] : over);
		g_assert_null(hunt_resume_scenario(h, &error));
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, "no name of a scenario"));
	}
	h->scenario = most;
	{
		g_autoptr(Scenario) s = hunt_resume_scenario(h, NULL);

		g_assert_cmpstr(s->name, ==, most);
	}
	h->scenario = own;
}

/* Folders of the first version have the scenario in their boots alone. */
static void test_old_scenario(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->hunt, "scenario.ini", NULL);
	g_autofree char *dir = g_build_filename(f->hunt, "boots", "0000", NULL);
	g_autoptr(RHunt) none = NULL, h = NULL;
	g_autoptr(Scenario) s = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_unlink(path), ==, 0);
	none = results_hunt_load(f->hunt, TRUE, NULL);
	g_assert_null(hunt_resume_scenario(none, &error));
	g_assert_nonnull(error);
	g_clear_error(&error);
	boot(f, "0000", "10Z", NULL);
	fixture_write(dir, "scenario.ini",
		      "[scenario]\nsummary = of the boot\n[memory vm0]\nsize = 512M\n"
		      "requested-size = 4M\n[op null-walker]\n");
	h = results_hunt_load(f->hunt, TRUE, NULL);
	s = hunt_resume_scenario(h, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(s->summary, ==, "of the boot");
	g_assert_cmpstr(s->name, ==, "quick");
}

/* A record names a release or a path, and never what would have a kernel fetched. */
static void test_kernel(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *kernel, *kernel_spec, *spec, *words;
	} rows[] = {
		{"debian:sid", "debian:sid", NULL, "has no kernel release"},
		{"", "", NULL, "has no kernel release"},
		{"6.1.0", "/nonexistent/bzImage", NULL, "is not at hand"},
		{"6.1.0", "x", "/nonexistent/bzImage", "is not at hand"},
	};
	g_autoptr(RHunt) h = results_hunt_load(f->hunt, TRUE, NULL);
	char *kernel = h->kernel, *spec = h->kernel_spec;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		h->kernel = (char *)rows[i].kernel;
		h->kernel_spec = (char *)rows[i].kernel_spec;
		g_assert_null(hunt_resume_kernel(h, rows[i].spec, NULL, &error));
		g_assert_nonnull(error);
		if (!strstr(error->message, rows[i].words))
			g_error("'%s' lacks '%s'", error->message, rows[i].words);
	}
	h->kernel = kernel;
	h->kernel_spec = spec;
}

/* Boot by boot: the shares of a hunt are apart, and together they are all of it. */
static void test_queue(Fixture *f, gconstpointer data)
{
	g_autoptr(HuntQueue) second = hunt_queue_new(8, 2, 3), all = hunt_queue_new(3, 1, 1);
	static const guint indices[] = {1, 4, 7};
	HuntTry next = {.index = 5, .tries = 2};
	g_autofree char *dir = g_build_filename(f->root, "boots", NULL);
	g_autofree char *taken = g_build_filename(dir, "0007", NULL);
	g_autofree char *plain = NULL, *second_name = NULL, *again = NULL;

	for (guint i = 0; i < 6; i++)
		g_assert_cmpuint(hunt_queue_share(i, 3), ==, i % 3 + 1);
	g_assert_cmpuint(hunt_queue_share(5, 0), ==, 1);
	for (guint i = 0; i < G_N_ELEMENTS(indices); i++) {
		g_assert_true(hunt_queue_next(second, &next));
		g_assert_cmpuint(next.index, ==, indices[i]);
		g_assert_cmpuint(next.tries, ==, 0);
	}
	g_assert_false(hunt_queue_next(second, &next));
	/* What is put back comes first, and what lies behind the end never. */
	g_assert_true(hunt_queue_next(all, &next));
	g_assert_true(hunt_queue_next(all, &next));
	g_assert_cmpuint(next.index, ==, 1);
	hunt_queue_put(all, &(HuntTry){.index = 1, .tries = 1});
	hunt_queue_put(all, &(HuntTry){.index = 3, .tries = 1});
	hunt_queue_put(all, &(HuntTry){.index = 0, .tries = 4});
	g_assert_true(hunt_queue_next(all, &next));
	g_assert_cmpuint(next.index, ==, 0);
	g_assert_cmpuint(next.tries, ==, 4);
	g_assert_true(hunt_queue_next(all, &next));
	g_assert_cmpuint(next.index, ==, 1);
	g_assert_true(hunt_queue_next(all, &next));
	g_assert_cmpuint(next.index, ==, 2);
	g_assert_false(hunt_queue_next(all, &next));

	g_assert_cmpint(g_mkdir_with_parents(taken, 0755), ==, 0);
	plain = hunt_queue_folder(dir, &(HuntTry){.index = 8});
	g_assert_cmpstr(plain, ==, "0008");
	again = hunt_queue_folder(dir, &(HuntTry){.index = 7});
	g_assert_cmpstr(again, ==, "0007-again1");
	second_name = hunt_queue_folder(dir, &(HuntTry){.index = 7, .tries = 2, .why = "tcg"});
	g_assert_cmpstr(second_name, ==, "0007-tcg2");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(Fixture *, gconstpointer);
	} tests[] = {
		{"/resume/time", test_time},
		{"/resume/restored", test_restored},
		{"/resume/odd-numbers", test_odd_numbers},
		{"/resume/interrupted", test_interrupted},
		{"/resume/no-hunt", test_no_hunt},
		{"/resume/names", test_names},
		{"/resume/old-scenario", test_old_scenario},
		{"/resume/kernel", test_kernel},
		{"/resume/queue", test_queue},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
