/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The core and the ops that can run against a fake tree: threads, counters, deadlines, the end. */
#include "guest-agent/op-run.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "fake-tree.h"

#define STATE32 "sys/devices/system/memory/memory32/state"
#define DAMON	"sys/kernel/mm/damon/admin/kdamonds/"

typedef struct {
	FakeTree *tree;
	GPtrArray *lines;
	GMutex lock;
	struct op_run *run;
	struct rec_head *rec;
} Fixture;

static void on_line(void *user, const char *line, size_t len, enum sink_worth worth)
{
	Fixture *f = user;

	g_assert_cmpint(line[len - 1], ==, '\n');
	g_mutex_lock(&f->lock);
	g_ptr_array_add(f->lines, g_strndup(line, len - 1));
	g_mutex_unlock(&f->lock);
}

static void fixture_set_up(Fixture *f, gconstpointer data)
{
	struct sink sink = {.line = on_line, .user = f};

	op_run_init_signals();
	f->tree = fake_tree_new();
	f->lines = g_ptr_array_new_with_free_func(g_free);
	f->rec = g_malloc0(REC_PAGES * REC_PAGE);
	f->run = op_run_new(f->tree->fd, 42, &sink, f->rec);
}

static void fixture_tear_down(Fixture *f, gconstpointer data)
{
	op_run_free(f->run);
	fake_tree_free(f->tree);
	g_ptr_array_unref(f->lines);
	g_free(f->rec);
}

static void add(Fixture *f, const char *text)
{
	g_autofree char *line = g_strdup(text);
	struct op_plan plan;
	struct wire_msg msg;
	char err[1024] = "";

	g_assert_cmpint(wire_parse(line, strlen(line), 'h', &msg), ==, 0);
	g_assert_cmpint(op_plan_parse(&plan, &msg, err, sizeof(err)), ==, 0);
	g_assert_cmpint(op_run_add(f->run, &plan), ==, 0);
}

/* The value of @key in the last line of this verb for this op, or NULL. */
static char *last_value(Fixture *f, const char *verb, const char *inst, const char *key)
{
	for (guint i = f->lines->len; i-- > 0;) {
		g_autofree char *line = g_strdup(f->lines->pdata[i]);
		struct wire_msg msg;

		g_assert_cmpint(wire_parse(line, strlen(line), 'g', &msg), ==, 0);
		if (g_str_equal(wire_verb_table[msg.verb].name, verb) &&
		    !g_strcmp0(wire_get(&msg, "inst"), inst))
			return g_strdup(wire_get(&msg, key));
	}
	return NULL;
}

static void assert_value(Fixture *f, const char *verb, const char *inst, const char *key,
			 const char *value)
{
	g_autofree char *is = last_value(f, verb, inst, key);

	g_assert_cmpstr(is, ==, value);
}

static guint64 number(Fixture *f, const char *inst, const char *key)
{
	g_autofree char *text = NULL;

	op_run_count(f->run);
	text = last_value(f, "count", inst, key);
	g_assert_nonnull(text);
	return g_ascii_strtoull(text, NULL, 10);
}

/* Looks on until a counter has reached @least; that must happen within seconds. */
static void wait_for(Fixture *f, const char *inst, const char *key, guint64 least)
{
	gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

	while (number(f, inst, key) < least) {
		g_assert_cmpint(g_get_monotonic_time(), <, end);
		op_run_watch(f->run);
		g_usleep(2000);
	}
}

/* Block 32, partly plugged, as the core would tell of it. */
static void publish(Fixture *f, guint64 end_pfn)
{
	g_autofree struct targets *t = g_new0(struct targets, 1);

	t->block_pages = FAKE_BLOCK_PAGES;
	t->block_count = 1;
	t->block[0] = (struct target_block){32, TARGET_PARTLY | TARGET_AIMED, 1};
	t->range_count = 1;
	t->range[0] = (struct target_range){32 * FAKE_BLOCK_PAGES + 1024, end_pfn};
	targets_publish(op_run_targets(f->run), t);
}

