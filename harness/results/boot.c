/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One boot out of its folder: see model.h. */
#include "host-driver/base/json.h"
#include "harness/results/model.h"
#include "host-driver/base/error.h"
#include "host-driver/base/open.h"

#include <stdlib.h>
#include <string.h>

/* More of them, and longer lines of totals, are not ours. */
#define OPS_MAX		255
#define RESIZES_MAX	200000
#define INCIDENTS_MAX	1024
#define SPLATS_MAX	1024
#define IMPAIRMENTS_MAX 1024
#define ARGV_MAX	4096
#define COUNT_MAX_BYTES (64 << 10)

static void splat_free_r(RSplat *s)
{
	g_free(s->title);
	g_free(s->kind);
	g_free(s->signature);
	g_free(s);
}

static void incident_free_r(RIncident *i)
{
	g_free(i->family);
	g_free(i->title);
	g_free(i->signature);
	g_free(i->walker);
	g_free(i->known);
	g_ptr_array_unref(i->splats);
	g_free(i);
}

static void counter_free(RCounter *c)
{
	g_free(c->name);
	g_free(c);
}

static void op_free(ROp *op)
{
	g_free(op->label);
	g_free(op->state);
	g_free(op->reason);
	g_ptr_array_unref(op->counters);
	g_free(op);
}

static void impairment_free_r(RImpairment *i)
{
	g_free(i->name);
	g_free(i->source);
	g_free(i->effect);
	g_free(i->text);
	g_free(i);
}

static void resize_free(RResize *r)
{
	g_free(r->device);
	g_free(r);
}

static RSplat *load_splat(JsonObject *o)
{
	RSplat *s = g_new0(RSplat, 1);

	s->title = rj_copy(o, "title", "");
	s->kind = rj_copy(o, "kind", "");
	s->signature = rj_copy(o, "signature", "");
	s->corrupted = rj_bool(o, "corrupted");
	s->line = rj_int(o, "line", 0);
	s->t_us = rj_count(o, "t_us", -1);
	return s;
}

static RIncident *load_incident(JsonObject *o)
{
	RIncident *i = g_new0(RIncident, 1);
	JsonArray *behind = rj_array(o, "consequences");

	i->family = rj_copy(o, "family", "other");
	i->title = rj_copy(o, "title", "");
	i->signature = rj_copy(o, "signature", "");
	i->walker = rj_copy(o, "walker", NULL);
	i->known = rj_copy(o, "known", NULL);
	i->walker_guessed = rj_bool(o, "walker_guessed");
	i->evidence = rj_bool(o, "evidence");
	i->hits = rj_count(o, "hits", 1);
	i->splats = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free_r);
	if (rj_object(o, "cause"))
		g_ptr_array_add(i->splats, load_splat(rj_object(o, "cause")));
	for (guint k = 0; k < MIN(rj_length(behind), SPLATS_MAX); k++)
		if (rj_element(behind, k))
			g_ptr_array_add(i->splats, load_splat(rj_element(behind, k)));
	return i;
}

static void load_incidents(GPtrArray *to, JsonArray *from)
{
	for (guint i = 0; i < MIN(rj_length(from), INCIDENTS_MAX); i++)
		if (rj_element(from, i))
			g_ptr_array_add(to, load_incident(rj_element(from, i)));
}

static RImpairment *load_impairment(JsonObject *o)
{
	RImpairment *i = g_new0(RImpairment, 1);

	i->name = rj_copy(o, "name", "");
	i->source = rj_copy(o, "source", "");
	i->effect = rj_copy(o, "effect", "note");
	i->text = rj_copy(o, "text", "");
	i->count = rj_count(o, "count", 1);
	return i;
}

static ROp *op_new(gint64 inst, const char *label)
{
	ROp *op = g_new0(ROp, 1);

	op->inst = inst;
	op->label = g_strdup(label);
	op->state = g_strdup("unknown");
	op->reason = g_strdup("");
	op->counters = g_ptr_array_new_with_free_func((GDestroyNotify)counter_free);
	return op;
}

