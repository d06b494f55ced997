/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exposure without a kernel: the arithmetic, symbol names, and the layers that need no BPF. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "guest-agent/probe/kallsyms.h"
#include "guest-agent/probe/probe.h"
#include "op-fixture.h"

#define OFFLINE_PAGE	      150u
#define TRACK_IS_OFFLINE(pfn) ((pfn) == OFFLINE_PAGE)
#include "guest-agent/probe/track-ops.h"

#define DAMON  PROBE_VISIT_damon_get_folio
#define KERNEL "sys/kernel/tracing/"
#define EVENTS KERNEL "events/pfnhunt/"

enum { HAMMER = 1, WALKER = 2 };

/* Blocks of 128 pages: [0, 128), [128, 256), ... */
static struct track *track_of(void)
{
	struct track *t = g_new0(struct track, 1);

	t->block_pages_shift = 7;
	return t;
}

static void test_inside(void)
{
	g_autofree struct track *t = track_of();

	track_open(t, PROBE_OFFLINE, 128, 256, HAMMER, 1000);
	track_visit(t, DAMON, 127, 128, WALKER, 1001);
	track_visit(t, DAMON, 256, 257, WALKER, 1002);
	track_visit(t, DAMON, 128, 129, HAMMER, 1003); /* its own window */
	g_assert_cmpuint(t->stat[DAMON].visits, ==, 3);
	g_assert_cmpuint(t->stat[DAMON].inside[PROBE_OFFLINE], ==, 0);
	track_visit(t, DAMON, 128, 129, WALKER, 1004);
	track_visit(t, DAMON, 255, 300, WALKER, 1005);
	g_assert_cmpuint(t->stat[DAMON].inside[PROBE_OFFLINE], ==, 2);
	g_assert_cmpuint(t->stat[DAMON].offline[PROBE_OFFLINE], ==, 0);
	track_open(t, PROBE_DEC, 128, 256, HAMMER, 1006);
	track_visit(t, DAMON, OFFLINE_PAGE, OFFLINE_PAGE + 1, WALKER, 1007);
	g_assert_cmpuint(t->stat[DAMON].inside[PROBE_OFFLINE], ==, 3);
	g_assert_cmpuint(t->stat[DAMON].inside[PROBE_DEC], ==, 1);
	g_assert_cmpuint(t->stat[DAMON].offline[PROBE_OFFLINE], ==, 1);
	g_assert_cmpuint(t->stat[DAMON].offline[PROBE_DEC], ==, 1);
	track_close_of(t, PROBE_DEC, HAMMER, 1008);
	track_close_at(t, PROBE_OFFLINE, 128, 1010);
	track_visit(t, DAMON, 128, 129, WALKER, 1020);
	g_assert_cmpuint(t->stat[DAMON].inside[PROBE_OFFLINE], ==, 3);
	g_assert_cmpuint(t->stat[DAMON].visits, ==, 7);
	g_assert_cmpuint(t->window[PROBE_OFFLINE].opened, ==, 1);
	g_assert_cmpuint(t->window[PROBE_OFFLINE].open_ns, ==, 10);
	g_assert_cmpuint(t->window[PROBE_DEC].longest_ns, ==, 2);
	g_assert_cmpuint(t->open_mask, ==, 0);
}

