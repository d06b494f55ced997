/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One boot out of its folder: see model.h. */
#include "host-driver/base/json.h"
#include "harness/results/records.h"
#include "host-driver/base/error.h"
#include "host-driver/base/open.h"

#include <stdlib.h>
#include <string.h>

/* More of them, and longer lines of totals, are not ours. */
#define OPS_MAX		RESULTS_OPS_MAX
#define RESIZES_MAX	200000
#define COUNT_MAX_BYTES (64 << 10)

static void resize_free(gpointer resize)
{
	fields_free(&results_resize_table, resize);
}

static ROp *op_new(gint64 inst, const char *label)
{
	ROp *op = g_new0(ROp, 1);

	op->inst = inst;
	op->label = g_strdup(label);
	op->state = "unknown";
	op->reason = g_strdup("");
	op->counters = g_ptr_array_new();
	return op;
}

/* A boot without a verdict has no list of ops: its count lines name them. */
static ROp *op_of(RBoot *b, gint64 inst, const char *name)
{
	ROp *op;

	for (guint i = 0; i < b->ops->len; i++) {
		op = g_ptr_array_index(b->ops, i);
		if (op->inst == inst)
			return op;
	}
	if (b->ops->len >= OPS_MAX)
		return NULL;
	op = op_new(inst, name);
	g_ptr_array_add(b->ops, op);
	return op;
}

static void set_counter(ROp *op, const char *name, gint64 value)
{
	FieldNumber *c;

	for (guint i = 0; i < op->counters->len; i++) {
		c = g_ptr_array_index(op->counters, i);
		if (g_str_equal(c->name, name)) {
			c->value = value;
			return;
		}
	}
	if (op->counters->len >= 256)
		return;
	c = g_new0(FieldNumber, 1);
	c->name = g_strdup(name);
	c->value = value;
	g_ptr_array_add(op->counters, c);
}

/* A line of totals: those of the last one of each op are its counters. */
static void load_count(RBoot *b, JsonObject *line)
{
	static const char *const no_counters[] = {"inst", "t_ns", "host_us", NULL};
	g_autoptr(GList) members = NULL;
	ROp *op = op_of(b, rj_int(line, "inst", -1), rj_text(line, "name", "?"));

	members = op ? json_object_get_members(line) : NULL;
	for (GList *m = members; m; m = m->next) {
		JsonNode *node = json_object_get_member(line, m->data);

		if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64 &&
		    !g_strv_contains(no_counters, m->data))
			set_counter(op, m->data, json_node_get_int(node));
	}
}

typedef struct {
	RBoot *boot;
	GPtrArray *last;    /* of GString: the last line of each op, as they came first */
	GHashTable *places; /* inst -> place in it, from 1 */
} Counters;

/* A night has a hundred thousand such lines of each op: only the last ones are worth parsing. */
static void keep_count(Counters *c, const char *line, gsize len)
{
	const char *inst = g_strstr_len(line, (gssize)len, "\"inst\":");
	gpointer key = GINT_TO_POINTER(inst ? atoi(inst + strlen("\"inst\":")) : -1);
	guint place = GPOINTER_TO_UINT(g_hash_table_lookup(c->places, key));

	if (!place && c->last->len < OPS_MAX) {
		g_ptr_array_add(c->last, g_string_new(NULL));
		place = c->last->len;
		g_hash_table_insert(c->places, key, GUINT_TO_POINTER(place));
	}
	if (place)
		g_string_overwrite_len(g_string_truncate(g_ptr_array_index(c->last, place - 1), 0),
				       0, line, (gssize)len);
}

static gboolean load_counters(const char *line, gsize len, gpointer user)
{
	Counters *c = user;
	g_autoptr(JsonNode) node = NULL;

	if (line[len - 1] != '\n')
		return TRUE;
	if (g_strstr_len(line, (gssize)len, "\"agent\":\"count\"")) {
		keep_count(c, line, len);
		return TRUE;
	}
	/* What the verdict says is the same; without one these lines are all there is. */
	if (!c->boot->ended && (node = rj_line(line, len)))
		exposure_line(c->boot->exposure, json_node_get_object(node));
	return TRUE;
}

