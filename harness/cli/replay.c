/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `pfnhunt replay`: reruns a kept boot a number of times. The guest's threads race, so the outcome
 * is a distribution, not a trace: how often the same signature fires.
 */
#include "harness/cli/guest-options.h"
#include "harness/cli/hunt-options.h"
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "harness/hunt/resume.h"
#include "harness/cli/known.h"
#include "harness/cli/paths.h"
#include "harness/report/text.h"
#include "harness/report/export.h"
#include "host-driver/base/json.h"
#include "harness/results/bounds.h"
#include "harness/results/signature.h"
#include "harness/results/table.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"

#include <stdio.h>
#include <string.h>

typedef struct {
	char *dir, *kernel, *modules, *jobs, *backend;
	gint64 boots;
	gboolean json;
	GuestOptions guest;
} Options;

static void on_boot_over(const BootResult *result, gboolean retried, gpointer user)
{
	g_autofree char *line = report_boot_line(result);

	g_printerr("%s%s\n", line, retried ? " (trying again)" : "");
}

static void on_note(const char *text, gpointer user)
{
	g_printerr("%s\n", text);
}

static const HuntListener listener = {
	.boot_over = on_boot_over,
	.note = on_note,
};

/* The named boot, else the first that fired, else the first that ended. */
static const RBoot *choose(const RHunt *h, const char *name, GError **error)
{
	const RBoot *ended = NULL;

	if (name)
		return results_boot_of(h, name, error);
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (b->hit_title && results_boot_counts(b))
			return b;
		if (!ended && results_boot_counts(b))
			ended = b;
	}
	if (!ended)
		cmd_usage_error(error, "%s has no completed boot", h->id);
	return ended;
}

/* The machine must be the same except for paths and names; differences are reported. */
static void compare_machines(const RBoot *was, const RBoot *is)
{
	static const char *const ours[] = {"-kernel", "-initrd", "-name", NULL};
	gboolean path = FALSE;

	if (was->argv->len != is->argv->len) {
		g_printerr("note: QEMU had %u arguments then and has %u now\n", was->argv->len,
			   is->argv->len);
		return;
	}
	for (guint i = 0; i < was->argv->len; i++) {
		const char *a = g_ptr_array_index(was->argv, i),
			   *b = g_ptr_array_index(is->argv, i);
		g_autofree char *then = units_printable(a), *now = units_printable(b);

		if (!path && strcmp(a, b) != 0)
			g_printerr("note: QEMU's %s was %s\n", now, then);
		path = g_strv_contains(ours, a);
	}
}

static int tell(const Options *opt, const RHunt *new, const char *of, const RBoot *was)
{
	g_autoptr(GPtrArray) signatures = results_signatures(new);
	const char *wanted = was->hit_signature ? was->hit_signature : "";
	const RSignature *same = results_signature_find(signatures, wanted);
	RTotals t = results_totals(new);
	guint back = same ? MIN(same->boots, t.exposed) : 0;
	StatsInterval ci = stats_proportion(back, t.exposed, STATS_CONFIDENCE);
	g_autofree char *bounds = bounds_percent(ci);
	g_autofree char *title = units_printable(was->hit_title ? was->hit_title : "");

	if (opt->json) {
		ReplayRecord record = {.of = (char *)of,
				       .hunt = new->id,
				       .signature = (char *)wanted,
				       .boots = t.exposed,
				       .fired = t.fired,
				       .same_signature = back,
				       .rate = {ci.low, ci.high}};
		g_autofree char *text =
			rj_print(fields_write(&report_replay_table, &record), FALSE);

		printf("%s\n", text);
		return 0;
	}
	printf("%s: %s\n", of, *title ? title : "nothing fired");
	if (*wanted)
		printf("  %s in %u of %u boots (bounds at 95 %%: %s)\n",
		       back ? "the same signature came back"
			    : "the same signature did not come back",
		       back, t.exposed, bounds);
	for (guint i = 0; i < signatures->len; i++) {
		const RSignature *s = g_ptr_array_index(signatures, i);
		g_autofree char *other = units_printable(s->first->title);

		if (s != same)
			printf("  also: %s in %u of %u boots\n", other, s->boots, t.exposed);
	}
	printf("  folder    %s\n", new->dir);
	return 0;
}

