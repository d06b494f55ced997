/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fired in a hunt, by signature and in time, and what a hunt comes to under other known
 * issues. The hunts are made in memory: each case says all that it goes by.
 */
#include "harness/results/rejudge.h"
#include "harness/results/signature.h"
#include "host-driver/base/tree.h"
#include "results-fixture.h"

#include <string.h>

#define BOOTS 12

typedef struct {
	RHunt hunt;
	RBoot boots[BOOTS];
	RIncident incidents[BOOTS * 2];
	guint incident_count;
} Made;

static void made_free(Made *m)
{
	for (guint i = 0; i < m->hunt.boots->len; i++) {
		RBoot *b = g_ptr_array_index(m->hunt.boots, i);

		g_ptr_array_unref(b->incidents);
		g_free(b->hit_title);
		g_free(b->hit_signature);
		g_free(b->hit_walker);
		g_free(b->reason);
		g_free(b->ended_by_known);
	}
	for (guint i = 0; i < m->incident_count; i++)
		g_free(m->incidents[i].known);
	g_ptr_array_unref(m->hunt.boots);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Made, made_free)

static Made *make(void)
{
	Made *m = g_new0(Made, 1);

	m->hunt.boots = g_ptr_array_new();
	m->hunt.verdict = "clean";
	return m;
}

static RBoot *add_boot(Made *m, const char *verdict, double run_s)
{
	RBoot *b = &m->boots[m->hunt.boots->len];

	g_assert_cmpuint(m->hunt.boots->len, <, BOOTS);
	*b = (RBoot){.number = m->hunt.boots->len,
		     .ended = TRUE,
		     .verdict = verdict,
		     .phase = "hunt",
		     .kernel = (char *)"6.12.1",
		     .run_s = run_s,
		     .hit_s = -1,
		     .hit_hello_s = -1,
		     .incidents = g_ptr_array_new()};
	g_ptr_array_add(m->hunt.boots, b);
	return b;
}

static RIncident *add_incident(Made *m, RBoot *b, const char *signature, gint64 hits)
{
	RIncident *i = &m->incidents[m->incident_count++];

	g_assert_cmpuint(m->incident_count, <, G_N_ELEMENTS(m->incidents));
	*i = (RIncident){.family = g_str_has_prefix(signature, "hang:") ? "hang" : "fake-offline",
			 .title = (char *)signature,
			 .signature = (char *)signature,
			 .evidence = TRUE,
			 .hits = hits};
	g_ptr_array_add(b->incidents, i);
	return i;
}

/* A boot with two incidents of one signature is one boot with it, and all of their hits count. */
static void test_counts(void)
{
	g_autoptr(Made) m = make();
	RBoot *a = add_boot(m, "incident", 5), *b = add_boot(m, "incident", 5);
	RBoot *again = add_boot(m, "incident", 5), *killed = add_boot(m, "incident", 5);
	g_autoptr(GPtrArray) all = NULL;
	const RSignature *s;

	again->retried = TRUE;
	killed->ended = FALSE;
	add_incident(m, a, "one", 3);
	add_incident(m, a, "one", 4);
	add_incident(m, b, "one", 2);
	add_incident(m, b, "two", 1);
	add_incident(m, b, "emulators", 9)->evidence = FALSE;
	add_incident(m, again, "one", 100);
	add_incident(m, killed, "three", 100);
	all = results_signatures(&m->hunt);
	g_assert_cmpuint(all->len, ==, 2);
	s = results_signature_find(all, "one");
	g_assert_true(s == g_ptr_array_index(all, 0));
	g_assert_cmpuint(s->boots, ==, 2);
	g_assert_cmpint(s->hits, ==, 9);
	g_assert_true(s->boot == a);
	g_assert_true(s->first == &m->incidents[0]);
	g_assert_false(s->known);
	s = results_signature_find(all, "two");
	g_assert_cmpuint(s->boots, ==, 1);
	g_assert_cmpint(s->hits, ==, 1);
	g_assert_true(s->boot == b);
	g_assert_null(results_signature_find(all, "three"));
	g_assert_null(results_signature_find(all, "emulators"));
}

/* Unknown ones first; of them those of most boots; of as many boots by their names. */
static void test_order(void)
{
	static const char *const wanted[] = {"often", "a", "b", "known-often", "known-once"};
	g_autoptr(Made) m = make();
	RBoot *x = add_boot(m, "incident", 5), *y = add_boot(m, "incident", 5);
	g_autoptr(GPtrArray) all = NULL;

	add_incident(m, x, "known-once", 90)->known = g_strdup("n");
	add_incident(m, x, "known-often", 1)->known = g_strdup("n");
	add_incident(m, x, "b", 50);
	add_incident(m, x, "a", 1);
	add_incident(m, x, "often", 1);
	add_incident(m, y, "known-often", 1)->known = g_strdup("n");
	add_incident(m, y, "often", 1);
	all = results_signatures(&m->hunt);
	g_assert_cmpuint(all->len, ==, G_N_ELEMENTS(wanted));
	for (guint i = 0; i < all->len; i++) {
		const RSignature *s = g_ptr_array_index(all, i);

		g_assert_cmpstr(s->first->signature, ==, wanted[i]);
		g_assert_cmpint(s->known, ==, g_str_has_prefix(wanted[i], "known"));
	}
}

