/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says, as it comes: on the console and in its log, before the first hotplug event
 * and from then on. What comes before it is the kernel's baseline and goes into a triage of its
 * own. Each source is cut where it says the agent's own words for that event ("pfnhunt: phase
 * plug"), or else when the agent's message of it comes: what is of after it must never be lost in
 * the baseline.
 */
#include "harness/boot/internal.h"

#include <string.h>

/* Records of the kernel's log that come late are of before when they are this much older. */
#define CLOCKS_APART_US G_USEC_PER_SEC

static const char *mark_of(const Boot *boot)
{
	return boot->plan->plug_bytes ? "pfnhunt: phase plug" : "pfnhunt: phase run";
}

static void on_splat(const Splat *splat, const Incident *incident, gpointer user)
{
	Boot *boot = user;
	BootSplats *splats = &boot->splats;
	g_autofree char *title = units_printable(splat->title);

	/* Each splat holds up the guest for 100 ms and more at an emulated UART. */
	if (++splats->all == boot->config.scenario->console_splats && boot->life.now == BOOT_RUN) {
		record_event(boot->record, HOST_EVENT_CONSOLE_QUIETED, NULL, NULL);
		boot_send_line(boot, "set path=/proc/sys/kernel/printk value=4\n");
	}
	if (incident->known && !boot->config.strict) {
		/* The cause may come after what it led to: then none of it was a find. */
		if (splats->first_us && triage_is_known(splats->triage))
			splats->first_us = 0;
		return;
	}
	if (boot_is_agent_end(splat))
		return;
	splats->count++;
	if (splats->first_us == 0 && boot->life.now < BOOT_ENDING) {
		splats->first_us = g_get_monotonic_time();
		boot_read_recorder(boot);
	}
	/* A storm of splats is in the record already; the person needs the first few. */
	if (splats->count <= 3 && boot->listener->splat)
		boot->listener->splat(title, boot->user);
}

void boot_splats_init(Boot *boot)
{
	const TriageConfig config = {.emulated = boot_is_emulated(&boot->config),
				     .hotplug = TRUE,
				     .kernel = boot->config.kernel->release,
				     .known_issues = boot->config.known_issues};
	BootSplats *splats = &boot->splats;

	splats->triage = triage_new(&config, on_splat, boot);
	splats->baseline = triage_new(&config, NULL, NULL);
	splats->tail = g_string_new(NULL);
	splats->line = g_string_new(NULL);
	splats->cut[TRIAGE_CONSOLE] = splats->cut[TRIAGE_KMSG] =
		g_str_equal(boot->config.scenario->baseline, "incident");
}

gboolean boot_is_hunting(const Boot *boot)
{
	return boot->agent.hotplug_ns >= 0;
}

/* How many of @data's bytes are of before the event; the mark may lie in several pieces. */
static gsize console_before(Boot *boot, const char *data, gsize len)
{
	BootSplats *splats = &boot->splats;
	const char *mark = mark_of(boot), *found;
	gsize keep = strlen(mark) - 1, had = splats->tail->len, end;

	g_string_append_len(splats->tail, data, (gssize)len);
	found = memmem(splats->tail->str, splats->tail->len, mark, keep + 1);
	if (!found) {
		if (splats->tail->len > keep)
			g_string_erase(splats->tail, 0, (gssize)(splats->tail->len - keep));
		return len;
	}
	splats->cut[TRIAGE_CONSOLE] = TRUE;
	end = (gsize)(found - splats->tail->str) + keep + 1;
	return end > had ? end - had : 0;
}

/* From the run on, and while a guest that ended its run well switches itself off. */
static gboolean is_listening(const Boot *boot)
{
	return boot->life.now <= BOOT_STOPPING ||
	       (boot->life.now == BOOT_ENDING && boot->life.poweroff);
}

void boot_splats_feed(Boot *boot, TriageSource source, const char *data, gsize len, gint64 t_us,
		      gint64 host_us)
{
	BootSplats *splats = &boot->splats;
	gsize before = 0;

	if (!is_listening(boot))
		return;
	boot_agent_end_feed(boot, source, data, len);
	if (!splats->cut[source] && source == TRIAGE_CONSOLE)
		before = console_before(boot, data, len);
	else if (!splats->cut[source] && boot_is_hunting(boot) &&
		 t_us > boot->agent.hotplug_ns / 1000 - CLOCKS_APART_US)
		splats->cut[source] = TRUE;
	else if (!splats->cut[source])
		before = len;
	if (source == TRIAGE_KMSG && len >= strlen(mark_of(boot)) &&
	    memcmp(data, mark_of(boot), strlen(mark_of(boot))) == 0)
		splats->cut[source] = TRUE;
	if (before)
		triage_feed(splats->baseline, source, data, before, t_us, host_us);
	if (before < len)
		triage_feed(splats->triage, source, data + before, len - before, t_us, host_us);
}

void boot_splats_hotplug(Boot *boot)
{
	boot->splats.cut[TRIAGE_CONSOLE] = TRUE;
}

void boot_splats_settle(Boot *boot, gint64 now_us)
{
	if (is_listening(boot)) {
		triage_settle(boot->splats.baseline, now_us);
		triage_settle(boot->splats.triage, now_us);
	}
}

void boot_splats_finish(Boot *boot)
{
	triage_finish(boot->splats.baseline);
	triage_finish(boot->splats.triage);
}

/*
 * After an artefact of the emulator nothing that the guest says is evidence of a race, and an end
 * that the agent brought upon it never is.
 */
gboolean boot_is_evidence(const Boot *boot, const Incident *incident)
{
	const GPtrArray *all = triage_incidents(boot->splats.triage);

	if (incident->family == FAMILY_EMULATOR || boot_is_agent_end(incident->cause))
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		const Incident *other = g_ptr_array_index(all, i);

		if (other->family == FAMILY_EMULATOR &&
		    other->cause->host_us < incident->cause->host_us)
			return FALSE;
	}
	return TRUE;
}

double boot_after_go_s(const Boot *boot, gint64 t_us)
{
	if (t_us < 0 || boot->agent.go_ns < 0)
		return -1;
	return MAX(((double)t_us * 1000 - (double)boot->agent.go_ns) / 1e9, 0);
}

void boot_splats_clear(Boot *boot)
{
	g_clear_pointer(&boot->splats.triage, triage_free);
	g_clear_pointer(&boot->splats.baseline, triage_free);
	if (boot->splats.tail)
		g_string_free(boot->splats.tail, TRUE);
	if (boot->splats.line)
		g_string_free(boot->splats.line, TRUE);
}
