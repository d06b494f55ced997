/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hammers against a fake tree: what they write where, what they count, what they leave. */
#include "guest-agent/walkers/stress-ng.h"

#include <string.h>

#include "op-fixture.h"

#define MEMORY	"sys/devices/system/memory/"
#define INJECT	"sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_OFFLINE/error"
#define DRIVER	"sys/bus/virtio/drivers/virtio_mem/"
#define HUGE_2M "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
#define HUGE_1G "sys/kernel/mm/hugepages/hugepages-1048576kB/"
#define HVO	"proc/sys/vm/hugetlb_optimize_vmemmap"

/* Sets the one op of a test up. Returns whether it is ready. */
static gboolean add(OpFixture *f, const char *line)
{
	op_fixture_add(f, line);
	return op_run_setup(f->run, OP_HAMMER) == 1;
}

static void assert_skipped(OpFixture *f, const char *reason)
{
	op_fixture_assert_value(f, "opstate", "0", "state", "skipped");
	op_fixture_assert_value(f, "opstate", "0", "reason", reason);
}

static guint64 number(OpFixture *f, const char *key)
{
	return op_fixture_number(f, "0", key);
}

static void wait_for(OpFixture *f, const char *key, guint64 least)
{
	op_fixture_wait_for(f, "0", key, least);
}

static void assert_file(OpFixture *f, const char *path, const char *start)
{
	g_autofree char *text = fake_tree_get(f->tree, path);

	if (!g_str_has_prefix(text, start))
		g_error("%s has %s, not %s", path, text, start);
}

static void publish_block_32(OpFixture *f)
{
	g_autofree struct targets *t = g_new0(struct targets, 1);

	t->block_pages = FAKE_BLOCK_PAGES;
	t->block_count = 1;
	t->block[0] = (struct target_block){32, TARGET_PARTLY, 1};
	targets_publish(op_run_targets(f->run), t);
}

/* A plain file cancels nothing: each offline is brought back. */
static void test_cancel_inject(OpFixture *f, gconstpointer data)
{
	fake_tree_put_blocks(f->tree, 32);
	fake_tree_put(f->tree, INJECT, "0");
	g_assert_true(add(f, "op inst=0 name=block-cancel"));
	assert_file(f, INJECT, "-12");
	publish_block_32(f);
	op_run_start(f->run);
	wait_for(f, "went_offline", 5);
	op_fixture_stop(f);
	g_assert_cmpuint(number(f, "cancelled"), ==, 0);
	g_assert_cmpuint(number(f, "offlines"), ==, number(f, "went_offline"));
	assert_file(f, MEMORY "memory32/state", "online_movable");
	assert_file(f, INJECT, "0");
}

/* It ends by itself, as it was asked to, after as many offlines. */
static void test_attempts(OpFixture *f, gconstpointer data)
{
	fake_tree_put_blocks(f->tree, 32);
	g_assert_true(add(f, "op inst=0 name=block-state attempts=3"));
	publish_block_32(f);
	op_run_start(f->run);
	wait_for(f, "offline_ok", 3);
	for (guint i = 0; i < 2000; i++) {
		g_autofree char *state = op_fixture_last_value(f, "opstate", "0", "state");

		if (g_strcmp0(state, "ended") == 0)
			break;
		g_usleep(5000);
		op_run_watch(f->run);
	}
	op_fixture_assert_value(f, "opstate", "0", "reason", "asked");
	op_fixture_stop(f);
	g_assert_cmpuint(number(f, "offline_ok"), ==, 3);
}

static void test_cancel_unmet(OpFixture *f, gconstpointer data)
{
	fake_tree_put_blocks(f->tree, 32);
	g_assert_false(add(f, "op inst=0 name=block-cancel"));
	assert_skipped(f, "no /" INJECT "; needs CONFIG_MEMORY_NOTIFIER_ERROR_INJECT; "
			  "by=signal does without");
}

static void test_cancel_signal(OpFixture *f, gconstpointer data)
{
	fake_tree_put_blocks(f->tree, 32);
	g_assert_true(add(f, "op inst=0 name=block-cancel by=signal signal-us=50 "
			     "online=online_kernel"));
	publish_block_32(f);
	op_run_start(f->run);
	wait_for(f, "steps", 50);
	op_fixture_stop(f);
	assert_file(f, MEMORY "memory32/state", "online_kernel");
}

