/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hunt.h. */
#include "harness/hunt.h"
#include "harness/hunt-facts.h"
#include "harness/hunt-resume.h"
#include "harness/plan.h"
#include "harness/units.h"
#include "harness/store.h"
#include "harness/thin.h"
#include "host-driver/error.h"
#include "host-driver/initramfs.h"
#include "host-driver/rng.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>

/* One boot in 30 to 100 dies of the artefact; this many in a row are something else. */
#define EMULATOR_RETRIES 5

typedef struct {
	const HuntConfig *config;
	const HuntListener *listener;
	gpointer user;
	HuntSummary *summary;
	GMainLoop *loop;
	GPtrArray *modules;
	guint boot_module_count;
	char *id, *initrd_path;
	VmAccel accel;
	gint64 started_us;
	guint next_index, retry;
	Boot *boot;
	Store *store;
	Thinner *thinner; /* NULL: no limit */
	GError *error;	  /* why no boot could be started */
} Hunt;

static void next_boot(Hunt *hunt);

static JsonObject *hunt_json(const Hunt *hunt, gboolean ended)
{
	const HuntConfig *c = hunt->config;
	g_autofree char *seed = g_strdup_printf("0x%016" G_GINT64_MODIFIER "x", c->seed);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format_iso8601(now);
	JsonObject *o = json_object_new();
	JsonObject *verdicts = json_object_new();

	json_object_set_string_member(o, "id", hunt->id);
	json_object_set_string_member(o, "scenario", c->scenario->name);
	json_object_set_string_member(o, "seed", seed);
	json_object_set_string_member(o, "kernel", c->kernel->release);
	json_object_set_string_member(o, "kernel_spec", c->kernel->spec);
	json_object_set_string_member(o, "backend", c->backend->text);
	json_object_set_string_member(o, "accel", vm_accel_name(hunt->accel));
	json_object_set_string_member(o, "pfnhunt", PFNHUNT_VERSION);
	json_object_set_string_member(o, ended ? "ended" : "started", time);
	if (!ended) {
		hunt_facts_add(o, c);
		return o;
	}
	for (guint v = 0; v < VERDICT_COUNT; v++)
		json_object_set_int_member(verdicts, verdict_name(v), hunt->summary->verdicts[v]);
	json_object_set_object_member(o, "verdicts", verdicts);
	json_object_set_string_member(o, "verdict", verdict_name(hunt->summary->verdict));
	json_object_set_boolean_member(o, "interrupted", hunt->summary->interrupted);
	return o;
}

static gboolean write_hunt_json(Hunt *hunt, gboolean ended, GError **error)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), hunt_json(hunt, ended));
	g_autofree char *text = json_to_string(node, TRUE);
	g_autofree char *path =
		g_build_filename(hunt->summary->dir, ended ? "summary.json" : "hunt.json", NULL);

	json_object_unref(json_node_get_object(node));
	return g_file_set_contents(path, text, -1, error);
}

/* A folder of its own: two hunts started in the same second differ by their number. */
static gboolean make_hunt_dir(Hunt *hunt, GError **error)
{
	const HuntConfig *c = hunt->config;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *stamp = g_date_time_format(now, "%Y%m%d-%H%M%S");

	if (g_mkdir_with_parents(c->results_dir, 0755) < 0)
		goto fail;
	for (guint n = 0; n < 100; n++) {
		g_autofree char *suffix = n ? g_strdup_printf("-%u", n) : g_strdup("");
		g_autofree char *boots = NULL;

		g_free(hunt->id);
		hunt->id = g_strdup_printf("%s-%s-%s%s", stamp, c->scenario->name,
					   c->kernel->release, suffix);
		g_free(hunt->summary->dir);
		hunt->summary->dir = g_build_filename(c->results_dir, hunt->id, NULL);
		boots = g_build_filename(hunt->summary->dir, "boots", NULL);
		if (g_mkdir(hunt->summary->dir, 0755) == 0 && g_mkdir(boots, 0755) == 0)
			return TRUE;
		if (errno != EEXIST)
			break;
	}
fail:
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "cannot make a folder in %s: %s (--results DIR puts it elsewhere)",
		    c->results_dir, g_strerror(errno));
	return FALSE;
}

