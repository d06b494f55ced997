/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole program against real kernels: each test runs pfnhunt as a person would, and reads
 * its exit code and the folder that it leaves. Skipped (77) when there is no kernel to boot.
 */
#include "tests/guest/hunt-fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void test_null(Hunt *h, gconstpointer data)
{
	hunt_run(h, "null.ini");
	hunt_expect(h, 0, "clean");
	hunt_expect_files(h);
	g_assert_nonnull(strstr(h->out, "CLEAN: null on 6.1."));
}

/* Three at once: started before any of them is over. */
static void test_jobs(Hunt *h, gconstpointer data)
{
	const char *first_over;

	hunt_start(h, "jobs.ini", "--jobs", "3");
	hunt_finish(h);
	hunt_expect(h, 0, "clean");
	g_assert_nonnull(strstr(h->out, "3 clean"));
	first_over = strstr(h->out, ": clean, ");
	g_assert_nonnull(first_over);
	g_assert_nonnull(strstr(h->out, "boot 3/3: seed"));
	g_assert_true(strstr(h->out, "boot 3/3: seed") < first_over);
}

/* All of it is done to a real QEMU, and the guest takes no harm. */
static void test_pressure(Hunt *h, gconstpointer data)
{
	JsonObject *o;
	JsonArray *all;

	hunt_run(h, "pressure.ini");
	hunt_expect(h, 0, "clean");
	o = hunt_verdict(h);
	all = json_object_get_array_member(o, "pressure");
	g_assert_cmpuint(json_array_get_length(all), ==, 4);
	for (guint i = 0; i < 4; i++) {
		JsonObject *pressure = json_array_get_object_element(all, i);

		if (json_object_has_member(pressure, "skipped"))
			g_test_message("skipped: %s",
				       json_object_get_string_member(pressure, "skipped"));
		else
			g_assert_cmpint(json_object_get_int_member(pressure, "steps"), >, 3);
	}
	json_object_unref(o);
}

/* The last total of a counter, -1 when it was never told. */
static gint64 last_counter(const Hunt *h, const char *key)
{
	g_autofree char *text = hunt_evidence(h, "counters.jsonl");
	g_autofree char *wanted = g_strdup_printf("\"%s\":", key);
	const char *at = NULL;

	for (const char *next = strstr(text, wanted); next; next = strstr(next + 1, wanted))
		at = next;
	return at ? g_ascii_strtoll(at + strlen(wanted), NULL, 10) : -1;
}

/* Each hammer does in a kernel what it does to a fake tree. */
static void test_hammers(Hunt *h, gconstpointer data)
{
	hunt_run(h, "hammers.ini");
	hunt_expect(h, 0, "clean");
	g_assert_cmpint(last_counter(h, "cancelled"), >, 0);
	g_assert_cmpint(last_counter(h, "touched"), >, 0);
	g_assert_cmpint(last_counter(h, "suspends"), >, 0);
	g_assert_cmpint(last_counter(h, "flips"), >, 5);
}

/* The damage differs between kernels (freed on 6.1, poisoned later); that it is found does not. */
static void test_census(Hunt *h, gconstpointer data)
{
	g_autofree char *verdict = NULL;

	hunt_run(h, "census.ini");
	hunt_expect(h, 1, "incident");
	verdict = hunt_evidence(h, "verdict.json");
	g_assert_nonnull(strstr(verdict, "\"silent: "));
	g_assert_true(strstr(verdict, "silent: page escaped") ||
		      strstr(verdict, "silent: fake-offline page is poisoned"));
}

/* The driver says how large its big blocks are; in the other mode it has sub-blocks. */
static void test_module(Hunt *h, gconstpointer data)
{
	g_autofree char *kmsg = NULL;

	hunt_run(h, "module.ini");
	hunt_expect(h, 0, "clean");
	kmsg = hunt_evidence(h, "kmsg.jsonl");
	g_assert_nonnull(strstr(kmsg, "big block size: 0x8000000"));
	g_assert_null(strstr(kmsg, "subblock size"));
}

static void test_dimm(Hunt *h, gconstpointer data)
{
	g_autofree char *events = NULL;

	hunt_run(h, "dimm.ini");
	hunt_expect(h, 0, "clean");
	events = hunt_evidence(h, "events.jsonl");
	g_assert_nonnull(strstr(events, "\"dimm-plug\",\"device\":\"dimm2\""));
	g_assert_nonnull(strstr(events, "DEVICE_DELETED"));
	g_assert_null(strstr(events, "dimm-plug-failed"));
	g_assert_null(strstr(events, "dimm-unplug-failed"));
	/* The blocks of the DIMM are hammered like those of the other device. */
	g_assert_cmpint(last_counter(h, "blocks"), >=, 1);
}

