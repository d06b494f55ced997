/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a boot on the scripted machine: every end that a guest can come to gets its
 * verdict, every wait ends, and the evidence is there.
 */
#include "tests/unit/boot-fixture.h"
#include "harness/results/model.h"
#include "host-driver/base/tree.h"
#include "host-driver/base/error.h"
#include "host-driver/fake/fake.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

static void test_clean(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, RUNS ENDS);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2 ops");
	g_assert_cmpuint(f->result->offlines, ==, 9);
	g_assert_cmpuint(f->result->skipped->len, ==, 1);
	g_assert_cmpstr(g_ptr_array_index(f->result->skipped, 0), ==, "null-walker: no DAMON");
	g_assert_cmpuint(f->splats, ==, 0);
}

#define EXPOSED                                                                                    \
	"on go +4 agent probe t_ns=1200000000 layer=kprobe on=1 reason=no%20BTF\n"                 \
	"on go +5 agent window t_ns=1220000000 name=dec opened=3 open_ns=5000 longest_ns=4000 "    \
	"overlap=0 lost=0\n"                                                                       \
	"on go +6 agent visit t_ns=1220000000 walker=damon func=damon_get_folio window=dec "       \
	"visits=9 inside=2 offline=1 nearest_ns=77\n"                                              \
	"on go +8 agent window t_ns=1225000000 name=dec opened=5 open_ns=9000 longest_ns=4000 "    \
	"overlap=0 lost=0\n"

/* What was told stands in the verdict; goals that it reaches leave the boot clean. */
static void test_exposure(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(
		f, RUNS EXPOSED ENDS,
		"duration=100ms\n[goal]\nops=any\nofflines=9\nwindows.dec=5\nvisits.damon=2\n", 0);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2 ops");
	g_assert_cmpstr(f->result->exposure->layer, ==, "kprobe");
	g_assert_cmpstr(f->result->exposure->reason, ==, "no BTF");
	g_assert_cmpuint(exposure_opened(f->result->exposure, "dec"), ==, 5);
	g_assert_cmpuint(exposure_inside(f->result->exposure, "damon", NULL), ==, 2);
	{
		g_autofree char *dir = g_build_filename(f->root, "boot", NULL);
		g_autoptr(RBoot) boot = results_boot_load(dir, NULL);

		g_assert_cmpuint(exposure_opened(boot->exposure, "dec"), ==, 5);
		g_assert_cmpint(exposure_nearest_ns(boot->exposure, "damon", "dec"), ==, 77);
	}
}

static void test_goals(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f, RUNS EXPOSED ENDS, data, 0);
	boot_fixture_expect(f, VERDICT_UNEXPOSED, strchr((const char *)data, '#') + 1);
}

/* The policy, and what the reason must say. */
static const char *const goals[] = {
	"duration=100ms\n#null-walker did not run: no DAMON",
	"duration=100ms\n[goal]\nops=any\nofflines=10\n#offlines = 10, but there were 9",
	"duration=100ms\n[goal]\nops=any\nwindows=6\n#windows = 6, but there were 5",
	"duration=100ms\n[goal]\nops=any\nwindows.plug=1\n#windows.plug = 1, but there were 0",
	"duration=100ms\n[goal]\nops=any\nvisits.damon=3\n#were 2 (nearest miss 0.1 us)",
	"duration=100ms\n[goal]\nops=any\nvisits.null-walker=1\n#visits.null-walker = 1, but",
};

/* A guest that dies keeps what it told in its last second. */
static void test_exposure_of_the_dead(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, RUNS EXPOSED WARNING);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
	g_assert_cmpuint(exposure_opened(f->result->exposure, "dec"), ==, 5);
}

