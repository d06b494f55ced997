/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The core and the ops that can run against a fake tree: threads, counters, deadlines, the end. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "op-fixture.h"

#define STATE32 "sys/devices/system/memory/memory32/state"
#define DAMON	"sys/kernel/mm/damon/admin/kdamonds/"

static void test_null(OpFixture *f, gconstpointer data)
{
	unsigned int ops;
	uint64_t steps;

	op_fixture_add(f, "op inst=0 name=null-hammer");
	op_fixture_add(f, "op inst=7 name=null-walker pace-us=100 start-delay-ms=20");
	g_assert_cmpuint(op_run_setup(f->run, OP_HAMMER), ==, 1);
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 1);
	g_assert_cmpuint(op_run_start(f->run), ==, 2);
	op_fixture_assert_value(f, "opstate", "7", "state", "ready");
	op_fixture_wait_for(f, "0", "steps", 5);
	op_fixture_wait_for(f, "7", "steps", 5);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	op_run_totals(f->run, &ops, &steps);
	g_assert_cmpuint(ops, ==, 2);
	g_assert_cmpuint(steps, >=, 10);
	g_assert_cmpuint(f->rec->slot[0].steps, ==, op_fixture_number(f, "0", "steps"));
}

static void test_pause(OpFixture *f, gconstpointer data)
{
	guint64 steps;

	op_fixture_add(f, "op inst=0 name=null-hammer");
	op_run_setup(f->run, OP_HAMMER);
	op_run_start(f->run);
	op_fixture_wait_for(f, "0", "steps", 5);
	g_assert_true(op_run_pause(f->run, true, 2000));
	steps = op_fixture_number(f, "0", "steps");
	g_usleep(20000);
	g_assert_cmpuint(op_fixture_number(f, "0", "steps"), ==, steps);
	g_assert_true(op_run_pause(f->run, false, 0));
	op_fixture_wait_for(f, "0", "steps", steps + 5);
	op_run_pause(f->run, true, 2000);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0); /* paused ones end too */
}

static void test_same_inst(OpFixture *f, gconstpointer data)
{
	struct op_plan plan = {.op = op_find("ksm"), .inst = 4};

	op_fixture_add(f, "op inst=4 name=null-hammer");
	g_assert_cmpint(op_run_add(f->run, &plan), ==, -EEXIST);
}

static void test_skipped(OpFixture *f, gconstpointer data)
{
	op_fixture_add(f, "op inst=1 name=split-huge-pages");
	op_fixture_add(f, "op inst=2 name=plant crash=WARNING");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 0);
	g_assert_cmpuint(op_run_setup(f->run, OP_HAMMER), ==, 0);
	op_fixture_assert_value(f, "opstate", "1", "state", "skipped");
	op_fixture_assert_value(
		f, "opstate", "1", "reason",
		"no /sys/kernel/debug/split_huge_pages; needs CONFIG_TRANSPARENT_HUGEPAGE");
	op_fixture_assert_value(f, "opstate", "2", "state", "skipped");
	g_assert_cmpuint(op_run_start(f->run), ==, 0);
	g_assert_cmpuint(op_run_stop(f->run, 100), ==, 0);
}

