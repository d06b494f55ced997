/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The census: what it takes for damage, and what only looks like it for a moment. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/observers/census-pages.h"
#include "guest-agent/observers/census-zones.h"
#include "op-fixture.h"

#define FIRST	 (FAKE_FIRST_BLOCK * FAKE_BLOCK_PAGES)
#define PAGE	 4096u
#define CHUNK	 512u
#define BUDDY	 (1ull << 10)
#define HWPOISON (1ull << 19)
#define MS	 1000000ull

typedef struct {
	FakeTree *tree;
	struct census_pages *pages;
	int fd;
} Pages;

static void set_up(Pages *t, gconstpointer data)
{
	t->tree = fake_tree_new();
	fake_tree_put_blocks(t->tree, FAKE_FIRST_BLOCK);
	/* The first 4 MiB are plugged. */
	fake_tree_put_flags(t->tree, FIRST, FIRST + FAKE_BLOCK_PAGES, FAKE_KPF_OFFLINE);
	fake_tree_put_flags(t->tree, FIRST, FIRST + 2 * CHUNK, BUDDY);
	t->fd = openat(t->tree->fd, "proc/kpageflags", O_RDONLY | O_CLOEXEC);
	t->pages = g_new0(struct census_pages, 1);
	census_pages_init(t->pages, t->fd, PAGE);
}

static void tear_down(Pages *t, gconstpointer data)
{
	close(t->fd);
	g_free(t->pages);
	fake_tree_free(t->tree);
}

/* A look at @ms. Returns how many chunks are suspect. */
static guint look(Pages *t, guint64 ms, gint64 offline)
{
	census_pages_begin(t->pages);
	g_assert_cmpint(census_pages_look(t->pages, FIRST, FAKE_BLOCK_PAGES, ms * MS), ==, offline);
	return census_pages_end(t->pages);
}

static void test_escaped(Pages *t, gconstpointer data)
{
	const gint64 all = FAKE_BLOCK_PAGES - 2 * CHUNK;
	const guint64 pfn = FIRST + 5 * CHUNK + 7;
	const struct census_suspect *s;
	char words[900];

	g_assert_cmpuint(look(t, 1000, all), ==, 0);
	fake_tree_put_flags(t->tree, pfn, pfn + 2, BUDDY);
	g_assert_cmpuint(look(t, 1500, all - 2), ==, 1);
	g_assert_cmpuint(look(t, 2000, all - 2), ==, 1);
	g_assert_null(census_pages_proven(t->pages, 2000 * MS));
	/* The second one is taken into use; the first is enough. */
	fake_tree_put_flags(t->tree, pfn + 1, pfn + 2, FAKE_KPF_OFFLINE);
	g_assert_cmpuint(look(t, 2500, all - 1), ==, 1);
	s = census_pages_proven(t->pages, 2500 * MS);
	g_assert_nonnull(s);
	g_assert_cmpint(s->kind, ==, CENSUS_ESCAPED);
	g_assert_cmpuint(s->pfn_count, ==, 1);
	g_assert_cmpuint(s->pfn[0], ==, pfn);
	census_pages_words(t->pages, s, FAKE_BLOCK_PAGES, 2500 * MS, words, sizeof(words));
	g_assert_cmpstr(words, ==,
			"page escaped: pfn:0x100a07 of memory32, 1 of the 512 pages from 0x100a00, "
			"before 0x800000(offline), now 0x400(buddy), in 3 looks over 1000 ms, all "
			"fake-offline 500 ms before that");
	/* Once is enough. */
	g_assert_cmpuint(look(t, 3000, all - 1), ==, 0);
	g_assert_null(census_pages_proven(t->pages, 3000 * MS));
}

/* What the driver has half done is not there at the next look, or has gone on. */
static void test_transient(Pages *t, gconstpointer data)
{
	const gint64 all = FAKE_BLOCK_PAGES - 2 * CHUNK;

	for (guint i = 0; i < 20; i++) {
		guint64 pfn = FIRST + (4 + i) * CHUNK;

		fake_tree_put_flags(t->tree, pfn, pfn + 100, 0);
		g_assert_cmpuint(look(t, 1000 + 500 * i, all - 100), ==, 1);
		g_assert_null(census_pages_proven(t->pages, (1000 + 500 * i) * MS));
		fake_tree_put_flags(t->tree, pfn, pfn + 100, FAKE_KPF_OFFLINE);
	}
	g_assert_cmpuint(look(t, 20000, all), ==, 0);
	g_assert_cmpuint(t->pages->suspect_count, ==, 0);
}

