/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See merge-files.h. */
#include "harness/results/merge-files.h"
#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

gboolean merge_fail(GError **error, const char *path)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", path, g_strerror(errno));
	return FALSE;
}

gboolean merge_copy_file(const char *from, const char *to, GError **error)
{
	g_autoptr(GFile) source = g_file_new_for_path(from), target = g_file_new_for_path(to);
	g_autoptr(GError) bad = NULL;

	if (g_file_copy(source, target, G_FILE_COPY_NOFOLLOW_SYMLINKS, NULL, NULL, NULL, &bad))
		return TRUE;
	g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, bad->message);
	return FALSE;
}

/* Plain files and folders only, two levels deep: a hunt has no more. */
static gboolean copy_tree(const char *from, const char *to, guint depth, GError **error)
{
	g_autoptr(GDir) dir = NULL;
	const char *name;

	if (g_mkdir(to, 0755) < 0 && errno != EEXIST)
		return merge_fail(error, to);
	dir = g_dir_open(from, 0, error);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *source = g_build_filename(from, name, NULL);
		g_autofree char *target = g_build_filename(to, name, NULL);
		GStatBuf st;

		if (g_lstat(source, &st) < 0)
			return merge_fail(error, source);
		if (S_ISDIR(st.st_mode) && depth > 0) {
			if (!copy_tree(source, target, depth - 1, error))
				return FALSE;
		} else if (S_ISREG(st.st_mode) && !merge_copy_file(source, target, error)) {
			return FALSE;
		}
	}
	return dir != NULL;
}

gboolean merge_bring(const char *from, const char *dir, const char *name, guint depth,
		     GError **error)
{
	g_autofree char *leaf = g_strdup_printf(".merge-%s", name);
	g_autofree char *half = g_build_filename(dir, leaf, NULL);
	g_autofree char *whole = g_build_filename(dir, name, NULL);

	tree_remove(half); /* of a merge that was killed */
	if (copy_tree(from, half, depth, error)) {
		if (g_rename(half, whole) == 0)
			return TRUE;
		merge_fail(error, whole);
	}
	tree_remove(half);
	return FALSE;
}

static gboolean has_verdict(const char *boot_dir)
{
	g_autofree char *path = g_build_filename(boot_dir, "verdict.json", NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* A boot that was still running when it was first copied is over now: its files only grew. */
static gboolean bring_again(const RBoot *b, const char *boots, GError **error)
{
	g_autofree char *target = g_build_filename(boots, b->folder, NULL);
	g_autofree char *leaf = g_strdup_printf(".old-%s", b->folder);
	g_autofree char *old = g_build_filename(boots, leaf, NULL);

	tree_remove(old);
	if (g_rename(target, old) < 0)
		return merge_fail(error, target);
	if (!merge_bring(b->dir, boots, b->folder, 0, error)) {
		g_rename(old, target);
		return FALSE;
	}
	tree_remove(old);
	return TRUE;
}

gboolean merge_boots(const RHunt *from, const char *to, gboolean *gained, GError **error)
{
	g_autofree char *boots = g_build_filename(to, "boots", NULL);

	if (g_mkdir(boots, 0755) < 0 && errno != EEXIST)
		return merge_fail(error, boots);
	for (guint i = 0; i < from->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(from->boots, i);
		g_autofree char *target = g_build_filename(boots, b->folder, NULL);

		gboolean here = g_file_test(target, G_FILE_TEST_EXISTS);

		if (here && (!b->ended || has_verdict(target)))
			continue;
		if (!(here ? bring_again(b, boots, error)
			   : merge_bring(b->dir, boots, b->folder, 0, error)))
			return FALSE;
		*gained = TRUE;
	}
	return TRUE;
}

char *merge_name(const char *results_dir, const RHunt *hunt)
{
	g_autofree char *target = g_build_filename(results_dir, hunt->id, NULL);

	return g_file_test(target, G_FILE_TEST_EXISTS)
		       ? g_strdup_printf("%s-%.8s", hunt->id, hunt->uid)
		       : g_strdup(hunt->id);
}
