/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host threads behind a guest's vCPUs: found by asking the machine once, pinned where that
 * was asked. Without them a boot runs just as well, so what fails is told in the record alone.
 */
#include "harness/boot/internal.h"
#include "host-driver/pressure/vcpu.h"

static void pin(Boot *boot)
{
	for (guint i = 0; i < boot->vcpus.count; i++) {
		int cpu = vcpu_pin(boot->vcpus.tid[i], (guint)(boot->config.pin_place + i));
		g_autofree char *text =
			cpu < 0 ? g_strdup_printf("vCPU %u: %s", i, g_strerror(-cpu))
				: g_strdup_printf("vCPU %u on host CPU %d", i, cpu);

		record_event(boot->record, cpu < 0 ? HOST_EVENT_PIN_FAILED : HOST_EVENT_PIN, "text",
			     text);
	}
}

static void threads_found(Vm *vm, const pid_t *tids, guint count, const GError *error,
			  gpointer user)
{
	Boot *boot = user;

	if (error && boot->config.pin)
		record_event(boot->record, HOST_EVENT_PIN_FAILED, "text", error->message);
	if (error)
		return;
	boot->vcpus.tid = g_memdup2(tids, count * sizeof(*tids));
	boot->vcpus.count = count;
	if (boot->config.pin)
		pin(boot);
}

void boot_threads_find(Boot *boot)
{
	if (boot->machine.vm->ops->query_threads)
		boot->machine.vm->ops->query_threads(boot->machine.vm, threads_found, boot);
}

pid_t boot_thread(const Boot *boot)
{
	return boot->vcpus.count && boot->machine.running ? boot->vcpus.tid[0] : 0;
}

void boot_threads_clear(Boot *boot)
{
	g_free(boot->vcpus.tid);
}