static void test_plant(Hunt *h, gconstpointer data)
{
	hunt_run(h, "plant.ini");
	hunt_expect(h, 1, "incident");
	g_assert_nonnull(strstr(h->out, "INFO: task hung in "));
}

/* A dead guest: the panic's text and the recorder's last read are kept. */
static void test_panic(Hunt *h, gconstpointer data)
{
	g_autofree char *recorder = NULL;

	hunt_run(h, "panic.ini");
	hunt_expect(h, 1, "incident");
	g_assert_nonnull(strstr(h->out, "kernel panic: sysrq triggered crash"));
	recorder = hunt_evidence(h, "recorder.bin");
	g_assert_true(*recorder);
}

/* The race itself, on the stock kernel, by the scenario that ./hunt runs. */
static void test_quick(Hunt *h, gconstpointer data)
{
	JsonObject *o, *hit;

	hunt_run(h, "quick");
	hunt_expect(h, 1, "incident");
	hunt_expect_files(h);
	o = hunt_verdict(h);
	hit = json_object_get_object_member(o, "first_hit");
	g_assert_cmpstr(json_object_get_string_member(hit, "family"), ==, "fake-offline");
	g_assert_cmpint(json_object_get_int_member(hit, "offlines"), >, 0);
	g_assert_cmpint(json_object_get_int_member(hit, "block"), ==, 32);
	json_object_unref(o);
	g_assert_nonnull(strstr(h->out, "REPRODUCED"));
	g_assert_nonnull(strstr(h->out, "fake-offline page referenced"));
	g_assert_nonnull(strstr(h->out, "split-huge-pages"));
	g_assert_nonnull(strstr(h->out, "virtio_mem.c:"));
	g_assert_nonnull(strstr(h->out, h->results));
}

static void test_unmet(Hunt *h, gconstpointer data)
{
	hunt_run(h, "unmet.ini");
	hunt_expect(h, 4, "unexposed");
	g_assert_nonnull(strstr(h->out, "damon did not run: "));
	g_assert_nonnull(strstr(h->out, "skipped"));
	g_assert_nonnull(strstr(h->out, "damon: "));
}

/* Whatever walker the kernel has must be seen to walk, and what it lacks must be skipped. */
static void test_walkers(Hunt *h, gconstpointer data)
{
	static const char *const lacking[] = {"damon",	   "damon-stat", "damon-reclaim",
					      "page-idle", "page-owner", "kmemleak"};
	JsonObject *o;
	JsonArray *ops;

	hunt_run(h, "walkers.ini");
	hunt_expect(h, 0, "clean");
	o = hunt_verdict(h);
	ops = json_object_get_array_member(o, "ops");
	g_assert_cmpuint(json_array_get_length(ops), ==, 25);
	for (guint i = 0; i < json_array_get_length(ops); i++) {
		JsonObject *op = json_array_get_object_element(ops, i);
		const char *name = json_object_get_string_member(op, "op");
		gboolean lacks = FALSE;

		for (guint k = 0; k < G_N_ELEMENTS(lacking); k++)
			lacks |= g_str_equal(name, lacking[k]);
		g_test_message("%s", name);
		g_assert_cmpstr(json_object_get_string_member(op, "state"), ==,
				lacks ? "skipped" : "ready");
		if (!lacks)
			g_assert_cmpint(json_object_get_int_member(op, "steps"), >, 0);
	}
	json_object_unref(o);
}

static void test_resize(Hunt *h, gconstpointer data)
{
	g_autofree char *memory = NULL, *events = NULL, *counters = NULL, *qmp = NULL;
	guint lines = 0;

	hunt_run(h, "resize.ini");
	hunt_expect(h, 0, "clean");
	memory = hunt_evidence(h, "memory.jsonl");
	events = hunt_evidence(h, "events.jsonl");
	counters = hunt_evidence(h, "counters.jsonl");
	for (const char *c = memory; *c; c++)
		lines += *c == '\n';
	g_assert_cmpuint(lines, >=, 5); /* requested and plugged moved */
	g_assert_nonnull(strstr(events, "\"resize\""));
	g_assert_null(strstr(events, "resize-failed"));
	g_assert_nonnull(strstr(counters, "\"partly\"")); /* what the guest saw */
	qmp = hunt_evidence(h, "qmp.jsonl");
	g_assert_nonnull(strstr(qmp, backend_option() ? "libvirt: update vm0" : "qom-set"));
}

