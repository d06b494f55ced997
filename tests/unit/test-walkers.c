/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walkers against a fake tree: what they write where, what they count, where they aim. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"
#include "op-fixture.h"

#define FIRST_PFN (FAKE_FIRST_BLOCK * FAKE_BLOCK_PAGES + 1024u) /* of the published target */
#define MEMORY	  "sys/devices/system/memory/"
#define HWPOISON  "sys/kernel/debug/hwpoison/"

/* Writes binary data somewhere into a file of the tree, which may be sparse. */
static void put_at(OpFixture *f, const char *file, guint64 at, const void *data, gsize len)
{
	g_autofree char *path = g_build_filename(f->tree->path, file, NULL);
	g_autofree char *dir = g_path_get_dirname(path);
	int fd;

	g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(pwrite(fd, data, len, (off_t)at), ==, len);
	close(fd);
}

/* The number that a file ended up with lies in the published range, which ends at @end. */
static void assert_aimed(OpFixture *f, const char *file, guint64 unit, guint64 end)
{
	g_autofree char *text = fake_tree_get(f->tree, file);
	guint64 value = g_ascii_strtoull(text, NULL, 10);

	g_assert_cmpuint(value % unit, ==, 0);
	g_assert_cmpuint(value / unit, >=, FIRST_PFN);
	g_assert_cmpuint(value / unit, <, end);
}

static void test_aim(OpFixture *f, gconstpointer data)
{
	g_autofree struct walk_aim *aim = g_new0(struct walk_aim, 1);
	struct op_env env = {.targets = op_run_targets(f->run), .random_state = 7};
	uint64_t pfn, pages;

	g_assert_false(walk_aim_update(aim, &env));
	g_assert_false(walk_aim_next(aim, &env, 8, &pfn, &pages));
	g_assert_false(walk_aim_random(aim, &env, &pfn));
	op_fixture_publish(f, FIRST_PFN + 10);
	g_assert_true(walk_aim_update(aim, &env));
	g_assert_false(walk_aim_update(aim, &env));
	g_assert_cmpuint(aim->pages, ==, 10);
	g_assert_true(walk_aim_next(aim, &env, 8, &pfn, &pages));
	g_assert_cmpuint(pfn, ==, FIRST_PFN);
	g_assert_cmpuint(pages, ==, 8);
	g_assert_true(walk_aim_next(aim, &env, 8, &pfn, &pages));
	g_assert_cmpuint(pfn, ==, FIRST_PFN + 8);
	g_assert_cmpuint(pages, ==, 2);
	g_assert_true(walk_aim_next(aim, &env, 8, &pfn, &pages));
	g_assert_cmpuint(pfn, ==, FIRST_PFN);
	for (guint i = 0; i < 100; i++) {
		g_assert_true(walk_aim_random(aim, &env, &pfn));
		g_assert_cmpuint(pfn, >=, FIRST_PFN);
		g_assert_cmpuint(pfn, <, FIRST_PFN + 10);
	}
	/* What is no news does not disturb: another size, and back. */
	aim->what = WALK_BLOCKS;
	op_fixture_publish(f, FIRST_PFN + 11);
	g_assert_true(walk_aim_update(aim, &env));
	g_assert_cmpuint(aim->pages, ==, FAKE_BLOCK_PAGES);
	op_fixture_publish(f, FIRST_PFN + 12);
	g_assert_false(walk_aim_update(aim, &env));
}

