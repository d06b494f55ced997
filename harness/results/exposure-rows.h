/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walker by window, over the boots of many hunts: how often each walker was in an open window, what
 * it hit there, and what follows for its chance of a hit per boot.
 */
#ifndef PFNHUNT_EXPOSURE_ROWS_H
#define PFNHUNT_EXPOSURE_ROWS_H

#include "harness/results/model.h"
#include "harness/results/table.h"
#include "harness/verdict/stats.h"

typedef struct {
	char *kernel, *walker;
	const char *window; /* one of exposure_kinds; NULL: no window of it was measured */
	const char *family; /* that the window belongs to; NULL without a window */
	char *layer;	    /* that counted: numbers of two layers do not add up; may be NULL */
	guint ran;	    /* exposed boots in which the walker ran */
	guint boots;	    /* of them: with a visit inside, or a hit; without a window all */
	guint hit_boots;    /* of them: with a hit by this walker */
	gint64 hits;
	gboolean guessed; /* some hit is put down to it because it ran beside */
	guint64 opened;	  /* windows, in the boots where it ran */
	guint64 visits, inside, offline;
	gint64 nearest_ns;	      /* nearest miss, -1: none */
	guint measured;		      /* boots of a row without a window in which there was one */
	const RBoot *last, *in, *hit; /* these two lines are of the counting: not for readers */
} ExposureRow;

/*
 * Rows by kernel, walker, window and layer. @hunts: NULL-terminated, with their boots; must live as long.
 * @only: nothing but that boot, exposed or not; NULL: all that are exposed. GPtrArray of
 * ExposureRow, (transfer full).
 */
GPtrArray *exposure_rows(const RHunt *const *hunts, const RBoot *only);

/* Exact, either bound at 95 %. FALSE when the walker was never exposed to it. */
gboolean exposure_row_chance(const ExposureRow *row, StatsInterval *chance);
/* "36..81 %", "< 13.9 %", "not exposed". (transfer full) */
char *exposure_row_chance_text(const ExposureRow *row);

/* @kernels: with a column for the kernel. (transfer full) */
RTable *exposure_rows_table(const GPtrArray *rows, gboolean kernels);

#endif
