/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How soon and how often a scenario hits: runs pfnhunt and prints medians over the boots of
 * each kernel. A benchmark, not a test: run it alone on the machine.
 *
 *	bench-hunt BOOTS SCENARIO KERNEL...
 */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

typedef struct {
	GArray *hello_s, *hit_after_hello_s, *hit_after_go_s, *offlines_to_hit, *offlines_per_s,
		*hits_per_1000;
	guint boots, incidents;
} Numbers;

static gint by_value(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void print_median(const char *name, GArray *values)
{
	guint n = values->len;
	double median;

	g_array_sort(values, by_value);
	if (n == 0) {
		g_print("  %-22s -\n", name);
		return;
	}
	median = (g_array_index(values, double, (n - 1) / 2) +
		  g_array_index(values, double, n / 2)) /
		 2;
	g_print("  %-22s %8.2f   (%.2f to %.2f, %u boots)\n", name, median,
		g_array_index(values, double, 0), g_array_index(values, double, n - 1), n);
}

static void add(GArray *values, JsonObject *o, const char *key)
{
	if (json_object_has_member(o, key)) {
		double value = json_node_get_double(json_object_get_member(o, key));

		if (json_node_get_value_type(json_object_get_member(o, key)) == G_TYPE_INT64)
			value = (double)json_object_get_int_member(o, key);
		g_array_append_val(values, value);
	}
}

static void add_boot(Numbers *n, const char *path)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *o;
	double run_s, offlines, hits;

	if (!json_parser_load_from_file(parser, path, NULL))
		return;
	o = json_node_get_object(json_parser_get_root(parser));
	n->boots++;
	add(n->hello_s, o, "hello_s");
	run_s = json_object_get_double_member(o, "run_s");
	offlines = (double)json_object_get_int_member(o, "offlines");
	hits = (double)json_object_get_int_member(o, "hits");
	if (run_s > 0 && offlines > 0) {
		double rate = offlines / run_s, per_1000 = hits * 1000 / offlines;

		g_array_append_val(n->offlines_per_s, rate);
		g_array_append_val(n->hits_per_1000, per_1000);
	}
	if (json_object_has_member(o, "first_hit")) {
		JsonObject *hit = json_object_get_object_member(o, "first_hit");

		n->incidents++;
		add(n->hit_after_hello_s, hit, "after_hello_s");
		add(n->hit_after_go_s, hit, "after_go_s");
		add(n->offlines_to_hit, hit, "offlines");
	}
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

static int bench(const char *boots, const char *scenario, const char *kernel)
{
	g_autofree char *results = g_dir_make_tmp("pfnhunt-bench-XXXXXX", NULL);
	const char *argv[] = {g_getenv("PFNHUNT_EXE"),
			      "run",
			      scenario,
			      "--kernel",
			      kernel,
			      "--boots",
			      boots,
			      "--results",
			      results,
			      NULL};
	Numbers n = {0};
	GArray **arrays[] = {&n.hello_s,	 &n.hit_after_hello_s, &n.hit_after_go_s,
			     &n.offlines_to_hit, &n.offlines_per_s,    &n.hits_per_1000};
	g_autoptr(GError) error = NULL;
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
			  NULL, &status, &error)) {
		g_printerr("%s\n", error->message);
		return 3;
	}
	for (guint i = 0; i < G_N_ELEMENTS(arrays); i++)
		*arrays[i] = g_array_new(FALSE, FALSE, sizeof(double));
	add_results(&n, results);
	g_print("%s on %s: %u of %u boots with an incident; medians:\n", scenario, kernel,
		n.incidents, n.boots);
	print_median("power-on to hello, s", n.hello_s);
	print_median("hello to first hit, s", n.hit_after_hello_s);
	print_median("ops to first hit, s", n.hit_after_go_s);
	print_median("offlines to first hit", n.offlines_to_hit);
	print_median("offlines/s", n.offlines_per_s);
	print_median("hits per 1000 offlines", n.hits_per_1000);
	for (guint i = 0; i < G_N_ELEMENTS(arrays); i++)
		g_array_unref(*arrays[i]);
	g_print("  kept in %s\n", results);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4 || !g_getenv("PFNHUNT_EXE")) {
		g_printerr("usage: PFNHUNT_EXE=build/harness/pfnhunt bench-hunt BOOTS SCENARIO "
			   "KERNEL...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++) {
		int code = bench(argv[1], argv[2], argv[i]);

		if (code)
			return code;
	}
	return 0;
}
