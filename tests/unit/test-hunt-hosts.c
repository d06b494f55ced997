/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hunts with several boots at once, on one scripted host or on many, some of which go away. */
#include "harness/hunt/jobs.h"
#include "harness/results/merge.h"
#include "harness/results/model.h"
#include "harness/store/store.h"
#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"
#include "host-driver/fake/fake.h"
#include "hunt-fixture.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SLOW   HUNT_ENDS("1500")
#define DEAF   HUNT_HELLO "100 agent log text=x\n300 agent log text=x\n500 agent log text=x\n"
#define LOST   HUNT_HELLO "on go +30 event PFNHUNT_HOST_LOST {\"reason\": \"the wire was cut\"}\n"
#define REFUSE "refuse\n"
#define SILENT "# not a byte\n"

typedef struct {
	HuntFixture hunt;
	HuntSummary *summary;
	guint running, most, started, notes, retried;
	guint interrupt_at, interrupts;
	guint back_after; /* so many lost boots host b is there again */
	GString *told;	  /* the notes */
	guint64 seeds[64];
} Fixture;

static const VmBackend hosts[] = {
	{.text = (char *)"fake:a", .ops = &vm_fake_ops, .uri = (char *)"a"},
	{.text = (char *)"fake:b", .ops = &vm_fake_ops, .uri = (char *)"b"},
	{.text = (char *)"fake:c", .ops = &vm_fake_ops, .uri = (char *)"c"},
};

static void set_up(Fixture *f, gconstpointer data)
{
	hunt_fixture_init(&f->hunt);
	f->summary = &f->hunt.summary;
	f->told = g_string_new(NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	for (guint i = 0; i < G_N_ELEMENTS(hosts); i++)
		vm_fake_set_host_script(hosts[i].uri, NULL);
	g_string_free(f->told, TRUE);
	hunt_fixture_clear(&f->hunt);
}

static gboolean send_sigint(gpointer user)
{
	Fixture *f = user;

	raise(SIGINT);
	return --f->interrupts > 0;
}

static void on_started(guint index, guint64 seed, const char *dir, gpointer user)
{
	Fixture *f = user;

	g_assert_cmpuint(index, <, G_N_ELEMENTS(f->seeds));
	g_assert_true(f->seeds[index] == 0 || f->seeds[index] == seed);
	f->seeds[index] = seed;
	f->running++;
	f->most = MAX(f->most, f->running);
	if (++f->started == f->interrupt_at)
		g_timeout_add(150, send_sigint, f);
}

static void on_over(const BootResult *result, gboolean retried, gpointer user)
{
	Fixture *f = user;

	f->running--;
	f->retried += retried;
	if (retried && f->retried == f->back_after)
		vm_fake_set_host_script("b", HUNT_CLEAN);
}

static void on_note(const char *text, gpointer user)
{
	Fixture *f = user;

	f->notes++;
	g_string_append_printf(f->told, "%s\n", text);
	/* One that did not even start is not told as over. */
	if (strstr(text, "does not start"))
		f->running--;
}

static const HuntListener listener = {
	.boot_started = on_started, .boot_over = on_over, .note = on_note};

static const BootDeadlines deadlines = {.console_ms = 3000,
					.hello_ms = 6000,
					.plug_ms = 6000,
					.setup_ms = 9000,
					.quiet_ms = 6000,
					.unresponsive_ms = 200,
					.stop_ms = 6000,
					.exit_ms = 200};

/* @config: what differs. */
static gboolean hunt(Fixture *f, HuntConfig config, guint host_count, GError **error)
{
	HuntHost more[G_N_ELEMENTS(hosts)] = {0};

	for (guint i = 1; i < host_count; i++)
		more[i - 1] = (HuntHost){&hosts[i], VM_ACCEL_TCG, FALSE};
	config.backend = &hosts[0];
	config.more_hosts = more;
	config.more_host_count = host_count - 1;
	config.deadlines = &deadlines;
	f->running = f->most = f->started = 0;
	return hunt_fixture_run(&f->hunt, "[guest]\ncpus=1\n", config, &listener, f, error);
}

static RHunt *load(const Fixture *f)
{
	g_autoptr(GError) error = NULL;
	RHunt *h = results_hunt_load(f->summary->dir, TRUE, &error);

	g_assert_no_error(error);
	return h;
}

/* "0:SEED:clean 1:...": what the hunt was, without when and where. (transfer full) */
static char *essence(const Fixture *f)
{
	g_autoptr(RHunt) h = load(f);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (results_boot_counts(b))
			g_string_append_printf(text, "%u:%s:%s:%" G_GINT64_FORMAT " ", b->number,
					       b->seed, b->verdict, b->offlines);
	}
	return g_string_free(text, FALSE);
}

