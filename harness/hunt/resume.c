/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See resume.h. */
#include "harness/hunt/resume.h"
#include "harness/hunt/facts.h"
#include "harness/scenario/plan.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"

#include <string.h>

/* As a boot has it that has just run, for it is printed in the same way. */
static char *printable(const char *text)
{
	return text ? units_printable(text) : NULL;
}

static BootResult *restore(const RBoot *b)
{
	BootResult *r = g_new0(BootResult, 1);

	r->verdict = verdict_of_name(b->verdict);
	r->phase = results_boot_before_hunt(b) ? "boot" : "hunt";
	r->ended_by_known = printable(b->ended_by_known);
	r->reason = printable(b->reason);
	r->dir = g_strdup(b->dir);
	r->index = b->number;
	r->seed = g_ascii_strtoull(b->seed, NULL, 16);
	r->hits = (guint64)MAX(b->hits, 0);
	r->offlines = (guint64)MAX(b->offlines, 0);
	r->run_s = b->run_s;
	r->hello_s = b->hello_s;
	r->cut_s = b->cut_s;
	r->censored = printable(b->censored);
	r->exposure = exposure_new();
	exposure_add(r->exposure, b->exposure);
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
			g_ptr_array_add(r->families, printable(incident->family));
		g_ptr_array_add(r->incident_titles, printable(incident->title));
	}
	for (guint i = 0; i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);
		g_autofree char *why = g_strdup_printf("%s: %s", op->label, op->reason);

		if (g_str_equal(op->state, "skipped"))
			g_ptr_array_add(r->skipped, printable(why));
	}
	r->hit.any = b->hit_title != NULL;
	r->hit.title = printable(b->hit_title);
	r->hit.family = printable(b->hit_family);
	r->hit.signature = printable(b->hit_signature);
	r->hit.walker = printable(b->hit_walker);
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
	return !b->interrupted || verdict_is_hit(results_boot_weigh(b));
}

typedef struct {
	gint64 from_us, to_us;
} Span;

static gint by_start(gconstpointer a, gconstpointer b)
{
	const Span *x = a, *y = b;

	return (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

/* How long at least one boot ran: several may have run at once. */
static gint64 time_of(const GPtrArray *boots)
{
	g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(Span));
	gint64 sum_us = 0, end_us = G_MININT64;

	for (guint i = 0; i < boots->len; i++) {
		const RBoot *b = g_ptr_array_index(boots, i);
		g_autoptr(GDateTime) start = g_date_time_new_from_iso8601(b->started, NULL);
		Span span;

		if (!start)
			continue;
		span.from_us = g_date_time_to_unix(start) * G_USEC_PER_SEC +
			       g_date_time_get_microsecond(start);
		span.to_us =
			span.from_us + (gint64)((b->run_s + MAX(b->hello_s, 0)) * G_USEC_PER_SEC);
		g_array_append_val(spans, span);
	}
	g_array_sort(spans, by_start);
	for (guint i = 0; i < spans->len; i++) {
		const Span *span = &g_array_index(spans, Span, i);

		sum_us += MAX(span->to_us - MAX(span->from_us, end_us), 0);
		end_us = MAX(end_us, span->to_us);
	}
	return sum_us;
}

gboolean hunt_resume_load(const char *dir, HuntSummary *sum, HuntQueue *queue, gint64 *spent_us,
			  GError **error)
{
	g_autoptr(RHunt) h = results_hunt_load(dir, TRUE, error);
	HuntTry next = {0};

	if (!h)
		return FALSE;
	*spent_us += time_of(h->boots);
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		const Trial trial = results_boot_trial(b);

		stop_rule_boot(&sum->rule, &trial, b->retried || !is_done(b));
		if (b->ended && (b->retried || is_done(b)))
			sum->verdicts[verdict_of_name(b->verdict)]++;
		if (b->number != next.index || i == 0)
			next = (HuntTry){.index = b->number};
		next.tries++;
		next.artefacts += g_str_equal(b->verdict, "emulator");
		if (b->retried)
			continue;
		if (!is_done(b)) {
			if (queue)
				hunt_queue_put(queue, &next);
			continue;
		}
		if (queue)
			hunt_queue_skip(queue, b->number);
		sum->boots++;
		sum->hits += (guint64)MAX(b->hits, 0);
		sum->offlines += (guint64)MAX(b->offlines, 0);
		sum->run_s += b->run_s;
		g_ptr_array_add(sum->results, restore(b));
	}
	return TRUE;
}

/* It becomes part of a folder's name, and it may have been written by anybody. */
static gboolean is_name(const char *text)
{
	return *text && *text != '.' && strlen(text) < 200 && !strpbrk(text, "/\\") &&
	       g_utf8_validate(text, -1, NULL);
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
	s = scenario_load_found(path, error);
	if (!s)
		return NULL;
	if (!is_name(h->scenario)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s: what hunt.json says is no name of a scenario", h->id);
		scenario_free(s);
		return NULL;
	}
	g_free(s->name);
	s->name = g_strdup(h->scenario);
	return s;
}

Kernel *hunt_resume_kernel(const RHunt *h, const char *spec, const char *modules_dir,
			   GError **error)
{
	gboolean is_path = strchr(h->kernel_spec, '/') || g_str_equal(h->kernel_spec, "host");
	const char *where = spec ? spec : is_path ? h->kernel_spec : h->kernel;
	g_autoptr(Kernel) kernel = NULL;
	const char *now;

	/* Of others' records a name such as debian:sid would have it fetched. */
	if (!spec && !is_path && !g_ascii_isdigit(*where)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s: its record has no kernel release; name the kernel with --kernel",
			    h->id);
		return NULL;
	}
	kernel = kernel_open(where, modules_dir, NULL, NULL, error);
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

gboolean hunt_resume_modules(const RHunt *h, const Scenario *scenario, const Kernel *kernel,
			     GError **error)
{
	guint boot_count;
	g_autoptr(GPtrArray) modules = plan_modules(scenario, kernel, &boot_count, error);
	g_autofree char *now = modules ? hunt_modules_sha256(modules) : NULL;

	if (!modules || !*h->modules_sha256 || g_str_equal(h->modules_sha256, now))
		return modules != NULL;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "%s ran with other modules than these (%.16s then, %.16s now): pass those of "
		    "then with --module or --modules",
		    h->id, h->modules_sha256, now);
	return FALSE;
}
