/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hunt.h. */
#include "harness/hunt/internal.h"
#include "harness/hunt/facts.h"
#include "harness/hunt/resume.h"
#include "harness/scenario/plan.h"
#include "harness/results/records.h"
#include "host-driver/base/text.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"
#include "host-driver/base/open.h"
#include "host-driver/kernel/initramfs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

/* What hunt.json and summary.json have in common. */
static void fill_record(const Hunt *hunt, RHunt *h)
{
	const HuntConfig *c = hunt->config;
	g_autoptr(GString) backends = g_string_new(c->backend->text);

	for (guint i = 0; i < c->more_host_count; i++)
		g_string_append_printf(backends, " %s", c->more_hosts[i].backend->text);
	h->id = text_copy(hunt->id);
	h->scenario = text_copy(c->scenario->name);
	h->seed = g_strdup_printf("0x%016" G_GINT64_MODIFIER "x", c->seed);
	h->kernel = text_copy(c->kernel->release);
	h->kernel_spec = text_copy(c->kernel->spec);
	h->backend = text_copy(backends->str);
	h->pfnhunt = g_strdup(PFNHUNT_VERSION);
}

static gboolean write_record(const Hunt *hunt, const FieldTable *table, RHunt *h, GError **error)
{
	g_autofree char *path = g_build_filename(hunt->summary->dir, table->name, NULL);
	g_autofree char *text = rj_print(fields_write(table, h), TRUE);

	fields_clear(table, h);
	return g_file_set_contents(path, text, -1, error);
}

static gboolean write_hunt_json(const Hunt *hunt, GError **error)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	RHunt h = {0};

	fill_record(hunt, &h);
	h.accel = g_strdup(vm_accel_name(hunt->config->accel));
	h.started = g_date_time_format_iso8601(now);
	hunt_facts_add(&h, hunt->config, hunt->modules);
	return write_record(hunt, &results_hunt_table, &h, error);
}