static void test_helpers(OpFixture *f, gconstpointer data)
{
	struct op_env env = {.root_fd = f->tree->fd};
	g_autofree char *text = NULL;
	int fd;

	fake_tree_put(f->tree, "number", "");
	fd = openat(f->tree->fd, "number", O_RDWR);
	g_assert_cmpint(walk_write_number(fd, G_MAXUINT64), ==, 0);
	text = fake_tree_get(f->tree, "number");
	g_assert_cmpstr(text, ==, "18446744073709551615");
	close(fd);
	g_assert_cmpint(walk_write_number(fd, 0), ==, EBADF);

	fake_tree_put(f->tree, "proc/vmstat", "nr_free 12\npswp 5\npswpin 77\npswpout 3\n");
	fd = openat(f->tree->fd, "proc/vmstat", O_RDONLY);
	g_assert_cmpuint(walk_vmstat(fd, "nr_free"), ==, 12);
	g_assert_cmpuint(walk_vmstat(fd, "pswpin"), ==, 77);
	g_assert_cmpuint(walk_vmstat(fd, "pswpout"), ==, 3);
	g_assert_cmpuint(walk_vmstat(fd, "pswpo"), ==, 0);
	close(fd);

	fake_tree_put(f->tree, "proc/1/comm", "init\n");
	fake_tree_put(f->tree, "proc/self/comm", "kdamond.9\n");
	g_assert_cmpint(walk_kthread(&env, "kdamond."), ==, -1);
	fake_tree_put(f->tree, "proc/77/comm", "kdamond.0\n");
	fake_tree_put(f->tree, "proc/77/schedstat", "123456 789 42\n");
	g_assert_cmpint(walk_kthread(&env, "kdamond."), ==, 77);
	g_assert_cmpint(walk_thread_runs(&env, 77), ==, 42);
	g_assert_cmpint(walk_thread_runs(&env, 78), <, 0);
	g_assert_cmpint(walk_thread_runs(&env, -1), <, 0);
}

/* Only the pages aimed at are read, all of them, again and again. */
static void check_kpage(OpFixture *f, const char *name)
{
	g_autofree char *file = g_strconcat("proc/", name, NULL);
	g_autofree char *line = g_strdup_printf("op inst=0 name=%s", name);
	guint64 one = 1, zero = 0;

	put_at(f, file, (FIRST_PFN - 1) * sizeof(one), &one, sizeof(one));
	put_at(f, file, (FIRST_PFN + 599) * sizeof(one), &one, sizeof(one));
	put_at(f, file, (FIRST_PFN + 600) * sizeof(one), &one, sizeof(one));
	put_at(f, file, (FIRST_PFN + 700) * sizeof(one), &zero, sizeof(zero));
	op_fixture_start_walker(f, line);
	op_fixture_publish(f, FIRST_PFN + 600);
	op_fixture_wait_for(f, "0", "reads", 20);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "pages"), >=, 20 / 2 * 600);
	g_assert_cmpuint(op_fixture_number(f, "0", "nonzero_pages"), ==,
			 op_fixture_number(f, "0", "steps") / 2);
	g_assert_cmpuint(op_fixture_number(f, "0", "failed"), ==, 0);
}

static void test_kpagecount(OpFixture *f, gconstpointer data)
{
	check_kpage(f, "kpagecount");
}

static void test_kpagecgroup(OpFixture *f, gconstpointer data)
{
	check_kpage(f, "kpagecgroup");
}

static void test_pagetypeinfo(OpFixture *f, gconstpointer data)
{
	g_autofree char *text = g_strnfill(10000, 'x');

	fake_tree_put(f->tree, "proc/pagetypeinfo", text);
	op_fixture_start_walker(f, "op inst=0 name=pagetypeinfo");
	op_fixture_wait_for(f, "0", "steps", 3);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "bytes"), ==,
			 10000 * op_fixture_number(f, "0", "steps"));
}

