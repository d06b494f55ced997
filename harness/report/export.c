/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See export.h. */
#include "harness/report/export.h"
#include "harness/report/estimate.h"
#include "harness/results/recorder.h"
#include "host-driver/base/json.h"
#include "harness/results/signature.h"

JsonObject *rexport_new(const char *type)
{
	JsonObject *o = json_object_new();

	json_object_set_int_member(o, "schema", RESULTS_SCHEMA);
	json_object_set_string_member(o, "type", type);
	return o;
}

static void set_word(JsonObject *o, const char *key, const char *value)
{
	if (value && *value)
		rj_set_text(o, key, value);
}

static const char *verdict_word(const char *verdict)
{
	return *verdict ? verdict : "unended";
}

static JsonArray *interval(StatsInterval ci)
{
	JsonArray *a = json_array_new();

	json_array_add_double_element(a, ci.low);
	json_array_add_double_element(a, ci.high);
	return a;
}

static JsonObject *host_json(const RHunt *h)
{
	JsonObject *o = json_object_new();

	set_word(o, "name", h->host_name);
	set_word(o, "release", h->host_release);
	set_word(o, "cpu", h->host_cpu);
	if (h->host_cpus > 0)
		json_object_set_int_member(o, "cpus", h->host_cpus);
	if (h->host_memory_bytes > 0)
		json_object_set_int_member(o, "memory_bytes", h->host_memory_bytes);
	return o;
}

static JsonArray *signatures_json(const RHunt *h)
{
	g_autoptr(GPtrArray) all = results_signatures(h);
	JsonArray *a = json_array_new();

	for (guint i = 0; i < all->len; i++) {
		const RSignature *s = g_ptr_array_index(all, i);
		JsonObject *o = json_object_new();

		rj_set_text(o, "signature", s->first->signature);
		rj_set_text(o, "family", s->first->family);
		rj_set_text(o, "title", s->first->title);
		json_object_set_int_member(o, "boots", s->boots);
		json_object_set_int_member(o, "hits", s->hits);
		json_object_set_boolean_member(o, "known", s->known);
		set_word(o, "walkers", s->walkers);
		json_array_add_object_element(a, o);
	}
	return a;
}

static void set_exposure(JsonObject *o, const Exposure *e)
{
	JsonObject *exposure = exposure_to_json(e);

	if (exposure)
		json_object_set_object_member(o, "exposure", exposure);
}

/* What the boots prove; the exposure is that of the boots that count for it. */
static void set_claim(JsonObject *o, const RHunt *h)
{
	g_autoptr(Estimate) c = estimate_of_hunt(h);
	g_autofree char *text = estimate_text(c);

	rj_set_text(o, "claim", text);
	if (h->bound > 0)
		rj_set_double(o, "bound", h->bound);
	if (c->boots)
		json_object_set_array_member(o, "chance_95", interval(estimate_interval(c)));
	set_exposure(o, c->exposure);
}

JsonObject *rexport_hunt(const RHunt *h)
{
	JsonObject *o = rexport_new("hunt");
	RTotals t = results_totals(h);

	rj_set_text(o, "id", h->id);
	rj_set_text(o, "uid", h->uid);
	rj_set_text(o, "started", h->started);
	set_word(o, "ended", h->ended);
	rj_set_text(o, "scenario", h->scenario);
	rj_set_text(o, "seed", h->seed);
	rj_set_text(o, "kernel", h->kernel);
	set_word(o, "kernel_version", h->kernel_version);
	set_word(o, "build_id", h->build_id);
	set_word(o, "config_sha256", h->config_sha256);
	rj_set_text(o, "backend", h->backend);
	rj_set_text(o, "accel", h->accel);
	set_word(o, "pfnhunt", h->pfnhunt);
	rj_set_text(o, "verdict", verdict_word(h->verdict));
	json_object_set_boolean_member(o, "interrupted", h->interrupted);
	json_object_set_int_member(o, "boots", t.boots);
	json_object_set_int_member(o, "fired", t.fired);
	json_object_set_int_member(o, "exposed", t.exposed);
	json_object_set_int_member(o, "retried", t.retried);
	json_object_set_int_member(o, "offlines", t.offlines);
	rj_set_known_int(o, "offlines_ok", t.offlines_ok);
	rj_set_known_int(o, "offlines_refused", t.offlines_refused);
	json_object_set_int_member(o, "hits", t.hits);
	rj_set_double(o, "run_s", t.run_s);
	json_object_set_array_member(
		o, "rate_95", interval(stats_proportion(t.fired, t.exposed, STATS_CONFIDENCE)));
	set_claim(o, h);
	json_object_set_object_member(o, "host", host_json(h));
	json_object_set_array_member(o, "signatures", signatures_json(h));
	return o;
}

