/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host does to a running guest on a schedule: it resizes a virtio-mem device or the
 * balloon, plugs and unplugs DIMMs, puts pressure on vCPUs and memory (pressure.h), and forces
 * interleavings (choreography.h). One row a kind here says when, and writes the plan's text; harness/boot has the row that does it.
 */
#ifndef PFNHUNT_HOST_ACT_H
#define PFNHUNT_HOST_ACT_H

#include "harness/scenario/scenario.h"

/* Of most guests; the plan is made before this one says hello. */
#define MEMORY_BLOCK_BYTES (128ull << 20)

/* Parts of a boot that draw from its seed, each from its own stream: their numbers stay. */
enum { SEED_AGENT, SEED_RESIZE, SEED_BALLOON, SEED_ROTATE, SEED_PRESSURE, SEED_DIMM };

typedef enum {
	HOST_ACT_RESIZE,
	HOST_ACT_BALLOON,
	HOST_ACT_VCPU_STOP,
	HOST_ACT_PAUSE,
	HOST_ACT_HOG,
	HOST_ACT_DISCARD,
	HOST_ACT_DIMM,
	HOST_ACT_CHOREOGRAPHY,
	HOST_ACT_KINDS,
} HostActKind;

typedef struct {
	guint64 t_ms;	 /* since the start of the ops */
	guint64 hold_ms; /* until it ends; 0: it has no end */
	guint64 value;	 /* bytes of a resize or the balloon, DIMMs, the first vCPU, or the place */
} HostStep;

typedef struct HostAct HostAct;

/* All that @scenario, which is borrowed, asks for. GPtrArray of HostAct, (transfer full). */
GPtrArray *host_acts_new(const Scenario *scenario, guint64 seed);

HostActKind host_act_kind(const HostAct *act);
/* The virtio-mem device of a resize, else NULL. */
const char *host_act_device(const HostAct *act);
/* The [pressure] of the scenario that it is, or NULL. */
const Pressure *host_act_pressure(const HostAct *act);
/*
 * The same scenario and seed give the same steps everywhere. There is always a next one; that of a
 * choreography begins with the ops and lasts as long as they run.
 */
HostStep host_act_next(HostAct *act);
/* The words for @step of a pressure: "LABEL hold_ms=N vcpu=N". (transfer full) */
char *host_act_pressure_text(const HostAct *act, const HostStep *step);
/* The plan's line on the next step, with its '\n'. */
void host_act_append_next(HostAct *act, GString *text);

#endif
