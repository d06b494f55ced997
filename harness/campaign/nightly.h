/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A night: scenarios and kernels within a time budget, where the next boots tell most, and the one
 * page about what came of it.
 */
#ifndef PFNHUNT_NIGHTLY_H
#define PFNHUNT_NIGHTLY_H

#include "harness/hunt/hunt.h"
#include "harness/report/compare.h"

typedef struct {
	char *scenario, *kernel;   /* as `pfnhunt run` takes them */
	guint64 boots;		   /* so far tonight, that were exposed */
	guint64 fired;		   /* of them: with a hit */
	guint64 tried;		   /* all that count */
	double spent_s, longest_s; /* on all of its boots, on one */
	char *dir;		   /* of tonight's hunt, or NULL */
	char *fail;		   /* why it cannot be run, or NULL */
} NightlyCell;

typedef struct {
	guint64 budget_ms;
	guint64 most_boots; /* of one cell */
	char *since;	    /* the reference night, "2026-11-01"; NULL: as far back as there are */
	char *backend;	    /* as `pfnhunt run --backend` takes it, or NULL */
	GPtrArray *cells;   /* of NightlyCell */
	gboolean interrupted; /* by the user */
} Nightly;

/*
 * Reads the file: [nightly] budget, scenarios, kernels, boots, since, backend; lists are separated by ';'.
 * USAGE errors name file and key. (transfer full)
 */
Nightly *nightly_load(const char *path, GError **error);
void nightly_free(Nightly *nightly);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Nightly, nightly_free)

/*
 * The cell whose next boot tells most: each gets one boot first, then the one whose 95 % interval
 * shrinks most for a second of machine time. NULL when no cell has anything left to tell, or none
 * whose boots have taken no longer than the @left_s that are left.
 */
NightlyCell *nightly_next(const Nightly *nightly, double left_s);

/*
 * Completes @config by @cell: scenario, kernel and known issues, which stay until the next call.
 * FALSE + error: the cell cannot be run.
 */
typedef gboolean (*NightlyOpen)(const NightlyCell *cell, HuntConfig *config, gpointer user,
				GError **error);
/*
 * Hunts until nothing is left to tell or the budget is used up; what runs then is interrupted, and
 * NIGHTLY_GRACE_MS later at the latest it is over. @config: all that the cells share. Errors stand
 * in the cells.
 */
#define NIGHTLY_GRACE_MS (HUNT_GRACE_MS + 10000)
void nightly_run(Nightly *nightly, const HuntConfig *config, const HuntListener *listener,
		 NightlyOpen open, gpointer user);

/* What came of a night. */
typedef struct {
	guint fresh;	      /* signatures and hangs that no night before had, and not known */
	guint unacknowledged; /* those that one had, and that nobody has called known */
	guint broken;	      /* cells that could not be run or in which a boot did not work */
	guint unexposed;      /* cells in which no boot means anything */
	guint compared;	      /* rates with earlier ones; each is a false alarm in < 1 of 100 */
	gboolean interrupted;
} NightlyCounts;

/* No more nights than these are compared with, the newest ones. */
#define NIGHTLY_HISTORY 60
/* A small change shows only over several nights: these last ones together, with tonight. */
#define NIGHTLY_RECENT 7

/*
 * The page of the night. @before: the earlier nights of each cell since the reference night, oldest
 * first (of RHunt, or NULL; borrowed); all of them together are what tonight is compared with, and
 * the last NIGHTLY_RECENT nights with those before them. @now: tonight's (RHunt or NULL). @seen (nullable): signatures that fired on any night before; they are
 * not new. (transfer full)
 */
char *nightly_page(const Nightly *nightly, GPtrArray *const *before, RHunt *const *now,
		   GHashTable *seen, NightlyCounts *counts);
/* 1 for what is new or waits, else 3 for what is broken, else 4 for what is unexposed, else 0. */
int nightly_exit_code(const NightlyCounts *counts);

#endif
