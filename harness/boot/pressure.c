/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts of the host: pressure (pressure.h), from which the guest is released after some milliseconds. */
#include "harness/boot/act.h"
#include "host-driver/base/text.h"
#include "host-driver/pressure/discard.h"
#include "host-driver/pressure/hog.h"
#include "host-driver/pressure/vcpu.h"

#include <errno.h>

/* Of memory that did not leave, before it is said that none does: the guest takes it back. */
#define ENOUGH_BYTES (64ull << 20)

typedef struct {
	GArray *held; /* of pid_t */
	Hog *hog;
	Discard *discard;
	guint64 tried_bytes, gone_bytes;
	gboolean paused, taking;
} Own;

static void init(BootAct *act)
{
	Own *own = g_new0(Own, 1);

	own->held = g_array_new(FALSE, FALSE, sizeof(pid_t));
	act->own = own;
}

static void clear(BootAct *act)
{
	Own *own = act->own;

	g_array_unref(own->held);
	discard_free(own->discard);
	g_free(own);
}

/* By another pressure of this boot, or by this one. */
static gboolean is_held(const Boot *boot, pid_t tid)
{
	for (guint i = 0; i < boot->acts.all->len; i++) {
		const BootAct *act = g_ptr_array_index(boot->acts.all, i);
		const Own *own = act->own;

		if (!host_act_pressure(act->plan))
			continue;
		for (guint k = 0; own && k < own->held->len; k++)
			if (g_array_index(own->held, pid_t, k) == tid)
				return TRUE;
	}
	return FALSE;
}

static void hold_vcpus(BootAct *act)
{
	Own *own = act->own;
	Boot *boot = act->boot;
	guint count = host_act_pressure(act->plan)->count
			      ? (guint)host_act_pressure(act->plan)->count
			      : boot->vcpus.count;

	if (boot->vcpus.count == 0)
		act->failed = g_strdup("the vCPUs' threads are not known, or not on this machine");
	for (guint i = 0; i < MIN(count, boot->vcpus.count); i++) {
		pid_t tid = boot->vcpus.tid[(act->step.value + i) % boot->vcpus.count];
		int err = is_held(boot, tid) ? -EALREADY : vcpu_hold(tid);

		if (err == 0)
			g_array_append_val(own->held, tid);
		else if (err == -EPERM && !act->failed)
			act->failed = g_strdup_printf("a vCPU's thread cannot be stopped: %s",
						      g_strerror(-err));
	}
}

static void release_vcpus(BootAct *act)
{
	Own *own = act->own;
	for (guint i = 0; i < own->held->len; i++) {
		int err = vcpu_release(g_array_index(own->held, pid_t, i));

		if (err < 0)
			record_event(act->boot->record, HOST_EVENT_PRESSURE_FAILED, "reason",
				     g_strerror(-err));
	}
	g_array_set_size(own->held, 0);
}

static void pause_done(Vm *vm, const GError *error, gpointer user)
{
	BootAct *act = user;

	if (error)
		record_event(act->boot->record, HOST_EVENT_PRESSURE_FAILED, "reason",
			     error->message);
}

static void hold_machine_for(BootAct *act, VmDone done)
{
	Own *own = act->own;
	Vm *vm = act->boot->machine.vm;

	if (!vm->ops->pause) {
		act->failed = g_strdup("the backend cannot pause a machine");
		return;
	}
	own->paused = TRUE;
	vm->ops->pause(vm, TRUE, done, act);
}

static void hold_machine(BootAct *act)
{
	hold_machine_for(act, pause_done);
}

static void release_machine(BootAct *act)
{
	Own *own = act->own;
	Vm *vm = act->boot->machine.vm;

	if (own->paused && act->boot->machine.running)
		vm->ops->pause(vm, FALSE, pause_done, act);
	own->paused = FALSE;
}

static void begin_hog(BootAct *act)
{
	Own *own = act->own;
	own->hog = hog_new(host_act_pressure(act->plan)->count
				   ? (guint)host_act_pressure(act->plan)->count
				   : g_get_num_processors());
}

static void end_hog(BootAct *act)
{
	Own *own = act->own;
	g_clear_pointer(&own->hog, hog_free);
}

/* Too late is not at all: the step may be over, or the next one may have begun. */
static void discard_paused(Vm *vm, const GError *error, gpointer user)
{
	BootAct *act = user;
	Own *own = act->own;

	if (error)
		record_event(act->boot->record, HOST_EVENT_PRESSURE_FAILED, "reason",
			     error->message);
	else if (own->paused && !own->taking) {
		own->taking = TRUE;
		discard_begin(own->discard, (guint)act->step.value,
			      host_act_pressure(act->plan)->bytes);
	}
}

/* The machine stands still meanwhile: a guest writes to most large folios again at once. */
static void begin_discard(BootAct *act)
{
	Own *own = act->own;
	Boot *boot = act->boot;
	const Scenario *s = boot->config.scenario;
	g_autoptr(GError) error = NULL;

	if (boot->vcpus.count == 0)
		act->failed = g_strdup("the guest's process is not known, or not on this machine");
	else if (!own->discard &&
		 !(own->discard = discard_new(boot->vcpus.tid[0],
					      s->memory_bytes / (guint64)s->nodes, &error)))
		act->failed = g_strdup(error->message);
	else
		hold_machine_for(act, discard_paused);
}

static void end_discard(BootAct *act)
{
	Own *own = act->own;
	DiscardDone done = {0};
	g_autofree char *text = NULL;

	if (!own->discard)
		return;
	done = discard_end(own->discard);
	own->taking = FALSE;
	release_machine(act);
	own->tried_bytes += done.tried_bytes;
	own->gone_bytes += done.gone_bytes;
	if (done.error && done.error != -ESRCH)
		act->failed = g_strdup_printf("pages cannot be taken from the guest: %s",
					      g_strerror(-done.error));
	else if (own->tried_bytes >= ENOUGH_BYTES && !own->gone_bytes)
		act->failed =
			g_strdup("no page left the host's memory: the boot's folder must be on "
				 "a disk, or there must be swap");
	if (!done.tried_bytes)
		return;
	text = g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes",
			       done.gone_bytes, done.tried_bytes);
	record_event(act->boot->record, HOST_EVENT_DISCARDED, "text", text);
}

static RPressure *tell(const BootAct *act)
{
	const Own *own = act->own;
	RPressure *pressure = g_new0(RPressure, 1);

	pressure->label = text_clean_copy(host_act_pressure(act->plan)->label);
	pressure->steps = (gint64)act->steps;
	pressure->discarded_bytes =
		host_act_kind(act->plan) == HOST_ACT_DISCARD ? (gint64)own->gone_bytes : -1;
	pressure->skipped = act->failed ? text_clean_copy(act->failed) : NULL;
	return pressure;
}

const BootActKind boot_act_vcpu_stop = {init, hold_vcpus, release_vcpus, tell, clear};
const BootActKind boot_act_pause = {init, hold_machine, release_machine, tell, clear};
const BootActKind boot_act_hog = {init, begin_hog, end_hog, tell, clear};
const BootActKind boot_act_discard = {init, begin_discard, end_discard, tell, clear};
