/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups splats to incidents (incident.h). */
#include <string.h>

#include "guest-agent/contract/op.h"
#include "harness/incident/incident.h"

#define SAME_MAX      3			/* splats of one signature kept in an incident */
#define SPLATS_MAX    48		/* splats kept in an incident */
#define INCIDENTS_MAX 256		/* what comes after these is added to the last */
#define KEPT_MAX      400		/* splats kept in all, beside causes */
#define TEXT_MAX      (8 * 1024 * 1024) /* bytes of lines kept in all */
#define SAME_US	      (50 * 1000)
#define NEAR_US	      (2 * G_USEC_PER_SEC)
#define STALL_US      (120 * G_USEC_PER_SEC) /* a stall says so late */
#define STUCK_US      (30 * G_USEC_PER_SEC) /* what stalls is found by one watchdog after another */
#define NEAR_LINES    150

typedef struct {
	Incident incident;	     /* first: the list is one of Incident */
	IncidentJudgement judgement; /* of the cause */
	guint64 first_line;
	gint64 last_us; /* printk time of the last splat */
	guint64 last_line;
} Entry;

struct Incidents {
	IncidentMachine machine;
	gboolean hotplug; /* memory came or went in this log */
	char **walkers;
	GPtrArray *list; /* of Entry */
	Entry *last;	 /* that was added to */
	guint kept;
	gsize text_bytes;
};

static void entry_free(gpointer data)
{
	Entry *entry = data;

	g_free(entry->incident.title);
	g_free(entry->incident.signature);
	g_free(entry->incident.walker);
	g_free(entry->incident.known);
	g_free(entry->incident.known_name);
	g_ptr_array_unref(entry->incident.splats);
	g_free(entry);
}

