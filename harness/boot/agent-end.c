/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest whose init dies panics, and one whose memory is too small for what it is to do does so,
 * too. Neither is the kernel's doing, unless a complaint of the kernel stands before it: then the
 * panic is one of that one's consequences, and never comes here.
 */
#include "harness/boot/internal.h"

#include <string.h>

/* The agent's last words (guest-agent/op/thread.h); more of a line is not needed. */
#define FATAL	   "pfnhunt-agent: fatal signal "
#define LINE_BYTES 512

#define KILL_INIT "Attempted to kill init!"
#define EXIT_CODE "exitcode=0x"

static void look(Boot *boot, const char *line)
{
	const char *words = strstr(line, FATAL);

	if (words && !record_event_count(boot->record, HOST_EVENT_AGENT_DIED, NULL))
		record_event(boot->record, HOST_EVENT_AGENT_DIED, "reason",
			     words + strlen("pfnhunt-agent: "));
}

void boot_agent_end_feed(Boot *boot, TriageSource source, const char *data, gsize len)
{
	GString *line = boot->splats.line;

	if (source == TRIAGE_KMSG) {
		g_autofree char *record = g_strndup(data, MIN(len, LINE_BYTES));

		look(boot, record);
		return;
	}
	for (gsize i = 0; i < len; i++) {
		if (data[i] != '\n' && data[i] != '\r') {
			if (line->len < LINE_BYTES)
				g_string_append_c(line, data[i] ? data[i] : '?');
			continue;
		}
		look(boot, line->str);
		g_string_truncate(line, 0);
	}
}

static gboolean is_out_of_memory(const Splat *splat)
{
	return strstr(splat->header, "System is deadlocked on memory") ||
	       strstr(splat->header, "panic - not syncing: Out of memory");
}

gboolean boot_is_agent_end(const Splat *splat)
{
	return splat->kind == KIND_PANIC &&
	       (strstr(splat->header, KILL_INIT) || is_out_of_memory(splat));
}

/* What init's exit code says, as of wait(2). (transfer full) */
static char *how_of(const char *header)
{
	const char *digits = strstr(header, EXIT_CODE);
	guint64 code = digits ? g_ascii_strtoull(digits + strlen(EXIT_CODE), NULL, 16) : 0;

	if (code & 0x7f)
		return g_strdup_printf("killed by signal %u", (guint)(code & 0x7f));
	return digits ? g_strdup_printf("exit status %u", (guint)(code >> 8 & 0xff))
		      : g_strdup(KILL_INIT);
}

static void conclude(Boot *boot, const Triage *triage)
{
	const GPtrArray *all = triage_incidents(triage);

	for (guint i = 0; i < all->len; i++) {
		const Splat *cause = ((const Incident *)g_ptr_array_index(all, i))->cause;
		g_autofree char *how = NULL;

		if (!boot_is_agent_end(cause))
			continue;
		if (is_out_of_memory(cause)) {
			record_event(boot->record, HOST_EVENT_OUT_OF_MEMORY, "reason",
				     cause->title);
		} else if (!record_event_count(boot->record, HOST_EVENT_AGENT_DIED, NULL)) {
			how = how_of(cause->header);
			record_event(boot->record, HOST_EVENT_AGENT_DIED, "reason", how);
		}
	}
}

void boot_agent_end_conclude(Boot *boot)
{
	conclude(boot, boot->splats.baseline);
	conclude(boot, boot->splats.triage);
}
