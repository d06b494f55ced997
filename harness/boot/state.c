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
	.setup_ms = 75000,
	.quiet_ms = 10000,
	.unresponsive_ms = 3000,
	.stop_ms = 15000,
	.exit_ms = 5000,
};

/* The machine answers within 10 s, if only with an error (vm.h). */
#define ANSWER_MS 15000
/* A guest that boots as fast as this is judged by the default deadlines. */
#define USUAL_HELLO_US (3 * G_USEC_PER_SEC)
/* Before a guest of such a host has told how slow it is. */
#define EMULATED_HOST_PATIENCE 500
#define AUTO_PATIENCE_MAX      1000 /* percent: the guest is not to be trusted with more */
/* What a busy host may add to the sum of all deadlines. */
#define HARD_MS 10000

void boot_set_state(Boot *boot, BootState state)
{
	boot->life.now = state;
	boot->life.since_us = g_get_monotonic_time();
}

void boot_fail(Boot *boot, char *reason)
{
	if (boot->life.infra)
		g_free(reason);
	else
		boot->life.infra = reason;
}

void boot_stop_run(Boot *boot, const char *why)
{
	record_event(boot->record, HOST_EVENT_STOP, "why", why);
	boot_send_line(boot, "stop\n");
	boot_set_state(boot, BOOT_STOPPING);
}

/* Whether the machine still answered when it was to end. All that was asked has its time. */
static void check_answers(Boot *boot)
{
	if (record_event_count(boot->record, HOST_EVENT_NO_ANSWER, NULL))
		return;
	if (boot->memory.asking || boot->memory.error)
		record_event(boot->record, HOST_EVENT_NO_ANSWER, "reason",
			     boot->memory.asking ? "query-memory-devices" : boot->memory.error);
	else if (boot->resize.waiting >= 3 &&
		 boot->resize.waiting == record_event_count(boot->record, HOST_EVENT_RESIZE, NULL))
		record_event(boot->record, HOST_EVENT_NO_ANSWER, "reason",
			     "no resize was answered");
}

/* Once its memory is read: not every backend can read that of a guest that is off. */
static void switch_off(Boot *boot)
{
	if (!boot->life.poweroff || boot->life.poweroff_sent || boot->recorder.pending ||
	    boot->memory.asking)
		return;
	check_answers(boot);
	boot->life.poweroff_sent = TRUE;
	boot_send_line(boot, "poweroff\n");
}

void boot_end(Boot *boot, gboolean poweroff)
{
	if (boot->life.now >= BOOT_ENDING)
		return;
	boot_acts_stop(boot);
	boot_read_recorder(boot);
	boot_ask_memory(boot);
	record_event(boot->record, HOST_EVENT_END, "how", poweroff ? "poweroff" : "kill");
	boot_set_state(boot, BOOT_ENDING);
	boot->life.poweroff = poweroff;
	switch_off(boot);
}

static void nmi_done(Vm *vm, const GError *error, gpointer user)
{
	Boot *boot = user;

	if (error)
		record_event(boot->record, HOST_EVENT_NMI_FAILED, "reason", error->message);
	else
		boot->life.nmi_taken = boot->config.kernel->arch->nmi;
}

/*
 * It does not answer: what it said until now is all that counts. What our NMI makes it say is our
 * doing: for the reader, and to tell a guest that hangs from one that the emulator hung.
 */
void boot_become_unresponsive(Boot *boot, gboolean nmi)
{
	boot_acts_stop(boot);
	boot_splats_finish(boot);
	boot_read_recorder(boot);
	boot_ask_memory(boot);
	boot_set_state(boot, BOOT_UNRESPONSIVE);
	if (nmi) {
		const TriageConfig config = {.emulated = boot_is_emulated(&boot->config)};

		boot->life.last_words = triage_new(&config, NULL, NULL);
		boot->life.console_at_nmi = boot->machine.console_bytes;
		record_event(boot->record, HOST_EVENT_NMI, NULL, NULL);
		boot->machine.vm->ops->nmi(boot->machine.vm, nmi_done, boot);
	}
}

void boot_interrupt(Boot *boot)
{
	gboolean again = boot->life.interrupted;

	boot->life.interrupted = TRUE;
	if (!again && boot->life.now == BOOT_RUN)
		boot_stop_run(boot, "interrupted");
	else if (again || boot->life.now < BOOT_RUN)
		boot_end(boot, FALSE);
}

