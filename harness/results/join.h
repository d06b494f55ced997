/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shards of one hunt (`run --shard I/N`) become one hunt again: a folder with the boots of all,
 * as the unsharded hunt would have made them. Its shards.json says which shards are in it.
 */
#ifndef PFNHUNT_RESULTS_JOIN_H
#define PFNHUNT_RESULTS_JOIN_H

#include "harness/results/merge.h"
#include "harness/results/model.h"

typedef struct Joiner Joiner;

/* Takes up the joined hunts that lie in @results_dir. Never NULL. */
Joiner *joiner_new(const char *results_dir);
void joiner_free(Joiner *joiner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Joiner, joiner_free)
/* A joined hunt's folder of the results folder. */
void joiner_add(Joiner *joiner, const RHunt *joined);

/*
 * Brings a shard, or a joined hunt of elsewhere, with its boots into the joined hunt that it
 * belongs to: the same seed, scenario, kernel, limits and number of shards. A share that is there
 * from another run of the same makes a joined hunt of its own. When all shards are there and at
 * their end, so is the joined hunt.
 */
gboolean joiner_bring(Joiner *joiner, const RHunt *hunt, MergeCounts *counts, GError **error);

#endif
