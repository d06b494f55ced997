/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See run-screen.h. */
#include "harness/cli/run-screen.h"
#include "harness/report/text.h"
#include "harness/results/table.h"

#include <stdio.h>
#include <unistd.h>

typedef struct {
	char *phase; /* NULL: it has said nothing yet */
	double elapsed_s, offlines_per_s;
	guint64 hits, inside;
} RunningBoot;

static void running_free(gpointer data)
{
	RunningBoot *boot = data;

	g_free(boot->phase);
	g_free(boot);
}

Screen *screen_new(void)
{
	Screen *screen = g_new0(Screen, 1);

	screen->tty = isatty(STDERR_FILENO);
	screen->running = g_hash_table_new_full(NULL, NULL, NULL, running_free);
	return screen;
}

void screen_free(Screen *screen)
{
	if (!screen)
		return;
	g_hash_table_unref(screen->running);
	g_free(screen);
}

static char *of_boots(const Screen *screen, guint index)
{
	return screen->boots ? g_strdup_printf("%u/%" G_GUINT64_FORMAT, index + 1, screen->boots)
			     : g_strdup_printf("%u", index + 1);
}

static void clear_line(const Screen *screen)
{
	if (screen->tty)
		fputs("\r\033[K", stderr);
}

static char *remaining(const Screen *screen)
{
	gint64 left_us = screen->until_us - g_get_monotonic_time();
	g_autofree char *text = NULL;

	if (screen->rule.bound > 0 && stop_rule_left(&screen->rule))
		return g_strdup_printf(", %" G_GUINT64_FORMAT " without a hit to go",
				       stop_rule_left(&screen->rule));
	if (screen->until_us == 0)
		return g_strdup("");
	text = results_duration((double)MAX(left_us, 0) / G_USEC_PER_SEC);
	return g_strdup_printf(", %s left", text);
}

/* ", 2.1 million visits inside", or nothing if they are not counted. */
static char *inside_text(guint64 inside)
{
	g_autofree char *count = results_count(inside);

	return inside ? g_strdup_printf(", %s visits inside", count) : g_strdup("");
}

/* "4 boots up to 17/100: 3 running, 1 booting; 120 offlines/s, 5 hits" */
static char *many(const Screen *screen)
{
	g_autoptr(GHashTable) phases = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GString) counts = g_string_new(NULL);
	g_autofree char *of = NULL;
	guint last = 0;
	double rate = 0;
	guint64 hits = 0, inside = 0;
	g_autofree char *visits = NULL, *fired = NULL;
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, screen->running);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const RunningBoot *boot = value;
		char *phase = boot->phase ? boot->phase : (char *)"booting";
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(phases, phase));

		g_hash_table_insert(phases, phase, GUINT_TO_POINTER(n + 1));
		last = MAX(last, GPOINTER_TO_UINT(key));
		rate += boot->offlines_per_s;
		hits += boot->hits;
		inside += boot->inside;
	}
	g_hash_table_iter_init(&iter, phases);
	while (g_hash_table_iter_next(&iter, &key, &value))
		g_string_append_printf(counts, "%s%u %s", counts->len ? ", " : "",
				       GPOINTER_TO_UINT(value), (const char *)key);
	of = of_boots(screen, last);
	visits = inside_text(inside);
	fired = results_number(hits, "hit");
	return g_strdup_printf("%u boots up to %s: %s; %.0f offlines/s%s, %s",
			       g_hash_table_size(screen->running), of, counts->str, rate, visits,
			       fired);
}

static void on_boot_started(guint index, guint64 seed, const char *dir, gpointer user)
{
	Screen *screen = user;
	g_autofree char *boot = of_boots(screen, index);

	g_hash_table_insert(screen->running, GUINT_TO_POINTER(index), g_new0(RunningBoot, 1));
	clear_line(screen);
	g_printerr("boot %s: seed 0x%016" G_GINT64_MODIFIER "x%s", boot, seed,
		   screen->tty ? "" : "\n");
}

static void on_progress(guint index, const BootProgress *p, gpointer user)
{
	Screen *screen = user;
	RunningBoot *boot = g_hash_table_lookup(screen->running, GUINT_TO_POINTER(index));
	g_autofree char *of = of_boots(screen, index), *left = NULL, *all = NULL;
	g_autofree char *visits = inside_text(p->inside), *hits = results_number(p->hits, "hit");

	if (!screen->tty || !boot)
		return;
	g_free(boot->phase);
	boot->phase = g_strdup(p->phase);
	boot->elapsed_s = p->elapsed_s;
	boot->offlines_per_s = p->offlines_per_s;
	boot->hits = p->hits;
	boot->inside = p->inside;
	clear_line(screen);
	left = remaining(screen);
	if (g_hash_table_size(screen->running) > 1) {
		all = many(screen);
		g_printerr("%s%s", all, left);
		return;
	}
	g_printerr("boot %s: %s %.0f s, %.0f offlines/s%s, %s%s", of, p->phase, p->elapsed_s,
		   p->offlines_per_s, visits, hits, left);
}

static void on_splat(guint index, const char *title, gpointer user)
{
	Screen *screen = user;

	clear_line(screen);
	if (g_hash_table_size(screen->running) > 1)
		g_printerr("  boot %u: %s\n", index + 1, title);
	else
		g_printerr("  %s\n", title);
}

static void on_boot_over(const BootResult *result, gboolean retried, gpointer user)
{
	Screen *screen = user;
	const Trial trial = hunt_trial(result);
	g_autofree char *line = report_boot_line(result), *rule = NULL;

	g_hash_table_remove(screen->running, GUINT_TO_POINTER(result->index));
	stop_rule_boot(&screen->rule, &trial, retried);
	rule = stop_rule_text(&screen->rule);
	clear_line(screen);
	g_printerr("%s%s%s%s\n", line, retried ? " (trying again)" : "", rule ? "; " : "",
		   rule ? rule : "");
}

static void on_note(const char *text, gpointer user)
{
	clear_line(user);
	g_printerr("%s\n", text);
}

const HuntListener screen_listener = {
	.boot_started = on_boot_started,
	.progress = on_progress,
	.splat = on_splat,
	.boot_over = on_boot_over,
	.note = on_note,
};
