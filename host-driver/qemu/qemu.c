/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QEMU backend: a direct child, driven over QMP. The end comes in this order: the process
 * is reaped, each channel is read to its end, what still waits for an answer gets an error,
 * exited(). Every callback is the last thing its function does, so it may free the machine.
 *
 * A panic is told late (vm-hold.h). A reset does not end QEMU at once either: the memory is
 * evidence.
 */
#include "host-driver/qemu/ops.h"
#include "host-driver/base/error.h"
#include "host-driver/qemu/argv.h"
#include "host-driver/qemu/internal.h"
#include "host-driver/base/source.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIT_MS		2000
#define DRAIN_MS	1000
#define REAP_MS		10000
#define UNRESPONSIVE_MS 2000
#define DETAIL_BYTES	4096
#define SEND_MAX_BYTES	(1u << 20)

static void tell_event(const char *name, JsonObject *data, gpointer user)
{
	VmQemu *q = user;

	if (q->listener.event)
		q->listener.event(&q->vm, name, data, q->user);
}

/* Everything is read and reaped: says so. The machine may be freed when this returns. */
static void finish(VmQemu *q)
{
	g_autofree char *detail = g_utf8_make_valid(q->tail->str, (gssize)q->tail->len);
	gboolean freed = FALSE;

	source_clear(&q->kill_timer);
	source_clear(&q->drain_timer);
	source_clear(&q->end_timer);
	if (!vm_hold_flush(q->hold))
		return;
	g_clear_pointer(&q->console, stream_free);
	g_clear_pointer(&q->agent, stream_free);
	g_clear_pointer(&q->output, stream_free);
	q->freed = &freed;
	g_clear_pointer(&q->qmp, qmp_client_free); /* answers what still waits */
	if (freed)
		return;
	q->freed = NULL;
	for (char *p = detail; *p; p++) {
		if (g_ascii_iscntrl(*p) && *p != '\n')
			*p = '?';
	}
	q->listener.exited(&q->vm, q->wait_status, g_strstrip(detail), q->user);
}

static void finish_when_done(VmQemu *q)
{
	if (q->reaped && !q->console && !q->agent && !q->output && !q->qmp_open)
		finish(q);
}

static gboolean drain_late(gpointer user)
{
	finish(user);
	return G_SOURCE_REMOVE;
}

static void kill_child(VmQemu *q)
{
	if (q->child.pidfd >= 0)
		pidfd_send_signal(q->child.pidfd, SIGKILL, NULL, 0);
}

static gboolean kill_late(gpointer user)
{
	kill_child(user);
	return G_SOURCE_REMOVE;
}

static gboolean child_exited(int fd, GIOCondition condition, gpointer user)
{
	VmQemu *q = user;

	while (waitpid(q->child.pid, &q->wait_status, 0) < 0 && errno == EINTR)
		;
	q->reaped = TRUE;
	close(q->child.pidfd);
	q->child.pidfd = -1;
	source_clear(&q->exit_source);
	/* The channels end with it, but for one that some other child of ours just inherited. */
	q->drain_timer = timer_start(q->context, DRAIN_MS, drain_late, q);
	finish_when_done(q);
	return G_SOURCE_REMOVE;
}

static void console_data(Stream *stream, const char *data, gsize len, gpointer user)
{
	VmQemu *q = user;

	if (len == 0) {
		g_clear_pointer(&q->console, stream_free);
		finish_when_done(q);
		return;
	}
	vm_hold_console(q->hold);
	if (q->listener.console)
		q->listener.console(&q->vm, data, len, q->user);
}

static void agent_data(Stream *stream, const char *data, gsize len, gpointer user)
{
	VmQemu *q = user;

	if (len == 0) {
		g_clear_pointer(&q->agent, stream_free);
		finish_when_done(q);
	} else if (q->listener.agent) {
		q->listener.agent(&q->vm, data, len, q->user);
	}
}

