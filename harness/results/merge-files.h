/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How folders of hunts and boots are copied, below merge.c (hunts) and join.c (shards of a hunt).
 * A copy that is cut short leaves nothing that looks whole.
 */
#ifndef PFNHUNT_RESULTS_MERGE_FILES_H
#define PFNHUNT_RESULTS_MERGE_FILES_H

#include "harness/results/model.h"

/* INFRA error of errno about @path; returns FALSE. */
gboolean merge_fail(GError **error, const char *path);
/*
 * Copies @name, a file of a hunt, from one folder to another that lacks it; nothing when it is not
 * there. Errors: INFRA, also when it is none that is opened (open.h).
 */
gboolean merge_copy_file(const char *from_dir, const char *to_dir, const char *name,
			 GError **error);
/*
 * Copies @hunt as @name into @dir: the files that a hunt consists of, none of them executable,
 * under a name that no reader takes for a hunt, then put in place at once. Errors: INFRA.
 */
gboolean merge_bring(const RHunt *hunt, const char *dir, const char *name, GError **error);
/* A free name for @hunt's folder in @results_dir. (transfer full) */
char *merge_name(const char *results_dir, const RHunt *hunt);
/* Copies the boots that @hunt_dir lacks, or has unfinished; *@gained when there were any. */
gboolean merge_boots(const RHunt *from, const char *hunt_dir, gboolean *gained, GError **error);

#endif
