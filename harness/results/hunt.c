/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hunt out of its folder, and how hunts are found: see model.h. */
#include "host-driver/base/json.h"
#include "harness/results/records.h"
#include "host-driver/base/error.h"
#include "host-driver/base/open.h"
#include "host-driver/base/text.h"

#include <glib/gstdio.h>
#include <limits.h>
#include <string.h>

/* Resizes of all boots together: of a hunt that has more, later boots keep but the first few. */
#define RESIZES_MAX 1000000
#define RESIZES_FEW 16

/* Verdicts of all boots together: of a hunt that has more, the long ones of later boots stay out. */
#define VERDICTS_MAX_BYTES (64u << 20)
#define VERDICT_LONG_BYTES (64u << 10)

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const RBoot *x = *(RBoot *const *)a, *y = *(RBoot *const *)b;
	int order = (x->number > y->number) - (x->number < y->number);

	if (order == 0)
		order = strcmp(x->started, y->started);
	return order ? order : strcmp(x->folder, y->folder);
}

/* Of several tries at one number the last one counts. */
static void mark_retried(GPtrArray *boots)
{
	g_ptr_array_sort(boots, by_number);
	for (guint i = 0; i + 1 < boots->len; i++) {
		RBoot *b = g_ptr_array_index(boots, i);
		const RBoot *next = g_ptr_array_index(boots, i + 1);

		b->retried = b->number == next->number;
	}
}

/* Whether there is room for its verdict beside @held bytes of others, which then grow. */
static gboolean has_room(const char *boot_dir, guint64 *held)
{
	g_autofree char *path = g_build_filename(boot_dir, "verdict.json", NULL);
	GStatBuf st;
	guint64 bytes = g_lstat(path, &st) == 0 ? (guint64)st.st_size : 0;

	if (bytes > RESULTS_JSON_MAX_BYTES) /* none of it is read */
		return TRUE;
	if (bytes > VERDICT_LONG_BYTES && *held + bytes > VERDICTS_MAX_BYTES)
		return FALSE;
	*held += bytes;
	return TRUE;
}

static gboolean load_boots(RHunt *h, GError **error)
{
	g_autofree char *path = g_build_filename(h->dir, "boots", NULL);
	g_autoptr(GDir) dir = NULL;
	const char *name;
	guint resizes = 0;
	guint64 held = 0;

	/* Boots that are ours would be put where it points, and old ones be thinned there. */
	if (g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s: a symbolic link, which is not followed", path);
		return FALSE;
	}
	dir = g_dir_open(path, 0, NULL);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *boot_dir = g_build_filename(path, name, NULL);
		RBoot *boot = NULL;

		if (g_ascii_isdigit(*name) && open_is_folder(boot_dir))
			boot = results_boot_load_part(boot_dir, has_room(boot_dir, &held), NULL);
		if (!boot)
			continue;
		if (boot->resizes->len > RESIZES_FEW && resizes > RESIZES_MAX)
			g_ptr_array_set_size(boot->resizes, RESIZES_FEW);
		resizes += boot->resizes->len;
		g_ptr_array_add(h->boots, boot);
	}
	mark_retried(h->boots);
	return TRUE;
}

/* Of the summary, which repeats much of hunt.json. */
static void load_end(RHunt *h, JsonObject *o)
{
	RHunt end = {0};

	fields_read(&results_summary_table, o, &end);
	h->ended = g_steal_pointer(&end.ended);
	h->verdict = end.verdict;
	h->interrupted = end.interrupted;
	memcpy(h->verdicts, end.verdicts, sizeof(h->verdicts));
	fields_clear(&results_summary_table, &end);
}

/* hunt.json is written once and never again: its bytes are the hunt's identity. */
static char *identity(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "hunt.json", NULL), *text = NULL;
	g_autofree char *sum = NULL;
	gsize len = 0;

	text = open_read(path, OPEN_FOUND, RESULTS_JSON_MAX_BYTES, &len, NULL);
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, len);
	return g_strndup(sum, 32);
}

RHunt *results_hunt_load(const char *dir, gboolean with_boots, GError **error)
{
	g_autoptr(JsonNode) start = rj_load(dir, "hunt.json", error);
	g_autoptr(JsonNode) end = NULL;
	g_autofree char *summary_path = NULL;
	g_autoptr(RHunt) h = NULL;
	JsonObject *summary;

	if (!start)
		return NULL;
	end = rj_load(dir, "summary.json", NULL);
	summary_path = g_build_filename(dir, "summary.json", NULL);
	summary = end ? json_node_get_object(end) : NULL;
	h = g_new0(RHunt, 1);
	h->dir = g_strdup(dir);
	h->uid = identity(dir);
	h->boots = g_ptr_array_new_with_free_func((GDestroyNotify)results_boot_free);
	fields_read(&results_hunt_table, json_node_get_object(start), h);
	g_free(h->id);
	h->id = g_path_get_basename(dir);
	load_end(h, summary);
	if (!end && g_file_test(summary_path, G_FILE_TEST_EXISTS))
		h->verdict = verdict_name(VERDICT_INFRA);
	if (!with_boots)
		return g_steal_pointer(&h);
	if (!load_boots(h, error))
		return NULL;
	/* Folders of the first version name the kernel's build in the boots alone. */
	if (h->boots->len && !*h->build_id) {
		const RBoot *first = g_ptr_array_index(h->boots, 0);

		g_free(h->build_id);
		h->build_id = g_strdup(first->build_id);
		g_free(h->kernel_version);
		h->kernel_version = g_strdup(first->kernel_version);
	}
	return g_steal_pointer(&h);
}

