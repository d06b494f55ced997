/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choreographies: what a scenario may say, and how a stage plays them on a scripted gdb stub. */
#include "harness/boot/stage.h"
#include "harness/results/records.h"
#include "harness/scenario/plan.h"
#include "host-driver/base/error.h"
#include "tests/unit/gdb-fixture.h"

#include <string.h>

#define OFFLINE	  "ffffffff81001000"
#define NOTIFY	  0xffffffff81002000ull
#define WALK	  0xffffffff81003000ull
#define OUTSIDE	  0xffffffff81009000ull
#define STACK_A	  0xffffc90000003f00ull
#define STACK_B	  0xffffc90000013f00ull
#define VMEMMAP	  0xffffea0000000000ull
#define PFN_FIRST 0x100000ull
#define PFN_COUNT 0x8000ull

static char *scenario_text(const char *choreography, const char *stands)
{
	return g_strdup_printf("[scenario]\nsummary = s\n[op split-huge-pages]\n%s\n[stands]\n%s\n",
			       choreography, stands);
}

static Scenario *parse(const char *choreography, const char *stands, GError **error)
{
	g_autofree char *text = scenario_text(choreography, stands);

	return scenario_parse("t.ini", text, error);
}

static void test_scenario(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Scenario) s = parse("[choreography]\nrounds = 3\ndeadline = 2s",
				      "a = one entry f range=1,2 count=1\n"
				      "b = two   get g  park\nc = one return f",
				      &error);
	const Stand *stand;
	g_autofree char *functions = NULL, *text = NULL, *plan = NULL;
	g_autoptr(GPtrArray) modules = g_ptr_array_new();

	g_assert_no_error(error);
	g_assert_cmpuint(s->choreography->rounds, ==, 3);
	g_assert_cmpuint(s->choreography->deadline_ms, ==, 2000);
	g_assert_cmpuint(s->choreography->stands->len, ==, 3);
	stand = g_ptr_array_index(s->choreography->stands, 0);
	g_assert_cmpstr(stand->name, ==, "a");
	g_assert_cmpint(stand->page, ==, STAND_RANGE);
	g_assert_cmpuint(stand->arg, ==, 1);
	g_assert_cmpuint(stand->count_arg, ==, 2);
	g_assert_cmpint(stand->count, ==, 1);
	stand = g_ptr_array_index(s->choreography->stands, 1);
	text = stand_text(stand);
	g_assert_cmpstr(text, ==, "two get g park");
	functions = choreography_functions(s->choreography);
	g_assert_cmpstr(functions, ==, "f,g");
	/* The agent is asked for symbols, and the plan tells what comes. */
	plan = plan_to_text(s, 1, modules, 0, 3);
	g_assert_nonnull(strstr(plan, "symbols names=f,g,vmemmap_base,kernel_halt\n"));
	g_assert_nonnull(strstr(plan, "stand name=a one entry f range=1,2 count=1\n"));
	g_assert_null(strstr(strstr(plan, "stand name=a ") + 1, "stand name=a "));
}

static void test_scenario_errors(void)
{
	static const struct {
		const char *choreography, *stands, *words;
	} cases[] = {
		{"[choreography]", "a = one", "not a stand"},
		{"[choreography]", "a = one entry f;rm", "not a stand"},
		{"[choreography]", "a = one behind f", "'behind' is no place"},
		{"[choreography]", "a = one entry f page=7", "'page=7'"},
		{"[choreography]", "a = one entry f range=1", "'range=1'"},
		{"[choreography]", "a = one entry f pfn=1 page=1", "'page=1'"},
		{"[choreography]", "a = one return f pfn=1", "only at an entry"},
		{"[choreography]", "a = one get f", "no page is chosen yet"},
		{"[choreography]", "a = one entry f count=1", "no page is chosen yet"},
		{"[choreography]", "", "no stands"},
		{"", "a = one entry f", "belong together"},
		{"[choreography]\nrounds = 0", "a = one entry f", "rounds"},
		{"[choreography]",
		 "a = r1 entry f\nb = r2 entry f\nc = r3 entry f\nd = r4 entry f\ne = r5 entry f",
		 "more than 4 roles"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		Scenario *s = parse(cases[i].choreography, cases[i].stands, &error);

		g_assert_null(s);
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, cases[i].words));
	}
}

/* A struct page with this count, as the stub tells it. (transfer full) */
static char *page_text(gint count)
{
	g_autofree char *zeros = g_strnfill(2 * 0x30, '0');
	g_autofree char *rest = g_strnfill(2 * 8, '0');

	return g_strdup_printf("%s000000f1%08x%s", zeros, GUINT32_SWAP_LE_BE((guint32)count), rest);
}

static GHashTable *symbols(void)
{
	static StageSymbol offline = {0xffffffff81001000, 0xffffffff81002000};
	static StageSymbol notify = {NOTIFY, NOTIFY + 0x1000};
	static StageSymbol walk = {WALK, WALK + 0x1000};
	GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);

	g_hash_table_insert(table, "offline", &offline);
	g_hash_table_insert(table, "notify", &notify);
	g_hash_table_insert(table, "walk", &walk);
	return table;
}

/* Plays @stands once. (transfer full) */
static RRound *play(const char *stands, const char *deadline, const GdbLine *script)
{
	g_autofree char *head =
		g_strdup_printf("[choreography]\nrounds = 1\ndeadline = %s", deadline);
	g_autoptr(Scenario) s = parse(head, stands, NULL);
	g_autoptr(GHashTable) table = symbols();
	GAsyncQueue *rounds = g_async_queue_new();
	GdbServer *server = gdb_server_new(script);
	Stage *stage = stage_new(s->choreography, table, server->client_fd, rounds);
	RRound *round;

	stage_run(stage);
	g_assert_cmpstr(stage_failure(stage), ==, NULL);
	g_assert_false(stage_holds(stage));
	stage_free(stage);
	round = g_async_queue_try_pop(rounds);
	g_assert_nonnull(round);
	g_async_queue_unref(rounds);
	gdb_server_end(server);
	return round;
}

