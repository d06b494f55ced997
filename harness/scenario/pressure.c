/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See pressure.h. */
#include "harness/scenario/pressure.h"
#include "host-driver/pressure/discard.h"
#include "host-driver/base/rng.h"

#include <string.h>

const PressureInfo pressure_infos[PRESSURE_KINDS] = {
#define X(id, name, help) {name, help},
	PRESSURES(X)
#undef X
};

struct PressureSchedule {
	const Pressure *pressure;
	guint cpus;
	Rng rng;
	guint64 free_ms; /* the end of the last step */
	guint64 t_ms;
};

gboolean pressure_find(const char *label, PressureKind *kind)
{
	for (guint i = 0; i < PRESSURE_KINDS; i++) {
		gsize len = strlen(pressure_infos[i].name);

		if (strncmp(label, pressure_infos[i].name, len) == 0 &&
		    (label[len] == '\0' || label[len] == '#')) {
			*kind = i;
			return TRUE;
		}
	}
	return FALSE;
}

void pressure_free(Pressure *pressure)
{
	g_free(pressure->label);
	g_free(pressure);
}

PressureSchedule *pressure_schedule_new(const Pressure *pressure, guint cpus, guint64 seed)
{
	PressureSchedule *schedule = g_new0(PressureSchedule, 1);

	schedule->pressure = pressure;
	schedule->cpus = cpus;
	rng_seed(&schedule->rng, seed);
	return schedule;
}

PressureStep pressure_schedule_next(PressureSchedule *schedule)
{
	const Pressure *p = schedule->pressure;
	guint64 least_ms = p->period_ms - MIN(p->jitter_ms, p->period_ms);
	guint64 half_ms = p->hold_ms / 2;
	PressureStep step;

	schedule->t_ms += least_ms + rng_below(&schedule->rng, 2 * p->jitter_ms + 1);
	schedule->t_ms = MAX(schedule->t_ms, schedule->free_ms + 1);
	step.t_ms = schedule->t_ms;
	step.hold_ms = p->hold_ms - rng_below(&schedule->rng, half_ms + 1);
	step.vcpu = (guint)rng_below(&schedule->rng, schedule->cpus);
	/* Of this kind alone: the others keep the steps that their seeds gave before. */
	step.place =
		p->kind == PRESSURE_DISCARD ? (guint)rng_below(&schedule->rng, DISCARD_PLACES) : 0;
	schedule->free_ms = step.t_ms + step.hold_ms;
	return step;
}

void pressure_schedule_free(PressureSchedule *schedule)
{
	g_free(schedule);
}