static void replace(char **field, const char *text)
{
	if (!text)
		return;
	g_free(*field);
	*field = g_strdup(text);
}

static void load_ops(RBoot *b, JsonArray *ops)
{
	for (guint i = 0; i < MIN(rj_length(ops), OPS_MAX); i++) {
		JsonObject *o = rj_element(ops, i);
		ROp *op = op_new(i, rj_text(o, "op", "?"));

		replace(&op->state, rj_text(o, "state", NULL));
		replace(&op->reason, rj_text(o, "reason", NULL));
		op->steps = rj_count(o, "steps", 0);
		op->offlines = rj_count(o, "offlines", 0);
		op->offlines_ok = rj_count(o, "offlines_ok", -1);
		op->offlines_refused = rj_count(o, "offlines_refused", -1);
		g_ptr_array_add(b->ops, op);
	}
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
	RCounter *c;

	for (guint i = 0; i < op->counters->len; i++) {
		c = g_ptr_array_index(op->counters, i);
		if (g_str_equal(c->name, name)) {
			c->value = value;
			return;
		}
	}
	if (op->counters->len >= 256)
		return;
	c = g_new0(RCounter, 1);
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
	RResize *r = g_new0(RResize, 1);

	r->host_us = rj_count(line, "host_us", 0);
	r->device = rj_copy(line, "device", "?");
	r->requested_bytes = rj_count(line, "requested_bytes", 0);
	r->plugged_bytes = rj_count(line, "plugged_bytes", 0);
	g_ptr_array_add(b->resizes, r);
	return b->resizes->len < RESIZES_MAX;
}

static void load_start(RBoot *b, JsonObject *o)
{
	JsonArray *argv = rj_array(o, "argv");

	b->started = rj_copy(o, "started", "");
	b->seed = rj_copy(o, "seed", "");
	b->kernel = rj_copy(o, "kernel", "");
	b->kernel_version = rj_copy(o, "kernel_version", "");
	b->build_id = rj_copy(o, "build_id", "");
	b->backend = rj_copy(o, "backend", "qemu");
	b->accel = rj_copy(o, "accel", "");
	for (guint i = 0; i < MIN(rj_length(argv), ARGV_MAX); i++) {
		JsonNode *node = json_array_get_element(argv, i);

		if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
			g_ptr_array_add(b->argv, g_strdup(json_node_get_string(node)));
	}
}

static void load_hit(RBoot *b, JsonObject *hit)
{
	b->hit_s = rj_double(hit, "after_go_s", -1);
	b->hit_hello_s = rj_double(hit, "after_hello_s", -1);
	b->hit_block = rj_int(hit, "block", -1);
	b->hit_pfn = rj_int(hit, "pfn", -1);
	b->hit_offlines = rj_int(hit, "offlines", -1);
	if (!hit)
		return;
	b->hit_title = rj_copy(hit, "title", "");
	b->hit_family = rj_copy(hit, "family", "other");
	b->hit_signature = rj_copy(hit, "signature", "");
	b->hit_walker = rj_copy(hit, "walker", NULL);
}

static void load_verdict(RBoot *b, JsonObject *o)
{
	JsonArray *impairments = rj_array(o, "impairments");

	b->verdict = rj_copy(o, "verdict", "");
	b->ended = *b->verdict != '\0';
	b->before_hunt = g_str_equal(rj_text(o, "phase", "hunt"), "boot");
	b->reason = rj_copy(o, "reason", "");
	b->interrupted = rj_bool(o, "interrupted");
	b->run_s = rj_double(o, "run_s", 0);
	b->hello_s = rj_double(o, "hello_s", -1);
	b->offlines = rj_count(o, "offlines", 0);
	b->offlines_ok = rj_count(o, "offlines_ok", -1);
	b->offlines_refused = rj_count(o, "offlines_refused", -1);
	b->ended_by_known = rj_copy(o, "ended_by_known", NULL);
	b->censored = rj_copy(o, "censored", NULL);
	b->hits = rj_count(o, "hits", 0);
	b->known = rj_count(o, "known", 0);
	load_hit(b, rj_object(o, "first_hit"));
	load_ops(b, rj_array(o, "ops"));
	b->exposure = exposure_from_json(rj_object(o, "exposure"));
	load_incidents(b->incidents, rj_array(o, "incidents"));
	load_incidents(b->baseline, rj_array(o, "baseline"));
	/* A strict hunt counts what is known like what is not: none of it is known to the boot. */
	for (guint i = 0; b->known == 0 && i < b->incidents->len; i++) {
		RIncident *incident = g_ptr_array_index(b->incidents, i);

		if (incident->evidence)
			g_clear_pointer(&incident->known, g_free);
	}
	for (guint i = 0; i < MIN(rj_length(impairments), IMPAIRMENTS_MAX); i++)
		if (rj_element(impairments, i))
			g_ptr_array_add(b->impairments,
					load_impairment(rj_element(impairments, i)));
}