JsonObject *rexport_hunt_row(const StoreHunt *h)
{
	JsonObject *o = rexport_new("hunt");

	rj_set_text(o, "id", h->id);
	rj_set_text(o, "started", h->started);
	rj_set_text(o, "scenario", h->scenario);
	rj_set_text(o, "kernel", h->kernel);
	rj_set_text(o, "verdict", verdict_word(h->verdict));
	json_object_set_int_member(o, "boots", h->boots);
	json_object_set_int_member(o, "fired", h->fired);
	json_object_set_int_member(o, "offlines", h->offlines);
	json_object_set_int_member(o, "hits", h->hits);
	rj_set_double(o, "run_s", h->run_s);
	return o;
}

static JsonObject *splat_json(const RSplat *s)
{
	JsonObject *o = json_object_new();

	rj_set_text(o, "title", s->title);
	rj_set_text(o, "kind", s->kind);
	rj_set_text(o, "signature", s->signature);
	json_object_set_boolean_member(o, "corrupted", s->corrupted);
	json_object_set_int_member(o, "line", s->line);
	rj_set_known_int(o, "t_us", s->t_us);
	return o;
}

static JsonArray *impairments_json(const RBoot *b)
{
	JsonArray *a = json_array_new();

	for (guint i = 0; i < b->impairments->len; i++) {
		const RImpairment *impairment = g_ptr_array_index(b->impairments, i);
		JsonObject *o = json_object_new();

		rj_set_text(o, "name", impairment->name);
		rj_set_text(o, "source", impairment->source);
		rj_set_text(o, "effect", impairment->effect);
		rj_set_text(o, "text", impairment->text);
		json_object_set_int_member(o, "count", impairment->count);
		json_array_add_object_element(a, o);
	}
	return a;
}

static JsonArray *incidents_json(const GPtrArray *incidents)
{
	JsonArray *a = json_array_new();

	for (guint i = 0; i < incidents->len; i++) {
		const RIncident *incident = g_ptr_array_index(incidents, i);
		JsonObject *o = json_object_new();
		JsonArray *splats = json_array_new();

		rj_set_text(o, "family", incident->family);
		rj_set_text(o, "title", incident->title);
		rj_set_text(o, "signature", incident->signature);
		rj_set_text(o, "walker", incident->walker);
		if (incident->walker)
			json_object_set_boolean_member(o, "walker_guessed",
						       incident->walker_guessed);
		rj_set_text(o, "known", incident->known);
		json_object_set_boolean_member(o, "evidence", incident->evidence);
		json_object_set_int_member(o, "hits", incident->hits);
		for (guint k = 0; k < incident->splats->len; k++)
			json_array_add_object_element(
				splats, splat_json(g_ptr_array_index(incident->splats, k)));
		json_object_set_array_member(o, "splats", splats);
		json_array_add_object_element(a, o);
	}
	return a;
}

static JsonArray *ops_json(const RBoot *b)
{
	JsonArray *a = json_array_new();

	for (guint i = 0; i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);
		JsonObject *o = json_object_new(), *counters = json_object_new();

		rj_set_text(o, "op", op->label);
		rj_set_text(o, "state", op->state);
		set_word(o, "reason", op->reason);
		json_object_set_int_member(o, "steps", op->steps);
		for (guint k = 0; k < op->counters->len; k++) {
			const RCounter *c = g_ptr_array_index(op->counters, k);

			json_object_set_int_member(counters, c->name, c->value);
		}
		json_object_set_object_member(o, "counters", counters);
		json_array_add_object_element(a, o);
	}
	return a;
}

static void set_recorder(JsonObject *o, const RBoot *b)
{
	g_autoptr(RecorderActions) f = results_actions_load(b);
	JsonArray *actions;

	if (!f)
		return;
	actions = json_array_new();
	for (guint i = 0; i < f->actions->len; i++) {
		const RAction *a = g_ptr_array_index(f->actions, i);
		JsonObject *action = json_object_new();

		rj_set_double(action, "ms", -a->before_ms);
		rj_set_text(action, "op", a->op);
		rj_set_text(action, "action", a->action);
		json_object_set_int_member(action, a->block ? "block" : "arg",
					   (gint64)MIN(a->arg, (guint64)G_MAXINT64));
		json_object_set_int_member(action, "result", a->result);
		json_array_add_object_element(actions, action);
	}
	json_object_set_array_member(o, "last_actions", actions);
	rj_set_known_int(o, "requested_bytes", f->requested_bytes);
	rj_set_known_int(o, "plugged_bytes", f->plugged_bytes);
}