static void test_marked(Pages *t, gconstpointer data)
{
	const gint64 all = FAKE_BLOCK_PAGES - 2 * CHUNK;
	const guint64 pfn = FIRST + 9 * CHUNK;
	gboolean found[CENSUS_KINDS] = {FALSE};
	const struct census_suspect *s;

	fake_tree_put_flags(t->tree, pfn, pfn + 1, FAKE_KPF_OFFLINE | BUDDY);
	fake_tree_put_flags(t->tree, pfn + 1, pfn + 2, FAKE_KPF_OFFLINE | HWPOISON);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpuint(look(t, 1000 + 500 * i, all), ==, 2);
	while ((s = census_pages_proven(t->pages, 2000 * MS)))
		found[s->kind] = TRUE;
	g_assert_true(found[CENSUS_FREE] && found[CENSUS_POISONED] && !found[CENSUS_ESCAPED]);
}

/* A balloon's pages are marked alike, one by one. */
static void test_balloon(Pages *t, gconstpointer data)
{
	t->pages->balloon = true;
	fake_tree_put_flags(t->tree, FIRST + 10, FIRST + 12, FAKE_KPF_OFFLINE);
	g_assert_cmpuint(look(t, 1000, FAKE_BLOCK_PAGES - 2 * CHUNK + 2), ==, 0);
}

static void test_offline(Pages *t, gconstpointer data)
{
	fake_tree_put_flags(t->tree, FIRST + 20000, FIRST + FAKE_BLOCK_PAGES, FAKE_KPF_NOPAGE);
	g_assert_cmpuint(look(t, 1000, -EAGAIN), ==, 0);
	fake_tree_put_flags(t->tree, FIRST, FIRST + FAKE_BLOCK_PAGES, FAKE_KPF_NOPAGE);
	g_assert_cmpuint(look(t, 1500, -ENODEV), ==, 0);
	/* Past the end of all memory. */
	census_pages_begin(t->pages);
	g_assert_cmpint(census_pages_look(t->pages, FIRST + FAKE_BLOCK_PAGES, FAKE_BLOCK_PAGES, 0),
			==, -EAGAIN);
}

static void test_many(Pages *t, gconstpointer data)
{
	/* More of it than there is room for: what fits is told. */
	for (guint64 pfn = FIRST; pfn < FIRST + FAKE_BLOCK_PAGES; pfn += 8)
		fake_tree_put_flags(t->tree, pfn, pfn + 1,
				    pfn % 16 ? BUDDY : FAKE_KPF_OFFLINE | BUDDY);
	for (guint i = 0; i < 3; i++) {
		census_pages_begin(t->pages);
		census_pages_look(t->pages, FIRST, FAKE_BLOCK_PAGES, (1000 + 500 * i) * MS);
		g_assert_cmpuint(census_pages_end(t->pages), ==, CENSUS_SUSPECTS);
	}
	for (guint i = 0; i < CENSUS_SUSPECTS; i++) {
		const struct census_suspect *s = census_pages_proven(t->pages, 2000 * MS);
		char words[64];

		g_assert_nonnull(s);
		g_assert_cmpuint(s->pfn_count, <=, CENSUS_PFNS);
		g_assert_cmpuint(census_pages_words(t->pages, s, FAKE_BLOCK_PAGES, 2000 * MS, words,
						    sizeof(words)),
				 ==, sizeof(words) - 1);
	}
	g_assert_null(census_pages_proven(t->pages, 2000 * MS));
}

static const char zoneinfo[] = "Node 0, zone      DMA\n"
			       "  pages free     2812\n"
			       "        present  3998\n"
			       "        managed  3840\n"
			       "Node 0, zone  Movable\n"
			       "        spanned  32768\n"
			       "        present  32768\n"
			       "        managed  %u\n"
			       "      nr_free_pages 1\n";

static void put_zoneinfo(FakeTree *tree, guint managed)
{
	g_autofree char *text = g_strdup_printf(zoneinfo, managed);

	fake_tree_put(tree, "proc/zoneinfo", text);
}