static void by(RIncident *incident, const char *walker, gboolean guessed)
{
	incident->walker = (char *)walker;
	incident->walker_guessed = guessed;
}

/* Each walker once, a guess with a question mark; they do not grow without end. */
static void test_walkers(void)
{
	static const char *const letters[] = {"a", "b", "c", "d"};
	g_autoptr(Made) m = make();
	RBoot *b = add_boot(m, "incident", 5);
	g_autoptr(GPtrArray) all = NULL;
	char *names[4];

	by(add_incident(m, b, "one", 1), "ksm", FALSE);
	by(add_incident(m, b, "one", 1), NULL, FALSE);
	by(add_incident(m, b, "one", 1), "damon", TRUE);
	by(add_incident(m, b, "one", 1), "damon", TRUE);
	by(add_incident(m, b, "one", 1), "ksm", FALSE);
	by(add_incident(m, b, "one", 1), "page", FALSE);
	add_incident(m, b, "none", 1);
	for (guint i = 0; i < 4; i++) {
		names[i] = g_strnfill(150, letters[i][0]);
		by(add_incident(m, b, "many", 1), names[i], FALSE);
	}
	all = results_signatures(&m->hunt);
	g_assert_cmpstr(results_signature_find(all, "one")->walkers, ==, "ksm, damon?, page");
	g_assert_cmpstr(results_signature_find(all, "none")->walkers, ==, "");
	/* 150 is not over 200, 302 is. */
	g_assert_cmpuint(strlen(results_signature_find(all, "many")->walkers), ==, 302);
	for (guint i = 0; i < 4; i++)
		g_free(names[i]);
}

/* A hit is at its time, one without a time within the run, and no hit is no hit until its end. */
static void test_times(void)
{
	static const StatsTime wanted[] = {{.time_s = 2.5, .hit = TRUE},
					   {.time_s = 0, .hit = TRUE},
					   {.time_s = 7, .hit = FALSE},
					   {.time_s = 6, .hit = TRUE},
					   {.time_s = 0, .hit = TRUE}};
	g_autoptr(Made) m = make();
	g_autoptr(GArray) times = NULL;

	add_boot(m, "incident", 9)->hit_s = 2.5;
	add_boot(m, "incident", 9)->hit_s = 0;
	add_boot(m, "clean", 7)->hit_s = 3; /* not its own to say */
	add_boot(m, "hang", 6);
	add_boot(m, "incident", 8)->hit_hello_s = 3; /* while memory was plugged */
	add_boot(m, "unexposed", 5);
	add_boot(m, "lost", 5);
	add_boot(m, "hang", 5)->phase = "boot";
	add_boot(m, "clean", 5)->retried = TRUE;
	times = results_times(&m->hunt);
	g_assert_cmpuint(times->len, ==, G_N_ELEMENTS(wanted));
	for (guint i = 0; i < times->len; i++) {
		const StatsTime *t = &g_array_index(times, StatsTime, i);

		g_assert_cmpfloat_with_epsilon(t->time_s, wanted[i].time_s, 1e-9);
		g_assert_cmpint(t->hit, ==, wanted[i].hit);
	}
}

/* None while half of the boots have not fired; its interval may be open above. */
static void test_median(void)
{
	g_autoptr(Made) m = make();
	g_autofree char *none = NULL, *open = NULL, *both = NULL;

	add_boot(m, "clean", 5);
	none = results_median(&m->hunt);
	g_assert_null(none);
	add_boot(m, "incident", 5)->hit_s = 2;
	add_boot(m, "incident", 5)->hit_s = 3;
	open = results_median(&m->hunt);
	g_assert_nonnull(open);
	g_assert_true(g_str_has_prefix(open, "3.00 s of hammering to the first hit"));
	g_assert_true(g_str_has_suffix(open, " to ?)"));
	for (guint i = 0; i < 9; i++)
		add_boot(m, "incident", 5)->hit_s = 2 + 0.1 * i;
	both = results_median(&m->hunt);
	g_assert_true(g_str_has_prefix(both, "2.40 s of hammering to the first hit"));
	g_assert_null(strchr(both, '?'));
}

