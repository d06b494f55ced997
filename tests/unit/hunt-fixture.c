/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hunt-fixture.h. */
#include "hunt-fixture.h"
#include "host-driver/base/tree.h"
#include "host-driver/fake/fake.h"

static const VmBackend fake = {.text = (char *)"fake", .ops = &vm_fake_ops};
/* No module folder and no config: all that it needs counts as built in. */
static const Kernel kernel = {.arch = &arch_x86,
			      .release = (char *)"6.1.0",
			      .spec = (char *)"debian",
			      .image_path = (char *)"bzImage"};

void hunt_fixture_init(HuntFixture *f)
{
	f->root = g_dir_make_tmp("pfnhunt-hunt-XXXXXX", NULL);
	f->agent = g_build_filename(f->root, "agent", NULL);
	f->results = g_build_filename(f->root, "runs", NULL);
	g_assert_true(g_file_set_contents(f->agent, "x", 1, NULL));
	vm_fake_set_script(HUNT_CLEAN);
}

void hunt_fixture_clear(HuntFixture *f)
{
	hunt_summary_clear(&f->summary);
	g_clear_pointer(&f->scenario, scenario_free);
	vm_fake_set_script(NULL);
	vm_fake_set_threads(NULL, 0);
	tree_remove(f->root);
	g_free(f->root);
	g_free(f->agent);
	g_free(f->results);
}

gboolean hunt_fixture_run(HuntFixture *f, const char *groups, HuntConfig config,
			  const HuntListener *listener, gpointer user, GError **error)
{
	g_autofree char *text = g_strconcat(HUNT_SCENARIO HUNT_BRIEFLY, groups, NULL);
	g_autoptr(GError) bad = NULL;

	g_clear_pointer(&f->scenario, scenario_free);
	f->scenario = scenario_parse("t.ini", text, &bad);
	g_assert_no_error(bad);
	config.scenario = f->scenario;
	config.kernel = &kernel;
	config.seed = 42;
	config.results_dir = f->results;
	config.agent_path = f->agent;
	if (!config.backend)
		config.backend = &fake;
	if (config.accel == VM_ACCEL_AUTO)
		config.accel = VM_ACCEL_TCG;
	f->config = config;
	hunt_summary_clear(&f->summary);
	return hunt_run(&f->config, listener, user, &f->summary, error);
}
