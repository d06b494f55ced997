/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt nightly`: a night's hunts, and one page on what they found. */
#include "harness/cli/hunt-options.h"
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "harness/hunt/resume.h"
#include "harness/campaign/nightly.h"
#include "harness/cli/known.h"
#include "harness/cli/paths.h"
#include "harness/report/text.h"
#include "harness/store/store.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"

#include <stdio.h>
#include <string.h>

typedef struct {
	Nightly *plan;
	const char *results, *configs;
	const char *known_issues; /* --known-issues */
	const char *accel;	  /* --accel */
	char *agent;		  /* of the hunt at hand */
	HuntConfig config;	  /* what all hunts share */
	GHashTable *kernels;	  /* spec as given to Kernel, opened once */
	Scenario *scenario;	  /* of the hunt at hand */
	TriageKnown *known;	  /* the same */
} Night;

static void on_boot_over(const BootResult *result, gboolean retried, gpointer user)
{
	g_autofree char *line = report_boot_line(result);

	g_printerr("  %s%s\n", line, retried ? " (trying again)" : "");
}

static void on_note(const char *text, gpointer user)
{
	g_printerr("  %s\n", text);
}

static const HuntListener listener = {
	.boot_over = on_boot_over,
	.note = on_note,
};

static Kernel *open_kernel(Night *night, const char *spec, GError **error)
{
	Kernel *kernel = g_hash_table_lookup(night->kernels, spec);

	if (kernel)
		return kernel;
	kernel = kernel_open(spec, NULL, NULL, NULL, error);
	if (kernel)
		g_hash_table_insert(night->kernels, g_strdup(spec), kernel);
	return kernel;
}

static gboolean open_cell(const NightlyCell *cell, HuntConfig *config, gpointer user,
			  GError **error)
{
	Night *night = user;
	g_autofree char *path = scenario_find(cell->scenario, night->configs, error);

	g_clear_pointer(&night->scenario, scenario_free);
	g_clear_pointer(&night->known, triage_known_free);
	night->scenario = path ? scenario_load(path, error) : NULL;
	if (!night->scenario ||
	    !(night->known = cmd_known_load(night->known_issues, night->scenario, error)) ||
	    !(config->kernel = open_kernel(night, cell->kernel, error)) ||
	    !cmd_hunt_agent(config, &night->agent, TRUE, error) ||
	    !cmd_hunt_accel(night->accel, config, error))
		return FALSE;
	config->scenario = night->scenario;
	config->known_issues = night->known;
	g_printerr("%s on %s, boot %" G_GUINT64_FORMAT "\n", cell->scenario, cell->kernel,
		   cell->tried + 1);
	return TRUE;
}

/* Whether @h is an earlier night of the same scenario on the same kernel as @now. */
static gboolean is_before(const RHunt *h, const RHunt *now, const char *since)
{
	if (strcmp(h->started, now->started) >= 0 || (since && strcmp(h->started, since) < 0) ||
	    !g_str_equal(h->scenario, now->scenario) || *h->verdict == '\0')
		return FALSE;
	/* A tracked kernel gets new releases: compare the spec. */
	return g_str_equal(h->kernel_spec, now->kernel_spec) || g_str_equal(h->kernel, now->kernel);
}

/* The earlier nights of @now since the reference night, oldest first: of RHunt, with boots. */
static GPtrArray *find_before(const Night *night, const RHunt *now)
{
	g_autoptr(GPtrArray) dirs = results_hunt_dirs(night->results, NULL);
	GPtrArray *nights = g_ptr_array_new_with_free_func((GDestroyNotify)results_hunt_free);

	for (guint i = dirs ? dirs->len : 0; i-- > 0 && nights->len < NIGHTLY_HISTORY;) {
		const char *dir = g_ptr_array_index(dirs, i);
		g_autoptr(RHunt) h = results_hunt_load(dir, FALSE, NULL);
		RHunt *whole;

		if (!h || !is_before(h, now, night->plan->since))
			continue;
		whole = results_hunt_load(dir, TRUE, NULL);
		if (whole)
			g_ptr_array_insert(nights, 0, whole);
	}
	return nights;
}

typedef struct {
	const Night *night;
	GHashTable *seen;
} Seen;

static void add_seen(const StoreIncident *incident, gpointer user)
{
	const Seen *seen = user;
	const GPtrArray *cells = seen->night->plan->cells;

	for (guint i = 0; i < cells->len; i++) {
		const NightlyCell *cell = g_ptr_array_index(cells, i);
		g_autofree char *id = cell->dir ? g_path_get_basename(cell->dir) : NULL;

		if (g_strcmp0(id, incident->first_hunt) == 0)
			return;
	}
	g_hash_table_add(seen->seen, g_strdup(incident->signature));
}

/* Without the index only the nights that are compared count as seen, with a note. */
static GHashTable *seen_before(const Night *night)
{
	g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Seen seen = {night, set};
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = store_open(night->results, &error);
	g_autofree char *said = NULL;

	if (store && store_incidents(store, NULL, add_seen, &seen, &error))
		return g_steal_pointer(&set);
	said = cmd_said(error);
	g_printerr("what fired before the reference night is not known: %s\n", said);
	return NULL;
}

/* What is not there to be read is not what was found tonight. */
static RHunt *load_tonight(NightlyCell *cell)
{
	g_autoptr(GError) error = NULL;
	RHunt *hunt = cell->dir ? results_hunt_load(cell->dir, TRUE, &error) : NULL;

	if (error && !cell->fail)
		cell->fail = g_strdup_printf("its hunt cannot be read: %s", error->message);
	return hunt;
}

static int tell(const Night *night)
{
	g_autoptr(GHashTable) seen = seen_before(night);
	GPtrArray *cells = night->plan->cells;
	g_autofree GPtrArray **before = g_new0(GPtrArray *, cells->len);
	g_autofree RHunt **now = g_new0(RHunt *, cells->len);
	g_autofree char *page = NULL;
	NightlyCounts counts;

	for (guint i = 0; i < cells->len; i++) {
		now[i] = load_tonight(g_ptr_array_index(cells, i));
		before[i] = now[i] ? find_before(night, now[i]) : NULL;
	}
	page = nightly_page(night->plan, before, now, seen, &counts);
	fputs(page, stdout);
	for (guint i = 0; i < cells->len; i++) {
		g_clear_pointer(&before[i], g_ptr_array_unref);
		results_hunt_free(now[i]);
	}
	return nightly_exit_code(&counts);
}

static int nightly(const char *path, const char *results, const char *accel, const char *known,
		   GError **error)
{
	g_autofree char *configs = paths_configs();
	g_autoptr(Nightly) plan = nightly_load(path, error);
	g_autoptr(GHashTable) kernels =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)kernel_free);
	Night night = {.plan = plan,
		       .results = results,
		       .configs = configs,
		       .config = {.results_dir = results},
		       .accel = accel,
		       .known_issues = known,
		       .kernels = kernels};
	g_autoptr(VmBackend) backend = NULL;
	g_autoptr(TriageKnown) given = NULL; /* what cannot be read is told before the night */

	if (known && !(given = cmd_known_load(known, NULL, error)))
		return -1;
	if (!plan || !(night.config.backend = backend = cmd_hunt_backend(plan->backend, error)))
		return -1;
	nightly_run(plan, &night.config, &listener, open_cell, &night);
	g_clear_pointer(&night.scenario, scenario_free);
	g_clear_pointer(&night.known, triage_known_free);
	g_free(night.agent);
	return tell(&night);
}

int cmd_nightly(int argc, char **argv)
{
	g_autofree char *results = NULL, *accel = NULL, *known = NULL;
	const GOptionEntry entries[] = {
		{"results", 'o', 0, G_OPTION_ARG_FILENAME, &results,
		 "folder of the hunts (default: results/runs)", "DIR"},
		{"accel", 0, 0, G_OPTION_ARG_STRING, &accel, "auto (default), kvm or tcg", "ACCEL"},
		CMD_KNOWN_OPTION(&known),
		G_OPTION_ENTRY_NULL,
	};
	const CommandHelp help = {
		.name = "nightly",
		.args = "FILE",
		.summary = "Runs a list of scenarios and kernels (configs/nightly.ini) within its "
			   "time budget, each\nboot where it adds most information, and prints one "
			   "page compared with all earlier nights.",
		.description = "Exit codes: 1 an incident or hang that is new, or was seen before "
			       "and is not marked known\n(pfnhunt known); else 3 if a boot was "
			       "lost or a hunt could not run; else 4 if a scenario and\nkernel had "
			       "no exposed boot, or after Ctrl-C; else 0. 2 usage.\nThe budget is "
			       "a hard limit: a "
			       "boot that is still running is ended within 30 s.\n",
	};
	g_autoptr(GError) error = NULL;
	int code = -1;

	if (command_parse(&help, entries, &argc, &argv, &error)) {
		if (!results)
			results = paths_results();
		if (argc != 2)
			cmd_usage_error(&error,
					"nightly needs a file, such as configs/nightly.ini");
		else
			code = nightly(argv[1], results, accel, known, &error);
	}
	if (error)
		code = cmd_fail(error);
	return code;
}
