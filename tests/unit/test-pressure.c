/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pressure from the host: when it comes, what it does to a thread, and that it always ends. */
#include "harness/scenario/plan.h"
#include "host-driver/base/json.h"
#include "host-driver/pressure/discard.h"
#include "host-driver/base/error.h"
#include "host-driver/pressure/hog.h"
#include "host-driver/pressure/vcpu.h"
#include "host-driver/fake/fake.h"
#include "hunt-fixture.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SCRIPT HUNT_ENDS("500")
#define DIES   SCRIPT "on go +200 exit 0\n"

static Scenario *parse(const char *groups)
{
	g_autofree char *text = g_strconcat(HUNT_SCENARIO, groups, NULL);
	g_autoptr(GError) error = NULL;
	Scenario *s = scenario_parse("t.ini", text, &error);

	g_assert_no_error(error);
	return s;
}

static void test_scenario(void)
{
	static const char *const bad[][2] = {
		{"[pressure nope]\n", "no such pressure"},
		{"[pressure ]\n", "no such pressure"},
		{"[pressure discard]\nbytes=1\n", "there are size, hold, period, jitter"},
		{"[pressure pause]\nvcpus=1\n", "no such key; there are hold, period, jitter"},
		{"[pressure hog]\nhold=6s\n", "not between"},
		{"[pressure vcpu-stop]\nperiod=20ms\njitter=20ms\n", "not below period"},
	};
	g_autoptr(Scenario) s =
		parse("[pressure vcpu-stop]\nvcpus=2\njitter=1ms\n[pressure pause]\n[pressure "
		      "pause#long]\nhold=2s\nperiod=9s\n");
	const Pressure *stop = g_ptr_array_index(s->pressures, 0);
	const Pressure *pause = g_ptr_array_index(s->pressures, 2);

	g_assert_cmpuint(s->pressures->len, ==, 3);
	g_assert_cmpint(stop->kind, ==, PRESSURE_VCPU_STOP);
	g_assert_cmpuint(stop->count, ==, 2);
	g_assert_cmpuint(stop->jitter_ms, ==, 1);
	g_assert_cmpint(pause->kind, ==, PRESSURE_PAUSE);
	g_assert_cmpstr(pause->label, ==, "pause#long");
	g_assert_cmpuint(pause->hold_ms, ==, 2000);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *text = g_strconcat(HUNT_SCENARIO, bad[i][0], NULL);
		g_autoptr(GError) error = NULL;

		g_assert_null(scenario_parse("t.ini", text, &error));
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, bad[i][1]));
	}
}

/* Every kind has keys, and every group of keys is a kind's. */
static void test_table(void)
{
	guint seen = 0;

	for (guint i = 0; i < PRESSURE_KINDS; i++) {
		g_autofree char *group = g_strdup_printf("pressure %s", pressure_infos[i].name);
		PressureKind kind;

		g_assert_true(pressure_find(pressure_infos[i].name, &kind));
		g_assert_cmpuint(kind, ==, i);
		for (const ScenarioKey *k = scenario_keys; k->group; k++)
			seen += g_str_equal(k->group, group);
	}
	for (const ScenarioKey *k = scenario_keys; k->group; k++)
		seen -= g_str_has_prefix(k->group, "pressure ");
	g_assert_cmpuint(seen, ==, 0);
}

