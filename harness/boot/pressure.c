/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's pressure on a running guest (pressure.h): each kind begins a step and ends it some
 * milliseconds later, by timers of the main loop. What began is always ended, whatever becomes
 * of the boot meanwhile. A kind that cannot be done here is skipped for the boot, with the reason.
 */
#include "harness/boot/internal.h"
#include "host-driver/pressure/discard.h"
#include "host-driver/pressure/hog.h"
#include "host-driver/pressure/vcpu.h"

#include <errno.h>

/* Of memory that did not leave, before it is said that none does: the guest takes it back. */
#define ENOUGH_BYTES (64ull << 20)

typedef struct {
	Boot *boot;
	const Pressure *pressure;
	PressureSchedule *schedule;
	PressureStep step; /* that comes, or that is */
	guint begin_id, end_id;
	guint64 done;
	char *failed; /* why it is skipped, or NULL */
	gboolean told;
	GArray *held; /* of pid_t */
	Hog *hog;
	Discard *discard;
	guint64 tried_bytes, gone_bytes;
	gboolean paused, taking;
} BootPressure;

/* By another pressure of this boot, or by this one. */
static gboolean is_held(const Boot *boot, pid_t tid)
{
	for (guint i = 0; i < boot->pressures->len; i++) {
		const BootPressure *p = g_ptr_array_index(boot->pressures, i);

		for (guint k = 0; k < p->held->len; k++)
			if (g_array_index(p->held, pid_t, k) == tid)
				return TRUE;
	}
	return FALSE;
}

static void hold_vcpus(BootPressure *p)
{
	Boot *boot = p->boot;
	guint count = p->pressure->count ? (guint)p->pressure->count : boot->vcpus.count;

	if (boot->vcpus.count == 0)
		p->failed = g_strdup("the vCPUs' threads are not known, or not on this machine");
	for (guint i = 0; i < MIN(count, boot->vcpus.count); i++) {
		pid_t tid = boot->vcpus.tid[(p->step.vcpu + i) % boot->vcpus.count];
		int err = is_held(boot, tid) ? -EALREADY : vcpu_hold(tid);

		if (err == 0)
			g_array_append_val(p->held, tid);
		else if (err == -EPERM && !p->failed)
			p->failed = g_strdup_printf("a vCPU's thread cannot be stopped: %s",
						    g_strerror(-err));
	}
}

static void release_vcpus(BootPressure *p)
{
	for (guint i = 0; i < p->held->len; i++) {
		int err = vcpu_release(g_array_index(p->held, pid_t, i));

		if (err < 0)
			record_event(p->boot->record, HOST_EVENT_PRESSURE_FAILED, "reason",
				     g_strerror(-err));
	}
	g_array_set_size(p->held, 0);
}

static void pause_done(Vm *vm, const GError *error, gpointer user)
{
	BootPressure *p = user;

	if (error)
		record_event(p->boot->record, HOST_EVENT_PRESSURE_FAILED, "reason", error->message);
}

static void hold_machine_for(BootPressure *p, VmDone done)
{
	Vm *vm = p->boot->machine.vm;

	if (!vm->ops->pause) {
		p->failed = g_strdup("the backend cannot pause a machine");
		return;
	}
	p->paused = TRUE;
	vm->ops->pause(vm, TRUE, done, p);
}

static void hold_machine(BootPressure *p)
{
	hold_machine_for(p, pause_done);
}

static void release_machine(BootPressure *p)
{
	Vm *vm = p->boot->machine.vm;

	if (p->paused && p->boot->machine.running)
		vm->ops->pause(vm, FALSE, pause_done, p);
	p->paused = FALSE;
}

static void begin_hog(BootPressure *p)
{
	p->hog = hog_new(p->pressure->count ? (guint)p->pressure->count : g_get_num_processors());
}

static void end_hog(BootPressure *p)
{
	g_clear_pointer(&p->hog, hog_free);
}

/* Too late is not at all: the step may be over, or the next one may have begun. */
static void discard_paused(Vm *vm, const GError *error, gpointer user)
{
	BootPressure *p = user;

	if (error)
		record_event(p->boot->record, HOST_EVENT_PRESSURE_FAILED, "reason", error->message);
	else if (p->paused && !p->taking) {
		p->taking = TRUE;
		discard_begin(p->discard, p->step.place, p->pressure->bytes);
	}
}

/* The machine stands still meanwhile: a guest writes to most large folios again at once. */
static void begin_discard(BootPressure *p)
{
	Boot *boot = p->boot;
	const Scenario *s = boot->config.scenario;
	g_autoptr(GError) error = NULL;

	if (boot->vcpus.count == 0)
		p->failed = g_strdup("the guest's process is not known, or not on this machine");
	else if (!p->discard &&
		 !(p->discard = discard_new(boot->vcpus.tid[0], s->memory_bytes / (guint64)s->nodes,
					    &error)))
		p->failed = g_strdup(error->message);
	else
		hold_machine_for(p, discard_paused);
}