static void test_block_state(OpFixture *f, gconstpointer data)
{
	struct target_block block = {.number = 32, .flags = TARGET_PARTLY};
	g_autofree char *state = NULL;
	guint64 done;

	fake_tree_put_blocks(f->tree, 32);
	op_fixture_add(f, "op inst=0 name=block-state online=online_kernel");
	g_assert_false(op_run_hammers(f->run, &block));
	g_assert_cmpuint(op_run_setup(f->run, OP_HAMMER), ==, 1);
	g_assert_true(op_run_hammers(f->run, &block));
	op_run_start(f->run);
	g_usleep(30000);
	g_assert_cmpuint(op_fixture_number(f, "0", "steps"), ==, 0); /* nothing to aim at yet */
	op_fixture_publish(f, 33 * FAKE_BLOCK_PAGES);
	op_fixture_wait_for(f, "0", "online_ok", 100);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	done = op_fixture_number(f, "0", "offlines");
	g_assert_cmpuint(op_fixture_number(f, "0", "offline_ok"), ==, done);
	g_assert_cmpuint(op_fixture_number(f, "0", "offlines_ok"), ==, done);
	g_assert_cmpuint(op_fixture_number(f, "0", "refused"), ==, 0);
	g_assert_null(op_fixture_last_value(f, "event", "0", "name"));
	g_assert_cmpuint(op_fixture_number(f, "0", "blocks"), ==, 1);
	g_assert_cmpuint(op_fixture_number(f, "0", "rescans"), ==, 1);
	g_assert_cmpuint(f->rec->slot[0].offlines, ==, done);
	g_assert_cmpuint(f->rec->next, ==, 4 * done);
	state = fake_tree_get(f->tree, STATE32);
	g_assert_true(g_str_has_prefix(state, "online_kernel"));
}

/* A block whose file is gone, and one that cannot be opened, are passed over. */
static void test_block_gone(OpFixture *f, gconstpointer data)
{
	fake_tree_put_blocks(f->tree, 31);
	op_fixture_add(f, "op inst=0 name=block-state");
	op_run_setup(f->run, OP_HAMMER);
	op_fixture_publish(f, 33 * FAKE_BLOCK_PAGES);
	op_run_start(f->run);
	op_fixture_wait_for(f, "0", "rescans", 1);
	g_usleep(20000);
	g_assert_cmpuint(op_fixture_number(f, "0", "blocks"), ==, 0);
	g_assert_cmpuint(op_fixture_number(f, "0", "steps"), ==, 0);
	fake_tree_put_blocks(f->tree, 32);
	op_fixture_publish(f, 33 * FAKE_BLOCK_PAGES - 512);
	op_fixture_wait_for(f, "0", "offline_ok", 3);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
}

/* A hammer of tests whose offlines end as it is told. */
static gint offline_result, asked_to_end;

static int offline_step(void *ctx, struct op_env *env)
{
	if (g_atomic_int_get(&asked_to_end))
		return OP_STEP_END;
	op_record(env, REC_OFFLINE_BEGIN, 32, 0);
	op_record(env, REC_OFFLINE_END, 32, -g_atomic_int_get(&offline_result));
	return OP_STEP_DONE;
}

static const struct op offline_op = {
	.name = "offline", .help = "", .kind = OP_HAMMER, .step = offline_step};

static void start_offlines(OpFixture *f, int err)
{
	struct op_plan plan = {.op = &offline_op, .inst = 6};

	g_atomic_int_set(&offline_result, err);
	g_atomic_int_set(&asked_to_end, FALSE);
	g_assert_cmpint(op_run_add(f->run, &plan), ==, 0);
	g_assert_cmpuint(op_run_setup(f->run, OP_HAMMER), ==, 1);
	g_assert_cmpuint(op_run_start(f->run), ==, 1);
	op_fixture_wait_for(f, "6", "steps", 1000);
}

/* An attempt that never got to the notifiers is none, and a hammer that does no other says so. */
static void test_offlines_refused(OpFixture *f, gconstpointer data)
{
	start_offlines(f, EINVAL);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "6", "refused"), >=, 1000);
	g_assert_cmpuint(op_fixture_number(f, "6", "offlines"), ==, 0);
	g_assert_cmpuint(op_fixture_number(f, "6", "offlines_ok"), ==, 0);
	op_fixture_assert_value(f, "event", "6", "name", "only_refused");
	op_fixture_assert_value(f, "event", "6", "errno", "22");
}

static void test_offlines_cancelled(OpFixture *f, gconstpointer data)
{
	start_offlines(f, EINTR);
	op_fixture_stop(f);
	g_assert_cmpuint(op_fixture_number(f, "6", "refused"), ==, 0);
	g_assert_cmpuint(op_fixture_number(f, "6", "offlines"), >=, 1000);
	g_assert_cmpuint(op_fixture_number(f, "6", "offlines_ok"), ==, 0);
	g_assert_null(op_fixture_last_value(f, "event", "6", "name"));
}

