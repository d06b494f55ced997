/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An index that somebody made up, or that is of another time: it is refused with the way out, and a
 * rebuild makes a sound one of the folders, whatever was there, and keeps what was there.
 */
#include "harness/store/store.h"
#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"
#include "results-fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

typedef struct {
	const char *name, *sql;
	const char *said;  /* by an attempt to list it */
	gboolean in_place; /* rows alone are wrong: no new file is needed */
} Damage;

static const Damage damages[] = {
	{"missing", "DROP TABLE splats", "tables are not those", FALSE},
	{"all-missing", "DROP TABLE splats; DROP TABLE counters; DROP TABLE ops", "tables", FALSE},
	{"view", "ALTER TABLE hunts RENAME TO h0; CREATE VIEW hunts AS SELECT * FROM h0", "tables",
	 FALSE},
	{"more", "CREATE TABLE mine (x)", "tables", FALSE},
	{"index", "CREATE INDEX one ON boots(abs(hits))", "tables", FALSE},
	{"trigger", "CREATE TRIGGER t AFTER INSERT ON boots BEGIN DELETE FROM boots; END", "tables",
	 FALSE},
	{"column", "ALTER TABLE hunts DROP COLUMN backend", "tables", FALSE},
	{"newer", "PRAGMA user_version = 99", "newer pfnhunt (version 99, this one knows 4)",
	 FALSE},
	{"negative", "PRAGMA user_version = -1", "of a version that no pfnhunt has", FALSE},
	{"least", "PRAGMA user_version = -2147483648", "of a version", FALSE},
	{"older", "PRAGMA user_version = 2", "", FALSE},
	{"zero", "PRAGMA user_version = 0", "", FALSE},
	{"schema", "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE nonsense'",
	 "malformed", FALSE},
	{"root-page",
	 "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 2 WHERE rootpage > 2",
	 "", FALSE},
	{"large", "UPDATE hunts SET scenario = hex(zeroblob(2000000))", "too big", TRUE},
	{"large-id", "UPDATE hunts SET id = hex(zeroblob(2000000)) WHERE rowid = 1", "too big",
	 FALSE},
	{"above", "UPDATE hunts SET id = '../../../etc' WHERE rowid = 1", "no name that a hunt",
	 TRUE},
	{"absolute", "UPDATE hunts SET id = '/etc' WHERE rowid = 1", "no name", TRUE},
	{"hidden", "UPDATE hunts SET id = '.merge-x' WHERE rowid = 1", "no name", TRUE},
	{"empty", "UPDATE hunts SET id = '' WHERE rowid = 1", "no name", TRUE},
	{"escapes", "UPDATE hunts SET id = char(27) || '[2J' || id WHERE rowid = 1", "no name",
	 TRUE},
	{"blob", "UPDATE hunts SET id = x'2e2e2fff' WHERE rowid = 1", "no name", TRUE},
};

static void run_sql(const char *root, const char *sql)
{
	g_autofree char *path = g_build_filename(root, "pfnhunt.db", NULL);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
}

static void add_hunt(const StoreHunt *h, gpointer user)
{
	g_string_append_printf(user, "%s %s %" G_GINT64_FORMAT "\n", h->id, h->verdict, h->boots);
}

/* What is listed, or NULL with the error. */
static char *list(const char *root, GError **error)
{
	g_autoptr(Store) store = store_open(root, error);
	g_autoptr(GString) seen = g_string_new(NULL);

	if (!store || !store_list(store, add_hunt, seen, error))
		return NULL;
	return g_string_free(g_steal_pointer(&seen), FALSE);
}

static guint files_named(const char *root, const char *part)
{
	g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
	const char *name;
	guint count = 0;

	while ((name = g_dir_read_name(dir)))
		count += strstr(name, part) != NULL;
	return count;
}

static void check_refused(const char *root, const Damage *damage)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *seen = list(root, &error);

	g_assert_null(seen);
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	if (!strstr(error->message, damage->said) ||
	    !strstr(error->message, "pfnhunt results rebuild"))
		g_error("said: %s", error->message);
}

static void test_damage(gconstpointer data)
{
	const Damage *damage = data;
	g_autofree char *root = fixture_tmp(), *note = NULL, *must = NULL, *is = NULL;
	g_autoptr(GError) error = NULL;
	guint hunts, boots;

	fixture_results(root);
	g_assert_true(store_rebuild(root, &note, NULL, NULL, &error));
	must = list(root, &error);
	g_assert_no_error(error);
	run_sql(root, damage->sql);
	check_refused(root, damage);
	g_assert_true(store_rebuild(root, &note, &hunts, &boots, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(hunts, ==, 2);
	g_assert_cmpuint(boots, ==, 6);
	is = list(root, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(is, ==, must);
	g_assert_cmpint(note == NULL, ==, damage->in_place);
	g_assert_cmpuint(files_named(root, "pfnhunt.db.new-"), ==, 0);
	g_assert_cmpuint(files_named(root, "pfnhunt.db.bad-") > 0, ==, !damage->in_place);
	tree_remove(root);
}

/* The name of a folder that no id may be is left out, for the index would be refused with it. */
static void test_folder_name(void)
{
	g_autofree char *root = fixture_tmp(), *note = NULL, *seen = NULL;
	const FixtureHunt odd = {"2026\n\033[2J", "2026-11-20T10:00:00Z", "quick", "6.1", "clean"};
	g_autoptr(GError) error = NULL;

	fixture_results(root);
	g_free(fixture_hunt(root, &odd));
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "left out: *");
	g_assert_true(store_rebuild(root, &note, NULL, NULL, &error));
	g_test_assert_expected_messages();
	seen = list(root, &error);
	g_assert_no_error(error);
	g_assert_null(strchr(seen, '\033'));
	tree_remove(root);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(damages); i++) {
		g_autofree char *name = g_strconcat("/store-broken/", damages[i].name, NULL);

		g_test_add_data_func(name, &damages[i], test_damage);
	}
	g_test_add_func("/store-broken/folder-name", test_folder_name);
	return g_test_run();
}
