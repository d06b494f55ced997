/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must not be clean: an agent, a machine or a guest that falls short on the way, and an
 * end-of-run line that does not fit with what is known besides.
 */
#include "tests/unit/boot-fixture.h"

#include "host-driver/fake/fake.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
	const char *name, *script, *policy;
	Verdict verdict;
	const char *words;
} Row;

#define POLICY	    "duration=100ms\n[goal]\nops=any\n"
#define SAYS(event) RUNS "on go +50 agent event t_ns=1250000000 " event "\n" ENDS
#define DONE(keys)  RUNS "on go +300 agent done " keys "\non poweroff +5 exit 0\n"

static const Row rows[] = {
	{"kmsg-overrun", SAYS("name=kmsg_overrun"), POLICY, VERDICT_UNEXPOSED, "log was not read"},
	{"lines-dropped", SAYS("name=lines_dropped count=9"), POLICY, VERDICT_UNEXPOSED, "count 9"},
	{"events-lost", SAYS("name=events_lost inst=0 op=x count=9"), POLICY, VERDICT_UNEXPOSED,
	 "events of an op were lost"},
	{"set-failed", SAYS("name=set_failed path=/proc/x error=no"), POLICY, VERDICT_UNEXPOSED,
	 "path /proc/x"},
	{"online-policy", SAYS("name=online_policy_failed"), POLICY, VERDICT_UNEXPOSED, "online"},
	{"unknown-event", SAYS("name=frobnicated"), POLICY, VERDICT_CLEAN, "1 of 2"},
	{"bound", SAYS("name=bound device=virtio2 errno=0"), POLICY, VERDICT_CLEAN, "1 of 2"},
	{"not-plugged", "no-plug\n" RUNS ENDS, POLICY, VERDICT_UNEXPOSED, "was ever plugged"},

	{"kmsg-missed", DONE("t_ns=1500000000 reason=duration ops=1 steps=9 kmsg_seq=500"), POLICY,
	 VERDICT_UNEXPOSED, "did not arrive"},
	{"shut-down", RUNS "on go +60 event SHUTDOWN {\"reason\":\"host-signal\"}\n" ENDS, POLICY,
	 VERDICT_UNEXPOSED, "was shut down"},
	{"done-no-reason", DONE("t_ns=1500000000 ops=1 steps=9"), POLICY, VERDICT_INFRA,
	 "does not fit: it has no reason"},
	{"done-odd-reason", DONE("t_ns=1500000000 reason=because ops=1 steps=9"), POLICY,
	 VERDICT_INFRA, "its reason"},
	{"done-stop-unasked", DONE("t_ns=1500000000 reason=stop ops=1 steps=9"), POLICY,
	 VERDICT_INFRA, "not told to stop"},
	{"done-stuck", DONE("t_ns=1500000000 reason=stuck ops=1 steps=9"), POLICY, VERDICT_INFRA,
	 "no op was said to be stuck"},
	{"done-ops", DONE("t_ns=1500000000 reason=duration ops=2 steps=9"), POLICY, VERDICT_INFRA,
	 "2 ops ran, and 1 were ready"},
	{"done-few-steps", DONE("t_ns=1500000000 reason=duration ops=1 steps=8"), POLICY,
	 VERDICT_INFRA, "8 steps, and 9 were counted"},
	{"done-many-steps", DONE("t_ns=1500000000 reason=duration ops=1 steps=9007199254740992"),
	 POLICY, VERDICT_INFRA, "9 were counted"},
	{"done-early", RUNS ENDS, "duration=10s\n[goal]\nops=any\n", VERDICT_INFRA, "of 10.0 s"},
	{"done-jump", DONE("t_ns=11300000000 reason=duration ops=1 steps=9"),
	 "duration=10s\n[goal]\nops=any\n", VERDICT_INFRA, "10 s of the guest"},
	{"done-104-days", DONE("t_ns=9007199254740992 reason=duration ops=1 steps=9"), POLICY,
	 VERDICT_INFRA, "s of the guest in"},
	{"done-back", DONE("t_ns=1 reason=duration ops=1 steps=9"), POLICY, VERDICT_INFRA,
	 "stood still or went back"},
	{"done-before-hello", "5 agent done t_ns=1 reason=duration ops=1 steps=1\n" RUNS ENDS,
	 POLICY, VERDICT_INFRA, "before the ops ran"},

	{"counts-fall",
	 RUNS
	 "on go +50 agent count t_ns=1250000000 inst=0 name=null-hammer steps=3 offlines=3\n" ENDS,
	 POLICY, VERDICT_UNEXPOSED, "they went back"},
	{"counts-wild",
	 RUNS "on go +50 agent count t_ns=1250000000 inst=0 name=null-hammer "
	      "steps=9007199254740992 offlines=9007199254740992\n" ENDS,
	 POLICY, VERDICT_UNEXPOSED, "they are too large"},
	{"counts-of-others",
	 RUNS "on go +50 agent count t_ns=1250000000 inst=0 name=damon steps=99\n" ENDS, POLICY,
	 VERDICT_UNEXPOSED, "that the plan does not have"},
	{"counts-of-skipped",
	 RUNS "on go +50 agent count t_ns=1250000000 inst=1 name=null-walker steps=99\n" ENDS,
	 POLICY, VERDICT_UNEXPOSED, "not ready"},
	{"counts-more-ok",
	 RUNS "on go +50 agent count t_ns=1250000000 inst=0 name=null-hammer steps=9 offlines=9 "
	      "offlines_ok=99\n" ENDS,
	 POLICY, VERDICT_UNEXPOSED, "more offlines succeeded"},
	{"offlines-wild",
	 RUNS "on go +50 agent count t_ns=1250000000 inst=0 name=null-hammer steps=900000 "
	      "offlines=900000\n" ENDS,
	 POLICY, VERDICT_UNEXPOSED, "they are too large"},
	{"visits-wild",
	 RUNS "on go +50 agent visit t_ns=1250000000 walker=w func=f window=offline visits=1 "
	      "inside=99\n" ENDS,
	 POLICY, VERDICT_UNEXPOSED, "visits that cannot be"},
	{"hello-again", RUNS "on go +50 agent hello proto=1 release=6.1.0 t_ns=1\n" ENDS, POLICY,
	 VERDICT_UNEXPOSED, "said hello twice"},
	{"other-kernel",
	 "20 agent hello proto=1 release=7.3.0 t_ns=1000000000 rec_pages=17\n" RUNS ENDS, POLICY,
	 VERDICT_INFRA, "the kernel under test: 7.3.0"},
	{"no-change",
	 HELLO "on plug +5 agent phase t_ns=1100000000 name=plug\n"
	       "on go +1 agent opstate inst=0 name=null-hammer state=ready\n"
	       "on go +1 agent opstate inst=1 name=null-walker state=skipped reason=x\n"
	       "on go +2 agent phase t_ns=1200000000 name=run\n"
	       "on go +10 agent count t_ns=1210000000 inst=0 name=null-hammer steps=5\n"
	       "on go +30 agent count t_ns=1230000000 inst=0 name=null-hammer steps=9\n" ENDS,
	 POLICY, VERDICT_UNEXPOSED, "no memory block changed"},
	{"ended-as-asked",
	 RUNS "on go +50 agent opstate inst=0 name=null-hammer state=ended "
	      "reason=asked\n" ENDS,
	 POLICY, VERDICT_CLEAN, "1 of 2"},
	{"ended-killed",
	 RUNS "on go +50 agent opstate inst=0 name=null-hammer state=ended "
	      "reason=killed%20by%20signal%2011\n" ENDS,
	 POLICY, VERDICT_UNEXPOSED, "killed by signal 11"},
};

