/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the parts of the store (store*.c) and by nothing else. */
#ifndef PFNHUNT_STORE_INTERNAL_H
#define PFNHUNT_STORE_INTERNAL_H

#include "harness/store/store.h"

#include <sqlite3.h>

struct Store {
	sqlite3 *db;
	gboolean complained;
	gboolean read_only;
	gboolean broken; /* store_fail() was told so: no index of ours, whatever is asked of it */
	char *said;	 /* why a transaction failed, until it is reported */
	int code;
};

/* What no text of ours comes near: of an index that somebody made up no more is read. */
#define STORE_TEXT_MAX_BYTES (1 << 20)
#define STORE_HEAP_MAX_BYTES (64 << 20) /* of all that SQLite holds: it sorts in files */
#define STORE_NO_ID	     "no name that a hunt's folder has"

/*
 * store_open() of the database @path. Without one *@broken says whether what is there is no index of
 * ours: torn, with another schema than ours, or of a version that is not to come.
 */
Store *store_open_file(const char *path, gboolean read_only, gboolean *broken, GError **error);
/* Whether SQLite's @code means that: not when a disk is full, or somebody else writes. */
gboolean store_is_broken(int code);
/* Sets INFRA from @what is wrong with the rows, with the way out; returns FALSE. */
gboolean store_refuse(Store *store, const char *what, GError **error);
/* Makes it agree with the folders @dirs; *@boots: how many boots there are. */
gboolean store_fill(Store *store, GPtrArray *dirs, guint *boots, GError **error);

/* Sets INFRA from SQLite's last error, with the way out; returns FALSE. */
gboolean store_fail(Store *store, GError **error);

/*
 * Runs one statement. @types has a letter for each value that follows: t const char * (NULL is
 * null), i gint64, u gint64 that is null when negative, d double, n double that is null when
 * negative. Returns whether it ran;
 * @row_id (nullable): the first column of the first row that it returned.
 */
gboolean store_exec(Store *store, gint64 *row_id, const char *sql, const char *types, ...);

/* As above, prepared and bound; NULL on error. The caller finalizes. */
sqlite3_stmt *store_prepare(Store *store, const char *sql, const char *types, ...);
const char *store_text(sqlite3_stmt *stmt, int column); /* "" for null */

/* A transaction that has the lock for writing; FALSE when it was not to be had. */
gboolean store_begin(Store *store);
/* Commits when @ok, else rolls back; returns whether all went well. */
gboolean store_end(Store *store, gboolean ok);

/* The steps from schema @from to STORE_VERSION, inside a transaction. */
gboolean store_migrate(Store *store, int from);
/* Whether the schema is the one that the steps make, and nothing beside it. */
gboolean store_has_schema(Store *store);

#endif
