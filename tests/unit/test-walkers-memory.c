/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walkers that work on memory of their own, and those that drive threads of the kernel: the
 * files are fake, the memory is that of the test.
 */
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "op-fixture.h"

#define THP	"sys/kernel/mm/transparent_hugepage/"
#define LRU_GEN "sys/kernel/debug/lru_gen"
#define ENABLED "/parameters/enabled"
#define DAMON	"sys/kernel/mm/damon/admin/kdamonds/"
#define SCHEME	DAMON "0/contexts/0/schemes/"

static void assert_file(OpFixture *f, const char *file, const char *text)
{
	g_autofree char *is = fake_tree_get(f->tree, file);

	g_assert_cmpstr(is, ==, text);
}

static void assert_not_run(OpFixture *f, const char *line, const char *state, const char *words)
{
	g_autofree char *reason = NULL;

	op_fixture_add(f, line);
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 0);
	op_fixture_assert_value(f, "opstate", "0", "state", state);
	reason = op_fixture_last_value(f, "opstate", "0", "reason");
	g_assert_nonnull(strstr(reason, words));
	op_fixture_stop(f);
}

static void test_khugepaged(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, THP "enabled", "always madvise [never]\n");
	fake_tree_put(f->tree, THP "khugepaged/scan_sleep_millisecs", "");
	fake_tree_put(f->tree, THP "khugepaged/alloc_sleep_millisecs", "");
	fake_tree_put(f->tree, THP "khugepaged/pages_to_scan", "");
	fake_tree_put(f->tree, THP "khugepaged/pages_collapsed", "7\n");
	fake_tree_put(f->tree, THP "khugepaged/full_scans", "3\n");
	op_fixture_start_walker(f, "op inst=0 name=khugepaged area-mb=4");
	g_usleep(20000);
	g_assert_cmpuint(op_fixture_number(f, "0", "steps"), ==, 0);
	fake_tree_put(f->tree, THP "khugepaged/pages_collapsed", "12\n");
	fake_tree_put(f->tree, THP "khugepaged/full_scans", "5\n");
	op_fixture_wait_for(f, "0", "steps", 1);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "full_scans"), >=, 1);
	g_assert_cmpuint(op_fixture_number(f, "0", "collapsed"), ==, 5);
	assert_file(f, THP "enabled", "madvise");
	assert_file(f, THP "khugepaged/scan_sleep_millisecs", "1");
}

static void test_reclaim(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "proc/swaps", "Filename Type\n/dev/zram0 partition\n");
	fake_tree_put(f->tree, "proc/sys/vm/drop_caches", "");
	fake_tree_put(f->tree, "sys/fs/cgroup/cgroup.procs", "");
	fake_tree_put(f->tree, "sys/fs/cgroup/memory.reclaim", "");
	op_fixture_start_walker(f, "op inst=0 name=reclaim area-mb=2");
	op_fixture_wait_for(f, "0", "cache_drops", 2);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "pageouts"), >=, 2);
	g_assert_cmpuint(op_fixture_number(f, "0", "cgroup_reclaims"), >=, 2);
	assert_file(f, "proc/sys/vm/drop_caches", "3");
	assert_file(f, "sys/fs/cgroup/memory.reclaim", "1M");
}

static void test_reclaim_without_cgroup(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "proc/sys/vm/drop_caches", "");
	assert_not_run(f, "op inst=0 name=reclaim how=cgroup", "skipped", "cgroup v2");
}

static void test_lru_gen(OpFixture *f, gconstpointer data)
{
	g_autofree char *text = NULL;

	fake_tree_put(f->tree, "sys/kernel/mm/lru_gen/enabled", "0x0000\n");
	fake_tree_put(f->tree, LRU_GEN,
		      "memcg     1 /\n node     2\n         41   99  0  0\n         44   1  2  3\n"
		      "memcg     9 /x\n node     0\n         77   1  2  3\n");
	/* One step writes over the list, so the next has nothing to go by. */
	op_fixture_start_walker(f, "op inst=0 name=lru-gen pace-us=1000");
	op_fixture_wait_for(f, "0", "agings", 1);
	op_fixture_stop(f);
	assert_file(f, "sys/kernel/mm/lru_gen/enabled", "y");
	text = fake_tree_get(f->tree, LRU_GEN);
	g_assert_true(g_str_has_prefix(text, "+ 1 2 44 1 1"));
}

