/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the folders say, put into the index: see store.h. */
#include "harness/store/internal.h"
#include "host-driver/base/error.h"

#include <string.h>

/* Text of a folder is made valid on the way in, for every reader of the database expects it. */
static char *clean(const char *text)
{
	return text ? g_utf8_make_valid(text, -1) : NULL;
}

static gboolean put_kernel(Store *store, const RHunt *h, gint64 *id)
{
	return store_exec(store, NULL,
			  "INSERT OR IGNORE INTO kernels (release, version, build_id, "
			  "config_sha256) VALUES (?, ?, ?, ?)",
			  "tttt", h->kernel, h->kernel_version, h->build_id, h->config_sha256) &&
	       store_exec(store, id,
			  "SELECT id FROM kernels WHERE release = ? AND version = ? AND "
			  "build_id = ? AND config_sha256 = ?",
			  "tttt", h->kernel, h->kernel_version, h->build_id, h->config_sha256);
}

static gboolean put_host(Store *store, const RHunt *h, gint64 *id)
{
	return store_exec(store, NULL,
			  "INSERT OR IGNORE INTO hosts (name, release, cpu, cpus, memory_bytes) "
			  "VALUES (?, ?, ?, ?, ?)",
			  "tttii", h->host_name, h->host_release, h->host_cpu, h->host_cpus,
			  h->host_memory_bytes) &&
	       store_exec(store, id,
			  "SELECT id FROM hosts WHERE name = ? AND release = ? AND cpu = ? AND "
			  "cpus = ? AND memory_bytes = ?",
			  "tttii", h->host_name, h->host_release, h->host_cpu, h->host_cpus,
			  h->host_memory_bytes);
}

static gboolean put_hunt(Store *store, const RHunt *h)
{
	gint64 kernel = 0, host = 0;

	return put_kernel(store, h, &kernel) && put_host(store, h, &host) &&
	       store_exec(store, NULL,
			  "INSERT INTO hunts (id, uid, started, ended, scenario, kernel, host, "
			  "seed, backend, accel, pfnhunt, verdict, interrupted) "
			  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
			  "ON CONFLICT (id) DO UPDATE SET uid = ?2, started = ?3, ended = ?4, "
			  "scenario = ?5, kernel = ?6, host = ?7, seed = ?8, backend = ?9, "
			  "accel = ?10, pfnhunt = ?11, verdict = ?12, interrupted = ?13",
			  "tttttiittttti", h->id, h->uid, h->started, h->ended, h->scenario, kernel,
			  host, h->seed, h->backend, h->accel, h->pfnhunt, h->verdict,
			  (gint64)h->interrupted);
}

static gboolean commit_hunt(Store *store, const RHunt *hunt, GError **error)
{
	if (!store_begin(store))
		return store_fail(store, error);
	return store_end(store, put_hunt(store, hunt)) || store_fail(store, error);
}

static gboolean put_op(Store *store, gint64 boot, const ROp *op)
{
	g_autofree char *label = clean(op->label), *reason = clean(op->reason);
	gint64 id = 0;

	if (!store_exec(store, &id,
			"INSERT INTO ops (boot, inst, label, state, reason, steps) "
			"VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
			"iittti", boot, op->inst, label, op->state, reason, op->steps))
		return FALSE;
	for (guint i = 0; i < op->counters->len; i++) {
		const FieldNumber *c = g_ptr_array_index(op->counters, i);

		if (!store_exec(store, NULL,
				"INSERT INTO counters (op, name, value) VALUES (?, ?, ?)", "iti",
				id, c->name, c->value))
			return FALSE;
	}
	return TRUE;
}

static gboolean put_incident(Store *store, gint64 boot, guint number, const RIncident *incident)
{
	gint64 id = 0;

	if (!store_exec(store, &id,
			"INSERT INTO incidents (boot, number, family, title, signature, walker, "
			"walker_guessed, known, evidence, hits) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
			"?) RETURNING id",
			"iitttt"
			"itii",
			boot, (gint64)number, incident->family, incident->title,
			incident->signature, incident->walker, (gint64)incident->walker_guessed,
			incident->known, (gint64)incident->evidence, incident->hits))
		return FALSE;
	for (guint i = 0; i < incident->splats->len; i++) {
		const RSplat *s = g_ptr_array_index(incident->splats, i);

		if (!store_exec(store, NULL,
				"INSERT INTO splats (incident, number, kind, title, signature, "
				"corrupted, line, t_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				"iitttiii", id, (gint64)i, s->kind, s->title, s->signature,
				(gint64)s->corrupted, s->line, s->t_us))
			return FALSE;
	}
	return TRUE;
}

static gboolean put_exposure(Store *store, gint64 boot, const Exposure *e)
{
	gboolean ok = TRUE;

	for (guint i = 0; ok && i < e->windows->len; i++) {
		const ExposureWindow *w = g_ptr_array_index(e->windows, i);

		ok = store_exec(store, NULL,
				"INSERT INTO windows (boot, kind, opened, open_ns, longest_ns, "
				"overlap, lost) VALUES (?, ?, ?, ?, ?, ?, ?)",
				"itiiiii", boot, w->kind, (gint64)w->opened, (gint64)w->open_ns,
				(gint64)w->longest_ns, (gint64)w->overlap, (gint64)w->lost);
	}
	for (guint i = 0; ok && i < e->visits->len; i++) {
		const ExposureVisit *v = g_ptr_array_index(e->visits, i);

		ok = store_exec(store, NULL,
				"INSERT INTO exposures (boot, walker, func, kind, visits, inside, "
				"offline, nearest_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				"itttiiiu", boot, v->walker, v->func, v->window, (gint64)v->visits,
				(gint64)v->inside, (gint64)v->offline, v->nearest_ns);
	}
	return ok;
}

