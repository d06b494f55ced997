/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A night's plan: what is read, where the time goes, and what the page says. */
#include "harness/campaign/nightly.h"
#include "harness/scenario/scenario.h"
#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"
#include "host-driver/fake/fake.h"
#include "hunt-fixture.h"
#include "results-fixture.h"

#include <string.h>

typedef struct {
	char *root;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->root = fixture_tmp();
}

static void tear_down(Fixture *f, gconstpointer data)
{
	tree_remove(f->root);
	g_free(f->root);
}

static Nightly *load(const Fixture *f, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(f->root, "n.ini", NULL);

	fixture_write(f->root, "n.ini", text);
	return nightly_load(path, error);
}

static void has(const char *text, const char *words)
{
	if (!strstr(text, words))
		g_error("'%s' lacks '%s'", text, words);
}

static void test_load(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"[nightly]\nscenarios=a\nkernels=b\n", "n.ini: [nightly] budget: "},
		{"[nightly]\nbudget=soon\nscenarios=a\nkernels=b\n", "budget: a time such as"},
		{"[nightly]\nbudget=1h\nkernels=b\n", "scenarios: missing"},
		{"[nightly]\nbudget=1h\nscenarios=a\n", "kernels: missing"},
		{"[nightly]\nbudget=1h\nscenarios=a;;b\nkernels=b\n", "an empty name"},
		{"[nightly]\nbudget=1h\nscenarios=a\nkernels=b\nboots=0\n", "boots: the most"},
		{"[nightly]\nbudget=1h\nscenario=a\nkernels=b\n", "scenario: no such key"},
		{"[nightly]\nbudget=1h\nscenarios=a\nkernels=b\nsince=1 May\n", "since: a date"},
		{"[night]\nbudget=1h\n", "[night]: no such group"},
		{"budget\n", "n.ini: "},
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(Nightly) n =
		load(f,
		     "[nightly]\nbudget = 90m\nscenarios = a; b\nkernels = 6.1;6.12\n"
		     "backend = libvirt:qemu:///session\n",
		     &error);
	const NightlyCell *last;

	g_assert_no_error(error);
	g_assert_cmpuint(n->budget_ms, ==, 5400000);
	g_assert_cmpuint(n->cells->len, ==, 4);
	g_assert_cmpstr(n->backend, ==, "libvirt:qemu:///session");
	last = g_ptr_array_index(n->cells, 3);
	g_assert_cmpstr(last->scenario, ==, "b");
	g_assert_cmpstr(last->kernel, ==, "6.12");
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) why = NULL;

		g_assert_null(load(f, bad[i].text, &why));
		g_assert_error(why, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		has(why->message, bad[i].words);
	}
}

/* The shipped one, and that all it names is there. */
static void test_shipped(Fixture *f, gconstpointer data)
{
	const char *configs = g_getenv("PFNHUNT_CONFIGS");
	g_autofree char *path = g_build_filename(configs, "nightly.ini", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Nightly) n = nightly_load(path, &error);

	g_assert_no_error(error);
	for (guint i = 0; i < n->cells->len; i++) {
		const NightlyCell *cell = g_ptr_array_index(n->cells, i);
		g_autofree char *scenario = scenario_find(cell->scenario, configs, &error);

		g_assert_no_error(error);
		g_assert_nonnull(scenario);
	}
	g_assert_false(scenario_is_name("nightly.ini"));
	g_assert_true(scenario_is_name("quick.ini"));
}

static NightlyCell *cell(const Nightly *n, guint i)
{
	return g_ptr_array_index(n->cells, i);
}

static void test_next(Fixture *f, gconstpointer data)
{
	g_autoptr(Nightly) n =
		load(f, "[nightly]\nbudget=1h\nscenarios=a;b;c\nkernels=k\nboots=30\n", NULL);

	for (guint i = 0; i < 3; i++) { /* each once */
		g_assert_true(nightly_next(n, 1000) == cell(n, i));
		*cell(n, i) = (NightlyCell){cell(n, i)->scenario, cell(n, i)->kernel, .boots = 1,
					    .tried = 1, .spent_s = 10};
	}
	/* Of equal costs the one that is known least: 1 boot against 20. */
	cell(n, 0)->boots = cell(n, 0)->tried = 20;
	cell(n, 0)->spent_s = 200;
	cell(n, 1)->boots = cell(n, 1)->tried = 20;
	cell(n, 1)->spent_s = 200;
	g_assert_true(nightly_next(n, 1000) == cell(n, 2));
	/* Half of the boots fire: further from known than none of them. */
	cell(n, 1)->fired = 10;
	cell(n, 2)->fail = g_strdup("no such scenario");
	g_assert_true(nightly_next(n, 1000) == cell(n, 1));
	/* But not when a boot of it takes a hundred times as long. */
	cell(n, 1)->spent_s = 20000;
	g_assert_true(nightly_next(n, 1000) == cell(n, 0));
	/* Nor one that takes longer than what is left of the night. */
	cell(n, 0)->longest_s = 11;
	g_assert_true(nightly_next(n, 10.5) == cell(n, 1));
	/* All that a cell may have, and boots that never mean anything. */
	cell(n, 0)->tried = 30;
	cell(n, 1)->boots = cell(n, 1)->fired = 0;
	cell(n, 1)->tried = 5;
	g_assert_null(nightly_next(n, 1000));
}

