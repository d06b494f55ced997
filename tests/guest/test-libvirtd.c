/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libvirt backend through a daemon that the test starts itself, without root, with sockets and
 * state in the test's folder. "Far" is the same daemon through libvirt's ssh helper, so that files
 * must be uploaded. Skipped without libvirtd, or if root privileges cannot be dropped.
 */
#include "host-driver/base/tree.h"
#include "tests/guest/hunt-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define DAEMON_S 30
#define VOLUMES	 "/var/tmp/pfnhunt-volumes"

typedef struct {
	Hunt hunt;
	char *dir, *near, *far;
	GSubprocess *daemon;
} Fixture;

static void start_daemon(Fixture *f)
{
	static const char *const homes[] = {"RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME",
					    "DATA_HOME"};
	g_autofree char *pid = g_build_filename(f->dir, "pid", NULL);
	g_autofree char *socket = g_build_filename(f->dir, "r", "libvirt", "libvirt-sock", NULL);
	const char *const args[] = {"/usr/sbin/libvirtd", "-p", pid, NULL};
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDERR_SILENCE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
	g_autoptr(GPtrArray) argv = backend_command();
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(args); i++)
		g_ptr_array_add(argv, (char *)args[i]);
	/* The hunts keep theirs: the kernels are in their cache. */
	for (guint i = 0; i < G_N_ELEMENTS(homes); i++) {
		g_autofree char *name = g_strconcat("XDG_", homes[i], NULL);
		char folder[] = {"rcad"[i], '\0'}; /* short, for the sockets below it */
		g_autofree char *path = g_build_filename(f->dir, folder, NULL);

		g_subprocess_launcher_setenv(launcher, name, path, TRUE);
	}
	g_unlink(socket);
	f->daemon =
		g_subprocess_launcher_spawnv(launcher, (const char *const *)argv->pdata, &error);
	/* Without it there is nothing to test. */
	if (!f->daemon)
		g_error("%s", error->message);
	for (guint i = 0; i < DAEMON_S * 10; i++) {
		if (g_file_test(socket, G_FILE_TEST_EXISTS))
			return;
		g_usleep(100000);
	}
	g_test_fail_printf("no libvirtd within %d s", DAEMON_S);
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
	g_autofree char *bin = NULL, *path = NULL;

	hunt_set_up(&f->hunt, NULL);
	f->dir = g_dir_make_tmp("pfnhunt-lvd-XXXXXX", NULL);
	runtime = g_build_filename(f->dir, "r", NULL);
	g_assert_cmpint(g_mkdir(runtime, 0700), ==, 0);
	conf = put(f, "c/libvirt/qemu.conf", "stdio_handler = \"file\"\n");
	/* In the place of ssh: the other machine is this one. */
	script = g_strdup_printf("#!/bin/sh\nexport XDG_RUNTIME_DIR=%s/r\n"
				 "exec virt-ssh-helper qemu:///session\n",
				 f->dir);
	helper = put(f, "bin/ssh", script);
	g_assert_cmpint(g_chmod(helper, 0700), ==, 0);
	bin = g_path_get_dirname(helper);
	path = g_strdup_printf("%s:%s", bin, g_getenv("PATH"));
	g_setenv("PATH", path, TRUE);
	f->near = g_strdup_printf("libvirt:qemu:///session?socket=%s/r/libvirt/"
				  "libvirt-sock",
				  f->dir);
	f->far = g_strdup("libvirt:qemu+ssh://there/session");
	start_daemon(f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	/* A guest outlives both its hunt and its daemon. */
	if (g_test_failed() && f->hunt.process && f->daemon) {
		g_subprocess_force_exit(f->hunt.process);
		HUNT_SPAWN(&f->hunt, "backend", "clean", f->near);
		hunt_finish(&f->hunt);
	}
	hunt_tear_down(&f->hunt, NULL);
	if (f->daemon)
		stop_daemon(f, SIGTERM);
	if (g_test_failed())
		g_test_message("kept: %s", f->dir);
	else
		tree_remove(f->dir);
	g_free(f->dir);
	g_free(f->near);
	g_free(f->far);
}

#define RUN_ON(backend, scenario)                                                                  \
	"run", scenario, "--seed", "1", "--accel", "tcg", "--backend", backend

/* What the seed makes does not depend on where it runs. */
static void test_same_plan(Fixture *f, gconstpointer data)
{
	Hunt *h = &f->hunt;
	g_autofree char *path = hunt_scenario("resize.ini"), *there = NULL;
	const char *plan;

	HUNT_SAYS(h, 0, "run", path, "--seed", "1", "--dry-run", "--backend", f->near);
	hunt_has(h, "<domain type=");
	hunt_has(h, "resize t_ms=");
	plan = strstr(h->out, "# plan of boot 0");
	there = g_strdup(plan ? plan : "none");
	HUNT_SAYS(h, 0, "run", path, "--seed", "1", "--dry-run");
	g_assert_cmpstr(strstr(h->out, "# plan of boot 0"), ==, there);
}

