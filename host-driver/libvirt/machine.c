/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine that all files of the backend know: how long it lives, and what it tells. */
#include "host-driver/libvirt/internal.h"

#include <unistd.h>

VmLibvirt *lv_ref(VmLibvirt *v)
{
	g_atomic_int_inc(&v->refs);
	return v;
}

void lv_unref(VmLibvirt *v)
{
	if (!g_atomic_int_dec_and_test(&v->refs))
		return;
	if (v->queue)
		g_async_queue_unref(v->queue);
	g_async_queue_unref(v->back);
	g_source_unref(v->back_source);
	g_main_context_unref(v->context);
	g_mutex_clear(&v->mutex);
	g_cond_clear(&v->cond);
	vm_config_free(v->config);
	if (v->console_fd >= 0)
		close(v->console_fd);
	g_free(v->console_path);
	g_free(v->agent_path);
	g_free(v->domain_xml);
	g_free(v->detail);
	g_free(v->name);
	g_free(v);
}

void lv_transcript(VmLibvirt *v, char direction, const char *line)
{
	if (!v->freeing && !v->over && v->listener.transcript)
		v->listener.transcript(&v->vm, direction, line, v->user);
}