static BootConfig boot_config(const Hunt *hunt, guint index)
{
	const HuntConfig *c = hunt->config;

	return (BootConfig){
		.scenario = c->scenario,
		.kernel = c->kernel,
		.modules = hunt->modules,
		.boot_module_count = hunt->boot_module_count,
		.initrd_path = hunt->initrd_path,
		.backend = c->backend,
		.accel = hunt->accel,
		.known_issues = c->known_issues,
		.strict = c->strict,
		.index = index,
		.seed = c->same_seed ? c->seed : seed_derive(c->seed, index),
		.deadlines = c->deadlines ? *c->deadlines : boot_deadlines_default,
	};
}

static gboolean next_boot_later(gpointer user)
{
	next_boot(user);
	return G_SOURCE_REMOVE;
}

static gboolean wants_more(const Hunt *hunt)
{
	const HuntConfig *c = hunt->config;

	if (hunt->summary->interrupted)
		return FALSE;
	if (c->boots && hunt->next_index >= c->boots)
		return FALSE;
	return !c->time_ms || g_get_monotonic_time() - hunt->started_us < (gint64)c->time_ms * 1000;
}

/* Whether this boot is to be run again rather than counted. */
static gboolean try_again(Hunt *hunt, const BootResult *r)
{
	if (hunt->summary->interrupted)
		return FALSE;
	if (r->verdict == VERDICT_EMULATOR && hunt->retry < EMULATOR_RETRIES) {
		hunt->retry++;
		return TRUE;
	}
	if (r->verdict == VERDICT_INFRA && hunt->accel == VM_ACCEL_KVM &&
	    hunt->config->accel_auto && r->hello_s < 0) {
		hunt->listener->note("KVM does not run this guest here: falling back to TCG",
				     hunt->user);
		hunt->accel = VM_ACCEL_TCG;
		return TRUE;
	}
	return FALSE;
}

/* Takes @text, which may be NULL. */
static void tell(const Hunt *hunt, char *text)
{
	if (text)
		hunt->listener->note(text, hunt->user);
	g_free(text);
}

static void boot_over(Boot *boot, BootResult *r, gpointer user)
{
	Hunt *hunt = user;
	HuntSummary *sum = hunt->summary;
	gboolean again = try_again(hunt, r);

	hunt->listener->boot_over(r, again, hunt->user);
	tell(hunt, store_boot(hunt->store, sum->dir, r->dir, again));
	if (hunt->thinner)
		thinner_boot_over(hunt->thinner, r->dir, r->verdict == VERDICT_CLEAN);
	sum->verdicts[r->verdict]++;
	if (again) {
		boot_result_free(r);
	} else {
		sum->boots++;
		sum->hits += r->hits;
		sum->offlines += r->offlines;
		sum->run_s += r->run_s;
		g_ptr_array_add(sum->results, r);
		hunt->next_index++;
		hunt->retry = 0;
	}
	/* The boot is still on the stack below us. */
	g_idle_add(next_boot_later, hunt);
}

static void boot_progress(const BootProgress *progress, gpointer user)
{
	Hunt *hunt = user;

	if (hunt->listener->progress)
		hunt->listener->progress(hunt->next_index, progress, hunt->user);
}

static void boot_splat(const char *title, gpointer user)
{
	Hunt *hunt = user;

	if (hunt->listener->splat)
		hunt->listener->splat(hunt->next_index, title, hunt->user);
}

static const BootListener boot_listener = {
	.progress = boot_progress, .splat = boot_splat, .over = boot_over};

