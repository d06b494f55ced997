/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder: a few pinned pages in the agent that the host reads out of guest RAM
 * (QMP pmemsave) when the guest is dead. The agent only stores to memory, so the last
 * action before a crash is known although nothing could be sent any more. Layout shared by
 * agent and host; little endian; on the host every field is hostile.
 *
 * Page 0: struct rec_head, then REC_SLOTS slots of totals. Pages 1..REC_PAGES-1: the ring,
 * entry i (a running number) at page 1 + (i / REC_PER_PAGE) % (REC_PAGES - 1).
 */
#ifndef PFNHUNT_RECORDER_H
#define PFNHUNT_RECORDER_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#define REC_MAGIC     0x3163657268666e70ULL /* "pnfhrec1" */
#define REC_PAGE      4096u
#define REC_PAGES     17u
#define REC_SLOTS     32u
#define REC_PER_PAGE  (REC_PAGE / sizeof(struct rec_entry))
#define REC_RING_SIZE ((REC_PAGES - 1) * REC_PER_PAGE)

enum rec_action {
	REC_NONE,
	REC_OFFLINE_BEGIN, /* arg: block number */
	REC_OFFLINE_END,   /* arg: block number, result: 0 or -errno */
	REC_ONLINE_BEGIN,
	REC_ONLINE_END,
	REC_PASS_BEGIN, /* a walker's pass; arg: its own meaning (pfn, pass number) */
	REC_PASS_END,
};

/*
 * Did an offline of a memory block that ended with @result (0 or -errno) get as far as
 * MEM_GOING_OFFLINE, where the race is? By offline_pages() of 6.1 to 6.12: success, EINTR (a
 * signal is looked for behind the notifiers only) and ENOMEM (of a notifier, or of huge pages
 * that cannot be dissolved) come from there or behind. EINVAL (it is offline, has holes, spans
 * zones), EAGAIN, ENODEV (it is gone) come before. EBUSY comes from either side: pages that
 * cannot be isolated, before; a notifier's veto or a page that cannot be moved, behind. Nobody
 * can tell, so it counts as not got there, as does any other.
 */
static inline bool rec_offline_reached(int result)
{
	return result == 0 || result == -EINTR || result == -ENOMEM;
}

struct rec_entry {
	uint64_t t_ns; /* CLOCK_MONOTONIC */
	uint64_t arg;
	int32_t result;
	uint16_t inst; /* op instance number of the plan */
	uint16_t action;
	uint32_t seq; /* low bits of the running number + 1: 0 = never written */
	uint32_t pad;
};

struct rec_slot {
	uint64_t steps;	    /* op's steps so far */
	uint64_t offlines;  /* of hammers: as in the `count` lines; else 0 */
	uint64_t busy_arg;  /* what it does now: block or pfn */
	uint64_t busy_t_ns; /* since when; 0 = idle */
};

struct rec_head {
	uint64_t magic;
	uint64_t next; /* running number of the next ring entry */
	uint64_t t_ns; /* last heartbeat of the agent */
	uint64_t pad;
	struct rec_slot slot[REC_SLOTS];
};

_Static_assert(sizeof(struct rec_entry) == 32, "ring entry layout");
_Static_assert(sizeof(struct rec_head) <= REC_PAGE, "head fits a page");

#endif