static void test_incident(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, RUNS WARNING ENDS);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
	g_assert_cmpuint(f->splats, ==, 1);
	g_assert_true(f->result->hit.any);
	g_assert_cmpstr(f->result->hit.family, ==, "fake-offline");
	g_assert_cmpstr(f->result->hit.reason, ==, "fake-offline page referenced");
	g_assert_cmpstr(f->result->hit.where, ==, "drivers/virtio/virtio_mem.c:1208");
	g_assert_cmpint(f->result->hit.block, ==, 0x1077a6 / 32768);
	/* 1.2211 s of the guest's clock, ops started at 1.2 s, hello at 1.0 s. */
	g_assert_cmpfloat_with_epsilon(f->result->hit.after_go_s, 0.021, 0.002);
	g_assert_cmpfloat_with_epsilon(f->result->hit.after_hello_s, 0.221, 0.002);
}

/* DIMMs come and go by the schedule; each plug is another device. */
static void test_dimm(BootFixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->root, "boot", "events.jsonl", NULL);
	g_autofree char *events = NULL;

	boot_fixture_play_policy(
		f,
		RUNS "on go +500 agent log text=x\non go +900 agent log text=x\n"
		     "on go +1000 agent done t_ns=3960000000 reason=duration ops=1 steps=9"
		     "\non poweroff +5 exit 0\n",
		"duration=900ms\n[goal]\nops=any\n[dimm]\ncount=2\nperiod=60ms\njitter=20ms\n", 0);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2 ops");
	g_assert_true(g_file_get_contents(path, &events, NULL, NULL));
	g_assert_nonnull(strstr(events, "{\"host\":\"dimm-plug\",\"device\":\"dimm0\""));
	g_assert_nonnull(strstr(events, "{\"host\":\"dimm-unplug\",\"device\":\"dimm0\""));
	g_assert_nonnull(strstr(events, "{\"host\":\"dimm-plug\",\"device\":\"dimm3\""));
	g_assert_null(strstr(events, "failed"));
}

/* The agent's last look, when the size has stood still for a while. */
#define CENSUS(pages, unread)                                                                      \
	RUNS "on go +500 agent log text=x\non go +1000 agent log text=x\n"                         \
	     "on go +1500 agent log text=x\non go +2000 agent log text=x\n"                        \
	     "on go +2400 agent log text=x\non go +2700 agent event t_ns=3900000000 inst=1 "       \
	     "name=census op=census "                                                              \
	     "plugged_pages=" pages " unread_blocks=" unread "\n"                                  \
	     "on go +2750 agent done t_ns=3960000000 reason=duration ops=1 steps=9\n"              \
	     "on poweroff +5 exit 0\n"

static void test_plugged(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f, CENSUS("1025", "0"), "duration=2s\n[goal]\nops=any\n", 0);
	g_assert_cmpint(f->result->verdict, ==, VERDICT_INCIDENT);
	g_assert_cmpstr(f->result->hit.title, ==, "silent: more used than plugged");
	g_assert_cmpstr(f->result->hit.family, ==, "silent");
	g_assert_cmpstr(f->result->hit.signature, ==, "silent:more-used-than-plugged");
}

static void test_plugged_unread(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f, CENSUS("1025", "1"), "duration=2s\n[goal]\nops=any\n", 0);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2 ops");
}

static void test_plugged_well(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f, CENSUS("1024", "0"), "duration=2s\n[goal]\nops=any\n", 0);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2 ops");
}

/* The WARN, then silence: a dead guest with evidence is an incident, not a hang. */
static void test_incident_then_dead(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, RUNS WARNING);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
}

/* Nothing will ever be plugged: it ends there, and says what to pass. */
static void test_no_driver(BootFixture *f, gconstpointer data)
{
	f->patient = TRUE;
	boot_fixture_play(f, HELLO "on plug +1 agent phase t_ns=1100000000 name=plug\n"
				   "on plug +5 agent event t_ns=1100000001 name=no_driver\n"
				   "on ping +1 agent pong id=1 t_ns=1\n");
	boot_fixture_expect(f, VERDICT_INFRA, "--modules");
}