static void string_free(gpointer string)
{
	g_string_free(string, TRUE);
}

static void load_counter_file(RBoot *b)
{
	g_autofree char *path = g_build_filename(b->dir, "counters.jsonl", NULL);
	g_autoptr(GPtrArray) last = g_ptr_array_new_with_free_func(string_free);
	g_autoptr(GHashTable) places = g_hash_table_new(NULL, NULL);
	Counters c = {b, last, places};

	open_lines(path, OPEN_FOUND, RESULTS_FILE_MAX_BYTES, COUNT_MAX_BYTES, load_counters, &c,
		   NULL);
	for (guint i = 0; i < last->len; i++) {
		const GString *line = g_ptr_array_index(last, i);
		g_autoptr(JsonNode) node = rj_line(line->str, line->len);

		if (node)
			load_count(b, json_node_get_object(node));
	}
}

static gboolean load_resize(JsonObject *line, gpointer user)
{
	RBoot *b = user;
	RResize *r = fields_new(&results_resize_table);

	fields_read(&results_resize_table, line, r);
	g_ptr_array_add(b->resizes, r);
	return b->resizes->len < RESIZES_MAX;
}

static void number_ops(RBoot *b)
{
	for (guint i = 0; i < b->ops->len; i++) {
		ROp *op = g_ptr_array_index(b->ops, i);

		op->inst = i;
		op->counters = g_ptr_array_new();
	}
}

/* Records of before hangs had a signature have none, and none before first_hit told of them. */
static void complete_hang(RBoot *b)
{
	RIncident *hang = NULL;

	for (guint i = 0; i < b->incidents->len; i++) {
		RIncident *incident = g_ptr_array_index(b->incidents, i);

		if (g_str_equal(incident->family, "hang") && incident->evidence)
			hang = incident;
	}
	if (!hang) {
		hang = g_new0(RIncident, 1);
		hang->family = results_word(results_family_word, "hang", "other");
		hang->title = g_strdup(b->reason);
		hang->signature = g_strdup("hang");
		hang->hits = 1;
		hang->evidence = TRUE;
		hang->after_go_s = -1;
		hang->splats = g_ptr_array_new();
		g_ptr_array_add(b->incidents, hang);
	}
	if (b->hit_title)
		return;
	b->hits = MAX(b->hits, 1);
	b->hit_title = g_strdup(hang->title);
	g_free(b->hit_signature);
	b->hit_signature = g_strdup(hang->signature);
	b->hit_family = hang->family;
}

static void load_verdict(RBoot *b, JsonObject *o)
{
	fields_read(&results_verdict_table, o, b);
	b->ended = *b->verdict != '\0';
	number_ops(b);
	if (results_boot_weigh(b) == VERDICT_HANG)
		complete_hang(b);
	if (!b->hit_title) {
		g_clear_pointer(&b->hit_signature, g_free);
		b->hit_family = NULL;
	}
	/* A strict hunt counts what is known like what is not: none of it is known to the boot. */
	for (guint i = 0; b->known == 0 && i < b->incidents->len; i++) {
		RIncident *incident = g_ptr_array_index(b->incidents, i);

		if (incident->evidence)
			g_clear_pointer(&incident->known, g_free);
	}
}

