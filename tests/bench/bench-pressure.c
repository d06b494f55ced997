/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By how much pressure from the host stretches the race: the same boots of a scenario bare, with
 * each kind of pressure as it ships, and with three times the vCPUs. The longer a walker that
 * holds a reference is held up, the more offlines meet it: hits per 1,000 offlines; the longer an
 * offline that drops references is held up, the more of the walkers' visits fall into that window
 * (`dec`, as the probe in the guest counts). The variants take turns, boot by boot, so that what else the machine does hits all alike.
 *
 *	bench-pressure BOOTS SCENARIO KERNEL
 */
#include "harness/scenario/pressure.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	char *name, *scenario, *results;
	/* Of double, one a boot. */
	GArray *per_1000, *per_s, *first_s, *offlines_per_s, *dec_ms, *longest_ms, *inside;
	guint boots, fired;
} Variant;

static gint by_value(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double at(GArray *values, double part)
{
	g_array_sort(values, by_value);
	return values->len ? g_array_index(values, double, (guint)((values->len - 1) * part + 0.5))
			   : 0;
}

/* How long the window was in which references are dropped, and how many visits fell into it. */
static void add_exposure(Variant *v, JsonObject *o, double offlines)
{
	JsonObject *exposure = json_object_has_member(o, "exposure")
				       ? json_object_get_object_member(o, "exposure")
				       : NULL;
	JsonArray *windows, *visits;
	double inside = 0;

	if (!exposure || !json_object_has_member(exposure, "windows"))
		return;
	windows = json_object_get_array_member(exposure, "windows");
	visits = json_object_get_array_member(exposure, "visits");
	for (guint i = 0; i < json_array_get_length(windows); i++) {
		JsonObject *w = json_array_get_object_element(windows, i);
		double opened = (double)json_object_get_int_member(w, "opened"), ms;

		if (!g_str_equal(json_object_get_string_member(w, "window"), "dec") || opened == 0)
			continue;
		ms = (double)json_object_get_int_member(w, "open_ns") / 1e6 / opened;
		g_array_append_val(v->dec_ms, ms);
		ms = (double)json_object_get_int_member(w, "longest_ns") / 1e6;
		g_array_append_val(v->longest_ms, ms);
	}
	for (guint i = 0; i < json_array_get_length(visits); i++) {
		JsonObject *visit = json_array_get_object_element(visits, i);

		if (g_str_equal(json_object_get_string_member(visit, "window"), "dec"))
			inside += (double)json_object_get_int_member(visit, "inside");
	}
	inside /= offlines;
	g_array_append_val(v->inside, inside);
}

static void add_boot(Variant *v, const char *path)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *o;
	double run_s, offlines, hits, value;

	if (!json_parser_load_from_file(parser, path, NULL))
		return;
	o = json_node_get_object(json_parser_get_root(parser));
	run_s = json_object_get_double_member(o, "run_s");
	offlines = (double)json_object_get_int_member(o, "offlines");
	hits = (double)json_object_get_int_member(o, "hits");
	if (run_s <= 0 || offlines <= 0)
		return;
	v->boots++;
	v->fired += hits > 0;
	value = hits * 1000 / offlines;
	g_array_append_val(v->per_1000, value);
	value = hits / run_s;
	g_array_append_val(v->per_s, value);
	value = offlines / run_s;
	g_array_append_val(v->offlines_per_s, value);
	add_exposure(v, o, offlines);
	if (json_object_has_member(o, "first_hit")) {
		JsonObject *hit = json_object_get_object_member(o, "first_hit");

		value = json_object_get_double_member_with_default(hit, "after_go_s", -1);
		if (value >= 0)
			g_array_append_val(v->first_s, value);
	}
}

static void add_results(Variant *v)
{
	g_autoptr(GDir) dir = g_dir_open(v->results, 0, NULL);
	const char *hunt, *boot;

	while (dir && (hunt = g_dir_read_name(dir))) {
		g_autofree char *boots = g_build_filename(v->results, hunt, "boots", NULL);
		g_autoptr(GDir) inner = g_dir_open(boots, 0, NULL);

		while (inner && (boot = g_dir_read_name(inner))) {
			g_autofree char *path = g_build_filename(boots, boot, "verdict.json", NULL);

			add_boot(v, path);
		}
	}
}