/* What a deadline may ask about the boot, besides its state. */
enum {
	LAUNCHING = 1 << 0, /* the guest has yet to begin: the backend has a deadline of its own */
	CONSOLE = 1 << 1,   /* it has said something on the console */
	SPLAT = 1 << 2,	    /* there was one that counts */
	STOP_AT_SPLAT = 1 << 3, /* the scenario wants no more than the first incident */
	OPS_RUN = 1 << 4,	/* the agent has said phase `run` */
	INTERRUPTED = 1 << 5,	/* by the user */
	PANIC = 1 << 6,		/* the machine told of one */
	MACHINE = 1 << 7,	/* it is still there */
	POWEROFF = 1 << 8,	/* the guest is to switch itself off */
	READING = 1 << 9,	/* its memory is being read */
	ASKING = 1 << 10,	/* an answer of the machine is on its way */
	OVER = 1 << 11,		/* the choreography has had its last round */
};

/* When the time begins that a deadline limits. */
typedef enum {
	SINCE_STATE,   /* with the state; a running guest's again with phase `run` */
	SINCE_RAN,     /* with power-on, as far as the guest's vCPUs got time */
	SINCE_FIRST,   /* with the first byte on the console */
	SINCE_HEARD,   /* with the agent's last word, or power-on */
	SINCE_CONSOLE, /* with the last byte on the console */
	SINCE_SPLAT,   /* with the first splat */
	SINCE_COUNT,
} Since;

typedef enum {
	LIMIT_NONE, /* as soon as the conditions hold */
	LIMIT_CONSOLE,
	LIMIT_HELLO,
	LIMIT_PLUG,
	LIMIT_SETUP,
	LIMIT_QUIET,
	LIMIT_UNRESPONSIVE,
	LIMIT_DURATION, /* of the ops, and the time to stop */
	LIMIT_LINGER,
	LIMIT_STOP,
	LIMIT_EXIT,
	LIMIT_ANSWER,
	LIMIT_COUNT,
} Limit;

typedef struct {
	BootState state;
	guint when, unless; /* all of these hold, none of those */
	Since since;
	Limit limit;
	BootState next;
	gboolean nmi; /* to a guest that does not respond: asks it where it hangs */
	const char *
		reason; /* to one that does not respond: it hangs, and when; to stopping: why. NULL: no hang */
} Deadline;

/*
 * Every wait of a boot, and what becomes of it when its time is up. The first row of its state
 * that is due counts. After a splat a guest that falls silent is dead, not hanging: no reason.
 */
