/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exposure as a guest tells it, hostile ones too; what is made of it: goals, claims, the table. */
#include "harness/report/estimate.h"
#include "harness/verdict/stop-rule.h"
#include "harness/results/exposure-rows.h"
#include "harness/results/record.h"
#include "harness/boot/goal.h"
#include "host-driver/base/json.h"

#include <string.h>

static void tell(Exposure *e, const char *line)
{
	g_autofree char *copy = g_strdup(line);
	g_autoptr(JsonObject) recorded = NULL;
	struct wire_msg msg;

	g_assert_cmpint(wire_parse(copy, strlen(copy), 'g', &msg), ==, 0);
	recorded = record_line(guest_gate(&msg));
	exposure_line(e, recorded);
}

static Exposure *made_up(void)
{
	Exposure *e = exposure_new();

	tell(e, "probe t_ns=1 layer=bpf on=1 reason=");
	tell(e, "window t_ns=2 name=dec opened=4 open_ns=100 longest_ns=40 overlap=1 lost=0");
	tell(e, "window t_ns=2 name=offline opened=9 open_ns=900 longest_ns=300 overlap=0 lost=0");
	tell(e, "visit t_ns=2 walker=damon func=a window=offline visits=50 inside=20 offline=5 "
		"nearest_ns=70");
	tell(e, "visit t_ns=2 walker=damon func=a window=dec visits=50 inside=3 offline=3 "
		"nearest_ns=40");
	tell(e, "visit t_ns=2 walker=damon func=b window=dec visits=8 inside=2 offline=0");
	tell(e, "visit t_ns=2 walker=ksm func=c window=dec visits=6 inside=0 offline=0 "
		"nearest_ns=1234567");
	return e;
}

static void test_counts(void)
{
	g_autoptr(Exposure) e = made_up();
	g_autoptr(GPtrArray) walkers = exposure_walkers(e);

	g_assert_true(exposure_measured(e));
	g_assert_cmpuint(exposure_opened(e, "dec"), ==, 4);
	g_assert_cmpuint(exposure_opened(e, "plug"), ==, 0);
	g_assert_cmpuint(exposure_opened(e, NULL), ==, 9);
	/* A visit of a() may lie in both kinds: once; b() is another visit. */
	g_assert_cmpuint(exposure_inside(e, "damon", NULL), ==, 22);
	g_assert_cmpuint(exposure_inside(e, "damon", "dec"), ==, 5);
	g_assert_cmpuint(exposure_inside(e, NULL, NULL), ==, 22);
	g_assert_cmpint(exposure_nearest_ns(e, "damon", NULL), ==, 40);
	g_assert_cmpint(exposure_nearest_ns(e, "damon", "offline"), ==, 70);
	g_assert_cmpint(exposure_nearest_ns(e, "gup", NULL), ==, -1);
	g_assert_cmpuint(walkers->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(walkers, 0), ==, "damon");
	/* Totals only grow. */
	tell(e, "window t_ns=3 name=dec opened=2 open_ns=1");
	tell(e, "visit t_ns=3 walker=damon func=a window=dec visits=60 inside=1 nearest_ns=50");
	g_assert_cmpuint(exposure_opened(e, "dec"), ==, 4);
	g_assert_cmpuint(exposure_inside(e, "damon", "dec"), ==, 5);
	g_assert_cmpint(exposure_nearest_ns(e, "damon", "dec"), ==, 40);
}