static void test_nearest(void)
{
	g_autofree struct track *t = track_of();
	track_u64 *nearest = t->nearest_ns[DAMON];

	track_visit(t, DAMON, 130, 131, WALKER, 1000);
	track_open(t, PROBE_OFFLINE, 256, 384, HAMMER, 1100); /* another block */
	track_close_of(t, PROBE_OFFLINE, HAMMER, 1200);
	g_assert_cmpuint(nearest[PROBE_OFFLINE], ==, 0);
	track_open(t, PROBE_OFFLINE, 128, 256, HAMMER, 1500); /* opens 500 after the visit */
	g_assert_cmpuint(nearest[PROBE_OFFLINE], ==, 500);
	track_close_of(t, PROBE_OFFLINE, HAMMER, 2000);
	track_visit(t, DAMON, 130, 131, WALKER, 2070); /* 70 after it closed */
	g_assert_cmpuint(nearest[PROBE_OFFLINE], ==, 70);
	track_visit(t, DAMON, 130, 131, WALKER, 2100);
	g_assert_cmpuint(nearest[PROBE_OFFLINE], ==, 70);
	track_open(t, PROBE_OFFLINE, 128, 256, HAMMER, 2400);
	track_close_of(t, PROBE_OFFLINE, HAMMER, 2500);
	track_visit(t, DAMON, 130, 131, HAMMER, 2501); /* who opened it is no walker */
	g_assert_cmpuint(nearest[PROBE_OFFLINE], ==, 70);
	track_open(t, PROBE_OFFLINE, 128, 256, HAMMER, 2900);
	track_close_of(t, PROBE_OFFLINE, HAMMER, 3000);
	track_visit(t, DAMON, 130, 131, WALKER, 2999); /* the other CPU's clock */
	g_assert_cmpuint(nearest[PROBE_OFFLINE], ==, 70);
	g_assert_cmpuint(nearest[PROBE_DEC], ==, 0);
}

static void test_quiet(void)
{
	g_autofree struct track *t = track_of();

	g_assert_true(track_visit_quiet(t, DAMON, 130));
	g_assert_cmpuint(t->stat[DAMON].visits, ==, 1);
	track_open(t, PROBE_OFFLINE, 128, 256, HAMMER, 100);
	g_assert_false(track_visit_quiet(t, DAMON, 1000)); /* a window is open */
	track_close_of(t, PROBE_OFFLINE, HAMMER, 200);
	g_assert_false(track_visit_quiet(t, DAMON, 130)); /* the first one since */
	g_assert_true(track_visit_quiet(t, DAMON, 1000));
	track_visit(t, DAMON, 130, 131, WALKER, 230);
	g_assert_cmpuint(t->nearest_ns[DAMON][PROBE_OFFLINE], ==, 30);
	g_assert_true(track_visit_quiet(t, DAMON, 130));
	g_assert_cmpuint(t->stat[DAMON].visits, ==, 4);
}

/* Two at a time are followed; a third is counted as lost, an end that was missed made up for. */
static void test_slots(void)
{
	g_autofree struct track *t = track_of();
	const struct track_window *w = &t->window[PROBE_PLUG];

	track_open(t, PROBE_PLUG, 0, 10, 1, 100);
	track_open(t, PROBE_PLUG, 10, 20, 2, 110);
	g_assert_cmpuint(w->overlap, ==, 1);
	track_open(t, PROBE_PLUG, 20, 30, 3, 120);
	g_assert_cmpuint(w->lost, ==, 1);
	g_assert_cmpuint(w->overlap, ==, 2);
	track_visit(t, DAMON, 5, 25, WALKER + 10, 125);
	g_assert_cmpuint(t->stat[DAMON].inside[PROBE_PLUG], ==, 2);
	track_open(t, PROBE_PLUG, 30, 40, 1, 130); /* its window of 100 never closed */
	g_assert_cmpuint(w->opened, ==, 4);
	g_assert_cmpuint(w->lost, ==, 1);
	g_assert_cmpuint(w->open_ns, ==, 30);
	track_close_of(t, PROBE_PLUG, 1, 140);
	track_close_of(t, PROBE_PLUG, 2, 150);
	track_close_of(t, PROBE_PLUG, 3, 160); /* lost: nothing to close */
	g_assert_cmpuint(w->open_ns, ==, 30 + 10 + 40);
	g_assert_cmpuint(w->longest_ns, ==, 40);
	g_assert_cmpuint(t->open_mask, ==, 0);
}

static bool same_visit(const struct op_visit *a, const struct op_visit *b)
{
	return a->shared && b->shared && a->how == b->how && a->arg == b->arg &&
	       !strcmp(a->argname, b->argname);
}