static void test_zones(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	g_autofree struct census_zones *z = g_new0(struct census_zones, 1);
	struct census_sums sums, fewer;

	put_zoneinfo(tree, 1024);
	z->fd = openat(tree->fd, "proc/zoneinfo", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(census_zones_read(z, &sums), ==, 0);
	g_assert_cmpuint(sums.present, ==, 3998 + 32768);
	g_assert_cmpuint(sums.managed, ==, 3840 + 1024);
	fewer = sums;
	fewer.managed -= 5;
	/* Without anything to compare with nothing is said. */
	g_assert_cmpint(census_zones_end(z, &fewer, 31744, 1000 * MS), ==, 0);
	g_assert_false(census_zones_begin(z, &sums, 31744));
	g_assert_false(census_zones_begin(z, &sums, 31743));
	g_assert_false(census_zones_begin(z, &sums, 31744));
	g_assert_true(census_zones_begin(z, &sums, 31744));
	g_assert_cmpint(census_zones_end(z, &sums, 31744, 1000 * MS), ==, 0);
	/* While a block goes offline more is managed. */
	sums.managed += 31744;
	g_assert_cmpint(census_zones_end(z, &sums, 31744, 1000 * MS), ==, 0);
	g_assert_cmpint(census_zones_end(z, &fewer, 31744, 1000 * MS), ==, -EAGAIN);
	g_assert_cmpint(census_zones_end(z, &fewer, 31744, 1500 * MS), ==, -EAGAIN);
	g_assert_cmpint(census_zones_end(z, &fewer, 31744, 1900 * MS), ==, -EAGAIN);
	g_assert_cmpint(census_zones_end(z, &fewer, 31744, 2000 * MS), ==, 5);
	close(z->fd);
}

static void put_machine(OpFixture *f)
{
	fake_tree_put_blocks(f->tree, FAKE_FIRST_BLOCK);
	fake_tree_put_flags(f->tree, FIRST, FIRST + FAKE_BLOCK_PAGES, FAKE_KPF_OFFLINE);
	fake_tree_put_flags(f->tree, FIRST, FIRST + 2 * CHUNK, 0);
	put_zoneinfo(f->tree, 1024);
	fake_tree_put(f->tree, "proc/vmstat", "nr_free_pages 1\n");
	fake_tree_put(f->tree, "proc/sys/kernel/tainted", "0\n");
	fake_tree_put(f->tree, "dev/kmsg", "");
	op_fixture_publish(f, FIRST + FAKE_BLOCK_PAGES);
}

static void start(OpFixture *f)
{
	op_fixture_add(f, "op inst=0 name=census every-ms=50");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 0);
	g_assert_cmpuint(op_run_setup(f->run, OP_OBSERVER), ==, 1);
	op_run_start(f->run);
}

/* All of it, planted: the words in the kernel's log are what the host reads. */
static void test_op(OpFixture *f, gconstpointer data)
{
	g_autofree char *log = NULL;

	put_machine(f);
	start(f);
	op_fixture_wait_for(f, "0", "looks", 3);
	fake_tree_put_flags(f->tree, FIRST + 3 * CHUNK, FIRST + 3 * CHUNK + 1, BUDDY);
	op_fixture_wait_for(f, "0", "escaped_chunks", 1);
	/* Found by the last look alone. */
	put_zoneinfo(f->tree, 1020);
	fake_tree_put(f->tree, "proc/sys/kernel/tainted", "512\n");
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	log = fake_tree_get(f->tree, "dev/kmsg");
	g_test_message("%s", log);
	g_assert_nonnull(strstr(log, "<3>pfnhunt: silent: page escaped: pfn:0x100600 of memory32"));
	g_assert_nonnull(strstr(log, "silent: taint changed: from 0x0 to 0x200"));
	/* Beside the one that escaped. */
	g_assert_nonnull(strstr(log, "silent: managed pages lost: 4 pages"));
	op_fixture_assert_value(f, "event", "0", "name", "census");
	op_fixture_assert_value(f, "event", "0", "plugged_pages", "1024");
	op_fixture_assert_value(f, "event", "0", "unread_blocks", "0");
}

static void test_op_clean(OpFixture *f, gconstpointer data)
{
	g_autofree char *log = NULL;

	put_machine(f);
	start(f);
	op_fixture_wait_for(f, "0", "looks", 5);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	log = fake_tree_get(f->tree, "dev/kmsg");
	g_assert_cmpstr(log, ==, "");
	op_fixture_assert_value(f, "event", "0", "plugged_pages", "1024");
}

static void add(const char *path, void (*body)(Pages *, gconstpointer))
{
	g_test_add(path, Pages, NULL, set_up, body, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/census/escaped", test_escaped);
	add("/census/transient", test_transient);
	add("/census/marked", test_marked);
	add("/census/balloon", test_balloon);
	add("/census/offline", test_offline);
	add("/census/many", test_many);
	g_test_add_func("/census/zones", test_zones);
	op_fixture_add_test("/census/op", test_op);
	op_fixture_add_test("/census/op-clean", test_op_clean);
	return g_test_run();
}