static void test_layers(void)
{
	g_autoptr(Exposure) e = exposure_new(), sum = exposure_new();
	g_autofree char *none = exposure_layer_text(e), *text = NULL;

	g_assert_cmpstr(none, ==, "not told by the agent");
	g_assert_false(exposure_measured(e));
	tell(e, "probe t_ns=1 layer=off on=0 reason=asked%20for");
	g_assert_false(exposure_measured(e));
	g_assert_false(e->paused);
	tell(e, "probe t_ns=1 layer=kprobe on=1 reason=no%20%1b[31mBTF");
	g_assert_true(exposure_measured(e));
	tell(e, "visit t_ns=1 walker=damon func=a window=offline visits=60 inside=10");
	exposure_add(sum, e);
	exposure_add(sum, e);
	tell(e, "probe t_ns=2 layer=user on=0 reason=");
	g_assert_true(e->paused);
	exposure_add(sum, e);
	exposure_add(sum, NULL);
	text = exposure_layer_text(sum);
	g_assert_cmpstr(text, ==,
			"kprobe: no ?[31mBTF (probes were out for a time) (boots that "
			"another layer counted are left out)");
	/* What layers count is not the same, so it is never added up; the better one's stands. */
	g_assert_cmpuint(exposure_inside(sum, "damon", NULL), ==, 20);
	tell(e, "probe t_ns=3 layer=bpf on=1 reason=");
	exposure_add(sum, e);
	g_assert_cmpuint(exposure_inside(sum, "damon", NULL), ==, 10);
	g_assert_cmpstr(sum->layer, ==, "bpf");
}

/* A guest in pieces may say anything: no name and no number of it may do harm. */
static void test_hostile(void)
{
	g_autoptr(Exposure) e = exposure_new();

	tell(e, "probe t_ns=1 layer=%1b[31m on=1 reason=");
	tell(e, "window t_ns=2 name=<script> opened=4");
	tell(e, "window t_ns=2 opened=4");
	tell(e, "visit t_ns=2 walker=a|b func=f window=dec inside=1");
	tell(e, "visit t_ns=2 walker=a window=dec inside=1");
	g_assert_true(exposure_table.is_empty(e));
	tell(e, "window t_ns=2 name=dec opened=18446744073709551615 open_ns=-4 lost=x");
	g_assert_cmpuint(exposure_opened(e, "dec"), ==, 0);
	tell(e, "window t_ns=2 name=dec opened=9223372036854775807");
	g_assert_cmpuint(exposure_opened(e, "dec"), ==, 0);
	for (guint i = 0; i < 5000; i++) {
		g_autofree char *window = g_strdup_printf("window t_ns=2 name=w%u opened=1", i);
		g_autofree char *visit = g_strdup_printf(
			"visit t_ns=2 walker=w%u func=f window=dec visits=1 inside=1", i);

		tell(e, window);
		tell(e, visit);
	}
	g_assert_cmpuint(e->windows->len, <=, 16);
	g_assert_cmpuint(e->visits->len, <=, 1024);
}

static void test_json(void)
{
	g_autoptr(Exposure) e = made_up(), back = NULL, none = exposure_from_json(NULL);
	JsonObject *o = fields_write(&exposure_table, e), *again;
	g_autofree char *text = NULL, *same = NULL;

	back = exposure_from_json(o);
	again = fields_write(&exposure_table, back);
	text = rj_print(o, FALSE);
	same = rj_print(again, FALSE);
	g_assert_cmpstr(text, ==, same);
	g_assert_nonnull(strstr(text, "\"nearest_ns\":1234567"));
	g_assert_true(exposure_table.is_empty(none));
	/* Two boots. */
	exposure_add(back, e);
	g_assert_cmpuint(exposure_opened(back, "dec"), ==, 8);
	g_assert_cmpuint(exposure_inside(back, "damon", "dec"), ==, 10);
	g_assert_cmpint(exposure_nearest_ns(back, "damon", "dec"), ==, 40);
}

static void test_unmeasured_goal(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Scenario) s = scenario_parse(
		"t.ini",
		"[scenario]\nsummary=s\n[memory vm0]\nrequested-size=4M\n[op null-hammer]\n"
		"[op damon]\n[op damon#2]\n[goal]\nvisits.damon=1\n",
		&error);
	g_autoptr(Exposure) e = exposure_new();
	VerdictOp ops[] = {{.name = "null-hammer"}, {.name = "damon"}, {.name = "damon#2"}};
	gboolean drawn[] = {TRUE, FALSE, TRUE}, neither[] = {TRUE, FALSE, FALSE};
	g_autofree char *unmet = NULL;

	g_assert_no_error(error);
	unmet = goal_unmet(s, e, 0, 0, ops, drawn);
	g_assert_cmpstr(
		unmet, ==,
		"goal missed: visits.damon was not measured (probes: not told by the agent)");
	/* A boot that was not to run it is not asked for it. */
	g_assert_null(goal_unmet(s, e, 0, 0, ops, neither));
}

