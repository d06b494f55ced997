/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See retention.h. */
#include "harness/hunt/retention.h"
#include "host-driver/base/json.h"
#include "harness/results/records.h"

#include <glib/gstdio.h>
#include <string.h>

static const char *const bulky[] = {"console.log",	 "console.times", "kmsg.jsonl",
				    "events.jsonl",	 "qmp.jsonl",	  "recorder.bin",
				    "recorder-first.bin"};

typedef struct {
	char *dir;
	guint64 bytes;
} CleanBoot;

struct Retention {
	guint64 limit_bytes, bytes;
	guint64 kept_bytes; /* of the other boots */
	GQueue boots;	    /* of CleanBoot, oldest first */
};

static guint64 size_of(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	GStatBuf st;

	return g_lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (guint64)st.st_size : 0;
}

static guint64 boot_bytes(const char *dir)
{
	guint64 bytes = size_of(dir, "counters.jsonl");

	for (guint i = 0; i < G_N_ELEMENTS(bulky); i++)
		bytes += size_of(dir, bulky[i]);
	return bytes;
}

static gboolean keep_last(JsonObject *line, gpointer user)
{
	g_autofree char *key =
		g_strdup_printf("%s %" G_GINT64_FORMAT " %s %s %s %s", rj_text(line, "agent", ""),
				rj_int(line, "inst", -1), rj_text(line, "name", ""),
				rj_text(line, "walker", ""), rj_text(line, "func", ""),
				rj_text(line, "window", ""));

	g_hash_table_replace(user, g_steal_pointer(&key), rj_print(json_object_ref(line), FALSE));
	return g_hash_table_size(user) < 2000;
}

/* The totals only grow: the last line of each op, window and walker is all that the index reads. */
static gboolean cut_counters(const char *dir)
{
	g_autoptr(GHashTable) last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree char *path = g_build_filename(dir, "counters.jsonl", NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GList) keys = NULL;

	if (!rj_lines(dir, "counters.jsonl", keep_last, last))
		return TRUE;
	keys = g_list_sort(g_hash_table_get_keys(last), (GCompareFunc)strcmp);
	for (GList *key = keys; key; key = key->next)
		g_string_append_printf(text, "%s\n", (char *)g_hash_table_lookup(last, key->data));
	return g_file_set_contents(path, text->str, -1, NULL);
}

guint64 retention_strip_boot(const char *dir)
{
	guint64 before = boot_bytes(dir);
	RThinned mark = {g_ptr_array_new(), (gint64)before};
	g_autofree char *path = g_build_filename(dir, "thinned.json", NULL), *text = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(bulky); i++)
		if (size_of(dir, bulky[i]))
			g_ptr_array_add(mark.removed, g_strdup(bulky[i]));
	text = rj_print(fields_write(&results_thinned_table, &mark), TRUE);
	fields_clear(&results_thinned_table, &mark);
	/* The mark first: a boot whose logs are gone always says so. */
	if (!g_file_set_contents(path, text, -1, NULL) || !cut_counters(dir))
		return 0;
	for (guint i = 0; i < G_N_ELEMENTS(bulky); i++) {
		g_autofree char *file = g_build_filename(dir, bulky[i], NULL);

		g_unlink(file);
	}
	return before - MIN(before, boot_bytes(dir));
}

static void clean_boot_free(CleanBoot *boot)
{
	g_free(boot->dir);
	g_free(boot);
}

static void make_room(Retention *t)
{
	while (t->bytes > t->limit_bytes && !g_queue_is_empty(&t->boots)) {
		CleanBoot *oldest = g_queue_pop_head(&t->boots);

		retention_strip_boot(oldest->dir);
		t->bytes -= MIN(t->bytes, oldest->bytes);
		clean_boot_free(oldest);
	}
}

static void add(Retention *t, const char *dir)
{
	CleanBoot *boot = g_new0(CleanBoot, 1);

	boot->dir = g_strdup(dir);
	boot->bytes = boot_bytes(dir);
	t->bytes += boot->bytes;
	g_queue_push_tail(&t->boots, boot);
}

Retention *retention_new(const char *hunt_dir, guint64 limit_bytes)
{
	Retention *t = g_new0(Retention, 1);
	g_autoptr(RHunt) hunt = results_hunt_load(hunt_dir, TRUE, NULL);

	g_queue_init(&t->boots);
	t->limit_bytes = limit_bytes;
	for (guint i = 0; hunt && i < hunt->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(hunt->boots, i);

		if (!g_str_equal(b->verdict, "clean"))
			t->kept_bytes += boot_bytes(b->dir);
		else if (!b->thinned)
			add(t, b->dir);
	}
	make_room(t);
	return t;
}

void retention_boot_over(Retention *t, const char *boot_dir, gboolean clean)
{
	if (clean)
		add(t, boot_dir);
	else
		t->kept_bytes += boot_bytes(boot_dir);
	make_room(t);
}

guint64 retention_kept_bytes(const Retention *t)
{
	return t->kept_bytes;
}

void retention_free(Retention *t)
{
	if (!t)
		return;
	g_queue_clear_full(&t->boots, (GDestroyNotify)clean_boot_free);
	g_free(t);
}