Incidents *incidents_new(gboolean emulated, gboolean hotplug, const char *const *walkers)
{
	Incidents *incidents = g_new0(Incidents, 1);

	incidents->hotplug = hotplug;
	incidents->machine = emulated ? MACHINE_TCG : MACHINE_UNKNOWN;
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

void incidents_set_walkers(Incidents *incidents, const char *const *walkers)
{
	g_strfreev(incidents->walkers);
	incidents->walkers = g_strdupv((char **)walkers);
}

void incidents_not_emulated(Incidents *incidents)
{
	if (incidents->machine == MACHINE_UNKNOWN)
		incidents->machine = MACHINE_OTHER;
}

void incidents_saw_hotplug(Incidents *incidents)
{
	incidents->hotplug = TRUE;
}

GPtrArray *incidents_list(Incidents *incidents)
{
	return incidents->list;
}

const Incident *incidents_last(const Incidents *incidents)
{
	return incidents->last ? &incidents->last->incident : NULL;
}

static gboolean near(const Entry *entry, const Splat *splat, gint64 within_us)
{
	if (splat->t_us >= 0 && entry->last_us >= 0)
		return ABS(splat->t_us - entry->last_us) <= within_us;
	return splat->line <= entry->last_line + NEAR_LINES;
}

static gboolean same_subject(const Splat *a, const Splat *b)
{
	if (a->page.pfn && a->page.pfn == b->page.pfn)
		return TRUE;
	if (a->pid >= 0 && b->pid >= 0)
		return a->pid == b->pid;
	return a->cpu >= 0 && a->cpu == b->cpu;
}

/*
 * TRUE when nothing but its time and place makes @splat a consequence of @entry. Of a known issue
 * that is too little, or the new would hide behind the known: the same task must have died of it,
 * or have run into memory that the race had corrupted.
 */
static gboolean is_soon_after(const Entry *entry, const Splat *splat,
			      const IncidentJudgement *judgement, const KnownIssue *known)
{
	const Splat *cause = entry->incident.cause;
	gboolean same = near(entry, splat, NEAR_US) && same_subject(cause, splat);

	if (entry->incident.known && !known)
		return same && (cause->fatal ||
				(entry->judgement.family != FAMILY_OTHER && judgement->wild));
	return same || near(entry, splat, SAME_US);
}

/* TRUE when @splat is what @entry's cause led to. */
static gboolean is_consequence(const Entry *entry, const Splat *splat,
			       const IncidentJudgement *judgement, const KnownIssue *known)
{
	const IncidentJudgement *cause = &entry->judgement;

	if (cause->family == FAMILY_EMULATOR)
		return TRUE; /* the machine is not to be trusted from there on */
	if (judgement->rank > cause->rank)
		return FALSE;
	if (judgement->rank == INCIDENT_RANK_TRACE)
		return TRUE;
	if (cause->note && g_strcmp0(cause->note, judgement->note) == 0)
		return TRUE;
	/* what was corrupted stays so until the end of the boot */
	if (judgement->consequence && cause->family != FAMILY_OTHER)
		return TRUE;
	if (judgement->family != FAMILY_OTHER)
		return FALSE;
	if (judgement->consequence && judgement->rank < cause->rank)
		return near(entry, splat, STALL_US);
	if (judgement->rank < INCIDENT_RANK_PLAIN && near(entry, splat, STUCK_US) &&
	    same_subject(entry->incident.cause, splat))
		return TRUE;
	return is_soon_after(entry, splat, judgement, known);
}

static Entry *find_same(Incidents *incidents, const char *signature)
{
	for (guint i = 0; i < incidents->list->len; i++) {
		Entry *entry = g_ptr_array_index(incidents->list, i);

		if (strcmp(entry->incident.signature, signature) == 0)
			return entry;
	}
	return NULL;
}

static Entry *find_entry(Incidents *incidents, const Splat *splat,
			 const IncidentJudgement *judgement, const KnownIssue *known)
{
	Entry *entry = find_same(incidents, splat->signature);

	for (guint i = incidents->list->len; i > 0 && !entry; i--) {
		entry = g_ptr_array_index(incidents->list, i - 1);
		if (!is_consequence(entry, splat, judgement, known))
			entry = NULL;
	}
	if (!entry && incidents->list->len >= INCIDENTS_MAX)
		entry = g_ptr_array_index(incidents->list, INCIDENTS_MAX - 1);
	return entry;
}

/* TRUE when @entry began with what turns out to be a consequence of @splat. */
static gboolean is_taken_over(const Entry *entry, const Splat *splat,
			      const IncidentJudgement *judgement)
{
	if (judgement->rank <= entry->judgement.rank || !entry->judgement.consequence)
		return FALSE;
	if (judgement->note && g_strcmp0(judgement->note, entry->judgement.note) == 0)
		return TRUE;
	return judgement->family != FAMILY_OTHER && near(entry, splat, NEAR_US);
}

static Entry *find_early(Incidents *incidents, const Splat *splat,
			 const IncidentJudgement *judgement)
{
	for (guint i = incidents->list->len; i > 0; i--) {
		Entry *entry = g_ptr_array_index(incidents->list, i - 1);

		if (is_taken_over(entry, splat, judgement))
			return entry;
	}
	return NULL;
}

static void name_entry(Entry *entry, const IncidentJudgement *judgement, const KnownIssue *known)
{
	Incident *incident = &entry->incident;
	const Splat *cause = incident->cause;

	entry->judgement = *judgement;
	incident->family = judgement->family;
	g_free(incident->title);
	incident->title = judgement->note ? g_strdup_printf("%s: %s", judgement->note, cause->title)
					  : g_strdup(cause->title);
	g_free(incident->signature);
	incident->signature = g_strdup(cause->signature);
	g_free(incident->known);
	incident->known = known ? g_strdup(known->note) : NULL;
	g_free(incident->known_name);
	incident->known_name = known ? g_strdup(known->name) : NULL;
}

static Entry *add_entry(Incidents *incidents, const Splat *splat)
{
	Entry *entry = g_new0(Entry, 1);

	entry->incident.splats = g_ptr_array_new();
	entry->first_line = splat->line;
	entry->last_us = -1;
	g_ptr_array_add(incidents->list, entry);
	return entry;
}

static void set_cause(Entry *entry, Splat *splat, const IncidentJudgement *judgement,
		      const KnownIssue *known)
{
	entry->incident.cause = splat;
	entry->incident.hits = 1;
	g_ptr_array_insert(entry->incident.splats, 0, splat);
	name_entry(entry, judgement, known);
}

static gboolean add_behind(Incidents *incidents, Entry *entry, Splat *splat)
{
	GPtrArray *splats = entry->incident.splats;
	guint same = 0;

	for (guint i = 0; i < splats->len; i++) {
		const Splat *other = g_ptr_array_index(splats, i);

		same += strcmp(other->signature, splat->signature) == 0;
	}
	if (same >= SAME_MAX || splats->len >= SPLATS_MAX || incidents->kept >= KEPT_MAX)
		return FALSE;
	g_ptr_array_add(splats, splat);
	return TRUE;
}

/* Memory does not grow with the log: once there is a lot of text, new splats go without. */
static void count_text(Incidents *incidents, Splat *splat)
{
	incidents->kept++;
	incidents->text_bytes += splat->text->len;
	if (incidents->text_bytes <= TEXT_MAX)
		return;
	g_string_free(splat->text, TRUE);
	splat->text = g_string_new(NULL);
	g_ptr_array_set_size(splat->frames, MIN(splat->frames->len, 16));
}

/* The walker shows in a stack of its own; the WARN's is the offliner's. */
static void note_walker(Entry *entry, const Splat *splat, const IncidentJudgement *judgement)
{
	const char *walker = entry->incident.walker || (judgement->family == FAMILY_FAKE_OFFLINE &&
							!judgement->consequence)
				     ? NULL
				     : incident_walker(splat);

	if (walker)
		entry->incident.walker = g_strdup(walker);
}

gboolean incidents_add(Incidents *incidents, Splat *splat, const KnownIssue *known)
{
	IncidentJudgement judgement = incident_judge(splat, incidents->machine, incidents->hotplug);
	Entry *entry = find_entry(incidents, splat, &judgement, known);
	gboolean kept = TRUE;

	if (entry) {
		if (strcmp(entry->incident.signature, splat->signature) == 0)
			entry->incident.hits++;
		kept = add_behind(incidents, entry, splat);
	} else {
		entry = find_early(incidents, splat, &judgement);
		if (!entry)
			entry = add_entry(incidents, splat);
		set_cause(entry, splat, &judgement, known);
	}
	incidents->last = entry;
	entry->first_line = MIN(entry->first_line, splat->line);
	entry->last_line = MAX(entry->last_line, splat->line);
	if (splat->t_us >= 0)
		entry->last_us = splat->t_us;
	note_walker(entry, splat, &judgement);
	if (kept)
		count_text(incidents, splat);
	return kept;
}

void incidents_update(Incidents *incidents, const Splat *splat, const KnownIssue *known)
{
	IncidentJudgement judgement = incident_judge(splat, incidents->machine, incidents->hotplug);

	for (guint i = 0; i < incidents->list->len; i++) {
		Entry *entry = g_ptr_array_index(incidents->list, i);

		if (entry->incident.cause == splat)
			name_entry(entry, &judgement, known);
	}
}

static gboolean takes_references(const char *walker)
{
	const struct op *op = op_find(walker);

	return op && op->grabs;
}

/* The walkers that could have held the page, "a" or "a or b": a guess, and said to be one. */
static char *guess_walkers(const Incidents *incidents)
{
	GString *guess = g_string_new(NULL);

	for (char **walker = incidents->walkers; walker && *walker; walker++)
		if (takes_references(*walker))
			g_string_append_printf(guess, "%s%s", guess->len ? " or " : "", *walker);
	return g_string_free(guess, guess->len == 0);
}

static gint by_line(gconstpointer a, gconstpointer b)
{
	const Entry *x = *(const Entry *const *)a, *y = *(const Entry *const *)b;

	return x->first_line < y->first_line ? -1 : x->first_line > y->first_line;
}

void incidents_finish(Incidents *incidents)
{
	g_autofree char *guess = guess_walkers(incidents);

	g_ptr_array_sort(incidents->list, by_line);
	for (guint i = 0; i < incidents->list->len; i++) {
		Incident *incident = g_ptr_array_index(incidents->list, i);

		if (incident->family == FAMILY_EMULATOR)
			g_clear_pointer(&incident->walker, g_free);
		if (incident->walker || !guess || incident->family == FAMILY_OTHER ||
		    incident->family == FAMILY_EMULATOR)
			continue;
		incident->walker = g_strdup(guess);
		incident->walker_guessed = TRUE;
	}
}
