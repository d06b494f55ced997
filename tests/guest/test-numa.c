/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests with two NUMA nodes: pages must really move between them, by system calls and by the
 * scheduler, to memory that was plugged and back.
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
	g_assert_cmpint(hunt_count(h, "count/numa-balancing/", "sent_away"), >, 0);
	g_assert_cmpint(hunt_count(h, "count/numa-balancing/", "hint_faults"), >, 0);
	g_assert_cmpint(hunt_count(h, "count/numa-balancing/", "pages_migrated"), >, 0);
}

int main(int argc, char **argv)
{
	static const HuntCase cases[] = {
		{"/numa/two-sockets", test_nodes, "numa.ini"},
		{"/numa/memory-alone", test_nodes, "numa-alone.ini"},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
