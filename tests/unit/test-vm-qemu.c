/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a QEMU process, played by fake-qemu: what it inherits, every way to its end, and
 * that nothing of it stays behind. FAKE_QEMU names that program.
 */
#include "host-driver/base/error.h"
#include "host-driver/qemu/ops.h"
#include "tests/unit/qemu-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_inherited(QemuFixture *f, gconstpointer data)
{
	int stray = dup(STDERR_FILENO); /* not close-on-exec: must not get there all the same */
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	qemu_boot(f, "");
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	close(stray);
	qemu_run_until(f, f->console, "\n");
	g_assert_nonnull(
		strstr(f->console->str, " fds=8 leader=1 death=9 stdin=/dev/null masked=0 "));
	f->vm->ops->stop(f->vm);
	qemu_run_until(f, NULL, NULL);
	qemu_assert_exited(f, 0);
	g_assert_cmpstr(f->detail, ==, "");
}

/* As root: another user, who still gets at the kernel and at what it saves of the memory. */
static void test_another_user(QemuFixture *f, gconstpointer data)
{
	g_autoptr(VmConfig) config = NULL;
	g_autofree char *kernel = NULL;

	if (geteuid() != 0 || !getpwnam("nobody")) {
		g_test_skip("not root");
		return;
	}
	kernel = g_build_filename(f->dir, "kernel", NULL);
	g_assert_true(g_file_set_contents_full(kernel, "for root alone", -1,
					       G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	config = qemu_config_of(f, "kernel");
	g_free(config->kernel_path);
	config->kernel_path = g_steal_pointer(&kernel);
	g_unsetenv("PFNHUNT_QEMU_USER");
	g_assert_cmpint(g_chmod(f->dir, 0711), ==, 0);
	qemu_boot_config(f, config);
	g_setenv("PFNHUNT_QEMU_USER", "root", TRUE);
	g_assert_cmpint(g_remove(config->kernel_path), ==, 0);
	qemu_run_until(f, f->console, "kernel=for root alone\n");
	if (f->over && strstr(f->detail, "Permission denied")) {
		g_test_skip("nobody but root may go where this was built");
		return;
	}
	g_assert_null(strstr(f->console->str, " uid=0 "));
	g_assert_nonnull(strstr(f->console->str, " death=9 "));
	g_assert_nonnull(strstr(f->console->str, " groups=1\nkernel="));
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	qemu_run_until(f, f->log, "read read");
}

static void test_no_such_user(QemuFixture *f, gconstpointer data)
{
	g_autoptr(VmConfig) config = qemu_config_of(f, "");
	g_autoptr(GError) error = NULL;

	if (geteuid() != 0) {
		g_test_skip("not root");
		return;
	}
	g_setenv("PFNHUNT_QEMU_USER", "no-such-user", TRUE);
	g_assert_null(vm_qemu_ops.create(config, &error));
	g_setenv("PFNHUNT_QEMU_USER", "root", TRUE);
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, "there is no user no-such-user"));
}

static void test_agent(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "");
	g_assert_true(f->vm->ops->send(f->vm, "ping\n", 5));
	qemu_run_until(f, f->agent, "\n");
	g_assert_cmpstr(f->agent->str, ==, "ping\n");
	f->vm->ops->stop(f->vm);
	qemu_run_until(f, NULL, NULL);
	g_assert_false(f->vm->ops->send(f->vm, "ping\n", 5));
}

static void test_deaf_agent(QemuFixture *f, gconstpointer data)
{
	g_autofree char *block = g_strnfill(65536, 'x');
	gsize taken = 0;

	qemu_boot(f, "deaf");
	while (f->vm->ops->send(f->vm, block, 65536))
		taken += 65536;
	g_assert_cmpuint(taken, >=, MIB);
	g_assert_cmpuint(taken, <, 3 * MIB); /* the socket's own buffer comes on top */
}

static void test_calls(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "");
	f->vm->ops->resize(f->vm, "vm0", 8 * MIB, qemu_on_done, f);
	f->vm->ops->query_memory(f->vm, qemu_on_memory, f);
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	f->vm->ops->nmi(f->vm, qemu_on_done, f);
	g_assert_cmpstr(f->log->str, ==, "");
	qemu_run_until(f, f->log, "read done");
	g_assert_cmpstr(f->log->str, ==, "done memory read done");
	g_string_truncate(f->log, 0);
	f->vm->ops->read_memory(f->vm, 0, 0, qemu_on_read, f);
	f->vm->ops->read_memory(f->vm, 0, (1 << 20) + 1, qemu_on_read, f);
	f->vm->ops->read_memory(f->vm, G_MAXUINT64 - 10, 4096, qemu_on_read, f);
	g_assert_cmpstr(f->log->str, ==, "");
	qemu_run_until(f, f->log, "read! read! read!");
}