/* A function is one walker's own, or says the same of its argument in each op. */
static void check_visit(const struct op *op, const struct op_visit *visit)
{
	const struct op *other;

	g_assert_cmpuint(strlen(visit->func), <, 48); /* events of tracefs are named after it */
	g_assert_nonnull(visit->argname);
	for (size_t i = 0; (other = op_get(i)); i++)
		for (const struct op_visit *v = other->visits; v && v->func; v++)
			if (v != visit && !strcmp(v->func, visit->func))
				g_assert_true(same_visit(v, visit));
}

/* Nothing that a walker does goes by without a word: it is counted and named, or says why not. */
static void test_walkers(void)
{
	const struct op *op;

	for (size_t i = 0; (op = op_get(i)); i++) {
		const struct op *walker = op_find(op_walker(op));
		guint shared = 0;

		g_test_message("%s", op->name);
		g_assert_nonnull(walker);
		g_assert_null(walker->same_as);
		for (const struct op_visit *v = op->visits; v && v->func; v++) {
			check_visit(op, v);
			shared += v->shared;
		}
		g_assert_cmpuint(shared, <=, 1); /* a thread has one row */
		if (op->kind != OP_WALKER)
			g_assert_true(!op->visits && !op->frames && !op->threads && !op->same_as);
		else if (op->same_as)
			g_assert_true(!op->visits && !op->frames && !op->unseen);
		else
			g_assert_true((op->visits && op->frames) == !op->unseen);
		g_assert_true(!op->unseen || !strchr(op->unseen, '\n'));
	}
}

/* The lists that the programs in the kernel are made of are those of the ops. */
static void test_lists(void)
{
	static const struct {
		const char *walker, *func;
	} made[] = {
#define X(id, walker, func, ...) {walker, #func},
		PROBE_OWN(X)
#undef X
#define X(id, walker, func) {walker, #func},
			PROBE_TASK(X)
#undef X
	};
	const struct op *op;
	guint rows = 0;

	for (size_t i = 0; (op = op_get(i)); i++)
		for (const struct op_visit *v = op->visits; v && v->func; v++, rows++) {
			guint found = 0;

			for (guint k = 0; k < G_N_ELEMENTS(made); k++)
				found += !strcmp(made[k].walker, op_walker(op)) &&
					 !strcmp(made[k].func, v->func);
			g_assert_cmpuint(found, ==, 1);
		}
	g_assert_cmpuint(rows, ==, PROBE_VISIT_COUNT);
}

static void test_kallsyms(OpFixture *f, gconstpointer data)
{
	char name[64] = "";

	g_assert_cmpint(kallsyms_find(f->tree->fd, "f", name, sizeof(name)), ==, -ENOENT);
	fake_tree_put(f->tree, "proc/kallsyms",
		      "ffffffff81000000 T memory_notify\n"
		      "ffffffff81000010 t memory_notify_more\n"
		      "ffffffff81000020 t do_migrate_range.cold\n"
		      "ffffffff81000030 t do_migrate_range.isra.0\n"
		      "ffffffff81000040 t split.part.0\n"
		      "ffffffff81000050 d vmemmap_base\n"
		      "ffffffff81000060 t free_one_page.constprop.0\n"
		      "ffffffffc0000060 t free_one_page\t[virtio_mem]\n");
	g_assert_cmpint(kallsyms_find(f->tree->fd, "memory_notify", name, sizeof(name)), ==, 0);
	g_assert_cmpstr(name, ==, "memory_notify");
	g_assert_cmpint(kallsyms_find(f->tree->fd, "do_migrate_range", name, sizeof(name)), ==, 0);
	g_assert_cmpstr(name, ==, "do_migrate_range.isra.0");
	g_assert_cmpint(kallsyms_find(f->tree->fd, "free_one_page", name, sizeof(name)), ==, 0);
	g_assert_cmpstr(name, ==, "free_one_page");
	g_assert_cmpint(kallsyms_find(f->tree->fd, "split", name, sizeof(name)), ==, -ENOENT);
	g_assert_cmpint(kallsyms_find(f->tree->fd, "memory", name, sizeof(name)), ==, -ENOENT);
	g_assert_cmpint(kallsyms_find(f->tree->fd, "vmemmap_base", name, sizeof(name)), ==,
			-ENOENT);
}