static void output_data(Stream *stream, const char *data, gsize len, gpointer user)
{
	VmQemu *q = user;

	if (len == 0) {
		g_clear_pointer(&q->output, stream_free);
		finish_when_done(q);
		return;
	}
	g_string_append_len(q->tail, data, (gssize)len);
	if (q->tail->len > DETAIL_BYTES)
		g_string_erase(q->tail, 0, (gssize)(q->tail->len - DETAIL_BYTES));
}

static void vm_qemu_stop(Vm *vm)
{
	VmQemu *q = (VmQemu *)vm;

	if (q->stopping || q->child.pidfd < 0)
		return;
	q->stopping = TRUE;
	if (!q->qmp_open) {
		kill_child(q);
		return;
	}
	q->kill_timer = timer_start(q->context, QUIT_MS, kill_late, q);
	qmp_client_execute(q->qmp, "quit", NULL, QUIT_MS, NULL, NULL);
}

static gboolean end_now(gpointer user)
{
	vm_qemu_stop(user);
	return G_SOURCE_REMOVE;
}

/* The guest switched itself off, or reset itself, and QEMU stands still: bury it in time. */
static void guest_ended(VmQemu *q, JsonObject *data)
{
	JsonNode *guest = json_object_get_member(data, "guest");
	JsonNode *reason = json_object_get_member(data, "reason");
	gboolean off = reason && json_node_get_value_type(reason) == G_TYPE_STRING &&
		       g_str_equal(json_node_get_string(reason), "guest-shutdown");

	if (q->end_timer || !guest || json_node_get_value_type(guest) != G_TYPE_BOOLEAN ||
	    !json_node_get_boolean(guest))
		return;
	q->end_timer = timer_start(q->context, off ? 0 : UNRESPONSIVE_MS, end_now, q);
}

static void qmp_event(QmpClient *qmp, const char *name, JsonObject *data, gpointer user)
{
	VmQemu *q = user;

	if (g_str_equal(name, "SHUTDOWN") && data)
		guest_ended(q, data);
	if (g_str_equal(name, "DEVICE_DELETED") && data)
		qemu_dimm_gone(q, data);
	vm_hold_event(q->hold, name, data);
}

static void qmp_transcript(QmpClient *qmp, char direction, const char *line, gpointer user)
{
	VmQemu *q = user;

	if (q->listener.transcript)
		q->listener.transcript(&q->vm, direction, line, q->user);
}

static void qmp_closed(QmpClient *qmp, const GError *error, gpointer user)
{
	VmQemu *q = user;

	q->qmp_open = FALSE;
	finish_when_done(q);
}

static const QmpListener qmp_listener = {
	.event = qmp_event, .transcript = qmp_transcript, .closed = qmp_closed};

static void vm_qemu_free(Vm *vm)
{
	VmQemu *q = (VmQemu *)vm;

	if (!q)
		return;
	q->freeing = TRUE;
	if (q->freed)
		*q->freed = TRUE;
	if (q->child.pidfd >= 0) {
		struct pollfd gone = {.fd = q->child.pidfd, .events = POLLIN};

		kill_child(q);
		while (poll(&gone, 1, REAP_MS) < 0 && errno == EINTR)
			;
		waitpid(q->child.pid, NULL, WNOHANG);
		close(q->child.pidfd);
	}
	source_clear(&q->exit_source);
	source_clear(&q->kill_timer);
	source_clear(&q->drain_timer);
	source_clear(&q->end_timer);
	vm_hold_free(q->hold);
	qmp_client_free(q->qmp);
	stream_free(q->console);
	stream_free(q->agent);
	stream_free(q->output);
	qemu_calls_drop(q);
	if (q->gdb_fd >= 0)
		close(q->gdb_fd);
	g_strfreev(q->argv);
	qemu_files_close(&q->files);
	g_ptr_array_unref(q->devices);
	g_main_context_unref(q->context);
	g_string_free(q->tail, TRUE);
	g_free(q);
}