#define BOOT_WARNING                                                                               \
	"12 console [    0.221000] ------------[ cut here ]------------\\n\n"                      \
	"12 console [    0.221100] WARNING: CPU: 0 PID: 1 at arch/x86/kernel/fpu/xstate.c:880 "    \
	"fpu__init_system_xstate+0x4f/0x60\\n\n"                                                   \
	"12 console [    0.221700] ---[ end trace 0000000000000000 ]---\\n\n"

static guint count_of(BootFixture *f, const char *array)
{
	g_autoptr(JsonObject) o = boot_fixture_json(f);

	return json_array_get_length(json_object_get_array_member(o, array));
}

/* A splat of the guest's own boot is told, and is no find of the hunt. */
static void test_baseline(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f, BOOT_WARNING RUNS ENDS, POLICY, 0);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2");
	g_assert_cmpuint(count_of(f, "incidents"), ==, 0);
	g_assert_cmpuint(count_of(f, "baseline"), ==, 1);
	g_assert_cmpuint(f->splats, ==, 0);
}

static void test_baseline_incident(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f, BOOT_WARNING RUNS ENDS, "baseline=incident\n" POLICY, 0);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
	g_assert_cmpuint(count_of(f, "baseline"), ==, 0);
}

/* The mark in the console is where the hunt begins, whatever the agent's message does. */
static void test_baseline_mark(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f,
				 HELLO "on plug +1 console [    1.0] pfnhunt: pha\n"
				       "on plug +2 console se plug\\n\n" WARNING RUNS ENDS,
				 POLICY, 0);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
	g_assert_cmpuint(count_of(f, "baseline"), ==, 0);
}

