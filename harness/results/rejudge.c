/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See rejudge.h. */
#include "harness/results/rejudge.h"

static void set_text(char **to, const char *text)
{
	char *copy = g_strdup(text);

	g_free(*to);
	*to = copy;
}

/* The record has the time and place of its first hit alone: of another one they are unknown. */
static void set_hit(RBoot *b, const RIncident *hit)
{
	if (hit && b->hit_signature && g_str_equal(hit->signature, b->hit_signature))
		return;
	set_text(&b->hit_title, hit ? hit->title : NULL);
	b->hit_family = hit ? hit->family : NULL;
	set_text(&b->hit_signature, hit ? hit->signature : NULL);
	set_text(&b->hit_walker, hit ? hit->walker : NULL);
	b->hit_s = b->hit_hello_s = -1;
	b->hit_block = b->hit_pfn = b->hit_offlines = -1;
}

static void set_verdict(RBoot *b, const RIncident *hit, const char *known)
{
	gboolean hang = hit && g_str_equal(hit->family, "hang");
	Verdict verdict = hang ? VERDICT_HANG : hit ? VERDICT_INCIDENT : VERDICT_KNOWN;
	const char *word = verdict_name(verdict);

	set_hit(b, hit);
	/* A clean boot with known issues stays one: the guest lived on. */
	if (g_str_equal(b->verdict, word) || (!hit && !known) ||
	    (!hit && g_str_equal(b->verdict, "clean")))
		return;
	b->verdict = word;
	set_text(&b->reason, hit ? hit->title : known);
	set_text(&b->ended_by_known, hit ? NULL : known);
}

static void rejudge_boot(RBoot *b, const TriageKnown *known)
{
	const RIncident *hit = NULL;
	const char *last_known = NULL;

	b->hits = b->known = 0;
	for (guint i = 0; i < b->incidents->len; i++) {
		RIncident *incident = g_ptr_array_index(b->incidents, i);
		const KnownIssue *issue = triage_known_find(known, incident->signature, b->kernel);

		if (!incident->evidence)
			continue;
		set_text(&incident->known, issue ? issue->name : NULL);
		if (issue) {
			b->known++;
			last_known = incident->known;
			continue;
		}
		/* A hang stands beside what the kernel said, which counts more. */
		if (!hit || g_str_equal(hit->family, "hang"))
			hit = incident;
		b->hits += g_str_equal(incident->family, "hang") ? 0 : incident->hits;
	}
	if (hit && g_str_equal(hit->family, "hang"))
		b->hits = hit->hits;
	set_verdict(b, hit, last_known);
}

void results_rejudge(RHunt *hunt, const TriageKnown *known)
{
	Verdict worst = VERDICT_CLEAN;
	guint counted = 0;

	for (guint i = 0; i < hunt->boots->len; i++) {
		RBoot *b = g_ptr_array_index(hunt->boots, i);
		Verdict verdict = verdict_of_name(b->verdict);

		if (b->ended && (verdict == VERDICT_INCIDENT || verdict == VERDICT_HANG ||
				 verdict == VERDICT_KNOWN || verdict == VERDICT_CLEAN))
			rejudge_boot(b, known);
		if (!results_boot_counts(b))
			continue;
		worst = MIN(worst, results_boot_weigh(b));
		counted++;
	}
	if (*hunt->verdict)
		hunt->verdict = verdict_name(verdict_of_hunt(worst, counted, hunt->interrupted));
}