/* Their names may lie where the other user cannot go. */
static void name_by_descriptor(char **argv)
{
	for (guint i = 0; argv[i]; i++) {
		guint fd = g_str_equal(argv[i], "-kernel")   ? QEMU_FD_KERNEL
			   : g_str_equal(argv[i], "-initrd") ? QEMU_FD_INITRD
							     : 0;

		if (!fd || !argv[++i])
			continue;
		g_free(argv[i]);
		argv[i] = qemu_fd_path(fd);
	}
}

static Vm *vm_qemu_create(const VmConfig *config, GError **error)
{
	g_auto(GStrv) argv = vm_qemu_argv(config, error);
	QemuUser who;
	VmQemu *q;

	if (!argv || !qemu_user_find(config->accel, &who, error))
		return NULL;
	if (!config->run_dir || !g_utf8_validate(config->run_dir, -1, NULL)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "the folder of the run must have a name in UTF-8");
		return NULL;
	}
	q = g_new0(VmQemu, 1);
	q->vm.ops = &vm_qemu_ops;
	q->argv = g_steal_pointer(&argv);
	q->child.pidfd = -1;
	q->gdb_fd = -1;
	q->gdb_wanted = config->gdb;
	q->context = g_main_context_ref_thread_default();
	q->tail = g_string_new(NULL);
	q->hold = vm_hold_new(tell_event, q);
	q->arch = config->arch;
	q->devices = vm_mem_devices_copy(config->mem_devices);
	q->who = who;
	if (!qemu_files_open(config, &who, &q->files, error)) {
		vm_qemu_free(&q->vm);
		return NULL;
	}
	if (q->who.change)
		name_by_descriptor(q->argv);
	return &q->vm;
}

static gboolean vm_qemu_start(Vm *vm, const VmListener *listener, gpointer user, GError **error)
{
	VmQemu *q = (VmQemu *)vm;

	if (!qemu_spawn(q->argv, &q->files, &q->who, q->gdb_wanted, &q->child, error))
		return FALSE;
	q->listener = *listener;
	q->user = user;
	q->gdb_fd = q->child.gdb;
	q->console = stream_new(q->child.console, console_data, q);
	q->agent = stream_new(q->child.agent, agent_data, q);
	q->output = stream_new(q->child.output, output_data, q);
	q->qmp = qmp_client_new(q->child.qmp, &qmp_listener, q);
	q->qmp_open = TRUE;
	q->exit_source = g_unix_fd_source_new(q->child.pidfd, G_IO_IN);
	g_source_set_callback(q->exit_source, G_SOURCE_FUNC(child_exited), q, NULL);
	g_source_attach(q->exit_source, q->context);
	return TRUE;
}

static gboolean vm_qemu_send(Vm *vm, const char *data, gsize len)
{
	VmQemu *q = (VmQemu *)vm;

	if (!q->agent || stream_queued(q->agent) + len > SEND_MAX_BYTES)
		return FALSE;
	stream_send(q->agent, data, len);
	return TRUE;
}

static int vm_qemu_gdb(Vm *vm)
{
	VmQemu *q = (VmQemu *)vm;
	int fd = q->gdb_fd;

	q->gdb_fd = -1;
	return fd;
}

const VmOps vm_qemu_ops = {
	.name = "qemu",
	.help = "QEMU as a child of pfnhunt, no daemon",
	.argv = vm_qemu_argv,
	.create = vm_qemu_create,
	.start = vm_qemu_start,
	.send = vm_qemu_send,
	.resize = qemu_resize,
	.balloon = qemu_balloon,
	.dimm_plug = qemu_dimm_plug,
	.dimm_unplug = qemu_dimm_unplug,
	.query_memory = qemu_query_memory,
	.read_memory = qemu_read_memory,
	.nmi = qemu_nmi,
	.query_threads = qemu_query_threads,
	.gdb = vm_qemu_gdb,
	.pause = qemu_pause,
	.stop = vm_qemu_stop,
	.free = vm_qemu_free,
};
