/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a boot says to its machine and asks of it, whatever state it is in. */
#include "harness/boot/internal.h"
#include "harness/results/records.h"
#include "host-driver/base/text.h"

#include <string.h>

gboolean boot_host_is_emulated(const BootConfig *config)
{
	return vm_backend_is_local(config->backend) && vm_host_is_emulated();
}

gboolean boot_is_emulated(const BootConfig *config)
{
	return config->accel == VM_ACCEL_TCG || boot_host_is_emulated(config);
}

void boot_send_line(Boot *boot, const char *line)
{
	if (!boot->machine.running)
		return;
	if (!boot->machine.vm->ops->send(boot->machine.vm, line, strlen(line)))
		record_event(boot->record, HOST_EVENT_SEND_FAILED, "text", line);
}

/* Of the sizes of the devices, and how they change while the ops run. */
static void memory_done(Vm *vm, const VmMemState *states, guint count, const GError *error,
			gpointer user)
{
	Boot *boot = user;
	BootMemory *memory = &boot->memory;

	memory->asking = FALSE;
	g_free(memory->error);
	memory->error = error ? g_strdup(error->message) : NULL;
	if (!error) {
		memory->plugged_bytes = 0;
		memory->plugging = FALSE;
	}
	for (guint i = 0; !error && i < count; i++) {
		const VmMemState *m = &states[i];
		g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
							m->requested_bytes, m->plugged_bytes);
		RResize line = {.requested_bytes = (gint64)m->requested_bytes,
				.plugged_bytes = (gint64)m->plugged_bytes};

		memory->plugged_bytes += m->plugged_bytes;
		memory->plugging |= m->plugged_bytes != m->requested_bytes;
		if (g_strcmp0(g_hash_table_lookup(memory->known, m->id), text) == 0)
			continue;
		memory->plugged_us = g_get_monotonic_time();
		line.device = text_copy(m->id);
		record_json(boot->record, RECORD_MEMORY,
			    fields_write(&results_resize_table, &line));
		fields_clear(&results_resize_table, &line);
		g_hash_table_insert(memory->known, g_strdup(m->id), g_steal_pointer(&text));
	}
	memory->most_bytes = MAX(memory->most_bytes, memory->plugged_bytes);
	if (error || boot->agent.go_ns < 0 || memory->asked_us < boot->agent.run_us)
		return;
	memory->changes += memory->run_looks++ && memory->run_bytes != memory->plugged_bytes;
	memory->run_bytes = memory->plugged_bytes;
}

void boot_ask_memory(Boot *boot)
{
	BootMemory *memory = &boot->memory;

	if (!boot->machine.running || memory->asking)
		return;
	memory->asking = TRUE;
	memory->asked_us = g_get_monotonic_time();
	boot->machine.vm->ops->query_memory(boot->machine.vm, memory_done, boot);
}