/* The thread that plugs memory died of a splat, the others still talk: it ends all the same. */
static void test_dead_while_plugging(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(
		f,
		HELLO "on plug +1 agent phase t_ns=1100000000 name=plug\n"
		      "on plug +5 console BUG: kernel NULL pointer dereference, address: 0090\\n\n"
		      "on plug +6 console Oops: 0000 [#1] PREEMPT SMP NOPTI\\n\n"
		      "on plug +7 console RIP: 0010:zone_for_pfn_range+0x43/0x2c0\\n\n"
		      "on plug +8 console ---[ end trace 0000000000000000 ]---\\n\n"
		      "on ping +1 agent pong id=1 t_ns=1\n");
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
}

static void test_stop_at_first(BootFixture *f, gconstpointer data)
{
	gint64 start = g_get_monotonic_time();

	boot_fixture_play_policy(
		f,
		RUNS WARNING "on stop +5 agent done t_ns=1300000000 reason=stop ops=1 steps=9\n"
			     "on poweroff +5 exit 0\n"
			     "100 agent log text=x\n200 agent log text=x\n300 agent log text=x\n"
			     "400 agent log text=x\n500 agent log text=x\n600 agent log text=x\n"
			     "700 agent log text=x\n800 agent log text=x\n900 agent log text=x\n",
		"duration=1h\nstop=first-incident\nlinger=100ms\n", 0);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
	g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * G_USEC_PER_SEC);
}

static void test_emulator(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(
		f, "10 console [    0.958861] Oops: int3: 0000 [#1] SMP NOPTI\\n\n"
		   "10 console [    0.959799] CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted "
		   "7.3.4 #1 "
		   "PREEMPT(lazy)\\n\n"
		   "10 console [    0.960000] RIP: 0010:sched_clock_cpu+0x9/0x70\\n\n"
		   "10 console [    0.960100] Call Trace:\\n[    0.960200]  <TASK>\\n\n"
		   "10 console [    0.960300]  sched_clock+0x10/0x20\\n[    0.960400]  </TASK>\\n\n"
		   "10 console [    0.960500] ---[ end trace 0000000000000000 ]---\\n\n");
	boot_fixture_expect(f, VERDICT_EMULATOR, "int3");
}

/* The evidence of one boot is never written over by another. */
static void test_folder_taken(BootFixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->root, "boot", NULL);

	g_assert_cmpint(g_mkdir(dir, 0755), ==, 0);
	f->refusal = "File exists";
	boot_fixture_play(f, RUNS ENDS);
}

/* The words after our NMI are the reader's, unless they say that the emulator hung the guest. */
static void test_emulator_hang(BootFixture *f, gconstpointer data)
{
#define NMI_PANIC(rip, frame)                                                                      \
	"on nmi +1 console [   13.773018] Uhhuh. NMI received for unknown reason 21 on CPU "       \
	"0.\\n\n"                                                                                  \
	"on nmi +2 console [   13.773018] Kernel panic - not syncing: NMI: Not continuing\\n\n"    \
	"on nmi +3 console [   13.773018] CPU: 0 PID: 97 Comm: pfnhunt-look Not tainted 6.1.0 "    \
	"#1\\n\n"                                                                                  \
	"on nmi +4 console [   13.773018] Call Trace:\\n[   13.773018]  <NMI>\\n\n"                \
	"on nmi +5 console [   13.773018]  panic+0x118/0x2f4\\n\n"                                 \
	"on nmi +6 console [   13.773018]  end_repeat_nmi+0x16/0x67\\n\n"                          \
	"on nmi +7 console [   13.773018] RIP: 0010:" rip "+0x35/0x40\\n\n"                        \
	"on nmi +8 console [   13.773018]  </NMI>\\n[   13.773018]  <TASK>\\n\n"                   \
	"on nmi +9 console [   13.773018]  " frame "+0x122/0x730\\n\n"                             \
	"on nmi +9 console [   13.773018]  kpageflags_read+0x84/0xd0\\n\n"                         \
	"on nmi +9 console [   13.773018]  </TASK>\\n\n"
	boot_fixture_play(f, RUNS NMI_PANIC("asm_exc_int3", "stable_page_flags"));
	boot_fixture_expect(f, VERDICT_EMULATOR, "int3");
	boot_fixture_again(f);
	boot_fixture_play(f, RUNS NMI_PANIC("notify_die", "asm_exc_int3"));
	boot_fixture_expect(f, VERDICT_EMULATOR, "int3");
	boot_fixture_again(f);
	boot_fixture_play(f, RUNS NMI_PANIC("stable_page_flags", "? asm_exc_int3"));
	boot_fixture_expect(f, VERDICT_HANG, "while the ops ran");
	boot_fixture_again(f);
	boot_fixture_play(
		f,
		RUNS NMI_PANIC("native_safe_halt",
			       "default_idle") "on nmi +10 console [   13.801386] Sending NMI from "
					       "CPU 0 to CPUs 1:\\n\n"
					       "on nmi +10 console [   13.803452] NMI backtrace "
					       "for cpu 1\\n\n"
					       "on nmi +10 console [   13.803452] CPU: 1 PID: 100 "
					       "Comm: census Not tainted 6.1.0 #1\\n\n"
					       "on nmi +10 console [   13.803452] RIP: "
					       "0010:asm_exc_int3+0x35/0x40\\n\n");
	boot_fixture_expect(f, VERDICT_EMULATOR, "int3");
#undef NMI_PANIC
}