static gboolean put_boot(Store *store, const char *hunt_id, const RBoot *b)
{
	gint64 id = 0;
	gboolean ok =
		store_exec(store, NULL, "DELETE FROM boots WHERE hunt = ? AND folder = ?", "tt",
			   hunt_id, b->folder) &&
		store_exec(store, &id,
			   "INSERT INTO boots (hunt, folder, number, retried, seed, started, "
			   "verdict, reason, run_s, hello_s, offlines, hits, known, hit_s, "
			   "layer, layer_reason, hit, offlines_ok, offlines_refused) "
			   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
			   "RETURNING id",
			   "ttiittttdniiinttiuu", hunt_id, b->folder, (gint64)b->number,
			   (gint64)b->retried, b->seed, b->started, b->verdict, b->reason, b->run_s,
			   b->hello_s, b->offlines, b->hits, b->known, b->hit_s, b->exposure->layer,
			   b->exposure->reason, (gint64)results_boot_hit(b), b->offlines_ok,
			   b->offlines_refused) &&
		put_exposure(store, id, b->exposure);

	for (guint i = 0; ok && i < b->ops->len; i++)
		ok = put_op(store, id, g_ptr_array_index(b->ops, i));
	for (guint i = 0; ok && i < b->resizes->len; i++) {
		const RResize *r = g_ptr_array_index(b->resizes, i);

		ok = store_exec(store, NULL,
				"INSERT INTO resizes (boot, host_us, device, requested_bytes, "
				"plugged_bytes) VALUES (?, ?, ?, ?, ?)",
				"iitii", id, r->host_us, r->device, r->requested_bytes,
				r->plugged_bytes);
	}
	for (guint i = 0; ok && i < b->incidents->len; i++)
		ok = put_incident(store, id, i, g_ptr_array_index(b->incidents, i));
	return ok;
}

static gboolean commit_boot(Store *store, const char *hunt_id, const RBoot *boot, GError **error)
{
	if (!store_begin(store))
		return store_fail(store, error);
	return store_end(store, put_boot(store, hunt_id, boot)) || store_fail(store, error);
}

static char *complain_once(Store *store, const GError *error)
{
	if (store->complained)
		return NULL;
	store->complained = TRUE;
	return g_strdup_printf("%s. The hunt goes on, its folder has all.", error->message);
}

char *store_hunt(Store *store, const char *hunt_dir)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RHunt) hunt = NULL;

	if (!store)
		return NULL;
	hunt = results_hunt_load(hunt_dir, FALSE, &error);
	if (!hunt || !commit_hunt(store, hunt, &error))
		return complain_once(store, error);
	return NULL;
}

char *store_boot(Store *store, const char *hunt_dir, const char *boot_dir, gboolean retried)
{
	g_autofree char *id = g_path_get_basename(hunt_dir);
	g_autoptr(GError) error = NULL;
	g_autoptr(RBoot) boot = NULL;

	if (!store)
		return NULL;
	boot = results_boot_load(boot_dir, &error);
	if (boot)
		boot->retried = retried;
	if (!boot || !commit_boot(store, id, boot, &error))
		return complain_once(store, error);
	return NULL;
}

/* One transaction a hunt: a hunt that runs meanwhile never waits for long. */
static gboolean index_folder(Store *store, const char *dir, guint *boots, GError **error)
{
	g_autoptr(GError) unreadable = NULL;
	g_autoptr(RHunt) hunt = results_hunt_load(dir, TRUE, &unreadable);
	gboolean ok;

	if (!hunt) {
		g_warning("left out: %s", unreadable->message);
		return TRUE;
	}
	if (!results_is_id(hunt->id)) {
		g_warning("left out: %s: %s", dir, STORE_NO_ID);
		return TRUE;
	}
	if (!store_begin(store))
		return store_fail(store, error);
	/* A folder that was renamed keeps its identity: its old row goes. */
	ok = store_exec(store, NULL, "DELETE FROM hunts WHERE id = ? OR uid = ?", "tt", hunt->id,
			hunt->uid) &&
	     put_hunt(store, hunt);
	for (guint i = 0; ok && i < hunt->boots->len; i++)
		ok = put_boot(store, hunt->id, g_ptr_array_index(hunt->boots, i));
	*boots += hunt->boots->len;
	return store_end(store, ok) || store_fail(store, error);
}

/* Rows whose folder is gone, and what only they needed. */
static gboolean forget_gone(Store *store, GPtrArray *dirs, GError **error)
{
	gboolean ok = store_exec(store, NULL, "CREATE TEMP TABLE here (id TEXT PRIMARY KEY)", "");

	for (guint i = 0; ok && i < dirs->len; i++) {
		g_autofree char *id = g_path_get_basename(g_ptr_array_index(dirs, i));

		ok = store_exec(store, NULL, "INSERT OR IGNORE INTO here VALUES (?)", "t", id);
	}
	ok = ok &&
	     store_exec(store, NULL, "DELETE FROM hunts WHERE id NOT IN (SELECT id FROM here)",
			"") &&
	     store_exec(store, NULL,
			"DELETE FROM kernels WHERE id NOT IN (SELECT kernel FROM hunts)", "") &&
	     store_exec(store, NULL,
			"DELETE FROM hosts WHERE id NOT IN (SELECT host FROM hunts WHERE host "
			"IS NOT NULL)",
			"");
	return ok || store_fail(store, error);
}

gboolean store_fill(Store *store, GPtrArray *dirs, guint *boots, GError **error)
{
	*boots = 0;
	if (!forget_gone(store, dirs, error))
		return FALSE;
	for (guint i = 0; i < dirs->len; i++)
		if (!index_folder(store, g_ptr_array_index(dirs, i), boots, error))
			return FALSE;
	return TRUE;
}