static void test_auto_online(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, MEMORY "auto_online_blocks", "");
	g_assert_true(add(f, "op inst=0 name=auto-online hold-ms=1"));
	op_run_start(f->run);
	wait_for(f, "flips", 20);
	op_fixture_stop(f);
	g_assert_cmpuint(number(f, "policy_flips"), ==, 0); /* this kernel has no such file */
	g_assert_cmpuint(number(f, "failed"), ==, 0);
	assert_file(f, MEMORY "auto_online_blocks", "online");
}

static void test_auto_online_policy(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, MEMORY "auto_online_blocks", "");
	fake_tree_put(f->tree, "sys/module/memory_hotplug/parameters/online_policy", "");
	g_assert_true(add(f, "op inst=0 name=auto-online hold-ms=0"));
	op_run_start(f->run);
	wait_for(f, "policy_flips", 20);
	op_fixture_stop(f);
}

static void test_unbind(OpFixture *f, gconstpointer data)
{
	gint64 started_us;

	fake_tree_put(f->tree, DRIVER "unbind", "");
	fake_tree_put(f->tree, DRIVER "bind", "");
	fake_tree_put(f->tree, DRIVER "module/x", "");
	fake_tree_put(f->tree, DRIVER "virtio3/x", "");
	g_assert_true(add(f, "op inst=0 name=driver-unbind after-ms=30 again-ms=1"));
	started_us = g_get_monotonic_time();
	op_run_start(f->run);
	wait_for(f, "unbound", 1);
	g_assert_cmpint(g_get_monotonic_time() - started_us, >=, 30000);
	wait_for(f, "unbound", 2);
	g_assert_cmpuint(number(f, "bound"), >=, 1);
	op_fixture_stop(f);
	assert_file(f, DRIVER "unbind", "virtio3");
	assert_file(f, DRIVER "bind", "virtio3");
}

static void test_unbind_none(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, DRIVER "unbind", "");
	fake_tree_put(f->tree, DRIVER "bind", "");
	g_assert_false(add(f, "op inst=0 name=driver-unbind"));
	assert_skipped(f, "no device in /sys/bus/virtio/drivers/virtio_mem");
}

static void test_hugetlb(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, HUGE_2M, "");
	fake_tree_put(f->tree, HVO, "0");
	g_assert_true(add(f, "op inst=0 name=hugetlb pages=7 touch=0"));
	assert_file(f, HVO, "1");
	op_run_start(f->run);
	wait_for(f, "rounds", 5);
	op_fixture_stop(f);
	g_assert_cmpuint(number(f, "pages"), ==, 7 * number(f, "rounds"));
	g_assert_cmpuint(number(f, "failed"), ==, 0);
	assert_file(f, HUGE_2M, "0");
	assert_file(f, HVO, "0");
}

static void test_hugetlb_demote(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, HUGE_1G "nr_hugepages", "");
	fake_tree_put(f->tree, HUGE_1G "demote", "");
	g_assert_true(add(f, "op inst=0 name=hugetlb size=1G pages=2 vmemmap=0 touch=0 demote=1"));
	op_run_start(f->run);
	wait_for(f, "demoted", 5);
	op_fixture_stop(f);
	assert_file(f, HUGE_1G "demote", "2");
}

static void test_hugetlb_unmet(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, HUGE_2M, "");
	g_assert_false(add(f, "op inst=0 name=hugetlb"));
	assert_skipped(f, "no /" HVO "; needs CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP");
}

static void test_stress_unmet(OpFixture *f, gconstpointer data)
{
	g_assert_false(add(f, "op inst=0 name=stress-ng"));
	op_run_setup(f->run, OP_WALKER);
	assert_skipped(f, "stress-ng is not in the initramfs; install it on the host "
			  "(apt-get install stress-ng)");
}

static void test_stress_params(void)
{
	static const char *const bad[][2] = {{"stressors", ""},	       {"stressors", "vm,,x"},
					     {"stressors", "-vm"},     {"stressors", "vm,-x"},
					     {"stressors", "vm,"},     {"options", "--a;b"},
					     {"options", "$(reboot)"}, {"workers", "-1"}};
	const struct op *op = op_find("stress-ng");
	char err[256];

	g_assert_cmpint(op_param_check(op, "stressors", "vm,page-in", err, sizeof(err)), ==, 0);
	g_assert_cmpint(op_param_check(op, "options", "--vm-bytes 50% -v", err, sizeof(err)), ==,
			0);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_cmpint(op_param_check(op, bad[i][0], bad[i][1], err, sizeof(err)), <, 0);
}