static GPtrArray *nights_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)results_hunt_free);
}

/* A night of @boots boots, the first @fired of them with the fixture's warning. */
static RHunt *a_night(const Fixture *f, guint number, guint boots, guint fired)
{
	g_autofree char *id = g_strdup_printf("202611%02u-200000-quick-6.12", number);
	g_autofree char *started = g_strdup_printf("2026-11-%02uT20:00:00Z", number);
	g_autofree char *dir =
		fixture_hunt(f->root, &(FixtureHunt){.id = id,
						     .started = started,
						     .scenario = "quick",
						     .kernel = FIXTURE_KERNEL,
						     .verdict = fired ? "incident" : "clean"});
	RHunt *night;

	for (guint i = 0; i < boots; i++) {
		g_autofree char *folder = g_strdup_printf("%04u", i);

		fixture_boot(dir, &(FixtureBoot){.folder = folder,
						 .verdict = i < fired ? "incident" : "clean",
						 .title = i < fired ? FIXTURE_WARN : NULL,
						 .signature = i < fired ? FIXTURE_SIG : NULL,
						 .hit_s = i < fired ? 3 : 0,
						 .run_s = 20});
	}
	night = results_hunt_load(dir, TRUE, NULL);
	g_assert_nonnull(night);
	return night;
}

/*
 * A rate of a half that falls to a quarter: ten boots a night never show it against the night
 * before, nor one night against all of them, but the last nights together do.
 */
static void test_many_nights(Fixture *f, gconstpointer data)
{
	g_autoptr(Nightly) n =
		load(f, "[nightly]\nbudget=1h\nscenarios=quick\nkernels=6.12\n", NULL);
	GPtrArray *before[1] = {nights_new()};
	RHunt *now[1] = {NULL};
	g_autofree char *same = NULL, *moved = NULL;
	NightlyCounts counts;

	for (guint i = 1; i <= 10; i++)
		g_ptr_array_add(before[0], a_night(f, i, 10, 5));
	now[0] = a_night(f, 11, 10, 3);
	cell(n, 0)->tried = cell(n, 0)->boots = 10;
	cell(n, 0)->fired = 3;
	same = nightly_page(n, before, now, NULL, &counts);
	has(same, "fake-offline, 3 of 10 boots (before: 50 of 100)");
	has(same, "\n2 rates were compared with those of earlier nights; each is called moved by "
		  "chance in\nfewer than 1 of 100: at most 0.02 false alarms are expected");
	g_assert_null(strstr(same, "MOVED"));
	g_assert_cmpuint(counts.compared, ==, 2);
	for (guint i = 12; i <= 17; i++) {
		g_ptr_array_add(before[0], now[0]);
		now[0] = a_night(f, i, 10, 2 + i % 2);
	}
	moved = nightly_page(n, before, now, NULL, &counts);
	has(moved, "MOVED OVER SEVERAL NIGHTS\n  quick on 6.12: " FIXTURE_WARN
		   "\n    fake-offline, less often: 18 of 70 boots in the last 7 nights (before: "
		   "50 of 100), p = 0.00");
	results_hunt_free(now[0]);
	g_ptr_array_unref(before[0]);
}