static void claims(const Estimate *c, const char *expected)
{
	g_autofree char *text = estimate_text(c);

	g_assert_cmpstr(text, ==, expected);
}

/* A boot of 30 s, or what there was of it, for an estimate. */
static void boot(Estimate *c, const char *verdict, gint64 offlines, gint64 hits, gint64 known,
		 double run_s, Exposure *e)
{
	RBoot b = {.ended = TRUE,
		   .verdict = verdict,
		   .phase = "hunt",
		   .offlines = offlines,
		   .hits = hits,
		   .known = known,
		   .run_s = run_s,
		   .hit_s = -1,
		   .cut_s = -1,
		   .exposure = e};

	estimate_add(c, &b);
}

static void test_estimate(void)
{
	g_autoptr(Estimate) none = estimate_new(0, 30), c = estimate_new(0, 30);
	g_autoptr(Estimate) fired = estimate_new(0, 30), proven = estimate_new(0.01, 30);
	g_autoptr(Estimate) known = estimate_new(0, 30);
	g_autoptr(Exposure) e = exposure_new();
	g_autofree char *rates = NULL, *no_rates = NULL, *fix = NULL;

	boot(none, "unexposed", 5, 0, 0, 30, e);
	boot(none, "infra", 5, 0, 0, 30, e);
	claims(none, "nothing can be said: of 2 boots none was exposed");
	tell(e, "probe t_ns=1 layer=bpf on=1 reason=");
	tell(e, "visit t_ns=2 walker=compaction func=f window=offline visits=99000 inside=52500");
	for (guint i = 0; i < 40; i++)
		boot(c, "clean", 1525, 0, 0, 30, e);
	claims(c, "0 hits in 40 boots, 61,000 offlines, 2.1 million compaction visits inside an "
		  "open window (bpf): the chance of a hit per boot is below 7.3 % at 95 %");
	no_rates = estimate_rates(c);
	g_assert_null(no_rates);
	g_assert_null(estimate_fix(c));
	boot(c, "unexposed", 1, 0, 0, 30, e);
	claims(c, "0 hits in 40 boots, 61,000 offlines, 2.1 million compaction visits inside an "
		  "open window (bpf): the chance of a hit per boot is below 7.3 % at 95 %; 1 more "
		  "boot "
		  "does not count: unexposed or failed");
	for (guint i = 0; i < 20; i++)
		boot(fired, i % 2 ? "incident" : "clean", 100, i % 2 ? 3 : 0, 0, 30, NULL);
	claims(fired, "10 of 20 boots fired (50 %), 2,000 offlines, visits not measured (probes: "
		      "not told by the agent): the chance of a hit per boot is 30..70 %, either "
		      "bound at 95 %");
	rates = estimate_rates(fired);
	g_assert_true(g_str_has_prefix(rates, "15 hits per 1,000 offlines (bounds at 95 %: "));
	fix = estimate_fix(fired);
	g_assert_true(g_str_has_prefix(fix, "11 clean boots with it show"));
	boot(known, "clean", 9, 0, 2, 30, NULL);
	claims(known, "0 hits in 1 boot (1 with known issues, which do not count), 9 offlines, "
		      "visits not measured (probes: not told by the agent): the chance of a hit "
		      "per boot is below 95 % at 95 %");
	/* A hang is no clean boot: nobody knows what it would have been. */
	boot(known, "hang", 9, 1, 0, 30, NULL);
	claims(known, "1 of 2 boots hung (50 %) (1 with known issues, which do not count), 18 "
		      "offlines, visits not measured (probes: not told by the agent): the chance "
		      "of a hit per boot is 2.5..98 %, either bound at 95 %");
	/* The hit ended it: the number of boots is no number of trials. */
	for (guint i = 0; i < 10; i++)
		boot(proven, i == 9 ? "incident" : "clean", 1, i == 9, 0, 30, NULL);
	g_assert_cmpfloat_with_epsilon(estimate_interval(proven).high,
				       stats_first_hit(10, 0.95).high, 1e-12);
}

