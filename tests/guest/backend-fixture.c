/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See backend-fixture.h. */
#include "tests/guest/backend-fixture.h"
#include "host-driver/base/tree.h"

#include <gio/gio.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AS_SOMEBODY_ELSE "unshare", "--user", "--map-user=1000", "--map-group=1000"

static char *root, *text;
static gboolean as_somebody_else;

void backend_add_somebody_else(GPtrArray *argv)
{
	static const char *const words[] = {AS_SOMEBODY_ELSE};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(argv, (char *)words[i]);
}

GPtrArray *backend_command(void)
{
	GPtrArray *argv = g_ptr_array_new();

	if (as_somebody_else)
		backend_add_somebody_else(argv);
	return argv;
}

gboolean backend_leave_root(void)
{
	static const char *const argv[] = {AS_SOMEBODY_ELSE, "true", NULL};
	int status = 0;

	as_somebody_else = geteuid() == 0;
	return !as_somebody_else || (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
						  NULL, NULL, NULL, NULL, &status, NULL) &&
				     status == 0);
}

/* The exit code, -1 without one; @out: what it said. */
static int run(const char *what, char **out)
{
	g_autoptr(GPtrArray) argv = backend_command();
	const char *const rest[] = {g_getenv("PFNHUNT_EXE"), "backend", what, text, NULL};
	g_autoptr(GSubprocess) process = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(rest); i++)
		g_ptr_array_add(argv, (char *)rest[i]);
	process =
		g_subprocess_newv((const char *const *)argv->pdata,
				  G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
				  NULL);
	if (!process || !g_subprocess_communicate_utf8(process, NULL, NULL, out, NULL, NULL))
		return -1;
	return g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
}

gboolean backend_set_up(void)
{
	g_autofree char *words = NULL;

	if (g_strcmp0(g_getenv("PFNHUNT_TEST_BACKEND"), "libvirt") != 0)
		return TRUE;
	if (!backend_leave_root() && !getpwnam("libvirt-qemu")) {
		printf("1..0 # SKIP neither a user libvirt-qemu nor user namespaces for root\n");
		return FALSE;
	}
	root = g_dir_make_tmp("pfnhunt-lv-XXXXXX", NULL);
	text = g_strdup_printf("libvirt:qemu:///embed?root=%s", root);
	if (run("check", &words) == 0)
		return TRUE;
	printf("1..0 # SKIP %s\n", words ? g_strdelimit(words, "\n", ' ') : "cannot run");
	backend_tear_down();
	return FALSE;
}

void backend_tear_down(void)
{
	if (root)
		tree_remove(root);
	g_clear_pointer(&root, g_free);
	g_clear_pointer(&text, g_free);
}

const char *backend_option(void)
{
	return text ? "--backend" : NULL;
}

const char *backend_text(void)
{
	return text;
}

pid_t backend_qemu(void)
{
	g_autofree char *path = g_build_filename(root, "run", "qemu", NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL), *pid = NULL;

		if (g_str_has_prefix(name, "pfnhunt-") && g_str_has_suffix(name, ".pid") &&
		    g_file_get_contents(file, &pid, NULL, NULL))
			return (pid_t)g_ascii_strtoll(pid, NULL, 10);
	}
	return 0;
}

char *backend_clean(void)
{
	g_autofree char *words = NULL;

	return run("clean", &words) == 0 ? g_steal_pointer(&words) : NULL;
}
