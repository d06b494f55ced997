/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt run`: options, live progress, report. */
#include "harness/cmd-hunt.h"
#include "harness/cmd.h"
#include "harness/paths.h"
#include "harness/report-text.h"
#include "harness/hunt-resume.h"
#include "harness/results-table.h"
#include "harness/units.h"
#include "host-driver/error.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	char *kernel, *modules, *accel, *backend, *time, *seed, *results, *resume, *keep;
	gint64 boots;
	gboolean dry_run, strict;
} Options;

typedef struct {
	gboolean tty;
	guint64 boots;	 /* planned, 0 = no limit */
	gint64 until_us; /* when no new boot starts, 0 = no limit */
} Screen;

static char *of_boots(const Screen *screen, guint index)
{
	return screen->boots ? g_strdup_printf("%u/%" G_GUINT64_FORMAT, index + 1, screen->boots)
			     : g_strdup_printf("%u", index + 1);
}

/* Progress goes to stderr, so that stdout is the report alone. */
static void clear_line(const Screen *screen)
{
	if (screen->tty)
		fputs("\r\033[K", stderr);
}

static char *remaining(const Screen *screen)
{
	gint64 left_us = screen->until_us - g_get_monotonic_time();
	g_autofree char *text = NULL;

	if (screen->until_us == 0)
		return g_strdup("");
	text = results_duration((double)MAX(left_us, 0) / G_USEC_PER_SEC);
	return g_strdup_printf(", %s left", text);
}

static void on_boot_started(guint index, guint64 seed, const char *dir, gpointer user)
{
	const Screen *screen = user;
	g_autofree char *boot = of_boots(screen, index);

	clear_line(screen);
	g_printerr("boot %s: seed 0x%016" G_GINT64_MODIFIER "x%s", boot, seed,
		   screen->tty ? "" : "\n");
}

static void on_progress(guint index, const BootProgress *p, gpointer user)
{
	const Screen *screen = user;
	g_autofree char *boot = of_boots(screen, index), *left = NULL;

	if (!screen->tty)
		return;
	clear_line(screen);
	left = remaining(screen);
	g_printerr("boot %s: %s %.0f s, %.0f offlines/s, %" G_GUINT64_FORMAT " hits%s", boot,
		   p->phase, p->elapsed_s, p->offlines_per_s, p->hits, left);
}

static void on_splat(guint index, const char *title, gpointer user)
{
	clear_line(user);
	g_printerr("  %s\n", title);
}

static void on_boot_over(const BootResult *result, gboolean retried, gpointer user)
{
	g_autofree char *line = report_boot_line(result);

	clear_line(user);
	g_printerr("%s%s\n", line, retried ? " (trying again)" : "");
}

static void on_note(const char *text, gpointer user)
{
	clear_line(user);
	g_printerr("%s\n", text);
}

static void on_kernel_progress(const char *text, gpointer user)
{
	g_printerr("%s\n", text);
}

static const HuntListener listener = {
	.boot_started = on_boot_started,
	.progress = on_progress,
	.splat = on_splat,
	.boot_over = on_boot_over,
	.note = on_note,
};

/* The options that a hunt takes over the scenario's policy. */
static gboolean apply_policy(const Options *opt, HuntConfig *config, GError **error)
{
	config->boots = config->scenario->boots;
	if (opt->boots < 0 || opt->boots > 1000000)
		return cmd_usage_error(error, "--boots: a number from 1 to 1000000");
	if (opt->time) {
		if (!units_parse_ms(opt->time, &config->time_ms) || config->time_ms == 0)
			return cmd_usage_error(error, "--time %s: a time such as 90s, 30m or 8h",
					       opt->time);
		config->boots = 0;
	}
	if (opt->boots)
		config->boots = (guint64)opt->boots;
	if (!units_parse_bytes(opt->keep ? opt->keep : "2G", &config->keep_bytes))
		return cmd_usage_error(error, "--keep %s: a size such as 500M or 2G", opt->keep);
	return cmd_hunt_seed(opt->seed, &config->seed, error);
}

/* Where the hunt that goes on stood, and what it was given; the options may ask for more. */
static gboolean apply_resume(const Options *opt, const RHunt *h, HuntConfig *config, Screen *screen,
			     GError **error)
{
	HuntSummary so_far = {
		.results = g_ptr_array_new_with_free_func((GDestroyNotify)boot_result_free)};
	HuntResume at = {0};
	gboolean ok = hunt_resume_load(h->dir, &so_far, &at, error);

	hunt_summary_clear(&so_far);
	if (!ok || !units_parse_u64(h->seed, &config->seed))
		return ok && cmd_usage_error(error, "%s: hunt.json has no seed", h->id);
	if (!opt->boots && !opt->time) {
		config->boots = (guint64)h->boots_planned;
		config->time_ms = (guint64)h->time_ms;
	}
	if (config->time_ms)
		screen->until_us -= at.spent_us;
	config->resume_dir = h->dir;
	return TRUE;
}

static RHunt *find_resumed(const Options *opt, const char *results, GError **error)
{
	g_autofree char *dir = results_find(results, opt->resume, error);

	return dir ? results_hunt_load(dir, TRUE, error) : NULL;
}

static int hunt(const Options *opt, const char *what, GError **error)
{
	g_autofree char *configs = paths_configs(), *agent = paths_agent();
	g_autofree char *results = opt->results ? g_strdup(opt->results) : paths_results();
	g_autoptr(RHunt) resumed = opt->resume ? find_resumed(opt, results, error) : NULL;
	g_autofree char *path = opt->resume ? NULL : scenario_find(what, configs, error);
	g_autofree char *known = NULL, *text = NULL, *parent = NULL;
	g_autoptr(Scenario) scenario = resumed ? hunt_resume_scenario(resumed, error)
				       : path  ? scenario_load(path, error)
					       : NULL;
	g_autoptr(Kernel) kernel = NULL;
	g_autoptr(VmBackend) backend = NULL;
	HuntConfig config = {.strict = opt->strict,
			     .scenario = scenario,
			     .results_dir = results,
			     .agent_path = agent};
	HuntSummary summary;
	Screen screen = {.tty = isatty(STDERR_FILENO)};
	gboolean colour = isatty(STDOUT_FILENO) && !g_getenv("NO_COLOR");
	int code;

	if (!scenario || !apply_policy(opt, &config, error))
		return -1;
	if (resumed) {
		/* It may lie elsewhere than where new hunts go. */
		config.results_dir = parent = g_path_get_dirname(resumed->dir);
		if (!apply_resume(opt, resumed, &config, &screen, error))
			return -1;
	}
	config.known_issues = known = cmd_hunt_known_issues(scenario, configs);
	config.backend = backend =
		cmd_hunt_backend(!opt->backend && resumed ? resumed->backend : opt->backend, error);
	if (!backend)
		return -1;
	if (!cmd_hunt_has_agent(agent, error) ||
	    !cmd_hunt_accel(!opt->accel && resumed ? resumed->accel : opt->accel, &config, error))
		return -1;
	kernel = resumed ? hunt_resume_kernel(resumed, opt->kernel, opt->modules, error)
			 : kernel_open(opt->kernel ? opt->kernel : "debian", opt->modules,
				       on_kernel_progress, NULL, error);
	if (!kernel)
		return -1;
	config.kernel = kernel;
	if (opt->dry_run) {
		text = hunt_describe(&config, error);
		if (text)
			fputs(text, stdout);
		return text ? 0 : -1;
	}
	screen.boots = config.boots;
	if (config.time_ms)
		screen.until_us += g_get_monotonic_time() + (gint64)config.time_ms * 1000;
	g_printerr("hunting %s on %s\n  %s\n", scenario->name, kernel->release, scenario->summary);
	if (!hunt_run(&config, &listener, &screen, &summary, error)) {
		hunt_summary_clear(&summary);
		return -1;
	}
	text = report_text(&config, &summary, colour);
	fputs(text, stdout);
	code = verdict_exit_code(summary.verdict);
	hunt_summary_clear(&summary);
	return code;
}

int cmd_run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	Options o = {0};
	g_autofree char *list = vm_backend_list();
	g_autofree char *backends = g_strdup_printf("where guests run: %s", list);
	const GOptionEntry entries[] = {
		{"kernel", 'k', 0, G_OPTION_ARG_STRING, &o.kernel,
		 "debian (default), debian:SUITE, host, a cached version (6.12), or a bzImage's "
		 "path",
		 "KERNEL"},
		{"modules", 0, 0, G_OPTION_ARG_FILENAME, &o.modules,
		 "lib/modules/VERSION folder that goes with a kernel's path", "DIR"},
		{"accel", 0, 0, G_OPTION_ARG_STRING, &o.accel, "auto (default), kvm or tcg",
		 "ACCEL"},
		{"backend", 0, 0, G_OPTION_ARG_STRING, &o.backend, backends, "BACKEND"},
		{"boots", 'n', 0, G_OPTION_ARG_INT64, &o.boots,
		 "number of boots (default: the scenario's)", "N"},
		{"time", 't', 0, G_OPTION_ARG_STRING, &o.time,
		 "start boots until this much time has passed: 90s, 30m, 8h", "T"},
		{"seed", 's', 0, G_OPTION_ARG_STRING, &o.seed,
		 "seed of the hunt (default: random, and recorded)", "SEED"},
		{"results", 'o', 0, G_OPTION_ARG_FILENAME, &o.results,
		 "folder for the hunt's folder (default: results/runs)", "DIR"},
		{"keep", 0, 0, G_OPTION_ARG_STRING, &o.keep,
		 "most that the logs of clean boots may take; the oldest give way (default 2G, 0: "
		 "no limit)",
		 "SIZE"},
		{"resume", 0, 0, G_OPTION_ARG_STRING, &o.resume,
		 "go on with a hunt that was killed or interrupted, or with more --boots or --time",
		 "ID"},
		{"strict", 0, 0, G_OPTION_ARG_NONE, &o.strict,
		 "known issues count like unknown ones", NULL},
		{"dry-run", 0, 0, G_OPTION_ARG_NONE, &o.dry_run,
		 "print QEMU's command line and the plan of the first boot, and stop", NULL},
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("[SCENARIO]");
	int code = -1;

	g_option_context_set_summary(
		context,
		"Boots guests by a scenario (a name from configs/ or an .ini file; default "
		"quick),\nhammers memory hotplug beside PFN walkers, and reports what fired.");
	g_option_context_set_description(
		context,
		"Exit codes: 0 clean, 1 incident or hang, 2 usage, 3 our own failure, "
		"4 unexposed.\nOnly guests are touched: this machine's own memory is never "
		"taken offline.\n");
	g_option_context_add_main_entries(context, entries, NULL);
	g_set_prgname("pfnhunt run");
	if (g_option_context_parse(context, &argc, &argv, &error)) {
		if (argc > 2)
			cmd_usage_error(&error, "one scenario at a time: '%s' is one too many",
					argv[2]);
		else if (o.resume && (argc == 2 || o.seed || o.dry_run))
			cmd_usage_error(&error, "--resume takes scenario and seed from the hunt");
		else
			code = hunt(&o, argc == 2 ? argv[1] : "quick", &error);
	}
	if (error)
		code = cmd_fail(error);
	g_free(o.kernel);
	g_free(o.modules);
	g_free(o.accel);
	g_free(o.backend);
	g_free(o.time);
	g_free(o.seed);
	g_free(o.results);
	g_free(o.resume);
	g_free(o.keep);
	return code;
}
