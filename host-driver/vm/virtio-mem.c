/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See virtio-mem.h. All sizes in here are counted in blocks of the device. */
#include "host-driver/vm/virtio-mem.h"
#include "host-driver/base/rng.h"

#define WHOLE_ONE_IN 8
#define NEAR_ONE_IN  2
#define TRIES	     64 /* a fitting target is mostly the first or second drawn */
#define MOVE_ONE_IN  64
#define CHURN_REACH  8

const char *const resize_mode_names[] = {"partly", "churn", "remove", NULL};

struct ResizeSchedule {
	guint64 block_size_bytes;
	guint64 lo, hi;
	guint64 whole; /* device blocks in a memory block; 1: no block can be partly plugged */
	guint64 period_ms, jitter_ms;
	guint64 t_ms, last;
	guint64 base; /* CHURN: what the steps go around */
	ResizeMode mode;
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
	s->mode = limits->mode;
	if (s->mode == RESIZE_REMOVE &&
	    s->lo / s->whole + (s->lo % s->whole != 0) >= s->hi / s->whole)
		s->mode = RESIZE_PARTLY;
	rng_seed(&s->rng, seed);
	return s;
}

static guint64 next_partly(ResizeSchedule *s)
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

/* Around the base, inside its memory block: neither full nor empty, so the block stays. */
static guint64 next_churn(ResizeSchedule *s)
{
	guint64 lo = s->lo, hi = s->hi;

	if (!s->started || rng_below(&s->rng, MOVE_ONE_IN) == 0)
		return s->base = next_partly(s);
	if (s->whole > 2) {
		lo = MAX(lo, s->base - s->base % s->whole + 1);
		hi = MIN(hi, s->base - s->base % s->whole + s->whole - 1);
	}
	lo = MAX(lo, s->base - MIN(CHURN_REACH, s->base));
	hi = MIN(hi, s->base + MIN(CHURN_REACH, hi - MIN(hi, s->base)));
	if (lo >= hi)
		return s->base = next_partly(s);
	for (int i = 0; i < TRIES; i++) {
		guint64 target = lo + rng_below(&s->rng, hi - lo + 1);

		if (target != s->last)
			return target;
	}
	return s->last == hi ? lo : hi;
}

static guint64 next_remove(ResizeSchedule *s)
{
	guint64 lo = s->lo / s->whole + (s->lo % s->whole != 0), hi = s->hi / s->whole;
	guint64 last = s->last / s->whole;

	if (!s->started || rng_below(&s->rng, NEAR_ONE_IN) == 0) {
		for (int i = 0; i < TRIES; i++) {
			guint64 target = lo + rng_below(&s->rng, hi - lo + 1);

			if (!s->started || target != last)
				return target * s->whole;
		}
	}
	if (last == lo || (last < hi && rng_below(&s->rng, 2)))
		return (last + 1) * s->whole;
	return (last - 1) * s->whole;
}

static guint64 next_target(ResizeSchedule *s)
{
	switch (s->mode) {
	case RESIZE_CHURN:
		return next_churn(s);
	case RESIZE_REMOVE:
		return next_remove(s);
	case RESIZE_PARTLY:
		break;
	}
	return next_partly(s);
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
