/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forces the interleaving of a choreography on a running guest, through its gdb stub: round by
 * round, in the thread that calls it. No offsets are known beforehand: functions are found by their
 * symbols, and places inside of them by what happens to the page's struct page.
 */
#ifndef PFNHUNT_BOOT_STAGE_H
#define PFNHUNT_BOOT_STAGE_H

#include "harness/results/model.h"
#include "harness/scenario/choreography.h"

/* Where a symbol of the guest is, up to the next one. */
typedef struct {
	guint64 addr, end;
} StageSymbol;

typedef struct Stage Stage;

/*
 * Takes @fd, the socket of the stub. @symbols: name -> StageSymbol, borrowed, like @plan. Every
 * round that has ended is pushed to @rounds as an RRound. Never NULL.
 */
Stage *stage_new(const Choreography *plan, GHashTable *symbols, int fd, GAsyncQueue *rounds);
void stage_free(Stage *stage);

/* All rounds; in a thread of its own, as it blocks. Lets the guest run on at the end. */
void stage_run(Stage *stage);

/* From any thread. */

/* Ends it soon: the guest is released first. */
void stage_stop(Stage *stage);
/* Ends it at once: what becomes of the guest does not matter any more. */
void stage_cut(Stage *stage);
/* Whether some of the guest is held. */
gboolean stage_holds(const Stage *stage);
/* Why it ended before all rounds were done, or NULL; once it has ended. */
const char *stage_failure(const Stage *stage);

#endif
