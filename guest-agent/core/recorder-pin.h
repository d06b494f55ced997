/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's side of the recorder: pages that stay where they are in guest RAM, and
 * where that is. A long-term pin by io_uring keeps them from migrating; it must be taken
 * before hotplugged memory exists, or the pages could lie in it.
 */
#ifndef PFNHUNT_RECORDER_PIN_H
#define PFNHUNT_RECORDER_PIN_H

#include "guest-agent/contract/recorder.h"

struct recorder {
	struct rec_head *head; /* REC_PAGES pages; NULL: there is no recorder */
	uint64_t pfn[REC_PAGES];
};

/*
 * Maps, pins and zeroes the pages and finds their PFNs. They stay until the process ends. 0, or
 * -errno with nothing mapped. Called once, blocks for some milliseconds.
 */
int recorder_create(struct recorder *rec);

#endif