/* Waits until the evidence called @name holds @words. */
static void wait_for(const Hunt *h, const char *name, const char *words)
{
	for (guint i = 0; i < HUNT_DEADLINE_S * 10; i++) {
		g_autofree char *text = hunt_evidence(h, name);

		if (strstr(text, words))
			return;
		g_usleep(100000);
	}
	g_error("%s never held '%s'", name, words);
}

/* The child of pfnhunt that is QEMU, or libvirt's. */
static pid_t qemu_of(const Hunt *h)
{
	const char *parent = g_subprocess_get_identifier(h->process);
	g_autofree char *path = g_strdup_printf("/proc/%s/task/%s/children", parent, parent);
	g_autofree char *text = NULL;

	if (backend_option())
		return backend_qemu();
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return (pid_t)g_ascii_strtoll(text, NULL, 10);
}

static void test_qemu_killed(Hunt *h, gconstpointer data)
{
	pid_t qemu;

	hunt_start(h, "long.ini", NULL, NULL);
	wait_for(h, "counters.jsonl", "block-state");
	qemu = qemu_of(h);
	g_assert_cmpint(qemu, >, 1);
	g_assert_cmpint(kill(qemu, SIGKILL), ==, 0);
	hunt_finish(h);
	hunt_expect(h, 3, "lost");
	hunt_expect_files(h);
}

static void test_interrupt(Hunt *h, gconstpointer data)
{
	hunt_start(h, "long.ini", NULL, NULL);
	wait_for(h, "counters.jsonl", "block-state");
	g_usleep(2500000); /* counters must be seen to rise */
	g_subprocess_send_signal(h->process, SIGINT);
	hunt_finish(h);
	hunt_expect(h, 0, "clean");
	hunt_expect_files(h);
	g_assert_nonnull(strstr(h->out, "interrupted"));
}

/* Ctrl-C in a matrix: the boot ends well and is kept, the table has what there is. */
static void test_matrix_interrupt(Hunt *h, gconstpointer data)
{
	const char *scenarios = g_getenv("PFNHUNT_SCENARIOS");
	g_autofree char *list = g_strdup_printf("%s/long.ini,%s/null.ini", scenarios, scenarios);
	const char *argv[] = {g_getenv("PFNHUNT_EXE"),
			      "matrix",
			      "--kernels",
			      "6.1",
			      "--scenarios",
			      list,
			      "--boots",
			      "2",
			      "--results",
			      h->results,
			      NULL};
	g_autoptr(GError) error = NULL;
	gboolean found = FALSE;

	h->process = g_subprocess_newv(
		argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < 50 && !found; i++) {
		g_autofree char *dir = hunt_boot_dir(h);

		found = dir != NULL;
		g_usleep(100000);
	}
	if (!found) {
		g_subprocess_force_exit(h->process);
		g_test_skip("there is no kernel 6.1");
		return;
	}
	wait_for(h, "counters.jsonl", "block-state");
	g_usleep(2500000); /* counters must be seen to rise */
	g_subprocess_send_signal(h->process, SIGINT);
	hunt_finish(h);
	hunt_expect(h, 4, "clean");
	hunt_expect_files(h);
	g_assert_nonnull(strstr(h->out, "long.ini  none    0/1 clean"));
	g_assert_nonnull(strstr(h->out, "null.ini  none    -"));
	g_assert_nonnull(strstr(h->out, "interrupted: the rest was not run"));
}

/* kill -9 of the program: QEMU goes with it, what had arrived is on disk. */
static void test_killed(Hunt *h, gconstpointer data)
{
	g_autofree char *counters = NULL, *console = NULL;
	pid_t qemu;

	hunt_start(h, "long.ini", NULL, NULL);
	wait_for(h, "counters.jsonl", "block-state");
	qemu = qemu_of(h);
	g_subprocess_send_signal(h->process, SIGKILL);
	hunt_finish(h);
	/* The embedded driver's guests live on: that is what `backend clean` is for. */
	if (backend_option())
		backend_clean();
	for (guint i = 0; i < 50 && kill(qemu, 0) == 0; i++) {
		g_autofree char *stat = g_strdup_printf("/proc/%d/stat", (int)qemu);
		g_autofree char *text = NULL;

		/* A zombie that nobody reaps is dead too. */
		if (g_file_get_contents(stat, &text, NULL, NULL) && strstr(text, ") Z "))
			break;
		g_usleep(100000);
		g_assert_cmpuint(i, <, 49);
	}
	counters = hunt_evidence(h, "counters.jsonl");
	console = hunt_evidence(h, "console.log");
	g_assert_nonnull(strstr(counters, "block-state"));
	g_assert_nonnull(strstr(console, "Linux version"));
}

