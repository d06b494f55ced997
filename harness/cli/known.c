/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt known`: manages known issues, which do not fail a hunt. */
#include "harness/cli/known.h"
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/hunt-options.h"
#include "harness/cli/options.h"
#include "harness/cli/paths.h"
#include "harness/results/table.h"
#include "harness/store/store.h"
#include "host-driver/base/text.h"
#include "host-driver/base/units.h"

#include <stdio.h>
#include <string.h>

/* How many signatures an error lists. */
#define SHOWN_MAX 8

typedef struct {
	char *note, *kernels, *until, *file, *results;
} Options;

static GPtrArray *files_of(const char *option, const Scenario *scenario)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *configs = paths_configs();
	char *own = paths_known_issues();

	if (option) {
		g_ptr_array_add(files, g_strdup(option));
	} else {
		if (scenario && *scenario->known_issues) {
			g_autofree char *dir = g_path_get_dirname(scenario->path);

			g_ptr_array_add(files, g_build_filename(dir, scenario->known_issues, NULL));
		} else {
			char *shipped = g_build_filename(configs, "known-issues.ini", NULL);

			if (g_file_test(shipped, G_FILE_TEST_EXISTS))
				g_ptr_array_add(files, shipped);
			else
				g_free(shipped);
		}
		if (g_file_test(own, G_FILE_TEST_EXISTS))
			g_ptr_array_add(files, g_steal_pointer(&own));
	}
	g_free(own);
	g_ptr_array_add(files, NULL);
	return files;
}

TriageKnown *cmd_known_load(const char *option, const Scenario *scenario, GError **error)
{
	static GHashTable *told; /* a night reads the same file for every boot */
	g_autoptr(GPtrArray) files = files_of(option, scenario);
	TriageKnown *known = triage_known_load((const char *const *)files->pdata, error);

	if (!told)
		told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; known && i < triage_known_issues(known)->len; i++) {
		const KnownIssue *issue = g_ptr_array_index(triage_known_issues(known), i);
		g_autofree char *key = g_strdup_printf("%s [%s]", issue->path, issue->name);

		if (issue->expired && g_hash_table_add(told, g_strdup(key)))
			g_printerr("%s: expired on %s, counts as unknown\n", key, issue->until);
	}
	return known;
}

static void add_signature(const StoreIncident *incident, gpointer user)
{
	g_ptr_array_add(user, units_printable(incident->signature));
}

/* All signatures that hunts have shown, newest first; empty without an index. */
static GPtrArray *seen_signatures(const char *results)
{
	GPtrArray *seen = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Store) store =
		g_file_test(results, G_FILE_TEST_IS_DIR) ? store_open(results, NULL) : NULL;

	if (store)
		store_incidents(store, NULL, add_signature, seen, NULL);
	return seen;
}

static void list_error(const char *typed, const char *what, const GPtrArray *these, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < these->len && i < SHOWN_MAX; i++)
		g_string_append_printf(list, "\n  %s", (char *)g_ptr_array_index(these, i));
	if (these->len > SHOWN_MAX)
		g_string_append_printf(list, "\n  and %u more (pfnhunt results incidents)",
				       these->len - SHOWN_MAX);
	cmd_usage_error(error, "'%s': %s%s", typed, what, list->str);
}

/* "kind:file:function", or "hang:WHERE"; a pattern has at least the kind or the function. */
static gboolean is_whole(const char *typed)
{
	const char *colon = strchr(typed, ':');

	if (g_str_has_prefix(typed, "hang:"))
		return !g_str_has_suffix(typed, ":");
	return colon && colon > typed && strchr(colon + 1, ':') && !g_str_has_suffix(typed, ":");
}

/* @typed, or the only signature that begins with it; patterns and full signatures may be unseen. */
static char *complete(const char *typed, const char *results, GError **error)
{
	g_autoptr(GPtrArray) seen = seen_signatures(results), fits = g_ptr_array_new();

	if (strchr(typed, '*')) {
		if (strpbrk(typed, G_CSET_a_2_z G_CSET_A_2_Z))
			return g_strdup(typed);
		cmd_usage_error(error, "'%s' matches everything", typed);
		return NULL;
	}
	for (guint i = 0; i < seen->len; i++) {
		const char *signature = g_ptr_array_index(seen, i);

		if (g_str_equal(signature, typed))
			return g_strdup(typed);
		if (g_str_has_prefix(signature, typed))
			g_ptr_array_add(fits, (gpointer)signature);
	}
	if (fits->len == 1)
		return g_strdup(g_ptr_array_index(fits, 0));
	if (fits->len == 0 && is_whole(typed)) {
		g_printerr("note: no hunt has shown %s yet\n", typed);
		return g_strdup(typed);
	}
	if (fits->len)
		list_error(typed, "more than one signature begins with it; type more of", fits,
			   error);
	else if (seen->len)
		list_error(typed,
			   "no signature of a hunt begins with it, and it is neither a full one "
			   "(kind:file:function) nor a pattern with \"*\"; hunts have shown",
			   seen, error);
	else
		list_error(typed,
			   "no hunt has shown any signature yet, and it is neither a full one "
			   "(kind:file:function) nor a pattern with \"*\"",
			   seen, error);
	return NULL;
}

static char *own_file(const Options *opt)
{
	return opt->file ? g_strdup(opt->file) : paths_known_issues();
}

static int add(const Options *opt, const char *typed, GError **error)
{
	g_autofree char *file = own_file(opt), *name = NULL, *signature = NULL;
	g_autofree char *clean = NULL;
	KnownIssue issue = {.note = opt->note, .kernels = opt->kernels, .until = opt->until};

	if (!opt->note || !*opt->note) {
		cmd_usage_error(error,
				"--note: say what is known about it, for readers of the reports");
		return -1;
	}
	clean = text_clean_copy(opt->note);
	if (!g_str_equal(clean, opt->note)) {
		cmd_usage_error(error, "--note: one line of plain text");
		return -1;
	}
	signature = issue.signature = complete(typed, opt->results, error);
	if (!signature || !triage_known_add(file, &issue, &name, error))
		return -1;
	printf("%s is now known: [%s] in %s\n", signature, name, file);
	return 0;
}

static int list(const Options *opt, GError **error)
{
	g_autoptr(TriageKnown) known = cmd_known_load(opt->file, NULL, error);
	g_autoptr(RTable) table = rtable_new("name|signature|kernels|until|note|file");
	g_autofree char *text = NULL;

	if (!known)
		return -1;
	for (guint i = 0; i < triage_known_issues(known)->len; i++) {
		const KnownIssue *issue = g_ptr_array_index(triage_known_issues(known), i);

		rtable_cell(table, "%s", issue->name);
		rtable_cell(table, "%s", issue->signature);
		rtable_cell(table, "%s", issue->kernels ? issue->kernels : "all");
		rtable_cell(table, "%s%s", issue->until ? issue->until : "-",
			    issue->expired ? " (over)" : "");
		rtable_cell(table, "%s", issue->note);
		rtable_cell(table, "%s", issue->path);
	}
	text = rtable_text(table);
	if (triage_known_issues(known)->len == 0)
		puts("No known issues; see pfnhunt known --help.");
	else
		fputs(text, stdout);
	return 0;
}

static int remove_one(const Options *opt, const char *name, GError **error)
{
	g_autofree char *file = own_file(opt);

	if (!triage_known_remove(file, name, error))
		return -1;
	printf("[%s] removed from %s\n", name, file);
	return 0;
}

static int known(const Options *opt, int argc, char **argv, GError **error)
{
	const char *what = argc > 1 ? argv[1] : "list";

	if (g_str_equal(what, "list") && argc <= 2)
		return list(opt, error);
	if (g_str_equal(what, "add") && argc == 3)
		return add(opt, argv[2], error);
	if (g_str_equal(what, "remove") && argc == 3)
		return remove_one(opt, argv[2], error);
	cmd_usage_error(
		error,
		"usage: pfnhunt known add SIGNATURE --note TEXT, known list, or known remove NAME");
	return -1;
}

int cmd_known(int argc, char **argv)
{
	Options o = {0};
	const GOptionEntry entries[] = {
		{"note", 0, 0, G_OPTION_ARG_STRING, &o.note,
		 "what is known about it; shown beside it in every report", "TEXT"},
		{"kernels", 0, 0, G_OPTION_ARG_STRING, &o.kernels,
		 "releases that have it, both ends included: \"6.1 - 6.12\", \"- 6.12\" (default: "
		 "all)",
		 "RANGE"},
		{"until", 0, 0, G_OPTION_ARG_STRING, &o.until,
		 "last day on which it counts as known: 2026-12-31 (default: no end)", "DATE"},
		{"known-issues", 0, 0, G_OPTION_ARG_FILENAME, &o.file,
		 "file to change (default: $XDG_CONFIG_HOME/pfnhunt/known-issues.ini)", "FILE"},
		{"results", 'o', 0, G_OPTION_ARG_FILENAME, &o.results,
		 "folder of the hunts in which to look up SIGNATURE (default: results/runs)",
		 "DIR"},
		G_OPTION_ENTRY_NULL,
	};
	const CommandHelp help = {
		.name = "known",
		.args = "add SIGNATURE | list | remove NAME",
		.summary =
			"Known issues do not fail a hunt: they are counted and named, and it exits "
			"0. "
			"SIGNATURE is that\nof an incident or a hang of a hunt, a prefix of one, "
			"or a pattern with \"*\".",
	};
	g_autoptr(GError) error = NULL;
	int code = -1;

	if (command_parse(&help, entries, &argc, &argv, &error)) {
		if (!o.results)
			o.results = paths_results();
		code = known(&o, argc, argv, &error);
	}
	if (error)
		code = cmd_fail(error);
	g_free(o.note);
	g_free(o.kernels);
	g_free(o.until);
	g_free(o.file);
	g_free(o.results);
	return code;
}
