// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of the agent's events as a table, for both ends of the wire. */
#include "guest-agent/contract/events.h"

const struct agent_event_info agent_event_table[AGENT_EVENT_COUNT] = {
#define X(id, name, help) [AGENT_EVENT_##id] = {name, help},
	AGENT_EVENTS(X)
#undef X
};
