/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State of a stage, shared by its files: rounds, ways to a stand, pages. */
#ifndef PFNHUNT_BOOT_STAGE_INTERNAL_H
#define PFNHUNT_BOOT_STAGE_INTERNAL_H

#include "harness/boot/stage.h"
#include "host-driver/gdbstub/gdbstub.h"

/* A task in this round. */
typedef struct {
	const char *name; /* NULL: unused */
	gboolean known;	  /* it has come to a stand */
	guint cpu;	  /* the last one seen */
	guint64 stack;	  /* which task it is: its kernel stack */
	gboolean stands;  /* its vCPU stands still with it */
	gboolean parked;  /* it spins; regs are those that it will have again */
	GdbstubRegs regs;
	/* The function at whose entry it stands, or NULL; and where that will return to. */
	const char *entered;
	guint64 back;
} StageRole;

typedef enum { STAGE_REACHED, STAGE_LATE, STAGE_BROKEN } StageWay;

struct Stage {
	const Choreography *plan;
	GHashTable *symbols;
	GAsyncQueue *rounds;
	Gdbstub *stub;
	gint64 begun_us;
	gint stopping, holding; /* atomic */
	gboolean releasing;	/* it is to stop, but not before the guest is released */
	GError *error;		/* of the stub */
	char *failure;
	guint64 vmemmap, spin; /* spin: where parked tasks are, or 0 */
	guint8 under_spin[4];  /* what stood there */

	/* Of the round. */
	RRound *round;
	StageRole role[STAND_ROLES_MAX];
	gboolean page_known;
	guint64 pfn;
	gint64 until_us; /* of the stand */
};

/* What a page is, as far as it can be read. */
typedef struct {
	gint64 count; /* of references; G_MININT64: it cannot be read */
	guint64 flags, type;
} StagePage;

#define STAGE_NO_COUNT G_MININT64

/* stage-page.c. The struct page of @pfn. */
guint64 stage_page_addr(const Stage *stage, guint64 pfn);
StagePage stage_page(Stage *stage, guint cpu);
/* Of the page, its address and size in the guest. */
guint64 stage_count_addr(const Stage *stage);
#define STAGE_COUNT_BYTES 4
#define STAGE_PAGE_BYTES  64
/* Finds the memory map; FALSE with stage->error. */
gboolean stage_find_pages(Stage *stage);
/*
 * Whether the arguments in @regs are of the stand's page; chooses the page of the round when there
 * is none: the last one of a range.
 */
gboolean stage_take_page(Stage *stage, const Stand *stand, guint cpu, const GdbstubRegs *regs);

/* stage-park.c. FALSE with stage->error, or with a reason in @why (transfer full). */
gboolean stage_park(Stage *stage, StageRole *role, char **why);
StageWay stage_unpark(Stage *stage, StageRole *role);
void stage_unspin(Stage *stage);

/* stage-way.c. Brings the task of @stand there. */
StageWay stage_reach(Stage *stage, const Stand *stand, StageRole *role);

/* stage-run.c. Lets all vCPUs run that no role stands on, until one stops; then it is halted in any case. */
StageWay stage_run_until_stop(Stage *stage, guint *cpu);
const StageSymbol *stage_symbol(const Stage *stage, const char *name);

#endif
