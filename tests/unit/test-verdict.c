/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts: clean needs positive evidence, and every way to miss it has its own word. */
#include "harness/results/recorder-ring.h"
#include "harness/verdict/verdict.h"

#include <string.h>

static const VerdictOp good_ops[] = {
	{.name = "block-state", .ready = TRUE, .steps = 10, .rising = TRUE},
	{.name = "damon", .skipped = TRUE, .reason = "no DAMON"},
};
static const VerdictFacts good = {.console = TRUE, .done = TRUE, .ops = good_ops, .op_count = 2};

static void check(VerdictFacts facts, Verdict expected, const char *words)
{
	g_autofree char *reason = NULL;

	g_assert_cmpstr(verdict_name(verdict_decide(&facts, &reason)), ==, verdict_name(expected));
	g_assert_nonnull(reason);
	if (!strstr(reason, words))
		g_error("'%s' lacks '%s'", reason, words);
}

#define WITH(...)                                                                                  \
	({                                                                                         \
		VerdictFacts f_ = good;                                                            \
		__VA_ARGS__;                                                                       \
		f_;                                                                                \
	})

static void test_rules(void)
{
	static const VerdictOp still[] = {{.name = "ksm", .ready = TRUE, .steps = 7}};
	static const VerdictOp mixed[] = {
		{.name = "block-state", .ready = TRUE, .steps = 10, .rising = TRUE},
		{.name = "ksm", .ready = TRUE, .steps = 7}};
	static const VerdictOp failed[] = {{.name = "ksm", .reason = "EPERM"}};

	static const VerdictOp watched[] = {
		{.name = "census", .ready = TRUE, .observer = TRUE, .steps = 9, .rising = TRUE},
		{.name = "damon", .skipped = TRUE, .reason = "no DAMON"}};

	check(good, VERDICT_CLEAN, "1 of 2 ops");
	check(WITH(f_.ops = watched; f_.op_count = 2), VERDICT_UNEXPOSED, "every op was skipped");
	check(WITH(f_.done = FALSE), VERDICT_LOST, "no end-of-run line");
	check(WITH(f_.done = FALSE; f_.interrupted = TRUE), VERDICT_UNEXPOSED, "interrupted");
	check(WITH(f_.done = FALSE; f_.exited = "killed by signal 9"), VERDICT_LOST, "signal 9");
	check(WITH(f_.done = FALSE; f_.quiet = "while the ops ran"), VERDICT_HANG, "ops ran");
	check(WITH(f_.done = FALSE; f_.quiet = "x"; f_.console = FALSE), VERDICT_INFRA, "no word");
	check(WITH(f_.done = FALSE; f_.quiet = "x"; f_.known = "it"), VERDICT_KNOWN, "issue: it");
	check(WITH(f_.done = FALSE; f_.exited = "x"; f_.known = "it"), VERDICT_LOST,
	      "QEMU ended: x");
	check(WITH(f_.done = FALSE; f_.exited = "x"; f_.reset = TRUE; f_.known = "it"),
	      VERDICT_KNOWN, "issue: it");
	check(WITH(f_.done = FALSE; f_.interrupted = TRUE; f_.known = "it"), VERDICT_UNEXPOSED,
	      "interrupted");
	check(WITH(f_.known = "it"), VERDICT_CLEAN, "1 of 2 ops");
	check(WITH(f_.incidents = 1; f_.known = "it"), VERDICT_INCIDENT, "1 incident");
	check(WITH(f_.endless = "stuck"), VERDICT_HANG, "stuck");
	check(WITH(f_.infra = "disk full"), VERDICT_INFRA, "disk full");
	check(WITH(f_.emulator = "int3"; f_.done = FALSE), VERDICT_EMULATOR, "int3");
	check(WITH(f_.incidents = 2; f_.emulator = "int3"; f_.infra = "x"), VERDICT_INCIDENT,
	      "2 incidents");
	check(WITH(f_.ops = still; f_.op_count = 1), VERDICT_UNEXPOSED, "ksm stood still at 7");
	check(WITH(f_.ops = mixed; f_.op_count = 2), VERDICT_UNEXPOSED, "ksm stood still");
	check(WITH(f_.ops = mixed; f_.op_count = 2; f_.any = TRUE), VERDICT_CLEAN, "1 of 2 ops");
	check(WITH(f_.ops = failed; f_.op_count = 1), VERDICT_UNEXPOSED,
	      "ksm did not start: EPERM");
	check(WITH(f_.ops = good_ops + 1; f_.op_count = 1), VERDICT_UNEXPOSED,
	      "every op was skipped");
}

