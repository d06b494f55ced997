/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory blocks of virtio-mem devices and DIMMs as the guest sees them: their state, and
 * which of their pages are fake-offline. /proc/iomem tells which blocks are a device's (a DIMM's
 * is the memory that has no other name and was not there before), kpageflags which
 * pages are fake-offline; an offline block shows nothing there, so what was last seen is kept.
 *
 * kpageflags is itself a walk by PFN, and a race with the removal of a block. Where blocks may go
 * away it is not read, and any block is taken for partly plugged.
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
	bool scanned; /* its pages have been seen at least once */
	uint64_t fake_offline_pages;
	uint64_t *fake_offline; /* one bit a page */
};

#define MEMBLK_SPANS_MAX 64

struct memblk_span {
	uint64_t start, end; /* bytes, [start, end) */
};

struct memblk {
	int root_fd;	/* borrowed */
	int kpageflags; /* -1: not there, then nothing is known of pages */
	bool blind;	/* it is not to be read any more */
	uint64_t block_bytes, page_bytes, block_pages;
	struct memblk_span boot[MEMBLK_SPANS_MAX]; /* memory that was there from the start */
	int boot_count;
	struct memblk_block *block; /* ascending by number */
	size_t block_count;
	size_t next; /* where the round of scans goes on */
	uint64_t *buf;
};

struct memblk_sums {
	uint64_t blocks, online, partly, offline_pages;
	uint64_t plugged_bytes; /* an unseen block counts as plugged in whole */
	bool stale;		/* the last three are as they were before memblk_blind() */
};

/*
 * All memory that is there now and no virtio-mem device's counts as the machine's own from now
 * on. 0 or -errno (-ENOENT: a kernel without memory hotplug). @m needs memblk_close() after 0. */
int memblk_open(struct memblk *m, int root_fd);
void memblk_close(struct memblk *m);

/*
 * Reads the list of blocks and their state again, then the pages of: blocks never seen, blocks
 * that @urgent (may be NULL) says yes to, and then the others in turn, until @budget_ns have
 * passed. May block for as long as the kernel does. 0 or -errno.
 */
int memblk_refresh(struct memblk *m, uint64_t budget_ns,
		   bool (*urgent)(void *user, const struct target_block *block), void *user);

/*
 * From now on pages are not looked at, blocks and their states are. A block counts as partly
 * plugged, and as fake-offline are taken the pages that were last seen so: all, when none was.
 */
void memblk_blind(struct memblk *m);

/* The i-th block as ops see it; TARGET_AIMED is never set. */
struct target_block memblk_target(const struct memblk *m, size_t i);

/* Over all blocks, as last read. */
void memblk_sum(const struct memblk *m, struct memblk_sums *sums);

/*
 * Fills @t for targets_publish(). @hammered says which blocks the hammers work on; when it says
 * none, all partly plugged blocks are aimed at. Ranges are rounded outwards to
 * 2 MiB, the least that virtio-mem plugs: a lone page that escaped does not split them.
 */
void memblk_targets(const struct memblk *m, struct targets *t,
		    bool (*hammered)(void *user, const struct target_block *block), void *user);

#endif
