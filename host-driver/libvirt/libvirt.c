/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libvirt backend: a transient domain on any host that libvirt reaches. Its life in the
 * main loop; what blocks is the worker's. As with QEMU as a child the end comes in this order:
 * the domain is gone, console and channel are read to their end, what still waits gets an
 * error, exited(). libvirt ends a guest as soon as it resets itself, if told so, and else lets
 * it boot again: so that its memory can be read, the vCPUs are stopped right after the reset.
 */
#include "host-driver/base/json.h"
#include "host-driver/libvirt/ops.h"
#include "host-driver/base/error.h"
#include "host-driver/libvirt/clean.h"
#include "host-driver/libvirt/host.h"
#include "host-driver/libvirt/internal.h"
#include "host-driver/libvirt/xml.h"
#include "host-driver/base/source.h"

#include <sys/wait.h>

#define LAUNCH_MS	300000 /* with an upload of the kernel to a far host */
#define STOP_MS		20000  /* libvirt waits for the process to be reaped */
#define LEAVE_S		15
#define DRAIN_MS	1000
#define UNRESPONSIVE_MS 2000
#define LOST_CHECK_MS	500
#define SEND_MAX_BYTES	(1u << 20)

static void tell_event(const char *name, JsonObject *data, gpointer user)
{
	VmLibvirt *v = user;

	if (v->listener.event)
		v->listener.event(&v->vm, name, data, v->user);
}

static void timers_stop(VmLibvirt *v)
{
	source_clear(&v->end_timer);
	source_clear(&v->stop_timer);
	source_clear(&v->drain_timer);
	source_clear(&v->launch_timer);
	source_clear(&v->lost_timer);
}

static void streams_free(VmLibvirt *v)
{
	g_clear_pointer(&v->console, lv_stream_free);
	g_clear_pointer(&v->socket, stream_free);
	g_clear_pointer(&v->agent, lv_stream_free);
}

/* All is read: says so. The machine may be freed when this returns. */
static void finish(VmLibvirt *v)
{
	lv_ref(v);
	timers_stop(v);
	streams_free(v);
	if (vm_hold_flush(v->hold) && lv_jobs_fail(v, "libvirt: the machine has ended")) {
		v->over = TRUE;
		v->listener.exited(&v->vm, v->wait_status, v->detail, v->user);
	}
	lv_unref(v);
}

static gboolean drain_late(gpointer user)
{
	finish(user);
	return G_SOURCE_REMOVE;
}

static void finish_when_read(VmLibvirt *v)
{
	if (v->ended && v->launched && !v->over && !v->freeing && !v->console && !v->socket &&
	    !v->agent)
		finish(v);
}

static void ended(VmLibvirt *v, int wait_status, const char *detail)
{
	if (v->ended || v->freeing) {
		finish_when_read(v);
		return;
	}
	v->ended = TRUE;
	v->wait_status = wait_status;
	v->detail = g_strdup(detail);
	g_mutex_lock(&v->mutex);
	v->dead = TRUE;
	g_mutex_unlock(&v->mutex);
	source_clear(&v->end_timer);
	source_clear(&v->stop_timer);
	source_clear(&v->lost_timer);
	/* While it is being launched, the launch's own end goes on from here. */
	if (v->launched) {
		v->drain_timer = timer_start(v->context, DRAIN_MS, drain_late, v);
		finish_when_read(v);
	}
}

static void console_bytes(VmLibvirt *v, const char *data, gsize len)
{
	vm_hold_console(v->hold);
	if (v->listener.console)
		v->listener.console(&v->vm, data, len, v->user);
}

static void console_data(LvStream *stream, const char *data, gsize len, gpointer user)
{
	VmLibvirt *v = user;

	if (len) {
		console_bytes(v, data, len);
	} else {
		g_clear_pointer(&v->console, lv_stream_free);
		finish_when_read(v);
	}
}

static void socket_data(Stream *stream, const char *data, gsize len, gpointer user)
{
	VmLibvirt *v = user;

	if (len) {
		console_bytes(v, data, len);
	} else {
		g_clear_pointer(&v->socket, stream_free);
		finish_when_read(v);
	}
}

static void agent_data(LvStream *stream, const char *data, gsize len, gpointer user)
{
	VmLibvirt *v = user;

	if (len == 0) {
		g_clear_pointer(&v->agent, lv_stream_free);
		finish_when_read(v);
	} else if (v->listener.agent) {
		v->listener.agent(&v->vm, data, len, v->user);
	}
}

static gboolean stop_late(gpointer user)
{
	VmLibvirt *v = user;

	v->launched = TRUE; /* or it never will be */
	ended(v, W_EXITCODE(1, 0), "libvirt: the guest does not end");
	return G_SOURCE_REMOVE;
}