static void test_schedule(void)
{
	const Pressure p = {
		.kind = PRESSURE_VCPU_STOP, .period_ms = 50, .jitter_ms = 49, .hold_ms = 10};
	g_autoptr(PressureSchedule) a = pressure_schedule_new(&p, 3, 7);
	g_autoptr(PressureSchedule) same = pressure_schedule_new(&p, 3, 7);
	g_autoptr(PressureSchedule) other = pressure_schedule_new(&p, 3, 8);
	guint64 end_ms = 0, sum_ms = 0;
	guint vcpus[3] = {0}, differ = 0;

	for (guint i = 0; i < 3000; i++) {
		PressureStep x = pressure_schedule_next(a), y = pressure_schedule_next(same),
			     z = pressure_schedule_next(other);

		g_assert_true(x.t_ms == y.t_ms && x.hold_ms == y.hold_ms && x.vcpu == y.vcpu);
		differ += x.t_ms != z.t_ms || x.vcpu != z.vcpu;
		g_assert_cmpuint(x.t_ms, >, end_ms);
		g_assert_cmpuint(x.hold_ms, >=, 5);
		g_assert_cmpuint(x.hold_ms, <=, 10);
		g_assert_cmpuint(x.vcpu, <, 3);
		end_ms = x.t_ms + x.hold_ms;
		vcpus[x.vcpu]++;
		sum_ms += x.hold_ms;
	}
	g_assert_cmpuint(differ, >, 2000);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpuint(vcpus[i], >, 800);
	g_assert_cmpuint(end_ms / 3000, >=, 45);
	g_assert_cmpuint(end_ms / 3000, <=, 56);
	g_assert_cmpuint(sum_ms / 3000, >=, 7);
}

/* Holds longer than the period follow each other without a gap that makes no sense. */
static void test_tight(void)
{
	const Pressure p = {.kind = PRESSURE_PAUSE, .period_ms = 1, .hold_ms = 1};
	g_autoptr(PressureSchedule) a = pressure_schedule_new(&p, 1, 0);
	guint64 end_ms = 0;

	for (guint i = 0; i < 100; i++) {
		PressureStep x = pressure_schedule_next(a);

		g_assert_cmpuint(x.t_ms, ==, end_ms + 1);
		g_assert_cmpuint(x.hold_ms, ==, 1);
		end_ms = x.t_ms + x.hold_ms;
	}
}

static void test_plan(void)
{
	g_autoptr(Scenario) s = parse("[guest]\ncpus=4\n[pressure vcpu-stop]\n[pressure hog]\n");
	g_autoptr(Scenario) bare = parse("[guest]\ncpus=4\n");
	g_autoptr(GPtrArray) modules = g_ptr_array_new();
	g_autofree char *one = plan_to_text(s, 5, modules, 0, 3);
	g_autofree char *two = plan_to_text(s, 5, modules, 0, 3);
	g_autofree char *third = plan_to_text(s, 6, modules, 0, 3);
	g_autofree char *without = plan_to_text(bare, 5, modules, 0, 3);

	g_assert_cmpstr(one, ==, two);
	g_assert_cmpstr(one, !=, third);
	g_assert_nonnull(strstr(one, "name=vcpu-stop hold_ms="));
	/* It changes nothing of the rest. */
	g_assert_true(g_str_has_prefix(one, without));
}

/* Its places are all over the memory, and it alone draws them. */
static void test_places(void)
{
	const Pressure p = {.kind = PRESSURE_DISCARD, .period_ms = 50, .hold_ms = 10};
	const Pressure other = {.kind = PRESSURE_PAUSE, .period_ms = 50, .hold_ms = 10};
	g_autoptr(PressureSchedule) a = pressure_schedule_new(&p, 2, 7);
	g_autoptr(PressureSchedule) same = pressure_schedule_new(&p, 2, 7);
	g_autoptr(PressureSchedule) b = pressure_schedule_new(&other, 2, 7);
	guint quarters[4] = {0};

	for (guint i = 0; i < 400; i++) {
		PressureStep x = pressure_schedule_next(a);

		g_assert_cmpuint(x.place, ==, pressure_schedule_next(same).place);
		g_assert_cmpuint(x.place, <, DISCARD_PLACES);
		g_assert_cmpuint(pressure_schedule_next(b).place, ==, 0);
		quarters[x.place / (DISCARD_PLACES / 4)]++;
	}
	for (guint i = 0; i < 4; i++)
		g_assert_cmpuint(quarters[i], >, 50);
}

