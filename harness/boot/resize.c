/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host does to the guest's memory while the ops run: resizes of a device and of the
 * balloon, each by its own schedule, which counts from the start of the ops.
 */
#include "harness/boot/internal.h"

static gboolean resize_due(gpointer user);

/* Sets the timer for the next step of the schedule, which counts from the start of the ops. */
static void arm_resize(Boot *boot)
{
	ResizeStep step = resize_schedule_next(boot->plan->resize);
	gint64 wait_ms =
		(gint64)step.t_ms - (g_get_monotonic_time() - boot->resize.run_since_us) / 1000;

	boot->resize.bytes = step.target_bytes;
	boot->resize.id = g_timeout_add((guint)MAX(wait_ms, 0), resize_due, boot);
}

static void resize_done(Vm *vm, const GError *error, gpointer user)
{
	Boot *boot = user;

	boot->resize.waiting--;
	if (error)
		record_event(boot->record, HOST_EVENT_RESIZE_FAILED, "reason", error->message);
}

static gboolean resize_due(gpointer user)
{
	Boot *boot = user;
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, boot->resize.bytes);

	boot->resize.id = 0;
	if (boot->life.now != BOOT_RUN)
		return G_SOURCE_REMOVE;
	record_event(boot->record, HOST_EVENT_RESIZE, "bytes", text);
	boot->resize.waiting++;
	boot->resize.most_bytes = MAX(boot->resize.most_bytes, boot->resize.bytes);
	boot->machine.vm->ops->resize(boot->machine.vm, boot->plan->resize_device,
				      boot->resize.bytes, resize_done, boot);
	arm_resize(boot);
	return G_SOURCE_REMOVE;
}

static gboolean balloon_due(gpointer user);

static void arm_balloon(Boot *boot)
{
	ResizeStep step = resize_schedule_next(boot->plan->balloon);
	gint64 wait_ms =
		(gint64)step.t_ms - (g_get_monotonic_time() - boot->resize.run_since_us) / 1000;

	boot->resize.balloon_bytes = step.target_bytes;
	boot->resize.balloon_id = g_timeout_add((guint)MAX(wait_ms, 0), balloon_due, boot);
}

static void balloon_done(Vm *vm, const GError *error, gpointer user)
{
	Boot *boot = user;

	if (error)
		record_event(boot->record, HOST_EVENT_BALLOON_FAILED, "reason", error->message);
}

/* QEMU wants to hear what is left to the guest of all its memory. */
static gboolean balloon_due(gpointer user)
{
	Boot *boot = user;
	guint64 all = boot->config.scenario->memory_bytes + boot->memory.plugged_bytes;
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, boot->resize.balloon_bytes);

	boot->resize.balloon_id = 0;
	if (boot->life.now != BOOT_RUN)
		return G_SOURCE_REMOVE;
	record_event(boot->record, HOST_EVENT_BALLOON, "bytes", text);
	boot->machine.vm->ops->balloon(boot->machine.vm, all - MIN(all, boot->resize.balloon_bytes),
				       balloon_done, boot);
	arm_balloon(boot);
	return G_SOURCE_REMOVE;
}

void boot_resize_run(Boot *boot)
{
	boot->resize.run_since_us = boot->life.since_us;
	if (boot->plan->resize && !boot->resize.id)
		arm_resize(boot);
	if (boot->plan->balloon && !boot->resize.balloon_id)
		arm_balloon(boot);
	boot_pressure_run(boot);
	boot_dimm_run(boot);
}

void boot_resize_stop(Boot *boot)
{
	g_clear_handle_id(&boot->resize.id, g_source_remove);
	g_clear_handle_id(&boot->resize.balloon_id, g_source_remove);
	boot_pressure_stop(boot);
	boot_dimm_stop(boot);
}
