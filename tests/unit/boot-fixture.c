/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See boot-fixture.h. */
#include "tests/unit/boot-fixture.h"
#include "host-driver/base/tree.h"
#include "host-driver/fake/fake.h"

#include <string.h>

void boot_fixture_set_up(BootFixture *f, gconstpointer data)
{
	f->root = g_dir_make_tmp("pfnhunt-boot-XXXXXX", NULL);
	f->loop = g_main_loop_new(NULL, FALSE);
}

void boot_fixture_tear_down(BootFixture *f, gconstpointer data)
{
	g_clear_pointer(&f->boot, boot_free);
	g_clear_pointer(&f->result, boot_result_free);
	g_main_loop_unref(f->loop);
	tree_remove(f->root);
	g_free(f->root);
	vm_fake_set_script(NULL);
	vm_fake_set_memory(NULL, 0);
	vm_fake_set_threads(NULL, 0);
}

static void on_splat(const char *title, gpointer user)
{
	((BootFixture *)user)->splats++;
}

static void on_over(Boot *boot, BootResult *result, gpointer user)
{
	BootFixture *f = user;

	f->result = result;
	g_main_loop_quit(f->loop);
}

static gboolean too_late(gpointer user)
{
	g_error("the boot did not end");
	return G_SOURCE_REMOVE;
}

static gboolean interrupt(gpointer user)
{
	boot_interrupt(((BootFixture *)user)->boot);
	return G_SOURCE_REMOVE;
}

static const VmBackend fake = {.text = (char *)"fake", .ops = &vm_fake_ops};
static const BootListener listener = {.splat = on_splat, .over = on_over};

void boot_fixture_play_policy(BootFixture *f, const char *script, const char *policy,
			      guint interrupt_ms)
{
	g_autofree char *ini =
		g_strconcat("[scenario]\nsummary=s\n[memory vm0]\nrequested-size=4M\n"
			    "[op null-hammer]\n[op null-walker]\n[policy]\n",
			    policy, NULL);
	g_autofree char *dir = g_build_filename(f->root, "boot", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Scenario) scenario = scenario_parse("t.ini", ini, &error);
	g_autoptr(GPtrArray) modules = g_ptr_array_new();
	guint times = f->patient ? 30 : 1;
	Kernel kernel = {
		.arch = &arch_x86, .release = (char *)"6.1.0", .image_path = (char *)"bzImage"};
	BootConfig config = {.scenario = scenario,
			     .kernel = &kernel,
			     .modules = modules,
			     .initrd_path = "initrd",
			     .backend = &fake,
			     .accel = VM_ACCEL_TCG,
			     .dir = dir,
			     .name = "test",
			     .seed = 7,
			     .known_issues = f->known,
			     .strict = f->strict,
			     .deadlines = {.console_ms =
						   f->console_ms ? f->console_ms : 300 * times,
					   .hello_ms = f->hello_ms ? f->hello_ms : 600 * times,
					   .plug_ms = 600 * times,
					   .setup_ms = 1500 * times,
					   .quiet_ms = 600 * times,
					   .unresponsive_ms = 300 * times,
					   .stop_ms = 600 * times,
					   .exit_ms = 300 * times}};
	guint guard;

	g_assert_no_error(error);
	vm_fake_set_script(script);
	f->boot = boot_start(&config, &listener, f, &error);
	if (f->refusal) {
		g_assert_null(f->boot);
		g_assert_nonnull(error);
		g_assert_nonnull(strstr(error->message, f->refusal));
		return;
	}
	g_assert_no_error(error);
	guard = g_timeout_add_seconds(20, too_late, NULL);
	if (interrupt_ms)
		g_timeout_add(interrupt_ms, interrupt, f);
	g_main_loop_run(f->loop);
	g_source_remove(guard);
	g_clear_pointer(&f->boot, boot_free);
}

void boot_fixture_play(BootFixture *f, const char *script)
{
	boot_fixture_play_policy(f, script, "duration=100ms\n[goal]\nops=any\n", 0);
}

JsonObject *boot_fixture_json(BootFixture *f)
{
	g_autofree char *path = g_build_filename(f->root, "boot", "verdict.json", NULL);
	g_autoptr(JsonParser) parser = json_parser_new();

	g_assert_true(json_parser_load_from_file(parser, path, NULL));
	return json_object_ref(json_node_get_object(json_parser_get_root(parser)));
}

void boot_fixture_expect(BootFixture *f, Verdict verdict, const char *words)
{
	g_autoptr(JsonObject) o = boot_fixture_json(f);

	if (f->result->verdict != verdict)
		g_error("%s, not %s: %s", verdict_name(f->result->verdict), verdict_name(verdict),
			f->result->reason);
	if (!strstr(f->result->reason, words))
		g_error("'%s' lacks '%s'", f->result->reason, words);
	g_assert_cmpstr(json_object_get_string_member(o, "verdict"), ==, verdict_name(verdict));
}

void boot_fixture_again(BootFixture *f)
{
	g_autofree char *dir = g_build_filename(f->root, "boot", NULL);

	g_clear_pointer(&f->result, boot_result_free);
	tree_remove(dir);
}
