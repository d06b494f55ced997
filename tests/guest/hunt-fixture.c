/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hunt-fixture.h. */
#include "tests/guest/hunt-fixture.h"
#include "host-driver/base/tree.h"

#include <signal.h>
#include <string.h>

/* Bytes of each file. */
#define EVIDENCE_TAIL 4000

int hunt_main(int argc, char **argv, const HuntCase *cases, gsize count)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	if (!backend_set_up())
		return 77;
	/* One case that fails does not keep the others from running. */
	g_test_set_nonfatal_assertions();
	for (gsize i = 0; i < count; i++)
		g_test_add(cases[i].path, Hunt, cases[i].data, hunt_set_up, cases[i].run,
			   hunt_tear_down);
	code = g_test_run();
	backend_tear_down();
	return code;
}

void hunt_set_up(Hunt *h, gconstpointer data)
{
	h->results = g_dir_make_tmp("pfnhunt-guest-XXXXXX", NULL);
}

/* libvirt's guests would live on, to the harm of the cases behind. */
static void end(Hunt *h)
{
	g_subprocess_force_exit(h->process);
	hunt_finish(h);
	if (backend_option())
		g_free(backend_clean());
}

void hunt_tear_down(Hunt *h, gconstpointer data)
{
	if (h->process && g_subprocess_get_identifier(h->process))
		end(h);
	g_clear_object(&h->process);
	if (!g_test_failed())
		tree_remove(h->results);
	else
		g_test_message("kept: %s", h->results);
	g_free(h->results);
	g_free(h->out);
}

void hunt_spawn_bare(Hunt *h, const char *const *argv)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
	g_autoptr(GError) error = NULL;

	g_clear_object(&h->process);
	g_clear_pointer(&h->out, g_free);
	g_subprocess_launcher_setenv(launcher, "PFNHUNT_RESULTS", h->results, TRUE);
	h->process = g_subprocess_launcher_spawnv(launcher, argv, &error);
	/* Without a program there is nothing to test. */
	if (!h->process)
		g_error("%s", error->message);
}

void hunt_spawn(Hunt *h, const char *const *args)
{
	g_autoptr(GPtrArray) argv = backend_command();

	for (guint i = 0; args[i]; i++)
		g_ptr_array_add(argv, (char *)args[i]);
	g_ptr_array_add(argv, NULL);
	hunt_spawn_bare(h, (const char *const *)argv->pdata);
}

void hunt_start(Hunt *h, const char *scenario, const char *option, const char *value)
{
	g_autofree char *path = scenario[0] == '/' || !strchr(scenario, '.')
					? g_strdup(scenario)
					: hunt_scenario(scenario);
	gboolean names_kernel = g_strcmp0(option, "--kernel") == 0;
	const char *const args[] = {path,
				    "--results",
				    h->results,
				    "--seed",
				    "1",
				    backend_option(),
				    backend_text(),
				    names_kernel ? NULL : "--kernel",
				    names_kernel ? NULL : HUNT_KERNEL,
				    option,
				    value};
	const char *argv[G_N_ELEMENTS(args) + 3] = {g_getenv("PFNHUNT_EXE"), "run"};
	guint count = 2;

	for (guint i = 0; i < G_N_ELEMENTS(args); i++)
		if (args[i])
			argv[count++] = args[i];
	hunt_spawn(h, argv);
}

static gboolean too_late(gpointer user)
{
	g_subprocess_force_exit(user);
	g_test_fail_printf("no end within %d s", HUNT_DEADLINE_S);
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
	gboolean late;

	g_subprocess_communicate_utf8_async(h->process, NULL, NULL, ended, &result);
	while (!result)
		g_main_context_iteration(NULL, TRUE);
	late = !g_main_context_find_source_by_id(NULL, guard);
	if (!late)
		g_source_remove(guard);
	g_subprocess_communicate_utf8_finish(h->process, result, &h->out, NULL, &error);
	g_assert_no_error(error);
	if (!h->out)
		h->out = g_strdup("");
	h->code = g_subprocess_get_if_exited(h->process) ? g_subprocess_get_exit_status(h->process)
							 : -1;
	g_test_message("exit %d: %s", h->code, h->out);
	if (late && backend_option())
		g_free(backend_clean());
}

void hunt_run(Hunt *h, const char *scenario)
{
	hunt_start(h, scenario, NULL, NULL);
	hunt_finish(h);
}