/* One that has done what it was asked to has not failed, and is told apart from one that has. */
static void test_ended_as_asked(OpFixture *f, gconstpointer data)
{
	start_offlines(f, 0);
	g_atomic_int_set(&asked_to_end, TRUE);
	for (int i = 0; i < 5000; i++) {
		g_autofree char *state = NULL;

		op_run_watch(f->run);
		state = op_fixture_last_value(f, "opstate", "6", "state");
		if (g_str_equal(state, "ended"))
			break;
		g_usleep(1000);
	}
	op_fixture_assert_value(f, "opstate", "6", "state", "ended");
	op_fixture_assert_value(f, "opstate", "6", "reason", "asked");
	op_fixture_stop(f);
}

/* A page that cannot be had, as a poisoned one: the file behind it has gone. */
static int lost_page_step(void *ctx, struct op_env *env)
{
	int fd = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
	volatile char *page;

	if (fd < 0)
		fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	g_assert_cmpint(fd, >=, 0);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return page[0] ? OP_STEP_DONE : OP_STEP_IDLE;
}

static const struct op lost_page_op = {
	.name = "lost-page", .help = "", .kind = OP_WALKER, .step = lost_page_step};

/* A SIGBUS ends the op that met it, and nothing else. */
static void test_bus_error(OpFixture *f, gconstpointer data)
{
	struct op_plan plan = {.op = &lost_page_op, .inst = 7};
	g_autofree char *state = NULL;

	g_assert_cmpint(op_run_add(f->run, &plan), ==, 0);
	op_fixture_add(f, "op inst=0 name=null-walker");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 2);
	g_assert_cmpuint(op_run_start(f->run), ==, 2);
	for (int i = 0; i < 5000; i++) {
		op_run_watch(f->run);
		g_free(state);
		state = op_fixture_last_value(f, "opstate", "7", "state");
		if (g_str_equal(state, "ended"))
			break;
		g_usleep(1000);
	}
	op_fixture_assert_value(f, "opstate", "7", "state", "ended");
	op_fixture_assert_value(f, "event", "7", "name", "op_killed");
	op_fixture_assert_value(f, "event", "7", "signal", "7");
	op_fixture_wait_for(f, "0", "steps", op_fixture_number(f, "0", "steps") + 5);
	op_fixture_stop(f);
}

