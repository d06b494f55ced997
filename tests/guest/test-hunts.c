/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole program against real kernels: each test runs pfnhunt as a user would, and checks its
 * exit code and the results folder.
 */
#include "tests/guest/hunt-fixture.h"

#include <string.h>

/* On the kernel of this Debian, whichever it is. */
static void test_null(Hunt *h, gconstpointer data)
{
	hunt_start(h, "null.ini", "--kernel", "debian");
	hunt_finish(h);
	hunt_expect(h, 0, "clean");
	hunt_expect_files(h);
	hunt_has(h, "CLEAN: null on ");
}

/* All of it is done to a real QEMU, and the guest takes no harm. */
static void test_pressure(Hunt *h, gconstpointer data)
{
	g_autoptr(JsonObject) o = NULL;
	JsonArray *all;

	hunt_run(h, "pressure.ini");
	if (!hunt_expect(h, 0, "clean"))
		return;
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
}

/* Each hammer does in a kernel what it does to a fake tree. */
static void test_hammers(Hunt *h, gconstpointer data)
{
	hunt_run(h, "hammers.ini");
	hunt_expect(h, 0, "clean");
	g_assert_cmpint(hunt_count(h, "count/block-cancel/", "cancelled"), >, 0);
	g_assert_cmpint(hunt_count(h, "count/hugetlb/", "touched"), >, 0);
	g_assert_cmpint(hunt_count(h, "count/suspend/", "suspends"), >, 0);
	g_assert_cmpint(hunt_count(h, "count/auto-online/", "flips"), >, 5);
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
	g_assert_cmpint(hunt_count(h, "count/block-state/", "blocks"), >=, 1);
}

static void test_plant(Hunt *h, gconstpointer data)
{
	hunt_run(h, "plant.ini");
	hunt_expect(h, 1, "incident");
	hunt_has(h, "INFO: task hung in ");
}

/* A dead guest: the panic's text and the recorder's last read are kept. */
static void test_panic(Hunt *h, gconstpointer data)
{
	g_autofree char *recorder = NULL, *events = NULL;

	hunt_run(h, "panic.ini");
	hunt_expect(h, 1, "incident");
	hunt_has(h, "kernel panic: sysrq triggered crash");
	recorder = hunt_evidence(h, "recorder.bin");
	if (*recorder)
		return;
	events = hunt_evidence(h, "events.jsonl");
	g_printerr("%s", events);
	g_test_fail_printf("the recorder was not read");
}

/* The race itself, by the scenario that ./hunt runs. */
static void test_quick(Hunt *h, gconstpointer data)
{
	g_autoptr(JsonObject) o = NULL;
	JsonObject *hit;

	hunt_run(h, "quick");
	if (!hunt_expect(h, 1, "incident"))
		return;
	hunt_expect_files(h);
	o = hunt_verdict(h);
	hit = json_object_get_object_member(o, "first_hit");
	g_assert_cmpstr(json_object_get_string_member(hit, "family"), ==, "fake-offline");
	g_assert_cmpint(json_object_get_int_member(hit, "offlines"), >, 0);
	g_assert_cmpint(json_object_get_int_member(hit, "block"), ==, 32);
	hunt_has(h, "REPRODUCED");
	hunt_has(h, "fake-offline page referenced");
	hunt_has(h, "split-huge-pages");
	hunt_has(h, "virtio_mem.c:");
	hunt_has(h, h->results);
}

static void test_unmet(Hunt *h, gconstpointer data)
{
	hunt_run(h, "unmet.ini");
	hunt_expect(h, 4, "unexposed");
	hunt_has(h, "damon did not run: ");
	hunt_has(h, "skipped");
	hunt_has(h, "damon: ");
}

/* Whatever walker the kernel has must be seen to walk, and what it lacks must be skipped. */
static void test_walkers(Hunt *h, gconstpointer data)
{
	static const char *const lacking[] = {"damon",	   "damon-stat", "damon-reclaim",
					      "page-idle", "page-owner", "kmemleak"};
	g_autoptr(JsonObject) o = NULL;
	JsonArray *ops;

	hunt_run(h, "walkers.ini");
	if (!hunt_expect(h, 0, "clean"))
		return;
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
}

/* The plan that QEMU would be given, from one seed. (transfer full) */
static char *plan_on_qemu(Hunt *h, const char *scenario)
{
	g_autofree char *path = hunt_scenario(scenario);
	const char *plan = NULL;

	if (HUNT_SAYS(h, 0, "run", path, "--seed", "1", "--dry-run"))
		plan = strstr(h->out, "# plan of boot 0");
	return g_strdup(plan ? strchr(plan, '\n') + 1 : "");
}

/* The sizes move, by the plan that the seed makes on every backend. */
static void test_resize(Hunt *h, gconstpointer data)
{
	g_autofree char *memory = NULL, *events = NULL, *counters = NULL, *qmp = NULL;
	g_autofree char *ran = NULL, *wanted = NULL;
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
	ran = hunt_evidence(h, "plan.txt");
	wanted = plan_on_qemu(h, "resize.ini");
	g_assert_nonnull(strstr(wanted, "resize t_ms="));
	/* A dry run shows the first resizes. */
	g_assert_true(g_str_has_prefix(ran, wanted));
}

int main(int argc, char **argv)
{
	static const HuntCase cases[] = {
		{"/hunts/null", test_null, NULL},	  {"/hunts/hammers", test_hammers, NULL},
		{"/hunts/pressure", test_pressure, NULL}, {"/hunts/plant", test_plant, NULL},
		{"/hunts/census", test_census, NULL},	  {"/hunts/module", test_module, NULL},
		{"/hunts/dimm", test_dimm, NULL},	  {"/hunts/panic", test_panic, NULL},
		{"/hunts/quick", test_quick, NULL},	  {"/hunts/unmet", test_unmet, NULL},
		{"/hunts/resize", test_resize, NULL},	  {"/hunts/walkers", test_walkers, NULL},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
