/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan of a night: scenarios and kernels within a time budget, and where the next boots tell
 * most. Runs nothing itself.
 */
#ifndef PFNHUNT_NIGHTLY_H
#define PFNHUNT_NIGHTLY_H

#include "harness/report/compare.h"

typedef struct {
	char *scenario, *kernel; /* as `pfnhunt run` takes them */
	guint64 boots;		 /* so far tonight, that were exposed */
	guint64 fired;		 /* of them */
	guint64 tried;		 /* all that count */
	double spent_s;
	char *dir;  /* of tonight's hunt, or NULL */
	char *fail; /* why it cannot be run, or NULL */
} NightlyCell;

typedef struct {
	guint64 budget_ms;
	guint64 most_boots; /* of one cell */
	char *backend;	    /* as `pfnhunt run --backend` takes it, or NULL */
	GPtrArray *cells;   /* of NightlyCell */
} Nightly;

/*
 * Reads the file: [nightly] budget, scenarios, kernels, boots, backend; lists are separated by ';'.
 * USAGE errors name file and key. (transfer full)
 */
Nightly *nightly_load(const char *path, GError **error);
void nightly_free(Nightly *nightly);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Nightly, nightly_free)

/*
 * The cell whose next boot tells most: each gets one boot first, then the one whose 95 % interval
 * shrinks most for a second of machine time. NULL when no cell has anything left to tell.
 */
NightlyCell *nightly_next(const Nightly *nightly);

/*
 * The page of the night. @before: the hunt of each cell to compare with (RHunt or NULL, borrowed),
 * @now: tonight's (same). @seen (nullable): signatures that fired on any night before; they are
 * not new. *@new_incidents: what is new and not known. (transfer full)
 */
char *nightly_page(const Nightly *nightly, RHunt *const *before, RHunt *const *now,
		   GHashTable *seen, guint *new_incidents);

#endif
