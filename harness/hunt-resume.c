/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hunt-resume.h. */
#include "harness/hunt-resume.h"
#include "host-driver/error.h"

#include <string.h>

static Verdict verdict_of(const char *word)
{
	for (guint v = 0; v < VERDICT_COUNT; v++)
		if (g_str_equal(verdict_name(v), word))
			return v;
	return VERDICT_INFRA;
}

static BootResult *restore(const RBoot *b)
{
	BootResult *r = g_new0(BootResult, 1);

	r->verdict = verdict_of(b->verdict);
	r->reason = g_strdup(b->reason);
	r->dir = g_strdup(b->dir);
	r->index = b->number;
	r->seed = g_ascii_strtoull(b->seed, NULL, 16);
	r->hits = (guint64)MAX(b->hits, 0);
	r->offlines = (guint64)MAX(b->offlines, 0);
	r->run_s = b->run_s;
	r->hello_s = b->hello_s;
	r->known_count = (guint)CLAMP(b->known, 0, G_MAXINT32);
	r->incident_titles = g_ptr_array_new_with_free_func(g_free);
	r->families = g_ptr_array_new_with_free_func(g_free);
	r->skipped = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < b->incidents->len; i++) {
		const RIncident *incident = g_ptr_array_index(b->incidents, i);

		if (!incident->evidence || incident->known)
			continue;
		r->incident_count++;
		if (!g_ptr_array_find_with_equal_func(r->families, incident->family, g_str_equal,
						      NULL))
			g_ptr_array_add(r->families, g_strdup(incident->family));
		g_ptr_array_add(r->incident_titles, g_strdup(incident->title));
	}
	for (guint i = 0; i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);

		if (g_str_equal(op->state, "skipped"))
			g_ptr_array_add(r->skipped,
					g_strdup_printf("%s: %s", op->label, op->reason));
	}
	r->hit.any = b->hit_title != NULL;
	r->hit.title = g_strdup(b->hit_title);
	r->hit.family = g_strdup(b->hit_family);
	r->hit.signature = g_strdup(b->hit_signature);
	r->hit.walker = g_strdup(b->hit_walker);
	r->hit.block = b->hit_block;
	r->hit.pfn = b->hit_pfn;
	r->hit.offlines = b->hit_offlines;
	r->hit.after_go_s = b->hit_s;
	r->hit.after_hello_s = b->hit_hello_s;
	return r;
}

/* A boot that was killed, to be tried again, or cut short before it found anything. */
static gboolean is_done(const RBoot *b)
{
	if (!b->ended || g_str_equal(b->verdict, "emulator"))
		return FALSE;
	return !b->interrupted || g_str_equal(b->verdict, "incident") ||
	       g_str_equal(b->verdict, "hang");
}

/* A folder of a boot that never began, on a full disk say, is in the way too. */
static void skip_taken(const char *dir, HuntResume *at)
{
	for (;; at->retry++) {
		g_autofree char *leaf =
			at->retry ? g_strdup_printf("%04u-again%u", at->next_index, at->retry)
				  : g_strdup_printf("%04u", at->next_index);
		g_autofree char *path = g_build_filename(dir, "boots", leaf, NULL);

		if (!g_file_test(path, G_FILE_TEST_EXISTS))
			return;
	}
}

gboolean hunt_resume_load(const char *dir, HuntSummary *sum, HuntResume *at, GError **error)
{
	g_autoptr(RHunt) h = results_hunt_load(dir, TRUE, error);

	if (!h)
		return FALSE;
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		at->spent_us += (gint64)((b->run_s + MAX(b->hello_s, 0)) * G_USEC_PER_SEC);
		if (b->ended && (b->retried || is_done(b)))
			sum->verdicts[verdict_of(b->verdict)]++;
		if (b->number != at->next_index) {
			at->next_index = b->number;
			at->retry = 0;
		}
		if (b->retried || !is_done(b)) {
			at->retry++;
			continue;
		}
		sum->boots++;
		sum->hits += (guint64)MAX(b->hits, 0);
		sum->offlines += (guint64)MAX(b->offlines, 0);
		sum->run_s += b->run_s;
		g_ptr_array_add(sum->results, restore(b));
		at->next_index = b->number + 1;
		at->retry = 0;
	}
	skip_taken(dir, at);
	return TRUE;
}

Scenario *hunt_resume_scenario(const RHunt *h, GError **error)
{
	const RBoot *first = h->boots->len ? g_ptr_array_index(h->boots, 0) : NULL;
	g_autofree char *path = g_build_filename(h->dir, "scenario.ini", NULL);
	Scenario *s;

	/* Folders of the first version have it in the boots alone. */
	if (!g_file_test(path, G_FILE_TEST_EXISTS) && first) {
		g_free(path);
		path = g_build_filename(first->dir, "scenario.ini", NULL);
	}
	s = scenario_load(path, error);
	if (!s)
		return NULL;
	g_free(s->name);
	s->name = g_strdup(h->scenario);
	return s;
}

Kernel *hunt_resume_kernel(const RHunt *h, const char *spec, const char *modules_dir,
			   GError **error)
{
	gboolean is_path = strchr(h->kernel_spec, '/') || g_str_equal(h->kernel_spec, "host");
	const char *where = spec ? spec : is_path ? h->kernel_spec : h->kernel;
	g_autoptr(Kernel) kernel = kernel_open(where, modules_dir, NULL, NULL, error);
	const char *now;

	if (!kernel) {
		g_prefix_error(error,
			       "%s ran on %s, which is not at hand (--kernel says where it is): ",
			       h->id, h->kernel);
		return NULL;
	}
	now = kernel->build_id ? kernel->build_id : "";
	if (g_str_equal(kernel->release, h->kernel) &&
	    (!*h->build_id || g_str_equal(now, h->build_id)))
		return g_steal_pointer(&kernel);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "%s ran on %s (build-id %.16s), but %s is %s (build-id %.16s): another kernel",
		    h->id, h->kernel, h->build_id, where, kernel->release, now);
	return NULL;
}