/* A segment that begins one page before the range, and ends ten pages after its start. */
static void test_kcore(OpFixture *f, gconstpointer data)
{
	const guint64 page = (guint64)sysconf(_SC_PAGESIZE);
	Elf64_Ehdr head = {.e_ident = ELFMAG, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
	Elf64_Phdr segment[2] = {
		{.p_type = PT_LOAD, .p_paddr = G_MAXUINT64, .p_memsz = 1ull << 40},
		{.p_type = PT_LOAD,
		 .p_offset = 0x10000,
		 .p_paddr = (FIRST_PFN - 1) * page,
		 .p_memsz = 11 * page},
	};

	head.e_phoff = sizeof(head);
	put_at(f, "proc/kcore", 0, &head, sizeof(head));
	put_at(f, "proc/kcore", sizeof(head), segment, sizeof(segment));
	put_at(f, "proc/kcore", 0x10000 + 20 * page, "", 1);
	op_fixture_start_walker(f, "op inst=0 name=kcore chunk-pages=8");
	op_fixture_publish(f, FIRST_PFN + 24);
	op_fixture_wait_for(f, "0", "reads", 10);
	op_fixture_wait_for(f, "0", "not_mapped", 3);
	op_fixture_stop(f);
	/* Chunks of 8 and 2 pages, and one that no segment has. */
	g_assert_cmpuint(op_fixture_number(f, "0", "pages"), >=, 5 * 10);
	g_assert_cmpuint(op_fixture_number(f, "0", "pages"), <=,
			 5 * op_fixture_number(f, "0", "reads") + 3);
	g_assert_cmpuint(op_fixture_number(f, "0", "failed"), ==, 0);
}

static void test_kcore_bad(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, "proc/kcore",
		      "no ELF file, but long enough to hold the header of one....");
	op_fixture_add(f, "op inst=0 name=kcore");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 0);
	op_fixture_assert_value(f, "opstate", "0", "state", "failed");
	op_fixture_assert_value(f, "opstate", "0", "reason",
				"/proc/kcore is not a 64-bit ELF file");
	op_fixture_stop(f);
}

static void test_page_idle(OpFixture *f, gconstpointer data)
{
	const char *file = "sys/kernel/mm/page_idle/bitmap";
	guint64 last = 0;
	g_autofree char *path = g_build_filename(f->tree->path, file, NULL);
	g_autofree char *text = NULL;
	gsize len;

	put_at(f, file, (FIRST_PFN + 128) / 8, &last, sizeof(last));
	op_fixture_start_walker(f, "op inst=0 name=page-idle aim=fake-offline");
	op_fixture_publish(f, FIRST_PFN + 128);
	op_fixture_wait_for(f, "0", "idle_pages", 128);
	op_fixture_stop(f);
	g_assert_true(g_file_get_contents(path, &text, &len, NULL));
	g_assert_cmpuint(len, ==, (FIRST_PFN + 128) / 8 + 8);
	for (gsize i = FIRST_PFN / 8 - 8; i < len; i++)
		g_assert_cmphex((guchar)text[i], ==,
				i >= FIRST_PFN / 8 && i < (FIRST_PFN + 128) / 8 ? 0xff : 0);
}

static void test_page_owner(OpFixture *f, gconstpointer data)
{
	put_at(f, "sys/kernel/debug/page_owner", FIRST_PFN + 50, "x", 1);
	op_fixture_start_walker(f, "op inst=0 name=page-owner");
	op_fixture_publish(f, FIRST_PFN + 100);
	op_fixture_wait_for(f, "0", "reads", 100);
	op_fixture_stop(f);
	/* About half of the pages have an owner behind them. */
	g_assert_cmpuint(op_fixture_number(f, "0", "owned_pages"), >, 0);
	g_assert_cmpuint(op_fixture_number(f, "0", "owned_pages"), <,
			 op_fixture_number(f, "0", "reads"));
}

static void test_kmemleak(OpFixture *f, gconstpointer data)
{
	g_autofree char *text = NULL;

	fake_tree_put(f->tree, "sys/kernel/debug/kmemleak", "");
	op_fixture_start_walker(f, "op inst=0 name=kmemleak");
	op_fixture_wait_for(f, "0", "ok", 3);
	op_fixture_stop(f);
	text = fake_tree_get(f->tree, "sys/kernel/debug/kmemleak");
	/* Over the command that setup asked with whether it takes any. */
	g_assert_cmpstr(text, ==, "scank=on");
}

