/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a virtio-mem device is resized, and to what: an endless schedule, made of a seed alone.
 * It keeps the guest's last memory block partly plugged, because only the unplugged part of
 * such a block is fake-offline, which is what the walkers trip over.
 */
#ifndef PFNHUNT_VIRTIO_MEM_H
#define PFNHUNT_VIRTIO_MEM_H

#include <glib.h>

typedef struct {
	guint64 min_bytes, max_bytes; /* of the targets, both included */
	guint64 block_size_bytes;     /* of the device: every target is a multiple */
	guint64 memory_block_bytes;   /* the guest's; hostile, 0 = unknown: all targets are alike */
	guint64 period_ms, jitter_ms; /* the gaps are period +- jitter */
} ResizeLimits;

typedef struct {
	guint64 t_ms; /* since the start of the run, rising by at least 1 */
	guint64 target_bytes;
} ResizeStep;

typedef struct ResizeSchedule ResizeSchedule;

/*
 * @limits is copied. Bounds are rounded inwards to the device's block size, a jitter of the
 * period or more is cut to just below it. The same limits and seed give the same steps
 * everywhere. Never NULL.
 */
ResizeSchedule *resize_schedule_new(const ResizeLimits *limits, guint64 seed);
/*
 * The next step. Seven of eight targets leave a memory block partly plugged (whenever the
 * limits allow one), the others are whole blocks, so that blocks get removed and added too.
 * Half of the steps move by less than two memory blocks. Two targets in a row differ.
 */
ResizeStep resize_schedule_next(ResizeSchedule *schedule);
void resize_schedule_free(ResizeSchedule *schedule); /* NULL is good */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResizeSchedule, resize_schedule_free)

#endif
