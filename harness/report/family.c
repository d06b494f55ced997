/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See family.h. */
#include "harness/report/family.h"
#include "guest-agent/contract/op.h"
#include "harness/incident/triage.h"
#include "harness/results/table.h"
#include "harness/scenario/scenario.h"

#include <string.h>

/* Families without windows of their own: what it takes to bring one about, or to see it. */
static const struct {
	const char *family, *op, *message;
} needs[] = {
	{"vmemmap-write", "hugetlb", "not exposed: no op made huge pages"},
	{"silent", "census", "not exposed: no census looked for it"},
};

/* What was told of windows while no probe was in is no measurement. */
static gboolean was_inside(const Exposure *e, const char *family)
{
	for (const ExposureKind *k = exposure_kinds; exposure_measured(e) && k->kind; k++)
		if (g_str_equal(k->family, family) && exposure_opened(e, k->kind) &&
		    exposure_inside(e, NULL, k->kind))
			return TRUE;
	return FALSE;
}

/* What may have hidden a splat takes more away than what one op did not do. */
static gboolean is_impaired(const RBoot *b)
{
	for (guint i = 0; i < b->impairments->len; i++) {
		const RImpairment *impairment = g_ptr_array_index(b->impairments, i);

		if (g_str_equal(impairment->effect, "unexposed") ||
		    g_str_equal(impairment->effect, "infra"))
			return TRUE;
	}
	return FALSE;
}

/* That an op stood still is all that @b is unexposed for. Old records tell that in words alone. */
static gboolean only_stood_still(const RBoot *b)
{
	gboolean still = FALSE, told = FALSE;

	for (guint i = 0; i < b->ops->len; i++) {
		const char *outcome = ((const ROp *)g_ptr_array_index(b->ops, i))->outcome;

		told |= outcome != NULL;
		still |= g_strcmp0(outcome, verdict_outcome_name(OUTCOME_STOOD_STILL)) == 0;
		if (g_strcmp0(outcome, verdict_outcome_name(OUTCOME_ENDED)) == 0 ||
		    g_strcmp0(outcome, verdict_outcome_name(OUTCOME_NOT_STARTED)) == 0)
			return FALSE;
	}
	return !b->interrupted && !is_impaired(b) &&
	       (told ? still : strstr(b->reason, " stood still at ") != NULL);
}

/*
 * A boot that a known issue cut short was no whole trial of another family. One in which a single op
 * stood still is one of those families that the other ops were seen in.
 */
static gboolean counts_for(const RBoot *b, const char *family)
{
	if (!results_boot_counts(b))
		return FALSE;
	if (results_boot_weigh(b) == VERDICT_UNEXPOSED)
		return only_stood_still(b) && was_inside(b->exposure, family);
	return results_boot_exposed(b) && results_boot_weigh(b) != VERDICT_KNOWN;
}

static gboolean op_ran(const RBoot *b, const char *name)
{
	for (guint i = 0; i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);
		gsize len = strcspn(op->label, "#");

		if (len == strlen(name) && strncmp(op->label, name, len) == 0 &&
		    g_str_equal(op->state, "ready"))
			return TRUE;
	}
	return FALSE;
}

/* Whether the op of the scenario goes for partly plugged blocks. */
static gboolean is_partly(const ScenarioOp *op)
{
	const struct op *info = op_find(op->name);

	for (guint i = 0; i < op->keys->len; i++)
		if (g_str_equal(g_ptr_array_index(op->keys, i), "blocks"))
			return g_str_equal(g_ptr_array_index(op->values, i), "partly");
	for (const struct op_param *p = info ? info->params : NULL; p && p->name; p++)
		if (g_str_equal(p->name, "blocks"))
			return info->kind == OP_HAMMER && g_strcmp0(p->def, "partly") == 0;
	return FALSE;
}

/* Without probes: the goal of offlines was met, by a hammer of partly plugged blocks. */
static gboolean met_by_offlines(const RHunt *h, const char *family)
{
	g_autofree char *path = g_build_filename(h->dir, "scenario.ini", NULL);
	g_autoptr(Scenario) s = scenario_load(path, NULL);
	gboolean met = FALSE;

	if (!s || s->goal_offlines == 0)
		return FALSE;
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		gint64 partly = 0;

		for (guint k = 0; counts_for(b, family) && k < MIN(b->ops->len, s->ops->len); k++) {
			const ROp *op = g_ptr_array_index(b->ops, k);

			if (is_partly(g_ptr_array_index(s->ops, k)))
				partly += op->offlines;
		}
		met |= (guint64)partly >= s->goal_offlines;
	}
	return met;
}

/* No boot was a whole trial: why. */
static char *no_trial(const RHunt *h)
{
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);
		g_autofree char *offlines = results_offlines(b->offlines, b->offlines_ok);

		if (results_boot_counts(b) && results_boot_weigh(b) == VERDICT_KNOWN)
			return g_strdup_printf("ended by known issue %s after %s",
					       b->ended_by_known ? b->ended_by_known : "?",
					       offlines);
	}
	return g_strdup("no boot ran long enough for a clean result to mean anything");
}

static char *not_measured(const RHunt *h, const Exposure *e, const char *family, const char **by)
{
	g_autofree char *layer = exposure_layer_text(e);

	if (g_str_equal(family, incident_family_name(FAMILY_FAKE_OFFLINE)) &&
	    met_by_offlines(h, family)) {
		*by = "by offlines, not by visits";
		return NULL;
	}
	return g_strdup_printf("not exposed: nobody saw its windows (probes: %s)", layer);
}

char *report_family_unexposed(const RHunt *h, const char *family, const char **by)
{
	g_autoptr(Exposure) e = exposure_new();
	guint64 opened = 0;
	guint boots = 0;
	gboolean windows = FALSE, needed = FALSE, changed = FALSE;
	const char *need = NULL, *message = NULL;

	*by = NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(needs); i++)
		if (g_str_equal(needs[i].family, family)) {
			need = needs[i].op;
			message = needs[i].message;
		}
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (!counts_for(b, family))
			continue;
		boots++;
		needed |= need && op_ran(b, need);
		/* Behind what was plugged at first: asked for, and there. */
		changed |= b->offlines > 0 || b->resizes->len > 2;
		exposure_add(e, b->exposure);
	}
	for (const ExposureKind *k = exposure_kinds; k->kind; k++)
		if (g_str_equal(k->family, family)) {
			windows = TRUE;
			opened += exposure_opened(e, k->kind);
		}
	if (boots == 0)
		return no_trial(h);
	if (need && !needed)
		return g_strdup(message);
	if (!windows && !changed && exposure_opened(e, NULL) == 0)
		return g_strdup("not exposed: no memory block changed its state");
	if (!windows || was_inside(e, family))
		return NULL;
	if (!exposure_measured(e))
		return not_measured(h, e, family, by);
	return g_strdup(opened ? "not exposed: no walker was inside a window of it"
			       : "not exposed: no window of it opened");
}
