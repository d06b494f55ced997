/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The states of a boot: how it goes from one to the next, what it says to the agent on the way,
 * and what happens when a state's deadline passes.
 */
#include "harness/boot/internal.h"

#include <string.h>

const BootDeadlines boot_deadlines_default = {
	.console_ms = 15000,
	.hello_ms = 60000,
	.plug_ms = 60000,
	.quiet_ms = 10000,
	.corpse_ms = 3000,
	.stop_ms = 15000,
	.exit_ms = 5000,
};

void boot_set_state(Boot *boot, BootState state)
{
	boot->state = state;
	boot->state_since_us = g_get_monotonic_time();
}

void boot_send_line(Boot *boot, const char *line)
{
	if (!boot->vm_running)
		return;
	if (!boot->vm->ops->send(boot->vm, line, strlen(line)))
		record_event(boot->record, "send-failed", "text", line);
}

void boot_stop_run(Boot *boot, const char *why)
{
	record_event(boot->record, "stop", "why", why);
	boot_send_line(boot, "stop\n");
	boot_set_state(boot, BOOT_STOPPING);
}

/* Once its memory is read: not every backend can read that of a guest that is off. */
static void switch_off(Boot *boot)
{
	if (!boot->poweroff || boot->poweroff_sent || boot->rec_pending)
		return;
	boot->poweroff_sent = TRUE;
	boot_send_line(boot, "poweroff\n");
}

void boot_end(Boot *boot, gboolean poweroff)
{
	if (boot->state >= BOOT_ENDING)
		return;
	boot_resize_stop(boot);
	boot_read_flight(boot);
	record_event(boot->record, "end", "how", poweroff ? "poweroff" : "kill");
	boot_set_state(boot, BOOT_ENDING);
	boot->poweroff = poweroff;
	switch_off(boot);
}

static void nmi_done(Vm *vm, const GError *error, gpointer user)
{
	Boot *boot = user;

	if (error)
		record_event(boot->record, "nmi-failed", "reason", error->message);
	else
		boot->nmi_taken = TRUE;
}

gboolean boot_is_emulated(const BootConfig *config)
{
	return config->accel == VM_ACCEL_TCG;
}

/*
 * It does not answer: what it said until now is all that counts. What our NMI makes it say is our
 * doing: for the reader, and to tell a guest that hangs from one that the emulator hung.
 */
void boot_become_corpse(Boot *boot, gboolean nmi)
{
	boot_resize_stop(boot);
	triage_finish(boot->triage);
	boot_read_flight(boot);
	boot_set_state(boot, BOOT_CORPSE);
	if (nmi) {
		const TriageConfig config = {.emulated = boot_is_emulated(&boot->config)};

		boot->last_words = triage_new(&config, NULL, NULL, NULL);
		boot->console_at_nmi = boot->console_bytes;
		record_event(boot->record, "nmi", NULL, NULL);
		boot->vm->ops->nmi(boot->vm, nmi_done, boot);
	}
}

static void go_quiet(Boot *boot, const char *phase)
{
	if (!boot->quiet)
		boot->quiet = g_strdup(phase);
	boot_become_corpse(boot, TRUE);
}

/* The states' deadlines. @in_ms: time in the state, @silent_ms: since the agent's last word. */
void boot_check_state(Boot *boot, gint64 in_ms, gint64 silent_ms)
{
	const BootDeadlines *d = &boot->deadlines;
	gint64 now = g_get_monotonic_time();
	const Scenario *s = boot->config.scenario;

	switch (boot->state) {
	case BOOT_POWER_ON:
		if (boot->launching)
			break; /* the backend has a deadline of its own */
		if (boot->console_bytes == 0 && in_ms > d->console_ms)
			go_quiet(boot, "and not one byte on the console");
		else if (in_ms > d->hello_ms)
			go_quiet(boot, "before its hello");
		else if (boot->splat_us && now - boot->console_us > d->corpse_ms * 1000ll)
			boot_become_corpse(boot, TRUE);
		break;
	case BOOT_PLUG:
		/* The thread that plugs may be dead while others still answer. */
		if (boot->splat_us && now - boot->splat_us > d->quiet_ms * 1000ll)
			boot_become_corpse(boot, TRUE);
		else if (in_ms > d->plug_ms || silent_ms > d->quiet_ms)
			go_quiet(boot, "while memory was plugged");
		break;
	case BOOT_RUN:
		if (boot->splat_us && silent_ms > d->corpse_ms)
			boot_become_corpse(boot, TRUE);
		else if (silent_ms > d->quiet_ms)
			go_quiet(boot, "while the ops ran");
		else if (boot->go_ns >= 0 && in_ms > (gint64)s->duration_ms + d->stop_ms)
			boot_stop_run(boot, "the agent overran its duration");
		else if (boot->splat_us && !g_str_equal(s->stop, "never") &&
			 now - boot->splat_us > (gint64)s->linger_ms * 1000)
			boot_stop_run(boot, "first incident");
		break;
	case BOOT_STOPPING:
		if (in_ms > d->stop_ms ||
		    silent_ms > (boot->splat_us ? d->corpse_ms : d->quiet_ms)) {
			if (boot->splat_us || boot->interrupted)
				boot_become_corpse(boot, FALSE);
			else
				go_quiet(boot, "after it was told to stop");
		}
		break;
	case BOOT_CORPSE:
		if (in_ms > d->corpse_ms || boot->saw_panic)
			boot_end(boot, FALSE);
		break;
	case BOOT_ENDING:
		switch_off(boot);
		/* Its memory is read first; the exit that it was asked for gets its time. */
		if (boot->vm_running &&
		    (in_ms > d->exit_ms || (!boot->poweroff && !boot->rec_pending)))
			boot->vm->ops->stop(boot->vm);
		break;
	case BOOT_OVER:
		break;
	}
}