#define BAD_PAGE                                                                                   \
	"on go +20 console [    1.211000] BUG: Bad page state in process x  pfn:1077a6\\n\n"       \
	"on go +20 console [    1.211100] page:00000000ba547538 refcount:-1 mapcount:-384 "        \
	"mapping:0000000000000000 index:0x4 pfn:0x1077a6\\n\n"                                     \
	"on go +20 console [    1.211200] page dumped because: nonzero _refcount\\n\n"             \
	"on go +20 console [    1.211300] CPU: 1 PID: 112 Comm: x Not tainted 6.1.0 #1\\n\n"       \
	"on go +20 console [    1.211400] Call Trace:\\n[    1.211500]  bad_page+0x1/0x2\\n\n"     \
	"on go +20 console [    1.211600]  free_pcp_prepare+0x1/0x2\\n\n"

/* What a known issue led to came before it: that stops no boot. */
static void test_known_comes_late(BootFixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->root, "known.ini", NULL);
	g_autofree char *events = g_build_filename(f->root, "boot", "events.jsonl", NULL);
	const char *const paths[] = {path, NULL};
	g_autoptr(TriageKnown) known = NULL;
	g_autofree char *text = NULL;

	g_assert_true(g_file_set_contents(
		path, "[it]\nsignature=*fake-offline-page-referenced\nnote=n\n", -1, NULL));
	f->known = known = triage_known_load(paths, NULL);
	boot_fixture_play_policy(
		f,
		RUNS BAD_PAGE WARNING
		"on go +250 agent count t_ns=1450000000 inst=0 name=null-hammer steps=9 "
		"offlines=9\n"
		"on go +500 agent count t_ns=1700000000 inst=0 name=null-hammer steps=9 "
		"offlines=9\n"
		"on go +900 agent done t_ns=2100000000 reason=duration ops=1 steps=9\n"
		"on poweroff +5 exit 0\n",
		"stop=first-incident\nlinger=50ms\nduration=800ms\n[goal]\nops=any\n", 0);
	f->known = NULL;
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2");
	g_assert_cmpuint(f->splats, ==, 1);
	g_assert_cmpuint(count_of(f, "incidents"), ==, 1);
	g_assert_true(g_file_get_contents(events, &text, NULL, NULL));
	g_assert_null(strstr(text, "first incident"));
}

/* What the kernel says while it switches itself off counts. */
static void test_last_splat(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(
		f,
		RUNS "on go +300 agent done t_ns=1500000000 reason=duration ops=1 steps=9\n"
		     "on poweroff +1 console WARNING: CPU: 0 PID: 1 at drivers/virtio/"
		     "virtio_balloon.c:194 tell_host+0x4f/0x60\\n\n"
		     "on poweroff +2 console ---[ end trace 0000000000000000 ]---\\n\n"
		     "on poweroff +5 exit 0\n",
		POLICY, 0);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
}

#define KILLED_INIT                                                                                \
	"on go +60 console [    1.300000] Kernel panic - not syncing: Attempted to kill init! "    \
	"exitcode=0x0000000b\\n\n"                                                                 \
	"on go +60 console [    1.300100] CPU: 1 PID: 1 Comm: init Not tainted 6.1.0 #1\\n\n"      \
	"on go +60 console [    1.300200] ---[ end Kernel panic - not syncing: Attempted to kill " \
	"init! exitcode=0x0000000b ]---\\n\n"                                                      \
	"on go +61 event GUEST_PANICKED {\"action\": \"run\"}\n"