static void next_boot(Hunt *hunt)
{
	BootConfig config = boot_config(hunt, hunt->next_index);
	g_autofree char *leaf = NULL, *dir = NULL, *name = NULL;

	g_clear_pointer(&hunt->boot, boot_free);
	if (!wants_more(hunt)) {
		g_main_loop_quit(hunt->loop);
		return;
	}
	leaf = hunt->retry ? g_strdup_printf("%04u-again%u", hunt->next_index, hunt->retry)
			   : g_strdup_printf("%04u%s", hunt->next_index,
					     hunt->accel != hunt->config->accel ? "-tcg" : "");
	config.dir = dir = g_build_filename(hunt->summary->dir, "boots", leaf, NULL);
	config.name = name = g_strdup_printf("%s-%s", hunt->id, leaf);
	if (hunt->listener->boot_started)
		hunt->listener->boot_started(hunt->next_index, config.seed, dir, hunt->user);
	hunt->boot = boot_start(&config, &boot_listener, hunt, &hunt->error);
	if (!hunt->boot)
		g_main_loop_quit(hunt->loop);
}

static gboolean on_signal(gpointer user)
{
	Hunt *hunt = user;

	hunt->summary->interrupted = TRUE;
	if (hunt->boot)
		boot_interrupt(hunt->boot);
	return G_SOURCE_CONTINUE;
}

/* The worst verdict of the boots that count, in the order of VERDICTS. */
static Verdict worst(const HuntSummary *sum)
{
	Verdict verdict = sum->boots ? VERDICT_CLEAN : VERDICT_UNEXPOSED;

	for (guint i = 0; i < sum->results->len; i++) {
		const BootResult *r = g_ptr_array_index(sum->results, i);

		verdict = MIN(verdict, r->verdict);
	}
	return verdict;
}

/* A hunt that goes on has all but its end; the initramfs of before is what it tests. */
static gboolean take_up(Hunt *hunt, GError **error)
{
	g_autofree char *summary = g_build_filename(hunt->config->resume_dir, "summary.json", NULL);
	HuntResume at = {0};

	hunt->summary->dir = g_strdup(hunt->config->resume_dir);
	hunt->id = g_path_get_basename(hunt->summary->dir);
	if (!hunt_resume_load(hunt->summary->dir, hunt->summary, &at, error))
		return FALSE;
	hunt->next_index = at.next_index;
	hunt->retry = at.retry;
	hunt->started_us -= at.spent_us;
	g_unlink(summary); /* it runs again */
	return TRUE;
}

static gboolean write_start(Hunt *hunt, GError **error)
{
	const Scenario *scenario = hunt->config->scenario;
	g_autofree char *path = g_build_filename(hunt->summary->dir, "scenario.ini", NULL);

	return g_file_set_contents(path, scenario->text, -1, error) &&
	       write_hunt_json(hunt, FALSE, error);
}

static gboolean prepare(Hunt *hunt, GError **error)
{
	const HuntConfig *c = hunt->config;
	g_autoptr(GError) no_index = NULL;
	g_autoptr(GPtrArray) files = NULL;

	hunt->modules = plan_modules(c->scenario, c->kernel, &hunt->boot_module_count, error);
	if (!hunt->modules || !(c->resume_dir ? take_up(hunt, error) : make_hunt_dir(hunt, error)))
		return FALSE;
	hunt->initrd_path = g_build_filename(hunt->summary->dir, "initramfs.cpio", NULL);
	files = plan_files(c->scenario, error);
	if (!files)
		return FALSE;
	if (!g_file_test(hunt->initrd_path, G_FILE_TEST_EXISTS) &&
	    !initramfs_write(hunt->initrd_path, c->agent_path, hunt->modules,
			     hunt->boot_module_count, files, error))
		return FALSE;
	if (!c->resume_dir && !write_start(hunt, error))
		return FALSE;
	if (c->keep_bytes)
		hunt->thinner = thinner_new(hunt->summary->dir, c->keep_bytes);
	/* Only an index: without it the hunt goes on, and it can be made from the folders. */
	hunt->store = store_open(c->results_dir, &no_index);
	if (!hunt->store)
		hunt->listener->note(no_index->message, hunt->user);
	tell(hunt, store_hunt(hunt->store, hunt->summary->dir));
	return TRUE;
}

