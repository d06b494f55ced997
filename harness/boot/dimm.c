/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An act of the host: DIMMs that come and go while the ops run: how many there are to be follows a schedule, like
 * the size of a virtio-mem device does. A guest may refuse to let one go, or never answer: such
 * a one stays, and is asked for again when the schedule wants fewer.
 */
#include "harness/boot/act.h"
#include "host-driver/base/json.h"

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

static void begin_dimm(BootAct *act)
{
	Boot *boot = act->boot;
	guint there = 0;

	for (guint i = 0; i < SCENARIO_DIMMS_MAX; i++)
		there += boot->dimms.slot[i].state == DIMM_COMING ||
			 boot->dimms.slot[i].state == DIMM_THERE;
	if (there < act->step.value)
		plug_one(boot);
	else if (there > act->step.value)
		unplug_one(boot);
}

const BootActKind boot_act_dimm = {.begin = begin_dimm};

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
