/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder: a few pinned pages of the agent that the host reads from guest RAM (QMP pmemsave)
 * when the guest is dead. Recording only takes stores to memory, so the last action before a crash
 * is known even if nothing could be sent any more. The layout is shared by agent and host and is
 * little endian; to the host every field is hostile.
 *
 * Page 0: struct rec_head, with REC_SLOTS slots of totals. Pages 1..REC_PAGES-1: the ring. Entry i,
 * counted from the start of the run, is in page 1 + (i / REC_PER_PAGE) % (REC_PAGES - 1).
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
	REC_PASS_BEGIN, /* a walker's pass; arg: depends on the walker (PFN, pass number) */
	REC_PASS_END,
};

/*
 * Whether an offline of a memory block that ended with @result (0 or -errno) got as far as
 * MEM_GOING_OFFLINE, where the race is. In offline_pages() of 6.1 to 6.12, success, EINTR (signals
 * are checked only after the notifiers) and ENOMEM (from a notifier, or huge pages that cannot be
 * dissolved) come from that point or later; EINVAL (already offline, has holes, spans zones),
 * EAGAIN and ENODEV (removed) come earlier. EBUSY is ambiguous: earlier if pages cannot be
 * isolated, later if a notifier vetoes or a page cannot be migrated. It counts as not reached, as
 * does any other errno.
 */
static inline bool rec_offline_reached(int result)
{
	return result == 0 || result == -EINTR || result == -ENOMEM;
}

struct rec_entry {
	uint64_t t_ns; /* CLOCK_MONOTONIC */
	uint64_t arg;
	int32_t result;
	uint16_t inst; /* instance number of the op */
	uint16_t action;
	uint32_t seq; /* low bits of the entry number + 1; 0: never written */
	uint32_t pad;
};

struct rec_slot {
	uint64_t steps;	    /* of the op so far */
	uint64_t offlines;  /* of a hammer, as in `count` lines; else 0 */
	uint64_t busy_arg;  /* what it works on: block or PFN */
	uint64_t busy_t_ns; /* since when; 0: idle */
};

struct rec_head {
	uint64_t magic;
	uint64_t next; /* number of the next ring entry */
	uint64_t t_ns; /* last heartbeat of the agent */
	uint64_t pad;
	struct rec_slot slot[REC_SLOTS];
};

_Static_assert(sizeof(struct rec_entry) == 32, "ring entry layout");
_Static_assert(sizeof(struct rec_head) <= REC_PAGE, "head fits a page");

#endif
