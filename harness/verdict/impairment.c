/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See impairment.h. */
#include "harness/verdict/impairment.h"

static const ImpairmentKind host[HOST_EVENT_COUNT] = {
#define X(id, name, effect, text) [HOST_EVENT_##id] = {name, text, IMPAIRMENT_##effect},
	HOST_EVENTS(X)
#undef X
};

/*
 * What hides a splat makes a boot unexposed; so does a setting of the scenario that was not made.
 * `stuck` and the overdue ones are judged on their own, as hangs.
 */
static const ImpairmentKind agent[AGENT_EVENT_COUNT] = {
#define ROW(id, name, effect, text) [AGENT_EVENT_##id] = {name, text, IMPAIRMENT_##effect}
	ROW(MODULE_FAILED, "module_failed", NOTE, "a module was not loaded"),
	ROW(SET_FAILED, "set_failed", UNEXPOSED, "a setting of the scenario was not made"),
	ROW(ONLINE_POLICY_FAILED, "online_policy_failed", UNEXPOSED,
	    "new blocks do not go online as the scenario says"),
	ROW(NO_DRIVER, "no_driver", INFRA, "the kernel has no driver of virtio-mem"),
	ROW(PLUG_TIMEOUT, "plug_timeout", NOTE, "the memory was not plugged in time"),
	ROW(KMSG_OVERRUN, "kmsg_overrun", UNEXPOSED,
	    "the kernel's log was not read whole: it may have had a splat"),
	ROW(LINES_DROPPED, "lines_dropped", UNEXPOSED,
	    "lines of the agent were dropped: they may have told of a splat"),
	ROW(EVENTS_LOST, "events_lost", UNEXPOSED, "events of an op were lost"),
	ROW(STUCK, "stuck", NOTE, "an op did not end when told to"),
	ROW(NOT_PINNED, "not_pinned", NOTE, "an op does not run on the CPU of the scenario"),
	ROW(SCHED_REFUSED, "sched_refused", NOTE, "an op has not its scheduling class"),
	ROW(OFFLINE_OVERDUE, "offline_overdue", NOTE, "an offline was ended by a signal"),
	ROW(ONLINE_OVERDUE, "online_overdue", NOTE, "an online was ended by a signal"),
	ROW(OFFLINE_ERRNO, "offline_errno", NOTE, "an offline failed with an unusual error"),
	ROW(ONLINE_ERRNO, "online_errno", NOTE, "an online failed with an unusual error"),
	ROW(ONLY_REFUSED, "only_refused", NOTE, "a hammer's offlines were all refused"),
	ROW(OP_KILLED, "op_killed", NOTE, "a process of an op was killed"),
	ROW(OOM_KILLED, "oom_killed", NOTE, "the OOM killer ended processes of the guest"),
	ROW(UNBOUND, "unbound", NONE, "a device lost its driver"),
	ROW(BOUND, "bound", NONE, "a device got its driver back"),
	ROW(CENSUS, "census", NONE, "what the guest uses of the devices"),
	ROW(STRESS_METRIC, "stress_metric", NONE, "what stress-ng did"),
#undef ROW
};

const ImpairmentKind *impairment_of_host(HostEvent event)
{
	return &host[event];
}

const ImpairmentKind *impairment_of_agent(enum agent_event event)
{
	return &agent[event];
}

enum agent_event impairment_agent_event(const char *name)
{
	enum agent_event e = 0;

	while (e < AGENT_EVENT_COUNT && !g_str_equal(agent[e].name, name))
		e++;
	return e;
}

const char *impairment_effect_name(ImpairmentEffect effect)
{
	static const char *const names[] = {"none", "note", "unexposed", "infra"};

	return names[effect];
}

char *impairment_text(const Impairment *i)
{
	return i->detail ? g_strdup_printf("%s: %s", i->kind->text, i->detail)
			 : g_strdup(i->kind->text);
}

const Impairment *impairment_worst(const GPtrArray *list)
{
	const Impairment *worst = NULL;

	for (guint n = 0; n < list->len; n++) {
		const Impairment *i = g_ptr_array_index(list, n);

		if (!worst || i->kind->effect > worst->kind->effect)
			worst = i;
	}
	return worst;
}

void impairment_free(gpointer data)
{
	Impairment *i = data;

	g_free(i->detail);
	g_free(i);
}