#define NULL_DEREF                                                                                 \
	"on go +50 console [    1.290000] BUG: kernel NULL pointer dereference, address: "         \
	"0090\\n\n"                                                                                \
	"on go +50 console [    1.290100] Oops: 0000 [#1] PREEMPT SMP NOPTI\\n\n"                  \
	"on go +50 console [    1.290200] CPU: 1 PID: 1 Comm: init Not tainted 6.1.0 #1\\n\n"      \
	"on go +50 console [    1.290300] RIP: 0010:zone_for_pfn_range+0x43/0x2c0\\n\n"            \
	"on go +50 console [    1.290400] ---[ end trace 0000000000000000 ]---\\n\n"

/* What the agent died of itself is no find; what the kernel killed it with is one. */
static void test_agent_end(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(
		f,
		RUNS "on go +50 console [    1.2] pfnhunt-agent: fatal sig\n"
		     "on go +51 console nal 11 in op pagemap at 0x7f01\\n\non go +60 exit 0\n",
		POLICY, 0);
	boot_fixture_expect(f, VERDICT_INFRA, "fatal signal 11 in op pagemap");
	boot_fixture_again(f);
	boot_fixture_play_policy(f, RUNS KILLED_INIT, POLICY, 0);
	boot_fixture_expect(f, VERDICT_INFRA, "killed by signal 11");
	g_assert_cmpuint(f->splats, ==, 0);
	boot_fixture_again(f);
	boot_fixture_play_policy(f,
				 RUNS "on go +60 console [    1.3] Kernel panic - not syncing: "
				      "System is deadlocked on memory\\n\n"
				      "on go +61 event GUEST_PANICKED {\"action\": \"run\"}\n",
				 POLICY, 0);
	boot_fixture_expect(f, VERDICT_INFRA, "too little memory");
	boot_fixture_again(f);
	boot_fixture_play_policy(f, RUNS NULL_DEREF KILLED_INIT, POLICY, 0);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
}

/* A thread that gets a little time now and then, as a vCPU does on a busy host. */
static gpointer slow(gpointer user)
{
	int *state = user;

	g_atomic_int_set(&state[0], (int)syscall(SYS_gettid));
	while (!g_atomic_int_get(&state[1]))
		g_usleep(20000);
	return NULL;
}

/* Before its first byte a guest has as long as its vCPUs are seen to go on; then it is no hang. */
static void test_late_console(BootFixture *f, gconstpointer data)
{
	int state[2] = {0};
	GThread *thread = g_thread_new("slow", slow, state);
	g_autofree char *late =
		g_strconcat("3000 console [    0.1] Linux version 6.1.0\\n\n"
			    "3020 agent hello proto=1 release=6.1.0 version=v machine=x86_64 "
			    "cpus=2 page_bytes=4096 block_bytes=134217728 t_ns=1000000000 "
			    "rec_pages=17\n",
			    strstr(RUNS, "on plug"), ENDS, NULL);
	pid_t tid;

	while (!g_atomic_int_get(&state[0]))
		g_usleep(1000);
	tid = g_atomic_int_get(&state[0]);
	f->console_ms = 1500;
	vm_fake_set_threads(&tid, 1);
	boot_fixture_play_policy(f, late, POLICY, 0);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2");
	g_atomic_int_set(&state[1], 1);
	g_thread_join(thread);

	/* Nobody knows what its vCPUs do: our own failure, and what comes later changes nothing. */
	boot_fixture_again(f);
	vm_fake_set_threads(NULL, 0);
	f->console_ms = 300;
	boot_fixture_play_policy(f, "500 console x\\n\n510 agent hello proto=1\n", POLICY, 0);
	boot_fixture_expect(f, VERDICT_INFRA, "not one byte");
	g_assert_cmpstr(f->result->phase, ==, "boot");
}

/* What does not run cannot answer. */
static void test_paused(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f, RUNS "on go +60 event STOP {}\n", POLICY, 0);
	boot_fixture_expect(f, VERDICT_INFRA, "was paused");
	boot_fixture_again(f);
	boot_fixture_play_policy(f, RUNS "on go +60 event STOP {}\non go +70 event RESUME {}\n",
				 POLICY, 0);
	boot_fixture_expect(f, VERDICT_HANG, "while the ops ran");
}