static gboolean is_there(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* What is there and cannot be read is our own failure: it counts, and is never silence. */
static void mark_unreadable(RBoot *b, const char *name)
{
	g_autofree char *reason = g_strdup_printf("%s cannot be read", name);

	replace(&b->verdict, "infra");
	replace(&b->reason, reason);
	b->ended = TRUE;
}

RBoot *results_boot_load(const char *dir, GError **error)
{
	g_autoptr(GError) bad = NULL;
	g_autoptr(JsonNode) start = rj_load(dir, "boot.json", &bad);
	g_autoptr(JsonNode) verdict = NULL;
	g_autoptr(RBoot) b = NULL;

	if (!start && !is_there(dir, "boot.json")) {
		g_propagate_error(error, g_steal_pointer(&bad));
		return NULL;
	}
	verdict = rj_load(dir, "verdict.json", NULL);
	b = g_new0(RBoot, 1);
	b->dir = g_strdup(dir);
	b->folder = g_path_get_basename(dir);
	b->number = (guint)MIN(g_ascii_strtoull(b->folder, NULL, 10), (guint64)G_MAXINT32);
	b->argv = g_ptr_array_new_with_free_func(g_free);
	b->ops = g_ptr_array_new_with_free_func((GDestroyNotify)op_free);
	b->incidents = g_ptr_array_new_with_free_func((GDestroyNotify)incident_free_r);
	b->baseline = g_ptr_array_new_with_free_func((GDestroyNotify)incident_free_r);
	b->impairments = g_ptr_array_new_with_free_func((GDestroyNotify)impairment_free_r);
	b->resizes = g_ptr_array_new_with_free_func((GDestroyNotify)resize_free);
	load_start(b, start ? json_node_get_object(start) : NULL);
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

void results_boot_free(RBoot *b)
{
	if (!b)
		return;
	g_free(b->dir);
	g_free(b->folder);
	g_free(b->seed);
	g_free(b->started);
	g_free(b->verdict);
	g_free(b->reason);
	g_free(b->ended_by_known);
	g_free(b->censored);
	g_free(b->kernel);
	g_free(b->kernel_version);
	g_free(b->build_id);
	g_free(b->backend);
	g_free(b->accel);
	g_free(b->hit_title);
	g_free(b->hit_family);
	g_free(b->hit_signature);
	g_free(b->hit_walker);
	g_ptr_array_unref(b->argv);
	g_ptr_array_unref(b->ops);
	g_ptr_array_unref(b->incidents);
	g_ptr_array_unref(b->baseline);
	g_ptr_array_unref(b->impairments);
	g_ptr_array_unref(b->resizes);
	exposure_free(b->exposure);
	g_free(b);
}

gboolean results_boot_counts(const RBoot *b)
{
	return !b->retried && b->ended;
}

Verdict results_boot_weigh(const RBoot *b)
{
	return verdict_weigh(verdict_of_name(b->verdict), b->before_hunt);
}

gboolean results_boot_exposed(const RBoot *b)
{
	return results_boot_counts(b) && verdict_is_exposed(results_boot_weigh(b));
}

gboolean results_boot_hit(const RBoot *b)
{
	return results_boot_counts(b) && verdict_is_hit(results_boot_weigh(b));
}
