/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests with two NUMA nodes: pages must really migrate between them, by system calls and by NUMA
 * balancing, to hotplugged memory and back.
 */
#include "tests/guest/hunt-fixture.h"

#include <string.h>

static void test_nodes(Hunt *h, gconstpointer data)
{
	g_autofree char *console = NULL;

	hunt_run(h, data);
	hunt_expect(h, 0, "clean");
	console = hunt_evidence(h, "console.log");
	g_assert_nonnull(strstr(console, "SRAT: Node 1 PXM 1 [mem 0x100000000-"));
	g_assert_cmpint(hunt_count(h, "count/migrate/", "pages_moved"), >, 0);
	g_assert_cmpint(hunt_count(h, "count/migrate/", "mbind_calls"), >, 0);
	g_assert_cmpint(hunt_count(h, "count/numa-balancing/", "hint_faults"), >, 0);
	g_assert_cmpint(hunt_count(h, "count/numa-balancing/", "pages_migrated"), >, 0);
}

/*
 * The walker sends away what is on its own node. On two sockets it may run on the one where none of
 * its first pages are, and a slow guest gets no further; here every CPU is on node 0, and so are
 * the pages.
 */
static void test_memory_alone(Hunt *h, gconstpointer data)
{
	test_nodes(h, data);
	g_assert_cmpint(hunt_count(h, "count/numa-balancing/", "sent_away"), >, 0);
}

int main(int argc, char **argv)
{
	static const HuntCase cases[] = {
		{"/numa/two-sockets", test_nodes, "numa.ini"},
		{"/numa/memory-alone", test_memory_alone, "numa-alone.ini"},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
