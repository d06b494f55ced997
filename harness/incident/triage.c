/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entrance of the triage library: feeds what comes from console and kmsg to a parser each,
 * counts once what both show, and hands the splats on to the incidents.
 */
#include <string.h>

#include "harness/incident/incident.h"
#include "harness/splat/parse.h"
#include "harness/incident/known.h"
#include "harness/incident/triage.h"

#define SETTLE_US (300 * 1000)
#define SITES_MAX 512
#define SEEN_MAX  512  /* splats remembered for finding their twin of the other source */
#define SEEN_KEYS 8192 /* a power of two; so many that few of a log's splats share one */

/* A splat that was reported, for the twin that may come by the other way. */
typedef struct {
	guint header; /* hash */
	gint64 t_us;
	TriageSource source;
	gboolean paired;
	Splat *splat; /* when it was kept */
} Seen;

typedef struct {
	Triage *triage;
	TriageSource source;
	SplatParser *parser;
} Stream;

/* The lines of one function's WARNs, in the order in which they were seen. */
typedef struct {
	guint line[8], n;
} Site;

struct Triage {
	Stream stream[2]; /* by TriageSource */
	Incidents *incidents;
	const TriageKnown *known;
	char *kernel;
	GPtrArray *splats; /* of Splat */
	GHashTable *sites; /* signature and release to Site */
	GPtrArray *none;   /* of Incident, before the end */
	Seen seen[SEEN_MAX];
	guint64 seen_count;
	guint16 seen_stamped[SEEN_KEYS]; /* how many of @seen have a time, by seen_key() */
	guint seen_bare;		 /* how many have none */
	gboolean finished;
	TriageSplat on_splat;
	gpointer user;
};

static guint seen_key(guint header, gint64 t_us)
{
	return (header ^ (guint)t_us * 0x9e3779b1u) >> 16 & (SEEN_KEYS - 1);
}

static void count_seen(Triage *triage, const Seen *seen, int by)
{
	if (seen->t_us < 0)
		triage->seen_bare += (guint)by;
	else
		triage->seen_stamped[seen_key(seen->header, seen->t_us)] += (guint16)by;
}

/*
 * The same complaint, reported before: of the same printk time by whichever way, or, where a
 * source has no times, the next of the other's that is not paired yet.
 */
static Seen *find_twin(Triage *triage, const Splat *splat, TriageSource source)
{
	guint header = g_str_hash(splat->header);
	guint n = (guint)MIN(triage->seen_count, SEEN_MAX);

	if (splat->t_us >= 0 && !triage->seen_bare &&
	    !triage->seen_stamped[seen_key(header, splat->t_us)])
		return NULL; /* one of many */
	for (guint i = 0; i < n; i++) {
		Seen *seen = &triage->seen[i];

		if (seen->header != header)
			continue;
		if (seen->t_us >= 0 && splat->t_us >= 0) {
			if (seen->t_us == splat->t_us)
				return seen;
		} else if (seen->source != source && !seen->paired) {
			return seen;
		}
	}
	return NULL;
}

static void remember(Triage *triage, Splat *splat, TriageSource source, gboolean kept)
{
	Seen *seen = &triage->seen[triage->seen_count % SEEN_MAX];

	if (triage->seen_count++ >= SEEN_MAX)
		count_seen(triage, seen, -1);
	*seen = (Seen){
		.header = g_str_hash(splat->header),
		.t_us = splat->t_us,
		.source = source,
		.splat = kept ? splat : NULL,
	};
	count_seen(triage, seen, 1);
}

/* The release by which known issues go: as configured, as the kernel said, as the splat says. */
static const char *find_release(const Triage *triage, const Splat *splat)
{
	const char *release = triage->kernel;

	if (!release)
		release = splat->kernel;
	if (!release)
		release = splat_parser_release(triage->stream[TRIAGE_CONSOLE].parser);
	return release;
}

static const KnownIssue *find_known(const Triage *triage, const Splat *splat)
{
	return triage_known_find(triage->known, splat->signature, find_release(triage, splat));
}

/* The twin came through whole where the first was cut or mixed up: it takes its place. */
static void take_better(Triage *triage, Seen *seen, Splat *splat)
{
	Splat *first = seen->splat;
	Splat old;

	seen->paired = TRUE;
	if (first && ((first->corrupted && !splat->corrupted) ||
		      (!first->page.present && splat->page.present))) {
		old = *first;
		*first = *splat;
		*splat = old;
		first->line = old.line;
		first->host_us = old.host_us;
		incidents_update(triage->incidents, first, find_known(triage, first));
	}
	splat_free(splat);
}

/*
 * Lines drift between kernels, so no signature has them; but of one kernel another line is
 * another WARN. The second that is seen of a function gets "#2" behind its name, and so on.
 */
