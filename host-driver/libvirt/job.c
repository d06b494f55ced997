/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's calls block, so each machine has a thread that makes them, one after the other. A
 * job goes there and comes back through the main loop; when its time is up first, the caller
 * is told so, and what comes later is dropped.
 */
#include "host-driver/base/error.h"
#include "host-driver/base/source.h"
#include "host-driver/libvirt/internal.h"

#define COMMAND_MS 10000

LvJob *lv_job_new(VmLibvirt *v, const char *what, void (*run)(LvJob *job))
{
	LvJob *job = g_new0(LvJob, 1);

	job->v = lv_ref(v);
	job->what = what;
	job->run = run;
	job->deadline_ms = COMMAND_MS;
	job->lines = g_ptr_array_new_with_free_func(g_free);
	return job;
}

void lv_job_free(LvJob *job)
{
	source_clear(&job->deadline);
	g_clear_error(&job->error);
	g_clear_pointer(&job->reply, json_node_unref);
	g_clear_pointer(&job->data, g_bytes_unref);
	g_ptr_array_unref(job->lines);
	g_free(job->device);
	lv_unref(job->v);
	g_free(job);
}

static void answer(LvJob *job, const GError *error)
{
	VmLibvirt *v = job->v;

	if (g_atomic_int_get(&job->answered))
		return;
	g_atomic_int_set(&job->answered, TRUE);
	source_clear(&job->deadline);
	v->jobs = g_list_remove(v->jobs, job);
	if (!v->freeing && job->over)
		job->over(job, error);
}

static gboolean job_late(gpointer user)
{
	LvJob *job = user;
	g_autoptr(GError) error =
		g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "libvirt: %s: no answer within %u s", job->what, COMMAND_MS / 1000);

	answer(job, error);
	return G_SOURCE_REMOVE;
}

/* Back from its thread, which has forgotten the job. */
static void job_back(LvJob *job)
{
	for (guint i = 0; i < job->lines->len; i++) {
		const char *line = g_ptr_array_index(job->lines, i);

		lv_transcript(job->v, line[0], line + 1);
	}
	answer(job, job->error);
	lv_job_free(job);
}

static gboolean back_dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	VmLibvirt *v = lv_ref(user);
	LvJob *job;

	g_source_set_ready_time(source, -1);
	/* Freed in a callback, the machine has let go of all jobs itself. */
	while (!v->freeing && (job = g_async_queue_try_pop(v->back)))
		job_back(job);
	lv_unref(v);
	return G_SOURCE_CONTINUE;
}

static gboolean back_call(gpointer user)
{
	return G_SOURCE_CONTINUE;
}

GSource *lv_back_source(VmLibvirt *v)
{
	static GSourceFuncs funcs = {.dispatch = back_dispatch};
	GSource *source = g_source_new(&funcs, sizeof(GSource));

	g_source_set_callback(source, back_call, v, NULL);
	g_source_set_ready_time(source, -1);
	g_source_attach(source, v->context);
	return source;
}

void lv_job_line(LvJob *job, char direction, const char *format, ...)
{
	GString *line = g_string_new(NULL);
	va_list ap;

	va_start(ap, format);
	g_string_vprintf(line, format, ap);
	va_end(ap);
	g_string_prepend_c(line, direction);
	g_ptr_array_add(job->lines, g_string_free(line, FALSE));
}

void lv_job_start(LvJob *job, gboolean first)
{
	VmLibvirt *v = job->v;

	v->jobs = g_list_append(v->jobs, job);
	if (job->deadline_ms)
		job->deadline = timer_start(v->context, job->deadline_ms, job_late, job);
	if (first)
		g_async_queue_push_front(v->queue, job);
	else
		g_async_queue_push(v->queue, job);
}

gboolean lv_jobs_fail(VmLibvirt *v, const char *why)
{
	g_autoptr(GError) error = g_error_new_literal(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, why);

	while (v->jobs && !v->freeing)
		answer(v->jobs->data, error);
	return !v->freeing;
}

void lv_jobs_drop(VmLibvirt *v)
{
	LvJob *job;

	while ((job = g_async_queue_try_pop(v->back)))
		lv_job_free(job);
}

void lv_job_back(LvJob *job)
{
	GSource *source = g_source_ref(job->v->back_source);

	g_async_queue_push(job->v->back, job);
	g_source_set_ready_time(source, 0);
	g_source_unref(source);
}

static void not_running(LvJob *job)
{
	g_set_error(&job->error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "%s: the machine is not running", job->what);
}

void lv_job_refuse(LvJob *job)
{
	not_running(job);
	job->v->jobs = g_list_append(job->v->jobs, job);
	lv_job_back(job);
}

static gboolean is_dead(VmLibvirt *v)
{
	gboolean dead;

	g_mutex_lock(&v->mutex);
	dead = v->dead || v->left;
	g_mutex_unlock(&v->mutex);
	return dead;
}

static gpointer work(gpointer user)
{
	VmLibvirt *v = user;

	for (;;) {
		LvJob *job = g_async_queue_pop(v->queue);
		gboolean last = job->leave != NULL;

		if (last)
			job->leave(v);
		else if (is_dead(v))
			not_running(job);
		else if (!g_atomic_int_get(&job->answered))
			job->run(job);
		lv_job_back(job);
		if (last)
			break;
	}
	g_mutex_lock(&v->mutex);
	v->left = TRUE;
	g_cond_broadcast(&v->cond);
	g_mutex_unlock(&v->mutex);
	lv_unref(v);
	return NULL;
}

void lv_worker_start(VmLibvirt *v)
{
	v->queue = g_async_queue_new();
	g_thread_unref(g_thread_new("libvirt-guest", work, lv_ref(v)));
}

void lv_worker_end(VmLibvirt *v, void (*leave)(VmLibvirt *v))
{
	LvJob *last = lv_job_new(v, "end", NULL);

	last->leave = leave;
	last->deadline_ms = 0;
	lv_job_start(last, FALSE);
}
