/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the index: see store.h. */
#include "harness/store/internal.h"
#include "host-driver/base/error.h"

#include <string.h>

/* Callers take an id for the name of a folder, and an index may have come from anybody. */
static gboolean are_ids(const char *a, const char *b)
{
	return results_is_id(a) && results_is_id(b);
}

static gboolean ended(Store *store, sqlite3_stmt *stmt, int rc, GError **error)
{
	sqlite3_finalize(stmt);
	if (rc == SQLITE_ROW)
		return store_refuse(store, "the id of a hunt is " STORE_NO_ID, error);
	return rc == SQLITE_DONE || store_fail(store, error);
}

gboolean store_list(Store *store, void (*each)(const StoreHunt *hunt, gpointer user), gpointer user,
		    GError **error)
{
	sqlite3_stmt *stmt = store_prepare(
		store,
		"SELECT h.id, h.started, h.scenario, k.release, h.verdict, count(b.id), "
		"total(b.hit), total(b.offlines), total(b.hits), total(b.run_s) "
		"FROM hunts h JOIN kernels k ON k.id = h.kernel "
		"LEFT JOIN boots b ON b.hunt = h.id AND NOT b.retried AND b.verdict != '' "
		"GROUP BY h.id ORDER BY h.started DESC, h.id DESC",
		"");
	int rc = SQLITE_ERROR;

	while (stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		StoreHunt hunt = {store_text(stmt, 0),		 store_text(stmt, 1),
				  store_text(stmt, 2),		 store_text(stmt, 3),
				  store_text(stmt, 4),		 sqlite3_column_int64(stmt, 5),
				  sqlite3_column_int64(stmt, 6), sqlite3_column_int64(stmt, 7),
				  sqlite3_column_int64(stmt, 8), sqlite3_column_double(stmt, 9)};
		if (!are_ids(hunt.id, hunt.id))
			break;
		each(&hunt, user);
	}
	return ended(store, stmt, rc, error);
}

/* The moment that @since means, as the ISO text that the tables hold. */
static char *moment(Store *store, const char *since, GError **error)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = NULL;
	g_autofree char *with_time = NULL;
	sqlite3_stmt *stmt = store_prepare(
		store,
		"SELECT started FROM hunts WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1 "
		"ORDER BY id = ?1 DESC, started LIMIT 1",
		"t", since);
	char *found = stmt && sqlite3_step(stmt) == SQLITE_ROW
			      ? g_strconcat(store_text(stmt, 0), "!", NULL) /* later than it */
			      : NULL;

	sqlite3_finalize(stmt);
	if (found)
		return found;
	with_time = strchr(since, 'T') ? g_strdup(since) : g_strconcat(since, "T00:00:00", NULL);
	time = g_date_time_new_from_iso8601(with_time, utc);
	if (time) {
		g_autoptr(GDateTime) in_utc = g_date_time_to_utc(time);

		return g_date_time_format(in_utc, "%Y-%m-%dT%H:%M:%S");
	}
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "'%s' is neither a date (2026-11-22, 2026-11-22T18:30) nor a hunt's id", since);
	return NULL;
}

gboolean store_incidents(Store *store, const char *since,
			 void (*each)(const StoreIncident *incident, gpointer user), gpointer user,
			 GError **error)
{
	g_autofree char *from = since ? moment(store, since, error) : g_strdup("");
	sqlite3_stmt *stmt;
	int rc = SQLITE_ERROR;

	if (!from)
		return FALSE;
	stmt = store_prepare(
		store,
		"WITH seen AS (SELECT i.*, h.id AS hunt, h.started, k.release,"
		"  row_number() OVER (PARTITION BY i.signature ORDER BY h.started, i.id) AS n,"
		"  row_number() OVER (PARTITION BY i.signature ORDER BY h.started DESC, i.id DESC)"
		"   AS back"
		" FROM incidents i JOIN boots b ON b.id = i.boot JOIN hunts h ON h.id = b.hunt"
		" JOIN kernels k ON k.id = h.kernel WHERE i.evidence AND NOT b.retried) "
		"SELECT signature, max(CASE WHEN n = 1 THEN family END),"
		" max(CASE WHEN n = 1 THEN title END), max(CASE WHEN back = 1 THEN known END),"
		" max(CASE WHEN n = 1 THEN hunt END), min(started),"
		" max(CASE WHEN back = 1 THEN hunt END), max(started),"
		" replace(group_concat(DISTINCT release), ',', ', '),"
		" replace(coalesce(group_concat(DISTINCT walker), ''), ',', ', '),"
		" count(DISTINCT hunt), count(DISTINCT boot), total(hits) "
		"FROM seen GROUP BY signature HAVING min(started) >= ? "
		"ORDER BY min(started) DESC, signature",
		"t", from);
	while (stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		StoreIncident incident = {
			store_text(stmt, 0),
			store_text(stmt, 1),
			store_text(stmt, 2),
			store_text(stmt, 3),
			store_text(stmt, 4),
			store_text(stmt, 5),
			store_text(stmt, 6),
			store_text(stmt, 7),
			store_text(stmt, 8),
			store_text(stmt, 9),
			sqlite3_column_int64(stmt, 10),
			sqlite3_column_int64(stmt, 11),
			sqlite3_column_int64(stmt, 12),
		};
		if (!are_ids(incident.first_hunt, incident.last_hunt))
			break;
		each(&incident, user);
	}
	return ended(store, stmt, rc, error);
}
