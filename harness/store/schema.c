/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The schema of the index, and the way from each version to the next. A step is never changed
 * once it was released: a new version is a new step at the end.
 */
#include "harness/store/internal.h"

/* Version 1: one table of hunts, one of boots with their first hit. */
static const char version_1[] =
	"CREATE TABLE hunt ("
	" id TEXT PRIMARY KEY, started TEXT NOT NULL, ended TEXT, scenario TEXT NOT NULL,"
	" kernel TEXT NOT NULL, build_id TEXT, seed TEXT NOT NULL, backend TEXT NOT NULL,"
	" accel TEXT NOT NULL, verdict TEXT);"
	"CREATE TABLE boot ("
	" id INTEGER PRIMARY KEY, hunt TEXT NOT NULL REFERENCES hunt(id), number INTEGER NOT NULL,"
	" seed TEXT NOT NULL, folder TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL,"
	" retried INTEGER NOT NULL, run_s REAL NOT NULL, offlines INTEGER NOT NULL,"
	" hits INTEGER NOT NULL, hit_s REAL, hit_title TEXT, hit_family TEXT, hit_signature TEXT,"
	" hit_walker TEXT, UNIQUE (hunt, folder));";

/*
 * Version 2: all that a folder says, in tables of its own. What version 1 knew is carried over,
 * for the folder behind a row may be gone; `pfnhunt results rebuild` fills in the rest.
 */
static const char version_2[] =
	"CREATE TABLE hosts ("
	" id INTEGER PRIMARY KEY, name TEXT NOT NULL, release TEXT NOT NULL, cpu TEXT NOT NULL,"
	" cpus INTEGER NOT NULL, memory_bytes INTEGER NOT NULL,"
	" UNIQUE (name, release, cpu, cpus, memory_bytes));"
	"CREATE TABLE kernels ("
	" id INTEGER PRIMARY KEY, release TEXT NOT NULL, version TEXT NOT NULL,"
	" build_id TEXT NOT NULL, config_sha256 TEXT NOT NULL,"
	" UNIQUE (release, version, build_id, config_sha256));"
	"CREATE TABLE hunts ("
	" id TEXT PRIMARY KEY, uid TEXT UNIQUE, started TEXT NOT NULL, ended TEXT NOT NULL,"
	" scenario TEXT NOT NULL, kernel INTEGER NOT NULL REFERENCES kernels(id),"
	" host INTEGER REFERENCES hosts(id), seed TEXT NOT NULL, backend TEXT NOT NULL,"
	" accel TEXT NOT NULL, pfnhunt TEXT NOT NULL, verdict TEXT NOT NULL,"
	" interrupted INTEGER NOT NULL);"
	"CREATE TABLE boots ("
	" id INTEGER PRIMARY KEY, hunt TEXT NOT NULL REFERENCES hunts(id) ON DELETE CASCADE,"
	" folder TEXT NOT NULL, number INTEGER NOT NULL, retried INTEGER NOT NULL,"
	" seed TEXT NOT NULL, started TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL,"
	" run_s REAL NOT NULL, hello_s REAL, offlines INTEGER NOT NULL, hits INTEGER NOT NULL,"
	" known INTEGER NOT NULL, hit_s REAL, UNIQUE (hunt, folder));"
	"CREATE TABLE ops ("
	" id INTEGER PRIMARY KEY, boot INTEGER NOT NULL REFERENCES boots(id) ON DELETE CASCADE,"
	" inst INTEGER NOT NULL, label TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,"
	" steps INTEGER NOT NULL, UNIQUE (boot, inst));"
	"CREATE TABLE counters ("
	" op INTEGER NOT NULL REFERENCES ops(id) ON DELETE CASCADE, name TEXT NOT NULL,"
	" value INTEGER NOT NULL, PRIMARY KEY (op, name)) WITHOUT ROWID;"
	"CREATE TABLE resizes ("
	" id INTEGER PRIMARY KEY, boot INTEGER NOT NULL REFERENCES boots(id) ON DELETE CASCADE,"
	" host_us INTEGER NOT NULL, device TEXT NOT NULL, requested_bytes INTEGER NOT NULL,"
	" plugged_bytes INTEGER NOT NULL);"
	"CREATE INDEX resizes_boot ON resizes(boot);"
	"CREATE TABLE incidents ("
	" id INTEGER PRIMARY KEY, boot INTEGER NOT NULL REFERENCES boots(id) ON DELETE CASCADE,"
	" number INTEGER NOT NULL, family TEXT NOT NULL, title TEXT NOT NULL,"
	" signature TEXT NOT NULL, walker TEXT, walker_guessed INTEGER NOT NULL, known TEXT,"
	" evidence INTEGER NOT NULL, hits INTEGER NOT NULL, UNIQUE (boot, number));"
	"CREATE INDEX incidents_signature ON incidents(signature);"
	"CREATE TABLE splats ("
	" incident INTEGER NOT NULL REFERENCES incidents(id) ON DELETE CASCADE,"
	" number INTEGER NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,"
	" signature TEXT NOT NULL, corrupted INTEGER NOT NULL, line INTEGER NOT NULL,"
	" t_us INTEGER, PRIMARY KEY (incident, number)) WITHOUT ROWID;"
	"INSERT INTO kernels (release, version, build_id, config_sha256)"
	" SELECT DISTINCT kernel, '', coalesce(build_id, ''), '' FROM hunt;"
	"INSERT INTO hunts (id, started, ended, scenario, kernel, seed, backend, accel, pfnhunt,"
	" verdict, interrupted)"
	" SELECT h.id, h.started, coalesce(h.ended, ''), h.scenario, k.id, h.seed, h.backend,"
	" h.accel, '', coalesce(h.verdict, ''), 0 FROM hunt h JOIN kernels k"
	" ON k.release = h.kernel AND k.build_id = coalesce(h.build_id, '');"
	"INSERT INTO boots (id, hunt, folder, number, retried, seed, started, verdict, reason,"
	" run_s, offlines, hits, known, hit_s)"
	" SELECT id, hunt, folder, number, retried, seed, '', verdict, reason, run_s, offlines,"
	" hits, 0, hit_s FROM boot;"
	"INSERT INTO incidents (boot, number, family, title, signature, walker, walker_guessed,"
	" evidence, hits)"
	" SELECT id, 0, coalesce(hit_family, 'other'), coalesce(hit_title, ''), hit_signature,"
	" hit_walker, 0, 1, max(hits, 1) FROM boot WHERE hit_signature IS NOT NULL;"
	"DROP TABLE boot; DROP TABLE hunt;";

