/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory blocks, targets and the choice of blocks, against a fake tree. */
#include "guest-agent/op/block-select.h"
#include "guest-agent/op/memblk.h"

#include <errno.h>
#include <string.h>

#include "fake-tree.h"

#define FOREVER_NS (60ull * 1000000000)

static guint64 block_start(guint number)
{
	return (guint64)number * FAKE_BLOCK_PAGES;
}

static bool nobody(void *user, const struct target_block *block)
{
	return false;
}

static bool this_one(void *user, const struct target_block *block)
{
	return block->number == GPOINTER_TO_UINT(user);
}

static void test_no_hotplug(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	struct memblk m;

	g_assert_cmpint(memblk_open(&m, tree->fd), ==, -ENOENT);
}

/* What has no name is the machine's own when it was there from the start, else a DIMM. */
static void test_dimm(void)
{
	static const char before[] = "00001000-07ffffff : System RAM\n"
				     "  01000000-01ffffff : Kernel code\n";
	static const char after[] = "00001000-07ffffff : System RAM\n"
				    "  01000000-01ffffff : Kernel code\n"
				    "100000000-107ffffff : System RAM\n"
				    "108000000-10fffffff : virtio0\n"
				    "  108000000-10fffffff : System RAM (virtio_mem)\n";
	g_autoptr(FakeTree) tree = fake_tree_new();
	struct memblk m;

	fake_tree_put_blocks(tree, 33);
	fake_tree_put(tree, "proc/iomem", before);
	g_assert_cmpint(memblk_open(&m, tree->fd), ==, 0);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	g_assert_cmpuint(m.block_count, ==, 0);
	fake_tree_put(tree, "proc/iomem", after);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	g_assert_cmpuint(m.block_count, ==, 2);
	g_assert_cmpuint(m.block[0].number, ==, 32);
	g_assert_cmpuint(m.block[1].number, ==, 33);
	memblk_close(&m);
}

static void test_partly(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	g_autofree struct targets *t = g_new0(struct targets, 1);
	struct memblk_sums sums;
	struct memblk m;

	fake_tree_put_blocks(tree, 34);
	/* 32 is plugged in whole, 33 but for two pieces, 34 not at all. */
	fake_tree_put_flags(tree, block_start(33) + 1024, block_start(33) + 2048, FAKE_KPF_OFFLINE);
	fake_tree_put_flags(tree, block_start(34) - 512, block_start(34), FAKE_KPF_OFFLINE);
	fake_tree_put_flags(tree, block_start(34), block_start(35), FAKE_KPF_OFFLINE);
	g_assert_cmpint(memblk_open(&m, tree->fd), ==, 0);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);

	memblk_sum(&m, &sums);
	g_assert_cmpuint(sums.blocks, ==, 3);
	g_assert_cmpuint(sums.online, ==, 3);
	g_assert_cmpuint(sums.partly, ==, 1);
	g_assert_cmpuint(sums.offline_pages, ==, 1024 + 512 + FAKE_BLOCK_PAGES);
	g_assert_cmpuint(sums.plugged_bytes, ==, (2 * FAKE_BLOCK_PAGES - 1024 - 512) * 4096ull);

	memblk_targets(&m, t, nobody, NULL);
	g_assert_cmpuint(t->block_count, ==, 3);
	g_assert_cmpuint(t->block[0].flags, ==, TARGET_ONLINE | TARGET_MOVABLE);
	g_assert_cmpuint(t->block[1].flags, ==,
			 TARGET_ONLINE | TARGET_MOVABLE | TARGET_PARTLY | TARGET_AIMED);
	g_assert_cmpuint(t->block[2].flags, ==, TARGET_ONLINE | TARGET_MOVABLE);
	g_assert_cmpuint(t->range_count, ==, 2);
	g_assert_cmpuint(t->range[0].start_pfn, ==, block_start(33) + 1024);
	g_assert_cmpuint(t->range[0].end_pfn, ==, block_start(33) + 2048);
	g_assert_cmpuint(t->range[1].start_pfn, ==, block_start(34) - 512);
	g_assert_cmpuint(t->range[1].end_pfn, ==, block_start(34));

	memblk_targets(&m, t, this_one, GUINT_TO_POINTER(34));
	g_assert_cmpuint(t->block[1].flags & TARGET_AIMED, ==, 0);
	g_assert_cmpuint(t->block[2].flags & TARGET_AIMED, !=, 0);
	g_assert_cmpuint(t->range_count, ==, 1);
	g_assert_cmpuint(t->range[0].end_pfn - t->range[0].start_pfn, ==, FAKE_BLOCK_PAGES);
	memblk_close(&m);
}

