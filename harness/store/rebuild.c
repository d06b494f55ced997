/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index made of the folders again: in place while it is one, for a hunt may run meanwhile; else
 * as a new file, which takes the place of the old one when it is whole.
 */
#include "harness/store/internal.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

static gboolean is_sound(Store *store)
{
	sqlite3_stmt *stmt = store_prepare(store, "PRAGMA quick_check(1)", "");
	int code = stmt ? sqlite3_step(stmt) : sqlite3_errcode(store->db);
	/* A full disk, a lock, no right to read it: not broken. */
	gboolean sound = code == SQLITE_ROW ? g_str_equal(store_text(stmt, 0), "ok")
					    : !store_is_broken(code);

	sqlite3_finalize(stmt);
	return sound;
}

/* FALSE with *@broken: what is there is no index, whatever is put into it. */
static gboolean fill_in_place(const char *path, GPtrArray *dirs, guint *boots, gboolean *broken,
			      GError **error)
{
	g_autoptr(Store) store = store_open_file(path, FALSE, broken, error);
	gboolean ok;

	if (!store)
		return FALSE;
	*broken = !is_sound(store);
	if (*broken)
		return FALSE;
	ok = store_fill(store, dirs, boots, error);
	*broken = store->broken;
	return ok;
}

static const char *const beside[] = {"-wal", "-shm", "-journal"};

static void remove_all(const char *path)
{
	g_unlink(path);
	for (guint i = 0; i < G_N_ELEMENTS(beside); i++) {
		g_autofree char *file = g_strconcat(path, beside[i], NULL);

		g_unlink(file);
	}
}

/*
 * What lies beside a database belongs to it and goes first: the new one would take it for its own.
 * After a kill in between there is the old database or the new one, and never none.
 */
static gboolean put_in_place(const char *made, const char *path, const char *aside, GError **error)
{
	if (link(path, aside) < 0 && errno != ENOENT) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s cannot be kept as %s",
			    path, aside);
		return FALSE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(beside); i++) {
		g_autofree char *from = g_strconcat(path, beside[i], NULL);
		g_autofree char *to = g_strconcat(aside, beside[i], NULL);

		g_rename(from, to);
	}
	if (g_rename(made, path) == 0)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s cannot be replaced", path);
	return FALSE;
}

static gboolean make_anew(const char *path, GPtrArray *dirs, guint *boots, char **note,
			  GError **error)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *stamp = g_date_time_format(now, "%Y%m%d-%H%M%S");
	g_autofree char *aside = g_strdup_printf("%s.bad-%s", path, stamp);
	g_autofree char *made = g_strdup_printf("%s.new-%d", path, (int)getpid());
	g_autoptr(Store) store = NULL;
	gboolean broken, ok;

	remove_all(made);
	store = store_open_file(made, FALSE, &broken, error);
	ok = store && store_fill(store, dirs, boots, error);
	/* The last one that closes it writes all into the one file. */
	g_clear_pointer(&store, store_close);
	ok = ok && put_in_place(made, path, aside, error);
	remove_all(made);
	if (ok)
		*note = g_strdup_printf("the old database could not be used; it is kept as %s",
					aside);
	return ok;
}

gboolean store_rebuild(const char *results_dir, char **note, guint *hunts, guint *boots,
		       GError **error)
{
	g_autoptr(GPtrArray) dirs = results_hunt_dirs(results_dir, error);
	g_autofree char *path = g_build_filename(results_dir, "pfnhunt.db", NULL);
	g_autoptr(GError) why = NULL;
	gboolean broken = FALSE;
	guint count;

	*note = NULL;
	if (!dirs)
		return FALSE;
	if (!fill_in_place(path, dirs, &count, &broken, &why) &&
	    (!broken || !make_anew(path, dirs, &count, note, error))) {
		if (!broken)
			g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	if (hunts)
		*hunts = dirs->len;
	if (boots)
		*boots = count;
	return TRUE;
}

Store *store_open_filled(const char *results_dir, GError **error)
{
	g_autofree char *path = g_build_filename(results_dir, "pfnhunt.db", NULL), *note = NULL;
	GStatBuf st;

	/* A kill, or a disk that was full, right behind the creation leaves a file of no bytes. */
	if ((g_stat(path, &st) < 0 || st.st_size == 0) && g_access(results_dir, W_OK) == 0 &&
	    !store_rebuild(results_dir, &note, NULL, NULL, error))
		return NULL;
	return store_open(results_dir, error);
}
