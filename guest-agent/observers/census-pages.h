/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a census sees in /proc/kpageflags of partly plugged blocks. The pages of one chunk (2 MiB,
 * the smallest unit that virtio-mem plugs) are all fake-offline or none of them is, except for the
 * milliseconds in which the driver changes them: a page that stays different over several scans has
 * escaped. Nothing here allocates; the caller passes the time.
 */
#ifndef PFNHUNT_CENSUS_PAGES_H
#define PFNHUNT_CENSUS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum census_kind {
	CENSUS_ESCAPED,	 /* not fake-offline in a chunk that is */
	CENSUS_FREE,	 /* fake-offline, and free in the buddy allocator */
	CENSUS_POISONED, /* fake-offline, and poisoned */
	CENSUS_KINDS
};
extern const char *const census_kind_names[CENSUS_KINDS];

#define CENSUS_PFNS	    8  /* pages of a chunk that are followed */
#define CENSUS_SUSPECTS	    64 /* chunks */
#define CENSUS_CHUNKS	    65536
#define CENSUS_CHUNK_BYTES  (2u << 20)
#define CENSUS_CONFIRM	    3		  /* looks that must agree, */
#define CENSUS_CONFIRM_NS   1000000000ULL /* over at least this time */
#define CENSUS_READ_ENTRIES 4096u

struct census_suspect {
	enum census_kind kind;
	uint64_t chunk_pfn;
	uint64_t pfn[CENSUS_PFNS]; /* odd in each look so far */
	unsigned int pfn_count;
	uint64_t pages;		/* odd ones of the chunk, at the last look */
	uint64_t before, flags; /* of a page as it should be, and of pfn[0] */
	unsigned int looks;
	uint64_t since_ns;
	bool seen, reported;
};

struct census_pages {
	int fd; /* of kpageflags; borrowed */
	uint64_t chunk_pages;
	uint64_t escaped; /* pages in this look, proven or not */
	bool balloon;	  /* its pages look the same: escaped ones cannot be told */
	unsigned int suspect_count;
	struct census_suspect suspect[CENSUS_SUSPECTS];
	uint64_t buf[CENSUS_READ_ENTRIES];
	uint32_t whole_ms[CENSUS_CHUNKS]; /* when a chunk was last all fake-offline; 0: never */
};

/* @page_bytes: of the machine. @p is zeroed. */
void census_pages_init(struct census_pages *p, int fd, uint64_t page_bytes);

/* Before the blocks of a look: what each look counts starts at 0. */
void census_pages_begin(struct census_pages *p);
/*
 * Reads one block's pages. Returns how many are fake-offline, -ENODEV when the block is offline,
 * -EAGAIN when it was on its way just now, or what the read came to.
 */
int64_t census_pages_look(struct census_pages *p, uint64_t first_pfn, uint64_t pages,
			  uint64_t now_ns);
/* Forgets the suspects that this look did not show again. Returns how many are left to confirm. */
unsigned int census_pages_end(struct census_pages *p);

/* The next suspect that is proven and was not reported yet, or NULL; it counts as reported. */
const struct census_suspect *census_pages_proven(struct census_pages *p, uint64_t now_ns);
/*
 * What is known of @s, on one line without its end: PFNs, before and after. Returns its length,
 * cut to @size.
 */
size_t census_pages_words(const struct census_pages *p, const struct census_suspect *s,
			  uint64_t block_pages, uint64_t now_ns, char *buf, size_t size);

#endif
