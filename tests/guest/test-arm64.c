/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hunts of the other architecture, on an emulated machine of its own: a clean one and a complaint
 * that must be found; and an agent that does not fit the kernel, which must never be booted. Skipped
 * without its kernel in the cache, and without an agent for it, which a dry run does not build.
 */
#include "tests/guest/hunt-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define ARM64_KERNEL "6.1-arm64"

static gboolean is_here(Hunt *h)
{
	g_autofree char *scenario = hunt_scenario("null.ini");

	HUNT_SPAWN(h, "run", scenario, "--kernel", ARM64_KERNEL, "--dry-run");
	hunt_finish(h);
	if (h->code == 0)
		return TRUE;
	g_test_skip("there is no kernel " ARM64_KERNEL ", or no agent for it");
	return FALSE;
}

static void test_clean(Hunt *h, gconstpointer data)
{
	if (!is_here(h))
		return;
	hunt_has(h, "qemu-system-aarch64");
	hunt_start(h, "null.ini", "--kernel", ARM64_KERNEL);
	hunt_finish(h);
	hunt_expect(h, 0, "clean");
	g_assert_cmpint(hunt_count(h, "count/block-state/", "offlines"), >, 0);
}

static void test_warning(Hunt *h, gconstpointer data)
{
	if (!is_here(h))
		return;
	hunt_start(h, "warning.ini", "--kernel", ARM64_KERNEL);
	hunt_finish(h);
	hunt_expect(h, 1, "incident");
}

/* Nothing is started and nothing left behind. */
static void test_wrong_agent(Hunt *h, gconstpointer data)
{
	g_autoptr(GDir) dir = NULL;

	if (!is_here(h))
		return;
	g_setenv("PFNHUNT_AGENT", g_getenv("PFNHUNT_TEST_AGENT"), TRUE);
	hunt_start(h, "null.ini", "--kernel", ARM64_KERNEL);
	hunt_finish(h);
	g_unsetenv("PFNHUNT_AGENT");
	g_assert_cmpint(h->code, ==, 2);
	hunt_has(h, "does not fit the kernel");
	dir = g_dir_open(h->results, 0, NULL);
	g_assert_true(dir && !g_dir_read_name(dir));
}

int main(int argc, char **argv)
{
	static const HuntCase cases[] = {
		{"/arm64/clean", test_clean, NULL},
		{"/arm64/warning", test_warning, NULL},
		{"/arm64/wrong-agent", test_wrong_agent, NULL},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
