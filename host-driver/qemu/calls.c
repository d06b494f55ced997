/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of a running QEMU. Each call ends exactly once and from the main loop, also
 * when the machine is not running any more; a machine that is being freed tells nothing. The
 * answers are checked: a guest may have got the better of QEMU.
 */
#include "host-driver/base/json.h"
#include "host-driver/base/error.h"
#include "host-driver/vm/machine.h"
#include "host-driver/qemu/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define COMMAND_MS     10000 /* under TCG a busy guest can hold QEMU's main loop for seconds */
#define READ_MAX_BYTES (1u << 20)

/* An asynchronous call of ours; one of the four ends is set. */
typedef struct {
	VmQemu *q;
	VmDone done;
	VmMemoryDone memory;
	VmReadDone read;
	VmThreadsDone threads;
	gpointer user;
	char *id;   /* of a DIMM */
	char *name; /* file for read_memory in q->files.reads_dir, ours to remove, */
	int fd;	    /* and our own way to it: QEMU may have put another under its name; or -1 */
	guint32 read_len;
	GError *error; /* of a call that never reached QMP */
	GSource *source;
} QemuCall;

static QemuCall *call_new(VmQemu *q, gpointer user)
{
	QemuCall *call = g_new0(QemuCall, 1);

	call->q = q;
	call->user = user;
	call->fd = -1;
	return call;
}

/* Before the caller is told, who may free the machine. */
static void drop_file(QemuCall *call)
{
	if (call->fd < 0)
		return;
	unlinkat(call->q->files.fd[QEMU_FD_READS], call->name, 0);
	close(call->fd);
	call->fd = -1;
}

static void call_free(QemuCall *call)
{
	drop_file(call);
	g_free(call->name);
	g_free(call->id);
	if (call->source) {
		g_source_destroy(call->source);
		g_source_unref(call->source);
	}
	g_clear_error(&call->error);
	g_free(call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuCall, call_free)

/* Tells the caller the error, unless the machine is being freed. */
static void call_failed(QemuCall *call, const GError *error)
{
	Vm *vm = &call->q->vm;

	if (call->q->freeing)
		return;
	if (call->done)
		call->done(vm, error, call->user);
	else if (call->memory)
		call->memory(vm, NULL, 0, error, call->user);
	else if (call->read)
		call->read(vm, NULL, error, call->user);
	else if (call->threads)
		call->threads(vm, NULL, 0, error, call->user);
}

static gboolean fail_now(gpointer user)
{
	g_autoptr(QemuCall) call = user;

	call->q->failing = g_list_remove(call->q->failing, call);
	drop_file(call);
	call_failed(call, call->error);
	return G_SOURCE_REMOVE;
}

/* Fails @call (taken) with @error (taken) from the main loop, never from inside the caller. */
static void call_fail_later(QemuCall *call, GError *error)
{
	VmQemu *q = call->q;

	call->error = error;
	call->source = g_idle_source_new();
	g_source_set_priority(call->source, G_PRIORITY_DEFAULT);
	g_source_set_callback(call->source, fail_now, call, NULL);
	g_source_attach(call->source, q->context);
	q->failing = g_list_prepend(q->failing, call);
}

static void execute(QemuCall *call, const char *command, JsonObject *arguments, QmpReply reply)
{
	VmQemu *q = call->q;

	if (q->qmp) {
		qmp_client_execute(q->qmp, command, arguments, COMMAND_MS, reply, call);
		return;
	}
	g_clear_pointer(&arguments, json_object_unref);
	call_fail_later(call, g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
					  "%s: the machine is not running", command));
}

static void done_reply(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_autoptr(QemuCall) call = user;

	if (error)
		call_failed(call, error);
	else
		call->done(&call->q->vm, NULL, call->user);
}

/* A call that is done or not. */
static void ask(Vm *vm, const char *command, JsonObject *arguments, VmDone done, gpointer user)
{
	QemuCall *call = call_new((VmQemu *)vm, user);

	call->done = done;
	execute(call, command, arguments, done_reply);
}