static void test_page(Fixture *f, gconstpointer data)
{
	g_autoptr(Nightly) n =
		load(f, "[nightly]\nbudget=1h\nscenarios=quick;other;third\nkernels=6.12\n", NULL);
	g_autofree char *old = g_build_filename(f->root, "20261120-100000-quick-6.12", NULL);
	g_autofree char *new = g_build_filename(f->root, "20261121-100000-quick-7.3", NULL);
	g_autofree char *page = NULL, *same = NULL, *first = NULL;
	GPtrArray *before[3] = {0};
	RHunt *now[3] = {0};
	g_autoptr(GHashTable) seen = NULL;
	NightlyCounts counts;

	fixture_results(f->root);
	fixture_boot(new, &(FixtureBoot){.folder = "0003", .verdict = "unexposed", .run_s = 1});
	fixture_boot(new, &(FixtureBoot){.folder = "0004", .verdict = "lost", .run_s = 1});
	before[0] = nights_new();
	g_ptr_array_add(before[0], results_hunt_load(old, TRUE, NULL));
	now[0] = results_hunt_load(new, TRUE, NULL);
	cell(n, 0)->tried = cell(n, 0)->boots = 3;
	cell(n, 0)->fired = 2;
	cell(n, 1)->fail = g_strdup("no such \033[31mscenario");
	page = nightly_page(n, before, now, NULL, &counts);
	g_assert_cmpuint(counts.fresh, ==, 1);
	g_assert_cmpuint(counts.unacknowledged, ==, 1);
	g_assert_cmpuint(counts.broken, ==, 2);
	g_assert_cmpuint(counts.unexposed, ==, 1);
	g_assert_true(g_str_has_prefix(page, "NOT WORKING\n  quick on 6.12: 1 of 5 boots lost: "));
	has(page, "pfnhunt results show 20261121-100000-quick-7.3/0004\n");
	has(page, "other on 6.12: could not be run: no such ?[31mscenario\n    pfnhunt run other");
	has(page, "\n\nSomething new fired.\n\nNEW\n  quick on 6.12: WARNING in <");
	has(page, "NOT ACKNOWLEDGED\n  quick on 6.12: " FIXTURE_WARN);
	has(page, "fake-offline, 1 of 3 boots (before: 1 of 3), walker damon?");
	has(page, "    pfnhunt known add " FIXTURE_SIG " --note '...'\n");
	has(page, "third on 6.12: no time was left for it");
	has(page, "quick on 6.12: ksm was skipped: no <ksm> & co");
	has(page, "quick on 6.12: compaction never was in an open window (nearest miss 12 us)");
	has(page, "1,600 damon visits inside an open window");
	has(page, "quick on 6.12: 1 of 5 boots: why <b>not</b>");
	g_assert_null(strchr(page, '\033'));
	/* The same two nights in a row: nothing is new, but nobody has said that it is known. */
	g_ptr_array_set_size(before[0], 0);
	g_ptr_array_add(before[0], results_hunt_load(new, TRUE, NULL));
	same = nightly_page(n, before, now, NULL, &counts);
	g_assert_cmpuint(counts.fresh, ==, 0);
	g_assert_cmpuint(counts.unacknowledged, ==, 2);
	g_assert_cmpint(nightly_exit_code(&counts), ==, 1);
	has(same, "\n\nNothing new, but what fired before waits");
	/* The first night ever: all is new. */
	g_clear_pointer(&before[0], g_ptr_array_unref);
	first = nightly_page(n, before, now, NULL, &counts);
	g_assert_cmpuint(counts.fresh, ==, 2);
	/* Seen some night before, only not the last one. */
	seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(seen, (char *)FIXTURE_SIG);
	g_free(first);
	first = nightly_page(n, before, now, seen, &counts);
	g_assert_cmpuint(counts.fresh, ==, 1);
	g_assert_cmpuint(counts.unacknowledged, ==, 1);
	results_hunt_free(now[0]);
}

static void test_exit_code(Fixture *f, gconstpointer data)
{
	static const struct {
		NightlyCounts counts;
		int code;
	} cases[] = {
		{{0}, 0},
		{{.fresh = 1, .broken = 1}, 1},
		{{.unacknowledged = 1, .unexposed = 1}, 1},
		{{.broken = 1, .unexposed = 1}, 3},
		{{.unexposed = 1}, 4},
		{{.interrupted = TRUE}, 4},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(nightly_exit_code(&cases[i].counts), ==, cases[i].code);
}

/* Nights on the scripted machine. */
typedef struct {
	Scenario *scenario;
	char *agent, *page;
	double took_s;
} Night;

static gboolean open_cell(const NightlyCell *c, HuntConfig *config, gpointer user, GError **error)
{
	static const Kernel kernel = {.arch = &arch_x86,
				      .release = (char *)"6.1.0",
				      .spec = (char *)"debian",
				      .image_path = (char *)"bzImage"};

	config->scenario = ((Night *)user)->scenario;
	config->kernel = &kernel;
	if (!g_str_equal(c->kernel, "gone"))
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "no such kernel");
	return FALSE;
}

static void on_over(const BootResult *result, gboolean retried, gpointer user)
{
}

static void on_note(const char *text, gpointer user)
{
}

static const HuntListener listener = {.boot_over = on_over, .note = on_note};