static void test_boots(Hunt *h, gconstpointer data)
{
	hunt_start(h, "null.ini", "--boots", "2");
	hunt_finish(h);
	g_assert_cmpint(h->code, ==, 0);
	g_assert_nonnull(strstr(h->out, "2 clean"));
}

static void test_bad_input(Hunt *h, gconstpointer data)
{
	static const struct {
		const char *scenario, *option, *value, *words;
	} cases[] = {
		{"nosuch", NULL, NULL, "no scenario 'nosuch'"},
		{"quick", "--kernel", "/etc/passwd", "/etc/passwd"},
		{"quick", "--kernel", "/nowhere/bzImage", "/nowhere/bzImage"},
		{"quick", "--accel", "xen", "there are auto, kvm, tcg"},
		{"quick", "--time", "soon", "90s, 30m or 8h"},
		{"quick", "--boots", "-3", "1 to 1000000"},
		{"quick", "--backend", "vbox", "there is qemu"},
		{"quick", "--bogus", "1", "--bogus"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GDir) dir = NULL;
		const char *end;

		hunt_start(h, cases[i].scenario, cases[i].option, cases[i].value);
		hunt_finish(h);
		g_assert_cmpint(h->code, ==, 2);
		if (!strstr(h->out, cases[i].words))
			g_error("'%s' lacks '%s'", h->out, cases[i].words);
		/* One line of complaint, and nothing left behind. */
		end = strstr(h->out, "pfnhunt: ");
		g_assert_nonnull(end);
		g_assert_cmpstr(strchr(end, '\n'), ==, "\n");
		dir = g_dir_open(h->results, 0, NULL);
		g_assert_null(g_dir_read_name(dir));
		g_clear_object(&h->process);
		g_clear_pointer(&h->out, g_free);
	}
}

static void test_dry_run(Hunt *h, gconstpointer data)
{
	g_autoptr(GDir) dir = NULL;

	hunt_start(h, "quick", "--dry-run", NULL);
	hunt_finish(h);
	g_assert_cmpint(h->code, ==, 0);
	if (backend_option()) {
		g_assert_nonnull(strstr(h->out, "<domain type="));
		g_assert_nonnull(strstr(h->out, "<memory model=\"virtio-mem\">"));
	} else {
		g_assert_nonnull(strstr(h->out, "qemu-system-x86_64"));
		g_assert_nonnull(strstr(h->out, "virtio-mem-pci"));
	}
	g_assert_nonnull(strstr(h->out, "name=block-state"));
	dir = g_dir_open(h->results, 0, NULL);
	g_assert_null(g_dir_read_name(dir));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(Hunt *, gconstpointer);
	} tests[] = {
		{"/guest/bad-input", test_bad_input},
		{"/guest/dry-run", test_dry_run},
		{"/guest/null", test_null},
		{"/guest/hammers", test_hammers},
		{"/guest/boots", test_boots},
		{"/guest/jobs", test_jobs},
		{"/guest/pressure", test_pressure},
		{"/guest/plant", test_plant},
		{"/guest/census", test_census},
		{"/guest/module", test_module},
		{"/guest/dimm", test_dimm},
		{"/guest/panic", test_panic},
		{"/guest/quick", test_quick},
		{"/guest/unmet", test_unmet},
		{"/guest/resize", test_resize},
		{"/guest/walkers", test_walkers},
		{"/guest/interrupt", test_interrupt},
		{"/guest/matrix-interrupt", test_matrix_interrupt},
		{"/guest/killed", test_killed},
		{"/guest/qemu-killed", test_qemu_killed},
	};

	int code;

	g_test_init(&argc, &argv, NULL);
	if (!backend_set_up())
		return 77;
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Hunt, NULL, hunt_set_up, tests[i].run, hunt_tear_down);
	code = g_test_run();
	backend_tear_down();
	return code;
}
