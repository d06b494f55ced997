/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pressure from the host: what takes the CPU, or the memory, away from a running guest at seeded
 * moments, as a loaded hypervisor does. A walker that loses its vCPU between taking a reference and giving it
 * back holds it for milliseconds instead of nanoseconds. One table feeds the scenarios, `pfnhunt
 * list pressure` and the boots; the keys of each kind stand in scenario_keys.
 */
#ifndef PFNHUNT_PRESSURE_H
#define PFNHUNT_PRESSURE_H

#include <glib.h>

/* X(id, name, help) */
#define PRESSURES(X)                                                                               \
	X(VCPU_STOP, "vcpu-stop",                                                                  \
	  "some vCPU threads stand still while the others run on: a hypervisor that runs "         \
	  "something else on their cores")                                                         \
	X(PAUSE, "pause",                                                                          \
	  "the whole machine stands still, its clock too: what a migration or a snapshot does")    \
	X(HOG, "hog",                                                                              \
	  "busy threads on the host's CPUs, which the scheduler lets run instead of vCPUs")        \
	X(DISCARD, "discard",                                                                      \
	  "pages of the guest's boot memory leave the host's memory for a file: the next access "  \
	  "waits for the disk")

typedef enum {
#define X(id, name, help) PRESSURE_##id,
	PRESSURES(X)
#undef X
		PRESSURE_KINDS
} PressureKind;

typedef struct {
	const char *name, *help;
} PressureInfo;
extern const PressureInfo pressure_infos[PRESSURE_KINDS];

/* One [pressure NAME] or [pressure NAME#LABEL] of a scenario. */
typedef struct {
	PressureKind kind;
	char *label; /* as the group says it */
	guint64 period_ms, jitter_ms, hold_ms;
	guint64 count; /* vCPUs, or threads; 0: all, or one for each host CPU */
	guint64 bytes; /* of memory at once; 0: all */
} Pressure;

/* The kind called as @label up to a '#'; FALSE when there is none. */
gboolean pressure_find(const char *label, PressureKind *kind);
void pressure_free(Pressure *pressure);

typedef struct {
	guint64 t_ms;	 /* since the start of the run; not before the end of the one before */
	guint64 hold_ms; /* half of the longest to all of it */
	guint vcpu;	 /* the first one of vcpu-stop; the others follow, round and round */
	guint place;	 /* where discard begins: DISCARD_PLACES are in the memory */
} PressureStep;

typedef struct PressureSchedule PressureSchedule;

/* The same arguments give the same steps everywhere. @pressure is borrowed. Never NULL. */
PressureSchedule *pressure_schedule_new(const Pressure *pressure, guint cpus, guint64 seed);
PressureStep pressure_schedule_next(PressureSchedule *schedule);
void pressure_schedule_free(PressureSchedule *schedule); /* may be NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PressureSchedule, pressure_schedule_free)

#endif
