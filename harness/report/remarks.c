/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See remarks.h. */
#include "harness/report/remarks.h"
#include "harness/results/table.h"
#include "host-driver/base/units.h"

#include <string.h>

/* A guest in pieces may invent names for ever. */
#define LINES_MAX 8

/* Things of one name in several boots. */
typedef struct {
	const char *name;   /* what makes two the same */
	const char *title;  /* what is shown of it */
	const char *detail; /* static or a boot's; "" without */
	guint boots;
	gint64 count;
	const RBoot *last;
} Tally;

typedef struct {
	GArray *all;	    /* of Tally, as they came first */
	GHashTable *places; /* name -> place in it, from 1 */
} Tallies;

static void tallies_clear(Tallies *tallies)
{
	g_array_unref(tallies->all);
	g_hash_table_unref(tallies->places);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tallies, tallies_clear)

static Tallies tallies_new(void)
{
	return (Tallies){g_array_new(FALSE, FALSE, sizeof(Tally)),
			 g_hash_table_new(g_str_hash, g_str_equal)};
}

static void tally(Tallies *tallies, const RBoot *b, Tally one)
{
	guint place = GPOINTER_TO_UINT(g_hash_table_lookup(tallies->places, one.name));

	if (place) {
		Tally *t = &g_array_index(tallies->all, Tally, place - 1);

		t->count += one.count;
		t->boots += t->last != b;
		t->last = b;
		return;
	}
	one.boots = 1;
	one.last = b;
	g_array_append_val(tallies->all, one);
	g_hash_table_insert(tallies->places, (gpointer)one.name,
			    GUINT_TO_POINTER(tallies->all->len));
}

static void tally_boot(Tallies *known, Tallies *baseline, Tallies *impaired, const RBoot *b)
{
	for (guint i = 0; i < b->incidents->len; i++) {
		const RIncident *in = g_ptr_array_index(b->incidents, i);

		if (in->known && in->evidence)
			tally(known, b,
			      (Tally){in->signature, in->title, in->known, 0, in->hits, NULL});
	}
	for (guint i = 0; i < b->baseline->len; i++) {
		const RIncident *in = g_ptr_array_index(b->baseline, i);

		tally(baseline, b, (Tally){in->signature, in->title, "", 0, in->hits, NULL});
	}
	for (guint i = 0; i < b->impairments->len; i++) {
		const RImpairment *im = g_ptr_array_index(b->impairments, i);

		tally(impaired, b,
		      (Tally){im->name, *im->text ? im->text : im->name, im->effect, 0, im->count,
			      NULL});
	}
}

static void remark_free(gpointer data)
{
	Remark *r = data;

	g_free(r->text);
	g_free(r);
}

G_GNUC_PRINTF(3, 4)
static void add(GPtrArray *remarks, const char *what, const char *format, ...)
{
	Remark *r = g_new0(Remark, 1);
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	r->what = what;
	r->text = units_printable(text);
	g_ptr_array_add(remarks, r);
}

/* "in every boot", "in 2 of 3 boots"; nothing where one boot is all there is. (transfer full) */
static char *in_boots(const Tally *t, guint boots)
{
	if (boots < 2)
		return g_strdup("");
	return t->boots == boots ? g_strdup(" in every boot")
				 : g_strdup_printf(" in %u of %u boots", t->boots, boots);
}

/* All in one line: it needs nobody's attention. */
static void add_known(GPtrArray *remarks, const GArray *known, guint boots)
{
	g_autoptr(GString) names = g_string_new(NULL);
	g_autofree char *splats = NULL;
	gint64 count = 0;

	for (guint i = 0; i < known->len; i++) {
		const Tally *t = &g_array_index(known, Tally, i);
		g_autofree char *in = in_boots(t, boots);

		count += t->count;
		if (i < LINES_MAX)
			g_string_append_printf(names, "%s%s (%s)%s", i ? "; " : "", t->title,
					       t->detail, in);
	}
	splats = results_number((guint64)count, "splat");
	if (known->len)
		add(remarks, "known", "%s, no hit: %s%s", splats, names->str,
		    known->len > LINES_MAX ? "; and more" : "");
}

GPtrArray *report_remarks(const RHunt *h, const RBoot *only)
{
	GPtrArray *remarks = g_ptr_array_new_with_free_func(remark_free);
	g_auto(Tallies) known = tallies_new();
	g_auto(Tallies) baseline = tallies_new();
	g_auto(Tallies) impaired = tallies_new();
	guint boots = 0;

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (only ? b != only : !results_boot_counts(b))
			continue;
		boots++;
		tally_boot(&known, &baseline, &impaired, b);
	}
	add_known(remarks, known.all, boots);
	for (guint i = 0; i < MIN(baseline.all->len, LINES_MAX); i++) {
		const Tally *t = &g_array_index(baseline.all, Tally, i);
		g_autofree char *in = in_boots(t, boots);

		add(remarks, "baseline", "%s%s, before the hunt began: no find of it", t->title,
		    in);
	}
	for (guint i = 0; i < MIN(impaired.all->len, LINES_MAX); i++) {
		const Tally *t = &g_array_index(impaired.all, Tally, i);
		g_autofree char *in = in_boots(t, boots), *times = results_number(t->count, "time");

		add(remarks, "impaired", "%s: %s, %s%s (%s)", t->name, t->title, times, in,
		    t->detail);
	}
	return remarks;
}