static void test_hang(BootFixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->root, "boot", "events.jsonl", NULL);
	g_autofree char *events = NULL;

	boot_fixture_play(f, RUNS);
	boot_fixture_expect(f, VERDICT_HANG, "while the ops ran");
	g_assert_true(g_file_get_contents(path, &events, NULL, NULL));
	g_assert_nonnull(strstr(events, "\"nmi\""));
}

static void test_no_hello(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(
		f, "10 console Linux version\\n\non nmi +5 console Uhhuh. NMI received\\n\n");
	boot_fixture_expect(f, VERDICT_HANG, "before its hello");
	g_assert_cmpstr(f->result->phase, ==, "boot");
	/* Under TCG a kernel that does not even say that is not what hangs. */
	boot_fixture_again(f);
	boot_fixture_play(f, "10 console Linux version\\n\n");
	boot_fixture_expect(f, VERDICT_EMULATOR, "no CPU took our NMI");
}

static void test_no_byte(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, "");
	boot_fixture_expect(f, VERDICT_INFRA, "not one byte");
}

static void test_lost(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, RUNS "on go +40 exit 9\n");
	boot_fixture_expect(f, VERDICT_LOST, "QEMU ended");
}

/* As a triple fault looks from outside. */
static void test_reset(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(
		f, RUNS "on go +40 event SHUTDOWN {\"guest\": true, \"reason\": \"guest-reset\"}\n"
			"on go +60 exit 0\n");
	boot_fixture_expect(f, VERDICT_LOST, "the guest reset itself");
}

/* The race, with its signature among the known issues. */
static void play_known(BootFixture *f, const char *script, gboolean strict)
{
	g_autofree char *path = g_build_filename(f->root, "known.ini", NULL);
	const char *const paths[] = {path, NULL};
	g_autoptr(TriageKnown) known = NULL;

	g_assert_true(g_file_set_contents(
		path, "[it]\nsignature = warning:drivers/virtio/virtio_mem.c:*\nnote = reported\n",
		-1, NULL));
	f->known = known = triage_known_load(paths, NULL);
	f->strict = strict;
	boot_fixture_play(f, script);
	f->known = NULL;
}

/* The first and only incident of verdict.json. (transfer full) */
static JsonObject *only_incident(BootFixture *f)
{
	g_autoptr(JsonObject) o = boot_fixture_json(f);
	JsonArray *all = json_object_get_array_member(o, "incidents");

	g_assert_cmpuint(json_array_get_length(all), ==, 1);
	return json_object_ref(json_array_get_object_element(all, 0));
}