typedef struct {
	volatile guint64 *work; /* of two threads: how much it did, and its id */
	pid_t child;
} Worker;

static gpointer work(gpointer user)
{
	volatile guint64 *mine = user;

	mine[1] = (guint64)gettid();
	for (;;)
		mine[0]++;
	return NULL;
}

/* A child with two busy threads beside its first one. */
static Worker worker_start(void)
{
	Worker w = {.work = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				 0)};

	g_assert_true(w.work != MAP_FAILED);
	w.child = fork();
	g_assert_cmpint(w.child, >=, 0);
	if (w.child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		g_thread_new("a", work, (gpointer)w.work);
		g_thread_new("b", work, (gpointer)(w.work + 2));
		for (;;)
			pause();
	}
	while (!w.work[1] || !w.work[3])
		g_usleep(1000);
	return w;
}

/* Whether it does anything, within 100 ms, or 10 s where it should: the machine may be busy. */
static gboolean moves(const Worker *w, guint thread, gboolean expected)
{
	guint64 before = w->work[thread * 2];
	gint64 until_us = g_get_monotonic_time() + (expected ? 10 : 0) * G_USEC_PER_SEC + 100000;

	while (w->work[thread * 2] == before && g_get_monotonic_time() < until_us)
		g_usleep(1000);
	return w->work[thread * 2] != before;
}

static void worker_end(Worker *w)
{
	kill(w->child, SIGKILL);
	g_assert_cmpint(waitpid(w->child, NULL, 0), ==, w->child);
	munmap((gpointer)w->work, 4096);
}

/* One thread stands still, the other one of the same process runs on. */
static void test_hold(void)
{
	Worker w = worker_start();
	pid_t tid = (pid_t)w.work[1];

	g_assert_true(moves(&w, 0, TRUE));
	for (guint i = 0; i < 3; i++) {
		g_assert_cmpint(vcpu_hold(tid), ==, 0);
		g_assert_cmpint(vcpu_hold(tid), ==, -EPERM); /* it is held */
		g_usleep(20000);
		g_assert_false(moves(&w, 0, FALSE));
		g_assert_true(moves(&w, 1, TRUE));
		g_assert_cmpint(vcpu_release(tid), ==, 0);
		g_assert_true(moves(&w, 0, TRUE));
	}
	/* At once, before it has even stopped. */
	g_assert_cmpint(vcpu_hold(tid), ==, 0);
	g_assert_cmpint(vcpu_release(tid), ==, 0);
	g_assert_true(moves(&w, 0, TRUE));
	g_assert_cmpint(vcpu_release(tid), <, 0); /* nothing to release */
	worker_end(&w);
	g_assert_cmpint(vcpu_hold(tid), ==, -ESRCH);
}

/* Killed while a thread of it is held: released, it can be reaped. */
static void test_hold_dies(void)
{
	Worker w = worker_start();
	pid_t tid = (pid_t)w.work[1];

	g_assert_cmpint(vcpu_hold(tid), ==, 0);
	kill(w.child, SIGKILL);
	g_usleep(50000);
	g_assert_cmpint(vcpu_release(tid), ==, 0);
	worker_end(&w);
}

static void test_hog(void)
{
	gint64 until_us = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
	Hog *hog = hog_new(2);
	clock_t before = clock();

	while (clock() - before < CLOCKS_PER_SEC / 20) {
		g_assert_cmpint(g_get_monotonic_time(), <, until_us);
		g_usleep(10000);
	}
	hog_free(hog);
	before = clock();
	g_usleep(100000);
	g_assert_cmpint(clock() - before, <, CLOCKS_PER_SEC / 50);
}

static void set_up(HuntFixture *f, gconstpointer data)
{
	hunt_fixture_init(f);
}

static void tear_down(HuntFixture *f, gconstpointer data)
{
	hunt_fixture_clear(f);
}

static void ignore_over(const BootResult *result, gboolean retried, gpointer user)
{
}

