/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins hunts of other machines into one results folder; doing it twice does no harm. */
#ifndef PFNHUNT_RESULTS_MERGE_H
#define PFNHUNT_RESULTS_MERGE_H

#include <glib.h>

typedef struct {
	guint hunts;	/* new here */
	guint grown;	/* were here, and gained boots */
	guint same;	/* were here with all */
	guint unusable; /* folders that could not be read */
} MergeCounts;

/*
 * Copies every hunt of @from (a results folder, or one hunt's folder) that is not in
 * @results_dir yet, and what a hunt that is there has gained since; nothing that is there is
 * changed. A hunt is known by its hunt.json, not by its name: an id that is taken by another
 * hunt gets a suffix. Shards of a hunt become one hunt (join.h), unless the shard itself
 * lies in @results_dir. Only plain files are copied. Adds to @counts. The index is not touched:
 * store_rebuild() afterwards. Errors: USAGE (no results there), INFRA (disk).
 */
gboolean results_merge(const char *results_dir, const char *from, MergeCounts *counts,
		       GError **error);

#endif
