/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared picture of what there is to aim at: the memory blocks of virtio-mem devices, which
 * of them the hammers work on, and the ranges of fake-offline pages in those. The core writes
 * it, ops read it without locks. When nothing hammers, the walkers aim at all partly plugged
 * blocks.
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
	TARGET_MOVABLE = 2, /* in, or allowed into, ZONE_MOVABLE */
	TARGET_PARTLY = 4,  /* some of its pages are fake-offline, some are not */
	TARGET_AIMED = 8    /* walkers aim here: it is hammered; or partly plugged, if none is */
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
	struct targets last; /* the writer's own copy of it */
};

/*
 * Publishes @next with a new generation, which is stored in it, unless it says the same as the
 * last one (TARGET_ONLINE aside).
 */
void targets_publish(struct targets_box *box, struct targets *next);
/*
 * Copies the last publication into @out if its generation is not that of @out. Returns whether
 * @out changed. Never blocks. When the writer is at it just now @out stays, or is left empty
 * with generation 0: the next call has the news.
 */
bool targets_read(struct targets_box *box, struct targets *out);

#endif