static const Deadline deadline[] = {
	{BOOT_POWER_ON, 0, LAUNCHING | CONSOLE, SINCE_RAN, LIMIT_CONSOLE, BOOT_UNRESPONSIVE, TRUE,
	 "and not one byte on the console"},
	{BOOT_POWER_ON, CONSOLE, LAUNCHING, SINCE_FIRST, LIMIT_HELLO, BOOT_UNRESPONSIVE, TRUE,
	 "before its hello"},
	{BOOT_POWER_ON, SPLAT, LAUNCHING, SINCE_CONSOLE, LIMIT_UNRESPONSIVE, BOOT_UNRESPONSIVE,
	 TRUE, NULL},

	/* The thread that plugs may be dead while others still answer. */
	{BOOT_PLUG, SPLAT, 0, SINCE_SPLAT, LIMIT_QUIET, BOOT_UNRESPONSIVE, TRUE, NULL},
	{BOOT_PLUG, 0, 0, SINCE_STATE, LIMIT_PLUG, BOOT_UNRESPONSIVE, TRUE,
	 "while memory was plugged"},
	{BOOT_PLUG, 0, 0, SINCE_HEARD, LIMIT_QUIET, BOOT_UNRESPONSIVE, TRUE,
	 "while memory was plugged"},

	{BOOT_RUN, OVER | OPS_RUN, 0, SINCE_STATE, LIMIT_NONE, BOOT_STOPPING, FALSE,
	 "the choreography is over"},
	{BOOT_RUN, SPLAT, 0, SINCE_HEARD, LIMIT_UNRESPONSIVE, BOOT_UNRESPONSIVE, TRUE, NULL},
	{BOOT_RUN, 0, 0, SINCE_HEARD, LIMIT_QUIET, BOOT_UNRESPONSIVE, TRUE, "while the ops ran"},
	{BOOT_RUN, 0, OPS_RUN, SINCE_STATE, LIMIT_SETUP, BOOT_UNRESPONSIVE, TRUE,
	 "while the ops were set up"},
	{BOOT_RUN, OPS_RUN, 0, SINCE_STATE, LIMIT_DURATION, BOOT_STOPPING, FALSE,
	 "the agent overran its duration"},
	{BOOT_RUN, SPLAT | STOP_AT_SPLAT, 0, SINCE_SPLAT, LIMIT_LINGER, BOOT_STOPPING, FALSE,
	 "first incident"},

	{BOOT_STOPPING, SPLAT, 0, SINCE_STATE, LIMIT_STOP, BOOT_UNRESPONSIVE, FALSE, NULL},
	{BOOT_STOPPING, SPLAT, 0, SINCE_HEARD, LIMIT_UNRESPONSIVE, BOOT_UNRESPONSIVE, FALSE, NULL},
	{BOOT_STOPPING, INTERRUPTED, SPLAT, SINCE_STATE, LIMIT_STOP, BOOT_UNRESPONSIVE, FALSE,
	 NULL},
	{BOOT_STOPPING, INTERRUPTED, SPLAT, SINCE_HEARD, LIMIT_QUIET, BOOT_UNRESPONSIVE, FALSE,
	 NULL},
	{BOOT_STOPPING, 0, SPLAT | INTERRUPTED, SINCE_STATE, LIMIT_STOP, BOOT_UNRESPONSIVE, TRUE,
	 "after it was told to stop"},
	{BOOT_STOPPING, 0, SPLAT | INTERRUPTED, SINCE_HEARD, LIMIT_QUIET, BOOT_UNRESPONSIVE, TRUE,
	 "after it was told to stop"},

	{BOOT_UNRESPONSIVE, 0, ASKING, SINCE_STATE, LIMIT_UNRESPONSIVE, BOOT_ENDING, FALSE, NULL},
	{BOOT_UNRESPONSIVE, ASKING, 0, SINCE_STATE, LIMIT_ANSWER, BOOT_ENDING, FALSE, NULL},
	{BOOT_UNRESPONSIVE, PANIC, 0, SINCE_STATE, LIMIT_NONE, BOOT_ENDING, FALSE, NULL},

	/* Its memory is read first; the exit that it was asked for gets its time. */
	{BOOT_ENDING, MACHINE, ASKING, SINCE_STATE, LIMIT_EXIT, BOOT_OVER, FALSE, NULL},
	{BOOT_ENDING, MACHINE | ASKING, 0, SINCE_STATE, LIMIT_ANSWER, BOOT_OVER, FALSE, NULL},
	{BOOT_ENDING, MACHINE, POWEROFF | READING | ASKING, SINCE_STATE, LIMIT_NONE, BOOT_OVER,
	 FALSE, NULL},
};

static guint conditions(const Boot *boot)
{
	return (boot->machine.launching ? LAUNCHING : 0) |
	       (boot->machine.console_bytes ? CONSOLE : 0) | (boot->splats.first_us ? SPLAT : 0) |
	       (g_str_equal(boot->config.scenario->stop, "never") ? 0 : STOP_AT_SPLAT) |
	       (boot->agent.go_ns >= 0 ? OPS_RUN : 0) | (boot->life.interrupted ? INTERRUPTED : 0) |
	       (boot->machine.saw_panic ? PANIC : 0) | (boot->machine.running ? MACHINE : 0) |
	       (boot->life.poweroff ? POWEROFF : 0) | (boot->recorder.pending ? READING : 0) |
	       (boot->memory.asking ? ASKING : 0) | (boot->acts.over ? OVER : 0);
}

/* The time of @row is up: on to its next state. */
static void pass(Boot *boot, const Deadline *row)
{
	if (row->next == BOOT_STOPPING) {
		boot_stop_run(boot, row->reason);
	} else if (row->next == BOOT_UNRESPONSIVE) {
		if (row->reason && !boot->life.quiet) {
			boot->life.quiet = g_strdup(row->reason);
			boot->life.quiet_in = boot->life.now;
			boot->life.mute = !boot->machine.console_bytes && !boot->agent.hello;
			boot_threads_conclude(boot);
		}
		boot_become_unresponsive(boot, row->nmi);
	} else if (row->next == BOOT_ENDING) {
		boot_end(boot, FALSE);
	} else {
		check_answers(boot);
		boot->machine.vm->ops->stop(boot->machine.vm); /* it is over when the machine is */
	}
}

/* How much longer than 3 s this guest takes from its first byte to its hello, in percent. */
static guint measure_patience(const Boot *boot)
{
	gint64 took_us = boot->agent.hello_us - boot->machine.first_byte_us;

	if (!boot->machine.first_byte_us)
		return 100;
	return (guint)CLAMP(100 * took_us / USUAL_HELLO_US, 100, AUTO_PATIENCE_MAX);
}

