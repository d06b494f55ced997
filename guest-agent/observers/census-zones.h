/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own page totals. Of all pages in the zones (present), those that are neither managed
 * nor fake-offline are reserved for good: their number may fall, but never rise. If it does, an
 * offline has written off as managed a page that was fake-offline before. Valid only while no block
 * is changing state: while a block goes offline the driver counts its fake-offline pages as
 * managed, so that the kernel can subtract all of them.
 */
#ifndef PFNHUNT_CENSUS_ZONES_H
#define PFNHUNT_CENSUS_ZONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CENSUS_ZONEINFO_MAX (256u << 10)

struct census_zones {
	int fd; /* of zoneinfo; borrowed */
	bool have_base;
	int64_t base, last; /* before the ops ran; in the last @looks looks, since @since_ns */
	unsigned int looks;
	uint64_t since_ns;
	char text[CENSUS_ZONEINFO_MAX];
};

struct census_sums {
	uint64_t present, managed;
};

/* Sums over all zones. 0, -EFBIG or another -errno. */
int census_zones_read(struct census_zones *z, struct census_sums *sums);
/*
 * Before any op runs: takes this scan's totals as the reference once they equal those of the
 * previous scan. Returns whether they did.
 */
bool census_zones_begin(struct census_zones *z, const struct census_sums *sums,
			uint64_t offline_pages);
/*
 * A scan after the end: @sums, the same before and after @offline_pages were counted. Returns the
 * number of lost pages, 0 if there are none, -EAGAIN if more scans are needed.
 */
int64_t census_zones_end(struct census_zones *z, const struct census_sums *sums,
			 uint64_t offline_pages, uint64_t now_ns);

#endif
