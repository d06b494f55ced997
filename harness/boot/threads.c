/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host threads behind a guest's vCPUs: found by asking the machine once, pinned where that
 * was asked. Without them a boot runs just as well, so what fails is told in the record alone.
 */
#include "harness/boot/internal.h"

#include <string.h>

#define ASK_AGAIN_US (2 * G_USEC_PER_SEC)
/* A guest that idles before its first byte is not a slow one: a deadline grows no more than so. */
#define SLOWEST 8

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

	boot->vcpus.asking = FALSE;
	if (error && boot->config.pin &&
	    !record_event_count(boot->record, HOST_EVENT_PIN_FAILED, NULL))
		record_event(boot->record, HOST_EVENT_PIN_FAILED, "text", error->message);
	if (error)
		return;
	boot->vcpus.tid = g_memdup2(tids, count * sizeof(*tids));
	boot->vcpus.count = count;
	boot->vcpus.times = g_new0(VcpuTimes, count);
	boot->vcpus.at_word = g_new0(VcpuTimes, count);
	boot->vcpus.moved_us = g_get_monotonic_time();
	if (boot->config.pin)
		pin(boot);
}

void boot_threads_find(Boot *boot)
{
	if (!boot->machine.vm->ops->query_threads)
		return;
	boot->vcpus.asking = TRUE;
	boot->vcpus.asked_us = g_get_monotonic_time();
	boot->machine.vm->ops->query_threads(boot->machine.vm, threads_found, boot);
}

void boot_threads_look(Boot *boot, gint64 now_us)
{
	BootVcpus *vcpus = &boot->vcpus;

	if (!vcpus->count && !vcpus->asking && boot->machine.running && !boot->machine.launching &&
	    boot->life.now == BOOT_POWER_ON && now_us - vcpus->asked_us > ASK_AGAIN_US)
		boot_threads_find(boot);
	for (guint i = 0; i < vcpus->count; i++) {
		if (!vcpu_times(vcpus->tid[i], &vcpus->times[i]))
			continue;
		if (vcpus->times[i].ran_ns > vcpus->most_ns) {
			vcpus->most_ns = vcpus->times[i].ran_ns;
			vcpus->moved_us = now_us;
		}
	}
	/* It was heard since the last look. */
	if (vcpus->count && boot->agent.heard_us >= vcpus->looked_us) {
		memcpy(vcpus->at_word, vcpus->times, vcpus->count * sizeof(*vcpus->times));
		vcpus->at_word_us = now_us;
	}
	vcpus->looked_us = now_us;
}

gint64 boot_threads_since(const Boot *boot, gint64 now_us)
{
	const BootVcpus *vcpus = &boot->vcpus;
	gint64 least_us = (now_us - boot->life.since_us) / SLOWEST;
	gint64 ran_us = MAX((gint64)(vcpus->most_ns / 1000), least_us);

	if (!vcpus->count || !vcpus->most_ns)
		return boot->life.since_us;
	return MAX(boot->life.since_us, now_us - MAX(ran_us, now_us - vcpus->moved_us));
}

void boot_threads_conclude(Boot *boot)
{
	const BootVcpus *vcpus = &boot->vcpus;
	gint64 apart_us = vcpus->looked_us - vcpus->at_word_us;
	guint starved = 0;

	if (boot->machine.paused) {
		record_event(boot->record, HOST_EVENT_PAUSED, NULL, NULL);
		return;
	}
	if (!vcpus->at_word_us || apart_us <= 0)
		return;
	for (guint i = 0; i < vcpus->count; i++) {
		/* One that ran could have told. */
		if ((vcpus->times[i].ran_ns - vcpus->at_word[i].ran_ns) / 1000 >
		    (guint64)apart_us / 20)
			return;
		starved += vcpu_starved(&vcpus->at_word[i], &vcpus->times[i],
					(guint64)apart_us * 1000);
	}
	if (starved)
		record_event(boot->record, HOST_EVENT_STARVED, NULL, NULL);
}

pid_t boot_thread(const Boot *boot)
{
	return boot->vcpus.count && boot->machine.running ? boot->vcpus.tid[0] : 0;
}

void boot_threads_clear(Boot *boot)
{
	g_free(boot->vcpus.tid);
	g_free(boot->vcpus.times);
	g_free(boot->vcpus.at_word);
}