static void ignore_note(const char *text, gpointer user)
{
}

/* One boot with these groups on the scripted machine; its verdict.json. */
static JsonNode *play(HuntFixture *f, const char *script, const char *groups, char **dir)
{
	static const HuntListener quiet = {.boot_over = ignore_over, .note = ignore_note};
	g_autoptr(GError) error = NULL;
	JsonNode *verdict;

	vm_fake_set_script(script);
	g_assert_true(hunt_fixture_run(f, groups, (HuntConfig){.boots = 1}, &quiet, f, &error));
	g_assert_no_error(error);
	*dir = g_build_filename(f->summary.dir, "boots", "0000", NULL);
	verdict = rj_load(*dir, "verdict.json", &error);
	g_assert_no_error(error);
	return verdict;
}

static guint count(const char *dir, const char *name, const char *what)
{
	g_autofree char *path = g_build_filename(dir, name, NULL), *text = NULL;
	g_auto(GStrv) parts = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	parts = g_strsplit(text, what, -1);
	return g_strv_length(parts) - 1;
}

/* What is stopped goes on, also when the machine ends in the middle of it. */
static void test_pause(HuntFixture *f, gconstpointer script)
{
	g_autofree char *dir = NULL;
	g_autoptr(JsonNode) verdict =
		play(f, script, "[pressure pause]\nperiod=20ms\njitter=10ms\nhold=20ms\n", &dir);
	JsonArray *all = rj_array(json_node_get_object(verdict), "pressure");
	gint64 steps = rj_int(rj_element(all, 0), "steps", 0);
	guint stops = count(dir, "qmp.jsonl", "execute\\\":\\\"stop"),
	      conts = count(dir, "qmp.jsonl", "execute\\\":\\\"cont");

	g_assert_cmpuint(rj_length(all), ==, 1);
	g_assert_cmpint(steps, >, 3);
	g_assert_cmpint(count(dir, "events.jsonl", "pause hold_ms="), ==, steps);
	g_assert_cmpuint(stops, ==, steps);
	/* It need not when the machine is gone. */
	g_assert_cmpuint(conts, >=, g_str_equal(script, DIES) ? stops - 1 : stops);
}

/* It does not work here, which is told, and the boot is a boot. */
static void test_skipped(HuntFixture *f, gconstpointer data)
{
	g_autofree char *dir = NULL;
	g_autoptr(JsonNode) verdict = play(
		f, SCRIPT, "[pressure vcpu-stop]\n[pressure hog]\nthreads=1\nhold=5ms\n", &dir);
	JsonObject *o = json_node_get_object(verdict);
	JsonArray *all = rj_array(o, "pressure");

	g_assert_cmpstr(rj_text(o, "verdict", ""), ==, "clean");
	g_assert_cmpint(rj_int(rj_element(all, 0), "steps", -1), ==, 0);
	g_assert_nonnull(strstr(rj_text(rj_element(all, 0), "skipped", ""), "not known"));
	g_assert_cmpint(rj_int(rj_element(all, 1), "steps", -1), >, 1);
	g_assert_null(rj_text(rj_element(all, 1), "skipped", NULL));
	g_assert_cmpuint(count(dir, "events.jsonl", "pressure-skipped"), ==, 1);
}

/* Starved is what asked for time and got none; not what slept, nor what ran. */
static void test_vcpu_starved(void)
{
	const VcpuTimes before = {.ran_ns = 500, .waited_ns = 70};
	const guint64 s = 1000000000;
	VcpuTimes now;

	g_assert_true(vcpu_starved(&before, &(VcpuTimes){500 + s / 100, 70 + s}, s));
	g_assert_false(vcpu_starved(&before, &(VcpuTimes){500, 70 + s / 2}, s));
	g_assert_false(vcpu_starved(&before, &(VcpuTimes){500 + s / 2, 70 + s}, s));
	g_assert_false(vcpu_starved(&before, &before, s));
	g_assert_true(vcpu_times(getpid(), &now));
	g_assert_cmpuint(now.ran_ns, >, 0);
	g_assert_false(vcpu_times(G_MAXINT32, &now));
}