static void end_discard(BootPressure *p)
{
	DiscardDone done = {0};
	g_autofree char *text = NULL;

	if (!p->discard)
		return;
	done = discard_end(p->discard);
	p->taking = FALSE;
	release_machine(p);
	p->tried_bytes += done.tried_bytes;
	p->gone_bytes += done.gone_bytes;
	if (done.error && done.error != -ESRCH)
		p->failed = g_strdup_printf("pages cannot be taken from the guest: %s",
					    g_strerror(-done.error));
	else if (p->tried_bytes >= ENOUGH_BYTES && !p->gone_bytes)
		p->failed = g_strdup("no page left the host's memory: the boot's folder must be on "
				     "a disk, or there must be swap");
	if (!done.tried_bytes)
		return;
	text = g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes",
			       done.gone_bytes, done.tried_bytes);
	record_event(p->boot->record, HOST_EVENT_DISCARDED, "text", text);
}

static const struct {
	void (*begin)(BootPressure *p), (*end)(BootPressure *p);
} acts[PRESSURE_KINDS] = {
	[PRESSURE_VCPU_STOP] = {hold_vcpus, release_vcpus},
	[PRESSURE_PAUSE] = {hold_machine, release_machine},
	[PRESSURE_HOG] = {begin_hog, end_hog},
	[PRESSURE_DISCARD] = {begin_discard, end_discard},
};

static void arm(BootPressure *p);

/* Ends what began; TRUE when it is to be skipped from now on, which is recorded. */
static gboolean end_act(BootPressure *p)
{
	gboolean told = p->told;

	acts[p->pressure->kind].end(p);
	p->told = p->failed != NULL;
	if (p->told && !told)
		record_event(p->boot->record, HOST_EVENT_PRESSURE_SKIPPED, "reason", p->failed);
	return p->told;
}

static gboolean end_step(gpointer user)
{
	BootPressure *p = user;

	p->end_id = 0;
	if (!end_act(p))
		arm(p);
	return G_SOURCE_REMOVE;
}

static gboolean begin_step(gpointer user)
{
	BootPressure *p = user;
	Boot *boot = p->boot;
	gboolean memory = p->pressure->kind == PRESSURE_DISCARD;
	g_autofree char *text =
		g_strdup_printf("%s hold_ms=%" G_GUINT64_FORMAT " %s=%u", p->pressure->label,
				p->step.hold_ms, memory ? "place" : "vcpu",
				memory ? p->step.place : p->step.vcpu);

	p->begin_id = 0;
	if (boot->life.now != BOOT_RUN || !boot->machine.running)
		return G_SOURCE_REMOVE;
	acts[p->pressure->kind].begin(p);
	if (p->failed) {
		end_act(p);
		return G_SOURCE_REMOVE;
	}
	p->done++;
	record_event(boot->record, HOST_EVENT_PRESSURE, "text", text);
	p->end_id = g_timeout_add_full(G_PRIORITY_HIGH, (guint)p->step.hold_ms, end_step, p, NULL);
	return G_SOURCE_REMOVE;
}

static void arm(BootPressure *p)
{
	gint64 wait_ms;

	p->step = pressure_schedule_next(p->schedule);
	wait_ms = (gint64)p->step.t_ms -
		  (g_get_monotonic_time() - p->boot->resize.run_since_us) / 1000;
	p->begin_id = g_timeout_add((guint)MAX(wait_ms, 0), begin_step, p);
}

static void halt(BootPressure *p)
{
	g_clear_handle_id(&p->begin_id, g_source_remove);
	g_clear_handle_id(&p->end_id, g_source_remove);
	end_act(p);
}

static void boot_pressure_free(gpointer data)
{
	BootPressure *p = data;

	g_array_unref(p->held);
	discard_free(p->discard);
	g_free(p->failed);
	g_free(p);
}

void boot_pressure_run(Boot *boot)
{
	const GPtrArray *all = boot->config.scenario->pressures;

	if (boot->pressures || all->len == 0)
		return;
	boot->pressures = g_ptr_array_new_with_free_func(boot_pressure_free);
	for (guint i = 0; i < all->len; i++) {
		BootPressure *p = g_new0(BootPressure, 1);

		p->boot = boot;
		p->pressure = g_ptr_array_index(all, i);
		p->schedule = g_ptr_array_index(boot->plan->pressures, i);
		p->held = g_array_new(FALSE, FALSE, sizeof(pid_t));
		g_ptr_array_add(boot->pressures, p);
		arm(p);
	}
}

void boot_pressure_stop(Boot *boot)
{
	for (guint i = 0; boot->pressures && i < boot->pressures->len; i++)
		halt(g_ptr_array_index(boot->pressures, i));
}

JsonArray *boot_pressure_json(const Boot *boot)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; i < boot->pressures->len; i++) {
		const BootPressure *p = g_ptr_array_index(boot->pressures, i);
		JsonObject *o = json_object_new();

		json_object_set_string_member(o, "pressure", p->pressure->label);
		json_object_set_int_member(o, "steps", (gint64)p->done);
		if (p->pressure->kind == PRESSURE_DISCARD)
			json_object_set_int_member(o, "discarded_bytes", (gint64)p->gone_bytes);
		if (p->failed)
			json_object_set_string_member(o, "skipped", p->failed);
		json_array_add_object_element(array, o);
	}
	return array;
}

void boot_pressure_clear(Boot *boot)
{
	g_clear_pointer(&boot->pressures, g_ptr_array_unref);
}