static int night(const Fixture *f, const char *ini, const char *script, const char *policy)
{
	static const VmBackend fake = {.text = (char *)"fake", .ops = &vm_fake_ops};
	static const BootDeadlines deadlines = {.console_ms = 20000,
						.hello_ms = 20000,
						.plug_ms = 20000,
						.setup_ms = 20000,
						.quiet_ms = 20000,
						.unresponsive_ms = 200,
						.stop_ms = 600,
						.exit_ms = 200};
	g_autofree char *results = g_build_filename(f->root, "runs", NULL);
	g_autofree char *text = g_strconcat(HUNT_SCENARIO, policy, NULL);
	g_autoptr(Nightly) n = load(f, ini, NULL);
	g_autofree GPtrArray **before = g_new0(GPtrArray *, n->cells->len);
	g_autofree RHunt **now = g_new0(RHunt *, n->cells->len);
	Night night = {.agent = g_build_filename(f->root, "agent", NULL),
		       .scenario = scenario_parse("t.ini", text, NULL)};
	HuntConfig config = {.backend = &fake,
			     .accel = VM_ACCEL_TCG,
			     .results_dir = results,
			     .agent_path = night.agent,
			     .deadlines = &deadlines};
	gint64 start_us = g_get_monotonic_time();
	NightlyCounts counts;

	g_assert_nonnull(night.scenario);
	fixture_write(f->root, "agent", "x");
	vm_fake_set_script(script);
	nightly_run(n, &config, &listener, open_cell, &night);
	night.took_s = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
	/* Nothing overruns the budget but by its grace. */
	g_assert_cmpfloat(night.took_s, <, (n->budget_ms + NIGHTLY_GRACE_MS) / 1000.0);
	for (guint i = 0; i < n->cells->len; i++)
		if (cell(n, i)->dir)
			now[i] = results_hunt_load(cell(n, i)->dir, TRUE, NULL);
	night.page = nightly_page(n, before, now, NULL, &counts);
	g_test_message("%s", night.page);
	g_assert_cmpint(g_str_has_prefix(night.page, "NOT WORKING\n"), ==,
			counts.broken > 0 || strstr(night.page, "was exposed: ") != NULL);
	for (guint i = 0; i < n->cells->len; i++)
		results_hunt_free(now[i]);
	scenario_free(night.scenario);
	g_free(night.agent);
	g_free(night.page);
	vm_fake_set_script(NULL);
	return nightly_exit_code(&counts);
}

#define NIGHT(budget, kernels)                                                                     \
	"[nightly]\nbudget=" budget "\nscenarios=t\nboots=3\nkernels=" kernels "\n"

static void test_nights(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *script, *kernels, *policy;
		int code;
	} cases[] = {
		{HUNT_CLEAN, NIGHT("1m", "k"), HUNT_BRIEFLY, 0},
		/* A triple fault in every boot. */
		{"10 console Linux\\n\n20 event SHUTDOWN "
		 "{\"guest\":true,\"reason\":\"guest-reset\"}\n30 exit 0\n",
		 NIGHT("1m", "k"), "", 3},
		/* A QEMU that dies. */
		{"10 exit 1\n", NIGHT("1m", "k"), "", 3},
		{"refuse\n", NIGHT("1m", "k"), "", 3},
		/* A kernel that is not there, beside one that is sound. */
		{HUNT_CLEAN, NIGHT("1m", "k;gone"), HUNT_BRIEFLY, 3},
		/* Boots that mean nothing: they miss their goal. */
		{HUNT_CLEAN, NIGHT("1m", "k"), HUNT_BRIEFLY "[goal]\nofflines = 1000\n", 4},
		/* A guest that goes on for ever is ended with the night. */
		{HUNT_ENDLESS "400 agent log text=x\n", NIGHT("2s", "k"),
		 "[goal]\nofflines = 1000\n", 4},
		{"10 console Linux\\n\n", NIGHT("1s", "k"), "", 4},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("night %u", i);
		g_assert_cmpint(night(f, cases[i].kernels, cases[i].script, cases[i].policy), ==,
				cases[i].code);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/nightly/load", Fixture, NULL, set_up, test_load, tear_down);
	g_test_add("/nightly/shipped", Fixture, NULL, set_up, test_shipped, tear_down);
	g_test_add("/nightly/next", Fixture, NULL, set_up, test_next, tear_down);
	g_test_add("/nightly/page", Fixture, NULL, set_up, test_page, tear_down);
	g_test_add("/nightly/many-nights", Fixture, NULL, set_up, test_many_nights, tear_down);
	g_test_add("/nightly/exit-code", Fixture, NULL, set_up, test_exit_code, tear_down);
	g_test_add("/nightly/nights", Fixture, NULL, set_up, test_nights, tear_down);
	return g_test_run();
}