static void test_escaped_page(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	g_autofree struct targets *t = g_new0(struct targets, 1);
	struct memblk m;

	fake_tree_put_blocks(tree, 32);
	fake_tree_put_flags(tree, block_start(32) + 1024, block_start(33), FAKE_KPF_OFFLINE);
	fake_tree_put_flags(tree, block_start(32) + 1024, block_start(32) + 1025, 0);
	fake_tree_put_flags(tree, block_start(32) + 7777, block_start(32) + 7780, 0);
	g_assert_cmpint(memblk_open(&m, tree->fd), ==, 0);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	memblk_targets(&m, t, nobody, NULL);
	g_assert_cmpuint(t->range_count, ==, 1);
	g_assert_cmpuint(t->range[0].start_pfn, ==, block_start(32) + 1024);
	g_assert_cmpuint(t->range[0].end_pfn, ==, block_start(33));
	memblk_close(&m);
}

/* An offline block shows no pages: what was seen while it was online stays. */
static void test_offline_keeps(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	struct memblk_sums sums;
	struct memblk m;

	fake_tree_put_blocks(tree, 32);
	fake_tree_put_flags(tree, block_start(32) + 512, block_start(33), FAKE_KPF_OFFLINE);
	g_assert_cmpint(memblk_open(&m, tree->fd), ==, 0);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	fake_tree_put(tree, "sys/devices/system/memory/memory32/state", "offline\n");
	fake_tree_put_flags(tree, block_start(32), block_start(33), FAKE_KPF_NOPAGE);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	memblk_sum(&m, &sums);
	g_assert_cmpuint(sums.online, ==, 0);
	g_assert_cmpuint(sums.partly, ==, 1);
	g_assert_cmpuint(sums.offline_pages, ==, FAKE_BLOCK_PAGES - 512);

	/* Half of it shows again, and more of that is plugged. */
	fake_tree_put(tree, "sys/devices/system/memory/memory32/state", "online\n");
	fake_tree_put_flags(tree, block_start(32), block_start(32) + 1024, 0);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	memblk_sum(&m, &sums);
	g_assert_cmpuint(sums.offline_pages, ==, FAKE_BLOCK_PAGES - 1024);
	memblk_close(&m);
}