void qemu_resize(Vm *vm, const char *device, guint64 requested_bytes, VmDone done, gpointer user)
{
	g_autofree char *path = g_strdup_printf("/machine/peripheral/%s", device);
	JsonObject *arguments = json_object_new();

	rj_set_text(arguments, "path", path);
	rj_set_text(arguments, "property", "requested-size");
	json_object_set_int_member(arguments, "value", (gint64)requested_bytes);
	ask(vm, "qom-set", arguments, done, user);
}

void qemu_balloon(Vm *vm, guint64 memory_bytes, VmDone done, gpointer user)
{
	JsonObject *arguments = json_object_new();

	json_object_set_int_member(arguments, "value", (gint64)memory_bytes);
	ask(vm, "balloon", arguments, done, user);
}

static void dimm_memory_drop(VmQemu *q, const char *id)
{
	g_autofree char *memory = g_strdup_printf("%s-ram", id);
	JsonObject *arguments;

	if (!q->qmp)
		return;
	arguments = json_object_new();
	rj_set_text(arguments, "id", memory);
	qmp_client_execute(q->qmp, "object-del", arguments, COMMAND_MS, NULL, NULL);
}

static void dimm_plugged(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	QemuCall *call = user;

	if (error)
		dimm_memory_drop(call->q, call->id);
	done_reply(qmp, result, error, call);
}

/* The two halves of a DIMM: its memory, then the device. */
static void dimm_memory_made(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_autoptr(QemuCall) call = user;
	JsonObject *arguments;
	g_autofree char *memory = NULL;

	if (error) {
		call_failed(call, error);
		return;
	}
	memory = g_strdup_printf("%s-ram", call->id);
	arguments = json_object_new();
	rj_set_text(arguments, "driver", "pc-dimm");
	rj_set_text(arguments, "id", call->id);
	rj_set_text(arguments, "memdev", memory);
	execute(g_steal_pointer(&call), "device_add", arguments, dimm_plugged);
}

void qemu_dimm_plug(Vm *vm, const char *id, guint64 bytes, VmDone done, gpointer user)
{
	QemuCall *call = call_new((VmQemu *)vm, user);
	g_autofree char *memory = g_strdup_printf("%s-ram", id);
	JsonObject *arguments = json_object_new();

	call->done = done;
	call->id = g_strdup(id);
	rj_set_text(arguments, "qom-type", "memory-backend-ram");
	rj_set_text(arguments, "id", memory);
	json_object_set_int_member(arguments, "size", (gint64)bytes);
	execute(call, "object-add", arguments, dimm_memory_made);
}

void qemu_dimm_unplug(Vm *vm, const char *id, VmDone done, gpointer user)
{
	JsonObject *arguments = json_object_new();

	rj_set_text(arguments, "id", id);
	ask(vm, "device_del", arguments, done, user);
}

void qemu_dimm_gone(VmQemu *q, JsonObject *data)
{
	const char *id = json_object_get_string_member_with_default(data, "device", "");

	if (id && g_str_has_prefix(id, "dimm"))
		dimm_memory_drop(q, id);
}

/* SysRq: a break on the serial line, and then what is asked for: all CPUs' backtraces. */
static void break_reply(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_autoptr(QemuCall) call = user;
	VmQemu *q = call->q;

	if (error) {
		call_failed(call, error);
		return;
	}
	if (q->console)
		stream_send(q->console, "l", 1);
	call->done(&q->vm, NULL, call->user);
}

static void registers_reply(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	QemuCall *call = user;
	JsonObject *arguments = json_object_new();

	rj_set_text(arguments, "id", "console");
	execute(call, "chardev-send-break", arguments, break_reply);
}

/* Without an NMI, each CPU's registers, for the record of this traffic, and SysRq. */
void qemu_nmi(Vm *vm, VmDone done, gpointer user)
{
	JsonObject *arguments;
	QemuCall *call;

	if (((VmQemu *)vm)->arch->nmi) {
		ask(vm, "inject-nmi", NULL, done, user);
		return;
	}
	call = call_new((VmQemu *)vm, user);
	call->done = done;
	arguments = json_object_new();
	rj_set_text(arguments, "command-line", "info registers -a");
	execute(call, "human-monitor-command", arguments, registers_reply);
}