/* Version 3: what each boot was exposed to. `pfnhunt results rebuild` fills it in. */
static const char version_3[] =
	"ALTER TABLE boots ADD COLUMN layer TEXT;"
	"ALTER TABLE boots ADD COLUMN layer_reason TEXT;"
	"CREATE TABLE windows ("
	" boot INTEGER NOT NULL REFERENCES boots(id) ON DELETE CASCADE, kind TEXT NOT NULL,"
	" opened INTEGER NOT NULL, open_ns INTEGER NOT NULL, longest_ns INTEGER NOT NULL,"
	" overlap INTEGER NOT NULL, lost INTEGER NOT NULL, PRIMARY KEY (boot, kind)) WITHOUT ROWID;"
	"CREATE TABLE exposures ("
	" boot INTEGER NOT NULL REFERENCES boots(id) ON DELETE CASCADE, walker TEXT NOT NULL,"
	" func TEXT NOT NULL, kind TEXT NOT NULL, visits INTEGER NOT NULL,"
	" inside INTEGER NOT NULL, offline INTEGER NOT NULL, nearest_ns INTEGER,"
	" PRIMARY KEY (boot, walker, func, kind)) WITHOUT ROWID;";

/* Version 4: whether a boot is a hit, and what came of its offlines. Old boots hunted all along. */
static const char version_4[] =
	"ALTER TABLE boots ADD COLUMN hit INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE boots ADD COLUMN offlines_ok INTEGER;"
	"ALTER TABLE boots ADD COLUMN offlines_refused INTEGER;"
	"UPDATE boots SET hit = 1 WHERE verdict IN ('incident', 'hang') AND NOT retried;";

static const char *const steps[STORE_VERSION] = {version_1, version_2, version_3, version_4};

gboolean store_migrate(Store *store, int from)
{
	g_autofree char *version = g_strdup_printf("PRAGMA user_version = %d", STORE_VERSION);

	for (int i = from; i < STORE_VERSION; i++)
		if (sqlite3_exec(store->db, steps[i], NULL, NULL, NULL) != SQLITE_OK)
			return FALSE;
	return sqlite3_exec(store->db, version, NULL, NULL, NULL) == SQLITE_OK;
}

/* All of it as one text, or NULL; (transfer full). Statistics of ANALYZE may be the user's. */
static char *schema_of(sqlite3 *db)
{
	static const char sql[] =
		"SELECT group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), char(10)) "
		"FROM (SELECT * FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' "
		"ORDER BY type, name)";
	sqlite3_stmt *stmt = NULL;
	char *text = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		text = g_strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return text;
}

gboolean store_has_schema(Store *store)
{
	Store ours = {0};
	g_autofree char *is = schema_of(store->db), *must = NULL;

	if (sqlite3_open(":memory:", &ours.db) == SQLITE_OK && store_migrate(&ours, 0))
		must = schema_of(ours.db);
	sqlite3_close(ours.db);
	return is && must && g_str_equal(is, must);
}
