/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a virtio-mem device is resized, and to what: an endless schedule, made of a seed alone.
 * It keeps the guest's last memory block partly plugged, because only the unplugged part of
 * such a block is fake-offline, which is what the walkers trip over.
 */
#ifndef PFNHUNT_VIRTIO_MEM_H
#define PFNHUNT_VIRTIO_MEM_H

#include <glib.h>

typedef enum {
	RESIZE_PARTLY, /* anything, mostly with a partly plugged memory block at the end */
	RESIZE_CHURN,  /* sub-blocks of one memory block up and down; now and then another one */
	RESIZE_REMOVE, /* whole memory blocks, so that they come and go with their memmap */
} ResizeMode;
/* "partly", "churn", "remove", in the order of the enum, NULL-terminated. */
extern const char *const resize_mode_names[];

typedef struct {
	guint64 min_bytes, max_bytes; /* of the targets, both included */
	guint64 block_size_bytes;     /* of the device: every target is a multiple */
	guint64 memory_block_bytes;   /* the guest's; hostile, 0 = unknown: all targets are alike */
	guint64 period_ms, jitter_ms; /* the gaps are period +- jitter */
	ResizeMode mode;
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
 * The next step. Two targets in a row differ, whenever the limits allow two.
 * PARTLY: seven of eight targets leave a memory block partly plugged (whenever the limits allow
 * one), the others are whole blocks, so that blocks get removed and added too. Half of the
 * steps move by less than two memory blocks.
 * CHURN: up to eight sub-blocks above or below one value inside a memory block; one step in 64
 * goes on to another value. As a block that went offline and online again has forgotten its
 * sub-blocks' past, a hammer beside it makes most of them never-onlined ones.
 * REMOVE: whole memory blocks only; half of the steps move by one. Where the limits hold no two
 * of them it is PARTLY.
 */
ResizeStep resize_schedule_next(ResizeSchedule *schedule);
void resize_schedule_free(ResizeSchedule *schedule); /* may be NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResizeSchedule, resize_schedule_free)

#endif
