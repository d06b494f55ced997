/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How folders are copied, for results-merge.c (hunts) and results-join.c (shards of a hunt). */
#ifndef PFNHUNT_RESULTS_MERGE_INTERNAL_H
#define PFNHUNT_RESULTS_MERGE_INTERNAL_H

#include "harness/results/merge.h"
#include "harness/results/model.h"

/* INFRA error of errno about @path; returns FALSE. */
gboolean merge_fail(GError **error, const char *path);
gboolean merge_copy_file(const char *from, const char *to, GError **error);
/* A free name for @hunt's folder in @results_dir. (transfer full) */
char *merge_name(const char *results_dir, const RHunt *hunt);
/* Copies the boots that @hunt_dir lacks, or has unfinished; *@gained when there were any. */
gboolean merge_boots(const RHunt *from, const char *hunt_dir, gboolean *gained, GError **error);

#endif
