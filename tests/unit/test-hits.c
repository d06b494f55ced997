/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What counts as a find, and what does not: known issues, what was before the hunt, guests that hung
 * before it, families that nobody looked at. And folders of the first version, as it wrote them.
 */
#include "harness/report/cases.h"
#include "harness/report/export.h"
#include "harness/report/formats.h"
#include "harness/report/show.h"
#include "host-driver/base/json.h"
#include "host-driver/base/tree.h"
#include "results-fixture.h"

#include <string.h>

#define SCENARIO(goal)                                                                             \
	"[scenario]\nsummary = s\n[memory vm0]\nrequested-size = 4M\n[op block-state]\n"           \
	"[op damon]\n[policy]\nprobe = off\n" goal

static void has(const char *text, const char *words)
{
	if (!strstr(text, words))
		g_error("'%s' lacks '%s'", text, words);
}

/* A hunt of one boot that ended with @verdict (JSON, the rest of verdict.json). (transfer full) */
static RHunt *make(const char *root, const char *scenario, const char *word, const char *rest)
{
	g_autofree char *dir = fixture_hunt(root, &(FixtureHunt){"h", "2026-11-20T10:00:00Z",
								 "quick", "6.1", word});
	g_autofree char *boot = g_build_filename(dir, "boots", "0000", NULL);
	g_autofree char *verdict = g_strdup_printf(
		"{\"verdict\":\"%s\",\"reason\":\"r\",\"run_s\":3,\"hello_s\":1,%s}", word, rest);

	fixture_boot(dir, &(FixtureBoot){.folder = "0000", .verdict = word, .run_s = 3});
	fixture_write(dir, "scenario.ini", scenario);
	fixture_write(boot, "counters.jsonl", "");
	fixture_write(boot, "verdict.json", verdict);
	return results_hunt_load(dir, TRUE, NULL);
}

static char *ktap_of(RHunt *hunt)
{
	g_autoptr(GPtrArray) hunts = g_ptr_array_new();

	g_ptr_array_add(hunts, hunt);
	return report_ktap(hunts);
}

#define OPS(state)                                                                                 \
	"\"ops\":[{\"op\":\"block-state\",\"state\":\"ready\",\"steps\":50,\"offlines\":40},"      \
	"{\"op\":\"damon\",\"state\":\"" state "\",\"steps\":9}]"
#define EXPOSED                                                                                    \
	"\"exposure\":{\"layer\":\"bpf\",\"windows\":[{\"window\":\"dec\",\"opened\":4},"          \
	"{\"window\":\"cancel\",\"opened\":2}],\"visits\":[{\"walker\":\"damon\",\"func\":\"f\","  \
	"\"window\":\"dec\",\"visits\":9,\"inside\":3}]}"

/* A hang before the first hotplug event is no find of the hunt, and in no rate. */
static void test_before_hunt(void)
{
	g_autofree char *root = fixture_tmp();
	g_autoptr(RHunt) h = make(root, SCENARIO(""), "hang", "\"phase\":\"boot\"");
	g_autofree char *ktap = ktap_of(h), *shown = results_show_hunt(h);
	RTotals t = results_totals(h);

	g_assert_cmpuint(t.boots, ==, 1);
	g_assert_cmpuint(t.fired, ==, 0);
	g_assert_cmpuint(t.exposed, ==, 0);
	has(ktap, "quick:6.1:machine # error: boot 0000: hang: r");
	has(shown, "nothing can be said: of 1 boot none was exposed");
	tree_remove(root);
}

static void test_hang(void)
{
	g_autofree char *root = fixture_tmp();
	g_autoptr(RHunt) h = make(root, SCENARIO(""), "hang", "\"phase\":\"hunt\"");
	g_autofree char *ktap = ktap_of(h);
	g_autoptr(GArray) times = results_times(h);

	g_assert_cmpuint(results_totals(h).fired, ==, 1);
	g_assert_true(g_array_index(times, StatsTime, 0).hit);
	has(ktap, "quick:6.1:machine # fired: boot 0000: hang: r");
	tree_remove(root);
}

