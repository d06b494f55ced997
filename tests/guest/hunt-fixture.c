/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hunt-fixture.h. */
#include "tests/guest/hunt-fixture.h"
#include "host-driver/tree.h"

#include <string.h>

/* Bytes of each file. */
#define EVIDENCE_TAIL 4000

void hunt_set_up(Hunt *h, gconstpointer data)
{
	h->results = g_dir_make_tmp("pfnhunt-guest-XXXXXX", NULL);
}

void hunt_tear_down(Hunt *h, gconstpointer data)
{
	g_clear_object(&h->process);
	/* A failed test's evidence stays for the reader. */
	if (!g_test_failed())
		tree_remove(h->results);
	else
		g_test_message("kept: %s", h->results);
	g_free(h->results);
	g_free(h->out);
}

void hunt_start(Hunt *h, const char *scenario, const char *option, const char *value)
{
	g_autofree char *path =
		scenario[0] == '/' || !strchr(scenario, '.')
			? g_strdup(scenario)
			: g_build_filename(g_getenv("PFNHUNT_SCENARIOS"), scenario, NULL);
	g_autoptr(GPtrArray) argv = backend_command();
	const char *const rest[] = {"run",    path, "--results",      h->results,
				    "--seed", "1",  backend_option(), backend_text(),
				    option,   value};
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(rest); i++)
		if (rest[i])
			g_ptr_array_add(argv, (char *)rest[i]);
	g_ptr_array_add(argv, NULL);
	h->process =
		g_subprocess_newv((const char *const *)argv->pdata,
				  G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
				  &error);
	g_assert_no_error(error);
}

static gboolean too_late(gpointer user)
{
	g_subprocess_force_exit(user);
	g_test_message("no end within %d s", HUNT_DEADLINE_S);
	g_test_fail();
	return G_SOURCE_REMOVE;
}

static void ended(GObject *source, GAsyncResult *result, gpointer user)
{
	*(GAsyncResult **)user = g_object_ref(result);
}

void hunt_finish(Hunt *h)
{
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	guint guard = g_timeout_add_seconds(HUNT_DEADLINE_S, too_late, h->process);

	g_subprocess_communicate_utf8_async(h->process, NULL, NULL, ended, &result);
	while (!result)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(guard);
	g_subprocess_communicate_utf8_finish(h->process, result, &h->out, NULL, &error);
	g_assert_no_error(error);
	h->code = g_subprocess_get_if_exited(h->process) ? g_subprocess_get_exit_status(h->process)
							 : -1;
	g_test_message("exit %d: %s", h->code, h->out);
}

void hunt_run(Hunt *h, const char *scenario)
{
	hunt_start(h, scenario, NULL, NULL);
	hunt_finish(h);
}

/* The only hunt's folder of boot 0 (or its last try), or NULL. */
char *hunt_boot_dir(const Hunt *h)
{
	g_autoptr(GDir) dir = g_dir_open(h->results, 0, NULL);
	const char *name;
	char *found = NULL;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *boots = g_build_filename(h->results, name, "boots", NULL);
		g_autoptr(GDir) inner = g_dir_open(boots, 0, NULL);
		const char *boot;

		while (inner && (boot = g_dir_read_name(inner))) {
			g_autofree char *path = g_build_filename(boots, boot, NULL);

			/* 0000-again1 sorts behind 0000: the last try counts. */
			if (!found || strcmp(path, found) > 0) {
				g_free(found);
				found = g_steal_pointer(&path);
			}
		}
	}
	return found;
}

char *hunt_evidence(const Hunt *h, const char *name)
{
	g_autofree char *dir = hunt_boot_dir(h);
	g_autofree char *path = dir ? g_build_filename(dir, name, NULL) : NULL;
	char *text = NULL;

	if (path)
		g_file_get_contents(path, &text, NULL, NULL);
	return text ? text : g_strdup("");
}

JsonObject *hunt_verdict(const Hunt *h)
{
	g_autofree char *text = hunt_evidence(h, "verdict.json");
	g_autoptr(JsonNode) node = json_from_string(text, NULL);

	g_assert_nonnull(node);
	return json_object_ref(json_node_get_object(node));
}

/* On stderr, which the test runner shows: who reads a failed CI run has nothing else. */
static void print_evidence(const Hunt *h)
{
	static const char *const names[] = {"verdict.json", "console.log", "kmsg.jsonl",
					    "events.jsonl", "counters.jsonl"};

	g_printerr("pfnhunt said (exit %d):\n%s\n", h->code, h->out);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *text = hunt_evidence(h, names[i]), *valid = NULL;
		gsize length = strlen(text);

		valid = g_utf8_make_valid(
			text + (length > EVIDENCE_TAIL ? length - EVIDENCE_TAIL : 0), -1);
		g_printerr("-- the end of %s:\n%s\n", names[i], valid);
	}
}

void hunt_expect(const Hunt *h, int code, const char *verdict)
{
	JsonObject *o = hunt_verdict(h);
	const char *was = json_object_get_string_member(o, "verdict");

	if (h->code != code || !g_str_equal(was, verdict))
		print_evidence(h);
	g_assert_cmpstr(was, ==, verdict);
	g_assert_cmpint(h->code, ==, code);
	json_object_unref(o);
}

void hunt_expect_files(const Hunt *h)
{
	static const char *const names[] = {"boot.json",   "scenario.ini",   "plan.txt",
					    "console.log", "console.times",  "kmsg.jsonl",
					    "qmp.jsonl",   "counters.jsonl", "events.jsonl",
					    "memory.jsonl"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *text = hunt_evidence(h, names[i]);

		if (!*text)
			g_error("%s is empty or missing", names[i]);
	}
}
