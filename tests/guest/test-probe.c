/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exposure on real kernels: each layer must count exactly one window per offline, and must see a
 * walker inside one. Skips kernels that are not cached.
 */
#include "tests/guest/hunt-fixture.h"

#include <string.h>

/* @data: "KERNEL LAYER". */
static void test_layer(Hunt *h, gconstpointer data)
{
	g_auto(GStrv) words = g_strsplit(data, " ", 2);
	const char *kernel = words[0], *layer = words[1];
	g_autofree char *path = hunt_scenario_with(h, "probe.ini", "LAYER", layer);
	g_autofree char *counters = NULL, *wanted = NULL;
	char *probe;
	gint64 done, others;

	hunt_start(h, path, "--kernel", kernel);
	hunt_finish(h);
	if (h->code == 2) {
		g_test_skip("the kernel is not cached");
		return;
	}
	hunt_expect_backend(h);
	counters = hunt_evidence(h, "counters.jsonl");
	probe = g_strrstr(counters, "{\"agent\":\"probe\"");
	wanted = g_strdup_printf("\"layer\":\"%s\"", layer);
	g_assert_true(probe && strstr(strtok(probe, "\n"), wanted));
	/* Only what is counted by a layer that the guest began with can be compared. */
	done = hunt_count(h, "count/block-state/", "offlines");
	g_assert_cmpint(done, >, 3);
	g_assert_cmpint(hunt_count(h, "window/offline/", "opened"), ==, done);
	g_assert_cmpint(hunt_count(h, "visit/kpagecount/offline", "visits"), >, 100);
	g_assert_cmpint(hunt_count(h, "visit/kpagecount/offline", "inside"), >, 0);
	if (!g_str_equal(layer, "bpf"))
		return;
	g_assert_cmpint(hunt_count(h, "window/dec/", "opened"), ==, done);
	g_assert_cmpint(hunt_count(h, "window/offline/", "lost"), ==, 0);
	g_assert_cmpint(hunt_count(h, "window/offline/", "open_ns"), >,
			hunt_count(h, "window/dec/", "open_ns"));
	/*
	 * kpagecount is aimed at the fake-offline pages: it meets nothing else, but for the visit
	 * that is under way when a window closes.
	 */
	others = hunt_count(h, "visit/kpagecount/offline", "inside") -
		 hunt_count(h, "visit/kpagecount/offline", "offline");
	g_assert_cmpint(others, >=, 0);
	g_assert_cmpint(others, <=, done);
	g_assert_cmpint(hunt_count(h, "visit/compaction/offline", "visits"), >, 0);
	g_assert_cmpint(hunt_count(h, "visit/kpageflags/offline", "visits"), >,
			hunt_count(h, "count/kpageflags/", "pages") / 2);
}

int main(int argc, char **argv)
{
	static const HuntCase cases[] = {
		{"/probe/6.1/bpf", test_layer, "6.1 bpf"},
		{"/probe/6.1/kprobe", test_layer, "6.1 kprobe"},
		{"/probe/6.1/user", test_layer, "6.1 user"},
		{"/probe/7.3/bpf", test_layer, "7.3 bpf"},
		{"/probe/7.3/kprobe", test_layer, "7.3 kprobe"},
		{"/probe/7.3/user", test_layer, "7.3 user"},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