static TriageKnown *known_of(const char *ini)
{
	g_autofree char *root = fixture_tmp();
	g_autofree char *path = g_build_filename(root, "known.ini", NULL);
	const char *const paths[] = {path, NULL};
	g_autoptr(GError) error = NULL;
	TriageKnown *known;

	fixture_write(root, "known.ini", ini);
	known = triage_known_load(paths, &error);
	g_assert_no_error(error);
	tree_remove(root);
	return known;
}

static void set_hit(RBoot *b, const RIncident *i)
{
	b->hit_title = g_strdup(i->title);
	b->hit_signature = g_strdup(i->signature);
	b->hit_walker = g_strdup("ksm");
	b->hit_family = i->family;
	b->hit_s = 1;
	b->hit_hello_s = 2;
	b->hit_block = b->hit_pfn = b->hit_offlines = 3;
}

#define A_IS_KNOWN "[it]\nsignature=a*\nnote=n\n"

/* What is known now is no hit any more, and the boot ended by it. */
static void test_becomes_known(void)
{
	g_autoptr(Made) m = make();
	g_autoptr(TriageKnown) known = known_of(A_IS_KNOWN);
	RBoot *b = add_boot(m, "incident", 5), *clean = add_boot(m, "clean", 5);

	m->hunt.verdict = "incident";
	set_hit(b, add_incident(m, b, "a:1", 4));
	results_rejudge(&m->hunt, known);
	g_assert_cmpstr(b->verdict, ==, "known");
	g_assert_cmpstr(b->reason, ==, "it");
	g_assert_cmpstr(b->ended_by_known, ==, "it");
	g_assert_cmpint(b->hits, ==, 0);
	g_assert_cmpint(b->known, ==, 1);
	g_assert_cmpstr(m->incidents[0].known, ==, "it");
	g_assert_null(b->hit_title);
	g_assert_null(b->hit_signature);
	g_assert_null(b->hit_walker);
	g_assert_null(b->hit_family);
	g_assert_cmpfloat(b->hit_s, ==, -1);
	g_assert_cmpfloat(b->hit_hello_s, ==, -1);
	g_assert_cmpint(b->hit_block, ==, -1);
	g_assert_cmpint(b->hit_pfn, ==, -1);
	g_assert_cmpint(b->hit_offlines, ==, -1);
	g_assert_cmpstr(clean->verdict, ==, "clean");
	g_assert_cmpstr(m->hunt.verdict, ==, "known");
}

/* What is known no more is a hit, though a clean boot had lived on with it. */
static void test_becomes_unknown(void)
{
	g_autoptr(Made) m = make();
	g_autoptr(TriageKnown) none = known_of("");
	RBoot *b = add_boot(m, "known", 5), *clean = add_boot(m, "clean", 5);

	m->hunt.verdict = "known";
	b->ended_by_known = g_strdup("it");
	add_incident(m, b, "a:1", 4)->known = g_strdup("it");
	add_incident(m, clean, "b:1", 2)->known = g_strdup("it");
	add_incident(m, clean, "c:1", 5);
	results_rejudge(&m->hunt, none);
	g_assert_cmpstr(b->verdict, ==, "incident");
	g_assert_cmpstr(b->reason, ==, "a:1");
	g_assert_null(b->ended_by_known);
	g_assert_cmpint(b->hits, ==, 4);
	g_assert_cmpint(b->known, ==, 0);
	g_assert_null(m->incidents[0].known);
	g_assert_cmpstr(b->hit_signature, ==, "a:1");
	g_assert_cmpstr(b->hit_title, ==, "a:1");
	g_assert_cmpstr(b->hit_family, ==, "fake-offline");
	g_assert_cmpstr(clean->verdict, ==, "incident");
	g_assert_cmpint(clean->hits, ==, 7);
	g_assert_cmpstr(clean->hit_signature, ==, "b:1"); /* the first */
	g_assert_cmpstr(m->hunt.verdict, ==, "incident");
}

/* Time and place stay with the hit that they are of. */
static void test_keeps_its_hit(void)
{
	g_autoptr(Made) m = make();
	g_autoptr(TriageKnown) known = known_of(A_IS_KNOWN);
	RBoot *same = add_boot(m, "incident", 5), *other = add_boot(m, "incident", 5);

	same->reason = g_strdup("1 incident");
	same->hits = same->known = 50;
	set_hit(same, add_incident(m, same, "b:1", 1));
	add_incident(m, same, "a:1", 1);
	set_hit(other, add_incident(m, other, "a:1", 1));
	by(add_incident(m, other, "b:1", 6), "damon", FALSE);
	results_rejudge(&m->hunt, known);
	g_assert_cmpfloat(same->hit_s, ==, 1);
	g_assert_cmpint(same->hit_block, ==, 3);
	g_assert_cmpstr(same->hit_walker, ==, "ksm");
	g_assert_cmpint(same->known, ==, 1);
	g_assert_cmpint(same->hits, ==, 1);
	g_assert_cmpstr(same->verdict, ==, "incident");
	g_assert_cmpstr(same->reason, ==, "1 incident");
	g_assert_cmpfloat(other->hit_s, ==, -1);
	g_assert_cmpint(other->hit_block, ==, -1);
	g_assert_cmpstr(other->hit_signature, ==, "b:1");
	g_assert_cmpstr(other->hit_walker, ==, "damon");
	g_assert_cmpint(other->hits, ==, 6);
	g_assert_cmpstr(other->verdict, ==, "incident");
}