/* The guest died of a known issue: not a find, and no whole trial of the other families. */
static void test_known(void)
{
	static const char rest[] =
		"\"offlines\":12,\"offlines_ok\":3,\"offlines_refused\":70,\"known\":1,"
		"\"ended_by_known\":\"shmem \\u001b[31msplice\"," OPS(
			"ready") "," EXPOSED ","
				 "\"incidents\":[{\"family\":\"fake-offline\",\"title\":\"WARNING "
				 "in f\","
				 "\"signature\":\"s\",\"hits\":2,\"evidence\":true,\"known\":"
				 "\"shmem splice\"}]";
	g_autofree char *root = fixture_tmp();
	g_autoptr(RHunt) h = make(root, SCENARIO(""), "known", rest);
	g_autofree char *ktap = ktap_of(h), *shown = results_show_hunt(h);
	g_autofree char *json =
		rj_print(rexport_boot(h, g_ptr_array_index(h->boots, 0), FALSE), FALSE);
	g_autoptr(GPtrArray) hunts = g_ptr_array_new();
	g_autofree char *html = NULL, *prom = NULL;

	g_ptr_array_add(hunts, h);
	html = report_html(hunts);
	prom = report_prometheus(hunts);
	g_assert_cmpuint(results_totals(h).fired, ==, 0);
	g_assert_cmpuint(results_totals(h).exposed, ==, 1);
	has(ktap, "fake-offline # SKIP known: shmem splice");
	has(ktap, "cancel # SKIP ended by known issue shmem ?[31msplice after 12 offlines (3 "
		  "succeeded)");
	has(ktap, "ok 8 quick:6.1:machine # SKIP known: shmem ?[31msplice ended 1 of 1 boots\n");
	has(shown, "12 offlines (3 succeeded) in");
	has(shown, "known             2 splats, no hit: WARNING in f (shmem splice)");
	has(json, "\"ended_by_known\":");
	has(json, "\"offlines\":12,\"offlines_ok\":3,\"offlines_refused\":70");
	has(html, "nothing that is not known");
	has(html, "hero good");
	has(prom, "pfnhunt_offlines_succeeded{hunt=\"h\",scenario=\"quick\",kernel=\"6.1\"} 3");
	tree_remove(root);
}

/* With --strict what is known is a find: verdict.json then counts none as known. */
static void test_strict(void)
{
	static const char rest[] = "\"known\":0,\"hits\":2," OPS(
		"ready") ",\"incidents\":[{\"family\":\"cancel\","
			 "\"title\":\"WARNING in "
			 "f\",\"signature\":\"s\",\"hits\":2,\"evidence\":true,"
			 "\"known\":\"shmem splice\"}]";
	g_autofree char *root = fixture_tmp();
	g_autoptr(RHunt) h = make(root, SCENARIO(""), "incident", rest);
	g_autofree char *ktap = ktap_of(h);

	has(ktap, "not ok 3 quick:6.1:cancel # fired: WARNING in f in 1 of 1 boots");
	tree_remove(root);
}

/* What the kernel said before, and what went wrong: told once each, and no find. */
static void test_remarks(void)
{
	static const char rest[] =
		"\"baseline\":[{\"family\":\"other\",\"title\":\"WARNING in "
		"early\",\"signature\":\"e\","
		"\"hits\":1,\"evidence\":true}],\"impairments\":[{\"name\":\"resize-failed\","
		"\"source\":\"host\",\"count\":14,\"effect\":\"unexposed\",\"text\":\"refused\"}],"
		"\"censored\":\"interrupted\"," OPS("ready");
	g_autofree char *root = fixture_tmp();
	g_autoptr(RHunt) h = make(root, SCENARIO(""), "clean", rest);
	g_autofree char *shown = results_show_hunt(h);
	g_autofree char *boot = results_show_boot(h, g_ptr_array_index(h->boots, 0));
	g_autofree char *json =
		rj_print(rexport_boot(h, g_ptr_array_index(h->boots, 0), FALSE), FALSE);

	g_assert_cmpuint(results_totals(h).fired, ==, 0);
	has(shown, "baseline          WARNING in early, before the hunt began: no find of it");
	has(shown, "impaired          resize-failed: refused, 14 times (unexposed)");
	has(boot, "cut short         interrupted, after it had reached its goal");
	has(json, "\"baseline\":[{\"family\":\"other\"");
	has(json, "\"impairments\":[{\"name\":\"resize-failed\"");
	tree_remove(root);
}

