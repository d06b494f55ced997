/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups splats to incidents (incident.h). */
#include <string.h>

#include "harness/incident.h"

#define SAME_MAX      3	  /* splats of one signature kept in an incident */
#define SPLATS_MAX    64  /* splats kept in an incident */
#define INCIDENTS_MAX 256 /* more are only counted with the last */
#define NEAR_US	      (2 * G_USEC_PER_SEC)
#define CLOSE_US      (50 * 1000)
#define NEAR_LINES    150

typedef struct {
	Incident incident;	     /* first: the list holds these */
	IncidentJudgement judgement; /* of the cause */
	gint64 last_us;		     /* printk time of the last splat */
	guint64 last_line;
} Entry;

struct Incidents {
	gboolean emulated;
	char **walkers;
	GPtrArray *list; /* of Entry, whose first field is its Incident */
};

static void entry_free(gpointer data)
{
	Entry *entry = data;

	g_free(entry->incident.title);
	g_free(entry->incident.signature);
	g_free(entry->incident.walker);
	g_free(entry->incident.known);
	g_ptr_array_unref(entry->incident.splats);
	g_free(entry);
}

Incidents *incidents_new(gboolean emulated, const char *const *walkers)
{
	Incidents *incidents = g_new0(Incidents, 1);

	incidents->emulated = emulated;
	incidents->walkers = g_strdupv((char **)walkers);
	incidents->list = g_ptr_array_new_with_free_func(entry_free);
	return incidents;
}

void incidents_free(Incidents *incidents)
{
	if (!incidents)
		return;
	g_ptr_array_unref(incidents->list);
	g_strfreev(incidents->walkers);
	g_free(incidents);
}

GPtrArray *incidents_list(Incidents *incidents)
{
	return incidents->list;
}

static gboolean near(const Entry *entry, const Splat *splat, gint64 within_us)
{
	if (splat->t_us >= 0 && entry->last_us >= 0)
		return ABS(splat->t_us - entry->last_us) <= within_us;
	return splat->line < entry->last_line + NEAR_LINES;
}

static gboolean same_subject(const Splat *a, const Splat *b)
{
	if (a->page.pfn && a->page.pfn == b->page.pfn)
		return TRUE;
	if (a->pid >= 0 && b->pid >= 0)
		return a->pid == b->pid;
	return a->cpu >= 0 && a->cpu == b->cpu;
}

/* TRUE when @splat is what @entry's cause led to. */
static gboolean is_consequence(const Entry *entry, const Splat *splat,
			       const IncidentJudgement *judgement)
{
	const Splat *cause = entry->incident.cause;

	if (entry->judgement.family == FAMILY_EMULATOR)
		return TRUE; /* the machine is not to be trusted from there on */
	if (judgement->rank > entry->judgement.rank)
		return FALSE;
	if (judgement->consequence && entry->judgement.family != FAMILY_OTHER)
		return TRUE;
	if (judgement->consequence && judgement->rank < 10)
		return near(entry, splat, 60 * G_USEC_PER_SEC);
	if (judgement->family != FAMILY_OTHER)
		return FALSE;
	return near(entry, splat, CLOSE_US) ||
	       (near(entry, splat, NEAR_US) && same_subject(cause, splat));
}

static Entry *find_entry(Incidents *incidents, const Splat *splat,
			 const IncidentJudgement *judgement)
{
	for (guint i = 0; i < incidents->list->len; i++) {
		Entry *entry = g_ptr_array_index(incidents->list, i);

		if (strcmp(entry->incident.signature, splat->signature) == 0)
			return entry;
	}
	for (guint i = incidents->list->len; i > 0; i--) {
		Entry *entry = g_ptr_array_index(incidents->list, i - 1);

		if (is_consequence(entry, splat, judgement))
			return entry;
	}
	return NULL;
}

