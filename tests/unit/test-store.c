/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index: the same while a hunt runs and when it is rebuilt, old schemas brought forward,
 * two writers, what is corrupt, newer or locked; and folders of other machines.
 */
#include "harness/results/merge.h"
#include "host-driver/base/tree.h"
#include "harness/store/store.h"
#include "host-driver/base/error.h"
#include "results-fixture.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
	char *root, *other;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->root = fixture_tmp();
	f->other = fixture_tmp();
}

static void tear_down(Fixture *f, gconstpointer data)
{
	tree_remove(f->root);
	tree_remove(f->other);
	g_free(f->root);
	g_free(f->other);
}

static void count_hunt(const StoreHunt *h, gpointer user)
{
	g_string_append_printf(user,
			       "%s:%s:%s:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT
			       ":%" G_GINT64_FORMAT ";",
			       h->id, h->kernel, h->verdict, h->boots, h->fired, h->offlines);
}

static char *list(Store *store)
{
	GString *seen = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(store_list(store, count_hunt, seen, &error));
	g_assert_no_error(error);
	return g_string_free(seen, FALSE);
}

static int append_row(void *user, int count, char **values, char **names)
{
	for (int i = 0; i < count; i++)
		g_string_append_printf(user, "%s|", values[i] ? values[i] : "NULL");
	g_string_append_c(user, '\n');
	return 0;
}