static void test_resize(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	struct memblk_sums sums;
	struct memblk m;

	fake_tree_put_blocks(tree, 33);
	fake_tree_put_flags(tree, block_start(33) + 512, block_start(34), FAKE_KPF_OFFLINE);
	g_assert_cmpint(memblk_open(&m, tree->fd), ==, 0);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	fake_tree_remove(tree, "sys/devices/system/memory/memory32");
	fake_tree_put(tree, "sys/devices/system/memory/memory40/state", "online\n");
	fake_tree_put(tree, "proc/iomem", "108000000-147ffffff : System RAM (virtio_mem)\n");
	fake_tree_put_flags(tree, block_start(40) + 100, block_start(41), FAKE_KPF_OFFLINE);
	/* No time at all: but a block that was never seen is read. */
	g_assert_cmpint(memblk_refresh(&m, 0, NULL, NULL), ==, 0);
	memblk_sum(&m, &sums);
	g_assert_cmpuint(sums.blocks, ==, 2);
	g_assert_cmpuint(sums.partly, ==, 2);
	g_assert_cmpuint(sums.offline_pages, ==, 2 * FAKE_BLOCK_PAGES - 512 - 100);
	g_assert_cmpuint(memblk_target(&m, 0).number, ==, 33);
	g_assert_cmpuint(memblk_target(&m, 1).number, ==, 40);
	g_assert_cmpuint(memblk_target(&m, 1).flags & TARGET_MOVABLE, ==, 0);

	/* Without time only the urgent block is read again. */
	fake_tree_put_flags(tree, block_start(33), block_start(34), 0);
	fake_tree_put_flags(tree, block_start(40), block_start(41), 0);
	g_assert_cmpint(memblk_refresh(&m, 0, this_one, GUINT_TO_POINTER(40)), ==, 0);
	memblk_sum(&m, &sums);
	g_assert_cmpuint(sums.offline_pages, ==, FAKE_BLOCK_PAGES - 512);
	memblk_close(&m);
}

/* Where blocks may go away no page is looked at; what is aimed at is what may be fake-offline. */
static void test_blind(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	g_autofree struct targets *t = g_new0(struct targets, 1);
	struct memblk_sums sums;
	struct memblk m;

	fake_tree_put_blocks(tree, 32);
	fake_tree_put_flags(tree, block_start(32) + 1024, block_start(33), FAKE_KPF_OFFLINE);
	g_assert_cmpint(memblk_open(&m, tree->fd), ==, 0);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	memblk_blind(&m);
	fake_tree_put_flags(tree, block_start(32), block_start(33), 0);
	fake_tree_put(tree, "sys/devices/system/memory/memory33/state", "offline\n");
	fake_tree_put(tree, "sys/devices/system/memory/memory34/state", "online\n");
	fake_tree_put(tree, "proc/iomem", "100000000-117ffffff : System RAM (virtio_mem)\n");
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	memblk_sum(&m, &sums);
	g_assert_true(sums.stale);
	g_assert_cmpuint(sums.blocks, ==, 3);
	g_assert_cmpuint(sums.online, ==, 2);
	g_assert_cmpuint(sums.offline_pages, ==, FAKE_BLOCK_PAGES - 1024);
	memblk_targets(&m, t, nobody, NULL);
	g_assert_cmpuint(t->block_count, ==, 3);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpuint(t->block[i].flags & (TARGET_PARTLY | TARGET_AIMED), ==,
				 TARGET_PARTLY | TARGET_AIMED);
	g_assert_cmpuint(t->range_count, ==, 1);
	g_assert_cmpuint(t->range[0].start_pfn, ==, block_start(32) + 1024);
	g_assert_cmpuint(t->range[0].end_pfn, ==, block_start(35));
	memblk_close(&m);
}

static void test_no_device(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	struct memblk_sums sums;
	struct memblk m;

	fake_tree_put_blocks(tree, 32);
	fake_tree_put(tree, "proc/iomem", "00001000-fffffffff : System RAM\n");
	g_assert_cmpint(memblk_open(&m, tree->fd), ==, 0);
	g_assert_cmpint(memblk_refresh(&m, FOREVER_NS, NULL, NULL), ==, 0);
	memblk_sum(&m, &sums);
	g_assert_cmpuint(sums.blocks, ==, 0);
	memblk_close(&m);
}