void results_hunt_free(RHunt *h)
{
	if (!h)
		return;
	g_free(h->dir);
	g_free(h->uid);
	g_free(h->ended);
	fields_clear(&results_hunt_table, h);
	g_ptr_array_unref(h->boots);
	g_free(h);
}

static gboolean is_hunt(const char *dir)
{
	g_autofree char *mark = g_build_filename(dir, "hunt.json", NULL);

	return g_file_test(mark, G_FILE_TEST_IS_REGULAR);
}

gboolean results_is_id(const char *id)
{
	g_autofree char *clean = text_clean_copy(id);

	return *id && *id != '.' && !strchr(id, '/') && g_str_equal(clean, id) &&
	       strlen(id) <= NAME_MAX;
}

GPtrArray *results_hunt_dirs(const char *results_dir, GError **error)
{
	g_autoptr(GError) bad = NULL;
	g_autoptr(GDir) dir = g_dir_open(results_dir, 0, &bad);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	if (!dir) {
		g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, bad->message);
		return NULL;
	}
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(results_dir, name, NULL);

		if (*name != '.' && open_is_folder(path) && is_hunt(path))
			g_ptr_array_add(paths, g_steal_pointer(&path));
	}
	g_ptr_array_sort(paths, by_text);
	return g_steal_pointer(&paths);
}

/* That which began last; of several, the last by name. Each hunt is read once. Borrowed. */
static const char *last_of(const GPtrArray *dirs)
{
	g_autofree char *latest = NULL;
	const char *found = NULL;

	for (guint i = 0; i < dirs->len; i++) {
		g_autoptr(RHunt) h = results_hunt_load(g_ptr_array_index(dirs, i), FALSE, NULL);
		const char *started = h ? h->started : "";

		if (latest && strcmp(started, latest) < 0)
			continue;
		g_free(latest);
		latest = g_strdup(started);
		found = g_ptr_array_index(dirs, i);
	}
	return found;
}

char *results_find(const char *results_dir, const char *what, GError **error)
{
	g_autoptr(GPtrArray) dirs = NULL;
	const char *found = NULL;
	guint matches = 0;

	if (strchr(what, '/')) {
		if (is_hunt(what))
			return g_canonicalize_filename(what, NULL);
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s is no hunt's folder: it has no hunt.json", what);
		return NULL;
	}
	dirs = results_hunt_dirs(results_dir, error);
	if (!dirs)
		return NULL;
	if (g_str_equal(what, "last") && dirs->len)
		return g_strdup(last_of(dirs));
	for (guint i = 0; i < dirs->len; i++) {
		const char *path = g_ptr_array_index(dirs, i);
		g_autofree char *id = g_path_get_basename(path);

		if (g_str_equal(id, what))
			return g_strdup(path);
		if (g_str_has_prefix(id, what)) {
			matches++;
			found = path;
		}
	}
	if (matches == 1)
		return g_strdup(found);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "%s '%s' in %s; `pfnhunt results list` shows what there is",
		    matches ? "more than one hunt begins with" : "no hunt", what, results_dir);
	return NULL;
}

char *results_find_boot(const char *results_dir, const char *what, char **boot, GError **error)
{
	g_autofree char *mark = g_build_filename(what, "boot.json", NULL);
	g_autofree char *hunt = NULL, *path = NULL;
	const char *slash = strrchr(what, '/');

	*boot = NULL;
	if (g_file_test(mark, G_FILE_TEST_EXISTS)) {
		g_autofree char *boots = NULL;

		path = g_canonicalize_filename(what, NULL);
		boots = g_path_get_dirname(path);
		hunt = g_path_get_dirname(boots);
		*boot = g_path_get_basename(path);
	} else if (slash && g_ascii_isdigit(slash[1]) && !is_hunt(what)) {
		hunt = g_strndup(what, (gsize)(slash - what));
		*boot = g_strdup(slash + 1);
	}
	return results_find(results_dir, hunt ? hunt : what, error);
}

const RBoot *results_boot_of(const RHunt *h, const char *name, GError **error)
{
	char *end;
	guint64 number = g_ascii_strtoull(name, &end, 10);

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (strchr(name, '-') && g_str_equal(b->folder, name))
			return b;
		if (*end == '\0' && b->number == number && !b->retried)
			return b;
	}
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "%s has no boot '%s': %u boots lie there", h->id, name, h->boots->len);
	return NULL;
}

double results_whole_s(const RHunt *h)
{
	double longest_s = 0;

	if (h->duration_ms > 0)
		return (double)h->duration_ms / 1000;
	for (guint i = 0; i < h->boots->len; i++) {
		const Trial t = results_boot_trial(g_ptr_array_index(h->boots, i));

		if (t.kind == TRIAL_WHOLE)
			longest_s = MAX(longest_s, t.time_s);
	}
	return longest_s;
}

/* What one boot does not tell is not known of all of them. */
static void add_known(gint64 *sum, gint64 more)
{
	*sum = *sum < 0 || more < 0 ? -1 : *sum + more;
}

RTotals results_totals(const RHunt *h)
{
	RTotals t = {0};

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		t.retried += b->retried;
		t.unended += !b->retried && !b->ended;
		if (!results_boot_counts(b))
			continue;
		t.boots++;
		t.fired += results_boot_hit(b);
		t.exposed += results_boot_exposed(b);
		t.hits += b->hits;
		t.offlines += b->offlines;
		add_known(&t.offlines_ok, b->offlines_ok);
		add_known(&t.offlines_refused, b->offlines_refused);
		t.run_s += b->run_s;
	}
	return t;
}
