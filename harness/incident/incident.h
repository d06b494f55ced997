/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splats to incidents: one cause in front, its consequences behind it. Which splat is the
 * cause, and which family of the race it is, say the rules in incident-rules.c, not the order
 * in which lines reached a console.
 */
#ifndef PFNHUNT_INCIDENT_H
#define PFNHUNT_INCIDENT_H

#include "harness/incident/triage.h"

typedef struct Incidents Incidents;

/* @emulated, @hotplug, @walkers as in TriageConfig; @walkers is copied. */
Incidents *incidents_new(gboolean emulated, gboolean hotplug, const char *const *walkers);
void incidents_free(Incidents *incidents);
void incidents_set_walkers(Incidents *incidents, const char *const *walkers);

/*
 * Takes note of @splat, which the caller keeps alive as long as the incidents, if TRUE is
 * returned. FALSE: it repeats what is there already; only its number counts, and the caller
 * may free it. @known: the known issue that it is, or NULL.
 */
gboolean incidents_add(Incidents *incidents, Splat *splat, const KnownIssue *known);
/* A splat that was added has been read better since: names and families go by it again. */
void incidents_update(Incidents *incidents, const Splat *splat, const KnownIssue *known);
/* The one that was last added to, or NULL; borrowed until the next is added. */
const Incident *incidents_last(const Incidents *incidents);

/* The guest had another accelerator than TCG after all: int3 is not the emulator's. */
void incidents_not_emulated(Incidents *incidents);

/* The log speaks of memory hotplug: what comes from here on may be of the race. */
void incidents_saw_hotplug(Incidents *incidents);

/* End of input: families and walkers are settled. */
void incidents_finish(Incidents *incidents);

/* Of Incident; borrowed. */
GPtrArray *incidents_list(Incidents *incidents);

/* Ranks below this are of stalls and ends: they follow whatever went wrong before. */
#define INCIDENT_RANK_PLAIN 10

/* This one is no complaint of its own: whatever was said before it explains it. */
#define INCIDENT_RANK_TRACE 0

/* How a splat was judged by the rules. */
typedef struct {
	IncidentFamily family;
	guint rank;	      /* of two splats of one incident, the higher is the cause */
	gboolean consequence; /* is one when something of the race is near */
	gboolean wild;	  /* by a pointer that leads nowhere, and no check of the kernel's own */
	const char *note; /* for the title, or NULL */
} IncidentJudgement;

/* Whose int3 is it? */
typedef enum {
	MACHINE_UNKNOWN, /* a log of anybody's: the splat's text must tell */
	MACHINE_TCG,
	MACHINE_OTHER,
} IncidentMachine;

/* The rule table's word on @splat. @hotplug: memory came or went in this log. */
IncidentJudgement incident_judge(const Splat *splat, IncidentMachine machine, gboolean hotplug);

/*
 * The walker that @splat's stack shows: an op's name, "block-monitor" when it was the agent's own
 * look at the blocks, or NULL. Static.
 */
const char *incident_walker(const Splat *splat);

#endif
