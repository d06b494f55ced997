/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See paths.h. The PFNHUNT_*_DIR macros come from meson. */
#include "harness/cli/paths.h"

static gboolean is_installed(void)
{
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = g_path_get_dirname(exe ? exe : "");

	return g_str_equal(dir, PFNHUNT_BIN_DIR);
}

static char *from_env(const char *name)
{
	const char *value = g_getenv(name);

	return value && *value ? g_strdup(value) : NULL;
}

char *paths_agent(void)
{
	char *path = from_env("PFNHUNT_AGENT");

	if (path)
		return path;
	return g_build_filename(is_installed() ? PFNHUNT_LIBEXEC_DIR
					       : PFNHUNT_BUILD_DIR "/guest-agent",
				"pfnhunt-agent", NULL);
}

char *paths_configs(void)
{
	char *path = from_env("PFNHUNT_CONFIGS");

	if (path)
		return path;
	return g_strdup(is_installed() ? PFNHUNT_DATA_DIR "/configs"
				       : PFNHUNT_SOURCE_DIR "/configs");
}

char *paths_results(void)
{
	g_autofree char *state = NULL;
	char *path = from_env("PFNHUNT_RESULTS");

	if (path)
		return path;
	if (!is_installed())
		return g_strdup(PFNHUNT_SOURCE_DIR "/results/runs");
	state = from_env("XDG_STATE_HOME");
	if (!state)
		state = g_build_filename(g_get_home_dir(), ".local", "state", NULL);
	return g_build_filename(state, "pfnhunt", "runs", NULL);
}
