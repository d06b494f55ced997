/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See merge-files.h. */
#include "harness/results/merge-files.h"
#include "guest-agent/contract/recorder.h"
#include "harness/results/record.h"
#include "harness/scenario/scenario.h"
#include "host-driver/base/error.h"
#include "host-driver/base/json.h"
#include "host-driver/base/open.h"
#include "host-driver/base/tree.h"
#include "host-driver/kernel/initramfs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define COPY_BYTES (64 << 10)

gboolean merge_fail(GError **error, const char *path)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", path, g_strerror(errno));
	return FALSE;
}

/* What a hunt's and a boot's folder consist of. Nothing else comes over. */
typedef struct {
	const char *name;
	guint64 max_bytes;
} Known;

static const Known hunt_files[] = {
	{"hunt.json", RESULTS_JSON_MAX_BYTES},	 {"summary.json", RESULTS_JSON_MAX_BYTES},
	{"shards.json", RESULTS_JSON_MAX_BYTES}, {"scenario.ini", SCENARIO_MAX_BYTES},
	{"initramfs.cpio", INITRAMFS_MAX_BYTES}, {NULL},
};

static const Known boot_files[] = {
#define X(id, name, help) {name, RECORD_FILE_MAX_BYTES},
	RECORD_FILES(X)
#undef X
		{"boot.json", RESULTS_JSON_MAX_BYTES},
	{"verdict.json", RESULTS_JSON_MAX_BYTES},
	{"thinned.json", RESULTS_JSON_MAX_BYTES},
	{"scenario.ini", SCENARIO_MAX_BYTES},
	{"plan.txt", RESULTS_JSON_MAX_BYTES},
	{"recorder.bin", (guint64)REC_PAGES *REC_PAGE},
	{"recorder-first.bin", (guint64)REC_PAGES *REC_PAGE},
	{NULL},
};

/*
 * Of what is nothing but zeros no more than its length is written: a file may be all holes. It may
 * also grow while it is read: what is beyond @max_bytes then stays behind.
 */
static gboolean copy_bytes(int from, int to, guint64 max_bytes)
{
	static const char zeros[COPY_BYTES];
	g_autofree char *buf = g_malloc(COPY_BYTES);
	off_t len = 0;
	ssize_t n;

	while ((n = read(from, buf, MIN(COPY_BYTES, max_bytes - (guint64)len))) > 0) {
		gboolean hole = memcmp(buf, zeros, (gsize)n) == 0;

		if (!hole && pwrite(to, buf, (gsize)n, len) != n)
			return FALSE;
		len += n;
	}
	return n == 0 && ftruncate(to, len) == 0;
}

static gboolean copy_file(const char *from, const char *to, guint64 max_bytes, GError **error)
{
	int in = open_file(from, OPEN_FOUND, max_bytes, error), out;
	gboolean ok;

	if (in < 0)
		return FALSE;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	ok = out >= 0 && copy_bytes(in, out, max_bytes);
	if (!ok)
		merge_fail(error, to);
	if (out >= 0)
		close(out);
	close(in);
	return ok;
}

/* When it is there. */
static gboolean copy_known(const char *from_dir, const char *to_dir, const Known *known,
			   GError **error)
{
	g_autofree char *from = g_build_filename(from_dir, known->name, NULL);
	g_autofree char *to = g_build_filename(to_dir, known->name, NULL);
	g_autoptr(GError) bad = NULL;

	if (copy_file(from, to, known->max_bytes, &bad) ||
	    g_error_matches(bad, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&bad));
	return FALSE;
}

gboolean merge_copy_file(const char *from_dir, const char *to_dir, const char *name, GError **error)
{
	const Known *known = hunt_files;

	while (known->name && !g_str_equal(known->name, name))
		known++;
	return copy_known(from_dir, to_dir, known, error);
}

static gboolean copy_folder(const char *from_dir, const char *to_dir, const Known *known,
			    GError **error)
{
	if (g_mkdir(to_dir, 0755) < 0)
		return merge_fail(error, to_dir);
	for (; known->name; known++)
		if (!copy_known(from_dir, to_dir, known, error))
			return FALSE;
	return TRUE;
}

/* Its files, and the folder of its boots. */
static gboolean copy_hunt(const RHunt *hunt, const char *to, GError **error)
{
	gboolean gained = FALSE;

	return copy_folder(hunt->dir, to, hunt_files, error) &&
	       merge_boots(hunt, to, &gained, error);
}

/* Of @hunt, or of @boot when that is not NULL: under a name that no reader takes for one first. */
static gboolean bring(const RHunt *hunt, const RBoot *boot, const char *dir, const char *name,
		      GError **error)
{
	g_autofree char *leaf = g_strdup_printf(".merge-%s", name);
	g_autofree char *half = g_build_filename(dir, leaf, NULL);
	g_autofree char *whole = g_build_filename(dir, name, NULL);

	tree_remove(half); /* of a merge that was killed */
	if (boot ? copy_folder(boot->dir, half, boot_files, error) : copy_hunt(hunt, half, error)) {
		if (g_rename(half, whole) == 0)
			return TRUE;
		merge_fail(error, whole);
	}
	tree_remove(half);
	return FALSE;
}

gboolean merge_bring(const RHunt *hunt, const char *dir, const char *name, GError **error)
{
	return bring(hunt, NULL, dir, name, error);
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
	if (!bring(NULL, b, boots, b->folder, error)) {
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
	/* The hunt that is here may have been received before, and its boots lead elsewhere. */
	if (!open_is_folder(boots)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s: not a folder; a symbolic link is not followed", boots);
		return FALSE;
	}
	for (guint i = 0; i < from->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(from->boots, i);
		g_autofree char *target = g_build_filename(boots, b->folder, NULL);

		gboolean here = g_file_test(target, G_FILE_TEST_EXISTS);

		if (here && (!b->ended || has_verdict(target)))
			continue;
		if (!(here ? bring_again(b, boots, error)
			   : bring(NULL, b, boots, b->folder, error)))
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