guint boot_patience(const Boot *boot)
{
	guint least = boot_host_is_emulated(&boot->config) ? EMULATED_HOST_PATIENCE : 100;

	if (boot->config.scenario->patience)
		return 100 * (guint)boot->config.scenario->patience;
	return boot->agent.hello ? MAX(least, measure_patience(boot)) : least;
}

/* The default deadlines, times the patience with this guest. */
static BootDeadlines patient_deadlines(const Boot *boot)
{
	guint percent = boot_patience(boot);
	BootDeadlines d = boot->config.deadlines;
	guint *const all[] = {&d.console_ms, &d.hello_ms,	 &d.plug_ms, &d.setup_ms,
			      &d.quiet_ms,   &d.unresponsive_ms, &d.stop_ms, &d.exit_ms};

	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		*all[i] = (guint)((guint64)*all[i] * percent / 100);
	return d;
}

/*
 * The longest that a boot can take from the start of its guest, whatever guest, machine and host
 * do: all deadlines together.
 */
static guint64 hard_end_ms(const BootDeadlines *d, const Scenario *s)
{
	return (guint64)d->hello_ms + d->plug_ms + d->setup_ms + s->duration_ms + s->linger_ms +
	       2ull * d->stop_ms + d->quiet_ms + d->unresponsive_ms + d->exit_ms +
	       2ull * ANSWER_MS + HARD_MS;
}

/* Nothing that the guest, the machine or its host does postpones this one. */
static gboolean is_overdue(Boot *boot, const BootDeadlines *d, gint64 now_us)
{
	guint64 most_ms =
		hard_end_ms(d, boot->config.scenario) + (guint64)boot->acts.held_us / 1000;

	if (boot->machine.launching || boot->life.overdue ||
	    now_us - boot->machine.started_us < (gint64)most_ms * 1000)
		return FALSE;
	boot->life.overdue = TRUE;
	boot_fail(boot, g_strdup_printf("the boot had not ended after %" G_GUINT64_FORMAT " s",
					most_ms / 1000));
	boot_end(boot, FALSE);
	boot->machine.vm->ops->stop(boot->machine.vm);
	return TRUE;
}

void boot_check_deadlines(Boot *boot, gint64 now_us)
{
	const BootDeadlines d = patient_deadlines(boot);
	const Scenario *s = boot->config.scenario;
	/* What is held by us says nothing, and gets the time that it lacks. */
	gint64 held_us = boot->life.now == BOOT_RUN ? boot->acts.held_us : 0;
	const gint64 since_us[SINCE_COUNT] = {
		[SINCE_STATE] = boot->life.since_us + held_us,
		[SINCE_RAN] = boot_threads_since(boot, now_us),
		[SINCE_FIRST] = boot->machine.first_byte_us,
		[SINCE_HEARD] = MAX(boot->agent.heard_us,
				    MAX(boot->machine.started_us, boot->acts.released_us)),
		[SINCE_CONSOLE] = boot->machine.console_us,
		[SINCE_SPLAT] = MAX(boot->splats.first_us, boot->acts.released_us),
	};
	const gint64 limit_ms[LIMIT_COUNT] = {
		[LIMIT_NONE] = G_MININT64,
		[LIMIT_CONSOLE] = d.console_ms,
		[LIMIT_HELLO] = d.hello_ms,
		[LIMIT_PLUG] = d.plug_ms,
		[LIMIT_SETUP] = d.setup_ms,
		[LIMIT_ANSWER] = ANSWER_MS,
		[LIMIT_QUIET] = d.quiet_ms,
		[LIMIT_UNRESPONSIVE] = d.unresponsive_ms,
		[LIMIT_DURATION] = (gint64)s->duration_ms + d.stop_ms,
		[LIMIT_LINGER] = (gint64)s->linger_ms,
		[LIMIT_STOP] = d.stop_ms,
		[LIMIT_EXIT] = d.exit_ms,
	};
	guint holds;

	if (is_overdue(boot, &d, now_us))
		return;
	if (boot->life.now == BOOT_ENDING)
		switch_off(boot);
	holds = conditions(boot);
	for (guint i = 0; i < G_N_ELEMENTS(deadline); i++) {
		const Deadline *row = &deadline[i];

		if (row->state != boot->life.now || (holds & row->when) != row->when ||
		    (holds & row->unless) ||
		    (now_us - since_us[row->since]) / 1000 <= limit_ms[row->limit])
			continue;
		pass(boot, row);
		return;
	}
}

void boot_state_clear(Boot *boot)
{
	g_clear_pointer(&boot->life.last_words, triage_free);
	g_free(boot->life.quiet);
	g_free(boot->life.infra);
}