void qemu_pause(Vm *vm, gboolean hold, VmDone done, gpointer user)
{
	ask(vm, hold ? "stop" : "cont", NULL, done, user);
}

static void threads_reply(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_autoptr(QemuCall) call = user;
	g_autoptr(GArray) tids = NULL;
	g_autoptr(GError) broken = NULL;

	if (!error && !(tids = vm_threads_parse(result, &broken)))
		error = broken;
	if (error)
		call_failed(call, error);
	else
		call->threads(&call->q->vm, (const pid_t *)(gconstpointer)tids->data, tids->len,
			      NULL, call->user);
}

void qemu_query_threads(Vm *vm, VmThreadsDone done, gpointer user)
{
	QemuCall *call = call_new((VmQemu *)vm, user);

	call->threads = done;
	execute(call, "query-cpus-fast", NULL, threads_reply);
}

static void memory_reply(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_autoptr(QemuCall) call = user;
	VmQemu *q = call->q;
	g_autofree VmMemState *states = g_new0(VmMemState, q->devices->len + 1);
	g_autoptr(GError) broken = NULL;

	if (error)
		call_failed(call, error);
	else if (!vm_memory_parse(result, q->devices, states, &broken))
		call_failed(call, broken);
	else
		call->memory(&q->vm, states, q->devices->len, NULL, call->user);
}

void qemu_query_memory(Vm *vm, VmMemoryDone done, gpointer user)
{
	QemuCall *call = call_new((VmQemu *)vm, user);

	call->memory = done;
	execute(call, "query-memory-devices", NULL, memory_reply);
}

static void read_reply(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_autoptr(QemuCall) call = user;
	g_autoptr(GError) short_of = NULL;
	g_autoptr(GBytes) bytes = NULL;
	g_autofree char *data = g_malloc(call->read_len);
	ssize_t len;

	len = error ? 0 : pread(call->fd, data, call->read_len, 0);
	drop_file(call);
	if (error) {
		call_failed(call, error);
		return;
	}
	if (len != (ssize_t)call->read_len) {
		short_of = g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
				       "QMP pmemsave: %zd bytes instead of %" G_GUINT32_FORMAT, len,
				       call->read_len);
		call_failed(call, short_of);
		return;
	}
	bytes = g_bytes_new_take(g_steal_pointer(&data), call->read_len);
	call->read(&call->q->vm, bytes, NULL, call->user);
}

void qemu_read_memory(Vm *vm, guint64 gpa, guint32 len, VmReadDone done, gpointer user)
{
	VmQemu *q = (VmQemu *)vm;
	QemuCall *call = call_new(q, user);
	g_autofree char *dir = NULL, *path = NULL;
	JsonObject *arguments;

	call->read = done;
	call->read_len = len;
	if (len == 0 || len > READ_MAX_BYTES || gpa > (guint64)G_MAXINT64 - len) {
		call_fail_later(call,
				g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
					    "guest memory: nothing to read at 0x%" G_GINT64_MODIFIER
					    "x, %" G_GUINT32_FORMAT " bytes",
					    gpa, len));
		return;
	}
	call->name = g_strdup_printf("%u", q->reads++);
	call->fd = qemu_files_new(&q->files, &q->who, call->name);
	if (call->fd < 0) {
		call_fail_later(call,
				g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s/%s: %s",
					    q->files.reads_dir, call->name, g_strerror(errno)));
		return;
	}
	dir = qemu_fd_path(QEMU_FD_READS);
	path = g_build_filename(dir, call->name, NULL);
	arguments = json_object_new();
	json_object_set_int_member(arguments, "val", (gint64)gpa);
	json_object_set_int_member(arguments, "size", len);
	rj_set_text(arguments, "filename", path);
	execute(call, "pmemsave", arguments, read_reply);
}

void qemu_calls_drop(VmQemu *q)
{
	g_list_free_full(g_steal_pointer(&q->failing), (GDestroyNotify)call_free);
}
