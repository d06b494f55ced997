/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went wrong on the way: what agent and host told is counted, and what only the whole boot
 * shows is recorded as an event of the host at its end, so that there is one list of all.
 */
#include "harness/boot/internal.h"
#include "host-driver/base/json.h"

/* Fewer resizes or looks than these say nothing. */
#define RESIZES_LEAST 2
#define LOOKS_LEAST   3

static guint64 count_of(const Boot *boot, HostEvent event)
{
	return record_event_count(boot->record, event, NULL);
}

/* All that was asked for was refused. */
static void conclude_refused(Boot *boot, HostEvent asked, HostEvent failed, HostEvent none)
{
	guint64 count = count_of(boot, asked);
	const char *why = NULL;

	if (count && record_event_count(boot->record, failed, &why) == count)
		record_event(boot->record, none, "reason", why ? why : "");
}

static guint64 offlines_of(const Boot *boot)
{
	guint64 sum = 0;

	for (guint i = 0; i < boot->agent.op_count; i++)
		sum += boot->agent.ops[i].hammer ? boot->agent.ops[i].offlines : 0;
	return sum;
}

static void conclude_sizes(Boot *boot)
{
	const BootMemory *memory = &boot->memory;
	const Plan *plan = boot->plan;
	gboolean resized = count_of(boot, HOST_EVENT_RESIZE) >= RESIZES_LEAST;

	if ((plan->plug_bytes || resized) && !memory->most_bytes)
		record_event(boot->record, HOST_EVENT_NOT_PLUGGED, NULL, NULL);
	else if (resized && memory->run_looks >= LOOKS_LEAST && !memory->changes)
		record_event(boot->record, HOST_EVENT_SIZE_STAYED, NULL, NULL);
	if (memory->most_bytes > plan->plug_bytes + boot->resize.most_bytes)
		record_event(boot->record, HOST_EVENT_OVER_PLUGGED, NULL, NULL);
	if (!memory->changes && !offlines_of(boot) &&
	    count_of(boot, HOST_EVENT_DIMM_PLUG) == count_of(boot, HOST_EVENT_DIMM_PLUG_FAILED))
		record_event(boot->record, HOST_EVENT_NO_CHANGE, NULL, NULL);
}

static void add(GPtrArray *list, const ImpairmentKind *kind, gboolean host, guint64 count,
		const char *detail)
{
	Impairment *i;

	if (count == 0 || kind->effect == IMPAIRMENT_NONE)
		return;
	i = g_new0(Impairment, 1);
	i->kind = kind;
	i->host = host;
	i->count = count;
	i->detail = detail && *detail ? units_printable(detail) : NULL;
	g_ptr_array_add(list, i);
}

GPtrArray *boot_weigh(Boot *boot)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(impairment_free);

	boot_agent_end_conclude(boot);
	conclude_refused(boot, HOST_EVENT_RESIZE, HOST_EVENT_RESIZE_FAILED, HOST_EVENT_NO_RESIZE);
	conclude_refused(boot, HOST_EVENT_BALLOON, HOST_EVENT_BALLOON_FAILED,
			 HOST_EVENT_NO_BALLOON);
	conclude_refused(boot, HOST_EVENT_DIMM_PLUG, HOST_EVENT_DIMM_PLUG_FAILED,
			 HOST_EVENT_NO_DIMM);
	/* Of a boot that never came so far the verdict tells enough. */
	if (boot->agent.done && boot->agent.done_ops)
		conclude_sizes(boot);
	for (guint e = 0; e < HOST_EVENT_COUNT; e++) {
		const char *detail;
		guint64 count = record_event_count(boot->record, e, &detail);

		add(list, impairment_of_host(e), TRUE, count, detail);
	}
	for (guint e = 0; e < AGENT_EVENT_COUNT; e++)
		add(list, impairment_of_agent(e), FALSE, boot->agent.events[e],
		    boot->agent.event_detail[e]);
	return list;
}
