/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory blocks of virtio-mem devices and DIMMs as the guest sees them: their state, and which
 * of their pages are fake-offline. /proc/iomem shows which blocks belong to a virtio-mem device;
 * other memory that was not there at the start is a DIMM's. /proc/kpageflags shows which pages are
 * fake-offline. It shows nothing for offline blocks, so what was last seen of them is kept.
 *
 * Reading kpageflags is itself a PFN walk that races with the removal of blocks. When blocks may be
 * removed it is not read, and every block counts as partly plugged.
 */
#ifndef PFNHUNT_MEMBLK_H
#define PFNHUNT_MEMBLK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest-agent/op/targets.h"

struct memblk_block {
	uint32_t number;
	bool online, movable;
	bool scanned; /* its pages were read at least once */
	uint64_t fake_offline_pages;
	uint64_t *fake_offline; /* bitmap, one bit per page */
};

#define MEMBLK_SPANS_MAX 64

struct memblk_span {
	uint64_t start, end; /* bytes, [start, end) */
};

struct memblk {
	int root_fd;	/* borrowed */
	int kpageflags; /* -1 if missing: then nothing is known about pages */
	bool blind;	/* it must not be read any more */
	uint64_t block_bytes, page_bytes, block_pages;
	struct memblk_span boot[MEMBLK_SPANS_MAX]; /* memory present at the start */
	int boot_count;
	struct memblk_block *block; /* ascending by number */
	size_t block_count;
	size_t next; /* block to scan next */
	uint64_t *buf;
};

struct memblk_sums {
	uint64_t blocks, online, partly, offline_pages;
	uint64_t plugged_bytes; /* a block never scanned counts in full */
	bool stale;		/* the last three date from before memblk_blind() */
};

/*
 * From now on, all memory that is present and not of a virtio-mem device counts as boot memory. 0
 * or -errno (-ENOENT: a kernel without memory hotplug). @m needs memblk_close() after success.
 */
int memblk_open(struct memblk *m, int root_fd);
void memblk_close(struct memblk *m);

/*
 * Reads the list of blocks and their states again, then the pages of blocks never scanned, of those
 * for which @urgent (may be NULL) returns true, and of the others in turn, until @budget_ns have
 * passed. May block for as long as the kernel does. 0 or -errno.
 */
int memblk_refresh(struct memblk *m, uint64_t budget_ns,
		   bool (*urgent)(void *user, const struct target_block *block), void *user);

/*
 * From now on only blocks and their states are read, not pages. Every block counts as partly
 * plugged, and those of its pages as fake-offline that last were: all of them, if none was.
 */
void memblk_blind(struct memblk *m);

/* Block @i as ops see it; TARGET_AIMED is never set. */
struct target_block memblk_target(const struct memblk *m, size_t i);

/* Totals of all blocks, as last read. */
void memblk_sum(const struct memblk *m, struct memblk_sums *sums);

/*
 * Fills @t for targets_publish(). @hammered says which blocks the hammers work on; if there are
 * none, all partly plugged blocks are targets. Ranges are rounded outwards to 2 MiB, the smallest
 * unit of virtio-mem, so that a single page that escaped does not split them.
 */
void memblk_targets(const struct memblk *m, struct targets *t,
		    bool (*hammered)(void *user, const struct target_block *block), void *user);

#endif
