/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pressure from the host: takes CPU time or memory away from a running guest at seeded moments, as
 * an overcommitted host does. A walker whose vCPU is descheduled between taking a reference and
 * dropping it holds it for milliseconds instead of nanoseconds. One table feeds the scenarios,
 * `pfnhunt list pressure` and the boots; the keys of each kind are in scenario_keys.
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
	char *label; /* as in the group's name */
	guint64 period_ms, jitter_ms, hold_ms;
	guint64 count; /* vCPUs or threads; 0: all vCPUs, or a thread for each host CPU */
	guint64 bytes; /* of memory at a time; 0: all */
} Pressure;

/* Sets @kind to the one named by @label up to a '#'; FALSE if there is none. */
gboolean pressure_find(const char *label, PressureKind *kind);
void pressure_free(Pressure *pressure);

typedef struct {
	guint64 t_ms;	 /* since the start of the run; not before the previous step ends */
	guint64 hold_ms; /* from half of hold_ms to all of it */
	guint vcpu;	 /* vcpu-stop: the first; the others follow, modulo their number */
	guint place;	 /* discard: where it begins, of DISCARD_PLACES places in memory */
} PressureStep;

typedef struct PressureSchedule PressureSchedule;

/* The same arguments give the same steps everywhere. @pressure is borrowed. Never NULL. */
PressureSchedule *pressure_schedule_new(const Pressure *pressure, guint cpus, guint64 seed);
PressureStep pressure_schedule_next(PressureSchedule *schedule);
void pressure_schedule_free(PressureSchedule *schedule); /* may be NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PressureSchedule, pressure_schedule_free)

#endif
