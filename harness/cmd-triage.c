/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt triage`: incidents of any log file, no guest needed. */
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>

#include "harness/cmd-triage.h"
#include "harness/triage.h"

static gboolean as_json, strict;
static char *known_issues;
static char **files;

static const GOptionEntry entries[] = {
	{"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "One JSON object a line for each file", NULL},
	{"strict", 0, 0, G_OPTION_ARG_NONE, &strict, "Known issues count as unknown", NULL},
	{"known-issues", 0, 0, G_OPTION_ARG_FILENAME, &known_issues, "Notes on known issues",
	 "FILE"},
	{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, "FILE..."},
	{NULL},
};

static void add_string(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	if (value)
		json_builder_add_string_value(json, value);
	else
		json_builder_add_null_value(json);
}

static void add_splat(JsonBuilder *json, const Splat *splat)
{
	json_builder_begin_object(json);
	add_string(json, "title", splat->title);
	add_string(json, "kind", splat->kind);
	add_string(json, "signature", splat->signature);
	json_builder_set_member_name(json, "corrupted");
	json_builder_add_boolean_value(json, splat->corrupted);
	json_builder_set_member_name(json, "line");
	json_builder_add_int_value(json, (gint64)splat->line);
	json_builder_end_object(json);
}

static void add_incident(JsonBuilder *json, const Incident *incident)
{
	json_builder_begin_object(json);
	add_string(json, "family", incident_family_name(incident->family));
	add_string(json, "title", incident->title);
	add_string(json, "signature", incident->signature);
	add_string(json, "cause", incident->cause->title);
	json_builder_set_member_name(json, "consequences");
	json_builder_begin_array(json);
	for (guint i = 1; i < incident->splats->len; i++) {
		const Splat *splat = g_ptr_array_index(incident->splats, i);

		json_builder_add_string_value(json, splat->title);
	}
	json_builder_end_array(json);
	json_builder_set_member_name(json, "hits");
	json_builder_add_int_value(json, (gint64)incident->hits);
	add_string(json, "walker", incident->walker);
	json_builder_set_member_name(json, "walker_guessed");
	json_builder_add_boolean_value(json, incident->walker_guessed);
	add_string(json, "known", incident->known);
	json_builder_end_object(json);
}

static void print_json(const char *name, const Triage *triage)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *utf8 = g_utf8_make_valid(name, -1);
	g_autofree char *line = NULL;
	const GPtrArray *splats = triage_splats(triage), *incidents = triage_incidents(triage);

	json_builder_begin_object(json);
	add_string(json, "file", utf8);
	json_builder_set_member_name(json, "splats");
	json_builder_begin_array(json);
	for (guint i = 0; i < splats->len; i++)
		add_splat(json, g_ptr_array_index(splats, i));
	json_builder_end_array(json);
	json_builder_set_member_name(json, "incidents");
	json_builder_begin_array(json);
	for (guint i = 0; i < incidents->len; i++)
		add_incident(json, g_ptr_array_index(incidents, i));
	json_builder_end_array(json);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	line = json_to_string(root, FALSE);
	puts(line);
}

static void print_text(const char *name, const Triage *triage)
{
	const GPtrArray *incidents = triage_incidents(triage);

	if (!incidents->len)
		printf("%s: nothing found\n", name);
	for (guint i = 0; i < incidents->len; i++) {
		const Incident *incident = g_ptr_array_index(incidents, i);

		printf("%s:%" G_GUINT64_FORMAT ": %s [%s]\n", name, incident->cause->line,
		       incident->title, incident_family_name(incident->family));
	}
}

/* Reads @fd to its end. Returns 0, or -errno. */
static int feed(Triage *triage, int fd)
{
	static char buffer[256 * 1024];

	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		triage_feed(triage, TRIAGE_CONSOLE, buffer, (gsize)n, -1, 0);
	}
}

static gboolean unknown_found(const Triage *triage)
{
	const GPtrArray *incidents = triage_incidents(triage);

	for (guint i = 0; i < incidents->len; i++) {
		const Incident *incident = g_ptr_array_index(incidents, i);

		if (incident->family != FAMILY_EMULATOR && (strict || !incident->known))
			return TRUE;
	}
	return FALSE;
}

/* Returns the exit code of one file. */
static int triage_file(const char *name)
{
	TriageConfig config = {.known_issues = known_issues};
	g_autoptr(GError) error = NULL;
	g_autoptr(Triage) triage = triage_new(&config, NULL, NULL, &error);
	gboolean in = strcmp(name, "-") == 0;
	int fd, result;

	if (!triage) {
		fprintf(stderr, "pfnhunt triage: %s\n", error->message);
		return 2;
	}
	fd = in ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "pfnhunt triage: %s: %s\n", name, g_strerror(errno));
		return 3;
	}
	result = feed(triage, fd);
	if (!in)
		close(fd);
	if (result) {
		fprintf(stderr, "pfnhunt triage: %s: %s\n", name, g_strerror(-result));
		return 3;
	}
	triage_finish(triage);
	if (as_json)
		print_json(name, triage);
	else
		print_text(name, triage);
	return unknown_found(triage) ? 1 : 0;
}

int cmd_triage(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("- incidents of log files");
	g_autoptr(GError) error = NULL;
	static char *standard_input[] = {"-", NULL};
	int worst = 0;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "pfnhunt triage: %s\n", error->message);
		return 2;
	}
	for (char **file = files ? files : standard_input; *file; file++) {
		int code = triage_file(*file);

		worst = MAX(worst, code);
	}
	return worst;
}