static void test_stress_metrics(void)
{
	struct stress_metric m[2];
	char good[] = "---\nsystem-info:\n      cpus: 2\n\nmetrics:\n"
		      "    - stressor: vm\n      bogo-ops: 38367\n"
		      "      bogo-ops-per-second-real-time: 38335.23\n"
		      "      wall-clock-time: 1.000829\n\n"
		      "    - stressor: page-in\n      bogo-ops: 7\n";
	char odd[] = "bogo-ops: 3\n- stressor: a b\"; x\nwall-clock-time: nan\n- stressor: b\n"
		     "- stressor: c\n";

	g_assert_cmpuint(stress_metrics_parse(good, m, 2), ==, 2);
	g_assert_cmpstr(m[0].name, ==, "vm");
	g_assert_cmpint(m[0].bogo_ops, ==, 38367);
	g_assert_cmpint(m[0].real_ms, ==, 1000);
	g_assert_cmpstr(m[1].name, ==, "page-in");
	g_assert_cmpint(m[1].bogo_ops, ==, 7);
	g_assert_cmpuint(stress_metrics_parse(odd, m, 2), ==, 2);
	g_assert_cmpstr(m[0].name, ==, "a");
	g_assert_cmpstr(m[1].name, ==, "b");
}

/* The level is set, the kernel's own waits are off, and afterwards all is as it was. */
static void test_suspend(OpFixture *f, gconstpointer data)
{
	static const char *const files[] = {"sys/power/state", "sys/power/pm_test",
					    "sys/power/pm_freeze_timeout",
					    "sys/power/sync_on_suspend",
					    "sys/module/suspend/parameters/pm_test_delay"};
	g_autofree char *level = NULL, *state = NULL, *delay = NULL, *after = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(files); i++)
		fake_tree_put(f->tree, files[i], "");
	g_assert_true(add(f, "op inst=0 name=suspend every-ms=10"));
	level = fake_tree_get(f->tree, "sys/power/pm_test");
	g_assert_cmpstr(level, ==, "freezer");
	delay = fake_tree_get(f->tree, "sys/module/suspend/parameters/pm_test_delay");
	g_assert_cmpstr(delay, ==, "0");
	g_assert_cmpuint(op_run_start(f->run), ==, 1);
	wait_for(f, "suspends", 3);
	op_fixture_stop(f);
	state = fake_tree_get(f->tree, "sys/power/state");
	g_assert_cmpstr(state, ==, "freeze");
	after = fake_tree_get(f->tree, "sys/power/pm_test");
	g_assert_cmpstr(after, ==, "none");
}

static void test_suspend_lacks(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "sys/power/state", "");
	g_assert_false(add(f, "op inst=0 name=suspend"));
	assert_skipped(f, "no /sys/power/pm_test; needs CONFIG_PM_DEBUG");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	op_fixture_add_test("/hammers/cancel-inject", test_cancel_inject);
	op_fixture_add_test("/hammers/attempts", test_attempts);
	op_fixture_add_test("/hammers/cancel-unmet", test_cancel_unmet);
	op_fixture_add_test("/hammers/cancel-signal", test_cancel_signal);
	op_fixture_add_test("/hammers/auto-online", test_auto_online);
	op_fixture_add_test("/hammers/auto-online-policy", test_auto_online_policy);
	op_fixture_add_test("/hammers/unbind", test_unbind);
	op_fixture_add_test("/hammers/unbind-none", test_unbind_none);
	op_fixture_add_test("/hammers/hugetlb", test_hugetlb);
	op_fixture_add_test("/hammers/hugetlb-demote", test_hugetlb_demote);
	op_fixture_add_test("/hammers/hugetlb-unmet", test_hugetlb_unmet);
	op_fixture_add_test("/hammers/stress-unmet", test_stress_unmet);
	op_fixture_add_test("/hammers/suspend", test_suspend);
	op_fixture_add_test("/hammers/suspend-lacks", test_suspend_lacks);
	g_test_add_func("/hammers/stress-params", test_stress_params);
	g_test_add_func("/hammers/stress-metrics", test_stress_metrics);
	return g_test_run();
}