/* Boots that something else cut off count until then, and are neither whole nor nothing. */
static void test_cut(void)
{
	g_autoptr(Estimate) c = estimate_new(0, 30);

	for (guint i = 0; i < 30; i++)
		boot(c, "clean", 10, 0, 0, 30, NULL);
	for (guint i = 0; i < 18; i++)
		boot(c, "known", 5, 0, 1, 15, NULL);
	boot(c, "lost", 5, 0, 0, 30, NULL);
	g_assert_cmpuint(c->boots, ==, 49);
	/* 30 + 18 / 2 + 1 whole boots. */
	g_assert_cmpfloat_with_epsilon(estimate_interval(c).high,
				       stats_proportion(0, 40, 0.95).high, 1e-9);
	claims(c,
	       "0 hits in 49 boots (18 with known issues, which do not count), 395 offlines, "
	       "visits not measured (probes: not told by the agent): the chance of a hit per "
	       "boot is below 7.3 % at 95 %; 19 were cut off without a hit and count until "
	       "then, all are worth 40 whole boots (a constant hazard is assumed); the 1 lost of "
	       "them may have been hits: 1 of 31 boots (3 %) then");
}

static void rule_boot(StopRule *rule, TrialKind kind, double time_s)
{
	const Trial trial = {kind, time_s};

	stop_rule_boot(rule, &trial, FALSE);
}

static void test_stop_rule(void)
{
	StopRule rule = stop_rule_new(0.05, 30), none = stop_rule_new(0, 30);
	g_autofree char *text = stop_rule_text(&rule), *hit = NULL;

	g_assert_cmpuint(stop_rule_left(&rule), ==, 59);
	g_assert_cmpstr(text, ==, "59 more without a hit show < 5 %");
	g_assert_null(stop_rule_text(&none));
	for (guint i = 0; i < 58; i++)
		rule_boot(&rule, TRIAL_WHOLE, 29.9);
	g_assert_true(stop_rule_wants(&rule, 0));
	g_assert_cmpint(stop_rule_verdict(&rule, VERDICT_CLEAN), ==, VERDICT_UNEXPOSED);
	/* One in flight could be the last: no more beside it, or there would be 60. */
	g_assert_false(stop_rule_wants(&rule, 1));
	/* It did not count: one more. */
	rule_boot(&rule, TRIAL_NONE, 0);
	g_assert_true(stop_rule_wants(&rule, 0));
	rule_boot(&rule, TRIAL_WHOLE, 29.9);
	g_assert_false(stop_rule_wants(&rule, 0));
	g_assert_true(stop_rule_holds(&rule));
	g_assert_cmpint(stop_rule_verdict(&rule, VERDICT_UNEXPOSED), ==, VERDICT_CLEAN);
	g_assert_cmpint(stop_rule_verdict(&rule, VERDICT_INFRA), ==, VERDICT_INFRA);
	/* A hit ends it and takes the bound away. */
	rule = stop_rule_new(0.05, 30);
	rule_boot(&rule, TRIAL_WHOLE, 29.9);
	rule_boot(&rule, TRIAL_HIT, 3);
	g_assert_false(stop_rule_wants(&rule, 0));
	g_assert_false(stop_rule_holds(&rule));
	hit = stop_rule_text(&rule);
	g_assert_cmpstr(hit, ==, "a hit ended it: no bound");
	/* A guest that never gets anywhere is not booted for ever. */
	rule = stop_rule_new(0.05, 30);
	for (guint i = 0; i < STOP_RULE_PATIENCE; i++) {
		g_assert_true(stop_rule_wants(&rule, 0));
		rule_boot(&rule, TRIAL_NONE, 0);
	}
	g_assert_false(stop_rule_wants(&rule, 0));
	/* Where every guest dies of a known issue neither: that shows no bound, and is no failure. */
	rule = stop_rule_new(0.05, 30);
	rule_boot(&rule, TRIAL_CUT, 0.5);
	g_assert_cmpint(stop_rule_verdict(&rule, VERDICT_KNOWN), ==, VERDICT_UNEXPOSED);
	for (guint i = 1; i < STOP_RULE_PATIENCE; i++)
		rule_boot(&rule, TRIAL_CUT, 0.5);
	g_assert_false(stop_rule_wants(&rule, 0));
	g_assert_cmpint(stop_rule_verdict(&rule, VERDICT_KNOWN), ==, VERDICT_KNOWN);
	/* Without a rule boots go on, and verdicts are what they are. */
	rule_boot(&none, TRIAL_HIT, 1);
	g_assert_true(stop_rule_wants(&none, 0));
	g_assert_cmpint(stop_rule_verdict(&none, VERDICT_CLEAN), ==, VERDICT_CLEAN);
}