JsonObject *rexport_boot(const RHunt *h, const RBoot *b, gboolean with_recorder)
{
	JsonObject *o = rexport_new("boot");

	rj_set_text(o, "hunt", h->id);
	rj_set_text(o, "folder", b->folder);
	json_object_set_int_member(o, "number", b->number);
	json_object_set_boolean_member(o, "retried", b->retried);
	rj_set_text(o, "seed", b->seed);
	set_word(o, "started", b->started);
	rj_set_text(o, "kernel", b->kernel);
	set_word(o, "build_id", b->build_id);
	rj_set_text(o, "verdict", verdict_word(b->verdict));
	set_word(o, "reason", b->reason);
	rj_set_double(o, "run_s", b->run_s);
	rj_set_known_double(o, "hello_s", b->hello_s);
	if (b->ended)
		json_object_set_string_member(o, "phase", b->before_hunt ? "boot" : "hunt");
	set_word(o, "ended_by_known", b->ended_by_known);
	set_word(o, "censored", b->censored);
	json_object_set_int_member(o, "offlines", b->offlines);
	rj_set_known_int(o, "offlines_ok", b->offlines_ok);
	rj_set_known_int(o, "offlines_refused", b->offlines_refused);
	json_object_set_int_member(o, "hits", b->hits);
	json_object_set_int_member(o, "known", b->known);
	rj_set_known_double(o, "hit_s", b->hit_s);
	rj_set_known_int(o, "hit_block", b->hit_block);
	rj_set_known_int(o, "hit_offlines", b->hit_offlines);
	set_exposure(o, b->exposure);
	json_object_set_array_member(o, "ops", ops_json(b));
	json_object_set_array_member(o, "incidents", incidents_json(b->incidents));
	json_object_set_array_member(o, "baseline", incidents_json(b->baseline));
	json_object_set_array_member(o, "impairments", impairments_json(b));
	if (with_recorder)
		set_recorder(o, b);
	return o;
}

JsonObject *rexport_exposure_row(const ExposureRow *r)
{
	JsonObject *o = rexport_new("exposure");
	StatsInterval chance;

	rj_set_text(o, "kernel", r->kernel);
	rj_set_text(o, "walker", r->walker);
	json_object_set_int_member(o, "ran", r->ran);
	json_object_set_int_member(o, "boots", r->boots);
	json_object_set_int_member(o, "hit_boots", r->hit_boots);
	json_object_set_int_member(o, "hits", r->hits);
	json_object_set_boolean_member(o, "guessed", r->guessed);
	if (exposure_row_chance(r, &chance))
		json_object_set_array_member(o, "chance_95", interval(chance));
	if (!r->window)
		return o;
	rj_set_text(o, "window", r->window);
	rj_set_text(o, "family", r->family);
	json_object_set_int_member(o, "opened", (gint64)r->opened);
	json_object_set_int_member(o, "visits", (gint64)r->visits);
	json_object_set_int_member(o, "inside", (gint64)r->inside);
	json_object_set_int_member(o, "offline", (gint64)r->offline);
	rj_set_known_int(o, "nearest_ns", r->nearest_ns);
	return o;
}

JsonObject *rexport_signature(const StoreIncident *i)
{
	JsonObject *o = rexport_new("signature");

	rj_set_text(o, "signature", i->signature);
	rj_set_text(o, "family", i->family);
	rj_set_text(o, "title", i->title);
	set_word(o, "known", i->known);
	rj_set_text(o, "first_hunt", i->first_hunt);
	rj_set_text(o, "first_started", i->first_started);
	rj_set_text(o, "last_hunt", i->last_hunt);
	rj_set_text(o, "last_started", i->last_started);
	rj_set_text(o, "kernels", i->kernels);
	set_word(o, "walkers", i->walkers);
	json_object_set_int_member(o, "hunts", i->hunts);
	json_object_set_int_member(o, "boots", i->boots);
	json_object_set_int_member(o, "hits", i->hits);
	return o;
}