/* Clean with a known issue stays clean; a hang is a hang, but what the kernel said counts more. */
static void test_hangs(void)
{
	g_autoptr(Made) m = make();
	g_autoptr(TriageKnown) known = known_of("[it]\nsignature=a*\nnote=n\n"
						"[stop]\nsignature=hang:stop\nnote=n\n");
	RBoot *clean = add_boot(m, "clean", 5), *hang = add_boot(m, "known", 5);
	RBoot *both = add_boot(m, "hang", 5), *stop = add_boot(m, "hang", 5);
	RBoot *artefact = add_boot(m, "clean", 5);

	add_incident(m, clean, "a:1", 1);
	add_incident(m, hang, "hang:run", 1);
	add_incident(m, both, "hang:run", 1);
	add_incident(m, both, "b:1", 2);
	add_incident(m, stop, "hang:stop", 1);
	add_incident(m, artefact, "b:1", 2)->evidence = FALSE;
	results_rejudge(&m->hunt, known);
	g_assert_cmpstr(clean->verdict, ==, "clean");
	g_assert_null(clean->ended_by_known);
	g_assert_cmpint(clean->known, ==, 1);
	g_assert_cmpstr(hang->verdict, ==, "hang");
	g_assert_cmpint(hang->hits, ==, 1);
	g_assert_cmpstr(hang->hit_signature, ==, "hang:run");
	g_assert_cmpstr(both->verdict, ==, "incident");
	g_assert_cmpint(both->hits, ==, 2);
	g_assert_cmpstr(both->hit_signature, ==, "b:1");
	g_assert_cmpstr(stop->verdict, ==, "known");
	g_assert_cmpstr(stop->ended_by_known, ==, "stop");
	g_assert_cmpstr(artefact->verdict, ==, "clean");
	g_assert_null(artefact->hit_signature);
	g_assert_cmpstr(m->hunt.verdict, ==, "incident");
}

/* Other verdicts are not of known issues; a hunt that was cut short or is not over is not clean. */
static void test_leaves_alone(void)
{
	static const char *const words[] = {"infra", "lost", "emulator", "unexposed"};
	g_autoptr(TriageKnown) none = known_of("");

	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autoptr(Made) m = make();
		RBoot *b = add_boot(m, words[i], 5), *killed = add_boot(m, "clean", 5);

		add_incident(m, b, "a:1", 1);
		killed->ended = FALSE;
		add_incident(m, killed, "a:1", 1);
		results_rejudge(&m->hunt, none);
		g_assert_cmpstr(b->verdict, ==, words[i]);
		g_assert_cmpstr(killed->verdict, ==, "clean");
		g_assert_cmpstr(m->hunt.verdict, ==, words[i]);
	}
	{
		g_autoptr(Made) cut = make(), open = make(), nothing = make(), again = make();
		RBoot *artefact = add_boot(again, "incident", 5);

		artefact->retried = TRUE;
		add_incident(again, artefact, "a:1", 1);
		add_boot(again, "clean", 5);
		results_rejudge(&again->hunt, none);
		g_assert_cmpstr(again->hunt.verdict, ==, "clean");

		add_boot(cut, "clean", 5);
		cut->hunt.interrupted = TRUE;
		results_rejudge(&cut->hunt, none);
		g_assert_cmpstr(cut->hunt.verdict, ==, "unexposed");
		add_boot(open, "incident", 5);
		open->hunt.verdict = "";
		results_rejudge(&open->hunt, none);
		g_assert_cmpstr(open->hunt.verdict, ==, "");
		results_rejudge(&nothing->hunt, none);
		g_assert_cmpstr(nothing->hunt.verdict, ==, "infra");
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/signature/counts", test_counts);
	g_test_add_func("/signature/order", test_order);
	g_test_add_func("/signature/walkers", test_walkers);
	g_test_add_func("/signature/times", test_times);
	g_test_add_func("/signature/median", test_median);
	g_test_add_func("/rejudge/becomes-known", test_becomes_known);
	g_test_add_func("/rejudge/becomes-unknown", test_becomes_unknown);
	g_test_add_func("/rejudge/keeps-its-hit", test_keeps_its_hit);
	g_test_add_func("/rejudge/hangs", test_hangs);
	g_test_add_func("/rejudge/leaves-alone", test_leaves_alone);
	return g_test_run();
}
