/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See join.h. */
#include "harness/results/join.h"
#include "harness/results/records.h"
#include "harness/scenario/scenario.h"
#include "host-driver/base/json.h"
#include "host-driver/base/open.h"
#include "harness/results/merge-files.h"
#include "harness/verdict/verdict.h"
#include "host-driver/base/tree.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

struct Joiner {
	char *results_dir;
	GPtrArray *joined; /* of Joined */
};

/* A joined hunt: its shards by number, each {"uid", "ended", "interrupted"}. */
typedef struct {
	char *key, *dir;
	JsonObject *shards;
} Joined;

static void joined_free(Joined *joined)
{
	g_free(joined->key);
	g_free(joined->dir);
	json_object_unref(joined->shards);
	g_free(joined);
}

/* What all shards of a hunt have in common and no other hunt has but the same one run again. */
static char *key_of(const RHunt *h)
{
	g_autofree char *path = g_build_filename(h->dir, "scenario.ini", NULL), *text = NULL;
	g_autofree char *all = NULL;

	text = open_read(path, OPEN_FOUND, SCENARIO_MAX_BYTES, NULL, NULL);
	all = g_strdup_printf("%s\n%s\n%s\n%s\n%s\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT
			      "\n%u\n%s",
			      h->scenario, h->seed, h->kernel, h->build_id, h->config_sha256,
			      h->boots_planned, h->time_ms, h->shares, text ? text : "");
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
}

/* What is in @h: itself, or what its shards.json says. (transfer full) */
static JsonObject *shards_of(const RHunt *h)
{
	g_autofree char *number = g_strdup_printf("%u", h->share);
	g_autoptr(JsonNode) node = NULL;
	JsonObject *shards, *shard;

	if (h->share == 0) {
		node = rj_load(h->dir, "shards.json", NULL);
		return node ? json_object_ref(json_node_get_object(node)) : json_object_new();
	}
	shards = json_object_new();
	shard = json_object_new();
	rj_set_text(shard, "uid", h->uid);
	rj_set_text(shard, "ended", h->ended);
	json_object_set_boolean_member(shard, "interrupted", h->interrupted);
	json_object_set_object_member(shards, number, shard);
	return shards;
}

Joiner *joiner_new(const char *results_dir)
{
	Joiner *joiner = g_new0(Joiner, 1);

	joiner->results_dir = g_strdup(results_dir);
	joiner->joined = g_ptr_array_new_with_free_func((GDestroyNotify)joined_free);
	return joiner;
}

void joiner_free(Joiner *joiner)
{
	if (!joiner)
		return;
	g_free(joiner->results_dir);
	g_ptr_array_unref(joiner->joined);
	g_free(joiner);
}

void joiner_add(Joiner *joiner, const RHunt *hunt)
{
	Joined *joined = g_new0(Joined, 1);

	joined->key = key_of(hunt);
	joined->dir = g_strdup(hunt->dir);
	joined->shards = shards_of(hunt);
	g_ptr_array_add(joiner->joined, joined);
}

/* Whether one of @shards is in @joined from another run. */
static gboolean clashes(const Joined *joined, JsonObject *shards)
{
	g_autoptr(GList) numbers = json_object_get_members(shards);

	for (GList *n = numbers; n; n = n->next) {
		const char *here = rj_text(rj_object(joined->shards, n->data), "uid", NULL);

		if (here && !g_str_equal(here, rj_text(rj_object(shards, n->data), "uid", "")))
			return TRUE;
	}
	return FALSE;
}

static gboolean write_json(const char *dir, const char *name, JsonObject *o, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = rj_print(json_object_ref(o), TRUE);

	return g_file_set_contents(path, text, -1, error);
}