/* Half a boot is half a boot, also of one that is tried again. */
static void test_stop_rule_cut(void)
{
	StopRule rule = stop_rule_new(0.05, 30);
	const Trial half = {TRIAL_CUT, 15}, hit = {TRIAL_HIT, 15};
	g_autofree char *text = NULL;

	for (guint i = 0; i < 58; i++)
		stop_rule_boot(&rule, &half, i % 2);
	g_assert_cmpuint(stop_rule_left(&rule), ==, 30);
	/* What is tried again is counted when it is over. */
	stop_rule_boot(&rule, &hit, TRUE);
	g_assert_cmpuint(rule.hits, ==, 0);
	for (guint i = 0; i < 59; i++)
		stop_rule_boot(&rule, &half, FALSE);
	g_assert_true(stop_rule_holds(&rule));
	text = stop_rule_text(&rule);
	g_assert_cmpstr(text, ==,
			"5 % is shown (by hammering time, as boots were cut off: a "
			"constant hazard is assumed)");
}

typedef struct {
	RHunt hunt;
	RBoot boots[3];
	RIncident incident;
	ROp op;
} Folder;

/* Three boots of damon: one with a hit, one that was inside, one that never was. */
static void fill(Folder *f, const char *family)
{
	*f = (Folder){.hunt = {.kernel = (char *)"6.12|x", .boots = g_ptr_array_new()},
		      .incident = {.family = (char *)family,
				   .walker = (char *)"damon or split-huge-pages",
				   .walker_guessed = TRUE,
				   .evidence = TRUE,
				   .hits = 2},
		      .op = {.label = (char *)"split-huge-pages#1", .state = (char *)"ready"}};
	for (guint i = 0; i < G_N_ELEMENTS(f->boots); i++) {
		RBoot *b = &f->boots[i];

		b->ended = TRUE;
		b->verdict = (char *)(i == 0 ? "incident" : "clean");
		b->exposure = i == 2 ? exposure_new() : made_up();
		b->ops = g_ptr_array_new();
		b->incidents = g_ptr_array_new();
		g_ptr_array_add(b->ops, &f->op);
		g_ptr_array_add(f->hunt.boots, b);
	}
	g_ptr_array_add(f->boots[0].incidents, &f->incident);
	tell(f->boots[2].exposure, "probe t_ns=1 layer=bpf on=1 reason=");
	tell(f->boots[2].exposure,
	     "visit t_ns=2 walker=damon func=a window=dec visits=7 inside=0 nearest_ns=9");
}

static void empty(Folder *f)
{
	for (guint i = 0; i < G_N_ELEMENTS(f->boots); i++) {
		exposure_free(f->boots[i].exposure);
		g_ptr_array_unref(f->boots[i].ops);
		g_ptr_array_unref(f->boots[i].incidents);
	}
	g_ptr_array_unref(f->hunt.boots);
}

static const ExposureRow *find(const GPtrArray *rows, const char *walker, const char *window)
{
	for (guint i = 0; i < rows->len; i++) {
		const ExposureRow *r = g_ptr_array_index(rows, i);

		if (g_str_equal(r->walker, walker) && g_strcmp0(r->window, window) == 0)
			return r;
	}
	g_error("no row of %s in %s", walker, window ? window : "no window");
	return NULL;
}