/* Each node in turn; the list is put back after each step, which writes over it. */
static void test_lru_gen_nodes(OpFixture *f, gconstpointer data)
{
	static const char list[] = "memcg     1 /\n node     0\n         41   99  0  0\n"
				   " node     1\n         52   99  0  0\n         53   1  2  3\n";
	static const char *const orders[] = {"+ 1 0 41 1 1", "- 1 0 41 100 256", "+ 1 1 53 1 1",
					     "- 1 1 52 100 256"};

	fake_tree_put(f->tree, "sys/kernel/mm/lru_gen/enabled", "0x0007\n");
	fake_tree_put(f->tree, LRU_GEN, list);
	op_fixture_start_walker(f, "op inst=0 name=lru-gen pace-us=1000");
	for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
		g_autofree char *text = NULL;

		op_fixture_wait_for(f, "0", i % 2 ? "evictions" : "agings", i / 2 + 1);
		text = fake_tree_get(f->tree, LRU_GEN);
		if (!g_str_has_prefix(text, orders[i]))
			g_error("step %u: '%s'", i, text);
		fake_tree_put(f->tree, LRU_GEN, list);
	}
	op_fixture_stop(f);
}

static void test_page_cache(OpFixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->tree->path, "tmp", NULL);
	g_autofree char *file = g_build_filename(path, "pfnhunt-page-cache", NULL);

	fake_tree_put(f->tree, "tmp/x", "");
	op_fixture_add(f, "op inst=0 name=page-cache");
	op_fixture_add(f, "op inst=1 name=page-cache");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 2);
	g_assert_cmpuint(op_run_start(f->run), ==, 2);
	op_fixture_wait_for(f, "0", "cuts", 32);
	op_fixture_wait_for(f, "1", "lookups", 32);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "reads"), >=, 32);
	g_assert_cmpuint(op_fixture_number(f, "0", "failed"), ==, 0);
	g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
}

static void test_gup(OpFixture *f, gconstpointer data)
{
	op_fixture_start_walker(f, "op inst=0 name=gup area-mb=2 hold-ms=0");
	op_fixture_wait_for(f, "0", "spliced_pages", 32);
	op_fixture_wait_for(f, "0", "futexes", 32);
	op_fixture_stop(f);
	/* Pinning may be bounded by RLIMIT_MEMLOCK, or io_uring be forbidden. */
	g_assert_cmpuint(op_fixture_number(f, "0", "failed") +
				 op_fixture_number(f, "0", "pinned_pages"),
			 >, 0);
}

/*
 * The op looks up pages that it has just touched: most are present. Whatever the area's size, it
 * keeps to it: what lies behind is not its own, and giving back what is not mapped fails.
 */
static void test_pagemap(OpFixture *f, gconstpointer data)
{
	g_autofree char *line = g_strconcat("op inst=0 name=pagemap area-mb=", data, NULL);
	g_autofree char *path = g_build_filename(f->tree->path, "proc/self", NULL);
	g_autofree char *link = g_build_filename(path, "pagemap", NULL);

	g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
	g_assert_cmpint(symlink("/proc/self/pagemap", link), ==, 0);
	op_fixture_start_walker(f, line);
	op_fixture_wait_for(f, "0", "steps", 20);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "present_pages"), >=, 20 * 512 / 2);
	g_assert_cmpuint(op_fixture_number(f, "0", "failed"), ==, 0);
	g_assert_cmpuint(op_fixture_number(f, "0", "pages"), >=,
			 op_fixture_number(f, "0", "present_pages"));
}

/* It keeps its CPU most of the time, and lets go in mid-burst when the run ends. */
static void test_burst_hog(OpFixture *f, gconstpointer data)
{
	gint64 stopped_us;

	op_fixture_add(f, "op inst=0 name=burst-hog gap-us=10 burst-ms=2");
	op_fixture_add(f, "op inst=1 name=burst-hog gap-us=10 burst-ms=2000");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 2);
	g_assert_cmpuint(op_run_start(f->run), ==, 2);
	op_fixture_wait_for(f, "0", "steps", 10);
	op_fixture_wait_for(f, "0", "spun_ms", 5);
	stopped_us = g_get_monotonic_time();
	op_fixture_stop(f);
	g_assert_cmpint(g_get_monotonic_time() - stopped_us, <, 500000);
}

static void test_clear_refs(OpFixture *f, gconstpointer data)
{
	g_autofree char *text = NULL;

	fake_tree_put(f->tree, "proc/self/clear_refs", "");
	op_fixture_start_walker(f, "op inst=0 name=clear-refs area-mb=3");
	op_fixture_wait_for(f, "0", "ok", 4);
	op_fixture_stop(f);
	text = fake_tree_get(f->tree, "proc/self/clear_refs");
	g_assert_true(g_str_equal(text, "1") || g_str_equal(text, "4"));
}