static void test_null(Fixture *f, gconstpointer data)
{
	unsigned int ops;
	uint64_t steps;

	add(f, "op inst=0 name=null-hammer");
	add(f, "op inst=7 name=null-walker pace-us=100 start-delay-ms=20");
	g_assert_cmpuint(op_run_setup(f->run, OP_HAMMER), ==, 1);
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 1);
	g_assert_cmpuint(op_run_start(f->run), ==, 2);
	assert_value(f, "opstate", "7", "state", "ready");
	wait_for(f, "0", "steps", 5);
	wait_for(f, "7", "steps", 5);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	op_run_totals(f->run, &ops, &steps);
	g_assert_cmpuint(ops, ==, 2);
	g_assert_cmpuint(steps, >=, 10);
	g_assert_cmpuint(f->rec->slot[0].steps, ==, number(f, "0", "steps"));
}

static void test_same_inst(Fixture *f, gconstpointer data)
{
	struct op_plan plan = {.op = op_find("ksm"), .inst = 4};

	add(f, "op inst=4 name=null-hammer");
	g_assert_cmpint(op_run_add(f->run, &plan), ==, -EEXIST);
}

static void test_skipped(Fixture *f, gconstpointer data)
{
	add(f, "op inst=1 name=split-huge-pages");
	add(f, "op inst=2 name=plant crash=WARNING");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 0);
	g_assert_cmpuint(op_run_setup(f->run, OP_HAMMER), ==, 0);
	assert_value(f, "opstate", "1", "state", "skipped");
	assert_value(f, "opstate", "1", "reason",
		     "no /sys/kernel/debug/split_huge_pages; needs CONFIG_TRANSPARENT_HUGEPAGE");
	assert_value(f, "opstate", "2", "state", "skipped");
	g_assert_cmpuint(op_run_start(f->run), ==, 0);
	g_assert_cmpuint(op_run_stop(f->run, 100), ==, 0);
}

static void test_block_state(Fixture *f, gconstpointer data)
{
	struct target_block block = {.number = 32, .flags = TARGET_PARTLY};
	g_autofree char *state = NULL;
	guint64 done;

	fake_tree_put_blocks(f->tree, 32);
	add(f, "op inst=0 name=block-state online=online_kernel");
	g_assert_false(op_run_hammers(f->run, &block));
	g_assert_cmpuint(op_run_setup(f->run, OP_HAMMER), ==, 1);
	g_assert_true(op_run_hammers(f->run, &block));
	op_run_start(f->run);
	g_usleep(30000);
	g_assert_cmpuint(number(f, "0", "steps"), ==, 0); /* nothing to aim at yet */
	publish(f, 33 * FAKE_BLOCK_PAGES);
	wait_for(f, "0", "online_ok", 100);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	done = number(f, "0", "offlines");
	g_assert_cmpuint(number(f, "0", "offline_ok"), ==, done);
	g_assert_cmpuint(number(f, "0", "blocks"), ==, 1);
	g_assert_cmpuint(number(f, "0", "rescans"), ==, 1);
	g_assert_cmpuint(f->rec->slot[0].offlines, ==, done);
	g_assert_cmpuint(f->rec->next, ==, 4 * done);
	state = fake_tree_get(f->tree, STATE32);
	g_assert_true(g_str_has_prefix(state, "online_kernel"));
}

/* A block whose file is gone, and one that cannot be opened, are passed over. */
static void test_block_gone(Fixture *f, gconstpointer data)
{
	fake_tree_put_blocks(f->tree, 31);
	add(f, "op inst=0 name=block-state");
	op_run_setup(f->run, OP_HAMMER);
	publish(f, 33 * FAKE_BLOCK_PAGES);
	op_run_start(f->run);
	wait_for(f, "0", "rescans", 1);
	g_usleep(20000);
	g_assert_cmpuint(number(f, "0", "blocks"), ==, 0);
	g_assert_cmpuint(number(f, "0", "steps"), ==, 0);
	fake_tree_put_blocks(f->tree, 32);
	publish(f, 33 * FAKE_BLOCK_PAGES - 512);
	wait_for(f, "0", "offline_ok", 3);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
}

