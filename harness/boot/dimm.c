/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DIMMs that come and go while the ops run: how many there are to be follows a schedule, like
 * the size of a virtio-mem device does. A guest may refuse to let one go, or never answer: such
 * a one stays, and is asked for again when the schedule wants fewer.
 */
#include "harness/boot/internal.h"
#include "host-driver/base/json.h"

static gboolean dimm_due(gpointer user);

static void arm(Boot *boot)
{
	ResizeStep step = resize_schedule_next(boot->plan->dimm);
	gint64 wait_ms =
		(gint64)step.t_ms - (g_get_monotonic_time() - boot->resize.run_since_us) / 1000;

	boot->dimms.wanted = (guint)(step.target_bytes / boot->config.scenario->dimm_size_bytes);
	boot->dimms.id = g_timeout_add((guint)MAX(wait_ms, 0), dimm_due, boot);
}

/* An answer of QEMU belongs to the one DIMM that is on its way in; there is one at a time. */
static BootDimm *coming(Boot *boot)
{
	for (guint i = 0; i < SCENARIO_DIMMS_MAX; i++)
		if (boot->dimms.slot[i].state == DIMM_COMING)
			return &boot->dimms.slot[i];
	return NULL;
}

static void plug_done(Vm *vm, const GError *error, gpointer user)
{
	Boot *boot = user;
	BootDimm *dimm = coming(boot);

	if (error)
		record_event(boot->record, HOST_EVENT_DIMM_PLUG_FAILED, "reason", error->message);
	if (dimm)
		dimm->state = error ? DIMM_NONE : DIMM_THERE;
}

static void unplug_done(Vm *vm, const GError *error, gpointer user)
{
	Boot *boot = user;

	if (error)
		record_event(boot->record, HOST_EVENT_DIMM_UNPLUG_FAILED, "reason", error->message);
}

static void plug_one(Boot *boot)
{
	const Scenario *s = boot->config.scenario;

	for (guint i = 0; i < s->dimm_count && !coming(boot); i++) {
		BootDimm *dimm = &boot->dimms.slot[i];

		if (dimm->state != DIMM_NONE)
			continue;
		g_snprintf(dimm->name, sizeof(dimm->name), "dimm%u", boot->dimms.made++);
		dimm->state = DIMM_COMING;
		record_event(boot->record, HOST_EVENT_DIMM_PLUG, "device", dimm->name);
		boot->machine.vm->ops->dimm_plug(boot->machine.vm, dimm->name, s->dimm_size_bytes,
						 plug_done, boot);
	}
}

static void unplug_one(Boot *boot)
{
	for (guint i = SCENARIO_DIMMS_MAX; i-- > 0;) {
		BootDimm *dimm = &boot->dimms.slot[i];

		if (dimm->state != DIMM_THERE)
			continue;
		dimm->state = DIMM_LEAVING;
		record_event(boot->record, HOST_EVENT_DIMM_UNPLUG, "device", dimm->name);
		boot->machine.vm->ops->dimm_unplug(boot->machine.vm, dimm->name, unplug_done, boot);
		return;
	}
}

static gboolean dimm_due(gpointer user)
{
	Boot *boot = user;
	guint there = 0;

	boot->dimms.id = 0;
	if (boot->life.now != BOOT_RUN)
		return G_SOURCE_REMOVE;
	for (guint i = 0; i < SCENARIO_DIMMS_MAX; i++)
		there += boot->dimms.slot[i].state == DIMM_COMING ||
			 boot->dimms.slot[i].state == DIMM_THERE;
	if (there < boot->dimms.wanted)
		plug_one(boot);
	else if (there > boot->dimms.wanted)
		unplug_one(boot);
	arm(boot);
	return G_SOURCE_REMOVE;
}

void boot_dimm_run(Boot *boot)
{
	if (boot->plan->dimm && !boot->dimms.id)
		arm(boot);
}

void boot_dimm_stop(Boot *boot)
{
	g_clear_handle_id(&boot->dimms.id, g_source_remove);
}

void boot_dimm_event(Boot *boot, const char *name, JsonObject *data)
{
	const char *device = rj_text(data, "device", "");
	gboolean gone = g_str_equal(name, "DEVICE_DELETED");

	if (!gone && !g_str_equal(name, "MEM_UNPLUG_ERROR") &&
	    !g_str_equal(name, "DEVICE_UNPLUG_GUEST_ERROR"))
		return;
	for (guint i = 0; i < SCENARIO_DIMMS_MAX; i++)
		if (boot->dimms.slot[i].state == DIMM_LEAVING &&
		    g_str_equal(boot->dimms.slot[i].name, device))
			boot->dimms.slot[i].state = gone ? DIMM_NONE : DIMM_THERE;
}
