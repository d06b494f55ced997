/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests with two NUMA nodes: pages must really move between them, by system calls and by the
 * scheduler, to memory that was plugged and back.
 */
#include "tests/guest/hunt-fixture.h"

#include <string.h>

/* Counter @key of the last line about the op, or -1. */
static gint64 last_count(const Hunt *h, const char *op, const char *key)
{
	g_autofree char *text = hunt_evidence(h, "counters.jsonl");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gint64 count = -1;

	for (guint i = 0; lines[i]; i++) {
		g_autoptr(JsonNode) node = json_from_string(lines[i], NULL);
		JsonObject *o =
			node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

		if (o &&
		    g_strcmp0(json_object_get_string_member_with_default(o, "agent", ""),
			      "count") == 0 &&
		    g_strcmp0(json_object_get_string_member_with_default(o, "name", ""), op) == 0)
			count = json_object_get_int_member_with_default(o, key, -1);
	}
	g_test_message("%s %s: %" G_GINT64_FORMAT, op, key, count);
	return count;
}

static void test_nodes(Hunt *h, gconstpointer data)
{
	g_autofree char *console = NULL;

	hunt_run(h, data);
	hunt_expect(h, 0, "clean");
	console = hunt_evidence(h, "console.log");
	g_assert_nonnull(strstr(console, "SRAT: Node 1 PXM 1 [mem 0x100000000-"));
	g_assert_cmpint(last_count(h, "migrate", "pages_moved"), >, 0);
	g_assert_cmpint(last_count(h, "migrate", "mbind_calls"), >, 0);
	g_assert_cmpint(last_count(h, "numa-balancing", "sent_away"), >, 0);
	g_assert_cmpint(last_count(h, "numa-balancing", "hint_faults"), >, 0);
	g_assert_cmpint(last_count(h, "numa-balancing", "pages_migrated"), >, 0);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	if (!backend_set_up())
		return 77;
	g_test_add("/guest/numa/two-sockets", Hunt, "numa.ini", hunt_set_up, test_nodes,
		   hunt_tear_down);
	g_test_add("/guest/numa/memory-alone", Hunt, "numa-alone.ini", hunt_set_up, test_nodes,
		   hunt_tear_down);
	code = g_test_run();
	backend_tear_down();
	return code;
}