gboolean hunt_ended(const Hunt *h, int code)
{
	if (h->code == code)
		return TRUE;
	g_printerr("pfnhunt said (exit %d):\n%s\n", h->code, h->out);
	g_test_fail_printf("exit %d, not %d", h->code, code);
	return FALSE;
}

void hunt_has(const Hunt *h, const char *words)
{
	if (strstr(h->out, words))
		return;
	g_printerr("pfnhunt said (exit %d):\n%s\n", h->code, h->out);
	g_test_fail_printf("'%s' was not said", words);
}

char *hunt_scenario(const char *name)
{
	return g_build_filename(g_getenv("PFNHUNT_SCENARIOS"), name, NULL);
}

char *hunt_scenario_with(const Hunt *h, const char *name, const char *old, const char *new)
{
	g_autofree char *shipped = hunt_scenario(name), *text = NULL, *changed = NULL;
	char *path = g_build_filename(h->results, name, NULL);
	g_auto(GStrv) parts = NULL;

	g_assert_true(g_file_get_contents(shipped, &text, NULL, NULL));
	parts = g_strsplit(text ? text : "", old, -1);
	g_assert_cmpuint(g_strv_length(parts), ==, 2);
	changed = g_strjoinv(new, parts);
	g_assert_true(g_file_set_contents(path, changed, -1, NULL));
	return path;
}

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

static JsonObject *read_object(const Hunt *h, const char *name)
{
	g_autofree char *text = hunt_evidence(h, name);
	g_autoptr(JsonNode) node = json_from_string(text, NULL);

	if (node && JSON_NODE_HOLDS_OBJECT(node))
		return json_object_ref(json_node_get_object(node));
	return json_object_new();
}

JsonObject *hunt_verdict(const Hunt *h)
{
	return read_object(h, "verdict.json");
}

static const char *text_of(JsonObject *o, const char *key)
{
	return json_object_get_string_member_with_default(o, key, "");
}

gint64 hunt_count(const Hunt *h, const char *line, const char *key)
{
	g_autofree char *text = hunt_evidence(h, "counters.jsonl");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gint64 value = -1;

	for (guint i = 0; lines[i]; i++) {
		g_autoptr(JsonNode) node = json_from_string(lines[i], NULL);
		JsonObject *o =
			node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
		const char *verb = o ? text_of(o, "agent") : "";
		g_autofree char *name = NULL;

		if (!*verb)
			continue;
		name = g_strconcat(verb, "/",
				   text_of(o, g_str_equal(verb, "visit") ? "walker" : "name"), "/",
				   text_of(o, "window"), NULL);
		if (g_str_equal(name, line))
			value = json_object_get_int_member_with_default(o, key, -1);
	}
	g_test_message("%s %s: %" G_GINT64_FORMAT, line, key, value);
	return value;
}

void hunt_expect_backend(const Hunt *h)
{
	g_autoptr(JsonObject) o = read_object(h, "boot.json");
	const char *was = text_of(o, "backend");

	g_assert_cmpstr(was, ==, backend_text() ? backend_text() : "qemu");
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

gboolean hunt_expect(const Hunt *h, int code, const char *verdict)
{
	g_autoptr(JsonObject) o = hunt_verdict(h);
	const char *was = text_of(o, "verdict");

	g_assert_cmpstr(was, ==, verdict);
	g_assert_cmpint(h->code, ==, code);
	hunt_expect_backend(h);
	if (h->code == code && g_str_equal(was, verdict))
		return TRUE;
	print_evidence(h);
	return FALSE;
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
			g_test_fail_printf("%s is empty or missing", names[i]);
	}
}

gboolean hunt_wait_for(Hunt *h, const char *name, const char *words)
{
	for (guint i = 0; i < HUNT_DEADLINE_S * 10; i++) {
		g_autofree char *text = hunt_evidence(h, name);

		if (strstr(text, words))
			return TRUE;
		if (!g_subprocess_get_identifier(h->process))
			break;
		g_usleep(100000);
	}
	end(h);
	print_evidence(h);
	g_test_fail_printf("%s never held '%s'", name, words);
	return FALSE;
}

gboolean hunt_interrupt(Hunt *h)
{
	if (!hunt_wait_for(h, "counters.jsonl", "block-state"))
		return FALSE;
	g_usleep(2500000);
	g_subprocess_send_signal(h->process, SIGINT);
	return TRUE;
}