static void test_rows(void)
{
	Folder f;
	const RHunt *hunts[] = {&f.hunt, NULL};
	g_autoptr(GPtrArray) rows = NULL, two = NULL, plug = NULL;
	g_autoptr(RTable) table = NULL;
	g_autofree char *markdown = NULL, *chance = NULL, *none = NULL;
	const ExposureRow *r;
	guint64 kprobes = 0;

	fill(&f, "fake-offline");
	rows = exposure_rows(hunts, NULL);
	/* The hit is in the window of its family, and in the one around it. */
	r = find(rows, "damon", "dec");
	g_assert_cmpuint(r->ran, ==, 3);
	g_assert_cmpuint(r->boots, ==, 2);
	g_assert_cmpuint(r->hit_boots, ==, 1);
	g_assert_cmpint(r->hits, ==, 2);
	g_assert_true(r->guessed);
	g_assert_cmpuint(r->opened, ==, 8);
	g_assert_cmpuint(r->visits, ==, 50 + 8 + 50 + 8 + 7);
	g_assert_cmpuint(r->inside, ==, 10);
	g_assert_cmpint(r->nearest_ns, ==, 9);
	chance = exposure_row_chance_text(r);
	g_assert_cmpstr(chance, ==, "2.5..98 %");
	r = find(rows, "damon", "offline");
	g_assert_cmpuint(r->boots, ==, 2);
	g_assert_cmpuint(r->hit_boots, ==, 1);
	r = find(rows, "ksm", "dec");
	g_assert_cmpuint(r->boots, ==, 0);
	none = exposure_row_chance_text(r);
	g_assert_cmpstr(none, ==, "not exposed");
	/* It ran, nothing measured it, and it may have been the one: its hit stands without window. */
	r = find(rows, "split-huge-pages", NULL);
	g_assert_cmpuint(r->boots, ==, 3);
	g_assert_cmpuint(r->hit_boots, ==, 1);
	table = exposure_rows_table(rows, TRUE);
	markdown = rtable_markdown(table);
	g_assert_nonnull(strstr(markdown, "| 6.12\\|x | damon | dec | bpf | 2/3 | 8 |"));
	g_assert_nonnull(strstr(markdown, "| kernel | walker | window | layer | boots |"));
	g_assert_nonnull(strstr(markdown, "| --- | --- | --- | --- | ---: |"));
	empty(&f);
	/* What two layers counted stands in two rows. */
	fill(&f, "fake-offline");
	tell(f.boots[1].exposure, "probe t_ns=9 layer=kprobe on=1 reason=");
	two = exposure_rows(hunts, NULL);
	r = find(two, "damon", "dec");
	g_assert_cmpstr(r->layer, ==, "bpf");
	g_assert_cmpuint(r->ran, ==, 2);
	g_assert_cmpuint(r->visits, ==, 50 + 8 + 7);
	for (guint i = 0; i < two->len; i++) {
		const ExposureRow *other = g_ptr_array_index(two, i);

		kprobes += g_strcmp0(other->layer, "kprobe") == 0 ? other->visits : 0;
	}
	g_assert_cmpuint(kprobes, >, 0);
	empty(&f);
	/* A family none of whose windows was measured. */
	fill(&f, "plug");
	plug = exposure_rows(hunts, &f.boots[0]);
	r = find(plug, "damon", NULL);
	g_assert_cmpuint(r->hit_boots, ==, 1);
	g_assert_cmpuint(find(plug, "damon", "dec")->hit_boots, ==, 0);
	g_assert_cmpuint(find(plug, "damon", "dec")->ran, ==, 1);
	empty(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/exposure/counts", test_counts);
	g_test_add_func("/exposure/layers", test_layers);
	g_test_add_func("/exposure/hostile", test_hostile);
	g_test_add_func("/exposure/json", test_json);
	g_test_add_func("/exposure/unmeasured-goal", test_unmeasured_goal);
	g_test_add_func("/exposure/claim", test_estimate);
	g_test_add_func("/exposure/stop-rule", test_stop_rule);
	g_test_add_func("/exposure/stop-rule-cut", test_stop_rule_cut);
	g_test_add_func("/exposure/estimate-cut", test_cut);
	g_test_add_func("/exposure/rows", test_rows);
	return g_test_run();
}
