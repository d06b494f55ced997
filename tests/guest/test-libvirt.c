/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libvirt backend through a daemon: one of the test's own, without root, with its sockets
 * and state in a folder of the test. "Far" is the same daemon through libvirt's own helper of
 * ssh, so that files must be uploaded. Skipped where there is no libvirtd, or no way to be
 * somebody else than root.
 */
#include "host-driver/tree.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_S 120
#define DAEMON_S   30
#define VOLUMES	   "/var/tmp/pfnhunt-volumes"

typedef struct {
	char *dir, *results, *near, *far, *out;
	GSubprocess *daemon, *hunt;
	int code;
} Fixture;

/* As root: in a user namespace, where libvirtd is a user's. */
static GSubprocess *spawn(Fixture *f, const char *const *args, GSubprocessFlags flags)
{
	static const char *const namespace[] = {"unshare", "--user", "--map-user=1000",
						"--map-group=1000"};
	static const char *const homes[] = {"RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME",
					    "DATA_HOME"};
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	GSubprocess *process;

	for (guint i = 0; geteuid() == 0 && i < G_N_ELEMENTS(namespace); i++)
		g_ptr_array_add(argv, (char *)namespace[i]);
	for (guint i = 0; args[i]; i++)
		g_ptr_array_add(argv, (char *)args[i]);
	g_ptr_array_add(argv, NULL);
	/* The hunt keeps its own: the kernels are in its cache. */
	for (guint i = 0; !g_str_equal(args[0], g_getenv("PFNHUNT_EXE")) && i < 4; i++) {
		g_autofree char *name = g_strconcat("XDG_", homes[i], NULL);
		char folder[] = {"rcad"[i], '\0'}; /* short, for the sockets below it */
		g_autofree char *path = g_build_filename(f->dir, folder, NULL);

		g_subprocess_launcher_setenv(launcher, name, path, TRUE);
	}
	process = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv->pdata, &error);
	g_assert_no_error(error);
	return process;
}