static void test_offline_page(OpFixture *f, gconstpointer data)
{
	static const char *const files[] = {MEMORY "soft_offline_page", MEMORY "hard_offline_page"};

	for (guint i = 0; i < 2; i++)
		fake_tree_put(f->tree, files[i], "");
	op_fixture_add(f, "op inst=0 name=soft-offline");
	op_fixture_add(f, "op inst=1 name=hard-offline");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 2);
	g_assert_cmpuint(op_run_start(f->run), ==, 2);
	op_fixture_publish(f, FIRST_PFN + 100);
	op_fixture_wait_for(f, "0", "ok", 32);
	op_fixture_wait_for(f, "1", "ok", 32);
	op_fixture_stop(f);
	for (guint i = 0; i < 2; i++)
		assert_aimed(f, files[i], (guint64)sysconf(_SC_PAGESIZE), FIRST_PFN + 100);
}

static void test_hwpoison(OpFixture *f, gconstpointer data)
{
	fake_tree_put(f->tree, HWPOISON "corrupt-pfn", "");
	fake_tree_put(f->tree, HWPOISON "unpoison-pfn", "");
	op_fixture_start_walker(f, "op inst=0 name=hwpoison pages=5");
	op_fixture_publish(f, FIRST_PFN + 100);
	op_fixture_wait_for(f, "0", "ok", 5);
	g_usleep(30000);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "0", "steps"), ==, 5);
	g_assert_cmpuint(op_fixture_number(f, "0", "injected"), ==, 5);
	assert_aimed(f, HWPOISON "corrupt-pfn", 1, FIRST_PFN + 100);
	assert_aimed(f, HWPOISON "unpoison-pfn", 1, FIRST_PFN + 100);
}

/* Whatever a kernel lacks is skipped, with what would bring it. */
static void test_skipped(OpFixture *f, gconstpointer data)
{
	static const struct {
		const char *name, *reason;
	} cases[] = {
		{"page-idle",
		 "no /sys/kernel/mm/page_idle/bitmap; needs CONFIG_IDLE_PAGE_TRACKING"},
		{"page-owner",
		 "no /sys/kernel/debug/page_owner; needs CONFIG_PAGE_OWNER and page_owner=on"},
		{"kmemleak", "no /sys/kernel/debug/kmemleak; needs CONFIG_DEBUG_KMEMLEAK"},
		{"hwpoison", "no /sys/kernel/debug/hwpoison/unpoison-pfn; needs "
			     "CONFIG_HWPOISON_INJECT; comes with module hwpoison-inject"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = g_strdup_printf("op inst=%u name=%s", i, cases[i].name);

		op_fixture_add(f, line);
	}
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *inst = g_strdup_printf("%u", i);

		op_fixture_assert_value(f, "opstate", inst, "state", "skipped");
		op_fixture_assert_value(f, "opstate", inst, "reason", cases[i].reason);
	}
	op_fixture_stop(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	op_fixture_add_test("/walkers/aim", test_aim);
	op_fixture_add_test("/walkers/helpers", test_helpers);
	op_fixture_add_test("/walkers/kpagecount", test_kpagecount);
	op_fixture_add_test("/walkers/kpagecgroup", test_kpagecgroup);
	op_fixture_add_test("/walkers/pagetypeinfo", test_pagetypeinfo);
	op_fixture_add_test("/walkers/kcore", test_kcore);
	op_fixture_add_test("/walkers/kcore/bad", test_kcore_bad);
	op_fixture_add_test("/walkers/page-idle", test_page_idle);
	op_fixture_add_test("/walkers/page-owner", test_page_owner);
	op_fixture_add_test("/walkers/kmemleak", test_kmemleak);
	op_fixture_add_test("/walkers/offline-page", test_offline_page);
	op_fixture_add_test("/walkers/hwpoison", test_hwpoison);
	op_fixture_add_test("/walkers/skipped", test_skipped);
	return g_test_run();
}