static void test_recorder(Fixture *f, gconstpointer data)
{
	struct op_plan plan = {.op = op_find("null-hammer"), .inst = 3};
	struct op_env env = {.plan = &plan, .rec_head = f->rec, .rec = &f->rec->slot[3]};
	const struct rec_entry *first = (const void *)((const char *)f->rec + REC_PAGE);
	const guint rounds = REC_RING_SIZE / 2 + 1; /* two entries each: one round too many */

	for (guint i = 0; i < rounds; i++) {
		op_record(&env, REC_OFFLINE_BEGIN, i, 0);
		g_assert_cmpuint(env.rec->busy_arg, ==, i);
		g_assert_cmpuint(env.rec->busy_t_ns, !=, 0);
		op_record(&env, REC_OFFLINE_END, i, -EBUSY);
		g_assert_cmpuint(env.rec->busy_t_ns, ==, 0);
	}
	g_assert_cmpuint(env.rec->offlines, ==, rounds);
	g_assert_cmpuint(f->rec->next, ==, 2 * rounds);
	g_assert_cmpuint(first[0].seq, ==, REC_RING_SIZE + 1);
	g_assert_cmpuint(first[0].arg, ==, rounds - 1);
	g_assert_cmpuint(first[1].seq, ==, REC_RING_SIZE + 2);
	g_assert_cmpint(first[1].result, ==, -EBUSY);
	g_assert_cmpuint(first[1].inst, ==, 3);
	g_assert_cmpuint(first[2].seq, ==, 3);
	g_assert_cmpuint(first[REC_RING_SIZE - 1].seq, ==, REC_RING_SIZE);
}

/* An op that blocks on a pipe; a signal ends that, as it ends an endless offline. */
static int blocked_pipe[2];
static gboolean deaf; /* it then goes on in spite of signals */
static gint blocked;  /* it has come to the pipe */

static int blocking_step(void *ctx, struct op_env *env)
{
	char byte;

	op_deadline(env, 30);
	g_atomic_int_set(&blocked, 1);
	while (read(blocked_pipe[0], &byte, 1) < 0 && deaf)
		;
	op_deadline_clear(env);
	op_event(env, "woken", "errno", errno, "x", -7);
	return OP_STEP_DONE;
}

static const struct op blocking_op = {
	.name = "blocking", .help = "", .kind = OP_WALKER, .step = blocking_step};

static void start_blocking(Fixture *f)
{
	struct op_plan plan = {.op = &blocking_op, .inst = 5};

	g_assert_cmpint(pipe(blocked_pipe), ==, 0);
	g_assert_cmpint(op_run_add(f->run, &plan), ==, 0);
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 1);
	g_atomic_int_set(&blocked, 0);
	g_assert_cmpuint(op_run_start(f->run), ==, 1);
	while (!g_atomic_int_get(&blocked))
		g_usleep(1000);
}

static void test_deadline(Fixture *f, gconstpointer data)
{
	deaf = FALSE;
	start_blocking(f);
	wait_for(f, "5", "steps", 3);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	assert_value(f, "event", "5", "name", "woken");
	assert_value(f, "event", "5", "op", "blocking");
	assert_value(f, "event", "5", "errno", "4");
	assert_value(f, "event", "5", "x", "-7");
	close(blocked_pipe[0]);
	close(blocked_pipe[1]);
}

static void test_stuck(Fixture *f, gconstpointer data)
{
	deaf = TRUE;
	start_blocking(f);
	g_assert_cmpuint(op_run_stop(f->run, 200), ==, 1);
	assert_value(f, "event", "5", "name", "stuck");
	/* Only the test can let it go. */
	close(blocked_pipe[1]);
	g_assert_cmpuint(op_run_stop(f->run, 5000), ==, 0);
	close(blocked_pipe[0]);
}

static int failing_step(void *ctx, struct op_env *env)
{
	return op_fail(env, EIO, "broken in %s", "step");
}

static const struct op failing_op = {
	.name = "failing", .help = "", .kind = OP_WALKER, .step = failing_step};