/* Boots at once change nothing but when things happen. */
static void test_jobs(Fixture *f, gconstpointer data)
{
	g_autofree char *one = NULL, *many = NULL;

	g_assert_true(hunt(f, (HuntConfig){.boots = 6}, 1, NULL));
	g_assert_cmpuint(f->most, ==, 1);
	one = essence(f);
	g_assert_true(hunt(f, (HuntConfig){.boots = 6, .jobs = 4}, 1, NULL));
	g_assert_cmpuint(f->most, ==, 4);
	g_assert_cmpuint(f->summary->boots, ==, 6);
	g_assert_cmpuint(f->summary->offlines, ==, 54);
	for (guint i = 0; i < 6; i++)
		g_assert_cmpuint(((BootResult *)g_ptr_array_index(f->summary->results, i))->index,
				 ==, i);
	many = essence(f);
	g_assert_cmpstr(one, ==, many);
}

/* Where nothing can be measured it is one at a time; where it can, as many as have room. */
static void test_auto(Fixture *f, gconstpointer data)
{
	pid_t self = getpid();

	g_assert_true(hunt(f, (HuntConfig){.boots = 3, .jobs = HUNT_JOBS_AUTO}, 1, NULL));
	g_assert_cmpuint(f->most, ==, 1);
	g_assert_cmpuint(f->summary->boots, ==, 3);
	vm_fake_set_threads(&self, 1);
	/* Long enough to be measured: the first one alone, then as many as there are cores. */
	vm_fake_set_script(SLOW);
	g_assert_true(hunt(f, (HuntConfig){.boots = 3, .jobs = HUNT_JOBS_AUTO}, 1, NULL));
	g_assert_cmpuint(f->summary->boots, ==, 3);
	g_assert_cmpuint(f->most, ==, MIN(jobs_host_cpus(), 2));
}

static void test_interrupt(Fixture *f, gconstpointer data)
{
	vm_fake_set_script(HUNT_ENDLESS);
	f->interrupt_at = 4;
	f->interrupts = 1;
	g_assert_true(hunt(f, (HuntConfig){.boots = 9, .jobs = 4}, 1, NULL));
	g_assert_true(f->summary->interrupted);
	g_assert_cmpuint(f->started, ==, 4);
	g_assert_cmpuint(f->summary->boots, ==, 4);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_UNEXPOSED);
}

/* Guests that do not listen end at once the second time. */
static void test_interrupt_twice(Fixture *f, gconstpointer data)
{
	gint64 before_us = g_get_monotonic_time();

	vm_fake_set_script(DEAF);
	f->interrupt_at = 3;
	f->interrupts = 2;
	g_assert_true(hunt(f, (HuntConfig){.boots = 9, .jobs = 3}, 1, NULL));
	g_assert_true(f->summary->interrupted);
	g_assert_cmpuint(f->summary->boots, ==, 3);
	g_assert_cmpint(g_get_monotonic_time() - before_us, <, 4 * G_USEC_PER_SEC);
}

/* What was cut off is run again, and nothing else. */
static void test_take_up(Fixture *f, gconstpointer data)
{
	g_autofree char *whole = NULL, *again = NULL, *dir = NULL;

	g_assert_true(hunt(f, (HuntConfig){.boots = 6}, 1, NULL));
	whole = essence(f);
	vm_fake_set_script(DEAF);
	f->interrupt_at = 3;
	f->interrupts = 2;
	g_assert_true(hunt(f, (HuntConfig){.boots = 6, .jobs = 3}, 1, NULL));
	dir = g_strdup(f->summary->dir);
	vm_fake_set_script(HUNT_CLEAN);
	f->interrupt_at = 0;
	g_assert_true(hunt(f, (HuntConfig){.boots = 6, .jobs = 2, .resume_dir = dir}, 1, NULL));
	g_assert_cmpstr(f->summary->dir, ==, dir);
	g_assert_cmpuint(f->started, ==, 6);
	again = essence(f);
	g_assert_cmpstr(whole, ==, again);
}

static void test_hosts(Fixture *f, gconstpointer data)
{
	g_autofree char *one = NULL, *many = NULL;
	g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(RHunt) h = NULL;

	g_assert_true(hunt(f, (HuntConfig){.boots = 9}, 1, NULL));
	one = essence(f);
	g_assert_true(hunt(f, (HuntConfig){.boots = 9}, 3, NULL));
	g_assert_cmpuint(f->most, ==, 3);
	many = essence(f);
	g_assert_cmpstr(one, ==, many);
	h = load(f);
	g_assert_cmpstr(h->backend, ==, "fake:a fake:b fake:c");
	for (guint i = 0; i < h->boots->len; i++)
		g_hash_table_add(used, ((RBoot *)g_ptr_array_index(h->boots, i))->backend);
	g_assert_cmpuint(g_hash_table_size(used), ==, 3);
}

