/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared picture of what there is to aim at: the memory blocks of virtio-mem devices, which
 * of them the hammers work on, and the ranges of fake-offline pages in those. The core writes
 * it, ops read it without locks. When nothing hammers, the ranges are those of all partly
 * plugged blocks.
 */
#ifndef PFNHUNT_TARGETS_H
#define PFNHUNT_TARGETS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TARGETS_BLOCKS_MAX 1024
#define TARGETS_RANGES_MAX 256

enum target_flag {
	TARGET_ONLINE = 1,
	TARGET_MOVABLE = 2,  /* in, or allowed into, ZONE_MOVABLE */
	TARGET_DEVICE = 4,   /* lies in a virtio-mem device */
	TARGET_PARTLY = 8,   /* some of its pages are fake-offline, some are not */
	TARGET_HAMMERED = 16 /* a hammer has chosen it */
};

struct target_block {
	uint32_t number; /* of memoryN */
	uint32_t flags;
	uint64_t fake_offline_pages; /* as last seen while it was online */
};

struct target_range {
	uint64_t start_pfn, end_pfn; /* [start, end) */
};

struct targets {
	uint64_t generation; /* changes with each publication that differs; 0: nothing yet */
	uint64_t block_pages;
	uint64_t block_count, range_count;
	struct target_block block[TARGETS_BLOCKS_MAX]; /* ascending */
	struct target_range range[TARGETS_RANGES_MAX]; /* ascending, disjoint */
};

/* One writer, any number of readers. */
struct targets_box {
	_Atomic uint64_t seq; /* odd while the words change */
	_Atomic uint64_t word[sizeof(struct targets) / sizeof(uint64_t)];
};

/* Publishes @next with a new generation unless it says the same as the last one. */
void targets_publish(struct targets_box *box, struct targets *next);
/*
 * Copies the last publication into @out if its generation is not that of @out. Returns whether
 * it did. Never blocks; false as well when the writer was at it just now: ask again later.
 */
bool targets_read(struct targets_box *box, struct targets *out);

#endif