static void test_migrate(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "sys/devices/system/node/possible", "0\n");
	op_fixture_start_walker(f, "op inst=0 name=migrate area-mb=2");
	op_fixture_wait_for(f, "0", "mbind_calls", 4);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "move_pages_calls"), >=, 4);
}

static void test_migrate_nodes(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "sys/devices/system/node/possible", "\n");
	assert_not_run(f, "op inst=0 name=migrate", "failed", "no node in");
}

static void test_numa_balancing(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "sys/devices/system/node/possible", "0\n");
	fake_tree_put(f->tree, "proc/sys/kernel/numa_balancing", "0\n");
	fake_tree_put(f->tree, "sys/kernel/debug/sched/numa_balancing/scan_period_min_ms",
		      "1000\n");
	fake_tree_put(f->tree, "proc/vmstat", "numa_pte_updates 5\nnuma_hint_faults 1\n");
	op_fixture_start_walker(f, "op inst=0 name=numa-balancing area-mb=2");
	g_usleep(20000);
	g_assert_cmpuint(op_fixture_number(f, "0", "steps"), ==, 0);
	fake_tree_put(f->tree, "proc/vmstat",
		      "numa_pte_updates 9\nnuma_hint_faults 2\n"
		      "numa_pages_migrated 3\n");
	op_fixture_wait_for(f, "0", "steps", 1);
	op_fixture_wait_for(f, "0", "hint_faults", 1);
	op_fixture_wait_for(f, "0", "pages_migrated", 3);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "pte_updates"), ==, 4);
	assert_file(f, "proc/sys/kernel/numa_balancing", "1");
	assert_file(f, "sys/kernel/debug/sched/numa_balancing/scan_period_min_ms", "10");
}

static void test_swap(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "proc/swaps", "Filename Type\n/dev/zram0 partition\n");
	fake_tree_put(f->tree, "sys/block/zram0/disksize", "0\n");
	fake_tree_put(f->tree, "proc/vmstat", "pswpin 10\npswpout 20\n");
	op_fixture_start_walker(f, "op inst=0 name=swap area-mb=2");
	g_usleep(20000);
	g_assert_cmpuint(op_fixture_number(f, "0", "steps"), ==, 0); /* nothing was swapped */
	fake_tree_put(f->tree, "proc/vmstat", "pswpin 13\npswpout 25\n");
	op_fixture_wait_for(f, "0", "swapped_out_pages", 5);
	op_fixture_wait_for(f, "0", "swapped_in_pages", 3);
	op_fixture_stop(f);
}

/* A file that is called like the device must not become swap. */
static void test_swap_no_device(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "proc/swaps", "Filename Type\n");
	fake_tree_put(f->tree, "proc/vmstat", "");
	fake_tree_put(f->tree, "sys/block/zram0/disksize", "0\n");
	fake_tree_put(f->tree, "dev/zram0", "");
	assert_not_run(f, "op inst=0 name=swap", "failed", "not a block device");
	assert_file(f, "sys/block/zram0/disksize", "32M");
	assert_file(f, "dev/zram0", "");
}

static void put_damon_module(OpFixture *f, const char *name, const char *enabled)
{
	static const char *const files[] = {
		"monitor_region_start", "monitor_region_end", "min_age",    "sample_interval",
		"aggr_interval",	"wmarks_high",	      "wmarks_mid", "wmarks_low"};
	g_autofree char *dir = g_strdup_printf("sys/module/%s/parameters/", name);
	g_autofree char *file = g_strconcat(dir, "enabled", NULL);

	fake_tree_put(f->tree, file, enabled);
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_strconcat(dir, files[i], NULL);

		fake_tree_put(f->tree, path, "");
	}
}

static void test_damon_stat(OpFixture *f, gconstpointer data)
{
	put_damon_module(f, "damon_stat", "N\n");
	op_fixture_start_walker(f, "op inst=0 name=damon-stat");
	op_fixture_wait_for(f, "0", "no_kdamond", 1);
	assert_file(f, "sys/module/damon_stat" ENABLED, "Y");
	fake_tree_put(f->tree, "proc/77/comm", "kdamond.3\n");
	fake_tree_put(f->tree, "proc/77/schedstat", "1 2 42\n");
	op_fixture_wait_for(f, "0", "steps", 1);
	g_assert_cmpuint(op_fixture_number(f, "0", "kdamond_runs"), ==, 42);
	g_assert_cmpuint(op_fixture_number(f, "0", "aims"), ==, 0);
	op_fixture_stop(f);
	assert_file(f, "sys/module/damon_stat" ENABLED, "N");
}