static void test_targets(void)
{
	g_autofree struct targets_box *box = g_new0(struct targets_box, 1);
	g_autofree struct targets *in = g_new0(struct targets, 1);
	g_autofree struct targets *out = g_new0(struct targets, 1);

	g_assert_false(targets_read(box, out));
	in->block_pages = 7;
	in->block_count = 2;
	in->block[1] = (struct target_block){.number = 33, .flags = TARGET_PARTLY};
	in->range_count = 1;
	in->range[0] = (struct target_range){5, 9};
	targets_publish(box, in);
	g_assert_true(targets_read(box, out));
	g_assert_cmpuint(out->generation, ==, 1);
	g_assert_cmpuint(out->block_pages, ==, 7);
	g_assert_cmpuint(out->block[1].number, ==, 33);
	g_assert_cmpuint(out->range[0].end_pfn, ==, 9);
	g_assert_false(targets_read(box, out));

	in->block[1].flags |= TARGET_ONLINE; /* no news */
	targets_publish(box, in);
	g_assert_false(targets_read(box, out));
	in->range[0].end_pfn = 10;
	targets_publish(box, in);
	g_assert_true(targets_read(box, out));
	g_assert_cmpuint(out->range[0].end_pfn, ==, 10);
	g_assert_cmpuint(out->generation, ==, 2);
}

/* A reader beside a busy writer sees whole pictures or none. */
static gpointer publish_many(gpointer user)
{
	g_autofree struct targets *in = g_new0(struct targets, 1);

	for (guint i = 1; i <= 3000; i++) {
		in->block_count = in->range_count = i % 200;
		for (guint k = 0; k < in->block_count; k++) {
			in->block[k].number = i;
			in->range[k] = (struct target_range){i, i};
		}
		targets_publish(user, in);
	}
	return NULL;
}

static void test_targets_torn(void)
{
	g_autofree struct targets_box *box = g_new0(struct targets_box, 1);
	g_autofree struct targets *out = g_new0(struct targets, 1);
	GThread *thread = g_thread_new("writer", publish_many, box);

	while (out->generation != 3000) {
		if (!targets_read(box, out))
			continue;
		g_assert_cmpuint(out->block_count, ==, out->generation % 200);
		for (guint k = 0; k < out->block_count; k++) {
			g_assert_cmpuint(out->block[k].number, ==, out->generation);
			g_assert_cmpuint(out->range[k].end_pfn, ==, out->generation);
		}
	}
	g_thread_join(thread);
}

static void test_select(void)
{
	static const char *const bad[] = {"",	  "none",	 "32,",	  ",32",  "34-32",     "3-",
					  "-3",	  "a",		 "32 33", "32,x", "partly,32", "+1",
					  "0x20", "99999999999", "1--2",  "1-2-3"};
	static const char *const good[] = {"partly", "movable",	 "all",
					   "0",	     "32,34-36", "4294967295"};
	struct target_block block = {.number = 34};
	struct block_select select;

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(block_select_valid(bad[i]));
	for (guint i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(block_select_valid(good[i]));

	block_select_parse("32,34-36", &select);
	g_assert_true(block_select_match(&select, &block));
	block.number = 33;
	g_assert_false(block_select_match(&select, &block));
	block_select_parse("partly", &select);
	g_assert_false(block_select_match(&select, &block));
	block.flags = TARGET_PARTLY;
	g_assert_true(block_select_match(&select, &block));
	block_select_parse("movable", &select);
	g_assert_false(block_select_match(&select, &block));
	block_select_parse("all", &select);
	g_assert_true(block_select_match(&select, &block));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/memblk/no-hotplug", test_no_hotplug);
	g_test_add_func("/memblk/partly", test_partly);
	g_test_add_func("/memblk/dimm", test_dimm);
	g_test_add_func("/memblk/escaped-page", test_escaped_page);
	g_test_add_func("/memblk/offline-keeps", test_offline_keeps);
	g_test_add_func("/memblk/resize", test_resize);
	g_test_add_func("/memblk/blind", test_blind);
	g_test_add_func("/memblk/no-device", test_no_device);
	g_test_add_func("/targets/read", test_targets);
	g_test_add_func("/targets/torn", test_targets_torn);
	g_test_add_func("/block-select", test_select);
	return g_test_run();
}
