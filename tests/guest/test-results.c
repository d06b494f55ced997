/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of real hunts: killed and resumed, replayed, compared over two nights, and with an
 * index that cannot be read.
 */
#include "host-driver/tree.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>

#define DEADLINE_S 120
#define KERNEL	   "6.1"

typedef struct {
	char *results, *out;
	int code;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->results = g_dir_make_tmp("pfnhunt-results-XXXXXX", NULL);
	g_setenv("PFNHUNT_RESULTS", f->results, TRUE);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	if (g_test_failed())
		g_test_message("kept: %s", f->results);
	else
		tree_remove(f->results);
	g_free(f->results);
	g_free(f->out);
}

static GSubprocess *spawn(const char *const *args)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *limit = g_strdup_printf("%d", DEADLINE_S);
	GSubprocess *process;

	g_ptr_array_add(argv, (char *)"timeout");
	g_ptr_array_add(argv, limit);
	g_ptr_array_add(argv, (char *)g_getenv("PFNHUNT_EXE"));
	for (guint i = 0; args[i]; i++)
		g_ptr_array_add(argv, (char *)args[i]);
	g_ptr_array_add(argv, NULL);
	process =
		g_subprocess_newv((const char *const *)argv->pdata,
				  G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
				  &error);
	g_assert_no_error(error);
	return process;
}

static void run(Fixture *f, int code, const char *const *args)
{
	g_autoptr(GSubprocess) process = spawn(args);
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&f->out, g_free);
	g_subprocess_communicate_utf8(process, NULL, NULL, &f->out, NULL, &error);
	g_assert_no_error(error);
	g_test_message("%s", f->out);
	f->code = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
	g_assert_cmpint(f->code, ==, code);
}

#define RUN(f, code, ...) run(f, code, (const char *const[]){__VA_ARGS__, NULL})

static void has(const Fixture *f, const char *words)
{
	if (!strstr(f->out, words))
		g_error("'%s' lacks '%s'", f->out, words);
}

static char *scenario(const char *name)
{
	return g_build_filename(g_getenv("PFNHUNT_SCENARIOS"), name, NULL);
}

/* The member of the last line of JSON that was printed. */
static gint64 member(const Fixture *f, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(g_strchomp(f->out), "\n", -1);
	g_autoptr(JsonNode) node = json_from_string(lines[g_strv_length(lines) - 1], NULL);

	g_assert_nonnull(node);
	return json_object_get_int_member(json_node_get_object(node), name);
}

static char *only_hunt(const Fixture *f)
{
	g_autoptr(GDir) dir = g_dir_open(f->results, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		if (g_ascii_isdigit(*name))
			return g_strdup(name);
	return NULL;
}

static void wait_for_counters(const Fixture *f)
{
	for (guint i = 0; i < DEADLINE_S * 10; i++) {
		g_autofree char *id = only_hunt(f), *path = NULL, *text = NULL;

		path = g_build_filename(f->results, id ? id : "", "boots", "0000", "counters.jsonl",
					NULL);
		if (g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "null-hammer"))
			return;
		g_usleep(100000);
	}
	g_error("the ops never ran");
}

