/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What boots at once bring: runs the same boots of a scenario with each number of jobs, and
 * prints boots a minute. Run it alone on the machine.
 *
 *	bench-jobs BOOTS SCENARIO KERNEL JOBS...
 */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	guint boots, clean, fired;
	double run_s, hello_s;
	gint64 offlines;
} Numbers;

static void add_boot(Numbers *n, const char *path)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	const char *verdict;
	JsonObject *o;

	if (!json_parser_load_from_file(parser, path, NULL))
		return;
	o = json_node_get_object(json_parser_get_root(parser));
	verdict = json_object_get_string_member(o, "verdict");
	n->boots++;
	n->clean += g_str_equal(verdict, "clean");
	n->fired += g_str_equal(verdict, "incident");
	n->run_s += json_object_get_double_member(o, "run_s");
	n->hello_s += json_object_get_double_member(o, "hello_s");
	n->offlines += json_object_get_int_member(o, "offlines");
}

static void add_results(Numbers *n, const char *results)
{
	g_autoptr(GDir) dir = g_dir_open(results, 0, NULL);
	const char *hunt, *boot;

	while (dir && (hunt = g_dir_read_name(dir))) {
		g_autofree char *boots = g_build_filename(results, hunt, "boots", NULL);
		g_autoptr(GDir) inner = g_dir_open(boots, 0, NULL);

		while (inner && (boot = g_dir_read_name(inner))) {
			g_autofree char *path = g_build_filename(boots, boot, "verdict.json", NULL);

			add_boot(n, path);
		}
	}
}

static int bench(char **argv, const char *jobs)
{
	g_autofree char *results = g_dir_make_tmp("pfnhunt-bench-XXXXXX", NULL);
	const char *run[] = {g_getenv("PFNHUNT_EXE"),
			     "run",
			     argv[2],
			     "--kernel",
			     argv[3],
			     "--boots",
			     argv[1],
			     "--jobs",
			     jobs,
			     "--seed",
			     "1",
			     "--results",
			     results,
			     NULL};
	g_autoptr(GError) error = NULL;
	gint64 start_us = g_get_monotonic_time();
	Numbers n = {0};
	double s;

	if (!g_spawn_sync(NULL, (char **)run, NULL,
			  G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
			  NULL, NULL, &error)) {
		g_printerr("%s\n", error->message);
		return 3;
	}
	s = (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
	add_results(&n, results);
	if (n.boots == 0) {
		g_printerr("no boot came to its end, see %s\n", results);
		return 3;
	}
	g_print("%5s  %6.1f s  %6.2f boots/min  %8.1f offlines/s  %6.2f s to hello  %u boots: %u "
		"fired, %u clean\n",
		jobs, s, n.boots * 60 / s, (double)n.offlines / s, n.hello_s / n.boots, n.boots,
		n.fired, n.clean);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 5 || !g_getenv("PFNHUNT_EXE")) {
		g_printerr("usage: PFNHUNT_EXE=build/harness/pfnhunt bench-jobs BOOTS SCENARIO "
			   "KERNEL JOBS...\n");
		return 2;
	}
	g_print("%s on %s, jobs:\n", argv[2], argv[3]);
	for (int i = 4; i < argc; i++) {
		int code = bench(argv, argv[i]);

		if (code)
			return code;
	}
	return 0;
}
