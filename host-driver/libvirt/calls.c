/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of a running domain. Each call ends exactly once and from the main loop, also
 * when the machine is not running any more.
 */
#include "host-driver/base/json.h"
#include "host-driver/base/error.h"
#include "host-driver/libvirt/internal.h"
#include "host-driver/libvirt/xml.h"
#include "host-driver/vm/machine.h"

#define KIB	       1024
#define READ_MAX_BYTES (1u << 20)

static void done_over(LvJob *job, const GError *error)
{
	if (job->done)
		job->done(&job->v->vm, error, job->user);
}

/* Runs the call, or fails it when there is nothing to ask. */
static void call_start(LvJob *job)
{
	VmLibvirt *v = job->v;

	if (v->queue && v->launched && !v->over)
		lv_job_start(job, FALSE);
	else
		lv_job_refuse(job);
}

/* Starts a call that is done or not; @device may be NULL. */
static void ask(Vm *vm, const char *what, void (*run)(LvJob *job), const char *device,
		guint64 bytes, VmDone done, gpointer user)
{
	LvJob *job = lv_job_new((VmLibvirt *)vm, what, run);

	job->over = done_over;
	job->done = done;
	job->user = user;
	job->device = g_strdup(device);
	job->bytes = bytes;
	call_start(job);
}

/* A call of libvirt that says yes or no: for the transcript, and job->error. */
static void said(LvJob *job, int result)
{
	if (result < 0)
		lv_error(&job->error, job->what);
	lv_job_line(job, '<', "%s", job->error ? job->error->message : "libvirt: done");
}

static void run_update(LvJob *job)
{
	VmLibvirt *v = job->v;
	g_autofree char *xml = lv_memory_xml(v->domain_xml, job->device, job->bytes, &job->error);

	if (!xml)
		return;
	lv_job_line(job, '>', "libvirt: update %s requested=%" G_GUINT64_FORMAT, job->device,
		    job->bytes);
	said(job, virDomainUpdateDeviceFlags(v->dom, xml, VIR_DOMAIN_AFFECT_LIVE));
}

static void run_qom_set(LvJob *job)
{
	JsonObject *arguments = json_object_new();
	g_autofree char *path = g_strdup_printf("/machine/peripheral/ua-%s", job->device);

	rj_set_text(arguments, "path", path);
	rj_set_text(arguments, "property", "requested-size");
	json_object_set_int_member(arguments, "value", (gint64)job->bytes);
	lv_qmp(job, "qom-set", arguments);
}

void lv_resize(Vm *vm, const char *device, guint64 requested_bytes, VmDone done, gpointer user)
{
	gboolean qmp = ((VmLibvirt *)vm)->config->resize_through == VM_RESIZE_QMP;

	ask(vm, "resize", qmp ? run_qom_set : run_update, device, requested_bytes, done, user);
}

static void run_balloon(LvJob *job)
{
	lv_job_line(job, '>', "libvirt: balloon %" G_GUINT64_FORMAT, job->bytes);
	said(job, virDomainSetMemoryFlags(job->v->dom, job->bytes / KIB, VIR_DOMAIN_AFFECT_LIVE));
}

void lv_balloon(Vm *vm, guint64 memory_bytes, VmDone done, gpointer user)
{
	ask(vm, "balloon", run_balloon, NULL, memory_bytes, done, user);
}

static void run_plug(LvJob *job)
{
	g_autofree char *xml = lv_dimm_xml(job->device, job->bytes);

	lv_job_line(job, '>', "libvirt: attach %s %" G_GUINT64_FORMAT, job->device, job->bytes);
	said(job, virDomainAttachDeviceFlags(job->v->dom, xml, VIR_DOMAIN_AFFECT_LIVE));
}

void lv_dimm_plug(Vm *vm, const char *id, guint64 bytes, VmDone done, gpointer user)
{
	ask(vm, "attaching a DIMM", run_plug, id, bytes, done, user);
}

/* By its alias: this way libvirt only asks the guest, and takes the backend away later. */
static void run_unplug(LvJob *job)
{
	g_autofree char *alias = g_strdup_printf("ua-%s", job->device);

	lv_job_line(job, '>', "libvirt: detach %s", job->device);
	said(job, virDomainDetachDeviceAlias(job->v->dom, alias, VIR_DOMAIN_AFFECT_LIVE));
}