static void test_codes(void)
{
	static const int codes[] = {
		[VERDICT_INCIDENT] = 1, [VERDICT_HANG] = 1,	[VERDICT_INFRA] = 3,
		[VERDICT_LOST] = 3,	[VERDICT_EMULATOR] = 3, [VERDICT_UNEXPOSED] = 4,
		[VERDICT_KNOWN] = 0,	[VERDICT_CLEAN] = 0};

	for (guint v = 0; v < VERDICT_COUNT; v++)
		g_assert_cmpint(verdict_exit_code(v), ==, codes[v]);
}

/* Each event of agent and host says what it means, under a name that no other one has. */
static void test_impairments(void)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint e = 0; e < AGENT_EVENT_COUNT; e++) {
		const ImpairmentKind *kind = impairment_of_agent(e);

		g_assert_cmpstr(kind->name, ==, agent_event_table[e].name);
		g_assert_nonnull(kind->text);
		g_assert_cmpuint(impairment_agent_event(kind->name), ==, e);
		g_assert_true(g_hash_table_add(names, (gpointer)kind->name));
	}
	for (guint e = 0; e < HOST_EVENT_COUNT; e++) {
		g_assert_nonnull(impairment_of_host(e)->text);
		g_assert_true(g_hash_table_add(names, (gpointer)impairment_of_host(e)->name));
	}
	g_assert_cmpuint(impairment_agent_event("nonsense"), ==, AGENT_EVENT_COUNT);
}

static void test_impaired(void)
{
	const Impairment note = {.kind = impairment_of_agent(AGENT_EVENT_NOT_PINNED)};
	const Impairment weak = {.kind = impairment_of_agent(AGENT_EVENT_KMSG_OVERRUN)};
	const Impairment bad = {.kind = impairment_of_host(HOST_EVENT_NO_ANSWER),
				.detail = (char *)"gone"};

	check(WITH(f_.impairment = &note), VERDICT_CLEAN, "1 of 2 ops");
	check(WITH(f_.impairment = &weak), VERDICT_UNEXPOSED, "log was not read");
	check(WITH(f_.impairment = &bad), VERDICT_INFRA, "does not answer: gone");
	check(WITH(f_.impairment = &bad; f_.incidents = 1), VERDICT_INCIDENT, "1 incident");
	check(WITH(f_.impairment = &bad; f_.endless = "stuck"), VERDICT_HANG, "stuck");
}

/* A recorder dump with @count entries whose first running number is @first. */
static guint8 *make_dump(guint64 first, guint count)
{
	guint8 *raw = g_malloc0((gsize)REC_PAGES * REC_PAGE);
	struct rec_head *head = (struct rec_head *)raw;

	head->magic = REC_MAGIC;
	head->next = first + count;
	head->slot[0].offlines = (first + count) / 2;
	for (guint64 n = first; n < first + count; n++) {
		gsize i = n % REC_RING_SIZE;
		struct rec_entry *e = (struct rec_entry *)(raw + REC_PAGE) + i;

		/* Even numbers begin an offline of block 30 + n, odd ones end it; 1 ms apart. */
		*e = (struct rec_entry){.t_ns = n * 1000000,
					.arg = 30 + n / 2,
					.action = n % 2 ? REC_OFFLINE_END : REC_OFFLINE_BEGIN,
					.seq = (guint32)n + 1};
	}
	return raw;
}

static void test_recorder_ring(void)
{
	g_autofree guint8 *raw = make_dump(0, 100);
	gsize len = (gsize)REC_PAGES * REC_PAGE;
	g_autoptr(RecorderRing) f = recorder_ring_parse(raw, len);

	g_assert_nonnull(f);
	g_assert_cmpuint(f->entries->len, ==, 100);
	/* 50 offlines in all, the last ended at 99 ms; at 50.5 ms 25 had ended and one ran. */
	g_assert_cmpint(recorder_ring_offlines_at(f, 0, 1000000000), ==, 50);
	g_assert_cmpint(recorder_ring_offlines_at(f, 0, 50500000), ==, 26);
	g_assert_cmpint(recorder_ring_block_at(f, 0, 50500000), ==, 55);
	/* A splat in the middle of the very first offline has one offline to it, not none. */
	g_assert_cmpint(recorder_ring_offlines_at(f, 0, 500000), ==, 1);
	g_assert_cmpint(recorder_ring_offlines_at(f, 99, 0), ==, -1);
	raw[0] ^= 1;
	g_assert_null(recorder_ring_parse(raw, len));
	g_assert_null(recorder_ring_parse(raw, len - 1));
}

