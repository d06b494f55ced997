/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening, closing and running statements: see store.h. */
#include "harness/store/internal.h"
#include "host-driver/base/error.h"
#include "host-driver/base/open.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_BUSY_MS 10000

#define ANEW "; the folders have all: `pfnhunt results rebuild` makes it anew"

gboolean store_is_broken(int code)
{
	switch (code & 0xff) {
	case SQLITE_ERROR: /* a table or a column that is not there */
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
	case SQLITE_NOMEM: /* of so little as it may have */
		return TRUE;
	default:
		return FALSE;
	}
}

static const char *way_out(int code)
{
	if (store_is_broken(code))
		return ANEW;
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "; another pfnhunt holds it for long: try again";
	case SQLITE_FULL:
		return "; make room, then `pfnhunt results rebuild`";
	default:
		return "";
	}
}

gboolean store_fail(Store *store, GError **error)
{
	int code = store->said ? store->code : sqlite3_errcode(store->db);

	store->broken = store_is_broken(code);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s%s",
		    sqlite3_db_filename(store->db, "main"),
		    store->said ? store->said : sqlite3_errmsg(store->db), way_out(code));
	g_clear_pointer(&store->said, g_free);
	return FALSE;
}

gboolean store_refuse(Store *store, const char *what, GError **error)
{
	store->broken = TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s%s",
		    sqlite3_db_filename(store->db, "main"), what, ANEW);
	return FALSE;
}

static sqlite3_stmt *prepare_va(Store *store, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);

	for (int i = 1; rc == SQLITE_OK && *types; i++, types++) {
		double value;
		gint64 number;

		switch (*types) {
		case 't':
			rc = sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1,
					       SQLITE_TRANSIENT);
			break;
		case 'i':
			rc = sqlite3_bind_int64(stmt, i, va_arg(ap, gint64));
			break;
		case 'u':
			number = va_arg(ap, gint64);
			rc = number < 0 ? sqlite3_bind_null(stmt, i)
					: sqlite3_bind_int64(stmt, i, number);
			break;
		default:
			value = va_arg(ap, double);
			rc = *types == 'n' && value < 0 ? sqlite3_bind_null(stmt, i)
							: sqlite3_bind_double(stmt, i, value);
		}
	}
	if (rc == SQLITE_OK)
		return stmt;
	sqlite3_finalize(stmt);
	return NULL;
}

sqlite3_stmt *store_prepare(Store *store, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;

	va_start(ap, types);
	stmt = prepare_va(store, sql, types, ap);
	va_end(ap);
	return stmt;
}

gboolean store_exec(Store *store, gint64 *row_id, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;
	int rc;

	va_start(ap, types);
	stmt = prepare_va(store, sql, types, ap);
	va_end(ap);
	if (!stmt)
		return FALSE;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		if (row_id)
			*row_id = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

const char *store_text(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return text ? (const char *)text : "";
}

/* IMMEDIATE: the lock is waited for here and never lost half-way. */
gboolean store_begin(Store *store)
{
	return sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
}

gboolean store_end(Store *store, gboolean ok)
{
	if (ok && sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return TRUE;
	/* What went wrong is told first: a rollback that went well would hide it. */
	g_clear_pointer(&store->said, g_free);
	store->said = g_strdup(sqlite3_errmsg(store->db));
	store->code = sqlite3_errcode(store->db);
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return FALSE;
}

static gboolean user_version(Store *store, int *version)
{
	gint64 value = 0;

	if (!store_exec(store, &value, "PRAGMA user_version", ""))
		return FALSE;
	*version = (int)value;
	return TRUE;
}

static gboolean bring_up_to_date(Store *store, int version, GError **error)
{
	if (store->read_only) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s is of an older pfnhunt and cannot be written here",
			    sqlite3_db_filename(store->db, "main"));
		return FALSE;
	}
	if (!store_begin(store))
		return store_fail(store, error);
	/* Another process may have done it while we waited. */
	if (!store_end(store, user_version(store, &version) && store_migrate(store, version)))
		return store_fail(store, error);
	return TRUE;
}

/* Two that switch a new database at once: one is told SQLITE_BUSY without the busy time-out. */
static gboolean use_wal(Store *store)
{
	gint64 until_us = g_get_monotonic_time() + STORE_BUSY_MS * 1000;
	int code;

	while ((code = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL;", NULL, NULL, NULL)) ==
		       SQLITE_BUSY &&
	       g_get_monotonic_time() < until_us)
		g_usleep(10000);
	return code == SQLITE_OK;
}

/*
 * SQLite follows links and waits for FIFOs, and an index that somebody handed on may have either in
 * its place, or in that of a file beside it.
 */
static gboolean are_plain(const char *path, GError **error)
{
	static const char *const ends[] = {"", "-journal", "-wal", "-shm"};

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(path, ends[i], NULL);
		GStatBuf st;

		if (g_lstat(file, &st) != 0 || S_ISREG(st.st_mode))
			continue;
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", file,
			    S_ISLNK(st.st_mode) ? "a symbolic link, which is not followed"
						: "not a regular file");
		return FALSE;
	}
	return TRUE;
}

