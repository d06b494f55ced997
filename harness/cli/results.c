/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt results`: hunts, as tables and as JSON. */
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "harness/cli/paths.h"
#include "harness/report/compare.h"
#include "harness/report/export.h"
#include "host-driver/base/json.h"
#include "harness/results/merge.h"
#include "harness/report/show.h"
#include "harness/results/table.h"
#include "harness/store/store.h"
#include "harness/verdict/verdict.h"
#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* In place of the verdict of a hunt that runs, or was killed. */
#define UNENDED "unended"

typedef struct {
	char *dir, *new_since;
	char *scenario, *kernel, *verdict; /* of the hunts to list; NULL: any */
	gint64 most;			   /* hunts to list; 0: all */
	gint64 listed;
	gboolean json, markdown;
	RTable *table; /* being filled */
} Options;

/* Takes ownership of @o. */
static void print_json(JsonObject *o)
{
	g_autofree char *text = rj_print(o, FALSE);

	printf("%s\n", text);
}

static Store *open_store(const Options *opt, GError **error)
{
	g_autofree char *path = g_build_filename(opt->dir, "pfnhunt.db", NULL);

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return store_open_filled(opt->dir, error);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "no results in %s: `pfnhunt run` hunts, `pfnhunt results rebuild` indexes "
		    "existing folders",
		    opt->dir);
	return NULL;
}

static gboolean is_listed(const Options *opt, const StoreHunt *h)
{
	return (!opt->scenario || g_str_equal(opt->scenario, h->scenario)) &&
	       (!opt->kernel || g_str_has_prefix(h->kernel, opt->kernel)) &&
	       (!opt->verdict || g_str_equal(opt->verdict, *h->verdict ? h->verdict : UNENDED)) &&
	       (!opt->most || opt->listed < opt->most);
}

static void print_hunt(const StoreHunt *h, gpointer user)
{
	Options *opt = user;
	g_autofree char *moment = results_moment(h->started), *ran = results_duration(h->run_s);

	if (!is_listed(opt, h))
		return;
	opt->listed++;
	if (opt->json) {
		print_json(rexport_hunt_row(h));
		return;
	}
	rtable_cell(opt->table, "%s", h->id);
	rtable_cell(opt->table, "%s", moment);
	rtable_cell(opt->table, "%s", *h->verdict ? h->verdict : UNENDED);
	rtable_cell(opt->table, "%" G_GINT64_FORMAT, h->boots);
	rtable_cell(opt->table, "%" G_GINT64_FORMAT, h->fired);
	rtable_cell(opt->table, "%" G_GINT64_FORMAT, h->hits);
	rtable_cell(opt->table, "%" G_GINT64_FORMAT, h->offlines);
	rtable_cell(opt->table, "%s", ran);
}

static void print_incident(const StoreIncident *i, gpointer user)
{
	Options *opt = user;
	g_autofree char *first = results_moment(i->first_started);

	if (opt->json) {
		print_json(rexport_signature(i));
		return;
	}
	rtable_cell(opt->table, "%s", first);
	rtable_cell(opt->table, "%s%s", i->family, *i->known ? " (known)" : "");
	rtable_cell(opt->table, "%" G_GINT64_FORMAT, i->boots);
	rtable_cell(opt->table, "%" G_GINT64_FORMAT, i->hits);
	rtable_cell(opt->table, "%s", i->title);
	rtable_cell(opt->table, "%s", i->kernels);
	rtable_cell(opt->table, "%s", i->walkers);
	rtable_cell(opt->table, "%s", i->signature);
	rtable_cell(opt->table, "%s", i->first_hunt);
}

static void print_table(Options *opt)
{
	g_autofree char *text = opt->table ? rtable_text(opt->table) : NULL;

	if (text && !opt->json)
		fputs(text, stdout);
	g_clear_pointer(&opt->table, rtable_free);
}

/* A typo must not look like "there is none". */
static gboolean check_verdict(const char *verdict, GError **error)
{
	g_autoptr(GString) names = g_string_new(UNENDED);

	for (guint v = 0; v < VERDICT_COUNT; v++) {
		if (!verdict || g_str_equal(verdict, verdict_name(v)))
			return TRUE;
		g_string_append_printf(names, ", %s", verdict_name(v));
	}
	if (g_str_equal(verdict, UNENDED))
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "--verdict %s: there are %s",
		    verdict, names->str);
	return FALSE;
}

static int do_list(Options *opt, char **args, GError **error)
{
	g_autoptr(Store) store = check_verdict(opt->verdict, error) ? open_store(opt, error) : NULL;
	gboolean ok;

	opt->table = rtable_new("hunt|started (UTC)|verdict|>boots|>fired|>hits|>offlines|>ran");
	ok = store && store_list(store, print_hunt, opt, error);
	print_table(opt);
	return ok ? 0 : -1;
}

static int do_incidents(Options *opt, char **args, GError **error)
{
	g_autoptr(Store) store = open_store(opt, error);
	gboolean ok;

	opt->table = rtable_new(
		"first seen (UTC)|family|>boots|>hits|what|kernels|walkers|signature|first hunt");
	ok = store && store_incidents(store, opt->new_since, print_incident, opt, error);
	print_table(opt);
	return ok ? 0 : -1;
}

static RHunt *load(const Options *opt, const char *what, GError **error)
{
	g_autofree char *dir = results_find(opt->dir, what, error);

	return dir ? results_hunt_load(dir, TRUE, error) : NULL;
}

static int do_show(Options *opt, char **args, GError **error)
{
	g_autofree char *boot_name = NULL, *text = NULL;
	g_autofree char *dir = results_find_boot(opt->dir, args[0], &boot_name, error);
	g_autoptr(RHunt) hunt = dir ? results_hunt_load(dir, TRUE, error) : NULL;
	const RBoot *boot = NULL;

	if (!hunt || (boot_name && !(boot = results_boot_of(hunt, boot_name, error))))
		return -1;
	if (opt->json && boot) {
		print_json(rexport_boot(hunt, boot, TRUE));
	} else if (opt->json) {
		print_json(rexport_hunt(hunt));
		for (guint i = 0; i < hunt->boots->len; i++)
			print_json(rexport_boot(hunt, g_ptr_array_index(hunt->boots, i), FALSE));
	} else {
		text = boot ? results_show_boot(hunt, boot) : results_show_hunt(hunt);
		fputs(text, stdout);
	}
	return 0;
}

static gboolean load_hunts(const Options *opt, char **args, GPtrArray *hunts, GError **error)
{
	g_autoptr(GPtrArray) dirs = NULL;

	for (guint i = 0; args[i]; i++) {
		RHunt *hunt = load(opt, args[i], error);

		if (!hunt)
			return FALSE;
		g_ptr_array_add(hunts, hunt);
	}
	if (hunts->len)
		return TRUE;
	dirs = results_hunt_dirs(opt->dir, error);
	for (guint i = 0; dirs && i < dirs->len; i++) {
		RHunt *hunt = results_hunt_load(g_ptr_array_index(dirs, i), TRUE, error);

		if (!hunt)
			return FALSE;
		g_ptr_array_add(hunts, hunt);
	}
	return dirs != NULL;
}

static int do_exposure(Options *opt, char **args, GError **error)
{
	g_autoptr(GPtrArray) hunts =
		g_ptr_array_new_null_terminated(8, (GDestroyNotify)results_hunt_free, TRUE);
	g_autoptr(GPtrArray) rows = NULL;
	g_autofree char *text = NULL;

	if (!load_hunts(opt, args, hunts, error))
		return -1;
	rows = exposure_rows((const RHunt *const *)hunts->pdata, NULL);
	if (opt->json) {
		for (guint i = 0; i < rows->len; i++)
			print_json(rexport_exposure_row(g_ptr_array_index(rows, i)));
		return 0;
	}
	opt->table = exposure_rows_table(rows, TRUE);
	text = opt->markdown ? rtable_markdown(opt->table) : rtable_text(opt->table);
	fputs(text, stdout);
	g_clear_pointer(&opt->table, rtable_free);
	return 0;
}

static int do_compare(Options *opt, char **args, GError **error)
{
	g_autoptr(RHunt) a = load(opt, args[0], error);
	g_autoptr(RHunt) b = a ? load(opt, args[1], error) : NULL;
	g_autofree char *text = NULL;

	if (!b)
		return -1;
	if (opt->json) {
		print_json(results_compare_json(a, b));
		return 0;
	}
	text = results_compare_text(a, b);
	fputs(text, stdout);
	return 0;
}

static int do_rebuild(Options *opt, char **args, GError **error)
{
	g_autofree char *note = NULL;
	guint hunts = 0, boots = 0;
	gboolean ok = store_rebuild(opt->dir, &note, &hunts, &boots, error);

	if (note)
		g_printerr("%s\n", note);
	if (!ok)
		return -1;
	if (opt->json) {
		RebuildRecord record = {hunts, boots};

		print_json(fields_write(&report_rebuild_table, &record));
	} else {
		g_autofree char *of_hunts = results_number(hunts, "hunt");
		g_autofree char *of_boots = results_number(boots, "boot");

		printf("indexed %s, %s\n", of_hunts, of_boots);
	}
	return 0;
}

/* Not under a pfnhunt that runs it. */
static gboolean remove_hunt(const char *dir, GError **error)
{
	g_autoptr(RHunt) hunt = results_hunt_load(dir, FALSE, error);
	int fd = hunt ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	gboolean locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (locked)
		tree_remove(dir);
	if (fd >= 0)
		close(fd);
	if (hunt && !locked)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s is being run by another pfnhunt", hunt->id);
	else if (hunt && g_file_test(dir, G_FILE_TEST_EXISTS))
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s could not be removed as a whole", dir);
	else if (hunt)
		printf("removed %s\n", hunt->id);
	return hunt && locked && (!error || !*error);
}

static int do_rm(Options *opt, char **args, GError **error)
{
	g_autofree char *note = NULL;
	gboolean ok = TRUE;

	for (guint i = 0; ok && args[i]; i++) {
		g_autofree char *dir = results_find(opt->dir, args[i], error);

		ok = dir && remove_hunt(dir, error);
	}
	return store_rebuild(opt->dir, &note, NULL, NULL, ok ? error : NULL) && ok ? 0 : -1;
}

static int do_merge(Options *opt, char **args, GError **error)
{
	MergeCounts counts = {0};
	g_autofree char *note = NULL;

	for (guint i = 0; args[i]; i++)
		if (!results_merge(opt->dir, args[i], &counts, error))
			return -1;
	if (!store_rebuild(opt->dir, &note, NULL, NULL, error))
		return -1;
	if (note)
		g_printerr("%s\n", note);
	if (opt->json)
		print_json(fields_write(&report_merge_table, &counts));
	else
		printf("hunts: %u new, %u grown, %u already here, %u unusable\n", counts.hunts,
		       counts.grown, counts.same, counts.unusable);
	return 0;
}

static const struct verb {
	const char *name, *args, *help;
	int least, most;
	int (*run)(Options *opt, char **args, GError **error);
	const char *options; /* besides --results and --json */
} verbs[] = {
	{"list", "", "every hunt, newest first", 0, 0, do_list, "scenario kernel verdict number"},
	{"show", "ID[/BOOT]", "one hunt, or one boot with the last actions before its splat", 1, 1,
	 do_show},
	{"incidents", "", "every signature that ever fired (--new-since DATE|HUNT)", 0, 0,
	 do_incidents, "new-since"},
	{"exposure", "[ID...]",
	 "how often each walker was in an open window, by kernel, and its chance of a hit (all "
	 "hunts)",
	 0, 10000, do_exposure, "markdown"},
	{"compare", "A B", "two hunts: what is new, gone or changed, and whether by chance", 2, 2,
	 do_compare},
	{"rm", "ID...", "remove hunts, with all evidence", 1, 10000, do_rm},
	{"rebuild", "", "rebuild the database from the folders", 0, 0, do_rebuild},
	{"merge", "DIR...",
	 "copy hunts from other results folders here, joining shards; can be repeated", 1, 1000,
	 do_merge},
};

/* The verb that is asked for: `results show ...`; NULL: none of ours. */
static const struct verb *find_verb(int argc, char **argv)
{
	for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(argv[1], verbs[i].name))
			return &verbs[i];
	return NULL;
}

static int run_verb(Options *opt, int argc, char **argv, GError **error)
{
	const struct verb *verb = find_verb(argc, argv);
	g_autoptr(GString) names = NULL;

	if (verb && argc - 2 >= verb->least && argc - 2 <= verb->most)
		return verb->run(opt, argv + 2, error);
	if (verb) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "results %s %s: %s",
			    verb->name, verb->args,
			    argc - 2 < verb->least ? "something is missing" : "too much");
		return -1;
	}
	names = g_string_new(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", verbs[i].name);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "results what? There are %s",
		    names->str);
	return -1;
}

/* Of @all those that @verb takes, in place. */
static void keep_options(GOptionEntry *all, const struct verb *verb)
{
	g_auto(GStrv) names = g_strsplit(verb->options ? verb->options : "", " ", -1);
	guint kept = 0;

	for (guint i = 0; all[i].long_name; i++) {
		gboolean general = g_str_equal(all[i].long_name, "results") ||
				   g_str_equal(all[i].long_name, "json");

		if (general || g_strv_contains((const char *const *)names, all[i].long_name))
			all[kept++] = all[i];
	}
	all[kept] = (GOptionEntry)G_OPTION_ENTRY_NULL;
}

static gboolean parse(Options *o, int *argc, char ***argv, GError **error)
{
	GOptionEntry entries[] = {
		{"results", 'o', 0, G_OPTION_ARG_FILENAME, &o->dir,
		 "folder of the hunts (default: results/runs)", "DIR"},
		{"json", 0, 0, G_OPTION_ARG_NONE, &o->json,
		 "JSON, one object per line (docs/json-schema.md)", NULL},
		{"scenario", 0, 0, G_OPTION_ARG_STRING, &o->scenario,
		 "list: only hunts of this scenario", "NAME"},
		{"kernel", 0, 0, G_OPTION_ARG_STRING, &o->kernel,
		 "list: only hunts on kernels whose release begins so", "RELEASE"},
		{"verdict", 0, 0, G_OPTION_ARG_STRING, &o->verdict,
		 "list: only hunts that ended so; " UNENDED ": that have not", "VERDICT"},
		{"number", 'n', 0, G_OPTION_ARG_INT64, &o->most, "list: at most the newest N", "N"},
		{"markdown", 0, 0, G_OPTION_ARG_NONE, &o->markdown,
		 "exposure: print the table as Markdown", NULL},
		{"new-since", 0, 0, G_OPTION_ARG_STRING, &o->new_since,
		 "incidents: only those first seen then or later, or after that hunt", "WHEN"},
		G_OPTION_ENTRY_NULL,
	};
	const struct verb *verb = find_verb(*argc, *argv);
	g_autofree char *name = verb ? g_strdup_printf("results %s", verb->name) : NULL;
	g_autofree char *does =
		verb ? g_strdup_printf("results %s: %s.", verb->name, verb->help) : NULL;
	g_autoptr(GString) help = g_string_new("VERB is one of:\n");
	CommandHelp about = {
		.name = "results",
		.args = "VERB [ARGUMENT...]",
		.summary = "ID is a hunt's id, the beginning of one, its folder's path, or "
			   "'last'.",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
		g_string_append_printf(help, "  %-9s %-10s %s\n", verbs[i].name, verbs[i].args,
				       verbs[i].help);
	about.description = help->str;
	if (verb) {
		about = (CommandHelp){.name = name, .args = verb->args, .summary = does};
		keep_options(entries, verb);
	}
	return command_parse(&about, entries, argc, argv, error);
}

int cmd_results(int argc, char **argv)
{
	Options o = {0};
	g_autoptr(GError) error = NULL;
	int code = -1;

	if (parse(&o, &argc, &argv, &error)) {
		if (!o.dir)
			o.dir = paths_results();
		code = run_verb(&o, argc, argv, &error);
	}
	if (error)
		code = cmd_fail(error);
	g_free(o.dir);
	g_free(o.new_since);
	g_free(o.scenario);
	g_free(o.kernel);
	g_free(o.verdict);
	return code;
}