static void on_threads(Vm *vm, const pid_t *tids, guint count, const GError *error, gpointer user)
{
	QemuFixture *f = user;

	if (!error) {
		g_assert_cmpuint(count, ==, 2);
		g_assert_cmpint(tids[0], ==, 76);
		g_assert_cmpint(tids[1], ==, 77);
	}
	qemu_told(f, error ? "threads!" : "threads");
}

static void test_threads(QemuFixture *f, gconstpointer data)
{
	static const char *const odd[] = {
		"{}",
		"[]",
		"[5]",
		"[{\"cpu-index\": 0}]",
		"[{\"cpu-index\": 0, \"thread-id\": 0}]",
		"[{\"cpu-index\": 0, \"thread-id\": \"7\"}]",
		"[{\"cpu-index\": 1, \"thread-id\": 7}]",
		"[{\"cpu-index\": 0, \"thread-id\": 7}, {\"cpu-index\": 0, \"thread-id\": 8}]",
		"[{\"cpu-index\": -1, \"thread-id\": 7}]",
		"[{\"cpu-index\": 0, \"thread-id\": 4294967296}]",
	};

	qemu_boot(f, "");
	f->vm->ops->query_threads(f->vm, on_threads, f);
	f->vm->ops->pause(f->vm, TRUE, qemu_on_done, f);
	f->vm->ops->pause(f->vm, FALSE, qemu_on_done, f);
	qemu_run_until(f, f->log, "threads done done");
	f->vm->ops->stop(f->vm);
	qemu_run_until(f, NULL, NULL);
	g_string_truncate(f->log, 0);
	f->vm->ops->query_threads(f->vm, on_threads, f);
	qemu_run_until(f, f->log, "threads!");
	for (guint i = 0; i < G_N_ELEMENTS(odd); i++) {
		g_autoptr(JsonNode) node = json_from_string(odd[i], NULL);
		g_autoptr(GError) error = NULL;

		g_assert_null(vm_threads_parse(node, &error));
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	}
	g_assert_null(vm_threads_parse(NULL, NULL));
}

/* A machine that takes no NMI tells its registers, and the guest is asked over its serial line. */
static void test_no_nmi(QemuFixture *f, gconstpointer data)
{
	g_autofree char *qemu = g_build_filename(f->dir, "qemu-system-aarch64", NULL);
	g_autoptr(VmConfig) config = qemu_config_of(f, "");
	const char *at;

	g_assert_cmpint(symlink(g_getenv("FAKE_QEMU"), qemu), ==, 0);
	config->arch = &arch_arm64;
	qemu_boot_config(f, config);
	f->vm->ops->nmi(f->vm, qemu_on_done, f);
	qemu_run_until(f, f->log, "done");
	at = strstr(f->sent->str, "info registers -a");
	g_assert_nonnull(at);
	g_assert_nonnull(strstr(at, "\"chardev-send-break\""));
	g_assert_null(strstr(f->sent->str, "inject-nmi"));
	g_assert_cmpint(unlink(qemu), ==, 0);
}

static void test_refused_calls(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "refuse");
	f->vm->ops->resize(f->vm, "vm0", 8 * MIB, qemu_on_done, f);
	f->vm->ops->query_memory(f->vm, qemu_on_memory, f);
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	qemu_run_until(f, f->log, "done! memory! read!");
}

/* The memory that was made for a DIMM does not stay when the DIMM cannot come. */
static void test_dimm_refused(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "no-slot");
	f->vm->ops->dimm_plug(f->vm, "dimm0", 128 * MIB, qemu_on_done, f);
	qemu_run_until(f, f->log, "done!");
	f->vm->ops->nmi(f->vm, qemu_on_done, f);
	qemu_run_until(f, f->log, "done! done");
	g_assert_nonnull(strstr(f->sent->str, "\"device_add\""));
	g_assert_nonnull(strstr(strstr(f->sent->str, "\"object-del\""), "\"dimm0-ram\""));
}

/* Answers that make no sense, as from a QEMU that the guest has got the better of. */
static void test_odd_answers(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, data);
	f->vm->ops->query_memory(f->vm, qemu_on_memory, f);
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	qemu_run_until(f, f->log, "memory! read!");
}

static void test_not_running(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "");
	f->vm->ops->stop(f->vm);
	qemu_run_until(f, NULL, NULL);
	g_string_truncate(f->log, 0);
	f->vm->ops->resize(f->vm, "vm0", 8 * MIB, qemu_on_done, f);
	f->vm->ops->query_memory(f->vm, qemu_on_memory, f);
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	f->vm->ops->nmi(f->vm, qemu_on_done, f);
	g_assert_cmpstr(f->log->str, ==, "");
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpstr(f->log->str, ==, "done! memory! read! done!");
	/* And those on their way when it is freed are never told. */
	f->vm->ops->nmi(f->vm, qemu_on_done, f);
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
}

