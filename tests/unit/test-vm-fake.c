/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripted machine: what it plays, and that it keeps the promises of vm.h like a real one. */
#include "host-driver/fake/fake.h"
#include "host-driver/backend.h"
#include "host-driver/base/error.h"

#include <string.h>
#include <sys/wait.h>

#define MIB (G_GUINT64_CONSTANT(1) << 20)

typedef struct {
	Vm *vm;
	GString *log;
	const char *free_on; /* frees the machine when it tells this */
	gboolean over;
} Fixture;

static void told(Fixture *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void told(Fixture *f, const char *format, ...)
{
	g_autofree char *word = NULL;
	va_list ap;

	va_start(ap, format);
	word = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_string_append_printf(f->log, "%s%s", f->log->len ? "|" : "", word);
	if (f->free_on && g_str_equal(word, f->free_on)) {
		f->over = TRUE;
		f->vm->ops->free(g_steal_pointer(&f->vm));
	}
}

static void on_console(Vm *vm, const char *data, gsize len, gpointer user)
{
	g_autofree char *text = g_strescape(data, NULL);

	g_assert_cmpuint(strlen(data), <=, len);
	told(user, "c:%s:%zu", text, len);
}

static void on_agent(Vm *vm, const char *data, gsize len, gpointer user)
{
	g_assert_cmpint(data[len - 1], ==, '\n');
	told(user, "a:%.*s", (int)len - 1, data);
}

static void on_event(Vm *vm, const char *name, JsonObject *data, gpointer user)
{
	gint64 size = data ? json_object_get_int_member_with_default(data, "size", -1) : -2;

	told(user, "e:%s:%d", name, size < 0 ? (int)size : (int)(size / (gint64)MIB));
}

static void on_transcript(Vm *vm, char direction, const char *line, gpointer user)
{
	g_assert_cmpint(direction, ==, '>');
	g_assert_true(g_str_has_prefix(line, "{\"execute\":"));
}

static void on_exited(Vm *vm, int wait_status, const char *detail, gpointer user)
{
	Fixture *f = user;

	g_assert_true(WIFEXITED(wait_status));
	g_assert_cmpstr(detail, ==, "");
	f->over = TRUE;
	told(f, "x:%d", WEXITSTATUS(wait_status));
}

static const VmListener listener = {.console = on_console,
				    .agent = on_agent,
				    .event = on_event,
				    .transcript = on_transcript,
				    .exited = on_exited};

static void on_done(Vm *vm, const GError *error, gpointer user)
{
	told(user, error ? "done!" : "done");
}

static void on_memory(Vm *vm, const VmMemState *state, guint count, const GError *error,
		      gpointer user)
{
	if (error)
		told(user, "mem!");
	for (guint i = 0; i < count; i++)
		told(user, "%s:%d/%d", state[i].id, (int)(state[i].plugged_bytes / MIB),
		     (int)(state[i].requested_bytes / MIB));
}

static void on_read(Vm *vm, GBytes *bytes, const GError *error, gpointer user)
{
	gsize len;
	const char *data = bytes ? g_bytes_get_data(bytes, &len) : NULL;

	if (error)
		told(user, "read!");
	else
		told(user, "read:%zu:%.*s", len, (int)MIN(len, 4), data);
}

static G_NORETURN gboolean give_up(gpointer user)
{
	g_error("the fake machine did not end: %s", ((Fixture *)user)->log->str);
}

static void setup(Fixture *f, gconstpointer data)
{
	f->log = g_string_new(NULL);
}

static void boot(Fixture *f, const char *script)
{
	g_autoptr(VmConfig) config = vm_config_new();
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(config->mem_devices, vm_mem_device_new("m0", 64 * MIB, 4 * MIB, 8 * MIB));
	vm_fake_set_script(script);
	f->vm = vm_fake_ops.create(config, &error);
	vm_fake_set_script(NULL); /* it has its own copy */
	g_assert_no_error(error);
	g_assert_true(f->vm->ops->start(f->vm, &listener, f, &error));
	g_assert_cmpuint(f->log->len, ==, 0);
}

static void run(Fixture *f)
{
	guint timer = g_timeout_add(5000, give_up, f);

	while (!f->over)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

static void run_ms(guint ms)
{
	gint64 end = g_get_monotonic_time() + ms * 1000;

	while (g_get_monotonic_time() < end) {
		g_main_context_iteration(NULL, FALSE);
		g_usleep(500);
	}
	while (g_main_context_iteration(NULL, FALSE))
		; /* what a busy machine made late */
}

static void teardown(Fixture *f, gconstpointer data)
{
	if (f->vm)
		f->vm->ops->free(f->vm);
	g_string_free(f->log, TRUE);
	g_assert_false(g_main_context_pending(NULL));
}

static void test_script(Fixture *f, gconstpointer data)
{
	boot(f, "# in the order of time, not of lines\n"
		"no-plug\n"
		"20 agent hello proto=1\n"
		"\n"
		"0 console [ 0.1]  two  spaces\\n\\x41\\\\\n"
		"20 event GUEST_PANICKED\n"
		"10 event SIZE {\"size\": 3145728}\n"
		"30 exit 7\n"
		"29 console end\n"
		"31 console never\n");
	run(f);
	g_assert_cmpstr(
		f->log->str, ==,
		"c:[ 0.1]  two  spaces\\nA\\\\:22|e:SIZE:3|a:hello proto=1|e:GUEST_PANICKED:-2|"
		"c:end:3|x:7");
	run_ms(10);
	g_assert_true(g_str_has_suffix(f->log->str, "x:7"));
}

static void test_triggers(Fixture *f, gconstpointer data)
{
	boot(f, "no-plug\non go +10 agent done\non go +0 console go\non stop +1 exit 0\n"
		"on ping +0 agent pong\n");
	g_assert_true(f->vm->ops->send(f->vm, "plan a=b\nping id=1\npi", 21));
	run_ms(5);
	g_assert_cmpstr(f->log->str, ==, "a:pong");
	g_assert_true(f->vm->ops->send(f->vm, "ng\ngo duration_ms=5\n", 20));
	run_ms(20);
	g_assert_cmpstr(f->log->str, ==, "a:pong|a:pong|c:go:2|a:done");
	g_assert_true(f->vm->ops->send(f->vm, "stop\n", 5));
	run(f);
	g_assert_cmpstr(f->log->str, ==, "a:pong|a:pong|c:go:2|a:done|x:0");
	g_assert_false(f->vm->ops->send(f->vm, "go\n", 3));
}

static void test_memory(Fixture *f, gconstpointer data)
{
	boot(f, "");
	f->vm->ops->query_memory(f->vm, on_memory, f);
	run_ms(30);
	g_assert_cmpstr(f->log->str, ==, "m0:0/8|e:MEMORY_DEVICE_SIZE_CHANGE:8");
	g_string_truncate(f->log, 0);
	f->vm->ops->resize(f->vm, "m0", 20 * MIB, on_done, f);
	f->vm->ops->query_memory(f->vm, on_memory, f);
	g_assert_cmpstr(f->log->str, ==, "");
	run_ms(30);
	f->vm->ops->query_memory(f->vm, on_memory, f);
	f->vm->ops->resize(f->vm, "m1", 4 * MIB, on_done, f);
	f->vm->ops->resize(f->vm, "m0", 4 * MIB + 1, on_done, f);
	f->vm->ops->resize(f->vm, "m0", 68 * MIB, on_done, f);
	run_ms(30);
	g_assert_cmpstr(f->log->str, ==,
			"done|m0:8/20|e:MEMORY_DEVICE_SIZE_CHANGE:20|m0:20/20|done!|done!|done!");
}

static void test_no_plug(Fixture *f, gconstpointer data)
{
	boot(f, "no-plug\n");
	f->vm->ops->resize(f->vm, "m0", 20 * MIB, on_done, f);
	run_ms(40);
	f->vm->ops->query_memory(f->vm, on_memory, f);
	run_ms(5);
	g_assert_cmpstr(f->log->str, ==, "done|m0:0/20");
}

static void test_read(Fixture *f, gconstpointer data)
{
	vm_fake_set_memory("abcd", 4);
	boot(f, "no-plug\n");
	vm_fake_set_memory(NULL, 0);
	f->vm->ops->read_memory(f->vm, 1 << 30, 4096, on_read, f);
	f->vm->ops->read_memory(f->vm, 0, 2, on_read, f);
	f->vm->ops->read_memory(f->vm, 0, 2 << 20, on_read, f);
	f->vm->ops->nmi(f->vm, on_done, f);
	run_ms(5);
	g_assert_cmpstr(f->log->str, ==, "read:4096:abcd|read:2:ab|read!|done");
}

static void test_stop(Fixture *f, gconstpointer data)
{
	boot(f, "no-plug\n500 console never\n");
	f->vm->ops->stop(f->vm);
	f->vm->ops->stop(f->vm);
	run(f);
	f->vm->ops->stop(f->vm);
	run_ms(5);
	g_assert_cmpstr(f->log->str, ==, "e:SHUTDOWN:-1|x:0");
}

/* What is asked before the end is answered before it, what is asked after it, after it. */
static void test_pending(Fixture *f, gconstpointer data)
{
	boot(f, "no-plug\n0 exit 3\n");
	f->vm->ops->resize(f->vm, "m0", 4 * MIB, on_done, f);
	f->vm->ops->query_memory(f->vm, on_memory, f);
	f->vm->ops->read_memory(f->vm, 0, 4, on_read, f);
	run(f);
	g_assert_cmpstr(f->log->str, ==, "done!|mem!|read!|x:3");
	f->vm->ops->nmi(f->vm, on_done, f);
	run_ms(5);
	g_assert_cmpstr(f->log->str, ==, "done!|mem!|read!|x:3|done!");
}

static void test_free_within(Fixture *f, gconstpointer data)
{
	f->free_on = data;
	boot(f, "0 console c\n0 agent a\n0 event e\n5 exit 1\n");
	f->vm->ops->nmi(f->vm, on_done, f);
	run(f);
	g_assert_null(f->vm);
	g_assert_true(g_str_has_suffix(f->log->str, data));
	run_ms(30);
	g_assert_true(g_str_has_suffix(f->log->str, data));
}

static void test_bad_scripts(Fixture *f, gconstpointer data)
{
	const char *const scripts[] = {"hello",		 "5",
				       "x console a",	 "5 dance a",
				       "on go 5 exit 0", "on go +x exit 0",
				       "-5 console a",	 "on go +5 nothing a"};
	g_autoptr(VmConfig) config = vm_config_new();

	for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
		g_autoptr(GError) error = NULL;

		vm_fake_set_script(scripts[i]);
		g_assert_null(vm_fake_ops.create(config, &error));
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, scripts[i]));
	}
	vm_fake_set_script(NULL);
}

