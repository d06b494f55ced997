/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of real hunts: killed and resumed, replayed, compared between two nights, and with an
 * unreadable index.
 */
#include "tests/guest/hunt-fixture.h"

#include <signal.h>
#include <string.h>

#define ON_HOST	 backend_option(), backend_text()
#define RUN(...) "run", __VA_ARGS__, "--kernel", HUNT_KERNEL, "--seed", "1", ON_HOST

/* The member of the last line of JSON that was printed, or -1. */
static gint64 member(const Hunt *h, const char *name)
{
	g_autofree char *text = g_strchomp(g_strdup(h->out));
	const char *last = strrchr(text, '\n');
	g_autoptr(JsonNode) node = json_from_string(last ? last : text, NULL);

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return -1;
	return json_object_get_int_member_with_default(json_node_get_object(node), name, -1);
}

/* A power cut as far as files can tell, in the middle of the first boot. */
static void test_resume(Hunt *h, gconstpointer data)
{
	g_autofree char *null = hunt_scenario("null.ini"), *boot = NULL, *folder = NULL;
	g_autofree char *killed = NULL, *redone = NULL, *live = NULL;

	HUNT_SPAWN(h, RUN(null, "--boots", "2"));
	if (!hunt_wait_for(h, "counters.jsonl", "block-state"))
		return;
	g_subprocess_send_signal(h->process, SIGKILL);
	hunt_finish(h);
	boot = hunt_boot_dir(h);
	/* The embedded driver's guests live on. */
	if (backend_option())
		g_free(backend_clean());

	HUNT_SAYS(h, 0, "results", "list");
	hunt_has(h, "unended");
	HUNT_SAYS(h, 0, "run", "--resume", "last", backend_option(), backend_text());
	hunt_has(h, "2 clean");
	hunt_expect(h, 0, "clean");
	folder = g_path_get_basename(boot);
	g_assert_cmpstr(folder, ==, "0000");
	killed = g_build_filename(boot, "verdict.json", NULL);
	redone = g_strconcat(boot, "-again1/verdict.json", NULL);
	g_assert_false(g_file_test(killed, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(redone, G_FILE_TEST_EXISTS));
	/* The index as it grew, and as it is made anew, say the same. */
	HUNT_SAYS(h, 0, "results", "list", "--json");
	live = g_strdup(h->out);
	g_assert_cmpint(member(h, "boots"), ==, 2);
	HUNT_SAYS(h, 0, "results", "rebuild");
	HUNT_SAYS(h, 0, "results", "list", "--json");
	g_assert_cmpstr(live, ==, h->out);
}

static void test_replay(Hunt *h, gconstpointer data)
{
	g_autofree char *plant = hunt_scenario("warning.ini");

	HUNT_SAYS(h, 1, RUN(plant));
	HUNT_SAYS(h, 0, "results", "show", "last/0");
	hunt_has(h, "WARNING in pfnhunt_plant");
	HUNT_SAYS(h, 2, "replay", "last", "--kernel", "/etc/passwd", backend_option(),
		  backend_text());
	HUNT_SAYS(h, 1, "replay", "last/0", "--boots", "2", "--json", backend_option(),
		  backend_text());
	g_assert_cmpint(member(h, "boots"), ==, 2);
	g_assert_cmpint(member(h, "same_signature"), ==, 2);
	hunt_expect(h, 1, "incident");
	HUNT_SAYS(h, 0, "results", "incidents");
	hunt_has(h, "WARNING in pfnhunt_plant");
}

static void test_nightly(Hunt *h, gconstpointer data)
{
	g_autofree char *plant = hunt_scenario("warning.ini"), *null = hunt_scenario("null.ini");
	g_autofree char *path = g_build_filename(h->results, "nightly.ini", NULL);
	g_autofree char *known = g_build_filename(h->results, "known.ini", NULL);
	g_autofree char *text =
		g_strdup_printf("[nightly]\nbudget = 60s\nscenarios = %s;%s\n"
				"kernels = " HUNT_KERNEL "\nboots = 1\nbackend = %s\n",
				plant, null, backend_text() ? backend_text() : "qemu");

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	HUNT_SAYS(h, 1, "nightly", path);
	hunt_has(h, "Something new fired.");
	hunt_has(h, "NEW\n");
	/* Nobody has said yet that it is known; then somebody does. */
	HUNT_SAYS(h, 1, "nightly", path);
	hunt_has(h, "NOT ACKNOWLEDGED\n");
	HUNT_SAYS(h, 0, "known", "add", "warning:plant", "--note", "planted", "--known-issues",
		  known);
	HUNT_SAYS(h, 0, "nightly", path, "--known-issues", known);
	hunt_has(h, "Nothing new.");
	hunt_has(h, "KNOWN\n");
	hunt_expect_backend(h);
}

/* The hunt does not need its index. */
static void test_no_index(Hunt *h, gconstpointer data)
{
	g_autofree char *null = hunt_scenario("null.ini");
	g_autofree char *db = g_build_filename(h->results, "pfnhunt.db", NULL);

	g_assert_true(g_file_set_contents(db, "this is no database, but long enough", -1, NULL));
	HUNT_SAYS(h, 0, RUN(null));
	hunt_has(h, "pfnhunt results rebuild");
	hunt_has(h, "1 clean");
	HUNT_SAYS(h, 3, "results", "list");
	HUNT_SAYS(h, 0, "results", "show", "last"); /* the folder has all */
	HUNT_SAYS(h, 0, "results", "rebuild");
	hunt_has(h, "indexed 1 hunt, 1 boot");
	HUNT_SAYS(h, 0, "results", "list");
	hunt_has(h, "clean");
}

int main(int argc, char **argv)
{
	static const HuntCase cases[] = {
		{"/results/resume", test_resume, NULL},
		{"/results/replay", test_replay, NULL},
		{"/results/nightly", test_nightly, NULL},
		{"/results/no-index", test_no_index, NULL},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