#define SILENT_900_MS                                                                              \
	RUNS "on go +900 agent count t_ns=2000000000 inst=0 name=null-hammer steps=9 offlines=9\n" \
	     "on go +910 agent done t_ns=2010000000 reason=duration ops=1 steps=9\n"               \
	     "on poweroff +5 exit 0\n"

/* 600 ms of silence hang a guest, but not one that is known to be slow, or that was slow to boot. */
static void test_patience(BootFixture *f, gconstpointer data)
{
	g_autofree char *slow =
		g_strconcat("1 console [    0.1] Linux version 6.1.0\\n\n"
			    "7000 agent hello proto=1 release=6.1.0 version=v machine=x86_64 "
			    "cpus=2 page_bytes=4096 block_bytes=134217728 t_ns=1000000000 "
			    "rec_pages=17\n",
			    strstr(SILENT_900_MS, "on plug"), NULL);

	boot_fixture_play_policy(f, SILENT_900_MS, POLICY, 0);
	boot_fixture_expect(f, VERDICT_HANG, "while the ops ran");
	boot_fixture_again(f);
	boot_fixture_play_policy(f, SILENT_900_MS, POLICY "[guest]\npatience=3\n", 0);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2");
	boot_fixture_again(f);
	f->hello_ms = 10000;
	boot_fixture_play_policy(f, slow, POLICY, 0);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2");
}

/* A guest that answers and never starts its ops comes to an end. */
static void test_endless_setup(BootFixture *f, gconstpointer data)
{
	g_autoptr(GString) script =
		g_string_new(HELLO "on plug +5 agent phase t_ns=1100000000 name=plug\n");

	for (guint ms = 100; ms < 8000; ms += 100)
		g_string_append_printf(script, "on go +%u agent pong id=1 t_ns=1\n", ms);
	boot_fixture_play_policy(f, script->str, POLICY, 0);
	boot_fixture_expect(f, VERDICT_HANG, "while the ops were set up");
}

static void test_row(BootFixture *f, gconstpointer data)
{
	const Row *row = data;

	boot_fixture_play_policy(f, row->script, row->policy, 0);
	boot_fixture_expect(f, row->verdict, row->words);
}

/* What went wrong stands in verdict.json by its name, with what it did. */
static void test_named(BootFixture *f, gconstpointer data)
{
	g_autoptr(JsonObject) o = NULL;
	JsonObject *first;
	JsonArray *all;

	boot_fixture_play_policy(f, SAYS("name=lines_dropped count=9"), POLICY, 0);
	o = boot_fixture_json(f);
	all = json_object_get_array_member(o, "impairments");
	g_assert_cmpuint(json_array_get_length(all), ==, 1);
	first = json_array_get_object_element(all, 0);
	g_assert_cmpstr(json_object_get_string_member(first, "name"), ==, "lines_dropped");
	g_assert_cmpstr(json_object_get_string_member(first, "source"), ==, "agent");
	g_assert_cmpstr(json_object_get_string_member(first, "effect"), ==, "unexposed");
	g_assert_cmpint(json_object_get_int_member(first, "count"), ==, 1);
	g_assert_nonnull(strstr(json_object_get_string_member(first, "text"), "count 9"));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(BootFixture *, gconstpointer);
	} tests[] = {
		{"/boot-trust/baseline", test_baseline},
		{"/boot-trust/baseline-incident", test_baseline_incident},
		{"/boot-trust/baseline-mark", test_baseline_mark},
		{"/boot-trust/known-comes-late", test_known_comes_late},
		{"/boot-trust/last-splat", test_last_splat},
		{"/boot-trust/agent-end", test_agent_end},
		{"/boot-trust/late-console", test_late_console},
		{"/boot-trust/paused", test_paused},
		{"/boot-trust/patience", test_patience},
		{"/boot-trust/endless-setup", test_endless_setup},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *name = g_strconcat("/boot-trust/", rows[i].name, NULL);

		g_test_add(name, BootFixture, &rows[i], boot_fixture_set_up, test_row,
			   boot_fixture_tear_down);
	}
	g_test_add("/boot-trust/named", BootFixture, NULL, boot_fixture_set_up, test_named,
		   boot_fixture_tear_down);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, BootFixture, NULL, boot_fixture_set_up, tests[i].run,
			   boot_fixture_tear_down);
	return g_test_run();
}