/* Killed with calls in flight: they fail first, then comes the end. */
static void test_dies(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "die");
	f->vm->ops->resize(f->vm, "vm0", 8 * MIB, qemu_on_done, f);
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	qemu_run_until(f, NULL, NULL);
	g_assert_cmpstr(f->log->str, ==, "done! read! exited");
	g_assert_true(WIFSIGNALED(f->wait_status));
	g_assert_cmpint(WTERMSIG(f->wait_status), ==, SIGKILL);
}

static void test_last_bytes(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "burst-die");
	qemu_run_until(f, NULL, NULL);
	g_assert_true(WIFSIGNALED(f->wait_status));
	g_assert_true(g_str_has_suffix(f->console->str, "\nline 00019999\n"));
	g_assert_cmpuint(f->console->len -
				 (gsize)(strchr(f->console->str, '\n') + 1 - f->console->str),
			 ==, 20000 * 14);
}

static void test_detail(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "grumble");
	qemu_run_until(f, NULL, NULL);
	qemu_assert_exited(f, 1);
	g_assert_true(g_utf8_validate(f->detail, -1, NULL));
	g_assert_true(g_str_has_suffix(f->detail, "qemu: ?[31mlast\xef\xbf\xbd words"));
	g_assert_cmpuint(strlen(f->detail), <=, 4096 + 2);
	g_assert_cmpuint(strlen(f->detail), >, 4000);
}

static void test_no_exec(QemuFixture *f, gconstpointer data)
{
	g_autofree char *qemu = g_build_filename(f->dir, "qemu-system-x86_64", NULL);

	g_assert_cmpint(g_remove(qemu), ==, 0);
	g_assert_true(g_file_set_contents(qemu, "\177ELF", -1, NULL));
	g_assert_cmpint(g_chmod(qemu, 0700), ==, 0);
	qemu_boot(f, "");
	qemu_run_until(f, NULL, NULL);
	qemu_assert_exited(f, 127);
	g_assert_true(g_str_has_suffix(f->detail, "qemu-system-x86_64: Exec format error"));
}

static void test_stop_at_once(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "");
	f->vm->ops->stop(f->vm);
	f->vm->ops->stop(f->vm);
	qemu_run_until(f, NULL, NULL);
	qemu_assert_exited(f, 0);
	g_assert_cmpstr(f->log->str, ==, "exited");
	f->vm->ops->stop(f->vm);
}

static void test_stubborn(QemuFixture *f, gconstpointer data)
{
	gint64 took_ms;

	qemu_boot(f, "stubborn");
	f->vm->ops->stop(f->vm);
	qemu_run_until(f, NULL, NULL);
	took_ms = (g_get_monotonic_time() - f->start_us) / 1000;
	g_assert_true(WIFSIGNALED(f->wait_status));
	g_assert_cmpint(took_ms, >=, 1990);
	g_assert_cmpint(took_ms, <, 10000);
}

/* Without its monitor QEMU cannot be asked to end: it is killed at once. */
static void test_mute(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "mute");
	f->vm->ops->nmi(f->vm, qemu_on_done, f);
	qemu_run_until(f, f->log, "done!");
	f->vm->ops->stop(f->vm);
	qemu_run_until(f, NULL, NULL);
	g_assert_true(WIFSIGNALED(f->wait_status));
	g_assert_cmpint(g_get_monotonic_time() - f->start_us, <, 1900000);
}

static void test_panic(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "panic");
	f->vm->ops->nmi(f->vm, qemu_on_done, f);
	/* The event waits for the console; qemu_on_event() looks. Then it ends by itself. */
	qemu_run_until(f, f->log, "SHUTDOWN");
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	qemu_run_until(f, NULL, NULL);
	g_assert_cmpstr(f->log->str, ==, "done GUEST_PANICKED SHUTDOWN read exited");
	qemu_assert_exited(f, 0);
}

static void test_free_running(QemuFixture *f, gconstpointer data)
{
	qemu_boot(f, "stubborn");
	f->vm->ops->nmi(f->vm, qemu_on_done, f);
	f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	if (data)
		qemu_run_until(f, f->console, "\n");
	f->vm->ops->free(g_steal_pointer(&f->vm));
	g_assert_cmpstr(f->log->str, ==, "");
}

