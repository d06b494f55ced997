/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acts of the host: the size of a virtio-mem device, and that of the balloon. */
#include "harness/boot/act.h"

static void resize_done(Vm *vm, const GError *error, gpointer user)
{
	Boot *boot = user;

	boot->resize.waiting--;
	if (error)
		record_event(boot->record, HOST_EVENT_RESIZE_FAILED, "reason", error->message);
}

static void begin_resize(BootAct *act)
{
	Boot *boot = act->boot;
	guint64 bytes = act->step.value;
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, bytes);

	record_event(boot->record, HOST_EVENT_RESIZE, "bytes", text);
	boot->resize.waiting++;
	boot->resize.most_bytes = MAX(boot->resize.most_bytes, bytes);
	boot->machine.vm->ops->resize(boot->machine.vm, host_act_device(act->plan), bytes,
				      resize_done, boot);
}

static void balloon_done(Vm *vm, const GError *error, gpointer user)
{
	Boot *boot = user;

	if (error)
		record_event(boot->record, HOST_EVENT_BALLOON_FAILED, "reason", error->message);
}

/* QEMU wants to hear what is left to the guest of all its memory. */
static void begin_balloon(BootAct *act)
{
	Boot *boot = act->boot;
	guint64 bytes = act->step.value;
	guint64 all = boot->config.scenario->memory_bytes + boot->memory.plugged_bytes;
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, bytes);

	record_event(boot->record, HOST_EVENT_BALLOON, "bytes", text);
	boot->machine.vm->ops->balloon(boot->machine.vm, all - MIN(all, bytes), balloon_done, boot);
}

const BootActKind boot_act_resize = {.begin = begin_resize};
const BootActKind boot_act_balloon = {.begin = begin_balloon};
