/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See jobs.h. */
#include "harness/hunt/jobs.h"

#include <string.h>

/* Of the memory that is free a tenth stays free: for the page cache, and for what we misjudge. */
#define KEEP_FREE 10

gboolean jobs_have_room(const JobsFacts *f)
{
	guint64 room = f->available_bytes - f->available_bytes / KEEP_FREE;

	if (f->running == 0)
		return TRUE;
	if ((f->running + 1) * (guint64)f->guest_cpus > f->host_cpus || f->footprint_bytes == 0)
		return FALSE;
	return f->growing_bytes + f->footprint_bytes <= room;
}

/* The number behind "NAME:" at the beginning of a line of @text, in kB, as bytes; 0 without. */
static guint64 find_kb(const char *text, const char *name)
{
	gsize len = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			return g_ascii_strtoull(line + len + 1, NULL, 10) * 1024;
	}
	return 0;
}

guint64 jobs_footprint_bytes(pid_t tid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", (int)tid);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? find_kb(text, "Pss") : 0;
}

static guint64 read_number(const char *dir, const char *file, guint64 fallback)
{
	g_autofree char *path = g_build_filename(dir, file, NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL) || !g_ascii_isdigit(*text))
		return fallback; /* "max" */
	return g_ascii_strtoull(text, NULL, 10);
}

/* The folder of our group; NULL without version 2. (transfer full) */
static char *own_group(const char *cgroup, const char *root)
{
	g_autofree char *groups = NULL, *group = NULL;
	const char *line;

	if (!g_file_get_contents(cgroup, &groups, NULL, NULL))
		return NULL;
	line = g_str_has_prefix(groups, "0::") ? groups : strstr(groups, "\n0::");
	if (!line)
		return NULL;
	line = strchr(line, ':') + strlen("::");
	group = g_strndup(line, strcspn(line, "\n"));
	return g_build_filename(root, group, NULL);
}

/* Takes @dir; the one above it, or NULL above @root. */
static char *group_above(char *dir, const char *root)
{
	char *up = g_path_get_dirname(dir);

	g_free(dir);
	if (strlen(up) >= strlen(root))
		return up;
	g_free(up);
	return NULL;
}

guint64 jobs_available_bytes_from(const char *meminfo, const char *cgroup, const char *cgroup_root)
{
	g_autofree char *memory = NULL;
	guint64 room = 0;

	if (g_file_get_contents(meminfo, &memory, NULL, NULL))
		room = find_kb(memory, "MemAvailable");
	for (char *dir = own_group(cgroup, cgroup_root); dir; dir = group_above(dir, cgroup_root)) {
		guint64 limit = read_number(dir, "memory.max", G_MAXUINT64);

		if (limit != G_MAXUINT64)
			room = MIN(room, limit - MIN(limit, read_number(dir, "memory.current", 0)));
	}
	return room;
}

guint64 jobs_available_bytes(void)
{
	return jobs_available_bytes_from("/proc/meminfo", "/proc/self/cgroup", "/sys/fs/cgroup");
}

guint jobs_host_cpus_from(guint cpus, const char *cgroup, const char *cgroup_root)
{
	for (char *dir = own_group(cgroup, cgroup_root); dir; dir = group_above(dir, cgroup_root)) {
		g_autofree char *path = g_build_filename(dir, "cpu.max", NULL), *text = NULL;
		guint64 quota, period = 0;
		char *end = NULL;

		/* "max 100000", or "QUOTA PERIOD" in us. */
		if (!g_file_get_contents(path, &text, NULL, NULL) || !g_ascii_isdigit(*text))
			continue;
		quota = g_ascii_strtoull(text, &end, 10);
		period = g_ascii_strtoull(end, NULL, 10);
		if (period)
			cpus = (guint)MIN(cpus, MAX(quota / period, 1));
	}
	return cpus;
}

guint jobs_host_cpus(void)
{
	return jobs_host_cpus_from(g_get_num_processors(), "/proc/self/cgroup", "/sys/fs/cgroup");
}
