/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entrance of the triage library: feeds what comes from console and kmsg to a parser each,
 * counts once what both show, and hands the splats on to the incidents.
 */
#include <string.h>

#include "harness/incident.h"
#include "harness/splat-parse.h"
#include "harness/triage.h"

#define SETTLE_US (300 * 1000)
#define SEEN_MAX  4096 /* splats remembered for finding their twin of the other source */

struct Triage {
	SplatParser *parser[2]; /* by TriageSource */
	Incidents *incidents;
	GPtrArray *splats; /* of Splat */
	GPtrArray *none;   /* of Incident, before the end */
	guint64 seen[SEEN_MAX];
	guint seen_next;
	gboolean finished;
	TriageSplat on_splat;
	gpointer user;
};

/* The same line of the same moment, whichever way it came. */
static gboolean seen_before(Triage *triage, const Splat *splat)
{
	guint64 key = g_str_hash(splat->header);

	if (splat->t_us < 0)
		return FALSE;
	key = (key << 32) ^ ((guint64)splat->t_us * 0x9e3779b97f4a7c15u) ^ 1;
	for (guint i = 0; i < SEEN_MAX; i++)
		if (triage->seen[i] == key)
			return TRUE;
	triage->seen[triage->seen_next++ % SEEN_MAX] = key;
	return FALSE;
}

static void take_splat(Splat *splat, gpointer user)
{
	Triage *triage = user;

	if (seen_before(triage, splat)) {
		splat_free(splat);
		return;
	}
	if (triage->on_splat)
		triage->on_splat(splat, triage->user);
	if (incidents_add(triage->incidents, splat))
		g_ptr_array_add(triage->splats, splat);
	else
		splat_free(splat);
}

Triage *triage_new(const TriageConfig *config, TriageSplat on_splat, gpointer user, GError **error)
{
	Triage *triage = g_new0(Triage, 1);

	triage->parser[TRIAGE_CONSOLE] = splat_parser_new(take_splat, triage);
	triage->parser[TRIAGE_KMSG] = splat_parser_new(take_splat, triage);
	triage->incidents = incidents_new(config->emulated, config->walkers);
	triage->splats = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	triage->none = g_ptr_array_new();
	triage->on_splat = on_splat;
	triage->user = user;
	return triage;
}

void triage_free(Triage *triage)
{
	if (!triage)
		return;
	splat_parser_free(triage->parser[TRIAGE_CONSOLE]);
	splat_parser_free(triage->parser[TRIAGE_KMSG]);
	incidents_free(triage->incidents);
	g_ptr_array_unref(triage->splats);
	g_ptr_array_unref(triage->none);
	g_free(triage);
}

void triage_feed(Triage *triage, TriageSource source, const char *data, gsize len, gint64 t_us,
		 gint64 host_us)
{
	if (triage->finished)
		return;
	if (source == TRIAGE_CONSOLE)
		splat_parser_feed(triage->parser[source], data, len, host_us);
	else
		splat_parser_record(triage->parser[source], data, len, t_us, host_us);
}

void triage_set_walkers(Triage *triage, const char *const *walkers)
{
	incidents_set_walkers(triage->incidents, walkers);
}

void triage_settle(Triage *triage, gint64 host_us)
{
	splat_parser_settle(triage->parser[TRIAGE_KMSG], host_us - SETTLE_US);
	splat_parser_settle(triage->parser[TRIAGE_CONSOLE], host_us - SETTLE_US);
}

void triage_finish(Triage *triage)
{
	if (triage->finished)
		return;
	splat_parser_finish(triage->parser[TRIAGE_KMSG]);
	splat_parser_finish(triage->parser[TRIAGE_CONSOLE]);
	incidents_finish(triage->incidents);
	triage->finished = TRUE;
}

const GPtrArray *triage_splats(const Triage *triage)
{
	return triage->splats;
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
		[FAMILY_EMULATOR] = "emulator",
		[FAMILY_OTHER] = "other",
	};

	return names[family];
}