static void test_backends(Fixture *f, gconstpointer data)
{
	static const char *const bad[] = {"nope", "", ":", "qemu:", "qemu:x", "QEMU", "libvirt:"};
	g_autoptr(VmBackend) fake = vm_backend_parse("fake", NULL);
	VmAccel accel;

	g_assert_true(fake->ops == &vm_fake_ops);
	g_assert_cmpstr(fake->text, ==, "fake");
	g_assert_null(fake->uri);
	g_assert_true(vm_backend_is_local(fake));
	g_assert_true(vm_backend_settle(fake, arch_host(), VM_ACCEL_TCG, &accel, NULL, NULL));
	g_assert_cmpint(accel, ==, VM_ACCEL_TCG);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(vm_backend_parse(bad[i], &error));
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, "there is qemu"));
	}
}

#define ADD(name, func, data) g_test_add("/vm-fake/" name, Fixture, data, setup, func, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("script", test_script, NULL);
	ADD("triggers", test_triggers, NULL);
	ADD("memory", test_memory, NULL);
	ADD("no-plug", test_no_plug, NULL);
	ADD("read", test_read, NULL);
	ADD("stop", test_stop, NULL);
	ADD("pending", test_pending, NULL);
	ADD("free-within/console", test_free_within, "c:c:1");
	ADD("free-within/agent", test_free_within, "a:a");
	ADD("free-within/event", test_free_within, "e:e:-2");
	ADD("free-within/done", test_free_within, "done");
	ADD("free-within/exited", test_free_within, "x:1");
	ADD("bad-scripts", test_bad_scripts, NULL);
	ADD("backends", test_backends, NULL);
	return g_test_run();
}
