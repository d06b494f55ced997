/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt matrix`: many hunts, one table. If one fails, the rest still run. */
#include "harness/cli/guest-options.h"
#include "harness/cli/hunt-options.h"
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "harness/campaign/matrix.h"
#include "harness/cli/known.h"
#include "harness/cli/paths.h"
#include "harness/report/text.h"
#include "host-driver/base/error.h"
#include "host-driver/base/rng.h"

#include <glib-unix.h>
#include <stdio.h>

typedef struct {
	char **kernels, **scenarios;
	const char *configs;
	GuestOptions guest;
	HuntConfig config; /* what all hunts share */
	guint64 seed;
	Matrix *matrix;
	const char *known, *accel;     /* --known-issues, --accel */
	guint kernel, scenario;	       /* the cell at hand */
	guint verdicts[VERDICT_COUNT]; /* as what the boots that count weigh */
	int worst_error;	       /* exit code of what could not be run, or 0 */
	gboolean interrupted, markdown;
} Run;

static void on_boot_over(const BootResult *result, gboolean retried, gpointer user)
{
	Run *run = user;
	g_autofree char *line = report_boot_line(result);

	g_printerr("  %s%s\n", line, retried ? " (trying again)" : "");
	if (retried)
		return;
	matrix_add(run->matrix, run->kernel, run->scenario, result);
	run->verdicts[hunt_weigh(result)]++;
}

static void on_note(const char *text, gpointer user)
{
	g_printerr("  %s\n", text);
}

static const HuntListener listener = {
	.boot_over = on_boot_over,
	.note = on_note,
};

static void on_kernel_progress(const char *text, gpointer user)
{
	g_printerr("%s\n", text);
}

/* Ctrl-C between two hunts; during a hunt, the hunt itself ends its boot. */
static gboolean on_signal(gpointer user)
{
	((Run *)user)->interrupted = TRUE;
	return G_SOURCE_CONTINUE;
}

static gboolean go_on(Run *run)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
	return !run->interrupted;
}

/* Takes ownership of the error: prints one line now, and one below the table. */
static void cell_failed(Run *run, GError *error)
{
	int code = cmd_fail(error);

	run->worst_error = MAX(run->worst_error, code);
	matrix_fail(run->matrix, run->kernel, run->scenario, error->message);
	g_error_free(error);
}

static gboolean hunt_cell(Run *run, const Kernel *kernel, GError **error)
{
	g_autofree char *path = scenario_find(run->scenarios[run->scenario], run->configs, error);
	g_autoptr(Scenario) scenario = NULL;
	g_autoptr(TriageKnown) known = NULL;
	HuntConfig config = run->config;
	HuntSummary summary;
	gboolean ok;

	if (path)
		scenario = guest_options_scenario(&run->guest, scenario_load(path, error), error);
	if (!scenario)
		return FALSE;
	known = cmd_known_load(run->known, scenario, error);
	if (!known)
		return FALSE;
	config.scenario = scenario;
	config.known_issues = known;
	config.known_path = run->known;
	config.label = run->guest.label;
	config.bound = run->config.boots ? 0 : scenario->bound;
	config.boots = run->config.boots     ? run->config.boots
		       : scenario->bound > 0 ? 0
					     : scenario->boots;
	/* A cell's seed depends only on its position, so that it can be rerun alone. */
	config.seed = seed_derive(run->seed, run->kernel * 1000 + run->scenario);
	g_printerr("%s on %s, seed 0x%016" G_GINT64_MODIFIER "x\n", scenario->name, kernel->release,
		   config.seed);
	ok = hunt_run(&config, &listener, run, &summary, error);
	run->interrupted |= summary.interrupted;
	hunt_summary_clear(&summary);
	return ok;
}

static void hunt_kernel(Run *run)
{
	GError *why = NULL;
	g_autofree char *agent = NULL;
	g_autoptr(Kernel) kernel =
		kernel_open(run->kernels[run->kernel], NULL, on_kernel_progress, NULL, &why);

	run->config.kernel = kernel;
	if (kernel && (!guest_options_kernel(&run->guest, kernel, NULL, &why) ||
		       !cmd_hunt_agent(&run->config, &agent, TRUE, &why) ||
		       !cmd_hunt_accel(run->accel, &run->config, &why)))
		g_clear_pointer(&kernel, kernel_free);
	for (run->scenario = 0; run->scenarios[run->scenario]; run->scenario++) {
		GError *error = NULL;

		if (!kernel)
			matrix_fail(run->matrix, run->kernel, run->scenario, why->message);
		else if (go_on(run) && !hunt_cell(run, kernel, &error))
			cell_failed(run, error);
	}
	if (!kernel) {
		int code = cmd_fail(why);

		run->worst_error = MAX(run->worst_error, code);
		g_error_free(why);
	}
}

/* A hit outranks a hunt that could not run. */
static int exit_code(const Run *run)
{
	Verdict worst = VERDICT_CLEAN;
	guint boots = 0;

	for (guint v = 0; v < VERDICT_COUNT; v++) {
		boots += run->verdicts[v];
		worst = run->verdicts[v] ? MIN(worst, v) : worst;
	}
	if (run->worst_error && !verdict_is_hit(worst))
		return run->worst_error;
	return verdict_exit_code(verdict_of_hunt(worst, boots, run->interrupted));
}

static int run_all(Run *run)
{
	guint sigint = g_unix_signal_add(SIGINT, on_signal, run);
	guint sigterm = g_unix_signal_add(SIGTERM, on_signal, run);
	g_autofree char *text = NULL;

	run->matrix =
		matrix_new((const char *const *)run->kernels, (const char *const *)run->scenarios);
	for (run->kernel = 0; run->kernels[run->kernel] && go_on(run); run->kernel++)
		hunt_kernel(run);
	text = matrix_text(run->matrix, run->markdown);
	fputs(text, stdout);
	if (run->interrupted)
		printf("interrupted: the rest was not run\n");
	matrix_free(run->matrix);
	g_source_remove(sigint);
	g_source_remove(sigterm);
	return exit_code(run);
}

/* Splits "6.1,7.3" into its parts, none empty. (transfer full) */
static char **parse_list(const char *option, const char *text, GError **error)
{
	g_auto(GStrv) parts = text ? g_strsplit(text, ",", -1) : NULL;

	for (guint i = 0; parts && parts[i]; i++)
		if (*g_strstrip(parts[i]) == '\0')
			g_clear_pointer(&parts, g_strfreev);
	if (!parts || !parts[0]) {
		cmd_usage_error(error, "%s: a list such as %s", option,
				g_str_equal(option, "--kernels") ? "6.1,7.3" : "quick,cancel");
		return NULL;
	}
	return g_steal_pointer(&parts);
}

static const CommandHelp matrix_help = {
	.name = "matrix",
	.summary = "Runs each scenario on each kernel and prints a table: which race family "
		   "fired\non which kernel, in how many of the exposed boots, and how soon "
		   "(Kaplan-Meier median).",
	.description = "Exit codes: 1 an unknown incident or a hang; else 2 or 3 if a hunt could "
		       "not run;\nelse 4 unexposed; else 0 clean or known. Ctrl-C prints the table "
		       "so far, and exits 4\nif nothing fired.\n",
};

int cmd_matrix(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *kernels = NULL, *scenarios = NULL, *accel = NULL, *seed = NULL;
	g_autofree char *jobs = NULL, *where = NULL, *known = NULL, *list = vm_backend_list();
	g_autofree char *backends = g_strdup_printf("where guests run: %s", list);
	g_autofree char *results = NULL, *configs = paths_configs();
	g_autofree char *boots = NULL;
	Run run = {.configs = configs};
	const GOptionEntry entries[] = {
		{"kernels", 'k', 0, G_OPTION_ARG_STRING, &kernels,
		 "kernels as for `pfnhunt run --kernel`, separated by commas", "LIST"},
		{"scenarios", 'c', 0, G_OPTION_ARG_STRING, &scenarios,
		 "names from configs/ or .ini files, separated by commas", "LIST"},
		{"boots", 'n', 0, G_OPTION_ARG_STRING, &boots,
		 "boots of each scenario on each kernel (default: the scenario's)", "N"},
		{"jobs", 'j', 0, G_OPTION_ARG_STRING, &jobs,
		 "parallel boots of a hunt: a number (default 1), or auto", "N"},
		GUEST_OPTIONS(&run.guest),
		{"accel", 0, 0, G_OPTION_ARG_STRING, &accel, "auto (default), kvm or tcg", "ACCEL"},
		{"backend", 0, 0, G_OPTION_ARG_STRING, &where, backends, "BACKEND"},
		CMD_KNOWN_OPTION(&known),
		{"markdown", 0, 0, G_OPTION_ARG_NONE, &run.markdown, "print the table as Markdown",
		 NULL},
		{"seed", 's', 0, G_OPTION_ARG_STRING, &seed,
		 "seed of the matrix (default: random); each hunt's seed is printed", "SEED"},
		{"results", 'o', 0, G_OPTION_ARG_FILENAME, &results,
		 "folder for the hunts' folders (default: results/runs)", "DIR"},
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(VmBackend) backend = NULL;
	int code = -1;

	if (!command_parse(&matrix_help, entries, &argc, &argv, &error))
		return error ? cmd_fail(error) : 0;
	if (!results)
		results = paths_results();
	run.config.results_dir = results;
	run.known = known;
	run.accel = accel;
	if (argc > 1)
		cmd_usage_error(&error, "'%s': use --kernels and --scenarios", argv[1]);
	else if (cmd_hunt_boots(boots, &run.config.boots, &error) &&
		 (run.kernels = parse_list("--kernels", kernels, &error)) &&
		 (run.scenarios = parse_list("--scenarios", scenarios, &error)) &&
		 cmd_hunt_jobs(jobs, &run.config.jobs, &error) &&
		 cmd_hunt_seed(seed, &run.seed, &error) &&
		 (run.config.backend = backend = cmd_hunt_backend(where, &error)))
		code = run_all(&run);
	g_strfreev(run.kernels);
	g_strfreev(run.scenarios);
	guest_options_clear(&run.guest);
	return error ? cmd_fail(error) : code;
}
