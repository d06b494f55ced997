/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel reports only once, with clear-warn-once and without: a pr_*_once() message on
 * every kernel, and a WARN_ON_ONCE() where the driver has one. Skips kernels that are not cached.
 */
#include "tests/guest/hunt-fixture.h"

#include <string.h>

typedef struct {
	const char *kernel, *every;
	gboolean again, warns;
} Case;

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
	g_autofree char *kmsg = NULL;
	g_autofree char *scenario = hunt_scenario_with(h, "once.ini", "CLEARED", c->every);

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
	static const Case kept = {"6.1", "0s", FALSE, FALSE};
	static const Case cleared = {"6.1", "500ms", TRUE, FALSE};
	static const Case kept_warning = {"6.12", "0s", FALSE, TRUE};
	static const Case cleared_warning = {"6.12", "500ms", TRUE, TRUE};
	static const HuntCase cases[] = {
		{"/once/6.1/kept", test_once, &kept},
		{"/once/6.1/cleared", test_once, &cleared},
		{"/once/6.12/kept", test_once, &kept_warning},
		{"/once/6.12/cleared", test_once, &cleared_warning},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
