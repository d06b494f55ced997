/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See paths.h. The PFNHUNT_*_DIR macros come from meson. */
#include "harness/cli/paths.h"

#include <string.h>

/*
 * NULL in a build tree; otherwise the prefix to the paths configured in meson: empty, or the folder
 * of `meson install --destdir`.
 */
static char *installed_root(void)
{
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = g_path_get_dirname(exe ? exe : "");

	if (!g_str_has_suffix(dir, PFNHUNT_BIN_DIR))
		return NULL;
	return g_strndup(dir, strlen(dir) - strlen(PFNHUNT_BIN_DIR));
}

static char *from_env(const char *name)
{
	const char *value = g_getenv(name);

	return value && *value ? g_strdup(value) : NULL;
}

/* @env wins; else @installed below the installed root, or @built. */
static char *choose(const char *env, const char *installed, const char *built)
{
	g_autofree char *root = installed_root();
	char *path = env ? from_env(env) : NULL;

	if (path)
		return path;
	return root ? g_strconcat(root, installed, NULL) : g_strdup(built);
}

char *paths_agent(const Arch *arch)
{
	g_autofree char *installed = NULL, *built = NULL;

	if (arch == arch_host())
		return choose("PFNHUNT_AGENT", PFNHUNT_LIBEXEC_DIR "/pfnhunt-agent",
			      PFNHUNT_BUILD_DIR "/guest-agent/pfnhunt-agent");
	installed = g_strconcat(PFNHUNT_LIBEXEC_DIR "/pfnhunt-agent-", arch->debian, NULL);
	built = g_strdup_printf(PFNHUNT_BUILD_DIR "/agent-%s/guest-agent/pfnhunt-agent",
				arch->debian);
	return choose("PFNHUNT_AGENT", installed, built);
}

char *paths_agent_builder(const Arch *arch, char **dir)
{
	g_autofree char *root = installed_root(), *given = from_env("PFNHUNT_AGENT");

	*dir = NULL;
	if (root || given || arch == arch_host())
		return NULL;
	*dir = g_strdup_printf(PFNHUNT_BUILD_DIR "/agent-%s", arch->debian);
	return g_strdup(PFNHUNT_SOURCE_DIR "/tools/build-agent.sh");
}

char *paths_configs(void)
{
	return choose("PFNHUNT_CONFIGS", PFNHUNT_DATA_DIR "/configs",
		      PFNHUNT_SOURCE_DIR "/configs");
}

char *paths_docs(void)
{
	return choose(NULL, PFNHUNT_DOC_DIR, PFNHUNT_SOURCE_DIR);
}

char *paths_results(void)
{
	g_autofree char *root = installed_root(), *state = NULL;
	char *path = from_env("PFNHUNT_RESULTS");

	if (path)
		return path;
	if (!root)
		return g_strdup(PFNHUNT_SOURCE_DIR "/results/runs");
	state = from_env("XDG_STATE_HOME");
	if (!state)
		state = g_build_filename(g_get_home_dir(), ".local", "state", NULL);
	return g_build_filename(state, "pfnhunt", "runs", NULL);
}

char *paths_known_issues(void)
{
	return g_build_filename(g_get_user_config_dir(), "pfnhunt", "known-issues.ini", NULL);
}