static void number_site(Triage *triage, Splat *splat)
{
	g_autofree char *key = NULL, *name = NULL;
	Site *site;
	guint i;

	if (!splat->file_line || splat->page.reason)
		return;
	key = g_strconcat(splat->signature, "|", splat->kernel, NULL);
	site = g_hash_table_lookup(triage->sites, key);
	if (!site) {
		if (g_hash_table_size(triage->sites) >= SITES_MAX)
			return;
		site = g_new0(Site, 1);
		g_hash_table_insert(triage->sites, g_steal_pointer(&key), site);
	}
	for (i = 0; i < site->n && site->line[i] != splat->file_line; i++)
		;
	if (i == site->n && i < G_N_ELEMENTS(site->line))
		site->line[site->n++] = splat->file_line;
	if (i == 0)
		return;
	name = g_strdup_printf("%s#%u", splat->signature, i + 1);
	g_free(splat->signature);
	splat->signature = g_steal_pointer(&name);
}

static void take_splat(Splat *splat, gpointer user)
{
	Stream *stream = user;
	Triage *triage = stream->triage;
	Seen *twin = find_twin(triage, splat, stream->source);
	gboolean kept;

	if (twin) {
		take_better(triage, twin, splat);
		return;
	}
	number_site(triage, splat);
	if (splat->hotplug)
		incidents_saw_hotplug(triage->incidents);
	if (splat_parser_saw_kvm(stream->parser))
		incidents_not_emulated(triage->incidents);
	kept = incidents_add(triage->incidents, splat, find_known(triage, splat));
	remember(triage, splat, stream->source, kept);
	if (triage->on_splat)
		triage->on_splat(splat, incidents_last(triage->incidents), triage->user);
	if (kept)
		g_ptr_array_add(triage->splats, splat);
	else
		splat_free(splat);
}

Triage *triage_new(const TriageConfig *config, TriageSplat on_splat, gpointer user)
{
	Triage *triage = g_new0(Triage, 1);

	triage->known = config->known_issues;
	triage->kernel = g_strdup(config->kernel);
	for (TriageSource source = TRIAGE_CONSOLE; source <= TRIAGE_KMSG; source++) {
		Stream *stream = &triage->stream[source];

		stream->triage = triage;
		stream->source = source;
		stream->parser = splat_parser_new(take_splat, stream);
	}
	triage->incidents = incidents_new(config->emulated, config->hotplug, config->walkers);
	triage->splats = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	triage->none = g_ptr_array_new();
	triage->sites = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	triage->on_splat = on_splat;
	triage->user = user;
	return triage;
}

void triage_free(Triage *triage)
{
	if (!triage)
		return;
	splat_parser_free(triage->stream[TRIAGE_CONSOLE].parser);
	splat_parser_free(triage->stream[TRIAGE_KMSG].parser);
	incidents_free(triage->incidents);
	g_free(triage->kernel);
	g_ptr_array_unref(triage->splats);
	g_ptr_array_unref(triage->none);
	g_hash_table_unref(triage->sites);
	g_free(triage);
}

void triage_feed(Triage *triage, TriageSource source, const char *data, gsize len, gint64 t_us,
		 gint64 host_us)
{
	SplatParser *parser = triage->stream[source].parser;

	if (triage->finished || !len)
		return;
	if (source == TRIAGE_CONSOLE)
		splat_parser_feed(parser, data, len, host_us);
	else
		splat_parser_record(parser, data, len, t_us, host_us);
}

void triage_set_walkers(Triage *triage, const char *const *walkers)
{
	incidents_set_walkers(triage->incidents, walkers);
}

void triage_settle(Triage *triage, gint64 host_us)
{
	splat_parser_settle(triage->stream[TRIAGE_KMSG].parser, host_us - SETTLE_US);
	splat_parser_settle(triage->stream[TRIAGE_CONSOLE].parser, host_us - SETTLE_US);
}

void triage_finish(Triage *triage)
{
	if (triage->finished)
		return;
	splat_parser_finish(triage->stream[TRIAGE_KMSG].parser);
	splat_parser_finish(triage->stream[TRIAGE_CONSOLE].parser);
	incidents_finish(triage->incidents);
	triage->finished = TRUE;
}

const GPtrArray *triage_splats(const Triage *triage)
{
	return triage->splats;
}

gboolean triage_is_known(const Triage *triage)
{
	const GPtrArray *list = incidents_list(triage->incidents);

	for (guint i = 0; i < list->len; i++)
		if (!((const Incident *)g_ptr_array_index(list, i))->known)
			return FALSE;
	return TRUE;
}

const GPtrArray *triage_incidents(const Triage *triage)
{
	return triage->finished ? incidents_list(triage->incidents) : triage->none;
}

const char *incident_family_name(IncidentFamily family)
{
	static const char *const names[] = {
		[FAMILY_FAKE_OFFLINE] = "fake-offline",
		[FAMILY_PLUG] = "plug",
		[FAMILY_CANCEL] = "cancel",
		[FAMILY_VMEMMAP_WRITE] = "vmemmap-write",
		[FAMILY_MEMMAP_REMOVAL] = "memmap-removal",
		[FAMILY_SILENT] = "silent",
		[FAMILY_EMULATOR] = "emulator",
		[FAMILY_OTHER] = "other",
	};

	return names[family];
}
