/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See store.h. */
#include "harness/store.h"
#include "host-driver/error.h"

#include <sqlite3.h>

#define STORE_VERSION 1
#define STORE_BUSY_MS 10000

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS hunt ("
	" id TEXT PRIMARY KEY, started TEXT NOT NULL, ended TEXT, scenario TEXT NOT NULL,"
	" kernel TEXT NOT NULL, build_id TEXT, seed TEXT NOT NULL, backend TEXT NOT NULL,"
	" accel TEXT NOT NULL, verdict TEXT);"
	"CREATE TABLE IF NOT EXISTS boot ("
	" id INTEGER PRIMARY KEY, hunt TEXT NOT NULL REFERENCES hunt(id), number INTEGER NOT NULL,"
	" seed TEXT NOT NULL, folder TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL,"
	" retried INTEGER NOT NULL, run_s REAL NOT NULL, offlines INTEGER NOT NULL,"
	" hits INTEGER NOT NULL, hit_s REAL, hit_title TEXT, hit_family TEXT, hit_signature TEXT,"
	" hit_walker TEXT, UNIQUE (hunt, folder));";

struct Store {
	sqlite3 *db;
	gboolean complained;
};

static gboolean fail(Store *store, GError **error)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s",
		    sqlite3_db_filename(store->db, "main"), sqlite3_errmsg(store->db));
	return FALSE;
}

static int user_version(Store *store)
{
	sqlite3_stmt *stmt = NULL;
	int version = -1;

	if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		version = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return version;
}

Store *store_open(const char *results_dir, GError **error)
{
	g_autofree char *path = g_build_filename(results_dir, "pfnhunt.db", NULL);
	g_autoptr(Store) store = g_new0(Store, 1);
	g_autofree char *set_version = g_strdup_printf("PRAGMA user_version = %d", STORE_VERSION);
	int version;

	if (sqlite3_open(path, &store->db) != SQLITE_OK) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", path,
			    sqlite3_errmsg(store->db));
		return NULL;
	}
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	version = user_version(store);
	if (version > STORE_VERSION) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s is of a newer pfnhunt (version %d, this one knows %d): update, or "
			    "use another --results folder",
			    path, version, STORE_VERSION);
		return NULL;
	}
	if (version < 0 ||
	    sqlite3_exec(store->db, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;", NULL,
			 NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(store->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(store->db, set_version, NULL, NULL, NULL) != SQLITE_OK) {
		fail(store, error);
		return NULL;
	}
	return g_steal_pointer(&store);
}

void store_close(Store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	g_free(store);
}

/* Runs @sql with text parameters, NULL-terminated by @count; SQLite casts the numbers. */
static gboolean run(Store *store, const char *sql, const char *const *values, guint count)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);

	for (guint i = 0; rc == SQLITE_OK && i < count; i++)
		rc = sqlite3_bind_text(stmt, (int)i + 1, values[i], -1, SQLITE_TRANSIENT);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE;
}

static char *now_text(void)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();

	return g_date_time_format_iso8601(now);
}

gboolean store_hunt(Store *store, const char *id, const HuntConfig *c, GError **error)
{
	g_autofree char *seed = g_strdup_printf("0x%016" G_GINT64_MODIFIER "x", c->seed);
	g_autofree char *now = now_text();
	const char *const values[] = {id,
				      now,
				      c->scenario->name,
				      c->kernel->release,
				      c->kernel->build_id,
				      seed,
				      c->backend->name,
				      vm_accel_name(c->accel)};

	if (run(store,
		"INSERT INTO hunt (id, started, scenario, kernel, build_id, seed, backend, accel) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		values, G_N_ELEMENTS(values)))
		return TRUE;
	return fail(store, error);
}

static void complain_once(Store *store)
{
	if (!store->complained)
		g_warning("%s: %s; the hunt goes on, its folder has all",
			  sqlite3_db_filename(store->db, "main"), sqlite3_errmsg(store->db));
	store->complained = TRUE;
}

void store_boot(Store *store, const char *hunt_id, const BootResult *r, gboolean retried)
{
	g_autofree char *number = g_strdup_printf("%u", r->index);
	g_autofree char *seed = g_strdup_printf("0x%016" G_GINT64_MODIFIER "x", r->seed);
	g_autofree char *folder = g_path_get_basename(r->dir);
	g_autofree char *offlines = g_strdup_printf("%" G_GUINT64_FORMAT, r->offlines);
	g_autofree char *hits = g_strdup_printf("%" G_GUINT64_FORMAT, r->hits);
	char run_s[G_ASCII_DTOSTR_BUF_SIZE], hit_s[G_ASCII_DTOSTR_BUF_SIZE];
	const char *const values[] = {
		hunt_id,
		number,
		seed,
		folder,
		verdict_name(r->verdict),
		r->reason,
		retried ? "1" : "0",
		g_ascii_dtostr(run_s, sizeof(run_s), r->run_s),
		offlines,
		hits,
		r->hit.any && r->hit.after_go_s >= 0
			? g_ascii_dtostr(hit_s, sizeof(hit_s), r->hit.after_go_s)
			: NULL,
		r->hit.title,
		r->hit.family,
		r->hit.signature,
		r->hit.walker,
	};

	if (!run(store,
		 "INSERT INTO boot (hunt, number, seed, folder, verdict, reason, retried, run_s, "
		 "offlines, hits, hit_s, hit_title, hit_family, hit_signature, hit_walker) "
		 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		 values, G_N_ELEMENTS(values)))
		complain_once(store);
}

void store_hunt_ended(Store *store, const char *hunt_id, const HuntSummary *summary)
{
	g_autofree char *now = now_text();
	const char *const values[] = {now, verdict_name(summary->verdict), hunt_id};

	if (!run(store, "UPDATE hunt SET ended = ?, verdict = ? WHERE id = ?", values,
		 G_N_ELEMENTS(values)))
		complain_once(store);
}

static const char *text_of(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return text ? (const char *)text : "";
}

gboolean store_list(Store *store, void (*each)(const StoreHunt *hunt, gpointer user), gpointer user,
		    GError **error)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
		store->db,
		"SELECT h.id, h.started, h.scenario, h.kernel, h.verdict, count(b.id), "
		"total(b.verdict = 'incident'), total(b.offlines) FROM hunt h "
		"LEFT JOIN boot b ON b.hunt = h.id AND NOT b.retried "
		"GROUP BY h.id ORDER BY h.started DESC, h.id DESC",
		-1, &stmt, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW) {
			StoreHunt hunt = {text_of(stmt, 0),
					  text_of(stmt, 1),
					  text_of(stmt, 2),
					  text_of(stmt, 3),
					  text_of(stmt, 4),
					  sqlite3_column_int64(stmt, 5),
					  sqlite3_column_int64(stmt, 6),
					  sqlite3_column_int64(stmt, 7)};
			each(&hunt, user);
		}
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE || fail(store, error);
}