static void expect_hang(BootFixture *f, const char *script, const char *signature)
{
	g_autoptr(JsonObject) hang = NULL;

	boot_fixture_play(f, script);
	g_assert_cmpint(f->result->verdict, ==, VERDICT_HANG);
	hang = only_incident(f);
	g_assert_cmpstr(json_object_get_string_member(hang, "family"), ==, "hang");
	g_assert_cmpstr(json_object_get_string_member(hang, "signature"), ==, signature);
	g_assert_cmpstr(json_object_get_string_member(hang, "title"), ==, f->result->reason);
	g_assert_cmpint(json_object_get_boolean_member(hang, "evidence"), ==,
			g_str_equal(f->result->phase, "hunt"));
	boot_fixture_again(f);
}

#define OVERDUE                                                                                    \
	"on go +50 agent event t_ns=1250000000 name=offline_overdue inst=0 block=33 ms=5000\n"
#define STUCK                                                                                      \
	"on go +50 agent event t_ns=1250000000 name=stuck inst=0\n"                                \
	"on go +300 agent done t_ns=1500000000 reason=stuck ops=1 steps=9\non poweroff +5 exit "   \
	"0\n"

/* Where a guest hung is a signature, as of a splat. */
static void test_hang_signatures(BootFixture *f, gconstpointer data)
{
	expect_hang(f, "10 console Linux version\\n\non nmi +5 console Uhhuh. NMI received\\n\n",
		    "hang:boot");
	expect_hang(f, HELLO, "hang:plug");
	expect_hang(f, RUNS, "hang:run");
	expect_hang(f, RUNS OVERDUE ENDS, "hang:endless-offline:null-hammer");
	expect_hang(f, RUNS STUCK, "hang:stuck:null-hammer");
}

static void play_known_hang(BootFixture *f, const char *script, const char *signature,
			    gboolean strict)
{
	g_autofree char *path = g_build_filename(f->root, "known.ini", NULL);
	g_autofree char *text = g_strdup_printf("[it]\nsignature = %s\nnote = n\n", signature);
	const char *const paths[] = {path, NULL};
	g_autoptr(TriageKnown) known = NULL;

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	f->known = known = triage_known_load(paths, NULL);
	f->strict = strict;
	boot_fixture_play(f, script);
	f->known = NULL;
}

/* A known hang is no hit, and is named. */
static void test_known_hang(BootFixture *f, gconstpointer data)
{
	g_autoptr(JsonObject) hang = NULL;

	play_known_hang(f, RUNS, "hang:run", FALSE);
	boot_fixture_expect(f, VERDICT_KNOWN, "a known issue: it: no word from the agent");
	g_assert_cmpstr(f->result->ended_by_known, ==, "it");
	g_assert_cmpuint(f->result->known_count, ==, 1);
	hang = only_incident(f);
	g_assert_cmpstr(json_object_get_string_member(hang, "known"), ==, "n");
	boot_fixture_again(f);
	play_known_hang(f, RUNS OVERDUE ENDS, "hang:endless-offline:*", FALSE);
	boot_fixture_expect(f, VERDICT_KNOWN, "memory33");
	boot_fixture_again(f);
	play_known_hang(f, RUNS, "hang:boot", FALSE);
	boot_fixture_expect(f, VERDICT_HANG, "no word");
	boot_fixture_again(f);
	play_known_hang(f, RUNS, "hang:*", TRUE);
	boot_fixture_expect(f, VERDICT_HANG, "no word");
}

static void test_known(BootFixture *f, gconstpointer data)
{
	play_known(f, RUNS WARNING ENDS, FALSE);
	boot_fixture_expect(f, VERDICT_CLEAN, "1 of 2 ops");
	g_assert_cmpuint(f->result->known_count, ==, 1);
	g_assert_null(f->result->ended_by_known);
}