static void test_damon_reclaim(OpFixture *f, gconstpointer data)
{
	put_damon_module(f, "damon_stat", "Y\n");
	put_damon_module(f, "damon_reclaim", "N\n");
	fake_tree_put(f->tree, "proc/77/comm", "kdamond.3\n");
	fake_tree_put(f->tree, "proc/77/schedstat", "1 2 42\n");
	op_fixture_start_walker(f, "op inst=0 name=damon-reclaim mode=re-aimed");
	assert_file(f, "sys/module/damon_stat" ENABLED, "N");
	op_fixture_publish(f, FAKE_FIRST_BLOCK * FAKE_BLOCK_PAGES + 2048);
	op_fixture_wait_for(f, "0", "aims", 1);
	op_fixture_wait_for(f, "0", "kdamond_runs", 42);
	op_fixture_stop(f);
	assert_file(f, "sys/module/damon_reclaim/parameters/monitor_region_start", "4299161600");
	assert_file(f, "sys/module/damon_reclaim/parameters/monitor_region_end", "4303355904");
	assert_file(f, "sys/module/damon_reclaim/parameters/wmarks_high", "1000");
}

static void test_damon_scheme(OpFixture *f, gconstpointer data)
{
	static const char *const files[] = {"nr_kdamonds",
					    "0/contexts/nr_contexts",
					    "0/contexts/0/operations",
					    "0/contexts/0/monitoring_attrs/intervals/sample_us",
					    "0/contexts/0/monitoring_attrs/intervals/aggr_us",
					    "0/contexts/0/targets/nr_targets",
					    "0/contexts/0/schemes/nr_schemes",
					    "0/contexts/0/schemes/0/action",
					    "0/contexts/0/schemes/0/access_pattern/sz/max",
					    "0/contexts/0/schemes/0/access_pattern/nr_accesses/max",
					    "0/contexts/0/schemes/0/access_pattern/age/max"};

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_strconcat(DAMON, files[i], NULL);

		fake_tree_put(f->tree, path, "");
	}
	op_fixture_start_walker(f, "op inst=0 name=damon mode=lru-deprio");
	op_fixture_stop(f);
	assert_file(f, SCHEME "nr_schemes", "1");
	assert_file(f, SCHEME "0/action", "lru_deprio");
	assert_file(f, SCHEME "0/access_pattern/sz/max", "18446744073709551615");
	assert_file(f, SCHEME "0/access_pattern/age/max", "4294967295");
}

int main(int argc, char **argv)
{
	static const char *const areas_mb[] = {"2", "3", "4", "5", "7", "8"};

	g_test_init(&argc, &argv, NULL);
	op_fixture_add_test("/walkers/khugepaged", test_khugepaged);
	op_fixture_add_test("/walkers/reclaim", test_reclaim);
	op_fixture_add_test("/walkers/reclaim/without-cgroup", test_reclaim_without_cgroup);
	op_fixture_add_test("/walkers/lru-gen", test_lru_gen);
	op_fixture_add_test("/walkers/lru-gen/nodes", test_lru_gen_nodes);
	op_fixture_add_test("/walkers/page-cache", test_page_cache);
	op_fixture_add_test("/walkers/gup", test_gup);
	for (gsize i = 0; i < G_N_ELEMENTS(areas_mb); i++) {
		g_autofree char *path = g_strconcat("/walkers/pagemap/", areas_mb[i], NULL);

		op_fixture_add_test_of(path, test_pagemap, areas_mb[i]);
	}
	op_fixture_add_test("/walkers/burst-hog", test_burst_hog);
	op_fixture_add_test("/walkers/clear-refs", test_clear_refs);
	op_fixture_add_test("/walkers/migrate", test_migrate);
	op_fixture_add_test("/walkers/migrate/nodes", test_migrate_nodes);
	op_fixture_add_test("/walkers/numa-balancing", test_numa_balancing);
	op_fixture_add_test("/walkers/swap", test_swap);
	op_fixture_add_test("/walkers/swap/no-device", test_swap_no_device);
	op_fixture_add_test("/walkers/damon-stat", test_damon_stat);
	op_fixture_add_test("/walkers/damon-reclaim", test_damon_reclaim);
	op_fixture_add_test("/walkers/damon-scheme", test_damon_scheme);
	return g_test_run();
}
