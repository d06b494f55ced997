/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See facts.h. */
#include "harness/hunt/facts.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static char *cpu_model(void)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		const char *colon = strchr(lines[i], ':');

		if (colon && g_str_has_prefix(lines[i], "model name"))
			return g_strstrip(g_strdup(colon + 1));
	}
	return NULL;
}

static char *sha256_of(const char *path)
{
	g_autofree char *text = NULL;
	gsize len;

	if (!path || !g_file_get_contents(path, &text, &len, NULL))
		return NULL;
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, len);
}

static void set_known(JsonObject *o, const char *key, const char *value)
{
	if (value)
		json_object_set_string_member(o, key, value);
}

void hunt_facts_add(JsonObject *o, const HuntConfig *c)
{
	g_autofree char *cpu = cpu_model();
	g_autofree char *config = sha256_of(c->kernel->config_path);
	struct utsname host;

	uname(&host);
	set_known(o, "kernel_version", c->kernel->version);
	set_known(o, "build_id", c->kernel->build_id);
	set_known(o, "config_sha256", config);
	set_known(o, "replay_of", c->replay_of);
	json_object_set_int_member(o, "boots", (gint64)c->boots);
	json_object_set_int_member(o, "time_ms", (gint64)c->time_ms);
	if (c->jobs == HUNT_JOBS_AUTO)
		json_object_set_string_member(o, "jobs", "auto");
	else
		json_object_set_int_member(o, "jobs", MAX(c->jobs, 1));
	json_object_set_boolean_member(o, "pin", c->pin);
	if (c->shares) {
		json_object_set_int_member(o, "share", c->share);
		json_object_set_int_member(o, "shares", c->shares);
	}
	if (c->bound > 0)
		json_object_set_double_member(o, "bound", c->bound);
	json_object_set_string_member(o, "host", host.release);
	json_object_set_string_member(o, "host_name", host.nodename);
	set_known(o, "host_cpu", cpu);
	json_object_set_int_member(o, "host_cpus", sysconf(_SC_NPROCESSORS_ONLN));
	json_object_set_int_member(o, "host_memory_bytes",
				   (gint64)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE));
}
