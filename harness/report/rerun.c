/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See rerun.h. */
#include "harness/report/rerun.h"
#include "host-driver/base/units.h"

#include <string.h>

static void add(GString *line, const char *option, const char *value)
{
	g_autofree char *word = value ? units_shell_word(value) : NULL;

	g_string_append_printf(line, " %s%s%s", option, word ? " " : "", word ? word : "");
}

static void add_path(GString *line, const char *option, const char *path)
{
	g_autofree char *full = path ? g_canonicalize_filename(path, NULL) : NULL;

	if (full)
		add(line, option, full);
}

/* A name such as "debian" means another kernel when there is an update. */
static void add_kernel(GString *line, const Kernel *k)
{
	gboolean by_path = strchr(k->spec, '/') != NULL;

	if (by_path)
		add_path(line, "--kernel", k->spec);
	else
		add(line, "--kernel", g_str_equal(k->spec, "host") ? k->spec : k->release);
	add_path(line, "--modules", k->modules_given);
	for (guint i = 0; k->extra_modules && i < k->extra_modules->len; i++)
		add_path(line, "--module", g_ptr_array_index(k->extra_modules, i));
}

static void add_limits(GString *line, const HuntConfig *c)
{
	g_autofree char *boots = g_strdup_printf("%" G_GUINT64_FORMAT, c->boots);
	g_autofree char *time = units_format_ms(c->time_ms);
	g_autofree char *jobs =
		c->jobs == HUNT_JOBS_AUTO ? g_strdup("auto") : g_strdup_printf("%u", c->jobs);
	g_autofree char *shard = g_strdup_printf("%u/%u", c->share, c->shares);

	if (c->boots)
		add(line, "--boots", boots);
	if (c->time_ms)
		add(line, "--time", time);
	if (c->jobs > 1)
		add(line, "--jobs", jobs);
	if (c->pin)
		add(line, "--pin", NULL);
	if (c->shares)
		add(line, "--shard", shard);
	if (c->strict)
		add(line, "--strict", NULL);
}

static void add_backends(GString *line, const HuntConfig *c)
{
	if (c->backend->uri || c->more_host_count)
		add(line, "--backend", c->backend->text);
	for (guint i = 0; i < c->more_host_count; i++)
		add(line, "--backend", c->more_hosts[i].backend->text);
}

char *report_rerun(const HuntConfig *c)
{
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *program = units_shell_word(exe ? exe : "pfnhunt");
	g_autofree char *path = g_canonicalize_filename(c->scenario->path, NULL);
	g_autofree char *seed = g_strdup_printf("0x%016" G_GINT64_MODIFIER "x", c->seed);
	GString *line = g_string_new(program);

	add(line, "run", path);
	add_kernel(line, c->kernel);
	for (guint i = 0; c->scenario->changes && c->scenario->changes[i]; i++)
		add(line, "--set", c->scenario->changes[i]);
	if (c->label)
		add(line, "--label", c->label);
	add(line, "--accel", vm_accel_name(c->accel));
	add(line, "--seed", seed);
	add_limits(line, c);
	add_path(line, "--known-issues", c->known_path);
	add_backends(line, c);
	add_path(line, "-o", c->results_dir);
	return g_string_free(line, FALSE);
}