void lv_dimm_unplug(Vm *vm, const char *id, VmDone done, gpointer user)
{
	ask(vm, "detaching a DIMM", run_unplug, id, 0, done, user);
}

static void run_nmi(LvJob *job)
{
	lv_job_line(job, '>', "libvirt: inject NMI");
	said(job, virDomainInjectNMI(job->v->dom, 0));
}

void lv_nmi(Vm *vm, VmDone done, gpointer user)
{
	ask(vm, "NMI", run_nmi, NULL, 0, done, user);
}

static void run_suspend(LvJob *job)
{
	lv_job_line(job, '>', "libvirt: suspend");
	said(job, virDomainSuspend(job->v->dom));
}

void lv_suspend(VmLibvirt *v)
{
	lv_job_start(lv_job_new(v, "suspend", run_suspend), TRUE);
}

static void run_resume(LvJob *job)
{
	lv_job_line(job, '>', "libvirt: resume");
	said(job, virDomainResume(job->v->dom));
}

void lv_pause(Vm *vm, gboolean hold, VmDone done, gpointer user)
{
	ask(vm, hold ? "suspend" : "resume", hold ? run_suspend : run_resume, NULL, 0, done, user);
}

static void run_threads(LvJob *job)
{
	if (job->v->host->where->local)
		lv_qmp(job, "query-cpus-fast", NULL);
	else
		g_set_error(&job->error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "libvirt: the vCPUs run on another machine");
}

static void threads_over(LvJob *job, const GError *error)
{
	g_autoptr(GArray) tids = NULL;
	g_autoptr(GError) broken = NULL;

	if (!error && !(tids = vm_threads_parse(job->reply, &broken)))
		error = broken;
	job->threads(&job->v->vm, tids ? (const pid_t *)(gconstpointer)tids->data : NULL,
		     tids ? tids->len : 0, error, job->user);
}

void lv_query_threads(Vm *vm, VmThreadsDone done, gpointer user)
{
	LvJob *job = lv_job_new((VmLibvirt *)vm, "query-cpus-fast", run_threads);

	job->over = threads_over;
	job->threads = done;
	job->user = user;
	call_start(job);
}

/* Not from libvirt's XML: that is up to a second behind. */
static void run_query(LvJob *job)
{
	lv_qmp(job, "query-memory-devices", NULL);
}

static void query_over(LvJob *job, const GError *error)
{
	VmLibvirt *v = job->v;
	const GPtrArray *devices = v->config->mem_devices;
	g_autofree VmMemState *states = g_new0(VmMemState, devices->len + 1);
	g_autoptr(GError) broken = NULL;

	if (!error && !vm_memory_parse(job->reply, devices, states, &broken))
		error = broken;
	job->memory(&v->vm, error ? NULL : states, error ? 0 : devices->len, error, job->user);
}

void lv_query_memory(Vm *vm, VmMemoryDone done, gpointer user)
{
	LvJob *job = lv_job_new((VmLibvirt *)vm, "query-memory-devices", run_query);

	job->over = query_over;
	job->memory = done;
	job->user = user;
	call_start(job);
}

static void run_read(LvJob *job)
{
	g_autofree char *buffer = NULL;

	if (job->len == 0 || job->len > READ_MAX_BYTES ||
	    job->gpa > (guint64)G_MAXINT64 - job->len) {
		g_set_error(&job->error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "guest memory: nothing to read at 0x%" G_GINT64_MODIFIER
			    "x, %" G_GUINT32_FORMAT " bytes",
			    job->gpa, job->len);
		return;
	}
	buffer = g_malloc(job->len);
	lv_job_line(job, '>', "libvirt: peek 0x%" G_GINT64_MODIFIER "x %" G_GUINT32_FORMAT,
		    job->gpa, job->len);
	said(job,
	     virDomainMemoryPeek(job->v->dom, job->gpa, job->len, buffer, VIR_MEMORY_PHYSICAL));
	if (!job->error)
		job->data = g_bytes_new_take(g_steal_pointer(&buffer), job->len);
}

static void read_over(LvJob *job, const GError *error)
{
	job->read(&job->v->vm, error ? NULL : job->data, error, job->user);
}

void lv_read_memory(Vm *vm, guint64 gpa, guint32 len, VmReadDone done, gpointer user)
{
	LvJob *job = lv_job_new((VmLibvirt *)vm, "guest memory", run_read);

	job->over = read_over;
	job->read = done;
	job->user = user;
	job->gpa = gpa;
	job->len = len;
	call_start(job);
}