/* A family is passed where its windows opened and a walker was in one of them, and nowhere else. */
static void test_families(void)
{
	static const struct {
		const char *scenario, *word, *rest, *fake_offline, *cancel;
	} cases[] = {
		{SCENARIO(""), "clean", OPS("ready") "," EXPOSED, "fake-offline\n",
		 "cancel # SKIP not exposed: no walker was inside a window of it\n"},
		{SCENARIO(""), "clean", OPS("ready"),
		 "fake-offline # SKIP not exposed: nobody saw its windows (probes: not told by the "
		 "agent)\n",
		 "cancel # SKIP not exposed: nobody saw its windows"},
		/* Without probes the goal of offlines stands for them, on partly plugged blocks. */
		{SCENARIO("[goal]\nofflines = 40\n"), "clean", OPS("ready"),
		 "fake-offline # by offlines, not by visits\n", "cancel # SKIP not exposed"},
		{SCENARIO("[goal]\nofflines = 41\n"), "clean", OPS("ready"),
		 "fake-offline # SKIP not exposed", "cancel # SKIP"},
		/* Visits of windows that never opened are no evidence. */
		{SCENARIO(""), "clean",
		 OPS("ready") ",\"exposure\":{\"layer\":\"bpf\",\"windows\":[],\"visits\":[{"
			      "\"walker\":\"damon\",\"func\":\"f\",\"window\":\"dec\","
			      "\"visits\":9,\"inside\":3}]}",
		 "fake-offline # SKIP not exposed: no window of it opened\n",
		 "cancel # SKIP not exposed: no window of it opened\n"},
		/* One op stood still: what the others were in keeps its worth. */
		{SCENARIO(""), "unexposed", "\"reason\":\"ksm stood still at 7 steps\"," EXPOSED,
		 "fake-offline\n", "cancel # SKIP no boot ran long enough"},
		{SCENARIO(""), "unexposed", "\"reason\":\"goal missed: x\"," EXPOSED,
		 "fake-offline # SKIP no boot ran long enough", "cancel # SKIP no boot"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *root = fixture_tmp();
		g_autoptr(RHunt) h = make(root, cases[i].scenario, cases[i].word, cases[i].rest);
		g_autofree char *ktap = ktap_of(h);

		has(ktap, cases[i].fake_offline);
		has(ktap, cases[i].cancel);
		has(ktap, "memmap-removal # SKIP");
		has(ktap, "plug # SKIP");
		tree_remove(root);
	}
}

/* Folders that the version before these keys wrote read as they did then. */
static void test_old(void)
{
	g_autoptr(GPtrArray) dirs = results_hunt_dirs(g_getenv("OLD_RESULTS"), NULL);
	g_autoptr(RHunt) quick = results_hunt_load(g_ptr_array_index(dirs, 0), TRUE, NULL);
	g_autoptr(RHunt) null = results_hunt_load(g_ptr_array_index(dirs, 1), TRUE, NULL);
	g_autofree char *shown = results_show_hunt(quick), *clean = results_show_hunt(null);
	g_autofree char *ktap = ktap_of(quick);
	RTotals t = results_totals(quick);

	g_assert_cmpuint(t.fired, ==, 1);
	g_assert_cmpint(t.offlines, ==, 10);
	g_assert_cmpint(t.offlines_ok, ==, -1);
	has(shown, "10 offlines in 6.19 s of hammering, 1 hit\n");
	has(shown, "1 of 1 boots fired");
	has(ktap, "not ok 1 quick:6.1.0-56-amd64:fake-offline # fired");
	has(ktap, "ok 2 quick:6.1.0-56-amd64:plug # SKIP");
	g_assert_cmpuint(results_totals(null).fired, ==, 0);
	g_assert_cmpuint(results_totals(null).exposed, ==, 1);
	has(clean, "0 hits in 1 boot");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hits/before-hunt", test_before_hunt);
	g_test_add_func("/hits/hang", test_hang);
	g_test_add_func("/hits/known", test_known);
	g_test_add_func("/hits/strict", test_strict);
	g_test_add_func("/hits/remarks", test_remarks);
	g_test_add_func("/hits/families", test_families);
	g_test_add_func("/hits/old", test_old);
	return g_test_run();
}
