/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt run`: options, live progress, report. */
#include "harness/cli/guest-options.h"
#include "harness/cli/hunt-options.h"
#include "harness/cli/run-screen.h"
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "harness/cli/known.h"
#include "harness/cli/paths.h"
#include "harness/report/text.h"
#include "harness/hunt/resume.h"
#include "harness/results/table.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	char *kernel, *modules, *accel, *boots, *time, *seed, *results, *resume, *keep, *jobs,
		*shard, *known;
	char **backends;
	gboolean dry_run, strict, pin;
	GuestOptions guest;
} Options;

static void on_kernel_progress(const char *text, gpointer user)
{
	g_printerr("%s\n", text);
}

/* "2/4": every 4th boot, from the second on. */
static gboolean apply_shard(const Options *opt, HuntConfig *config, GError **error)
{
	g_auto(GStrv) parts = opt->shard ? g_strsplit(opt->shard, "/", 2) : NULL;
	guint64 share, shares;

	if (!opt->shard)
		return TRUE;
	if (!parts[0] || !parts[1] || !units_parse_u64(parts[0], &share) ||
	    !units_parse_u64(parts[1], &shares) || share < 1 || share > shares || shares > 100000)
		return cmd_usage_error(error, "--shard %s: I/N, such as 2/4, with I from 1 to N",
				       opt->shard);
	if (!opt->seed)
		return cmd_usage_error(error, "--shard needs --seed: all shards have the same");
	if (config->bound > 0)
		return cmd_usage_error(error, "--shard with stop = bound: a shard does not see the "
					      "others' boots; use another stop in the scenario");
	if (config->boots && share > config->boots)
		return cmd_usage_error(error,
				       "--shard %s: %" G_GUINT64_FORMAT " boots leave none for it",
				       opt->shard, config->boots);
	config->share = (guint)share;
	config->shares = (guint)shares;
	return TRUE;
}

/* Options that override the scenario's policy. */
static gboolean apply_policy(const Options *opt, HuntConfig *config, GError **error)
{
	guint64 boots;

	config->bound = config->scenario->bound;
	config->boots = config->bound > 0 ? 0 : config->scenario->boots;
	if (!cmd_hunt_boots(opt->boots, &boots, error))
		return FALSE;
	if (opt->time) {
		if (!units_parse_ms(opt->time, &config->time_ms) || config->time_ms == 0)
			return cmd_usage_error(error, "--time %s: a time such as 90s, 30m or 8h",
					       opt->time);
		config->boots = 0;
	}
	if (boots)
		config->boots = boots;
	if (!units_parse_bytes(opt->keep ? opt->keep : "2G", &config->keep_bytes))
		return cmd_usage_error(error, "--keep %s: a size such as 500M or 2G", opt->keep);
	config->pin = opt->pin;
	return cmd_hunt_jobs(opt->jobs, &config->jobs, error) && apply_shard(opt, config, error) &&
	       cmd_hunt_seed(opt->seed, &config->seed, error);
}

/* The state and options of the resumed hunt; the options may raise its limits. */
static gboolean apply_resume(const Options *opt, const RHunt *h, HuntConfig *config, Screen *screen,
			     GError **error)
{
	HuntSummary so_far = {
		.rule = screen->rule,
		.results = g_ptr_array_new_with_free_func((GDestroyNotify)boot_result_free)};
	gint64 spent_us = 0;
	gboolean ok = hunt_resume_load(h->dir, &so_far, NULL, &spent_us, error);

	screen->rule = so_far.rule;
	hunt_summary_clear(&so_far);
	if (!ok || !units_parse_u64(h->seed, &config->seed))
		return ok && cmd_usage_error(error, "%s: hunt.json has no seed", h->id);
	/* A record does not say which file of ours is read. */
	if (!opt->known && *config->scenario->known_issues)
		return cmd_usage_error(error,
				       "%s was judged by a known-issues file of its scenario; name "
				       "the file with --known-issues",
				       h->id);
	if (!opt->boots && !opt->time) {
		config->boots = (guint64)h->boots_planned;
		config->time_ms = (guint64)h->time_ms;
	}
	if (config->time_ms)
		screen->until_us -= spent_us;
	config->resume_dir = h->dir;
	/* For joined shards, all missing boots are run. */
	config->share = h->share;
	config->shares = h->share ? h->shares : 0;
	return TRUE;
}

static RHunt *find_resumed(const Options *opt, const char *results, GError **error)
{
	g_autofree char *dir = results_find(results, opt->resume, error);

	return dir ? results_hunt_load(dir, TRUE, error) : NULL;
}

/* As given, or those of the resumed hunt, which must be on this machine. */
static GPtrArray *parse_backends(const Options *opt, const RHunt *resumed, GError **error)
{
	g_autoptr(GPtrArray) backends =
		g_ptr_array_new_with_free_func((GDestroyNotify)vm_backend_free);
	g_auto(GStrv) before = resumed ? g_strsplit(resumed->backend, " ", -1) : NULL;
	char **texts = opt->backends ? opt->backends : before;

	if (!opt->backends && resumed && !cmd_hunt_ran_here(resumed, resumed->backend, error))
		return NULL;
	for (guint i = 0; i == 0 || (texts && texts[i]); i++) {
		VmBackend *backend = cmd_hunt_backend(texts ? texts[i] : NULL, error);

		if (!backend)
			return NULL;
		g_ptr_array_add(backends, backend);
	}
	return g_steal_pointer(&backends);
}

/* Runs it and prints the report. The exit code, or -1 with an error. */
static int run_hunt(const HuntConfig *config, Screen *screen, GError **error)
{
	const Scenario *scenario = config->scenario;
	gboolean colour = isatty(STDOUT_FILENO) && !g_getenv("NO_COLOR");
	g_autofree char *text = NULL;
	HuntSummary summary;
	int code = -1;

	screen->boots = config->boots;
	if (config->time_ms)
		screen->until_us += g_get_monotonic_time() + (gint64)config->time_ms * 1000;
	g_printerr("hunting %s on %s\n  %s\n", scenario->name, config->kernel->release,
		   scenario->summary);
	if (hunt_run(config, &screen_listener, screen, &summary, error)) {
		text = report_text(config, &summary, colour);
		fputs(text, stdout);
		code = verdict_exit_code(summary.verdict);
	}
	hunt_summary_clear(&summary);
	return code;
}

/* To look at a plan downloads nothing. */
static gboolean is_here(const Options *opt, GError **error)
{
	const char *spec = opt->kernel ? opt->kernel : "debian";
	gboolean fetch = FALSE;

	return kernel_needs_fetch(spec, &fetch, error) &&
	       (!fetch || cmd_usage_error(error,
					  "%s is not in the cache, and --dry-run downloads "
					  "nothing: run `pfnhunt kernel fetch %s` first",
					  spec, spec));
}

static int hunt(const Options *opt, const char *what, GError **error)
{
	g_autofree char *configs = paths_configs(), *agent = NULL;
	g_autofree char *results = opt->results ? g_strdup(opt->results) : paths_results();
	g_autoptr(RHunt) resumed = opt->resume ? find_resumed(opt, results, error) : NULL;
	g_autofree char *path = opt->resume ? NULL : scenario_find(what, configs, error);
	g_autofree char *text = NULL, *parent = NULL;
	g_autoptr(TriageKnown) known = NULL;
	g_autoptr(Scenario) scenario =
		resumed ? hunt_resume_scenario(resumed, error)
		: path	? guest_options_scenario(&opt->guest, scenario_load(path, error), error)
			: NULL;
	g_autoptr(Kernel) kernel = NULL;
	g_autoptr(GPtrArray) backends = NULL;
	g_autofree HuntHost *more = NULL;
	g_autoptr(Screen) screen = screen_new();
	HuntConfig config = {.strict = opt->strict,
			     .scenario = scenario,
			     .label = opt->guest.label,
			     .known_path = opt->known,
			     .results_dir = results};

	if (!scenario || !apply_policy(opt, &config, error))
		return -1;
	screen->rule = hunt_rule(&config);
	if (resumed) {
		/* It may be in another folder than new hunts. */
		config.results_dir = parent = g_path_get_dirname(resumed->dir);
		if (!apply_resume(opt, resumed, &config, screen, error))
			return -1;
	}
	config.known_issues = known = cmd_known_load(opt->known, scenario, error);
	backends = known ? parse_backends(opt, resumed, error) : NULL;
	if (!backends)
		return -1;
	if (opt->dry_run && !is_here(opt, error))
		return -1;
	kernel = resumed ? hunt_resume_kernel(resumed, opt->kernel, opt->modules, error)
			 : kernel_open(opt->kernel ? opt->kernel : "debian", opt->modules,
				       on_kernel_progress, NULL, error);
	if (!kernel || !guest_options_kernel(&opt->guest, kernel, opt->modules, error))
		return -1;
	config.kernel = kernel;
	if (!cmd_hunt_agent(&config, &agent, !opt->dry_run, error) ||
	    !(more = cmd_hunt_hosts(backends, !opt->accel && resumed ? resumed->accel : opt->accel,
				    &config, error)))
		return -1;
	if (opt->dry_run) {
		text = hunt_describe(&config, error);
		if (text)
			fputs(text, stdout);
		return text ? 0 : -1;
	}
	return run_hunt(&config, screen, error);
}

static gboolean parse(Options *o, int *argc, char ***argv, GError **error)
{
	g_autofree char *list = vm_backend_list();
	g_autofree char *backends =
		g_strdup_printf("where guests run: %s; repeat it to use several hosts", list);
	const GOptionEntry entries[] = {
		{"kernel", 'k', 0, G_OPTION_ARG_STRING, &o->kernel,
		 "debian (default), debian:SUITE, host, a cached version (6.12), or the path of a "
		 "bzImage, a vmlinux or a build tree",
		 "KERNEL"},
		{"modules", 0, 0, G_OPTION_ARG_FILENAME, &o->modules,
		 "lib/modules/VERSION folder for a kernel given by path", "DIR"},
		GUEST_OPTIONS(&o->guest),
		{"accel", 0, 0, G_OPTION_ARG_STRING, &o->accel, "auto (default), kvm or tcg",
		 "ACCEL"},
		{"backend", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->backends, backends, "BACKEND"},
		{"jobs", 'j', 0, G_OPTION_ARG_STRING, &o->jobs,
		 "parallel boots per host: a number (default 1), or auto: as many as CPUs and "
		 "memory allow",
		 "N"},
		{"pin", 0, 0, G_OPTION_ARG_NONE, &o->pin,
		 "pin each guest's vCPUs to host CPUs of their own", NULL},
		{"shard", 0, 0, G_OPTION_ARG_STRING, &o->shard,
		 "run only this share of the boots, I from 1 to N; needs --seed (docs/scaling.md)",
		 "I/N"},
		{"boots", 'n', 0, G_OPTION_ARG_STRING, &o->boots,
		 "number of boots (default: the scenario's)", "N"},
		{"time", 't', 0, G_OPTION_ARG_STRING, &o->time,
		 "start boots for this long: 90s, 30m, 8h", "T"},
		{"seed", 's', 0, G_OPTION_ARG_STRING, &o->seed,
		 "seed of the hunt (default: random; always recorded)", "SEED"},
		{"results", 'o', 0, G_OPTION_ARG_FILENAME, &o->results,
		 "folder for the hunt's folder (default: results/runs)", "DIR"},
		{"keep", 0, 0, G_OPTION_ARG_STRING, &o->keep,
		 "limit on the logs of clean boots; the oldest are removed (default 2G, 0: no "
		 "limit)",
		 "SIZE"},
		{"resume", 0, 0, G_OPTION_ARG_STRING, &o->resume,
		 "continue a hunt that was killed or interrupted, or with more --boots or --time",
		 "ID"},
		{"strict", 0, 0, G_OPTION_ARG_NONE, &o->strict,
		 "count known issues like unknown ones", NULL},
		CMD_KNOWN_OPTION(&o->known),
		{"dry-run", 0, 0, G_OPTION_ARG_NONE, &o->dry_run,
		 "print QEMU's command line and the plan of the first boot, and stop", NULL},
		G_OPTION_ENTRY_NULL,
	};
	const CommandHelp help = {
		.name = "run",
		.args = "[SCENARIO]",
		.summary = "Boots guests for a scenario (a name from configs/ or an .ini file; "
			   "default quick),\nhammers memory hotplug while PFN walkers run, and "
			   "reports what fired.",
		.description = COMMAND_EXIT_CODES "Only guests are touched: this machine's own "
						  "memory is never taken offline.\n",
	};

	return command_parse(&help, entries, argc, argv, error);
}

static void options_clear(Options *o)
{
	g_free(o->kernel);
	g_free(o->modules);
	g_free(o->accel);
	g_strfreev(o->backends);
	g_free(o->jobs);
	g_free(o->shard);
	g_free(o->boots);
	g_free(o->time);
	g_free(o->seed);
	g_free(o->results);
	g_free(o->resume);
	g_free(o->keep);
	g_free(o->known);
	guest_options_clear(&o->guest);
}

int cmd_run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	Options o = {0};
	int code = -1;

	if (parse(&o, &argc, &argv, &error)) {
		if (argc > 2)
			cmd_usage_error(&error, "one scenario at a time: unexpected '%s'", argv[2]);
		else if (o.resume && (argc == 2 || o.seed || o.shard || o.dry_run ||
				      guest_options_any(&o.guest)))
			cmd_usage_error(&error, "--resume takes scenario, seed, shard and guest "
						"from the hunt");
		else
			code = hunt(&o, argc == 2 ? argv[1] : "quick", &error);
	}
	if (error)
		code = cmd_fail(error);
	options_clear(&o);
	return code;
}
