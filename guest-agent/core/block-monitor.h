/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps an eye on the memory blocks and tells the ops what there is to aim at. While ops run it
 * has a thread of its own, because reading the blocks may hang when the kernel does.
 */
#ifndef PFNHUNT_LOOKOUT_H
#define PFNHUNT_LOOKOUT_H

#include "guest-agent/op/memblk.h"
#include "guest-agent/op/run.h"

struct block_monitor;

/* @root_fd is borrowed. NULL without memory or when the kernel has no memory hotplug. */
struct block_monitor *block_monitor_new(int root_fd);

/*
 * Reads the blocks anew and publishes them to @run (may be NULL). Blocks as the kernel does.
 * Only while the thread does not run.
 */
void block_monitor_look(struct block_monitor *m, struct op_run *run);
/* What was last seen, from any thread; never blocks. */
struct memblk_sums block_monitor_sums(struct block_monitor *m);

/*
 * Looks every quarter of a second from now on. With @removal, blocks may go away: it then keeps
 * from their pages, see memblk_blind(). False when there is no thread.
 */
bool block_monitor_start(struct block_monitor *m, struct op_run *run, bool removal);
/* False if it hangs and did not end within @deadline_ms: @l then belongs to it forever. */
bool block_monitor_stop(struct block_monitor *m, unsigned int deadline_ms);

#endif