/* A guest that falls silent after a known issue died of that. */
static void test_known_death(BootFixture *f, gconstpointer data)
{
	play_known(f, RUNS WARNING, FALSE);
	boot_fixture_expect(f, VERDICT_KNOWN, "the guest died of a known issue: it");
	g_assert_cmpstr(f->result->ended_by_known, ==, "it");
	g_assert_cmpstr(f->result->phase, ==, "hunt");
}

/* A task that died of one takes its op along, though the guest lives on to its end. */
static void test_known_oops(BootFixture *f, gconstpointer data)
{
	play_known(
		f,
		RUNS WARNING
		"on go +60 console [    1.300000] BUG: kernel NULL pointer dereference, "
		"address: 0090\\n\n"
		"on go +60 console [    1.300100] Oops: 0000 [#1] PREEMPT SMP NOPTI\\n\n"
		"on go +60 console [    1.300200] CPU: 0 PID: 111 Comm: agent Not tainted "
		"6.1.0 #1\\n\n"
		"on go +60 console [    1.300300] RIP: 0010:zone_for_pfn_range+0x43/0x2c0\\n\n"
		"on go +60 console [    1.300400] ---[ end trace 0000000000000000 ]---\\n\n" ENDS,
		FALSE);
	boot_fixture_expect(f, VERDICT_KNOWN, "a task of the guest died of a known issue: it");
	g_assert_cmpstr(f->result->ended_by_known, ==, "it");
}

static void test_strict(BootFixture *f, gconstpointer data)
{
	play_known(f, RUNS WARNING ENDS, TRUE);
	boot_fixture_expect(f, VERDICT_INCIDENT, "1 incident");
}

static void test_standing_still(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, HELLO
			  "on plug +5 agent phase t_ns=1100000000 name=plug\n"
			  "on go +1 agent opstate inst=0 name=null-hammer state=ready\n"
			  "on go +1 agent opstate inst=1 name=null-walker state=ready\n"
			  "on go +2 agent phase t_ns=1200000000 name=run\n"
			  "on go +10 agent count t_ns=1 inst=0 name=null-hammer steps=5\n"
			  "on go +20 agent count t_ns=2 inst=0 name=null-hammer steps=5\n"
			  "on go +300 agent done t_ns=1500000000 reason=duration ops=2 steps=5\n"
			  "on poweroff +5 exit 0\n");
	boot_fixture_expect(f, VERDICT_UNEXPOSED, "stood still");
}

static void test_wrong_protocol(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, "10 console x\\n\n20 agent hello proto=99\n");
	boot_fixture_expect(f, VERDICT_INFRA, "protocol 99");
}

/* Garbage of every kind ends as evidence on disk, and the boot as if it were not there. */
static void test_garbage(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, RUNS "on go +5 agent count t_ns=1 inst=99999 name=x steps=1\n"
				  "on go +5 agent nonsense a=b\n"
				  "on go +5 agent plan proto=1\n"
				  "on go +5 agent rec first=0 pfns=zz,1\n"
				  "on go +5 agent rec first=99999999999999999999 pfns=1\n"
				  "on go +5 agent event inst=0 name=\n"
				  "on go +5 agent kmsg seq=1\n"
				  "on go +5 console \\x00\\xff\\x1b[2J\\x9b\\n\n" ENDS);
	boot_fixture_expect(f, VERDICT_UNEXPOSED, "a line of the agent was none");
}

/* A line of more than the protocol allows is dropped, and that is told. */
static void test_long_line(BootFixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->root, "boot", "events.jsonl", NULL);
	g_autofree char *text = g_strnfill(WIRE_LINE_MAX, 'x'), *events = NULL;
	g_autofree char *script =
		g_strconcat(RUNS "on go +5 agent log text=", text, "\n" ENDS, NULL);

	boot_fixture_play(f, script);
	boot_fixture_expect(f, VERDICT_UNEXPOSED, "lines of the agent were too long: 1");
	g_assert_true(g_file_get_contents(path, &events, NULL, NULL));
	g_assert_nonnull(strstr(events, "{\"host\":\"long-lines-dropped\",\"count\":\"1\""));
}