/* The scenario with @group added, or with @cpus vCPUs. */
static Variant *variant_new(const char *root, const char *path, const char *name, const char *group,
			    int times_cpus)
{
	g_autoptr(GKeyFile) ini = g_key_file_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *leaf = g_strconcat(name, ".ini", NULL), *text = NULL, *whole = NULL;
	Variant *v = g_new0(Variant, 1);
	int cpus;

	v->name = g_strdup(name);
	v->scenario = g_build_filename(root, leaf, NULL);
	v->results = g_build_filename(root, name, NULL);
	v->per_1000 = g_array_new(FALSE, FALSE, sizeof(double));
	v->per_s = g_array_new(FALSE, FALSE, sizeof(double));
	v->first_s = g_array_new(FALSE, FALSE, sizeof(double));
	v->offlines_per_s = g_array_new(FALSE, FALSE, sizeof(double));
	v->dec_ms = g_array_new(FALSE, FALSE, sizeof(double));
	v->longest_ms = g_array_new(FALSE, FALSE, sizeof(double));
	v->inside = g_array_new(FALSE, FALSE, sizeof(double));
	if (!g_key_file_load_from_file(ini, path, G_KEY_FILE_NONE, &error))
		g_error("%s", error->message);
	cpus = g_key_file_get_integer(ini, "guest", "cpus", NULL);
	g_key_file_set_integer(ini, "guest", "cpus", MAX(cpus, 1) * times_cpus);
	text = g_key_file_to_data(ini, NULL, NULL);
	whole = g_strconcat(text, group ? "\n[" : "", group ? group : "", group ? "]\n" : "", NULL);
	if (!g_file_set_contents(v->scenario, whole, -1, &error))
		g_error("%s", error->message);
	return v;
}

static gboolean run(const Variant *v, const char *kernel, int boot)
{
	g_autofree char *seed = g_strdup_printf("%d", boot + 1);
	const char *argv[] = {g_getenv("PFNHUNT_EXE"),
			      "run",
			      v->scenario,
			      "--kernel",
			      kernel,
			      "--boots",
			      "1",
			      "--seed",
			      seed,
			      "--results",
			      v->results,
			      NULL};
	g_autoptr(GError) error = NULL;

	if (g_spawn_sync(NULL, (char **)argv, NULL,
			 G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
			 NULL, NULL, &error))
		return TRUE;
	g_printerr("%s\n", error->message);
	return FALSE;
}

int main(int argc, char **argv)
{
	g_autofree char *root = g_dir_make_tmp("pfnhunt-bench-XXXXXX", NULL);
	g_autoptr(GPtrArray) variants = g_ptr_array_new();
	int boots = argc == 4 ? atoi(argv[1]) : 0;

	if (boots < 1 || !g_getenv("PFNHUNT_EXE")) {
		g_printerr("usage: PFNHUNT_EXE=build/harness/pfnhunt bench-pressure BOOTS SCENARIO "
			   "KERNEL\n");
		return 2;
	}
	g_ptr_array_add(variants, variant_new(root, argv[2], "none", NULL, 1));
	for (guint i = 0; i < PRESSURE_KINDS; i++) {
		g_autofree char *group = g_strdup_printf("pressure %s", pressure_infos[i].name);

		g_ptr_array_add(variants,
				variant_new(root, argv[2], pressure_infos[i].name, group, 1));
	}
	g_ptr_array_add(variants, variant_new(root, argv[2], "three-times-the-vcpus", NULL, 3));
	for (int boot = 0; boot < boots; boot++)
		for (guint i = 0; i < variants->len; i++)
			if (!run(g_ptr_array_index(variants, i), argv[3], boot))
				return 3;
	g_print("%s on %s: medians (and ranges) over boots\n", argv[2], argv[3]);
	for (guint i = 0; i < variants->len; i++) {
		Variant *v = g_ptr_array_index(variants, i);

		add_results(v);
		g_print("  %-22s %6.1f hits per 1000 offlines (%.1f to %.1f), %5.2f hits/s, first "
			"after %5.2f s, %6.1f offlines/s; %u of %u boots fired\n"
			"  %-22s dec window %.2f ms, longest %.1f ms, %.0f visits in it an "
			"offline\n",
			v->name, at(v->per_1000, 0.5), at(v->per_1000, 0), at(v->per_1000, 1),
			at(v->per_s, 0.5), at(v->first_s, 0.5), at(v->offlines_per_s, 0.5),
			v->fired, v->boots, "", at(v->dec_ms, 0.5), at(v->longest_ms, 0.5),
			at(v->inside, 0.5));
	}
	g_print("  kept in %s\n", root);
	return 0;
}
