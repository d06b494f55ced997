/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See merge.h. */
#include "harness/results/join.h"
#include "harness/results/merge-files.h"
#include "host-driver/base/error.h"

#include <glib/gstdio.h>

/* What a hunt that is here already has gained: boots, and its end. */
static gboolean grow(const RHunt *from, const char *to, MergeCounts *counts, GError **error)
{
	static const char *const once[] = {"summary.json", "scenario.ini", "initramfs.cpio"};
	gboolean gained = FALSE;

	if (!merge_boots(from, to, &gained, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(once); i++) {
		g_autofree char *target = g_build_filename(to, once[i], NULL);

		if (g_file_test(target, G_FILE_TEST_EXISTS))
			continue;
		if (!merge_copy_file(from->dir, to, once[i], error))
			return FALSE;
		gained |= g_file_test(target, G_FILE_TEST_EXISTS);
	}
	counts->grown += gained;
	counts->same += !gained;
	return TRUE;
}

static gboolean merge_hunt(const char *results_dir, GHashTable *by_uid, Joiner *joiner,
			   const char *dir, MergeCounts *counts, GError **error)
{
	g_autoptr(RHunt) hunt = results_hunt_load(dir, TRUE, NULL);
	g_autofree char *name = NULL;
	const char *here;

	if (!hunt) {
		counts->unusable++;
		return TRUE;
	}
	here = g_hash_table_lookup(by_uid, hunt->uid);
	if (hunt->shares && !(here && hunt->share))
		return joiner_bring(joiner, hunt, counts, error);
	if (here)
		return grow(hunt, here, counts, error);
	name = merge_name(results_dir, hunt);
	if (!merge_bring(hunt, results_dir, name, error))
		return FALSE;
	g_hash_table_insert(by_uid, g_strdup(hunt->uid), g_build_filename(results_dir, name, NULL));
	counts->hunts++;
	return TRUE;
}

static GHashTable *identities(const char *results_dir, Joiner *joiner, GError **error)
{
	g_autoptr(GPtrArray) dirs = results_hunt_dirs(results_dir, error);
	g_autoptr(GHashTable) by_uid =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	if (!dirs)
		return NULL;
	for (guint i = 0; i < dirs->len; i++) {
		const char *dir = g_ptr_array_index(dirs, i);
		g_autoptr(RHunt) hunt = results_hunt_load(dir, FALSE, NULL);

		if (!hunt)
			continue;
		g_hash_table_insert(by_uid, g_strdup(hunt->uid), g_strdup(dir));
		if (hunt->shares && !hunt->share)
			joiner_add(joiner, hunt);
	}
	return g_steal_pointer(&by_uid);
}

gboolean results_merge(const char *results_dir, const char *from, MergeCounts *counts,
		       GError **error)
{
	g_autofree char *mark = g_build_filename(from, "hunt.json", NULL);
	g_autoptr(GPtrArray) dirs = NULL;
	g_autoptr(GHashTable) by_uid = NULL;
	g_autoptr(Joiner) joiner = joiner_new(results_dir);

	if (g_file_test(mark, G_FILE_TEST_IS_REGULAR)) {
		dirs = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(dirs, g_canonicalize_filename(from, NULL));
	} else {
		dirs = results_hunt_dirs(from, error);
	}
	if (!dirs)
		return FALSE;
	if (dirs->len == 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s holds no hunt: neither it nor a folder in it has a hunt.json",
			    from);
		return FALSE;
	}
	if (g_mkdir_with_parents(results_dir, 0755) < 0)
		return merge_fail(error, results_dir);
	by_uid = identities(results_dir, joiner, error);
	if (!by_uid)
		return FALSE;
	for (guint i = 0; i < dirs->len; i++)
		if (!merge_hunt(results_dir, by_uid, joiner, g_ptr_array_index(dirs, i), counts,
				error))
			return FALSE;
	return TRUE;
}