static char *query(const char *root, const char *sql)
{
	g_autofree char *path = g_build_filename(root, "pfnhunt.db", NULL);
	GString *rows = g_string_new(NULL);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	if (sqlite3_exec(db, sql, append_row, rows, NULL) != SQLITE_OK)
		g_error("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
	return g_string_free(rows, FALSE);
}

/* Everything but the row numbers, which tell in which order things came. */
#define DUMP                                                                                       \
	"SELECT h.id, uid, h.started, ended, scenario, k.release, version, build_id, "             \
	"k.config_sha256,"                                                                         \
	" n.name, n.cpus, h.verdict FROM hunts h JOIN kernels k ON k.id = h.kernel"                \
	" JOIN hosts n ON n.id = h.host ORDER BY h.id;"                                            \
	"SELECT hunt, folder, number, retried, seed, verdict, reason, run_s, hello_s, offlines,"   \
	" hits, hit_s FROM boots ORDER BY hunt, folder;"                                           \
	"SELECT b.hunt, b.folder, inst, label, state, o.reason, steps, c.name, value FROM ops o"   \
	" JOIN boots b ON b.id = o.boot LEFT JOIN counters c ON c.op = o.id"                       \
	" ORDER BY b.hunt, b.folder, inst, c.name;"                                                \
	"SELECT b.hunt, b.folder, host_us, device, requested_bytes, plugged_bytes FROM resizes r"  \
	" JOIN boots b ON b.id = r.boot ORDER BY b.hunt, b.folder, host_us;"                       \
	"SELECT b.hunt, b.folder, i.number, family, i.title, i.signature, walker, walker_guessed," \
	" evidence, i.hits, s.number, s.kind, s.title, s.line, s.t_us FROM incidents i"            \
	" JOIN boots b ON b.id = i.boot JOIN splats s ON s.incident = i.id"                        \
	" ORDER BY b.hunt, b.folder, i.number, s.number;"                                          \
	"SELECT b.hunt, b.folder, layer, kind, opened, open_ns, longest_ns, overlap, lost"         \
	" FROM windows w JOIN boots b ON b.id = w.boot ORDER BY b.hunt, b.folder, kind;"           \
	"SELECT b.hunt, b.folder, walker, func, kind, visits, inside, offline, nearest_ns"         \
	" FROM exposures e JOIN boots b ON b.id = e.boot"                                          \
	" ORDER BY b.hunt, b.folder, walker, func, kind;"

static void check_sound(const char *root)
{
	g_autofree char *integrity = query(root, "PRAGMA integrity_check");
	g_autofree char *keys = query(root, "PRAGMA foreign_key_check");

	g_assert_cmpstr(integrity, ==, "ok|\n");
	g_assert_cmpstr(keys, ==, "");
}

static void rebuild(const char *root, guint hunts, guint boots)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *note = NULL;
	guint h, b;

	g_assert_true(store_rebuild(root, &note, &h, &b, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(h, ==, hunts);
	g_assert_cmpuint(b, ==, boots);
}

/* Takes @said: NULL or something with @words in it. */
static void told(char *said, const char *words)
{
	g_assert_true((said != NULL) == (words != NULL));
	if (words)
		g_assert_nonnull(strstr(said, words));
	g_free(said);
}

/* As a hunt does it: its row, each boot when it is over, its row again. */
static void index_live(const char *root, const char *id)
{
	static const char *const boots[] = {"0000", "0001", "0002"};
	g_autofree char *dir = g_build_filename(root, id, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = store_open(root, &error);

	g_assert_no_error(error);
	told(store_hunt(store, dir), NULL);
	for (guint i = 0; i < G_N_ELEMENTS(boots); i++) {
		g_autofree char *boot = g_build_filename(dir, "boots", boots[i], NULL);

		told(store_boot(store, dir, boot, FALSE), NULL);
	}
	told(store_hunt(store, dir), NULL);
}

static void test_rebuild(Fixture *f, gconstpointer data)
{
	g_autofree char *live = NULL, *again = NULL, *twice = NULL;

	fixture_results(f->root);
	index_live(f->root, "20261120-100000-quick-6.12");
	index_live(f->root, "20261121-100000-quick-7.3");
	live = query(f->root, DUMP);
	check_sound(f->root);
	g_assert_nonnull(strstr(live, "|offlines|100|"));
	g_assert_nonnull(strstr(live, "|vm0|83886080|4194304|"));
	g_assert_nonnull(strstr(live, "|0002|bpf|dec|40|8000000|300000|0|1|"));
	g_assert_nonnull(strstr(live, "|damon|damon_get_folio|dec|20000|30|12|1500|"));
	g_assert_nonnull(strstr(live, "6.12.95-1|00ff|c0|machine|2|incident|"));
	rebuild(f->root, 2, 6);
	again = query(f->root, DUMP);
	g_assert_cmpstr(live, ==, again);
	/* From nothing. */
	{
		g_autofree char *path = g_build_filename(f->root, "pfnhunt.db", NULL);

		g_assert_cmpint(g_remove(path), ==, 0);
	}
	rebuild(f->root, 2, 6);
	twice = query(f->root, DUMP);
	g_assert_cmpstr(live, ==, twice);
	check_sound(f->root);
}

static void test_gone(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = NULL, *left = NULL;

	fixture_results(f->root);
	rebuild(f->root, 2, 6);
	dir = g_build_filename(f->root, "20261120-100000-quick-6.12", NULL);
	tree_remove(dir);
	rebuild(f->root, 1, 3);
	left = query(f->root, "SELECT count(*) FROM hunts; SELECT count(*) FROM boots;"
			      "SELECT count(*) FROM kernels;");
	g_assert_cmpstr(left, ==, "1|\n3|\n1|\n");
	check_sound(f->root);
}

/* Killed half-way: known by its boots, and none of them is clean for want of a verdict. */
static void test_killed(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = fixture_hunt(f->root, &(FixtureHunt){"h1", "2026-11-20T10:00:00Z",
								    "quick", "6.1", NULL});
	g_autofree char *seen = NULL, *tries = NULL, *exposed = NULL;
	g_autoptr(Store) store = NULL;

	fixture_boot(dir, &(FixtureBoot){.folder = "0000", .verdict = "emulator", .run_s = 1});
	fixture_boot(dir, &(FixtureBoot){.folder = "0000-again1", .verdict = "clean", .run_s = 1});
	fixture_boot(dir, &(FixtureBoot){.folder = "0001"});
	rebuild(f->root, 1, 3);
	store = store_open(f->root, NULL);
	seen = list(store);
	g_assert_cmpstr(seen, ==, "h1:6.1::1:0:100;");
	tries = query(f->root, "SELECT folder, retried, verdict FROM boots ORDER BY folder");
	g_assert_cmpstr(tries, ==, "0000|1|emulator|\n0000-again1|0|clean|\n0001|0||\n");
	/* What it had been exposed to until then is in its counters. */
	exposed = query(f->root, "SELECT kind, opened, layer FROM windows w JOIN boots b ON "
				 "b.id = w.boot WHERE folder = '0001' ORDER BY kind");
	g_assert_cmpstr(exposed, ==, "dec|40|bpf|\noffline|100|bpf|\n");
}

static void test_migrate(Fixture *f, gconstpointer data)
{
	/* The schema of version 1 as it was released, and a hunt in it. */
	static const char old[] =
		"CREATE TABLE hunt (id TEXT PRIMARY KEY, started TEXT NOT NULL, ended TEXT,"
		" scenario TEXT NOT NULL, kernel TEXT NOT NULL, build_id TEXT, seed TEXT NOT NULL,"
		" backend TEXT NOT NULL, accel TEXT NOT NULL, verdict TEXT);"
		"CREATE TABLE boot (id INTEGER PRIMARY KEY, hunt TEXT NOT NULL REFERENCES hunt(id),"
		" number INTEGER NOT NULL, seed TEXT NOT NULL, folder TEXT NOT NULL,"
		" verdict TEXT NOT NULL, reason TEXT NOT NULL, retried INTEGER NOT NULL,"
		" run_s REAL NOT NULL, offlines INTEGER NOT NULL, hits INTEGER NOT NULL, hit_s "
		"REAL,"
		" hit_title TEXT, hit_family TEXT, hit_signature TEXT, hit_walker TEXT,"
		" UNIQUE (hunt, folder));"
		"INSERT INTO hunt VALUES ('old', '2026-11-01T00:00:00Z', NULL, 'quick', '6.1', "
		"NULL,"
		" '0x1', 'qemu', 'tcg', 'incident');"
		"INSERT INTO boot VALUES (7, 'old', 0, '0x2', '0000', 'incident', 'r', 0, 2.5, 40, "
		"3,"
		" 0.5, 'WARNING in f', 'fake-offline', 'sig', 'damon');"
		"PRAGMA user_version = 1;";
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = NULL;
	g_autofree char *seen = NULL, *incident = NULL, *version = NULL;

	g_free(query(f->root, old));
	store = store_open(f->root, &error);
	g_assert_no_error(error);
	seen = list(store);
	g_assert_cmpstr(seen, ==, "old:6.1:incident:1:1:40;");
	incident = query(f->root, "SELECT boot, family, signature, walker, hits FROM incidents");
	g_assert_cmpstr(incident, ==, "7|fake-offline|sig|damon|3|\n");
	version = query(f->root, "PRAGMA user_version");
	g_assert_cmpstr(version, ==, "4|\n");
	check_sound(f->root);
}

static void expect_refused(const char *root, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = store_open(root, &error);

	g_assert_null(store);
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	if (!strstr(error->message, words))
		g_error("'%s' lacks '%s'", error->message, words);
	g_assert_nonnull(strstr(error->message, "pfnhunt.db"));
}

static void test_corrupt(Fixture *f, gconstpointer data)
{
	g_autofree char *note = NULL, *seen = NULL, *kept = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = NULL;
	guint hunts;

	fixture_results(f->root);
	fixture_write(f->root, "pfnhunt.db", "this is no database, but long enough to be one");
	expect_refused(f->root, "pfnhunt results rebuild");
	g_assert_true(store_rebuild(f->root, &note, &hunts, NULL, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(hunts, ==, 2);
	g_assert_nonnull(note);
	g_assert_true(g_file_get_contents(strstr(note, f->root), &kept, NULL, NULL));
	g_assert_true(g_str_has_prefix(kept, "this is no database"));
	store = store_open(f->root, &error);
	g_assert_no_error(error);
	seen = list(store);
	g_assert_nonnull(strstr(seen, "quick-7.3:7.3.4+deb13-amd64:incident:3:2:300;"));
}

/* Pages overwritten behind the header, where opening does not look. */
static void test_torn(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->root, "pfnhunt.db", NULL), *text = NULL;
	g_autofree char *note = NULL;
	gsize len;

	fixture_results(f->root);
	rebuild(f->root, 2, 6);
	g_assert_true(g_file_get_contents(path, &text, &len, NULL));
	g_assert_cmpuint(len, >, 20000);
	memset(text + 4096, 0xa5, len - 4096);
	g_assert_true(g_file_set_contents(path, text, (gssize)len, NULL));
	g_assert_true(store_rebuild(f->root, &note, NULL, NULL, NULL));
	g_assert_nonnull(note);
	check_sound(f->root);
}

static gpointer write_many(gpointer user)
{
	const char *const *args = user;

	index_live(args[0], args[1]);
	for (guint i = 0; i < 20; i++)
		index_live(args[0], args[1]);
	return NULL;
}

static void test_two_writers(Fixture *f, gconstpointer data)
{
	const char *a[] = {f->root, "20261120-100000-quick-6.12"};
	const char *b[] = {f->root, "20261121-100000-quick-7.3"};
	g_autofree char *seen = NULL;
	GThread *threads[2];

	fixture_results(f->root);
	threads[0] = g_thread_new("a", write_many, a);
	threads[1] = g_thread_new("b", write_many, b);
	g_thread_join(threads[0]);
	g_thread_join(threads[1]);
	seen = query(f->root, "SELECT hunt, count(*) FROM boots GROUP BY hunt ORDER BY hunt");
	g_assert_cmpstr(seen, ==, "20261120-100000-quick-6.12|3|\n20261121-100000-quick-7.3|3|\n");
	check_sound(f->root);
}

/* The index fails in the middle of a hunt: told once, and the hunt goes on. */
static void test_full(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->root, "20261120-100000-quick-6.12", NULL);
	g_autofree char *boot = g_build_filename(dir, "boots", "0000", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = NULL;

	fixture_results(f->root);
	store = store_open(f->root, &error);
	g_assert_no_error(error);
	g_free(query(f->root, "DROP TABLE hosts"));
	told(store_hunt(store, dir), "hosts; the folders have all");
	told(store_hunt(store, dir), NULL); /* once */
	told(store_hunt(NULL, dir), NULL);
	told(store_boot(NULL, dir, boot, FALSE), NULL);
}

/* Root may write whatever the permissions say: for it the folder is mounted read-only. */
static gboolean make_read_only(const char *dir)
{
	if (geteuid())
		return chmod(dir, 0500) == 0;
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(dir, dir, NULL, MS_BIND, NULL) == 0 &&
	       mount(dir, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

static void look_at_read_only(const char *root)
{
	g_autofree char *dir = g_build_filename(root, "20261120-100000-quick-6.12", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = store_open(root, &error);
	g_autofree char *seen = NULL, *note = NULL;
	guint hunts, boots;

	g_assert_no_error(error);
	seen = list(store);
	g_assert_nonnull(strstr(seen, "20261120-100000-quick-6.12:"));
	told(store_hunt(store, dir), "The hunt goes on");
	g_assert_false(store_rebuild(root, &note, &hunts, &boots, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
}

/* In a process of its own, for there is no way back. */
static void test_read_only(Fixture *f, gconstpointer data)
{
	int status;
	pid_t pid;

	fixture_results(f->root);
	index_live(f->root, "20261120-100000-quick-6.12");
	pid = fork();
	if (pid == 0) {
		if (!make_read_only(f->root))
			_exit(77);
		look_at_read_only(f->root);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_chmod(f->root, 0700);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		g_test_skip("root that may not mount cannot make a folder read-only");
	else
		g_assert_cmpint(status, ==, 0);
}

static void count_incident(const StoreIncident *i, gpointer user)
{
	g_string_append_printf(
		user, "%s:%s:%s:%s:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ";",
		i->signature, i->first_hunt, i->kernels, i->walkers, i->hunts, i->boots, i->hits);
}

static char *incidents(Store *store, const char *since)
{
	GString *seen = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(store_incidents(store, since, count_incident, seen, &error));
	g_assert_no_error(error);
	return g_string_free(seen, FALSE);
}

static void test_incidents(Fixture *f, gconstpointer data)
{
	g_autofree char *all = NULL, *since_date = NULL, *since_hunt = NULL, *none = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = NULL;
	g_autoptr(GString) seen = g_string_new(NULL);

	fixture_results(f->root);
	rebuild(f->root, 2, 6);
	store = store_open(f->root, NULL);
	all = incidents(store, NULL);
	g_assert_cmpstr(all, ==,
			"warning:hostile:<x>&:20261121-100000-quick-7.3:7.3.4+deb13-amd64:damon:1:"
			"1:3;" FIXTURE_SIG ":20261120-100000-quick-6.12:" FIXTURE_KERNEL
			", 7.3.4+deb13-amd64:damon:2:2:6;");
	since_date = incidents(store, "2026-11-21");
	g_assert_true(g_str_has_prefix(since_date, "warning:hostile"));
	g_assert_null(strstr(since_date, FIXTURE_SIG));
	since_hunt = incidents(store, "20261120-100000-quick-6.12");
	g_assert_cmpstr(since_hunt, ==, since_date);
	none = incidents(store, "2026-11-22");
	g_assert_cmpstr(none, ==, "");
	g_assert_false(store_incidents(store, "yesterday", count_incident, seen, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
}

static void merge(Fixture *f, guint hunts, guint grown, guint same)
{
	g_autoptr(GError) error = NULL;
	MergeCounts counts = {0};

	g_assert_true(results_merge(f->root, f->other, &counts, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(counts.hunts, ==, hunts);
	g_assert_cmpuint(counts.grown, ==, grown);
	g_assert_cmpuint(counts.same, ==, same);
	g_assert_cmpuint(counts.unusable, ==, 0);
}

static void test_merge(Fixture *f, gconstpointer data)
{
	static const FixtureHunt theirs = {"h1", "2026-11-20T10:00:00Z", "quick", "6.1", NULL};
	static const FixtureHunt ours = {"h1", "2026-11-20T10:00:00Z", "quick", "6.12", "clean"};
	g_autofree char *a = fixture_hunt(f->root, &ours), *b = fixture_hunt(f->other, &theirs);
	g_autofree char *kernels = NULL, *folders = NULL, *link = NULL;

	fixture_boot(a, &(FixtureBoot){.folder = "0000", .verdict = "clean", .run_s = 1});
	fixture_boot(b, &(FixtureBoot){.folder = "0000", .verdict = "clean", .run_s = 1});
	fixture_boot(b, &(FixtureBoot){.folder = "0001"}); /* still runs */
	link = g_build_filename(b, "boots", "0000", "passwd", NULL);
	g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
	merge(f, 1, 0, 0); /* the id is taken by another hunt */
	merge(f, 0, 0, 1); /* twice: nothing */
	fixture_boot(b, &(FixtureBoot){.folder = "0001", .verdict = "clean", .run_s = 1});
	fixture_boot(b, &(FixtureBoot){.folder = "0002", .verdict = "clean", .run_s = 1});
	merge(f, 0, 1, 0);
	merge(f, 0, 0, 1);
	rebuild(f->root, 2, 4);
	rebuild(f->root, 2, 4);
	kernels = query(f->root, "SELECT DISTINCT k.release, count(*) FROM hunts h JOIN kernels k "
				 "ON k.id = h.kernel JOIN boots b ON b.hunt = h.id "
				 "WHERE b.verdict = 'clean' GROUP BY h.id ORDER BY 1");
	g_assert_cmpstr(kernels, ==, "6.1|3|\n6.12|1|\n");
	folders = query(f->root, "SELECT count(*) FROM hunts WHERE id LIKE 'h1-________'");
	g_assert_cmpstr(folders, ==, "1|\n");
	{
		g_autoptr(GDir) dir = g_dir_open(f->root, 0, NULL);
		const char *name;

		while ((name = g_dir_read_name(dir))) {
			g_autofree char *copied =
				g_build_filename(f->root, name, "boots", "0000", "passwd", NULL);

			g_assert_false(g_str_has_prefix(name, "."));
			g_assert_false(g_file_test(copied, G_FILE_TEST_IS_SYMLINK));
			g_assert_false(g_file_test(copied, G_FILE_TEST_EXISTS));
		}
	}
}

static void test_merge_nothing(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	MergeCounts counts = {0};

	g_assert_false(results_merge(f->root, f->other, &counts, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
}

static void test_find(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *exact = NULL, *last = NULL, *prefix = NULL;

	fixture_results(f->root);
	exact = results_find(f->root, "20261120-100000-quick-6.12", &error);
	g_assert_no_error(error);
	prefix = results_find(f->root, "20261120", &error);
	g_assert_cmpstr(exact, ==, prefix);
	last = results_find(f->root, "last", &error);
	g_assert_true(g_str_has_suffix(last, "20261121-100000-quick-7.3"));
	g_assert_null(results_find(f->root, "2026", &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
	g_clear_error(&error);
	g_assert_null(results_find(f->root, "/etc", &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
}

/* Files that no version of ours wrote: every member of the wrong type. */
static void test_hostile_folder(Fixture *f, gconstpointer data)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{",
		"\xff\xfe{}",
		"{\"verdict\":3,\"ops\":{\"a\":[]},\"incidents\":[1,null,{\"cause\":[],"
		"\"consequences\":{}}],\"first_hit\":[],\"run_s\":\"x\",\"hits\":1e300,"
		"\"argv\":[1,{}],\"started\":null,\"scenario\":[],\"boots\":\"many\"}",
	};
	g_autofree char *dir = g_build_filename(f->root, "h", NULL);
	g_autofree char *boot = g_build_filename(dir, "boots", "0000", NULL);

	g_assert_cmpint(g_mkdir_with_parents(boot, 0755), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(RHunt) hunt = NULL;

		fixture_write(dir, "hunt.json", i == 4 ? texts[i] : "{}");
		fixture_write(dir, "summary.json", texts[i]);
		fixture_write(boot, "boot.json", i == 4 ? texts[i] : "{}");
		fixture_write(boot, "verdict.json", texts[i]);
		fixture_write(boot, "counters.jsonl", texts[i]);
		fixture_write(boot, "memory.jsonl", texts[i]);
		hunt = results_hunt_load(dir, TRUE, NULL);
		g_assert_nonnull(hunt);
		g_assert_cmpuint(hunt->boots->len, ==, 1);
		rebuild(f->root, 1, 1);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(Fixture *, gconstpointer);
	} tests[] = {
		{"/store/rebuild", test_rebuild},
		{"/store/gone", test_gone},
		{"/store/killed", test_killed},
		{"/store/migrate", test_migrate},
		{"/store/corrupt", test_corrupt},
		{"/store/torn", test_torn},
		{"/store/two-writers", test_two_writers},
		{"/store/failing", test_full},
		{"/store/read-only", test_read_only},
		{"/store/incidents", test_incidents},
		{"/store/merge", test_merge},
		{"/store/merge-nothing", test_merge_nothing},
		{"/store/find", test_find},
		{"/store/hostile-folder", test_hostile_folder},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