static void start_daemon(Fixture *f)
{
	g_autofree char *pid = g_build_filename(f->dir, "pid", NULL);
	g_autofree char *socket = g_build_filename(f->dir, "r", "libvirt", "libvirt-sock", NULL);
	const char *const args[] = {"/usr/sbin/libvirtd", "-p", pid, NULL};

	g_unlink(socket);
	f->daemon = spawn(f, args,
			  G_SUBPROCESS_FLAGS_STDERR_SILENCE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
	for (guint i = 0; !g_file_test(socket, G_FILE_TEST_EXISTS); i++) {
		g_assert_cmpuint(i, <, DAEMON_S * 10);
		g_usleep(100000);
	}
}

static void stop_daemon(Fixture *f, int signal)
{
	g_subprocess_send_signal(f->daemon, signal);
	g_subprocess_wait(f->daemon, NULL, NULL);
	g_clear_object(&f->daemon);
}

static char *put(const Fixture *f, const char *name, const char *text)
{
	char *path = g_build_filename(f->dir, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void set_up(Fixture *f, gconstpointer data)
{
	g_autofree char *conf = NULL, *helper = NULL, *script = NULL, *runtime = NULL;

	f->dir = g_dir_make_tmp("pfnhunt-lvd-XXXXXX", NULL);
	f->results = g_build_filename(f->dir, "runs", NULL);
	runtime = g_build_filename(f->dir, "r", NULL);
	g_assert_cmpint(g_mkdir(runtime, 0700), ==, 0);
	conf = put(f, "c/libvirt/qemu.conf", "stdio_handler = \"file\"\n");
	script = g_strdup_printf("#!/bin/sh\nexport XDG_RUNTIME_DIR=%s/r\n"
				 "exec virt-ssh-helper qemu:///session\n",
				 f->dir);
	helper = put(f, "helper", script);
	g_assert_cmpint(g_chmod(helper, 0700), ==, 0);
	f->near = g_strdup_printf("libvirt:qemu:///session?socket=%s/r/libvirt/"
				  "libvirt-sock",
				  f->dir);
	f->far = g_strdup_printf("libvirt:qemu+ext:///session?command=%s", helper);
	start_daemon(f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	if (f->daemon)
		stop_daemon(f, SIGTERM);
	if (g_test_failed())
		g_test_message("kept: %s", f->dir);
	else
		tree_remove(f->dir);
	g_clear_object(&f->hunt);
	g_free(f->dir);
	g_free(f->results);
	g_free(f->near);
	g_free(f->far);
	g_free(f->out);
}

static void start(Fixture *f, const char *const *args)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	g_ptr_array_add(argv, (char *)g_getenv("PFNHUNT_EXE"));
	for (guint i = 0; args[i]; i++)
		g_ptr_array_add(argv, (char *)args[i]);
	g_ptr_array_add(argv, NULL);
	g_clear_object(&f->hunt);
	f->hunt = spawn(f, (const char *const *)argv->pdata,
			G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
}

static gboolean too_late(gpointer user)
{
	g_subprocess_force_exit(user);
	g_test_fail_printf("no end within %d s", DEADLINE_S);
	return G_SOURCE_REMOVE;
}

static void ended(GObject *source, GAsyncResult *result, gpointer user)
{
	*(GAsyncResult **)user = g_object_ref(result);
}

static void finish(Fixture *f)
{
	g_autoptr(GAsyncResult) result = NULL;
	guint guard = g_timeout_add_seconds(DEADLINE_S, too_late, f->hunt);

	g_clear_pointer(&f->out, g_free);
	g_subprocess_communicate_utf8_async(f->hunt, NULL, NULL, ended, &result);
	while (!result)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(guard);
	g_subprocess_communicate_utf8_finish(f->hunt, result, &f->out, NULL, NULL);
	f->code = g_subprocess_get_if_exited(f->hunt) ? g_subprocess_get_exit_status(f->hunt) : -1;
	g_test_message("exit %d: %s", f->code, f->out);
}

#define START(f, ...) start(f, (const char *const[]){__VA_ARGS__, NULL})
#define HUNT(f, backend, scenario)                                                                 \
	START(f, "run", scenario, "--results", (f)->results, "--seed", "1", "--accel", "tcg",      \
	      "--backend", backend)

static void has(const Fixture *f, const char *words)
{
	if (!strstr(f->out, words))
		g_error("'%s' lacks '%s'", f->out, words);
}

static char *scenario(const char *name)
{
	return g_build_filename(g_getenv("PFNHUNT_SCENARIOS"), name, NULL);
}

/* The file @name of the only hunt's only boot; "" when it is not there. */
static char *evidence(const Fixture *f, const char *name)
{
	g_autoptr(GDir) dir = g_dir_open(f->results, 0, NULL);
	const char *hunt;
	char *text = NULL;

	while (dir && !text && (hunt = g_dir_read_name(dir))) {
		g_autofree char *path =
			g_build_filename(f->results, hunt, "boots", "0000", name, NULL);

		g_file_get_contents(path, &text, NULL, NULL);
	}
	return text ? text : g_strdup("");
}

static void wait_for_ops(const Fixture *f)
{
	for (guint i = 0; i < DEADLINE_S * 10; i++) {
		g_autofree char *text = evidence(f, "counters.jsonl");

		if (strstr(text, "block-state"))
			return;
		g_usleep(100000);
	}
	g_error("the ops never ran");
}

/* What the seed makes does not depend on where it runs. */
static void test_same_plan(Fixture *f, gconstpointer data)
{
	g_autofree char *path = scenario("resize.ini"), *here = NULL;
	const char *plan;

	START(f, "run", path, "--seed", "1", "--dry-run", "--backend", f->near);
	finish(f);
	g_assert_cmpint(f->code, ==, 0);
	has(f, "<domain type=");
	plan = strstr(f->out, "# plan of boot 0");
	g_assert_nonnull(plan);
	g_assert_nonnull(strstr(plan, "resize t_ms="));
	here = g_strdup(plan);
	START(f, "run", path, "--seed", "1", "--dry-run");
	finish(f);
	g_assert_cmpint(f->code, ==, 0);
	plan = strstr(f->out, "# plan of boot 0");
	g_assert_cmpstr(plan, ==, here);
}

/* The other way to the device, and where it is refused. */
static void test_through(Fixture *f, gconstpointer data)
{
	g_autofree char *path = scenario("resize.ini"), *text = NULL, *events = NULL, *qmp = NULL;
	g_autofree char *by_qmp = NULL, *by_libvirt = NULL, *first = NULL, *second = NULL;
	g_auto(GStrv) parts = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	parts = g_strsplit(text, "[resize]\n", -1);
	by_qmp = g_strjoinv("[resize]\nthrough = qmp\n", parts);
	by_libvirt = g_strjoinv("[resize]\nthrough = libvirt\n", parts);
	first = put(f, "libvirt.ini", by_libvirt);
	START(f, "run", first, "--dry-run");
	finish(f);
	g_assert_cmpint(f->code, ==, 2);
	has(f, "[resize] through = libvirt");

	second = put(f, "qmp.ini", by_qmp);
	HUNT(f, f->near, second);
	finish(f);
	g_assert_cmpint(f->code, ==, 0);
	events = evidence(f, "events.jsonl");
	qmp = evidence(f, "qmp.jsonl");
	g_assert_null(strstr(events, "resize-failed"));
	g_assert_nonnull(strstr(qmp, "qom-set"));
	g_assert_null(strstr(qmp, "libvirt: update"));
}

/* Files are uploaded for a far host; Ctrl-C leaves neither them nor a guest. */
static void test_far(Fixture *f, gconstpointer data)
{
	g_autofree char *path = scenario("long.ini"), *helper = NULL, *console = NULL;

	helper = g_find_program_in_path("virt-ssh-helper");
	if (!helper) {
		g_test_skip("virt-ssh-helper is not installed");
		return;
	}
	HUNT(f, f->far, path);
	wait_for_ops(f);
	g_assert_true(g_file_test(VOLUMES, G_FILE_TEST_IS_DIR));
	g_usleep(2500000); /* counters must be seen to rise */
	g_subprocess_send_signal(f->hunt, SIGINT);
	finish(f);
	g_assert_cmpint(f->code, ==, 0);
	has(f, "interrupted");
	console = evidence(f, "console.log");
	g_assert_nonnull(strstr(console, "Linux version"));
	g_assert_false(g_file_test(VOLUMES, G_FILE_TEST_EXISTS));
	START(f, "backend", "clean", f->far);
	finish(f);
	g_assert_cmpint(f->code, ==, 0);
	has(f, "nothing of ours");
}

/* A daemon that dies costs the boot, is told as that, and leaves a guest that can be cleaned. */
static void test_daemon_killed(Fixture *f, gconstpointer data)
{
	g_autofree char *path = scenario("long.ini");

	HUNT(f, f->near, path);
	wait_for_ops(f);
	stop_daemon(f, SIGKILL);
	finish(f);
	g_assert_cmpint(f->code, ==, 3);
	has(f, "went away");
	start_daemon(f);
	START(f, "backend", "clean", f->near);
	finish(f);
	g_assert_cmpint(f->code, ==, 0);
	has(f, "ended guest pfnhunt-");
}

static gboolean can_run(const char **why)
{
	g_autofree char *out = NULL;
	int status = 1;

	*why = "libvirtd is not installed";
	if (!g_file_test("/usr/sbin/libvirtd", G_FILE_TEST_IS_EXECUTABLE))
		return FALSE;
	*why = "root cannot become somebody else in a user namespace";
	if (geteuid() == 0 &&
	    (!g_spawn_command_line_sync("unshare --user --map-user=1000 --map-group=1000 true",
					&out, NULL, &status, NULL) ||
	     status != 0))
		return FALSE;
	return TRUE;
}

int main(int argc, char **argv)
{
	const char *why;

	g_test_init(&argc, &argv, NULL);
	if (!can_run(&why)) {
		g_print("1..0 # SKIP %s\n", why);
		return 77;
	}
#define ADD(name, func) g_test_add("/libvirt/" name, Fixture, NULL, set_up, func, tear_down)
	ADD("same-plan", test_same_plan);
	ADD("through", test_through);
	ADD("far", test_far);
	ADD("daemon-killed", test_daemon_killed);
	return g_test_run();
}
