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

GArray *results_times(const RHunt *h)
{
	GArray *times = g_array_new(FALSE, FALSE, sizeof(StatsTime));

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		StatsTime t = stats_time(results_boot_hit(b), b->hit_s, b->hit_hello_s, b->run_s);

		if (!results_boot_exposed(b))
			continue;
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
