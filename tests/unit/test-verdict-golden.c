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

/* Walkers that run, refused and successful offlines, exposure, and what the race led to. */
#define FULL                                                                                       \
	HELLO "on plug +5 agent phase t_ns=1100000000 name=plug\n"                                 \
	      "on go +1 agent opstate inst=0 name=null-hammer state=ready\n"                       \
	      "on go +1 agent opstate inst=1 name=null-walker state=ready\n"                       \
	      "on go +2 agent phase t_ns=1200000000 name=run\n"                                    \
	      "on go +4 agent probe t_ns=1200000000 layer=kprobe on=1 reason=no%20BTF\n"           \
	      "on go +8 agent window t_ns=1225000000 name=dec opened=5 open_ns=9000 "              \
	      "longest_ns=4000 overlap=1 lost=2\n"                                                 \
	      "on go +8 agent visit t_ns=1220000000 walker=damon func=damon_get_folio window=dec " \
	      "visits=9 inside=2 offline=1 nearest_ns=77\n"                                        \
	      "on go +10 agent count t_ns=1210000000 inst=0 name=null-hammer steps=5 offlines=5\n" \
	      "on go +10 agent count t_ns=1210000000 inst=1 name=null-walker steps=2\n"            \
	      "on go +30 agent count t_ns=1230000000 inst=0 name=null-hammer steps=19 offlines=9 " \
	      "offlines_ok=3 refused=10\n"                                                         \
	      "on go +30 agent count t_ns=1230000000 inst=1 name=null-walker steps=8\n"            \
	      "on go +40 agent opstate inst=1 name=null-walker state=ended "                       \
	      "reason=killed%20by%20signal%209\n"
#define LEADS_TO                                                                                   \
	"on go +50 console [    1.251000] BUG: Bad page state in process kdamond.0  "              \
	"pfn:1077a6\\n\n"                                                                          \
	"on go +50 console [    1.251100] page:00000000ba547538 refcount:-1 mapcount:-384 "        \
	"mapping:0000000000000000 index:0x4 pfn:0x1077a6\\n\n"                                     \
	"on go +50 console [    1.251200] page dumped because: nonzero _refcount\\n\n"             \
	"on go +50 console [    1.251300] CPU: 1 PID: 112 Comm: kdamond.0 Not tainted 6.1.0 "      \
	"#1\\n\n"                                                                                  \
	"on go +50 console [    1.251400] Call Trace:\\n[    1.251500]  bad_page+0x1/0x2\\n\n"     \
	"on go +50 console [    1.251600]  damon_get_folio+0x1/0x2\\n\n"                           \
	"on go +50 console [    1.251600]  damon_pa_mkold+0x1/0x2\\n\n"

static const Golden goldens[] = {
	{"clean", RUNS ENDS, POLICY, VERDICT_CLEAN},
	{"known", RUNS WARNING, POLICY, VERDICT_KNOWN},
	{"incident", RUNS WARNING ENDS, POLICY, VERDICT_INCIDENT},
	{"full",
	 FULL WARNING LEADS_TO
	 "on go +300 agent done t_ns=1500000000 reason=duration ops=2 steps=27\n"
	 "on poweroff +5 exit 0\n",
	 POLICY, VERDICT_INCIDENT},
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
	f->patient = strstr(golden->script, "on poweroff") != NULL;
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