static struct probe *probe_of(OpFixture *f, const char *layer)
{
	struct probe_plan plan = {.seed = 1};

	g_strlcpy(plan.layer, layer, sizeof(plan.layer));
	return probe_new(&plan, f->tree->fd, f->run, &f->sink);
}

/* The last value of @key among the lines that begin with @start. */
static char *last(OpFixture *f, const char *start, const char *key)
{
	for (guint i = f->lines->len; i-- > 0;) {
		g_autofree char *line = g_strdup(f->lines->pdata[i]);
		g_autofree char *pattern = g_strdup_printf("%s *", start);
		struct wire_msg msg;

		if (!g_pattern_match_simple(pattern, line))
			continue;
		g_assert_cmpint(wire_parse(line, strlen(line), 'g', &msg), ==, 0);
		return g_strdup(wire_get(&msg, key));
	}
	return NULL;
}

static void assert_last(OpFixture *f, const char *start, const char *key, const char *value)
{
	g_autofree char *is = last(f, start, key);

	g_assert_cmpstr(is, ==, value);
}

static void test_off(OpFixture *f, gconstpointer data)
{
	struct probe *p = probe_of(f, "off");

	assert_last(f, "probe", "layer", "off");
	assert_last(f, "probe", "on", "0");
	probe_watch(p);
	probe_report(p);
	probe_end(p);
	g_assert_null(last(f, "window", "name"));
	probe_free(p);
	probe_watch(NULL);
	probe_report(NULL);
	probe_end(NULL);
}

static void test_unknown(OpFixture *f, gconstpointer data)
{
	struct probe *p = probe_of(f, "magic");

	assert_last(f, "probe", "layer", "off");
	assert_last(f, "probe", "reason", "no layer is called magic");
	probe_free(p);
}

/* Where nothing else works the ops themselves are asked; each offline is one window. */
static void test_user(OpFixture *f, gconstpointer data)
{
	g_autofree char *opened = NULL, *inside = NULL, *reason = NULL;
	struct probe *p;
	guint64 done;

	fake_tree_put_blocks(f->tree, 32);
	fake_tree_put(f->tree, "sys/kernel/debug/split_huge_pages", "");
	op_fixture_add(f, "op inst=0 name=block-state pace-us=100");
	op_fixture_add(f, "op inst=3 name=split-huge-pages");
	op_fixture_publish(f, 33 * FAKE_BLOCK_PAGES);
	op_run_setup(f->run, OP_HAMMER);
	op_run_setup(f->run, OP_WALKER);
	p = probe_of(f, "auto");
	assert_last(f, "probe", "layer", "user");
	assert_last(f, "probe", "on", "1");
	reason = last(f, "probe", "reason");
	g_assert_nonnull(strstr(reason, "kprobe: no /sys/kernel/tracing/kprobe_events"));
	op_run_start(f->run);
	op_fixture_wait_for(f, "0", "offlines", 50);
	op_fixture_wait_for(f, "3", "steps", 50);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	done = op_fixture_number(f, "0", "offlines");
	probe_end(p);
	opened = last(f, "window * name=offline", "opened");
	g_assert_cmpuint(g_ascii_strtoull(opened, NULL, 10), ==, done);
	assert_last(f, "visit * walker=split-huge-pages func=pass window=offline", "offline", NULL);
	inside = last(f, "visit * walker=split-huge-pages func=pass window=offline", "inside");
	g_assert_cmpuint(g_ascii_strtoull(inside, NULL, 10), >, 0);
	probe_free(p);
}

static void keep_tid(void *user, const char *op, pid_t tid)
{
	*(pid_t *)user = tid;
}

