/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See signature.h. */
#include "harness/results/signature.h"
#include "harness/results/bounds.h"
#include "harness/results/table.h"

#include <string.h>

static void signature_free(RSignature *s)
{
	g_free(s->walkers);
	g_free(s);
}

static gint by_boots(gconstpointer a, gconstpointer b)
{
	const RSignature *x = *(RSignature *const *)a, *y = *(RSignature *const *)b;
	int order = (x->known > y->known) - (x->known < y->known);

	if (order == 0)
		order = (x->boots < y->boots) - (x->boots > y->boots);
	return order ? order : strcmp(x->first->signature, y->first->signature);
}

static void add_walker(RSignature *s, const RIncident *incident)
{
	g_auto(GStrv) all = g_strsplit(s->walkers, ", ", -1);
	g_autofree char *name = NULL;
	char *more;

	if (!incident->walker)
		return;
	name = g_strconcat(incident->walker, incident->walker_guessed ? "?" : "", NULL);
	if (g_strv_contains((const char *const *)all, name) || strlen(s->walkers) > 200)
		return;
	more = *s->walkers ? g_strconcat(s->walkers, ", ", name, NULL) : g_strdup(name);
	g_free(s->walkers);
	s->walkers = more;
}

GPtrArray *results_signatures(const RHunt *h)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)signature_free);
	g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		g_autoptr(GHashTable) in_boot = g_hash_table_new(g_str_hash, g_str_equal);

		for (guint k = 0; results_boot_counts(b) && k < b->incidents->len; k++) {
			const RIncident *incident = g_ptr_array_index(b->incidents, k);
			RSignature *s = g_hash_table_lookup(index, incident->signature);

			if (!incident->evidence)
				continue;
			if (!s) {
				s = g_new0(RSignature, 1);
				s->first = incident;
				s->boot = b;
				s->walkers = g_strdup("");
				s->known = incident->known != NULL;
				g_ptr_array_add(all, s);
				g_hash_table_insert(index, incident->signature, s);
			}
			s->boots += g_hash_table_add(in_boot, incident->signature);
			s->hits += incident->hits;
			add_walker(s, incident);
		}
	}
	g_ptr_array_sort(all, by_boots);
	return all;
}

const RSignature *results_signature_find(const GPtrArray *signatures, const char *signature)
{
	for (guint i = 0; i < signatures->len; i++) {
		const RSignature *s = g_ptr_array_index(signatures, i);

		if (g_str_equal(s->first->signature, signature))
			return s;
	}
	return NULL;
}

/* In whole boots; FALSE: it is none. */
static gboolean trial_with(const RBoot *b, double whole_s, RTrials with, StatsTime *time)
{
	Trial trial = results_boot_trial(b);

	if ((with & TRIALS_PARTLY) && results_boot_partly(b))
		trial = (Trial){TRIAL_WHOLE, b->run_s};
	if (trial.kind == TRIAL_NONE)
		return FALSE;
	if ((with & TRIALS_LOST) && results_boot_weigh(b) == VERDICT_LOST)
		trial.kind = TRIAL_HIT;
	*time = trial_time(&trial, whole_s);
	return TRUE;
}

GArray *results_trials(const RHunt *h, RTrials with)
{
	GArray *trials = g_array_new(FALSE, FALSE, sizeof(StatsTime));
	double whole_s = results_whole_s(h);

	for (guint i = 0; i < h->boots->len; i++) {
		StatsTime time;

		if (trial_with(g_ptr_array_index(h->boots, i), whole_s, with, &time))
			g_array_append_val(trials, time);
	}
	return trials;
}

static const RIncident *find_in(const RBoot *b, const char *signature)
{
	for (guint i = 0; i < b->incidents->len; i++) {
		const RIncident *incident = g_ptr_array_index(b->incidents, i);

		if (incident->evidence && g_str_equal(incident->signature, signature))
			return incident;
	}
	return NULL;
}

static gboolean walker_ran(const RBoot *b, const char *walker)
{
	for (guint i = 0; walker && i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);

		if (strncmp(op->label, walker, strcspn(op->label, "#")) == 0 &&
		    strlen(walker) == strcspn(op->label, "#"))
			return g_strcmp0(op->outcome, verdict_outcome_name(OUTCOME_RAN)) == 0;
	}
	return FALSE;
}

GArray *results_trials_of(const RHunt *h, const char *signature, const char *walker)
{
	GArray *trials = g_array_new(FALSE, FALSE, sizeof(StatsTime));
	double whole_s = results_whole_s(h);

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		const RIncident *incident = results_boot_counts(b) ? find_in(b, signature) : NULL;
		Trial trial = results_boot_trial(b);
		StatsTime time;

		if (trial.kind == TRIAL_NONE && walker_ran(b, walker) && results_boot_partly(b))
			trial = (Trial){TRIAL_WHOLE, b->run_s};
		if (trial.kind == TRIAL_NONE)
			continue;
		if (incident) {
			trial.kind = TRIAL_HIT;
			if (incident->after_go_s >= 0)
				trial.time_s = incident->after_go_s;
			else if (g_strcmp0(b->hit_signature, signature) == 0 && b->hit_s >= 0)
				trial.time_s = b->hit_s;
			else
				trial.time_s = b->run_s;
		} else if (trial.kind == TRIAL_HIT) {
			trial = (Trial){TRIAL_CUT, b->run_s};
		}
		time = trial_time(&trial, whole_s);
		g_array_append_val(trials, time);
	}
	return trials;
}

GArray *results_clusters(const RHunt *h, const char *signature)
{
	GArray *clusters = g_array_new(FALSE, FALSE, sizeof(StatsCluster));
	gboolean goes_on = FALSE;

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		const RIncident *incident = signature ? find_in(b, signature) : NULL;
		StatsCluster cluster = {.chances = (guint64)MAX(b->offlines, 0)};

		if (results_boot_trial(b).kind == TRIAL_NONE || cluster.chances == 0)
			continue;
		cluster.hits = signature ? incident ? (guint64)MAX(incident->hits, 0) : 0
					 : (guint64)MAX(b->hits, 0);
		goes_on |= cluster.hits > 1;
		g_array_append_val(clusters, cluster);
	}
	if (!goes_on)
		g_array_set_size(clusters, 0);
	return clusters;
}

GArray *results_times(const RHunt *h)
{
	GArray *times = g_array_new(FALSE, FALSE, sizeof(StatsTime));

	for (guint i = 0; i < h->boots->len; i++) {
		const Trial trial = results_boot_trial(g_ptr_array_index(h->boots, i));
		StatsTime t = {trial.time_s, trial.kind == TRIAL_HIT};

		if (trial.kind != TRIAL_NONE)
			g_array_append_val(times, t);
	}
	return times;
}

char *results_median(const RHunt *h)
{
	g_autoptr(GArray) times = results_times(h);
	g_autoptr(GArray) steps = stats_survival((StatsTime *)(void *)times->data, times->len);
	StatsInterval ci = stats_median_interval(steps);
	g_autofree char *median = NULL, *bounds = bounds_duration(ci);

	if (stats_median(steps) < 0)
		return NULL;
	median = results_duration(stats_median(steps));
	return g_strdup_printf("%s of hammering to the first hit (bounds at 95 %%: %s)", median,
			       bounds);
}