static void test_step_fails(Fixture *f, gconstpointer data)
{
	struct op_plan plan = {.op = &failing_op, .inst = 6};
	g_autofree char *state = NULL;

	g_assert_cmpint(op_run_add(f->run, &plan), ==, 0);
	op_run_setup(f->run, OP_WALKER);
	op_run_start(f->run);
	do {
		g_usleep(2000);
		op_run_watch(f->run);
		g_free(state);
		state = last_value(f, "opstate", "6", "state");
	} while (!g_str_equal(state, "ended"));
	assert_value(f, "opstate", "6", "reason", "broken in step");
	g_assert_cmpuint(op_run_stop(f->run, 1000), ==, 0);
}

static void test_random(Fixture *f, gconstpointer data)
{
	struct op_env a = {.random_state = 1}, b = {.random_state = 1};
	guint seen = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t value = op_random(&a, 10);

		g_assert_cmpuint(value, ==, op_random(&b, 10));
		g_assert_cmpuint(value, <, 10);
		seen |= 1u << value;
	}
	g_assert_cmphex(seen, ==, 0x3ff);
}

/* DAMON's sysfs as plain files: what is written there is what it would be aimed at. */
static void test_damon(Fixture *f, gconstpointer data)
{
	static const char *const files[] = {"nr_kdamonds",
					    "0/contexts/nr_contexts",
					    "0/contexts/0/operations",
					    "0/contexts/0/monitoring_attrs/intervals/sample_us",
					    "0/contexts/0/monitoring_attrs/intervals/aggr_us",
					    "0/contexts/0/monitoring_attrs/nr_regions/min",
					    "0/contexts/0/monitoring_attrs/nr_regions/max",
					    "0/contexts/0/targets/nr_targets",
					    "0/contexts/0/targets/0/regions/nr_regions",
					    "0/contexts/0/targets/0/regions/0/start",
					    "0/contexts/0/targets/0/regions/0/end",
					    "0/state"};
	g_autofree char *pid = g_strdup_printf("%d\n", (int)getpid());
	g_autofree char *stat = g_strdup_printf("proc/%d/stat", (int)getpid());
	g_autofree char *end = NULL, *start = NULL, *regions = NULL, *state = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_strconcat(DAMON, files[i], NULL);

		fake_tree_put(f->tree, path, "");
	}
	fake_tree_put(f->tree, DAMON "0/pid", pid);
	fake_tree_put(f->tree, stat, "9 (kdamond.0) R 2 0 0 0 -1 0 0 0 0 0 5 25 0 0 20 0 1 0 9\n");
	add(f, "op inst=0 name=damon regions=5000 cpu=0");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 1);
	op_run_start(f->run);
	publish(f, 32 * FAKE_BLOCK_PAGES + 2048);
	wait_for(f, "0", "kdamond_ms", 1);
	publish(f, 32 * FAKE_BLOCK_PAGES + 4096);
	wait_for(f, "0", "aims", 2);
	state = fake_tree_get(f->tree, DAMON "0/state");
	g_assert_cmpstr(state, ==, "on");
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	start = fake_tree_get(f->tree, DAMON "0/contexts/0/targets/0/regions/0/start");
	end = fake_tree_get(f->tree, DAMON "0/contexts/0/targets/0/regions/0/end");
	regions = fake_tree_get(f->tree, DAMON "0/contexts/0/monitoring_attrs/nr_regions/min");
	g_assert_cmpstr(start, ==, "4299161600");
	g_assert_cmpstr(end, ==, "4311744512");
	g_assert_cmpstr(regions, ==, "3072");
	g_free(state);
	state = fake_tree_get(f->tree, DAMON "0/state");
	g_assert_cmpstr(state, ==, "off");
}

static void add_test(const char *path, void (*body)(Fixture *, gconstpointer))
{
	g_test_add(path, Fixture, NULL, fixture_set_up, body, fixture_tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add_test("/op-run/null", test_null);
	add_test("/op-run/same-inst", test_same_inst);
	add_test("/op-run/skipped", test_skipped);
	add_test("/op-run/block-state", test_block_state);
	add_test("/op-run/block-gone", test_block_gone);
	add_test("/op-run/recorder", test_recorder);
	add_test("/op-run/deadline", test_deadline);
	add_test("/op-run/stuck", test_stuck);
	add_test("/op-run/step-fails", test_step_fails);
	add_test("/op-run/random", test_random);
	add_test("/op-run/damon", test_damon);
	return g_test_run();
}
