/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See facts.h. */
#include "harness/hunt/facts.h"
#include "host-driver/base/text.h"

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

char *hunt_modules_sha256(const GPtrArray *modules)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (guint i = 0; i < modules->len; i++) {
		const KernelModule *module = g_ptr_array_index(modules, i);
		g_autofree char *sum = sha256_of(module->path);

		g_string_append_printf(all, "%s %s\n", module->name, sum ? sum : "");
	}
	return modules->len ? g_compute_checksum_for_string(G_CHECKSUM_SHA256, all->str, -1)
			    : g_strdup("");
}

void hunt_facts_add(RHunt *h, const HuntConfig *c, const GPtrArray *modules)
{
	g_autofree char *changes =
		c->scenario->changes ? g_strjoinv("; ", c->scenario->changes) : NULL;

	struct utsname host;

	uname(&host);
	h->kernel_version = text_copy(c->kernel->version);
	h->build_id = text_copy(c->kernel->build_id);
	h->config_sha256 = sha256_of(c->kernel->config_path);
	h->image_sha256 = sha256_of(c->kernel->image_path);
	h->modules_sha256 = hunt_modules_sha256(modules);
	h->changes = text_copy(changes);
	h->label = text_copy(c->label);
	h->replay_of = text_copy(c->replay_of);
	h->boots_planned = (gint64)c->boots;
	h->time_ms = (gint64)c->time_ms;
	h->duration_ms = (gint64)c->scenario->duration_ms;
	h->jobs = c->jobs == HUNT_JOBS_AUTO ? 0 : MAX(c->jobs, 1);
	h->pin = c->pin;
	h->share = c->share;
	h->shares = c->shares;
	h->bound = c->bound;
	h->host_release = text_copy(host.release);
	h->host_name = text_copy(host.nodename);
	h->host_cpu = cpu_model();
	h->host_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	h->host_memory_bytes = (gint64)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
}