/* The machine freed inside a callback, each kind in turn. */
static void test_free_within(QemuFixture *f, gconstpointer data)
{
	f->free_on = data;
	qemu_boot(f, "panic");
	f->vm->ops->send(f->vm, "x\n", 2);
	if (g_str_equal(data, "done") || g_str_equal(data, "GUEST_PANICKED"))
		f->vm->ops->nmi(f->vm, qemu_on_done, f);
	if (g_str_equal(data, "memory"))
		f->vm->ops->query_memory(f->vm, qemu_on_memory, f);
	if (g_str_equal(data, "read"))
		f->vm->ops->read_memory(f->vm, 4096, 8192, qemu_on_read, f);
	if (g_str_equal(data, "exited"))
		f->vm->ops->stop(f->vm);
	qemu_run_until(f, NULL, NULL);
	g_assert_null(f->vm);
}

/* test_parent_dies() runs this in a process of its own: a machine, told on stdout, for ever. */
static int doomed(char *dir)
{
	QemuFixture f = {.dir = dir,
			 .console = g_string_new(NULL),
			 .agent = g_string_new(NULL),
			 .log = g_string_new(NULL)};

	qemu_boot(&f, "");
	qemu_run_until(&f, f.console, "\n");
	if (write(STDOUT_FILENO, f.console->str, f.console->len) < 0)
		return 1;
	for (;;)
		g_main_context_iteration(NULL, TRUE);
}

/* What a killed hunt leaves: the folder for read_memory, with nothing in it. */
static void remove_empty_folder(const char *in)
{
	g_autoptr(GDir) dir = g_dir_open(in, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(in, name, NULL);

		if (g_str_has_prefix(name, ".memory-"))
			g_assert_cmpint(g_rmdir(path), ==, 0);
	}
}

static void test_parent_dies(QemuFixture *f, gconstpointer data)
{
	const char *argv[] = {data, "--doomed", f->dir, NULL};
	g_autoptr(GError) error = NULL;
	char line[256] = "";
	int out, status, qemu;
	GPid parent;

	/* Orphans come to us: so we see that it went, and reap it. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	g_assert_true(g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
					       NULL, NULL, &parent, NULL, &out, NULL, &error));
	g_assert_cmpint(read(out, line, sizeof(line) - 1), >, 0);
	g_assert_cmpint(sscanf(line, "pid=%d", &qemu), ==, 1);
	g_assert_cmpint(kill(parent, SIGKILL), ==, 0);
	g_assert_cmpint(waitpid(parent, NULL, 0), ==, parent);
	for (int i = 0; waitpid(qemu, &status, WNOHANG) == 0; i++) {
		g_assert_cmpint(i, <, 1000);
		g_usleep(5000);
	}
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(out);
	remove_empty_folder(f->dir);
}

#define ADD(name, func, data)                                                                      \
	g_test_add("/vm-qemu/" name, QemuFixture, data, qemu_setup, func, qemu_teardown)

int main(int argc, char **argv)
{
	/* The fake lies where another user may not go. */
	g_setenv("PFNHUNT_QEMU_USER", "root", TRUE);
	if (argc > 2 && g_str_equal(argv[1], "--doomed"))
		return doomed(argv[2]);
	g_test_init(&argc, &argv, NULL);
	ADD("inherited", test_inherited, NULL);
	ADD("another-user", test_another_user, NULL);
	ADD("no-such-user", test_no_such_user, NULL);
	ADD("agent", test_agent, NULL);
	ADD("deaf-agent", test_deaf_agent, NULL);
	ADD("calls", test_calls, NULL);
	ADD("threads", test_threads, NULL);
	ADD("no-nmi", test_no_nmi, NULL);
	ADD("refused-calls", test_refused_calls, NULL);
	ADD("dimm-refused", test_dimm_refused, NULL);
	ADD("odd-answers/object", test_odd_answers, "odd-object short");
	ADD("odd-answers/empty", test_odd_answers, "odd-empty short");
	ADD("odd-answers/size", test_odd_answers, "odd-size short");
	ADD("odd-answers/negative", test_odd_answers, "odd-negative short");
	ADD("not-running", test_not_running, NULL);
	ADD("dies", test_dies, NULL);
	ADD("last-bytes", test_last_bytes, NULL);
	ADD("detail", test_detail, NULL);
	ADD("no-exec", test_no_exec, NULL);
	ADD("stop-at-once", test_stop_at_once, NULL);
	ADD("stubborn", test_stubborn, NULL);
	ADD("mute", test_mute, NULL);
	ADD("panic", test_panic, NULL);
	ADD("free-running/early", test_free_running, NULL);
	ADD("free-running/late", test_free_running, "late");
	ADD("free-within/console", test_free_within, "console");
	ADD("free-within/agent", test_free_within, "agent");
	ADD("free-within/done", test_free_within, "done");
	ADD("free-within/memory", test_free_within, "memory");
	ADD("free-within/read", test_free_within, "read");
	ADD("free-within/event", test_free_within, "GUEST_PANICKED");
	ADD("free-within/exited", test_free_within, "exited");
	ADD("parent-dies", test_parent_dies, argv[0]);
	return g_test_run();
}