/* The threads of a guest, by those of a child. */
static void test_vcpu_stop(HuntFixture *f, gconstpointer data)
{
	Worker w = worker_start();
	pid_t tids[] = {(pid_t)w.work[1], (pid_t)w.work[3]};
	g_autofree char *dir = NULL;
	g_autoptr(JsonNode) verdict = NULL;

	vm_fake_set_threads(tids, 2);
	verdict = play(f, SCRIPT,
		       "[pressure vcpu-stop]\nperiod=20ms\njitter=5ms\n"
		       "[pressure vcpu-stop#all]\nvcpus=0\nperiod=30ms\njitter=5ms\n",
		       &dir);
	for (guint i = 0; i < 2; i++) {
		JsonArray *all = rj_array(json_node_get_object(verdict), "pressure");

		g_assert_cmpint(rj_int(rj_element(all, i), "steps", -1), >, 3);
		g_assert_true(moves(&w, i, TRUE));
	}
	worker_end(&w);
}

/* A backend that has no such memory: told once, and the boot is a boot. */
static void test_discard_skipped(HuntFixture *f, gconstpointer threads)
{
	Worker w = worker_start();
	pid_t tids[] = {(pid_t)w.work[1], (pid_t)w.work[3]};
	g_autofree char *dir = NULL;
	g_autoptr(JsonNode) verdict = NULL;
	JsonObject *o, *pressure;

	if (threads)
		vm_fake_set_threads(tids, 2);
	verdict = play(f, SCRIPT, "[pressure discard]\nperiod=20ms\njitter=5ms\nhold=5ms\n", &dir);
	o = json_node_get_object(verdict);
	pressure = rj_element(rj_array(o, "pressure"), 0);
	g_assert_cmpstr(rj_text(o, "verdict", ""), ==, "clean");
	g_assert_cmpint(rj_int(pressure, "steps", -1), ==, 0);
	g_assert_cmpint(rj_int(pressure, "discarded_bytes", -1), ==, 0);
	g_assert_nonnull(strstr(rj_text(pressure, "skipped", ""),
				threads ? "no file that its process maps" : "is not known"));
	g_assert_cmpuint(count(dir, "events.jsonl", "pressure-skipped"), ==, 1);
	g_assert_cmpuint(count(dir, "events.jsonl", "discarded"), ==, 0);
	worker_end(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pressure/scenario", test_scenario);
	g_test_add_func("/pressure/table", test_table);
	g_test_add_func("/pressure/vcpu-starved", test_vcpu_starved);
	g_test_add_func("/pressure/schedule", test_schedule);
	g_test_add_func("/pressure/tight", test_tight);
	g_test_add_func("/pressure/plan", test_plan);
	g_test_add_func("/pressure/places", test_places);
	g_test_add_func("/pressure/hold", test_hold);
	g_test_add_func("/pressure/hold-dies", test_hold_dies);
	g_test_add_func("/pressure/hog", test_hog);
	g_test_add("/pressure/pause", HuntFixture, SCRIPT, set_up, test_pause, tear_down);
	g_test_add("/pressure/pause-dies", HuntFixture, DIES, set_up, test_pause, tear_down);
	g_test_add("/pressure/skipped", HuntFixture, NULL, set_up, test_skipped, tear_down);
	g_test_add("/pressure/discard-far", HuntFixture, NULL, set_up, test_discard_skipped,
		   tear_down);
	g_test_add("/pressure/discard-none", HuntFixture, "", set_up, test_discard_skipped,
		   tear_down);
	g_test_add("/pressure/vcpu-stop", HuntFixture, NULL, set_up, test_vcpu_stop, tear_down);
	return g_test_run();
}