/* A power cut as far as files can tell, in the middle of the first boot. */
static void test_resume(Fixture *f, gconstpointer data)
{
	g_autofree char *null = scenario("null.ini"), *live = NULL, *again = NULL;
	const char *const args[] = {"run", null,     "--kernel", KERNEL, "--boots",
				    "2",   "--seed", "1",	 NULL};
	g_autoptr(GSubprocess) process = spawn(args);
	g_autofree char *id = NULL, *number = NULL;
	pid_t child;

	wait_for_counters(f);
	/* The child of `timeout`. */
	number = g_strdup_printf("/proc/%s/task/%s/children", g_subprocess_get_identifier(process),
				 g_subprocess_get_identifier(process));
	g_assert_true(g_file_get_contents(number, &live, NULL, NULL));
	child = (pid_t)g_ascii_strtoll(live, NULL, 10);
	g_assert_cmpint(child, >, 1);
	g_assert_cmpint(kill(child, SIGKILL), ==, 0);
	g_subprocess_wait(process, NULL, NULL);
	g_clear_pointer(&live, g_free);

	RUN(f, 0, "results", "list");
	has(f, "unended");
	RUN(f, 0, "run", "--resume", "last");
	has(f, "2 clean");
	id = only_hunt(f);
	{
		g_autofree char *killed =
			g_build_filename(f->results, id, "boots", "0000", "verdict.json", NULL);
		g_autofree char *redone = g_build_filename(f->results, id, "boots", "0000-again1",
							   "verdict.json", NULL);

		g_assert_false(g_file_test(killed, G_FILE_TEST_EXISTS));
		g_assert_true(g_file_test(redone, G_FILE_TEST_EXISTS));
	}
	/* The index as it grew, and as it is made anew, say the same. */
	RUN(f, 0, "results", "list", "--json");
	live = g_strdup(f->out);
	g_assert_cmpint(member(f, "boots"), ==, 2);
	RUN(f, 0, "results", "rebuild");
	RUN(f, 0, "results", "list", "--json");
	again = g_strdup(f->out);
	g_strchomp(live);
	g_strchomp(again);
	g_assert_cmpstr(live, ==, again);
}

static void test_replay(Fixture *f, gconstpointer data)
{
	g_autofree char *plant = scenario("warning.ini");

	RUN(f, 1, "run", plant, "--kernel", KERNEL, "--seed", "1");
	RUN(f, 0, "results", "show", "last/0");
	has(f, "WARNING in pfnhunt_plant");
	RUN(f, 2, "replay", "last", "--kernel", "/etc/passwd");
	RUN(f, 1, "replay", "last/0", "--boots", "2", "--json");
	g_assert_cmpint(member(f, "boots"), ==, 2);
	g_assert_cmpint(member(f, "same_signature"), ==, 2);
	RUN(f, 0, "results", "incidents");
	has(f, "WARNING in pfnhunt_plant");
}

static void test_nightly(Fixture *f, gconstpointer data)
{
	g_autofree char *plant = scenario("warning.ini"), *null = scenario("null.ini");
	g_autofree char *text = g_strdup_printf("[nightly]\nbudget = 60s\nscenarios = %s;%s\n"
						"kernels = " KERNEL "\nboots = 1\n",
						plant, null);
	g_autofree char *path = g_build_filename(f->results, "nightly.ini", NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	RUN(f, 1, "nightly", path);
	has(f, "Something new fired.");
	has(f, "NEW\n");
	RUN(f, 0, "nightly", path);
	has(f, "Nothing new.");
	has(f, "KNOWN AND UNCHANGED\n");
}

/* The hunt does not need its index. */
static void test_no_index(Fixture *f, gconstpointer data)
{
	g_autofree char *null = scenario("null.ini");
	g_autofree char *db = g_build_filename(f->results, "pfnhunt.db", NULL);

	g_assert_true(g_file_set_contents(db, "this is no database, but long enough", -1, NULL));
	RUN(f, 0, "run", null, "--kernel", KERNEL, "--seed", "1");
	has(f, "pfnhunt results rebuild");
	has(f, "1 clean");
	RUN(f, 3, "results", "list");
	RUN(f, 0, "results", "show", "last"); /* the folder has all */
	RUN(f, 0, "results", "rebuild");
	has(f, "indexed 1 hunts, 1 boots");
	RUN(f, 0, "results", "list");
	has(f, "clean");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(Fixture *, gconstpointer);
	} tests[] = {
		{"/results/resume", test_resume},
		{"/results/replay", test_replay},
		{"/results/nightly", test_nightly},
		{"/results/no-index", test_no_index},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
