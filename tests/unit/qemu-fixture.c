/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See qemu-fixture.h. */
#include "tests/unit/qemu-fixture.h"
#include "host-driver/qemu/ops.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void qemu_told(QemuFixture *f, const char *word)
{
	g_string_append_printf(f->log, "%s%s", f->log->len ? " " : "", word);
	if (f->free_on && g_str_equal(word, f->free_on)) {
		f->over = TRUE;
		f->vm->ops->free(g_steal_pointer(&f->vm));
	}
}

static void on_console(Vm *vm, const char *data, gsize len, gpointer user)
{
	QemuFixture *f = user;

	g_string_append_len(f->console, data, (gssize)len);
	if (f->free_on)
		qemu_told(f, "console");
}

static void on_agent(Vm *vm, const char *data, gsize len, gpointer user)
{
	QemuFixture *f = user;

	g_string_append_len(f->agent, data, (gssize)len);
	if (f->free_on)
		qemu_told(f, "agent");
}

void qemu_on_event(Vm *vm, const char *name, JsonObject *data, gpointer user)
{
	QemuFixture *f = user;

	if (g_str_equal(name, "GUEST_PANICKED"))
		g_assert_true(g_str_has_suffix(f->console->str, "Kernel panic - not syncing\n"));
	qemu_told(f, name);
}

static void on_exited(Vm *vm, int wait_status, const char *detail, gpointer user)
{
	QemuFixture *f = user;

	f->wait_status = wait_status;
	f->detail = g_strdup(detail);
	f->over = TRUE;
	qemu_told(f, "exited");
}

static void on_transcript(Vm *vm, char direction, const char *line, gpointer user)
{
	if (direction == '>')
		g_string_append(((QemuFixture *)user)->sent, line);
}

static const VmListener listener = {.console = on_console,
				    .agent = on_agent,
				    .event = qemu_on_event,
				    .transcript = on_transcript,
				    .exited = on_exited};

void qemu_on_done(Vm *vm, const GError *error, gpointer user)
{
	qemu_told(user, error ? "done!" : "done");
}

void qemu_on_memory(Vm *vm, const VmMemState *state, guint count, const GError *error,
		    gpointer user)
{
	if (!error) {
		g_assert_cmpuint(count, ==, 1);
		g_assert_cmpstr(state[0].id, ==, "vm0");
		g_assert_cmpuint(state[0].plugged_bytes, ==, 4 * MIB);
		g_assert_cmpuint(state[0].requested_bytes, ==, 8 * MIB);
	}
	qemu_told(user, error ? "memory!" : "memory");
}

void qemu_on_read(Vm *vm, GBytes *bytes, const GError *error, gpointer user)
{
	g_assert_true(!bytes == !!error);
	if (bytes) {
		gsize len;
		const char *data = g_bytes_get_data(bytes, &len);

		g_assert_cmpuint(len, ==, 8192);
		g_assert_cmpint(data[0], ==, 'm');
		g_assert_cmpint(data[8191], ==, 'm');
	}
	qemu_told(user, error ? "read!" : "read");
}

void qemu_setup(QemuFixture *f, gconstpointer data)
{
	g_autofree char *qemu = NULL;

	f->dir = g_dir_make_tmp("pfnhunt-test-XXXXXX", NULL);
	qemu = g_build_filename(f->dir, "qemu-system-x86_64", NULL);
	g_assert_cmpint(symlink(g_getenv("FAKE_QEMU"), qemu), ==, 0);
	f->old_path = g_strdup(g_getenv("PATH"));
	g_setenv("PATH", f->dir, TRUE);
	f->console = g_string_new(NULL);
	f->agent = g_string_new(NULL);
	f->log = g_string_new(NULL);
	f->sent = g_string_new(NULL);
}

VmConfig *qemu_config_of(QemuFixture *f, const char *mode)
{
	VmConfig *config = vm_config_new();

	config->arch = &arch_x86;
	config->accel = VM_ACCEL_TCG;
	config->cpus = 1;
	config->memory_bytes = 512 * MIB;
	config->kernel_path = g_strdup("/dev/null");
	config->cmdline = g_strdup(mode);
	config->run_dir = g_strdup(f->dir);
	g_ptr_array_add(config->mem_devices, vm_mem_device_new("vm0", 64 * MIB, 4 * MIB, 0));
	return config;
}

void qemu_boot_config(QemuFixture *f, const VmConfig *config)
{
	g_autoptr(GError) error = NULL;

	f->vm = vm_qemu_ops.create(config, &error);
	g_assert_no_error(error);
	f->start_us = g_get_monotonic_time();
	g_assert_true(f->vm->ops->start(f->vm, &listener, f, &error));
}

void qemu_boot(QemuFixture *f, const char *mode)
{
	g_autoptr(VmConfig) config = qemu_config_of(f, mode);

	qemu_boot_config(f, config);
}

static G_NORETURN gboolean give_up(gpointer user)
{
	g_error("no end: %s", ((QemuFixture *)user)->log->str);
}

/* Runs until @string ends with @suffix, or the machine is over. */
void qemu_run_until(QemuFixture *f, GString *string, const char *suffix)
{
	guint timer = g_timeout_add(20000, give_up, f);

	while (!f->over && !(string && g_str_has_suffix(string->str, suffix)))
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

void qemu_teardown(QemuFixture *f, gconstpointer data)
{
	g_autofree char *qemu = g_build_filename(f->dir, "qemu-system-x86_64", NULL);

	if (f->vm)
		f->vm->ops->free(f->vm);
	g_assert_false(g_main_context_pending(NULL));
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
	g_assert_cmpint(errno, ==, ECHILD);
	g_setenv("PATH", f->old_path, TRUE);
	g_assert_cmpint(g_remove(qemu), ==, 0);
	g_assert_cmpint(g_rmdir(f->dir), ==, 0); /* no file of read_memory is left */
	g_free(f->dir);
	g_free(f->old_path);
	g_free(f->detail);
	g_string_free(f->console, TRUE);
	g_string_free(f->agent, TRUE);
	g_string_free(f->log, TRUE);
	g_string_free(f->sent, TRUE);
}

void qemu_assert_exited(QemuFixture *f, int status)
{
	g_assert_true(WIFEXITED(f->wait_status));
	g_assert_cmpint(WEXITSTATUS(f->wait_status), ==, status);
}
