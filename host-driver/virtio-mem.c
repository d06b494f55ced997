/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See virtio-mem.h. All sizes in here are counted in blocks of the device. */
#include "host-driver/virtio-mem.h"
#include "host-driver/rng.h"

#define WHOLE_ONE_IN 8
#define NEAR_ONE_IN  2
#define TRIES	     64 /* a fitting target is mostly the first or second drawn */

struct ResizeSchedule {
	guint64 block_size_bytes;
	guint64 lo, hi;
	guint64 whole; /* device blocks in a memory block; 1: no block can be partly plugged */
	guint64 period_ms, jitter_ms;
	guint64 t_ms, last;
	gboolean started;
	Rng rng;
};

ResizeSchedule *resize_schedule_new(const ResizeLimits *limits, guint64 seed)
{
	ResizeSchedule *s = g_new0(ResizeSchedule, 1);
	guint64 block = MAX(limits->block_size_bytes, 1);

	s->block_size_bytes = block;
	s->lo = limits->min_bytes / block + (limits->min_bytes % block != 0);
	s->hi = MAX(limits->max_bytes / block, s->lo);
	s->whole = limits->memory_block_bytes % block ? 1 : limits->memory_block_bytes / block;
	s->whole = MAX(s->whole, 1);
	s->period_ms = MAX(limits->period_ms, 1);
	s->jitter_ms = MIN(limits->jitter_ms, s->period_ms - 1);
	rng_seed(&s->rng, seed);
	return s;
}

static guint64 next_target(ResizeSchedule *s)
{
	for (int i = 0; i < TRIES; i++) {
		gboolean whole = s->whole > 1 && rng_below(&s->rng, WHOLE_ONE_IN) == 0;
		gboolean near = rng_below(&s->rng, NEAR_ONE_IN) == 0;
		guint64 lo = s->lo, hi = s->hi, target;

		if (near && s->started) {
			lo = MAX(lo, s->last - MIN(s->whole, s->last));
			hi = MIN(hi, s->last + MIN(s->whole, hi - s->last));
		}
		target = lo + rng_below(&s->rng, hi - lo + 1);
		if (whole)
			target -= target % s->whole;
		else if (s->whole > 1 && target % s->whole == 0)
			continue;
		if (target >= s->lo && !(s->started && target == s->last))
			return target;
	}
	return s->started && s->last == s->hi ? s->lo : s->hi;
}

ResizeStep resize_schedule_next(ResizeSchedule *s)
{
	s->t_ms += s->period_ms - s->jitter_ms + rng_below(&s->rng, 2 * s->jitter_ms + 1);
	s->last = next_target(s);
	s->started = TRUE;
	return (ResizeStep){.t_ms = s->t_ms, .target_bytes = s->last * s->block_size_bytes};
}

void resize_schedule_free(ResizeSchedule *s)
{
	g_free(s);
}