static gboolean stop_lost(gpointer user)
{
	ended(user, W_EXITCODE(1, 0), "libvirt: the host is lost");
	return G_SOURCE_REMOVE;
}

static void vm_libvirt_stop(Vm *vm)
{
	VmLibvirt *v = (VmLibvirt *)vm;

	if (v->stopping || v->ended || !v->queue)
		return;
	v->stopping = TRUE;
	if (v->lost) {
		v->stop_timer = timer_start(v->context, 0, stop_lost, v);
		return;
	}
	v->stop_timer = timer_start(v->context, STOP_MS, stop_late, v);
	lv_kill(v);
}

static gboolean end_now(gpointer user)
{
	vm_libvirt_stop(user);
	return G_SOURCE_REMOVE;
}

static gboolean launch_late(gpointer user)
{
	VmLibvirt *v = user;

	v->launched = TRUE;
	lv_kill(v);
	ended(v, W_EXITCODE(1, 0), "libvirt: the guest did not begin in time");
	return G_SOURCE_REMOVE;
}

/* Nothing more can be had of the machine. It may be freed when this returns. */
static void tell_lost(VmLibvirt *v, const char *reason)
{
	JsonObject *data = json_object_new();

	v->lost = TRUE;
	rj_set_text(data, "reason", reason);
	vm_hold_event(v->hold, VM_EVENT_HOST_LOST, data);
	json_object_unref(data);
}

static gboolean check_lost(gpointer user)
{
	VmLibvirt *v = user;

	if (!g_atomic_int_get(&v->host->lost))
		return G_SOURCE_CONTINUE;
	source_clear(&v->lost_timer);
	tell_lost(v, "libvirt's connection broke");
	return G_SOURCE_REMOVE;
}

static void launch_over(LvJob *job, const GError *error)
{
	VmLibvirt *v = job->v;

	source_clear(&v->launch_timer);
	if (v->launched)
		return;
	v->launched = TRUE;
	if (error) {
		if (!v->ended && (!v->host || g_atomic_int_get(&v->host->lost)))
			tell_lost(v, error->message);
		if (v->freeing)
			return;
		ended(v, W_EXITCODE(1, 0), error->message);
		return;
	}
	if (v->console_fd >= 0) {
		v->socket = stream_new(v->console_fd, socket_data, v);
		v->console_fd = -1;
	} else {
		v->console = lv_stream_new(v->console_st, console_data, v);
	}
	v->agent = lv_stream_new(v->agent_st, agent_data, v);
	if (v->ended) {
		v->drain_timer = timer_start(v->context, DRAIN_MS, drain_late, v);
		return;
	}
	v->lost_timer = timer_start(v->context, LOST_CHECK_MS, check_lost, v);
	if (v->listener.running)
		v->listener.running(&v->vm, v->user);
}

/* Whether the guest itself did it. */
static gboolean by_guest(JsonObject *data)
{
	JsonNode *guest = data ? json_object_get_member(data, "guest") : NULL;

	return guest && json_node_get_value_type(guest) == G_TYPE_BOOLEAN &&
	       json_node_get_boolean(guest);
}

/* libvirt puts "ua-" before our names of devices. */
static void rename_device(JsonObject *data, const char *member)
{
	JsonNode *node = data ? json_object_get_member(data, member) : NULL;
	g_autofree char *name = NULL;

	if (!node || json_node_get_value_type(node) != G_TYPE_STRING)
		return;
	name = g_strdup(json_node_get_string(node));
	if (g_str_has_prefix(name, "ua-"))
		rj_set_text(data, member, name + 3);
}

static void event(VmLibvirt *v, const char *name, JsonObject *data)
{
	JsonObject *shutdown;

	if (v->freeing || v->over)
		return;
	rename_device(data, "device");
	rename_device(data, "id");
	if (!g_str_equal(name, "RESET") || !by_guest(data)) {
		vm_hold_event(v->hold, name, data);
		return;
	}
	/* Firmware resets the machine a few times more until the vCPUs stand still. */
	if (v->resetting || v->ended)
		return;
	v->resetting = TRUE;
	lv_suspend(v);
	v->end_timer = timer_start(v->context, UNRESPONSIVE_MS, end_now, v);
	shutdown = json_object_new();
	json_object_set_boolean_member(shutdown, "guest", TRUE);
	rj_set_text(shutdown, "reason", "guest-reset");
	vm_hold_event(v->hold, "SHUTDOWN", shutdown);
	json_object_unref(shutdown);
}

static gboolean is_alive(VmLibvirt *v)
{
	gboolean alive;

	g_mutex_lock(&v->mutex);
	alive = !v->dead;
	g_mutex_unlock(&v->mutex);
	return alive;
}