/* The other way to the device, and where it is refused. */
static void test_through(Fixture *f, gconstpointer data)
{
	Hunt *h = &f->hunt;
	g_autofree char *by_libvirt =
		hunt_scenario_with(h, "resize.ini", "[resize]\n", "[resize]\nthrough = libvirt\n");
	g_autofree char *by_qmp = NULL, *events = NULL, *qmp = NULL;

	HUNT_SAYS(h, 2, "run", by_libvirt, "--dry-run");
	hunt_has(h, "[resize] through = libvirt");

	by_qmp = hunt_scenario_with(h, "resize.ini", "[resize]\n", "[resize]\nthrough = qmp\n");
	HUNT_SAYS(h, 0, RUN_ON(f->near, by_qmp));
	events = hunt_evidence(h, "events.jsonl");
	qmp = hunt_evidence(h, "qmp.jsonl");
	g_assert_null(strstr(events, "resize-failed"));
	g_assert_nonnull(strstr(qmp, "qom-set"));
	g_assert_null(strstr(qmp, "libvirt: update"));
}

/* Files are uploaded for a far host; Ctrl-C leaves neither them nor a guest. */
static void test_far(Fixture *f, gconstpointer data)
{
	Hunt *h = &f->hunt;
	g_autofree char *path = hunt_scenario("long.ini"), *console = NULL;
	g_autofree char *helper = g_find_program_in_path("virt-ssh-helper");

	if (!helper) {
		g_test_skip("virt-ssh-helper is not installed");
		return;
	}
	HUNT_SPAWN(h, RUN_ON(f->far, path));
	if (!hunt_wait_for(h, "counters.jsonl", "block-state"))
		return;
	g_assert_true(g_file_test(VOLUMES, G_FILE_TEST_IS_DIR));
	hunt_interrupt(h);
	hunt_finish(h);
	hunt_ended(h, 4);
	hunt_has(h, "interrupted");
	console = hunt_evidence(h, "console.log");
	g_assert_nonnull(strstr(console, "Linux version"));
	g_assert_false(g_file_test(VOLUMES, G_FILE_TEST_EXISTS));
	HUNT_SAYS(h, 0, "backend", "clean", f->far);
	hunt_has(h, "nothing to clean");
}

/* One hunt on two kinds of hosts at a time: each gets boots, and together they are the hunt's. */
static void test_two_hosts(Fixture *f, gconstpointer data)
{
	Hunt *h = &f->hunt;
	g_autofree char *path = hunt_scenario("jobs.ini"), *list = NULL, *boots = NULL;
	g_autofree char *wanted = g_strconcat("\"backend\" : \"", f->near, "\"", NULL);
	const char *const hosts[] = {"\"backend\" : \"qemu\"", wanted};
	g_autoptr(GDir) dir = NULL;
	guint count[2] = {0};
	const char *name;

	HUNT_SAYS(h, 0, RUN_ON("qemu", path), "--backend", f->near);
	hunt_has(h, "3 clean");
	list = hunt_boot_dir(h);
	boots = list ? g_path_get_dirname(list) : g_strdup("");
	dir = g_dir_open(boots, 0, NULL);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(boots, name, "boot.json", NULL);
		g_autofree char *text = NULL;

		g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
		for (guint i = 0; text && i < G_N_ELEMENTS(hosts); i++)
			count[i] += strstr(text, hosts[i]) != NULL;
	}
	g_assert_cmpuint(count[0], >, 0);
	g_assert_cmpuint(count[1], >, 0);
}

/* A daemon that dies costs the boot, is told as that, and leaves a guest that can be cleaned. */
static void test_daemon_killed(Fixture *f, gconstpointer data)
{
	Hunt *h = &f->hunt;
	g_autofree char *path = hunt_scenario("long.ini");

	HUNT_SPAWN(h, RUN_ON(f->near, path));
	if (!hunt_wait_for(h, "counters.jsonl", "block-state"))
		return;
	stop_daemon(f, SIGKILL);
	hunt_finish(h);
	hunt_ended(h, 3);
	hunt_has(h, "went away");
	start_daemon(f);
	HUNT_SAYS(h, 0, "backend", "clean", f->near);
	hunt_has(h, "ended guest pfnhunt-");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!g_file_test("/usr/sbin/libvirtd", G_FILE_TEST_IS_EXECUTABLE)) {
		g_print("1..0 # SKIP libvirtd is not installed\n");
		return 77;
	}
	if (!backend_leave_root()) {
		g_print("1..0 # SKIP root cannot be somebody else in a user namespace\n");
		return 77;
	}
	g_test_set_nonfatal_assertions();
#define ADD(name, func) g_test_add("/libvirtd/" name, Fixture, NULL, set_up, func, tear_down)
	ADD("same-plan", test_same_plan);
	ADD("through", test_through);
	ADD("far", test_far);
	ADD("two-hosts", test_two_hosts);
	ADD("daemon-killed", test_daemon_killed);
	return g_test_run();
}