typedef struct {
	const char *script;
	guint jobs;
} Death;

static void count_hunt(const StoreHunt *h, gpointer user)
{
	*(gint64 *)user += h->boots;
}

/* A host that goes away costs the boots that it ran, and they are run elsewhere. */
static void test_host_dies(Fixture *f, gconstpointer data)
{
	const Death *death = data;
	g_autofree char *one = NULL, *many = NULL;
	g_autoptr(RHunt) h = NULL;
	g_autoptr(Store) store = NULL;
	guint moved = 0, lost = 0;
	gint64 indexed = 0;

	g_assert_true(hunt(f, (HuntConfig){.boots = 8}, 1, NULL));
	one = essence(f);
	tree_remove(f->hunt.results);
	vm_fake_set_host_script("b", death->script);
	g_assert_true(hunt(f, (HuntConfig){.boots = 8, .jobs = death->jobs}, 3, NULL));
	many = essence(f);
	g_assert_cmpstr(one, ==, many);
	g_assert_cmpuint(f->summary->boots, ==, 8);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_CLEAN);
	h = load(f);
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		moved += strstr(b->folder, "-moved1") != NULL;
		if (!g_str_equal(b->verdict, "infra"))
			continue;
		lost++;
		g_assert_true(b->retried);
		g_assert_cmpstr(b->backend, ==, "fake:b");
	}
	g_assert_cmpuint(lost, >=, 1);
	g_assert_cmpuint(lost, <=, death->jobs);
	g_assert_cmpuint(moved, ==, lost);
	g_assert_cmpuint(f->summary->verdicts[VERDICT_INFRA], ==, lost);
	g_assert_cmpuint(f->notes, ==, 1);
	store = store_open(f->hunt.results, NULL);
	g_assert_true(store_list(store, count_hunt, &indexed, NULL));
	g_assert_cmpint(indexed, ==, 8);
}

/* It gets a boot after each pause, the second one twice as long; then as many as before. */
static void test_comes_back(Fixture *f, gconstpointer data)
{
	g_autofree char *one = NULL, *many = NULL;
	g_autoptr(RHunt) h = NULL;
	guint lost = 0, there = 0;

	g_assert_true(hunt(f, (HuntConfig){.boots = 12}, 1, NULL));
	one = essence(f);
	vm_fake_set_host_script("b", LOST);
	f->back_after = 2;
	g_assert_true(hunt(f, (HuntConfig){.boots = 12, .host_pause_ms = 20}, 2, NULL));
	many = essence(f);
	g_assert_cmpstr(one, ==, many);
	h = load(f);
	for (guint i = 0; i < h->boots->len; i++) {
		const RBoot *b = g_ptr_array_index(h->boots, i);

		if (g_str_equal(b->backend, "fake:b")) {
			lost += b->retried;
			there += results_boot_counts(b);
		}
	}
	g_assert_cmpuint(lost, ==, 2);
	g_assert_cmpuint(there, >=, 2);
	g_assert_cmpstr(f->told->str, ==,
			"fake:b is not used for 0.02 s: fake:b went away: the wire was cut\n"
			"fake:b is not used for 0.04 s: fake:b went away: the wire was cut\n"
			"fake:b is used again\n");
}

/* The last host is not given up: what it cannot do is the hunt's end. */
static void test_all_die(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(hosts); i++)
		vm_fake_set_host_script(hosts[i].uri, REFUSE);
	g_assert_false(hunt(f, (HuntConfig){.boots = 8}, 3, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, "does not start"));
	g_assert_cmpuint(f->notes, ==, 2);
}

/* Alone, it costs a boot its meaning and no more. */
static void test_only_host(Fixture *f, gconstpointer data)
{
	vm_fake_set_host_script("a", LOST);
	g_assert_true(hunt(f, (HuntConfig){.boots = 2}, 1, NULL));
	g_assert_cmpuint(f->summary->verdicts[VERDICT_INFRA], ==, 2);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_INFRA);
}

static void run_share(Fixture *f, const char *results, guint share)
{
	g_free(f->hunt.results);
	f->hunt.results = g_build_filename(f->hunt.root, results, NULL);
	g_assert_true(hunt(f, (HuntConfig){.boots = 10, .share = share, .shares = 4}, 1, NULL));
}

