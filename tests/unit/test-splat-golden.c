/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The golden logs of tests/splats/ and the excerpts of tests/carriers/: a header that says what must be found, an empty line, the
 * log. UPDATE_GOLDEN=1 rewrites the headers. tests/splats/README.md has the format.
 */
#include "harness/splat/carriers.h"
#include "harness/incident/triage.h"

#include <string.h>

typedef struct {
	char *path, *name;
	char *given;	/* header lines that are input: comments and "given-..." */
	char *expected; /* the others */
	char *log;
	gboolean emulated, hotplug, no_kmsg;
	char **walkers;
} Golden;

static void golden_free(Golden *golden)
{
	g_free(golden->path);
	g_free(golden->name);
	g_free(golden->given);
	g_free(golden->expected);
	g_free(golden->log);
	g_strfreev(golden->walkers);
	g_free(golden);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Golden, golden_free)

static void take_given(Golden *golden, const char *line)
{
	if (g_str_has_prefix(line, "given-emulated: yes"))
		golden->emulated = TRUE;
	if (g_str_has_prefix(line, "given-hotplug: yes"))
		golden->hotplug = TRUE;
	if (g_str_has_prefix(line, "given-no-kmsg: yes"))
		golden->no_kmsg = TRUE;
	if (g_str_has_prefix(line, "given-walkers: "))
		golden->walkers = g_strsplit(line + strlen("given-walkers: "), " ", -1);
}

static Golden *golden_load(const char *path)
{
	Golden *golden = g_new0(Golden, 1);
	g_autofree char *text = NULL;
	g_autoptr(GString) given = g_string_new(NULL), expected = g_string_new(NULL);
	char *s, *end;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	golden->path = g_strdup(path);
	golden->name = g_path_get_basename(path);
	for (s = text; *s && *s != '\n'; s = end + 1) {
		end = strchr(s, '\n');
		g_assert_nonnull(end);
		*end = '\0';
		take_given(golden, s);
		g_string_append_printf(
			*s == '#' || g_str_has_prefix(s, "given-") ? given : expected, "%s\n", s);
	}
	golden->log = g_strdup(*s ? s + 1 : s);
	golden->given = g_strdup(given->str);
	golden->expected = g_strdup(expected->str);
	return golden;
}

static Triage *golden_triage(const Golden *golden)
{
	TriageConfig config = {
		.emulated = golden->emulated,
		.hotplug = golden->hotplug,
		.walkers = (const char *const *)golden->walkers,
	};

	return triage_new(&config, NULL, NULL);
}

static void render_incident(GString *out, const Incident *incident)
{
	g_string_append_printf(out, "incident: %s\n", incident_family_name(incident->family));
	g_string_append_printf(out, "title: %s\n", incident->title);
	g_string_append_printf(out, "kind: %s\n", splat_kind_name(incident->cause->kind));
	g_string_append_printf(out, "signature: %s\n", incident->signature);
	g_string_append_printf(out, "corrupted: %s\n", incident->cause->corrupted ? "yes" : "no");
	if (incident->walker)
		g_string_append_printf(out, "walker: %s%s\n", incident->walker,
				       incident->walker_guessed ? " (guess)" : "");
	if (incident->hits > 1)
		g_string_append_printf(out, "hits: %" G_GUINT64_FORMAT "\n", incident->hits);
	for (guint i = 1; i < incident->splats->len; i++) {
		const Splat *splat = g_ptr_array_index(incident->splats, i);

		g_string_append_printf(out, "consequence: %s\n", splat->title);
	}
}

static char *render(Triage *triage)
{
	GString *out = g_string_new(NULL);
	const GPtrArray *incidents;

	triage_finish(triage);
	incidents = triage_incidents(triage);
	if (!incidents->len)
		g_string_append(out, "nothing\n");
	for (guint i = 0; i < incidents->len; i++)
		render_incident(out, g_ptr_array_index(incidents, i));
	return g_string_free(out, FALSE);
}

/* The console as a file, in one piece or in many. */
static char *from_console(const Golden *golden, gsize step)
{
	g_autoptr(Triage) triage = golden_triage(golden);
	gsize len = strlen(golden->log);

	for (gsize i = 0; i < len; i += step)
		triage_feed(triage, TRIAGE_CONSOLE, golden->log + i, MIN(step, len - i), -1, 0);
	return render(triage);
}

/* The console, and each of its lines that has a time as a record of kmsg, some lines later. */
static char *from_both(const Golden *golden)
{
	g_autoptr(Triage) triage = golden_triage(golden);
	g_auto(GStrv) lines = g_strsplit(golden->log, "\n", -1);
	guint n = g_strv_length(lines);

	for (guint i = 0; i < n + 20; i++) {
		SplatLine line = {.t_us = -1};
		char *s, *end;

		if (i < n) {
			triage_feed(triage, TRIAGE_CONSOLE, lines[i], strlen(lines[i]), -1, 0);
			triage_feed(triage, TRIAGE_CONSOLE, "\n", 1, -1, 0);
		}
		if (i < 20)
			continue;
		s = lines[i - 20];
		end = s + strlen(s);
		if (splat_line_next(&s, &end, &line) && line.t_us >= 0)
			triage_feed(triage, TRIAGE_KMSG, line.s, (gsize)(line.end - line.s),
				    line.t_us, 0);
	}
	return render(triage);
}

static void test_golden(gconstpointer data)
{
	g_autoptr(Golden) golden = golden_load(data);
	g_autofree char *whole = from_console(golden, strlen(golden->log) + 1);
	g_autofree char *bytes = from_console(golden, 1);
	g_autofree char *both = from_both(golden);

	if (g_getenv("UPDATE_GOLDEN")) {
		g_autofree char *text = g_strconcat(golden->given, whole, "\n", golden->log, NULL);

		g_assert_true(g_file_set_contents(golden->path, text, -1, NULL));
		return;
	}
	g_assert_cmpstr(whole, ==, golden->expected);
	g_assert_cmpstr(bytes, ==, golden->expected);
	if (!golden->no_kmsg)
		g_assert_cmpstr(both, ==, golden->expected);
}

static void add_folder(const char *folder, GPtrArray *paths)
{
	g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
	g_autofree char *base = folder ? g_path_get_basename(folder) : NULL;
	guint before = paths->len;
	const char *name;

	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *test = g_strconcat("/splat-golden/", base, "/", name, NULL);

		if (!g_str_has_suffix(name, ".log"))
			continue;
		g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
		g_test_add_data_func(test, g_ptr_array_index(paths, paths->len - 1), test_golden);
	}
	g_assert_cmpuint(paths->len, >, before);
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	g_test_init(&argc, &argv, NULL);
	add_folder(g_getenv("PFNHUNT_SPLATS"), paths);
	add_folder(g_getenv("PFNHUNT_CARRIERS"), paths);
	return g_test_run();
}
