/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own sums of its pages. Of all pages of the zones (present), those that are neither
 * managed nor fake-offline are what the kernel keeps for good: a number that may fall, but never
 * rises. When it does, an offline has written off a page as managed that was fake-offline before.
 * Only for times when no block is on its way: the driver gives the fake-offline pages to the
 * managed ones while a block goes offline, so that the kernel can take all of them off.
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
 * Before anything runs: takes what this look says for the sum to compare with, once it says the
 * same as the one before it. Returns whether it did.
 */
bool census_zones_begin(struct census_zones *z, const struct census_sums *sums,
			uint64_t offline_pages);
/*
 * A look when all is over: @sums, the same before and after @offline_pages were counted. Returns
 * the pages that are lost, 0 when there are none, -EAGAIN when further looks must say it.
 */
int64_t census_zones_end(struct census_zones *z, const struct census_sums *sums,
			 uint64_t offline_pages, uint64_t now_ns);

#endif