static MergeCounts merge(const Fixture *f, const char *from, const char *to)
{
	g_autofree char *source = g_build_filename(f->hunt.root, from, NULL);
	g_autofree char *target = g_build_filename(f->hunt.root, to, NULL);
	g_autoptr(GError) error = NULL;
	MergeCounts counts = {0};

	g_assert_true(results_merge(target, source, &counts, &error));
	g_assert_no_error(error);
	return counts;
}

/* The only hunt in @results. */
static void use_only(Fixture *f, const char *results)
{
	g_autofree char *dir = g_build_filename(f->hunt.root, results, NULL);
	g_autoptr(GPtrArray) hunts = results_hunt_dirs(dir, NULL);

	g_assert_cmpuint(hunts->len, ==, 1);
	g_free(f->summary->dir);
	f->summary->dir = g_strdup(g_ptr_array_index(hunts, 0));
}

static void test_shards(Fixture *f, gconstpointer data)
{
	static const guint sizes[] = {3, 3, 2, 2};
	static const char *const results[] = {"s1", "s2", "s3", "s4"};
	g_autofree char *whole = NULL, *joined = NULL, *again = NULL;
	g_autoptr(RHunt) h = NULL, other = NULL;
	MergeCounts counts;

	g_assert_true(hunt(f, (HuntConfig){.boots = 10}, 1, NULL));
	whole = essence(f);
	for (guint share = 1; share <= 4; share++) {
		g_autoptr(RHunt) shard = NULL;

		run_share(f, results[share - 1], share);
		g_assert_cmpuint(f->started, ==, sizes[share - 1]);
		shard = load(f);
		g_assert_cmpuint(shard->share, ==, share);
		g_assert_cmpuint(shard->shares, ==, 4);
		g_assert_cmpint(shard->boots_planned, ==, 10);
		if (share == 4)
			break; /* its end comes later */
		counts = merge(f, results[share - 1], "joined");
		g_assert_cmpuint(counts.hunts, ==, share == 1);
		g_assert_cmpuint(counts.grown, ==, share != 1);
	}
	use_only(f, "joined");
	other = load(f);
	g_assert_cmpstr(other->verdict, ==, ""); /* one is missing */
	counts = merge(f, "s4", "joined");
	g_assert_cmpuint(counts.grown, ==, 1);
	counts = merge(f, "s2", "joined");
	g_assert_cmpuint(counts.same, ==, 1);
	h = load(f);
	joined = essence(f);
	g_assert_cmpstr(whole, ==, joined);
	g_assert_cmpstr(h->verdict, ==, "clean");
	g_assert_cmpuint(h->share, ==, 0);
	g_assert_cmpint(h->boots_planned, ==, 10);

	/* In another order, by way of a second joined folder, and from one folder of all. */
	merge(f, "s3", "half");
	merge(f, "s1", "half");
	merge(f, "s4", "other");
	merge(f, "s2", "other");
	merge(f, "half", "other");
	counts = merge(f, "joined", "other");
	g_assert_cmpuint(counts.same, ==, 1);
	use_only(f, "other");
	again = essence(f);
	g_assert_cmpstr(whole, ==, again);

	/* The same share of another run is no part of this hunt, and not lost either. */
	run_share(f, "s5", 2);
	counts = merge(f, "s5", "joined");
	g_assert_cmpuint(counts.hunts, ==, 1);
}

#define ADD(name, func) g_test_add("/hosts/" name, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
	static const Death silent = {SILENT, 1}, refuses = {REFUSE, 1}, refuses_many = {REFUSE, 2},
			   lost = {LOST, 1}, lost_many = {LOST, 2};

	g_test_init(&argc, &argv, NULL);
	ADD("jobs", test_jobs);
	ADD("auto", test_auto);
	ADD("interrupt", test_interrupt);
	ADD("interrupt-twice", test_interrupt_twice);
	ADD("take-up", test_take_up);
	ADD("many", test_hosts);
	g_test_add("/hosts/refuses", Fixture, &refuses, set_up, test_host_dies, tear_down);
	g_test_add("/hosts/refuses-many", Fixture, &refuses_many, set_up, test_host_dies,
		   tear_down);
	g_test_add("/hosts/lost", Fixture, &lost, set_up, test_host_dies, tear_down);
	g_test_add("/hosts/lost-many", Fixture, &lost_many, set_up, test_host_dies, tear_down);
	g_test_add("/hosts/silent", Fixture, &silent, set_up, test_host_dies, tear_down);
	ADD("comes-back", test_comes_back);
	ADD("all-die", test_all_die);
	ADD("only", test_only_host);
	ADD("shards", test_shards);
	return g_test_run();
}
