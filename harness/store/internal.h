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
	char *said; /* why a transaction failed, until it is reported */
	int code;
};

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

#endif