static const RStand *stand_of(const RRound *round, guint i)
{
	g_assert_cmpuint(i, <, round->stands->len);
	return g_ptr_array_index(round->stands, i);
}

/* Held with a reference while the offline goes on: the count is 2 when the notifier returns. */
static void test_plays(void)
{
	guint64 page = VMEMMAP + (PFN_FIRST + PFN_COUNT - 1) * 64;
	g_autofree char *entry = gdb_registers(0xffffffff81001000, STACK_A, PFN_FIRST, PFN_COUNT);
	g_autofree char *back = gdb_registers(0xffffffff81009000, STACK_A + 8, 0, 0);
	g_autofree char *other = gdb_registers(OUTSIDE, STACK_B, 0, 0);
	g_autofree char *walk = gdb_registers(WALK + 0x20, STACK_B, 0, 0);
	g_autofree char *got = gdb_registers(WALK + 0x24, STACK_B, 0, 0);
	g_autofree char *one = page_text(1), *two = page_text(2);
	g_autofree char *stack_empty = g_strnfill(1024, '0');
	g_autofree char *read = g_strdup_printf("m%" G_GINT64_MODIFIER "x,40", page);
	g_autofree char *watch = g_strdup_printf("Z4,%" G_GINT64_MODIFIER "x,4", page + 0x34);
	g_autofree char *unwatch = g_strdup_printf("z4,%" G_GINT64_MODIFIER "x,4", page + 0x34);
	const GdbLine script[] = {
		GDB_ATTACHES,
		/* The offline comes to its entry; the page is chosen. */
		{"Z1," OFFLINE ",1", "OK"},
		{"vCont;c:1;c:2", "T05thread:01;"},
		{"z1," OFFLINE ",1", "OK"},
		{"Hg1", "OK"},
		{"g", entry},
		{read, one},
		{"mffffc90000003f00,8", "00900081ffffffff"},
		{read, one},
		/* While it stands, somebody else looks at the page, then the walker. */
		{watch, "OK"},
		{"vCont;c:2", "T05thread:02;"},
		{unwatch, "OK"},
		{"Hg2", "OK"},
		{"g", other},
		{"mffffc90000013f00,200", stack_empty},
		{watch, "OK"},
		{"vCont;c:2", "T05thread:02;"},
		{unwatch, "OK"},
		{"g", walk},
		{read, one},
		{"vCont;s:2", "T05thread:02;"},
		{read, one},
		{"vCont;s:2", "T05thread:02;"},
		{read, two},
		{"g", got},
		{read, two},
		/* Only the offline goes on. */
		{"Z1,ffffffff81009000,1", "OK"},
		{"vCont;c:1", "T05thread:01;"},
		{"z1,ffffffff81009000,1", "OK"},
		{"Hg1", "OK"},
		{"g", back},
		{read, two},
		{"vCont;c:1;c:2", NULL},
		{NULL},
	};
	RRound *round;

	round = play("a = offliner entry offline range=1,2 count=1\n"
		     "b = walker get walk\nc = offliner return offline",
		     "20s", script);
	g_assert_cmpstr(round->reason, ==, NULL);
	g_assert_true(round->complete);
	g_assert_cmpint(stand_of(round, 0)->pfn, ==, PFN_FIRST + PFN_COUNT - 1);
	g_assert_cmpint(stand_of(round, 0)->count, ==, 1);
	g_assert_cmpstr(stand_of(round, 0)->type, ==, "0xf1000000");
	g_assert_cmpstr(stand_of(round, 1)->where, ==, "walk+0x24");
	g_assert_cmpint(stand_of(round, 1)->count, ==, 2);
	g_assert_cmpint(stand_of(round, 1)->cpu, ==, 1);
	g_assert_cmpstr(stand_of(round, 2)->where, ==, "0xffffffff81009000");
	fields_free(&results_round_table, round);
}

/* Nobody comes: the round says so, and the guest runs on. */
static void test_gives_up(void)
{
	g_autofree char *entry = gdb_registers(0xffffffff81001000, STACK_A, PFN_FIRST, PFN_COUNT);
	const GdbLine script[] = {GDB_ATTACHES,
				  {"Z1," OFFLINE ",1", "OK"},
				  {"vCont;c:1;c:2", "T05thread:01;"},
				  {"z1," OFFLINE ",1", "OK"},
				  {"Hg1", "OK"},
				  {"g", entry},
				  {"mffffc90000003f00,8", "00900081ffffffff"},
				  {"Z1,ffffffff81002000,1", "OK"},
				  {"vCont;c:2", NULL},
				  {"^C", "T02thread:02;"},
				  {"z1,ffffffff81002000,1", "OK"},
				  {"vCont;c:1;c:2", NULL},
				  {NULL}};
	RRound *round;

	round = play("a = offliner entry offline\nb = walker entry notify", "100ms", script);
	g_assert_false(round->complete);
	g_assert_cmpstr(round->reason, ==, "b: walker did not come there within 100 ms");
	g_assert_cmpuint(round->stands->len, ==, 1);
	fields_free(&results_round_table, round);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/choreography/scenario", test_scenario);
	g_test_add_func("/choreography/scenario-errors", test_scenario_errors);
	g_test_add_func("/choreography/plays", test_plays);
	g_test_add_func("/choreography/gives-up", test_gives_up);
	return g_test_run();
}
