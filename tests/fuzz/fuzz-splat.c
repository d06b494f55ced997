/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log of any bytes, fed whole, in pieces of any size, and as kmsg records. Whatever it says,
 * titles and signatures are text that can be printed, every incident has its cause, both ways
 * of feeding find the same, and what was found is bounded.
 */
#include "harness/incident/triage.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_splat(const Splat *splat)
{
	g_assert_nonnull(splat->title);
	g_assert_true(g_utf8_validate(splat->title, -1, NULL));
	g_assert_true(g_utf8_validate(splat->signature, -1, NULL));
	g_assert_true(g_utf8_validate(splat->header, -1, NULL));
	g_assert_null(strchr(splat->title, '\n'));
	g_assert_null(strchr(splat->title, 0x1b));
	g_assert_cmpuint(splat->text->len, <=, SPLAT_TEXT_MAX);
	g_assert_cmpuint(splat->line, >, 0);
}

static void on_splat(const Splat *splat, const Incident *incident, gpointer user)
{
	check_splat(splat);
	(*(guint *)user)++;
}

static Triage *open_triage(guint *count)
{
	static const char *const walkers[] = {"split-huge-pages", NULL};
	TriageConfig config = {.walkers = walkers};

	return triage_new(&config, on_splat, count);
}

static void check(Triage *triage, guint count)
{
	const GPtrArray *splats = triage_splats(triage), *incidents = triage_incidents(triage);

	g_assert_cmpuint(splats->len, <=, count);
	g_assert_cmpuint(incidents->len, <=, count);
	g_assert_true((count > 0) == (incidents->len > 0));
	for (guint i = 0; i < incidents->len; i++) {
		const Incident *incident = g_ptr_array_index(incidents, i);

		g_assert_true(incident->splats->pdata[0] == incident->cause);
		g_assert_cmpuint(incident->hits, >, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	guint whole_count = 0, pieces_count = 0, both_count = 0;
	g_autoptr(Triage) whole = open_triage(&whole_count);
	g_autoptr(Triage) pieces = open_triage(&pieces_count);
	g_autoptr(Triage) both = open_triage(&both_count);
	const char *s = (const char *)data;
	size_t step = len ? 1 + data[0] % 97 : 1;

	triage_feed(whole, TRIAGE_CONSOLE, s, len, -1, 0);
	for (size_t i = 0; i < len; i += step) {
		size_t n = MIN(step, len - i);

		triage_feed(pieces, TRIAGE_CONSOLE, s + i, n, -1, 0);
		triage_feed(both, i & 1 ? TRIAGE_KMSG : TRIAGE_CONSOLE, s + i, n, (gint64)i,
			    (gint64)i);
		if (i % 7 == 0)
			triage_settle(both, (gint64)i);
	}
	triage_finish(whole);
	triage_finish(pieces);
	triage_finish(both);
	check(whole, whole_count);
	check(pieces, pieces_count);
	check(both, both_count);
	g_assert_cmpuint(whole_count, ==, pieces_count);
	return 0;
}