/* An incident that began with what turns out to be a consequence of @splat. */
static Entry *find_early(Incidents *incidents, const Splat *splat,
			 const IncidentJudgement *judgement)
{
	if (judgement->family == FAMILY_OTHER)
		return NULL;
	for (guint i = incidents->list->len; i > 0; i--) {
		Entry *entry = g_ptr_array_index(incidents->list, i - 1);

		if (entry->judgement.consequence && entry->judgement.rank < judgement->rank &&
		    near(entry, splat, NEAR_US))
			return entry;
	}
	return NULL;
}

static void set_cause(Entry *entry, Splat *splat, const IncidentJudgement *judgement)
{
	Incident *incident = &entry->incident;

	entry->judgement = *judgement;
	incident->family = judgement->family;
	incident->cause = splat;
	incident->hits = 1;
	g_free(incident->title);
	incident->title = g_strdup(splat->title);
	g_free(incident->signature);
	incident->signature = g_strdup(splat->signature);
	g_ptr_array_insert(incident->splats, 0, splat);
}

static gboolean add_behind(Entry *entry, Splat *splat)
{
	GPtrArray *splats = entry->incident.splats;
	guint same = 0;

	for (guint i = 0; i < splats->len; i++) {
		const Splat *other = g_ptr_array_index(splats, i);

		same += strcmp(other->signature, splat->signature) == 0;
	}
	if (same >= SAME_MAX || splats->len >= SPLATS_MAX)
		return FALSE;
	g_ptr_array_add(splats, splat);
	return TRUE;
}

void incidents_set_walkers(Incidents *incidents, const char *const *walkers)
{
	g_strfreev(incidents->walkers);
	incidents->walkers = g_strdupv((char **)walkers);
}

/* Names the walker if @splat shows it. The offliner's own stack is no evidence. */
static void note_walker(Entry *entry, const Splat *splat)
{
	const char *walker = incident_walker(splat);

	if (walker && !entry->incident.walker)
		entry->incident.walker = g_strdup(walker);
}

gboolean incidents_add(Incidents *incidents, Splat *splat)
{
	IncidentJudgement judgement = incident_judge(splat, incidents->emulated);
	Entry *entry = find_entry(incidents, splat, &judgement);
	gboolean kept;

	if (!entry && incidents->list->len >= INCIDENTS_MAX)
		entry = g_ptr_array_index(incidents->list, INCIDENTS_MAX - 1);
	if (entry) {
		if (strcmp(entry->incident.signature, splat->signature) == 0)
			entry->incident.hits++;
		kept = add_behind(entry, splat);
	} else {
		entry = find_early(incidents, splat, &judgement);
		if (!entry) {
			entry = g_new0(Entry, 1);
			entry->incident.splats = g_ptr_array_new();
			entry->last_us = -1;
			g_ptr_array_add(incidents->list, entry);
		}
		set_cause(entry, splat, &judgement);
		kept = TRUE;
	}
	entry->last_us = MAX(entry->last_us, splat->t_us);
	entry->last_line = MAX(entry->last_line, splat->line);
	note_walker(entry, splat);
	return kept;
}

static gboolean takes_references(const char *walker)
{
	return g_str_equal(walker, "split-huge-pages") || g_str_equal(walker, "damon") ||
	       g_str_equal(walker, "hwpoison");
}

/* One walker that could have held the page: a guess, and said to be one. */
static const char *guess_walker(const Incidents *incidents)
{
	const char *only = NULL;

	for (char **walker = incidents->walkers; walker && *walker; walker++) {
		if (!takes_references(*walker))
			continue;
		if (only)
			return NULL;
		only = *walker;
	}
	return only;
}

void incidents_finish(Incidents *incidents)
{
	const char *guess = guess_walker(incidents);

	for (guint i = 0; i < incidents->list->len; i++) {
		Incident *incident = g_ptr_array_index(incidents->list, i);

		if (incident->walker || !guess || incident->family == FAMILY_OTHER ||
		    incident->family == FAMILY_EMULATOR)
			continue;
		incident->walker = g_strdup(guess);
		incident->walker_guessed = TRUE;
	}
}
