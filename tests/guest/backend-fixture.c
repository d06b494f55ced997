/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See backend-fixture.h. */
#include "tests/guest/backend-fixture.h"
#include "host-driver/tree.h"

#include <gio/gio.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *root, *text;

static gboolean needs_namespace(void)
{
	return geteuid() == 0 && !getpwnam("libvirt-qemu");
}

GPtrArray *backend_command(void)
{
	static const char *const namespace[] = {"unshare", "--user", "--map-user=1000",
						"--map-group=1000"};
	GPtrArray *argv = g_ptr_array_new();

	for (guint i = 0; text && needs_namespace() && i < G_N_ELEMENTS(namespace); i++)
		g_ptr_array_add(argv, (char *)namespace[i]);
	g_ptr_array_add(argv, (char *)g_getenv("PFNHUNT_EXE"));
	return argv;
}

/* The exit code; @out, what it said, may be NULL. */
static int run(const char *what, char **out)
{
	g_autoptr(GPtrArray) argv = backend_command();
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(argv, (char *)"backend");
	g_ptr_array_add(argv, (char *)what);
	g_ptr_array_add(argv, text);
	g_ptr_array_add(argv, NULL);
	process =
		g_subprocess_newv((const char *const *)argv->pdata,
				  G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
				  &error);
	g_assert_no_error(error);
	g_subprocess_communicate_utf8(process, NULL, NULL, out, NULL, &error);
	g_assert_no_error(error);
	return g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
}

gboolean backend_set_up(void)
{
	g_autofree char *words = NULL;

	if (g_strcmp0(g_getenv("PFNHUNT_TEST_BACKEND"), "libvirt") != 0)
		return TRUE;
	root = g_dir_make_tmp("pfnhunt-lv-XXXXXX", NULL);
	text = g_strdup_printf("libvirt:qemu:///embed?root=%s", root);
	if (run("check", &words) == 0)
		return TRUE;
	printf("1..0 # SKIP %s\n", g_strdelimit(words, "\n", ' '));
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

void backend_clean(void)
{
	g_autofree char *words = NULL;

	g_assert_cmpint(run("clean", &words), ==, 0);
	if (!strstr(words, "ended guest pfnhunt-"))
		g_error("'%s' ended no guest", words);
}
