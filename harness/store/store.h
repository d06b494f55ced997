/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index of a results folder: one SQLite file (WAL), so that hunts of weeks can be listed
 * and compared without reading thousands of folders. Never the only copy of anything: what is
 * stored is read out of the folders, by the same code while a hunt runs and when it is rebuilt.
 * Two hunts may write at once.
 */
#ifndef PFNHUNT_STORE_H
#define PFNHUNT_STORE_H

#include "harness/results/model.h"

/* Raised with every change of the schema; schema.c holds the way from each to the next. */
#define STORE_VERSION 4

typedef struct Store Store;

/*
 * Opens or creates @results_dir/pfnhunt.db and brings its schema up to date. A folder that
 * cannot be written is opened for reading. Errors: INFRA (locked, corrupt, newer version, tables that are not ours), each
 * with the way out. Blocks up to 10 s on another writer.
 */
Store *store_open(const char *results_dir, GError **error);
/* The same; an index that is new or has no bytes is made of the folders first. */
Store *store_open_filled(const char *results_dir, GError **error);
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/*
 * Put what a folder says in place of what stood there: the hunt's own row (its boots stay), or
 * one boot with all that belongs to it. Each is one transaction. For a hunt that runs and goes
 * on whatever happens here, for the folders have all. Return what the user is to be told, once, or NULL (transfer full). @store may
 * be NULL: nothing is done.
 */
char *store_hunt(Store *store, const char *hunt_dir);
char *store_boot(Store *store, const char *hunt_dir, const char *boot_dir, gboolean retried);

/*
 * Makes the index agree with the folders of @results_dir. A hunt may run meanwhile. A database that
 * is no index of this version is replaced by a new one when that is whole, and kept under a name that
 * @note tells. @hunts and @boots (nullable): how many are indexed.
 */
gboolean store_rebuild(const char *results_dir, char **note, guint *hunts, guint *boots,
		       GError **error);

typedef struct {
	const char *id, *started, *scenario, *kernel, *verdict; /* verdict "" while it runs */
	gint64 boots, fired, offlines, hits;			/* fired: boots with a hit */
	double run_s;
} StoreHunt;
/* Every hunt, newest first; the strings live during the call. */
gboolean store_list(Store *store, void (*each)(const StoreHunt *hunt, gpointer user), gpointer user,
		    GError **error);

typedef struct {
	const char *signature, *family, *title, *known; /* known: "" when it is not */
	const char *first_hunt, *first_started, *last_hunt, *last_started;
	const char *kernels, *walkers; /* "a, b" */
	gint64 hunts, boots, hits;
} StoreIncident;
/*
 * Every signature that ever counted, the one first seen last in front. @since: only those first
 * seen at that ISO date or later, or after the hunt of that id began; NULL for all. USAGE when
 * it is neither.
 */
gboolean store_incidents(Store *store, const char *since,
			 void (*each)(const StoreIncident *incident, gpointer user), gpointer user,
			 GError **error);

#endif
