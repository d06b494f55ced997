/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Launch and end of a domain: what blocks, and libvirt's callbacks in the main loop. */
#include "host-driver/base/error.h"
#include "host-driver/base/json-sane.h"
#include "host-driver/base/json.h"
#include "host-driver/libvirt/files.h"
#include "host-driver/libvirt/internal.h"
#include "host-driver/libvirt/xml.h"
#include "host-driver/vm/machine.h"
#include "guest-agent/contract/wire.h"

#include <errno.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h> /* W_EXITCODE */
#include <unistd.h>

static void unref_v(void *user)
{
	lv_unref(user);
}

/* The end of the domain, in the words of libvirt, as a child's status would say it. */
static void stopped(VmLibvirt *v, int detail)
{
	static const char *const words[] = {
		[VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = "",
		[VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = "",
		[VIR_DOMAIN_EVENT_STOPPED_CRASHED] = "libvirt: the guest crashed",
		[VIR_DOMAIN_EVENT_STOPPED_MIGRATED] = "libvirt: the guest was migrated away",
		[VIR_DOMAIN_EVENT_STOPPED_SAVED] = "libvirt: the guest was saved to a file",
		[VIR_DOMAIN_EVENT_STOPPED_FAILED] = "libvirt: QEMU ended unexpectedly",
	};
	const char *text = detail >= 0 && (gsize)detail < G_N_ELEMENTS(words) && words[detail]
				   ? words[detail]
				   : "libvirt: the domain stopped";

	v->on_end(v, W_EXITCODE(*text != '\0', 0), text);
}

static int lifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *user)
{
	static const char *const names[] = {"defined",	 "undefined",	"started",
					    "suspended", "resumed",	"stopped",
					    "shutdown",	 "pmsuspended", "crashed"};
	VmLibvirt *v = user;
	g_autofree char *line = g_strdup_printf(
		"libvirt: lifecycle %s %d",
		event >= 0 && (gsize)event < G_N_ELEMENTS(names) ? names[event] : "?", detail);

	lv_transcript(v, '<', line);
	if (event == VIR_DOMAIN_EVENT_STOPPED)
		stopped(v, detail);
	return 0;
}

/* QEMU's own event, whose details a guest may have had a hand in. */
static void qemu_event(virConnectPtr conn, virDomainPtr dom, const char *name, long long seconds,
		       unsigned int micros, const char *details, void *user)
{
	VmLibvirt *v = user;
	g_autoptr(JsonNode) node =
		details && json_is_sane(details) ? json_from_string(details, NULL) : NULL;
	g_autofree char *line =
		g_strdup_printf("{\"event\": \"%s\", \"data\": %s, \"timestamp\": {\"seconds\": "
				"%lld, \"microseconds\": %u}}",
				name, node ? details : "null", seconds, micros);

	lv_transcript(v, '<', line);
	v->on_event(v, name,
		    node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL);
}

static char *make_xml(VmLibvirt *v, GError **error)
{
	g_autofree char *kernel = lv_host_file(v->host, v->config->kernel_path, error);
	g_autofree char *initrd = kernel && v->config->initrd_path
					  ? lv_host_file(v->host, v->config->initrd_path, error)
					  : NULL;
	g_autofree char *qboot = v->host->where->local && v->config->arch->vmlinux
					 ? vm_find_qboot(v->config->kernel_path, "/usr/bin/qemu")
					 : NULL;
	LvPlaces places = {.domain = v->name,
			   .owner = v->host->owner,
			   .kernel = kernel,
			   .initrd = initrd,
			   .qboot = qboot};

	if (!kernel || (v->config->initrd_path && !initrd))
		return NULL;
	if (v->host->where->embed) {
		const char *root = v->host->where->root;

		v->console_path = g_strdup_printf("%s/%s.console", root, v->name);
		v->agent_path = g_strdup_printf("%s/%s.agent", root, v->name);
	}
	places.console = v->console_path;
	places.agent = v->agent_path;
	return lv_domain_xml(v->config, &places, error);
}

static gboolean is_cancelled(VmLibvirt *v)
{
	gboolean cancelled;

	g_mutex_lock(&v->mutex);
	cancelled = v->cancelled;
	g_mutex_unlock(&v->mutex);
	return cancelled;
}

static gboolean watch(VmLibvirt *v)
{
	virConnectPtr conn = v->host->conn;
	/* By way of void (*)(void), which libvirt's own macro leaves out and clang 19 asks for. */
	virConnectDomainEventGenericCallback any_callback =
		(virConnectDomainEventGenericCallback)(void (*)(void))lifecycle;

	v->lifecycle_id = virConnectDomainEventRegisterAny(
		conn, v->dom, VIR_DOMAIN_EVENT_ID_LIFECYCLE, any_callback, lv_ref(v), unref_v);
	if (v->lifecycle_id < 0) {
		lv_unref(v);
		return FALSE;
	}
	v->qemu_id = virConnectDomainQemuMonitorEventRegister(conn, v->dom, NULL, qemu_event,
							      lv_ref(v), unref_v, 0);
	if (v->qemu_id < 0)
		lv_unref(v);
	return v->qemu_id >= 0;
}

/* Of all consoles libvirt hands on only a pty, which holds less than a socket does. */
static gboolean open_console(VmLibvirt *v, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!v->console_path) {
		v->console_st = virStreamNew(v->host->conn, VIR_STREAM_NONBLOCK);
		return v->console_st && virDomainOpenConsole(v->dom, NULL, v->console_st,
							     VIR_DOMAIN_CONSOLE_FORCE) == 0;
	}
	g_strlcpy(address.sun_path, v->console_path, sizeof(address.sun_path));
	v->console_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (v->console_fd >= 0 &&
	    connect(v->console_fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "libvirt: %s: %s", v->console_path,
		    g_strerror(errno));
	return FALSE;
}

static gboolean open_streams(VmLibvirt *v, GError **error)
{
	if (!open_console(v, error))
		return FALSE;
	v->agent_st = virStreamNew(v->host->conn, VIR_STREAM_NONBLOCK);
	return v->agent_st &&
	       virDomainOpenChannel(v->dom, WIRE_PORT, v->agent_st, VIR_DOMAIN_CHANNEL_FORCE) == 0;
}

/* Paused, so that nothing of the guest's first words is missed. */
static gboolean begin(VmLibvirt *v, LvJob *job, const char *xml, GError **error)
{
	/* The daemon ends our guests when we are gone; the embedded driver cannot. */
	unsigned int flags = VIR_DOMAIN_START_PAUSED |
			     (v->host->where->embed ? 0 : VIR_DOMAIN_START_AUTODESTROY);
	virDomainPtr dom;
	char *text;

	lv_job_line(job, '>', "libvirt: create %s", v->name);
	dom = virDomainCreateXML(v->host->conn, xml, flags);
	if (!dom)
		return FALSE;
	g_mutex_lock(&v->mutex);
	v->dom = dom;
	g_mutex_unlock(&v->mutex);
	if (is_cancelled(v) || !watch(v) || !open_streams(v, error))
		return FALSE;
	text = virDomainGetXMLDesc(dom, 0);
	v->domain_xml = g_strdup(text);
	free(text);
	return v->domain_xml && !is_cancelled(v) && virDomainResume(dom) == 0;
}

void lv_launch(LvJob *job)
{
	VmLibvirt *v = job->v;
	g_autofree char *xml = NULL;
	GError *error = NULL;

	if (!is_cancelled(v))
		v->host = lv_host_get(v->config->uri, &error);
	if (v->host)
		xml = make_xml(v, &error);
	if (xml && begin(v, job, xml, &error)) {
		lv_job_line(job, '<', "libvirt: running");
		return;
	}
	if (is_cancelled(v)) {
		g_clear_error(&error);
		g_set_error(&error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "libvirt: not begun");
	} else if (!error) {
		lv_error(&error, "cannot start the guest");
	}
	lv_job_line(job, '<', "%s", error->message);
	g_propagate_error(&job->error, error);
	if (v->dom)
		virDomainDestroy(v->dom);
	g_mutex_lock(&v->mutex);
	v->dead = TRUE;
	g_mutex_unlock(&v->mutex);
}

static void close_stream(virStreamPtr *st)
{
	if (!*st)
		return;
	virStreamAbort(*st);
	virStreamFree(*st);
	*st = NULL;
}

void lv_leave(VmLibvirt *v)
{
	if (v->lifecycle_id >= 0)
		virConnectDomainEventDeregisterAny(v->host->conn, v->lifecycle_id);
	if (v->qemu_id >= 0)
		virConnectDomainQemuMonitorEventDeregister(v->host->conn, v->qemu_id);
	close_stream(&v->console_st);
	close_stream(&v->agent_st);
	if (v->console_path) {
		unlink(v->console_path);
		unlink(v->agent_path);
	}
	g_mutex_lock(&v->mutex);
	g_clear_pointer(&v->dom, virDomainFree);
	g_mutex_unlock(&v->mutex);
}

static void killed(LvJob *job, const GError *error)
{
	if (!error)
		job->v->on_end(job->v, 0, "");
}

/*
 * Beside the worker, which may wait for a guest that does not answer. A domain that is being
 * made is ended by the one who makes it.
 */
static gpointer kill_thread(gpointer user)
{
	LvJob *job = user;
	VmLibvirt *v = job->v;
	virDomainPtr dom;

	g_mutex_lock(&v->mutex);
	dom = v->dead || v->left ? NULL : v->dom;
	if (dom)
		virDomainRef(dom);
	g_mutex_unlock(&v->mutex);
	if (!dom) {
		g_set_error(&job->error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "libvirt: there is no domain yet");
	} else {
		lv_job_line(job, '>', "libvirt: destroy");
		if (virDomainDestroy(dom) < 0 && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN &&
		    virGetLastErrorCode() != VIR_ERR_OPERATION_INVALID) {
			lv_error(&job->error, job->what);
			lv_job_line(job, '<', "%s", job->error->message);
		}
		virDomainFree(dom);
	}
	g_mutex_lock(&v->mutex);
	/* Even when it lives on: nobody waits for it any longer. */
	v->dead |= dom != NULL;
	v->killers--;
	lv_ref(v);
	lv_job_back(job);
	g_cond_broadcast(&v->cond);
	g_mutex_unlock(&v->mutex);
	lv_unref(v);
	return NULL;
}

void lv_kill(VmLibvirt *v)
{
	LvJob *job = lv_job_new(v, "ending the guest", NULL);

	job->over = killed;
	g_mutex_lock(&v->mutex);
	v->cancelled = TRUE;
	v->killers++;
	g_mutex_unlock(&v->mutex);
	g_thread_unref(g_thread_new("libvirt-end", kill_thread, job));
}

void lv_qmp(LvJob *job, const char *command, JsonObject *arguments)
{
	JsonObject *o = json_object_new();
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), o), reply = NULL;
	g_autofree char *text = NULL;
	JsonObject *answer = NULL;
	char *said = NULL;

	rj_set_text(o, "execute", command);
	if (arguments)
		json_object_set_object_member(o, "arguments", arguments);
	json_object_unref(o);
	text = rj_string(node, FALSE);
	lv_job_line(job, '>', "%s", text);
	if (virDomainQemuMonitorCommand(job->v->dom, text, &said, 0) < 0) {
		lv_error(&job->error, job->what);
		lv_job_line(job, '<', "%s", job->error->message);
		return;
	}
	g_strchomp(said);
	lv_job_line(job, '<', "%s", said);
	reply = json_is_sane(said) ? json_from_string(said, NULL) : NULL;
	free(said);
	if (reply && JSON_NODE_HOLDS_OBJECT(reply))
		answer = json_node_get_object(reply);
	if (answer && json_object_has_member(answer, "return")) {
		job->reply = json_node_copy(json_object_get_member(answer, "return"));
		return;
	}
	g_set_error(&job->error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "QMP %s: refused", command);
}