static gboolean write_summary_json(const Hunt *hunt, GError **error)
{
	const HuntSummary *summary = hunt->summary;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	RHunt h = {.verdict = verdict_name(summary->verdict), .interrupted = summary->interrupted};

	fill_record(hunt, &h);
	h.accel = g_strdup(vm_accel_name(summary->accel));
	h.ended = g_date_time_format_iso8601(now);
	for (guint v = 0; v < VERDICT_COUNT; v++)
		h.verdicts[v] = (guint)summary->verdicts[v];
	return write_record(hunt, &results_summary_table, &h, error);
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

/* The worst of the boots that count, in the order of VERDICTS, and what the hunt as such adds. */
static Verdict hunt_verdict(const HuntSummary *sum)
{
	Verdict worst = VERDICT_CLEAN;

	for (guint i = 0; i < sum->results->len; i++)
		worst = MIN(worst, hunt_weigh(g_ptr_array_index(sum->results, i)));
	return verdict_of_hunt(stop_rule_verdict(&sum->rule, worst), sum->boots, sum->interrupted);
}

/* One pfnhunt alone runs a hunt. Where a folder cannot be locked at all, as on some NFS, it goes on. */
static gboolean lock_folder(Hunt *hunt, GError **error)
{
	hunt->lock_fd = open(hunt->summary->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (hunt->lock_fd < 0 || flock(hunt->lock_fd, LOCK_EX | LOCK_NB) == 0 ||
	    errno != EWOULDBLOCK)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "%s: another pfnhunt is running this hunt", hunt->id);
	return FALSE;
}

/* A hunt that goes on has all but its end; the initramfs of before is what it tests. */
static gboolean take_up(Hunt *hunt, GError **error)
{
	g_autofree char *summary = g_build_filename(hunt->config->resume_dir, "summary.json", NULL);
	gint64 spent_us = 0;

	hunt->summary->dir = g_strdup(hunt->config->resume_dir);
	hunt->id = g_path_get_basename(hunt->summary->dir);
	if (!lock_folder(hunt, error) ||
	    !hunt_resume_load(hunt->summary->dir, hunt->summary, hunt->queue, &spent_us, error))
		return FALSE;
	hunt->started_us -= spent_us;
	g_unlink(summary); /* it runs again */
	return TRUE;
}

static gboolean write_start(Hunt *hunt, GError **error)
{
	const Scenario *scenario = hunt->config->scenario;
	g_autofree char *path = g_build_filename(hunt->summary->dir, "scenario.ini", NULL);

	return g_file_set_contents(path, scenario->text, -1, error) && write_hunt_json(hunt, error);
}

/* Whether there is one: it is handed to QEMU by name, and the folder may be somebody else's. */
static gboolean take_initramfs(const Hunt *hunt, gboolean *there, GError **error)
{
	g_autoptr(GError) bad = NULL;
	int fd = open_file(hunt->initrd_path, OPEN_FOUND, INITRAMFS_MAX_BYTES, &bad);

	*there = fd >= 0;
	if (fd >= 0)
		close(fd);
	else if (!g_error_matches(bad, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		g_propagate_error(error, g_steal_pointer(&bad));
	return fd >= 0 || bad;
}

/* A machine that our own QEMU cannot be told to make leaves no empty hunt behind. */
static gboolean check_machine(const Hunt *hunt, GError **error)
{
	const HuntConfig *c = hunt->config;
	BootConfig boot = hunt_boot_config(hunt, 0);
	g_autoptr(VmConfig) vm = NULL;
	g_auto(GStrv) argv = NULL;

	if (c->backend->uri)
		return TRUE;
	boot.backend = c->backend;
	boot.accel = c->accel;
	boot.dir = c->results_dir;
	vm = boot_vm_config(&boot);
	argv = c->backend->ops->argv(vm, error);
	return argv != NULL;
}

static gboolean prepare(Hunt *hunt, GError **error)
{
	const HuntConfig *c = hunt->config;
	g_autoptr(GError) no_index = NULL;
	gboolean there;
	g_autoptr(GPtrArray) files = NULL;

	hunt->modules = plan_modules(c->scenario, c->kernel, &hunt->boot_module_count, error);
	if (!hunt->modules || !check_machine(hunt, error) ||
	    !(c->resume_dir ? take_up(hunt, error)
			    : make_hunt_dir(hunt, error) && lock_folder(hunt, error)))
		return FALSE;
	hunt->initrd_path = g_build_filename(hunt->summary->dir, "initramfs.cpio", NULL);
	files = plan_files(c->scenario, error);
	if (!files)
		return FALSE;
	if (!take_initramfs(hunt, &there, error))
		return FALSE;
	if (!there && !initramfs_write(hunt->initrd_path, c->agent_path, hunt->modules,
				       hunt->boot_module_count, files, error))
		return FALSE;
	if (!c->resume_dir && !write_start(hunt, error))
		return FALSE;
	hunt->retention =
		retention_new(hunt->summary->dir, c->keep_bytes ? c->keep_bytes : G_MAXUINT64);
	/* Only an index: without it the hunt goes on, and it can be made from the folders. */
	hunt->store = store_open_filled(c->results_dir, &no_index);
	if (!hunt->store)
		hunt->listener->note(no_index->message, hunt->user);
	hunt_tell(hunt, store_hunt(hunt->store, hunt->summary->dir));
	return TRUE;
}

static GArray *places_new(const HuntConfig *c)
{
	GArray *places = g_array_new(FALSE, TRUE, sizeof(Place));
	Place first = {.host = {c->backend, c->accel, c->accel_auto}};

	g_array_append_val(places, first);
	for (guint i = 0; i < c->more_host_count; i++) {
		Place place = {.host = c->more_hosts[i]};

		g_array_append_val(places, place);
	}
	return places;
}

gboolean hunt_run(const HuntConfig *config, const HuntListener *listener, gpointer user,
		  HuntSummary *summary, GError **error)
{
	Hunt hunt = {.config = config,
		     .listener = listener,
		     .user = user,
		     .summary = summary,
		     .queue = hunt_queue_new(config->boots, config->share, config->shares),
		     .places = places_new(config),
		     .started_us = g_get_monotonic_time(),
		     .lock_fd = -1};
	gboolean ok = FALSE;

	*summary = (HuntSummary){.accel = config->accel, .rule = hunt_rule(config)};
	summary->results = g_ptr_array_new_with_free_func((GDestroyNotify)boot_result_free);
	if (!prepare(&hunt, error))
		goto out;
	hunt_slots_run(&hunt);
	summary->verdict = hunt_verdict(summary);
	if (!hunt.error)
		write_summary_json(&hunt, &hunt.error);
	hunt_tell(&hunt, store_hunt(hunt.store, summary->dir));
	ok = hunt.error == NULL;
	if (hunt.error)
		g_propagate_error(error, g_steal_pointer(&hunt.error));
out:
	hunt_queue_free(hunt.queue);
	g_array_unref(hunt.places);
	g_clear_pointer(&hunt.store, store_close);
	g_clear_pointer(&hunt.retention, retention_free);
	g_clear_pointer(&hunt.modules, g_ptr_array_unref);
	if (hunt.lock_fd >= 0)
		close(hunt.lock_fd);
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
		g_autofree char *word = units_shell_word(arg);

		/* An option and its value share a line. */
		g_string_append_printf(text, "%s%s",
				       i == 0	       ? ""
				       : arg[0] == '-' ? " \\\n  "
						       : " ",
				       word);
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
		     .initrd_path = initrd};
	BootConfig boot;

	if (!dir)
		return NULL;
	boot = hunt_boot_config(&hunt, 0);
	boot.backend = config->backend;
	boot.accel = config->accel;
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