static void vm_libvirt_free(Vm *vm)
{
	VmLibvirt *v = (VmLibvirt *)vm;
	gint64 until_us = g_get_monotonic_time() + LEAVE_S * G_TIME_SPAN_SECOND;
	gboolean left = TRUE;

	if (!v)
		return;
	v->freeing = TRUE;
	timers_stop(v);
	streams_free(v);
	g_clear_pointer(&v->hold, vm_hold_free);
	if (v->queue) {
		if (is_alive(v) && !v->lost)
			lv_kill(v);
		lv_worker_end(v, lv_leave);
		g_mutex_lock(&v->mutex);
		while ((v->killers || !v->left) && g_cond_wait_until(&v->cond, &v->mutex, until_us))
			;
		left = v->left && !v->killers;
		g_mutex_unlock(&v->mutex);
	}
	g_source_destroy(v->back_source);
	lv_jobs_drop(v);
	/* A thread that hangs keeps its host. */
	if (left)
		g_clear_pointer(&v->host, lv_host_unref);
	lv_unref(v);
}

/* What `virsh create` would be given; the places are those of a host that is not asked. */
static char **vm_libvirt_argv(const VmConfig *config, GError **error)
{
	g_autoptr(LvUri) where = lv_uri_parse(config->uri, error);
	g_autofree char *root = where ? lv_host_root(config->uri) : NULL;
	g_autofree char *console = g_strdup_printf("%s/console", root ? root : "ROOT");
	g_autofree char *agent = g_strdup_printf("%s/agent", root ? root : "ROOT");
	const LvPlaces places = {.domain = "pfnhunt-XXXXXXXX",
				 .owner = "",
				 .kernel = config->kernel_path,
				 .initrd = config->initrd_path,
				 .console = where && where->embed ? console : NULL,
				 .agent = where && where->embed ? agent : NULL};
	g_autofree char *xml = where ? lv_domain_xml(config, &places, error) : NULL;
	char **argv;

	if (!xml)
		return NULL;
	argv = g_new0(char *, 6);
	argv[0] = g_strdup("virsh");
	argv[1] = g_strdup("--connect");
	argv[2] = g_strdup(config->uri);
	argv[3] = g_strdup("create");
	argv[4] = g_steal_pointer(&xml);
	return argv;
}

static Vm *vm_libvirt_create(const VmConfig *config, GError **error)
{
	g_auto(GStrv) argv = vm_libvirt_argv(config, error);
	VmLibvirt *v;

	if (!argv)
		return NULL;
	v = g_new0(VmLibvirt, 1);
	v->refs = 1;
	v->on_end = ended;
	v->on_event = event;
	v->vm.ops = &vm_libvirt_ops;
	v->config = vm_config_copy(config);
	v->name = g_strdup_printf("pfnhunt-%08x", g_random_int());
	v->context = g_main_context_ref_thread_default();
	v->back = g_async_queue_new();
	v->back_source = lv_back_source(v);
	v->hold = vm_hold_new(tell_event, v);
	v->lifecycle_id = v->qemu_id = v->console_fd = -1;
	g_mutex_init(&v->mutex);
	g_cond_init(&v->cond);
	return &v->vm;
}

static gboolean vm_libvirt_start(Vm *vm, const VmListener *listener, gpointer user, GError **error)
{
	VmLibvirt *v = (VmLibvirt *)vm;
	LvJob *job = lv_job_new(v, "start", lv_launch);

	v->listener = *listener;
	v->user = user;
	v->launch_timer = timer_start(v->context, LAUNCH_MS, launch_late, v);
	job->deadline_ms = 0;
	job->over = launch_over;
	lv_worker_start(v);
	lv_job_start(job, FALSE);
	return TRUE;
}

static gboolean vm_libvirt_send(Vm *vm, const char *data, gsize len)
{
	VmLibvirt *v = (VmLibvirt *)vm;

	if (!v->agent || lv_stream_queued(v->agent) + len > SEND_MAX_BYTES)
		return FALSE;
	lv_stream_send(v->agent, data, len);
	return TRUE;
}

const VmOps vm_libvirt_ops = {
	.name = "libvirt",
	.help = "QEMU as a domain of libvirt, on this host or another",
	.uri_help = "URI",
	.settle = lv_host_settle,
	.is_local = lv_host_is_local,
	.close = lv_host_close,
	.clean = lv_clean,
	.slow_start = TRUE,
	.argv = vm_libvirt_argv,
	.create = vm_libvirt_create,
	.start = vm_libvirt_start,
	.send = vm_libvirt_send,
	.resize = lv_resize,
	.balloon = lv_balloon,
	.dimm_plug = lv_dimm_plug,
	.dimm_unplug = lv_dimm_unplug,
	.query_memory = lv_query_memory,
	.read_memory = lv_read_memory,
	.nmi = lv_nmi,
	.query_threads = lv_query_threads,
	.pause = lv_pause,
	.stop = vm_libvirt_stop,
	.free = vm_libvirt_free,
};