static int replay(const Options *opt, const char *what, GError **error)
{
	g_autofree char *agent = NULL, *name = NULL, *of = NULL;
	g_autofree char *dir = results_find_boot(opt->dir, what, &name, error);
	g_autoptr(TriageKnown) known = NULL;
	g_autoptr(RHunt) old = dir ? results_hunt_load(dir, TRUE, error) : NULL;
	const RBoot *was = old ? choose(old, name, error) : NULL;
	g_autoptr(Scenario) scenario = was ? hunt_resume_scenario(old, error) : NULL;
	g_autoptr(Kernel) kernel = NULL;
	g_autoptr(VmBackend) backend = NULL;
	g_autoptr(RHunt) new = NULL;
	HuntConfig config = {.label = opt->guest.label,
			     .results_dir = opt->dir,
			     .boots = (guint64)opt->boots,
			     .same_seed = TRUE};
	HuntSummary summary;
	int code;

	scenario = guest_options_scenario(&opt->guest, g_steal_pointer(&scenario), error);
	if (!scenario)
		return -1;
	config.scenario = scenario;
	if (!units_parse_u64(was->seed, &config.seed)) {
		cmd_usage_error(error, "boot %s has no seed", was->folder);
		return -1;
	}
	if (!opt->backend && !cmd_hunt_ran_here(old, was->backend, error))
		return -1;
	config.backend = backend = cmd_hunt_backend(opt->backend, error);
	if (!backend)
		return -1;
	kernel = hunt_resume_kernel(old, opt->kernel, opt->modules, error);
	if (!kernel || !guest_options_kernel(&opt->guest, kernel, opt->modules, error) ||
	    (!scenario->changes && !hunt_resume_modules(old, scenario, kernel, error)))
		return -1;
	config.kernel = kernel;
	if (!cmd_hunt_agent(&config, &agent, TRUE, error) ||
	    !cmd_hunt_accel(was->accel, &config, error) ||
	    !cmd_hunt_jobs(opt->jobs, &config.jobs, error))
		return -1;
	/* A path out of the record may be anybody's; the shipped and the user's own apply. */
	config.known_issues = known = cmd_known_load(NULL, NULL, error);
	if (!known)
		return -1;
	config.replay_of = of = g_strdup_printf("%s/%s", old->id, was->folder);
	if (!hunt_run(&config, &listener, NULL, &summary, error)) {
		hunt_summary_clear(&summary);
		return -1;
	}
	code = verdict_exit_code(summary.verdict);
	new = results_hunt_load(summary.dir, TRUE, error);
	hunt_summary_clear(&summary);
	if (!new)
		return -1;
	if (new->boots->len)
		compare_machines(was, g_ptr_array_index(new->boots, 0));
	tell(opt, new, of, was);
	return code;
}

int cmd_replay(int argc, char **argv)
{
	Options o = {.boots = 1};
	const GOptionEntry entries[] = {
		{"boots", 'n', 0, G_OPTION_ARG_INT64, &o.boots, "number of boots (default 1)", "N"},
		{"jobs", 'j', 0, G_OPTION_ARG_STRING, &o.jobs,
		 "parallel boots: a number (default 1), or auto", "N"},
		{"kernel", 'k', 0, G_OPTION_ARG_STRING, &o.kernel,
		 "where the kernel is now, if not in the cache; its build ID is checked", "KERNEL"},
		{"backend", 0, 0, G_OPTION_ARG_STRING, &o.backend,
		 "where guests run, as for `pfnhunt run`; required if the boot ran on another host",
		 "BACKEND"},
		{"modules", 0, 0, G_OPTION_ARG_FILENAME, &o.modules,
		 "lib/modules/VERSION folder for a kernel given by path", "DIR"},
		{"results", 'o', 0, G_OPTION_ARG_FILENAME, &o.dir,
		 "folder of the hunts (default: results/runs)", "DIR"},
		GUEST_OPTIONS(&o.guest),
		{"json", 0, 0, G_OPTION_ARG_NONE, &o.json, "JSON (docs/json-schema.md)", NULL},
		G_OPTION_ENTRY_NULL,
	};
	const CommandHelp help = {
		.name = "replay",
		.args = "ID[/BOOT]",
		.summary = "Reruns a kept boot with the same kernel, scenario, seed and machine; "
			   "without BOOT, the first\nthat fired. The guest's threads race, so a "
			   "replay is not a trace: --boots N shows how often\nthe same signature "
			   "fires, with its bounds at 95 %.",
		.description = "Exit codes as for `pfnhunt run`.\n",
	};
	g_autoptr(GError) error = NULL;
	int code = -1;

	if (command_parse(&help, entries, &argc, &argv, &error)) {
		if (!o.dir)
			o.dir = paths_results();
		if (argc != 2)
			cmd_usage_error(
				&error,
				"replay needs ID or ID/BOOT; `pfnhunt results list` shows the IDs");
		else if (o.boots < 1 || o.boots > 1000000)
			cmd_usage_error(&error, "--boots: a number from 1 to 1000000");
		else
			code = replay(&o, argv[1], &error);
	}
	if (error)
		code = cmd_fail(error);
	g_free(o.dir);
	g_free(o.kernel);
	g_free(o.modules);
	g_free(o.jobs);
	g_free(o.backend);
	guest_options_clear(&o.guest);
	return code;
}