static gboolean is_there(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* What is there and cannot be read is our own failure: it counts, and is never silence. */
static void mark_unreadable(RBoot *b, const char *name)
{
	g_free(b->reason);
	b->reason = g_strdup_printf("%s cannot be read", name);
	b->verdict = verdict_name(VERDICT_INFRA);
	b->ended = TRUE;
}

RBoot *results_boot_load_part(const char *dir, gboolean with_verdict, GError **error)
{
	g_autoptr(GError) bad = NULL;
	g_autoptr(JsonNode) start = rj_load(dir, "boot.json", &bad);
	g_autoptr(JsonNode) verdict = NULL;
	g_autoptr(RBoot) b = NULL;

	if (!start && !is_there(dir, "boot.json")) {
		g_propagate_error(error, g_steal_pointer(&bad));
		return NULL;
	}
	verdict = with_verdict ? rj_load(dir, "verdict.json", NULL) : NULL;
	b = g_new0(RBoot, 1);
	b->dir = g_strdup(dir);
	b->folder = g_path_get_basename(dir);
	b->resizes = g_ptr_array_new_with_free_func(resize_free);
	fields_read(&results_boot_table, start ? json_node_get_object(start) : NULL, b);
	b->number = (guint)MIN(g_ascii_strtoull(b->folder, NULL, 10), (guint64)G_MAXINT32);
	load_verdict(b, verdict ? json_node_get_object(verdict) : NULL);
	if (!start)
		mark_unreadable(b, "boot.json");
	else if (!b->ended && is_there(dir, "verdict.json"))
		mark_unreadable(b, "verdict.json");
	load_counter_file(b);
	rj_lines(dir, "memory.jsonl", load_resize, b);
	b->thinned = is_there(dir, "thinned.json");
	return g_steal_pointer(&b);
}

RBoot *results_boot_load(const char *dir, GError **error)
{
	return results_boot_load_part(dir, TRUE, error);
}

static void free_counters(ROp *op)
{
	for (guint i = 0; op->counters && i < op->counters->len; i++) {
		FieldNumber *c = g_ptr_array_index(op->counters, i);

		g_free(c->name);
		g_free(c);
	}
	g_clear_pointer(&op->counters, g_ptr_array_unref);
}

void results_boot_free(RBoot *b)
{
	if (!b)
		return;
	g_free(b->dir);
	g_free(b->folder);
	/* No field of the record in verdict.json. */
	for (guint i = 0; i < b->ops->len; i++)
		free_counters(g_ptr_array_index(b->ops, i));
	g_ptr_array_unref(b->resizes);
	fields_clear(&results_boot_table, b);
	fields_clear(&results_verdict_table, b);
	g_free(b);
}

gboolean results_boot_before_hunt(const RBoot *b)
{
	return g_strcmp0(b->phase, "boot") == 0;
}

gboolean results_boot_counts(const RBoot *b)
{
	return !b->retried && b->ended;
}

Verdict results_boot_weigh(const RBoot *b)
{
	return verdict_weigh(verdict_of_name(b->verdict), results_boot_before_hunt(b));
}

gboolean results_boot_exposed(const RBoot *b)
{
	return results_boot_counts(b) && verdict_is_exposed(results_boot_weigh(b));
}

Trial results_boot_trial(const RBoot *b)
{
	const TrialFacts facts = {.weighed = b->ended ? results_boot_weigh(b) : VERDICT_INFRA,
				  .before_hunt = results_boot_before_hunt(b),
				  .censored = b->censored != NULL,
				  .run_s = b->run_s,
				  .hit_s = b->hit_s,
				  .hit_hello_s = b->hit_hello_s,
				  .cut_s = b->cut_s};
	Trial trial = trial_of(&facts);

	if (b->retried && trial.kind != TRIAL_CUT)
		trial.kind = TRIAL_NONE;
	return trial;
}

gboolean results_boot_partly(const RBoot *b)
{
	guint ran = 0, idle = 0;

	if (!results_boot_counts(b) || results_boot_weigh(b) != VERDICT_UNEXPOSED ||
	    b->interrupted || results_boot_before_hunt(b))
		return FALSE;
	for (guint i = 0; i < b->impairments->len; i++) {
		const RImpairment *impairment = g_ptr_array_index(b->impairments, i);

		if (g_str_equal(impairment->effect, "unexposed") ||
		    g_str_equal(impairment->effect, "infra"))
			return FALSE;
	}
	for (guint i = 0; i < b->ops->len; i++) {
		const char *outcome = ((const ROp *)g_ptr_array_index(b->ops, i))->outcome;

		ran += g_strcmp0(outcome, verdict_outcome_name(OUTCOME_RAN)) == 0;
		idle += outcome && !g_str_equal(outcome, verdict_outcome_name(OUTCOME_RAN)) &&
			!g_str_equal(outcome, verdict_outcome_name(OUTCOME_SKIPPED));
	}
	return ran > 0 && idle > 0;
}

gboolean results_boot_hit(const RBoot *b)
{
	return results_boot_counts(b) && verdict_is_hit(results_boot_weigh(b));
}