/* The folder of a new joined hunt, put in place at once; no boots are in it yet. */
static gboolean make_folder(const RHunt *from, const char *dir, GError **error)
{
	static const char *const copied[] = {"scenario.ini", "initramfs.cpio"};
	g_autofree char *parent = g_path_get_dirname(dir), *name = g_path_get_basename(dir);
	g_autofree char *leaf = g_strdup_printf(".merge-%s", name);
	g_autofree char *half = g_build_filename(parent, leaf, NULL);
	g_autofree char *boots = g_build_filename(half, "boots", NULL);
	g_autoptr(JsonNode) start = rj_load(from->dir, "hunt.json", error);

	tree_remove(half); /* of a merge that was killed */
	if (!start)
		return FALSE;
	json_object_remove_member(json_node_get_object(start), "share");
	if (g_mkdir(half, 0755) < 0 || g_mkdir(boots, 0755) < 0)
		return merge_fail(error, half);
	if (!write_json(half, "hunt.json", json_node_get_object(start), error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(copied); i++)
		if (!merge_copy_file(from->dir, half, copied[i], error))
			return FALSE;
	return g_rename(half, dir) == 0 || merge_fail(error, dir);
}

static Joined *find_or_make(Joiner *joiner, const RHunt *from, JsonObject *shards,
			    MergeCounts *counts, GError **error)
{
	g_autofree char *key = key_of(from), *dir = NULL, *name = NULL;
	Joined *joined;

	for (guint i = 0; i < joiner->joined->len; i++) {
		joined = g_ptr_array_index(joiner->joined, i);
		if (g_str_equal(joined->key, key) && !clashes(joined, shards))
			return joined;
	}
	name = merge_name(joiner->results_dir, from);
	dir = g_build_filename(joiner->results_dir, name, NULL);
	if (!make_folder(from, dir, error))
		return NULL;
	joined = g_new0(Joined, 1);
	joined->key = g_steal_pointer(&key);
	joined->dir = g_steal_pointer(&dir);
	joined->shards = json_object_new();
	g_ptr_array_add(joiner->joined, joined);
	counts->hunts++;
	return joined;
}

/* Adds @shards to what is known to be in @joined. Whether that is news. */
static gboolean add_shards(Joined *joined, JsonObject *shards)
{
	g_autoptr(GList) numbers = json_object_get_members(shards);
	gboolean news = FALSE;

	for (GList *n = numbers; n; n = n->next) {
		JsonObject *here = rj_object(joined->shards, n->data);
		JsonObject *now = rj_object(shards, n->data);

		if (!now ||
		    (here && g_str_equal(rj_text(here, "ended", ""), rj_text(now, "ended", ""))))
			continue;
		json_object_set_object_member(joined->shards, n->data, json_object_ref(now));
		news = TRUE;
	}
	return news;
}

/* The end of the joined hunt: that of its last shard; NULL while one is missing. */
static const char *end_of(const Joined *joined, guint shares, gboolean *interrupted)
{
	const char *last = "";

	for (guint i = 1; i <= shares; i++) {
		g_autofree char *number = g_strdup_printf("%u", i);
		JsonObject *shard = rj_object(joined->shards, number);
		const char *ended = rj_text(shard, "ended", "");

		if (!*ended)
			return NULL;
		if (strcmp(ended, last) > 0)
			last = ended;
		*interrupted |= rj_bool(shard, "interrupted");
	}
	return last;
}

static gboolean write_summary(const Joined *joined, guint shares, GError **error)
{
	gboolean interrupted = FALSE;
	const char *ended = end_of(joined, shares, &interrupted);
	g_autoptr(RHunt) h = ended ? results_hunt_load(joined->dir, TRUE, error) : NULL;
	g_autoptr(JsonObject) o = NULL;
	Verdict worst = VERDICT_CLEAN;
	guint boots = 0;

	if (!h)
		return !ended; /* not at its end: nothing to be written */
	memset(h->verdicts, 0, sizeof(h->verdicts));
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		for (guint v = 0; v < VERDICT_COUNT; v++)
			h->verdicts[v] += g_str_equal(verdict_name(v), b->verdict);
		if (results_boot_counts(b)) {
			boots++;
			worst = MIN(worst, results_boot_weigh(b));
		}
	}
	g_free(h->ended);
	h->ended = g_strdup(ended);
	h->verdict = verdict_name(verdict_of_hunt(worst, boots, interrupted));
	h->interrupted = interrupted;
	o = fields_write(&results_summary_table, h);
	return write_json(joined->dir, "summary.json", o, error);
}

gboolean joiner_bring(Joiner *joiner, const RHunt *hunt, MergeCounts *counts, GError **error)
{
	g_autoptr(JsonObject) shards = shards_of(hunt);
	guint before = counts->hunts;
	Joined *joined = find_or_make(joiner, hunt, shards, counts, error);
	gboolean gained = FALSE;

	if (!joined || !merge_boots(hunt, joined->dir, &gained, error))
		return FALSE;
	/* The boots first: what shards.json says is there, is. */
	if (add_shards(joined, shards)) {
		gained = TRUE;
		if (!write_json(joined->dir, "shards.json", joined->shards, error))
			return FALSE;
	}
	if (gained && !write_summary(joined, hunt->shares, error))
		return FALSE;
	if (counts->hunts == before) {
		counts->grown += gained;
		counts->same += !gained;
	}
	return TRUE;
}