gboolean hunt_run(const HuntConfig *config, const HuntListener *listener, gpointer user,
		  HuntSummary *summary, GError **error)
{
	Hunt hunt = {.config = config,
		     .listener = listener,
		     .user = user,
		     .summary = summary,
		     .accel = config->accel,
		     .started_us = g_get_monotonic_time()};
	guint sigint, sigterm;
	gboolean ok = FALSE;

	*summary = (HuntSummary){0};
	summary->results = g_ptr_array_new_with_free_func((GDestroyNotify)boot_result_free);
	if (!prepare(&hunt, error))
		goto out;
	hunt.loop = g_main_loop_new(NULL, FALSE);
	sigint = g_unix_signal_add(SIGINT, on_signal, &hunt);
	sigterm = g_unix_signal_add(SIGTERM, on_signal, &hunt);
	g_idle_add(next_boot_later, &hunt);
	g_main_loop_run(hunt.loop);
	g_source_remove(sigint);
	g_source_remove(sigterm);
	g_main_loop_unref(hunt.loop);

	summary->verdict = worst(summary);
	summary->accel = hunt.accel;
	if (!hunt.error)
		write_hunt_json(&hunt, TRUE, &hunt.error);
	tell(&hunt, store_hunt(hunt.store, summary->dir));
	ok = hunt.error == NULL;
	if (hunt.error)
		g_propagate_error(error, g_steal_pointer(&hunt.error));
out:
	g_clear_pointer(&hunt.boot, boot_free);
	g_clear_pointer(&hunt.store, store_close);
	g_clear_pointer(&hunt.thinner, thinner_free);
	g_clear_pointer(&hunt.modules, g_ptr_array_unref);
	g_free(hunt.id);
	g_free(hunt.initrd_path);
	return ok;
}

void hunt_summary_clear(HuntSummary *summary)
{
	g_clear_pointer(&summary->results, g_ptr_array_unref);
	g_clear_pointer(&summary->dir, g_free);
}

static void append_argv(GString *text, char *const *argv, const char *real, const char *shown)
{
	for (guint i = 0; argv[i]; i++) {
		const char *arg = g_str_equal(argv[i], real) ? shown : argv[i];
		g_autofree char *quoted = g_shell_quote(arg);
		gboolean plain = strspn(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					     "0123456789-_=,./:+@") == strlen(arg);

		/* An option and its value share a line. */
		g_string_append_printf(text, "%s%s",
				       i == 0	       ? ""
				       : arg[0] == '-' ? " \\\n  "
						       : " ",
				       plain ? arg : quoted);
	}
}

char *hunt_describe(const HuntConfig *config, GError **error)
{
	guint boot_module_count;
	g_autoptr(GPtrArray) modules =
		plan_modules(config->scenario, config->kernel, &boot_module_count, error);
	g_autofree char *dir = modules ? g_dir_make_tmp("pfnhunt-dry-XXXXXX", error) : NULL;
	g_autofree char *initrd = g_build_filename(dir ? dir : "", "initramfs.cpio", NULL);
	g_autoptr(GString) text = g_string_new("# machine of boot 0\n");
	g_autoptr(GPtrArray) files = NULL;
	g_autoptr(VmConfig) vm = NULL;
	g_auto(GStrv) argv = NULL;
	g_autofree char *plan = NULL;
	Hunt hunt = {.config = config,
		     .modules = modules,
		     .boot_module_count = boot_module_count,
		     .initrd_path = initrd,
		     .accel = config->accel};
	BootConfig boot;

	if (!dir)
		return NULL;
	boot = boot_config(&hunt, 0);
	boot.name = "HUNT-0000";
	boot.dir = dir;
	vm = boot_vm_config(&boot);
	/* Really made, so that all is checked that a boot would check, and then removed. */
	files = plan_files(config->scenario, error);
	if (files &&
	    initramfs_write(initrd, config->agent_path, modules, boot_module_count, files, error))
		argv = config->backend->ops->argv(vm, error);
	g_unlink(initrd);
	g_rmdir(dir);
	if (!argv)
		return NULL;
	append_argv(text, argv, initrd, "HUNT/initramfs.cpio");
	plan = plan_to_text(config->scenario, boot.seed, modules, boot_module_count, 10);
	g_string_append_printf(text, "\n\n# plan of boot 0, seed 0x%016" G_GINT64_MODIFIER "x\n%s",
			       boot.seed, plan);
	return g_string_free(g_steal_pointer(&text), FALSE);
}
