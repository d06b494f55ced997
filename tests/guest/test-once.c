/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says only once, with clear-warn-once and without: a message on every kernel, and
 * where the driver has it a WARN_ON_ONCE. Kernels that are not cached are skipped.
 */
#include "tests/guest/hunt-fixture.h"

#include <string.h>

typedef struct {
	const char *kernel, *cleared;
	gboolean again, warns;
} Case;

static char *write_scenario(const Hunt *h, const char *cleared)
{
	g_autofree char *shipped =
		g_build_filename(g_getenv("PFNHUNT_SCENARIOS"), "once.ini", NULL);
	char *path = g_build_filename(h->results, "once.ini", NULL);
	g_autofree char *text = NULL, *filled = NULL;
	g_auto(GStrv) parts = NULL;

	g_assert_true(g_file_get_contents(shipped, &text, NULL, NULL));
	parts = g_strsplit(text, "= CLEARED", -1);
	g_assert_cmpuint(g_strv_length(parts), ==, 2);
	filled = g_strconcat(parts[0], "= ", cleared, parts[1], NULL);
	g_assert_true(g_file_set_contents(path, filled, -1, NULL));
	return path;
}

static guint count(const char *text, const char *words)
{
	guint found = 0;

	for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
		found++;
	return found;
}

static void expect_times(const char *what, guint times, gboolean again)
{
	g_test_message("%s: %u times", what, times);
	g_assert_cmpuint(times, >=, again ? 2 : 1);
	if (!again)
		g_assert_cmpuint(times, ==, 1);
}

static void test_once(Hunt *h, gconstpointer data)
{
	const Case *c = data;
	g_autofree char *scenario = write_scenario(h, c->cleared), *kmsg = NULL;

	hunt_start(h, scenario, "--kernel", c->kernel);
	hunt_finish(h);
	if (h->code == 2) {
		g_test_skip("the kernel is not cached");
		return;
	}
	hunt_expect(h, c->warns ? 1 : 0, c->warns ? "incident" : "clean");
	kmsg = hunt_evidence(h, "kmsg.jsonl");
	expect_times("remap_file_pages() is deprecated",
		     count(kmsg, "uses deprecated remap_file_pages()"), c->again);
	if (c->warns)
		expect_times("WARN_ON_ONCE", count(kmsg, "\"text\":\"WARNING: "), c->again);
}

int main(int argc, char **argv)
{
	static const Case cases[] = {
		{"6.1", "0s", FALSE, FALSE},
		{"6.1", "500ms", TRUE, FALSE},
		{"6.12", "0s", FALSE, TRUE},
		{"6.12", "500ms", TRUE, TRUE},
	};

	int code;

	g_test_init(&argc, &argv, NULL);
	if (!backend_set_up())
		return 77;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/once/%s/%s", cases[i].kernel,
							cases[i].again ? "cleared" : "kept");

		g_test_add(path, Hunt, &cases[i], hunt_set_up, test_once, hunt_tear_down);
	}
	code = g_test_run();
	backend_tear_down();
	return code;
}