/* The reason is whatever QEMU's host says; words or not. */
static void test_host_lost(BootFixture *f, gconstpointer data)
{
	boot_fixture_play(f, RUNS "on go +5 event PFNHUNT_HOST_LOST {\"reason\": 5}\n");
	boot_fixture_expect(f, VERDICT_INFRA, "fake went away");
	g_assert_true(f->result->host_lost);
}

static void test_interrupt(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f,
				 RUNS
				 "on stop +5 agent done t_ns=1300000000 reason=stop ops=1 steps=9\n"
				 "on poweroff +5 exit 0\n",
				 "duration=1h\n[goal]\nops=any\n", 400);
	boot_fixture_expect(f, VERDICT_UNEXPOSED, "interrupted");
}

/* Cut after its goal it keeps what it is worth. */
static void test_interrupt_after_goal(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f,
				 RUNS
				 "on stop +5 agent done t_ns=1300000000 reason=stop ops=1 steps=9\n"
				 "on poweroff +5 exit 0\n",
				 "duration=1h\n[goal]\nops=any\nofflines=9\n", 400);
	boot_fixture_expect(f, VERDICT_CLEAN, "until interrupted");
	g_assert_cmpstr(f->result->censored, ==, "interrupted");
}

static void test_interrupt_early(BootFixture *f, gconstpointer data)
{
	boot_fixture_play_policy(f, "10 console Linux version\\n\n", "duration=1h\n", 100);
	boot_fixture_expect(f, VERDICT_UNEXPOSED, "interrupted");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(BootFixture *, gconstpointer);
	} tests[] = {
		{"/boot/clean", test_clean},
		{"/boot/exposure", test_exposure},
		{"/boot/exposure-of-the-dead", test_exposure_of_the_dead},
		{"/boot/incident", test_incident},
		{"/boot/dimm", test_dimm},
		{"/boot/plugged", test_plugged},
		{"/boot/plugged-unread", test_plugged_unread},
		{"/boot/plugged-well", test_plugged_well},
		{"/boot/incident-then-dead", test_incident_then_dead},
		{"/boot/no-driver", test_no_driver},
		{"/boot/dead-while-plugging", test_dead_while_plugging},
		{"/boot/stop-at-first", test_stop_at_first},
		{"/boot/emulator", test_emulator},
		{"/boot/folder-taken", test_folder_taken},
		{"/boot/emulator-hang", test_emulator_hang},
		{"/boot/hang", test_hang},
		{"/boot/no-hello", test_no_hello},
		{"/boot/no-byte", test_no_byte},
		{"/boot/lost", test_lost},
		{"/boot/reset", test_reset},
		{"/boot/hang-signatures", test_hang_signatures},
		{"/boot/known-hang", test_known_hang},
		{"/boot/known", test_known},
		{"/boot/known-death", test_known_death},
		{"/boot/known-oops", test_known_oops},
		{"/boot/strict", test_strict},
		{"/boot/standing-still", test_standing_still},
		{"/boot/wrong-protocol", test_wrong_protocol},
		{"/boot/garbage", test_garbage},
		{"/boot/long-line", test_long_line},
		{"/boot/host-lost", test_host_lost},
		{"/boot/interrupt", test_interrupt},
		{"/boot/interrupt-after-goal", test_interrupt_after_goal},
		{"/boot/interrupt-early", test_interrupt_early},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, BootFixture, NULL, boot_fixture_set_up, tests[i].run,
			   boot_fixture_tear_down);
	for (gsize i = 0; i < G_N_ELEMENTS(goals); i++) {
		g_autofree char *name = g_strdup_printf("/boot/goal/%zu", i);

		g_test_add(name, BootFixture, goals[i], boot_fixture_set_up, test_goals,
			   boot_fixture_tear_down);
	}
	return g_test_run();
}