static void test_offline_reached(void)
{
	static const int reached[] = {0, EINTR, ENOMEM};
	static const int before[] = {EBUSY, EINVAL, EAGAIN, ENODEV, EPERM, EIO};

	for (size_t i = 0; i < G_N_ELEMENTS(reached); i++)
		g_assert_true(rec_offline_reached(-reached[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
		g_assert_false(rec_offline_reached(-before[i]));
}

static void test_recorder(OpFixture *f, gconstpointer data)
{
	struct op_plan plan = {.op = op_find("null-hammer"), .inst = 3};
	struct op_env env = {.plan = &plan, .rec_head = f->rec, .rec = &f->rec->slot[3]};
	const struct rec_entry *first = (const void *)((const char *)f->rec + REC_PAGE);
	const guint rounds = REC_RING_SIZE / 2 + 1; /* two entries each: one round too many */

	for (guint i = 0; i < rounds; i++) {
		op_record(&env, REC_OFFLINE_BEGIN, i, 0);
		g_assert_cmpuint(env.rec->busy_arg, ==, i);
		g_assert_cmpuint(env.rec->busy_t_ns, !=, 0);
		op_record(&env, REC_OFFLINE_END, i, -EINTR);
		g_assert_cmpuint(env.rec->busy_t_ns, ==, 0);
	}
	g_assert_cmpuint(env.rec->offlines, ==, rounds);
	g_assert_cmpuint(f->rec->next, ==, 2 * rounds);
	g_assert_cmpuint(first[0].seq, ==, REC_RING_SIZE + 1);
	g_assert_cmpuint(first[0].arg, ==, rounds - 1);
	g_assert_cmpuint(first[1].seq, ==, REC_RING_SIZE + 2);
	g_assert_cmpint(first[1].result, ==, -EINTR);
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
	op_event(env, AGENT_EVENT_OFFLINE_ERRNO, "errno", errno, "x", -7);
	return OP_STEP_DONE;
}

static const struct op blocking_op = {
	.name = "blocking", .help = "", .kind = OP_WALKER, .step = blocking_step};

static void start_blocking(OpFixture *f)
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

static void test_deadline(OpFixture *f, gconstpointer data)
{
	deaf = FALSE;
	start_blocking(f);
	op_fixture_wait_for(f, "5", "steps", 3);
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	op_fixture_assert_value(f, "event", "5", "name", "offline_errno");
	op_fixture_assert_value(f, "event", "5", "op", "blocking");
	op_fixture_assert_value(f, "event", "5", "errno", "4");
	op_fixture_assert_value(f, "event", "5", "x", "-7");
	close(blocked_pipe[0]);
	close(blocked_pipe[1]);
}

/* Of a host that knows the guest to be slow; the read then waits for a writer, not for 30 ms. */
static void test_patience(OpFixture *f, gconstpointer data)
{
	deaf = FALSE;
	op_run_set_patience(f->run, 10000);
	start_blocking(f);
	g_usleep(200000);
	op_run_watch(f->run);
	op_run_count(f->run);
	op_fixture_assert_value(f, "count", "5", "steps", "0");
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
	close(blocked_pipe[0]);
	close(blocked_pipe[1]);
}

static void test_stuck(OpFixture *f, gconstpointer data)
{
	deaf = TRUE;
	start_blocking(f);
	g_assert_cmpuint(op_run_stop(f->run, 200), ==, 1);
	op_fixture_assert_value(f, "event", "5", "name", "stuck");
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

static void test_step_fails(OpFixture *f, gconstpointer data)
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
		state = op_fixture_last_value(f, "opstate", "6", "state");
	} while (!g_str_equal(state, "ended"));
	op_fixture_assert_value(f, "opstate", "6", "reason", "broken in step");
	g_assert_cmpuint(op_run_stop(f->run, 1000), ==, 0);
}

static void test_random(OpFixture *f, gconstpointer data)
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
static void test_damon(OpFixture *f, gconstpointer data)
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
	op_fixture_add(f, "op inst=0 name=damon regions=5000 cpu=0");
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 1);
	op_run_start(f->run);
	op_fixture_publish(f, 32 * FAKE_BLOCK_PAGES + 2048);
	op_fixture_wait_for(f, "0", "kdamond_ms", 1);
	op_fixture_publish(f, 32 * FAKE_BLOCK_PAGES + 4096);
	op_fixture_wait_for(f, "0", "aims", 2);
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	op_fixture_add_test("/op-run/null", test_null);
	op_fixture_add_test("/op-run/pause", test_pause);
	op_fixture_add_test("/op-run/same-inst", test_same_inst);
	op_fixture_add_test("/op-run/skipped", test_skipped);
	op_fixture_add_test("/op-run/block-state", test_block_state);
	op_fixture_add_test("/op-run/block-gone", test_block_gone);
	op_fixture_add_test("/op-run/offlines-refused", test_offlines_refused);
	op_fixture_add_test("/op-run/offlines-cancelled", test_offlines_cancelled);
	op_fixture_add_test("/op-run/ended-as-asked", test_ended_as_asked);
	op_fixture_add_test("/op-run/bus-error", test_bus_error);
	g_test_add_func("/op-run/offline-reached", test_offline_reached);
	op_fixture_add_test("/op-run/recorder", test_recorder);
	op_fixture_add_test("/op-run/deadline", test_deadline);
	op_fixture_add_test("/op-run/patience", test_patience);
	op_fixture_add_test("/op-run/stuck", test_stuck);
	op_fixture_add_test("/op-run/step-fails", test_step_fails);
	op_fixture_add_test("/op-run/random", test_random);
	op_fixture_add_test("/op-run/damon", test_damon);
	return g_test_run();
}
