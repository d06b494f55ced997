/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scripted boot for each verdict, and all of its verdict.json as it must be: verdicts/NAME.json.
 * UPDATE_GOLDEN=1 rewrites them.
 */
#include "tests/unit/boot-fixture.h"

#include <string.h>

typedef struct {
	const char *name, *script, *policy;
	Verdict verdict;
	guint interrupt_ms;
} Golden;

#define POLICY "duration=100ms\n[goal]\nops=any\n"
#define STOPS                                                                                      \
	"on stop +5 agent done t_ns=1300000000 reason=stop ops=1 steps=9\n"                        \
	"on poweroff +5 exit 0\n"
#define INT3                                                                                       \
	"10 console [    0.958861] Oops: int3: 0000 [#1] SMP NOPTI\\n\n"                           \
	"10 console [    0.959799] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0 #1\\n\n"        \
	"10 console [    0.960000] RIP: 0010:sched_clock_cpu+0x9/0x70\\n\n"                        \
	"10 console [    0.960500] ---[ end trace 0000000000000000 ]---\\n\n"

static const Golden goldens[] = {
	{"clean", RUNS ENDS, POLICY, VERDICT_CLEAN},
	{"known", RUNS WARNING, POLICY, VERDICT_KNOWN},
	{"incident", RUNS WARNING ENDS, POLICY, VERDICT_INCIDENT},
	{"hang", RUNS, POLICY, VERDICT_HANG},
	{"infra", RUNS ENDS, "duration=10s\n[goal]\nops=any\n", VERDICT_INFRA},
	{"lost", RUNS "on go +100 exit 1\n", POLICY, VERDICT_LOST},
	{"emulator", INT3, POLICY, VERDICT_EMULATOR},
	{"unexposed",
	 RUNS "on go +50 agent event t_ns=1250000000 name=lines_dropped count=9\n" ENDS, POLICY,
	 VERDICT_UNEXPOSED},
	{"interrupted", RUNS STOPS, "duration=1h\n[goal]\nops=any\n", VERDICT_UNEXPOSED, 700},
};

/* The host's clock is another one in every run: the number after @key becomes 0. */
static char *without_time(const char *text, const char *key)
{
	g_autofree char *pattern = g_strdup_printf("(\"%s\" *: *)[0-9.e+-]+", key);
	g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);

	return g_regex_replace(regex, text, -1, 0, "\\g<1>0", 0, NULL);
}

static char *verdict_of(const BootFixture *f)
{
	g_autofree char *path = g_build_filename(f->root, "boot", "verdict.json", NULL);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return without_time(text, "hello_s");
}

static void test_golden(BootFixture *f, gconstpointer data)
{
	const Golden *golden = data;
	g_autofree char *known_path = g_build_filename(f->root, "known.ini", NULL);
	g_autofree char *file = g_strconcat(golden->name, ".json", NULL);
	g_autofree char *path = g_build_filename(g_getenv("VERDICTS"), file, NULL);
	const char *const paths[] = {known_path, NULL};
	g_autoptr(TriageKnown) known = NULL;
	g_autofree char *text = NULL, *wanted = NULL;

	g_assert_true(g_file_set_contents(
		known_path, "[it]\nsignature = warning:drivers/virtio/virtio_mem.c:*\nnote = n\n",
		-1, NULL));
	known = triage_known_load(paths, NULL);
	f->known = golden->verdict == VERDICT_KNOWN ? known : NULL;
	boot_fixture_play_policy(f, golden->script, golden->policy, golden->interrupt_ms);
	f->known = NULL;
	g_assert_cmpstr(verdict_name(f->result->verdict), ==, verdict_name(golden->verdict));
	text = verdict_of(f);
	if (g_getenv("UPDATE_GOLDEN"))
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_true(g_file_get_contents(path, &wanted, NULL, NULL));
	g_assert_cmpstr(text, ==, wanted);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(goldens); i++) {
		g_autofree char *name = g_strconcat("/verdict-golden/", goldens[i].name, NULL);

		g_test_add(name, BootFixture, &goldens[i], boot_fixture_set_up, test_golden,
			   boot_fixture_tear_down);
	}
	return g_test_run();
}
