/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index of a results folder: one SQLite file (WAL), so that hunts of weeks can be listed
 * and compared without reading thousands of folders. Never the only copy of anything: all of
 * it also stands in the folders. Two hunts may write at once.
 */
#ifndef PFNHUNT_STORE_H
#define PFNHUNT_STORE_H

#include "harness/hunt.h"

typedef struct Store Store;

/* Opens or creates @results_dir/pfnhunt.db. Errors: INFRA (locked, corrupt, newer version). */
Store *store_open(const char *results_dir, GError **error);
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

gboolean store_hunt(Store *store, const char *id, const HuntConfig *config, GError **error);
/*
 * The rest is told once on the terminal when it fails, and the hunt goes on: the evidence is
 * in the folders.
 */
void store_boot(Store *store, const char *hunt_id, const BootResult *result, gboolean retried);
void store_hunt_ended(Store *store, const char *hunt_id, const HuntSummary *summary);

typedef struct {
	const char *id, *started, *scenario, *kernel, *verdict; /* verdict "" while it runs */
	gint64 boots, incidents, offlines;
} StoreHunt;
/* Every hunt, newest first; the strings live during the call. */
gboolean store_list(Store *store, void (*each)(const StoreHunt *hunt, gpointer user), gpointer user,
		    GError **error);

#endif
