/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One scan of the census: the pages of the blocks, the kernel's totals and its taint, and the
 * reports about them. census.c decides when to scan.
 */
#ifndef PFNHUNT_CENSUS_LOOK_H
#define PFNHUNT_CENSUS_LOOK_H

#include "guest-agent/observers/census-pages.h"
#include "guest-agent/observers/census-zones.h"
#include "guest-agent/op/env.h"

/* The op's counters, in the order of their names in census.c. */
enum census_counter {
	CENSUS_LOOKS,
	CENSUS_PAGES,
	CENSUS_FAKE_OFFLINE,
	CENSUS_OPEN_SUSPECTS,
	CENSUS_FOUND, /* and one for each further kind of page */
	CENSUS_LOST_PAGES = CENSUS_FOUND + CENSUS_KINDS,
	CENSUS_TAINT,
};

/* State of the op; zeroed, with files -1 until they are opened. */
struct census {
	struct targets targets;
	struct census_pages pages;
	struct census_zones zones;
	int kpageflags, zoneinfo, vmstat, tainted, kmsg;
	uint64_t gap_ns, next_ns;
	unsigned long long taint_first, taint_last;
	uint64_t taint_since_ns;
	unsigned int told[CENSUS_KINDS];
	bool taint_reported, loss_reported;
	uint64_t plugged;    /* pages of the devices' blocks that are not fake-offline */
	unsigned int unread; /* blocks that the last look could not count */
};

/* The kernel's taint, as it is now. */
unsigned long long census_taint(const struct census *c);

/*
 * Before anything runs: takes what is to be compared with later. False: something was on its way,
 * look again.
 */
bool census_look_first(struct census *c, struct op_env *env);
/* One look while the ops run; tells what is proven by it. */
void census_look(struct census *c, struct op_env *env);
/* A look when the threads of all ops have ended. Returns whether there is more to be proven. */
bool census_look_last(struct census *c, struct op_env *env);

#endif