/* The ring has wrapped: old entries are gone, and times before it are not known. */
static void test_recorder_ring_wrapped(void)
{
	g_autofree guint8 *raw = make_dump(10000, (guint)REC_RING_SIZE);
	g_autoptr(RecorderRing) f = recorder_ring_parse(raw, (gsize)REC_PAGES * REC_PAGE);
	guint64 first_ns = 10000ull * 1000000;

	g_assert_cmpuint(f->entries->len, ==, REC_RING_SIZE);
	for (guint i = 1; i < f->entries->len; i++)
		g_assert_cmpuint(g_array_index(f->entries, struct rec_entry, i).t_ns, >,
				 g_array_index(f->entries, struct rec_entry, i - 1).t_ns);
	g_assert_cmpint(recorder_ring_offlines_at(f, 0, first_ns + 1), ==, 5001);
	g_assert_cmpint(recorder_ring_offlines_at(f, 0, first_ns - 1), ==, -1);
	/* Garbage in an entry is skipped, not believed. */
	memset(raw + REC_PAGE + 64, 0xff, 32);
	g_clear_pointer(&f, recorder_ring_free);
	f = recorder_ring_parse(raw, (gsize)REC_PAGES * REC_PAGE);
	g_assert_cmpuint(f->entries->len, <=, REC_RING_SIZE);
}

/* What counts as a find, and what rates are made of. */
static void test_hits(void)
{
	g_assert_true(verdict_is_hit(verdict_weigh(VERDICT_INCIDENT, FALSE)));
	g_assert_true(verdict_is_hit(verdict_weigh(VERDICT_HANG, FALSE)));
	/* Before the first hotplug event nothing was hunted. */
	g_assert_false(verdict_is_hit(verdict_weigh(VERDICT_HANG, TRUE)));
	g_assert_false(verdict_is_exposed(verdict_weigh(VERDICT_HANG, TRUE)));
	g_assert_cmpint(verdict_exit_code(verdict_weigh(VERDICT_HANG, TRUE)), ==, 3);
	g_assert_false(verdict_is_hit(VERDICT_KNOWN));
	g_assert_true(verdict_is_exposed(VERDICT_KNOWN));
	g_assert_cmpint(verdict_exit_code(VERDICT_KNOWN), ==, 0);
	g_assert_cmpint(verdict_of_name("known"), ==, VERDICT_KNOWN);
	for (guint v = 0; v < VERDICT_COUNT; v++)
		if (v != VERDICT_HANG && v != VERDICT_KNOWN)
			g_assert_cmpint(verdict_weigh(v, TRUE), ==, v);
	g_assert_cmpint(verdict_weigh(VERDICT_KNOWN, TRUE), ==, VERDICT_UNEXPOSED);
}

static void test_of_hunt(void)
{
	static const struct {
		Verdict worst;
		guint boots;
		gboolean interrupted;
		int code;
	} cases[] = {
		{VERDICT_CLEAN, 3, FALSE, 0},	{VERDICT_KNOWN, 3, FALSE, 0},
		{VERDICT_CLEAN, 3, TRUE, 4},	{VERDICT_KNOWN, 3, TRUE, 4},
		{VERDICT_CLEAN, 0, TRUE, 4},	{VERDICT_CLEAN, 0, FALSE, 3},
		{VERDICT_INCIDENT, 1, TRUE, 1}, {VERDICT_HANG, 1, FALSE, 1},
		{VERDICT_LOST, 1, TRUE, 3},	{VERDICT_EMULATOR, 1, FALSE, 3},
		{VERDICT_INFRA, 1, FALSE, 3},	{VERDICT_UNEXPOSED, 1, FALSE, 4},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(verdict_exit_code(verdict_of_hunt(cases[i].worst, cases[i].boots,
								  cases[i].interrupted)),
				==, cases[i].code);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verdict/rules", test_rules);
	g_test_add_func("/verdict/codes", test_codes);
	g_test_add_func("/verdict/hits", test_hits);
	g_test_add_func("/verdict/of-hunt", test_of_hunt);
	g_test_add_func("/verdict/impairments", test_impairments);
	g_test_add_func("/verdict/impaired", test_impaired);
	g_test_add_func("/recorder-ring/parse", test_recorder_ring);
	g_test_add_func("/recorder-ring/wrapped", test_recorder_ring_wrapped);
	return g_test_run();
}