static void put_event(OpFixture *f, const char *event, const char *hist)
{
	g_autofree char *trigger = g_strdup_printf(EVENTS "%s/trigger", event);
	g_autofree char *path = g_strdup_printf(EVENTS "%s/hist", event);

	fake_tree_put(f->tree, trigger, "");
	fake_tree_put(f->tree, path, hist);
}

static void test_kprobe(OpFixture *f, gconstpointer data)
{
	static const char split[] =
		"visit * walker=split-huge-pages func=pfn_to_online_page window=offline";
	g_autofree char *made = NULL, *trigger = NULL, *reason = NULL;
	g_autofree char *hist = NULL, *all = NULL;
	struct probe *p;
	pid_t tid = 0;

	fake_tree_put_blocks(f->tree, 32);
	fake_tree_put(f->tree, "sys/kernel/debug/split_huge_pages", "");
	fake_tree_put(f->tree, KERNEL "kprobe_events", "");
	fake_tree_put(f->tree, KERNEL "kprobe_profile",
		      "  w_offline                     21    0\n"
		      "  rw_offline                    20    0\n"
		      "  v_pfn_to_online_page                900    0\n");
	put_event(f, "w_offline",
		  "# event histogram\n\n{ block:         32 } hitcount:         21\n");
	put_event(f, "rw_offline", "");
	op_fixture_add(f, "op inst=3 name=split-huge-pages pace-us=1000");
	op_run_setup(f->run, OP_WALKER);
	op_run_start(f->run);
	op_fixture_wait_for(f, "3", "steps", 1);
	put_event(f, "v_pfn_to_online_page", "");
	put_event(f, "all_v_pfn_to_online_page", "");
	p = probe_of(f, "kprobe");
	assert_last(f, "probe", "layer", "kprobe");
	reason = last(f, "probe", "reason");
	g_assert_nonnull(strstr(reason, "not followed: virtio_mem_fake_online"));
	made = fake_tree_get(f->tree, KERNEL "kprobe_events");
	g_assert_nonnull(strstr(made, "p:pfnhunt/w_offline offline_pages block=$arg1:b32@15/64"));
	g_assert_nonnull(strstr(
		made, "p:pfnhunt/v_pfn_to_online_page pfn_to_online_page block=$arg1:b32@15/64"));
	g_assert_null(strstr(made, "damon"));
	trigger = fake_tree_get(f->tree, EVENTS "w_offline/trigger");
	g_assert_cmpstr(trigger, ==, "hist:keys=blockenable_hist:pfnhunt:v_pfn_to_online_page");
	probe_watch(p); /* the thread is told */
	op_run_each_task(f->run, keep_tid, &tid);
	hist = g_strdup_printf("{ common_pid: %10d, block:         32 } hitcount:   5\n"
			       "{ common_pid: %10d, block:          0 } hitcount:  70\n"
			       "{ common_pid:          1, block:         32 } hitcount: 9\n",
			       tid, tid);
	all = g_strdup_printf("{ common_pid: %10d } hitcount:   800\n", tid);
	put_event(f, "v_pfn_to_online_page", hist);
	put_event(f, "all_v_pfn_to_online_page", all);
	probe_end(p);
	assert_last(f, "window * name=offline", "opened", "21");
	assert_last(f, "window * name=offline", "open_ns", NULL);
	assert_last(f, split, "visits", "800");
	assert_last(f, split, "inside", "5");
	op_run_stop(f->run, 2000);
	probe_free(p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/probe/inside", test_inside);
	g_test_add_func("/probe/nearest", test_nearest);
	g_test_add_func("/probe/quiet", test_quiet);
	g_test_add_func("/probe/slots", test_slots);
	g_test_add_func("/probe/walkers", test_walkers);
	g_test_add_func("/probe/lists", test_lists);
	op_fixture_add_test("/probe/kallsyms", test_kallsyms);
	op_fixture_add_test("/probe/off", test_off);
	op_fixture_add_test("/probe/unknown", test_unknown);
	op_fixture_add_test("/probe/user", test_user);
	op_fixture_add_test("/probe/kprobe", test_kprobe);
	return g_test_run();
}
