/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All events that the agent can send, as lines of the form `event name=NAME key=value ...`. The
 * agent can only send what is in this list; the host says for each entry what it means for the
 * verdict (harness/verdict/impairment.c), so it cannot miss one. Events of an op also have inst=
 * and op=.
 */
#ifndef PFNHUNT_EVENTS_H
#define PFNHUNT_EVENTS_H

/* X(id, name, "keys: meaning") */
#define AGENT_EVENTS(X)                                                                            \
	X(MODULE_FAILED, "module_failed", "path= error=: the kernel does not load this module")    \
	X(SET_FAILED, "set_failed", "path= error=: a file of the plan was not written")            \
	X(ONLINE_POLICY_FAILED, "online_policy_failed",                                            \
	  "policy= error=: new blocks do not go online as the plan says")                          \
	X(NO_DRIVER, "no_driver", "the kernel has no driver of virtio-mem: nothing is plugged")    \
	X(PLUG_TIMEOUT, "plug_timeout", "bytes= seen=: what was to be plugged, and what was")      \
	X(KMSG_OVERRUN, "kmsg_overrun", "the kernel's log was faster than its reader")             \
	X(LINES_DROPPED, "lines_dropped", "count=: the host did not read fast enough")             \
	X(EVENTS_LOST, "events_lost", "count=: an op had more to tell at once than there is room") \
	X(STUCK, "stuck", "deadline_ms=: an op did not end when told to")                          \
	X(NOT_PINNED, "not_pinned", "cpu=: the op does not run where the plan says")               \
	X(SCHED_REFUSED, "sched_refused", "the op has not the scheduling class of the plan")       \
	X(OFFLINE_OVERDUE, "offline_overdue", "block= ms=: ended by a signal at last")             \
	X(ONLINE_OVERDUE, "online_overdue", "block= ms=: ended by a signal at last")               \
	X(OFFLINE_ERRNO, "offline_errno", "block= errno=: not one that the kernel is known for")   \
	X(ONLINE_ERRNO, "online_errno", "block= errno=: not one that the kernel is known for")     \
	X(ONLY_REFUSED, "only_refused",                                                            \
	  "refused= errno=: for half of the run or more no offline of this hammer has got as far " \
	  "as MEM_GOING_OFFLINE: so many in a row; the errno is the last one's")                   \
	X(OP_KILLED, "op_killed",                                                                  \
	  "signal= addr=: the op was ended by it: a page of its memory was poisoned")              \
	X(OOM_KILLED, "oom_killed", "count=: the OOM killer has ended processes of the guest")     \
	X(UNBOUND, "unbound", "device= errno=: the driver was taken away from a device")           \
	X(BOUND, "bound", "device= errno=: the driver was given a device again")                   \
	X(CENSUS, "census", "plugged_pages= unread_blocks=: what the guest uses of the devices")   \
	X(STRESS_METRIC, "stress_metric", "of=STRESSOR bogo_ops= real_ms=: what stress-ng did")

enum agent_event {
#define X(id, name, help) AGENT_EVENT_##id,
	AGENT_EVENTS(X)
#undef X
		AGENT_EVENT_COUNT
};

struct agent_event_info {
	const char *name;
	const char *help; /* keys, then ": " and the meaning */
};
extern const struct agent_event_info agent_event_table[AGENT_EVENT_COUNT];

#endif