/*
 * A journal of a transaction on several databases names one more file, which SQLite opens and then
 * deletes. Ours is never of several: in a folder of somebody else it would be a file of the user's.
 */
static gboolean journal_is_ours(const char *path, gboolean *broken, GError **error)
{
	static const guint8 names_a_file[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	g_autofree char *journal = g_strconcat(path, "-journal", NULL);
	g_autoptr(GError) bad = NULL;
	guint8 end[8] = {0};
	int fd = open_file(journal, OPEN_FOUND, G_MAXINT64, &bad);
	off_t size;

	if (fd < 0 && g_error_matches(bad, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return TRUE;
	if (fd < 0) {
		g_propagate_error(error, g_steal_pointer(&bad));
		return FALSE;
	}
	size = lseek(fd, 0, SEEK_END);
	if (size >= (off_t)sizeof(end) &&
	    pread(fd, end, sizeof(end), size - (off_t)sizeof(end)) != (ssize_t)sizeof(end))
		memset(end, 0, sizeof(end));
	close(fd);
	*broken = memcmp(end, names_a_file, sizeof(end)) == 0;
	if (*broken)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s: a journal that would have another file deleted" ANEW, journal);
	return !*broken;
}

/* Ours has neither triggers nor views: of an index of somebody else none of them is run. */
static void distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
}

/* FALSE + error: of a version that there is not, or not yet. */
static gboolean is_known_version(Store *store, int version, GError **error)
{
	if (version < 0)
		return store_refuse(store, "of a version that no pfnhunt has", error);
	if (version <= STORE_VERSION)
		return TRUE;
	store->broken = TRUE;
	g_set_error(
		error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		"%s is of a newer pfnhunt (version %d, this one knows %d): update, use another "
		"--results folder, or `pfnhunt results rebuild`, which keeps it beside a new one",
		sqlite3_db_filename(store->db, "main"), version, STORE_VERSION);
	return FALSE;
}

/* Whoever handed it on may have put anything in it: a schema of ours, and texts that fit memory. */
static gboolean prepare(Store *store, GError **error)
{
	int version;

	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	sqlite3_hard_heap_limit64(STORE_HEAP_MAX_BYTES);
	sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, STORE_TEXT_MAX_BYTES);
	distrust(store->db);
	if (!user_version(store, &version))
		return store_fail(store, error);
	if (!is_known_version(store, version, error))
		return FALSE;
	if ((!store->read_only && !use_wal(store)) ||
	    sqlite3_exec(store->db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;", NULL,
			 NULL, NULL) != SQLITE_OK)
		return store_fail(store, error);
	if (version < STORE_VERSION && !bring_up_to_date(store, version, error))
		return FALSE;
	return store_has_schema(store) ||
	       store_refuse(store, "its tables are not those that pfnhunt makes", error);
}

Store *store_open_file(const char *path, gboolean read_only, gboolean *broken, GError **error)
{
	g_autofree char *uri_path = g_uri_escape_string(path, "/", TRUE);
	g_autofree char *uri = NULL;
	g_autoptr(Store) store = g_new0(Store, 1);

	*broken = FALSE;
	if (!are_plain(path, error) || !journal_is_ours(path, broken, error))
		return NULL;
	store->read_only = read_only;
	/* WAL needs files beside the database; where none can be made nobody writes either. */
	uri = g_strdup_printf("file:%s%s", uri_path, read_only ? "?immutable=1" : "");
	if (sqlite3_open_v2(uri, &store->db,
			    SQLITE_OPEN_URI |
				    (read_only ? SQLITE_OPEN_READONLY
					       : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE),
			    NULL) != SQLITE_OK) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", path,
			    sqlite3_errmsg(store->db));
		return NULL;
	}
	if (prepare(store, error))
		return g_steal_pointer(&store);
	*broken = store->broken;
	return NULL;
}

Store *store_open(const char *results_dir, GError **error)
{
	g_autofree char *path = g_build_filename(results_dir, "pfnhunt.db", NULL);
	gboolean broken;

	return store_open_file(path,
			       g_access(results_dir, W_OK) != 0 && g_access(results_dir, R_OK) == 0,
			       &broken, error);
}

void store_close(Store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	g_free(store->said);
	g_free(store);
}
