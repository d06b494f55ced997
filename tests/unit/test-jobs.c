/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which boot comes next, and whether one more has room. */
#include "harness/hunt/queue.h"
#include "harness/hunt/jobs.h"
#include "host-driver/base/tree.h"
#include "host-driver/pressure/vcpu.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define GIB(n) ((guint64)(n) << 30)

static guint next(HuntQueue *queue)
{
	HuntTry t;

	return hunt_queue_next(queue, &t) ? t.index : G_MAXUINT;
}

static void test_order(void)
{
	g_autoptr(HuntQueue) queue = hunt_queue_new(4, 0, 0);
	HuntTry again = {.index = 1, .tries = 1, .why = "again"}, t;

	g_assert_cmpuint(next(queue), ==, 0);
	g_assert_cmpuint(next(queue), ==, 1);
	g_assert_cmpuint(next(queue), ==, 2);
	hunt_queue_put(queue, &again);
	again.index = 0;
	hunt_queue_put(queue, &again);
	/* What is run again comes first, in its place. */
	g_assert_true(hunt_queue_next(queue, &t));
	g_assert_cmpuint(t.index, ==, 0);
	g_assert_cmpuint(t.tries, ==, 1);
	g_assert_cmpuint(next(queue), ==, 1);
	g_assert_cmpuint(next(queue), ==, 3);
	g_assert_cmpuint(next(queue), ==, G_MAXUINT);
	/* The last one may come back after there was none. */
	again.index = 3;
	hunt_queue_put(queue, &again);
	g_assert_cmpuint(next(queue), ==, 3);
	g_assert_cmpuint(next(queue), ==, G_MAXUINT);
}

/* Each boot is in one share, and in the same wherever that is asked. */
static void test_shares(void)
{
	gboolean seen[100] = {FALSE};

	for (guint share = 1; share <= 7; share++) {
		g_autoptr(HuntQueue) queue = hunt_queue_new(G_N_ELEMENTS(seen), share, 7);
		guint index;

		while ((index = next(queue)) != G_MAXUINT) {
			g_assert_cmpuint(hunt_queue_share(index, 7), ==, share);
			g_assert_false(seen[index]);
			seen[index] = TRUE;
		}
	}
	for (guint i = 0; i < G_N_ELEMENTS(seen); i++)
		g_assert_true(seen[i]);
}

static void test_endless(void)
{
	g_autoptr(HuntQueue) queue = hunt_queue_new(0, 3, 4);

	g_assert_cmpuint(next(queue), ==, 2);
	hunt_queue_skip(queue, 6);
	g_assert_cmpuint(next(queue), ==, 10);
}

/* A hunt that is taken up with fewer boots than it has begun. */
static void test_fewer(void)
{
	g_autoptr(HuntQueue) queue = hunt_queue_new(2, 0, 0);
	HuntTry again = {.index = 5, .tries = 1};

	hunt_queue_put(queue, &again);
	hunt_queue_skip(queue, 0);
	g_assert_cmpuint(next(queue), ==, 1);
	g_assert_cmpuint(next(queue), ==, G_MAXUINT);
}

static void test_folders(void)
{
	g_autofree char *root = g_dir_make_tmp("pfnhunt-jobs-XXXXXX", NULL);
	g_autofree char *taken = g_build_filename(root, "0012-moved1", NULL);
	HuntTry t = {.index = 12};
	g_autofree char *first = hunt_queue_folder(root, &t), *moved = NULL, *behind = NULL;

	g_assert_cmpstr(first, ==, "0012");
	t.tries = 1;
	t.why = "moved";
	moved = hunt_queue_folder(root, &t);
	g_assert_cmpstr(moved, ==, "0012-moved1");
	g_assert_cmpint(g_mkdir(taken, 0755), ==, 0);
	behind = hunt_queue_folder(root, &t);
	g_assert_cmpstr(behind, ==, "0012-moved2");
	tree_remove(root);
}

static void test_room(void)
{
	JobsFacts f = {.host_cpus = 8, .guest_cpus = 2, .available_bytes = GIB(10)};

	g_assert_true(jobs_have_room(&f)); /* the first always */
	f.running = 1;
	g_assert_false(jobs_have_room(&f)); /* nothing was measured yet */
	f.footprint_bytes = GIB(2);
	g_assert_true(jobs_have_room(&f));
	f.growing_bytes = GIB(7); /* the others will take it */
	g_assert_true(jobs_have_room(&f));
	f.growing_bytes += 1;
	g_assert_false(jobs_have_room(&f)); /* a tenth stays free */
	f.growing_bytes = 0;
	f.running = 3;
	g_assert_true(jobs_have_room(&f));
	f.running = 4;
	g_assert_false(jobs_have_room(&f)); /* no cores left */
	f.running = 0;
	f.guest_cpus = 64;
	f.available_bytes = 0;
	g_assert_true(jobs_have_room(&f));
}

static void write_file(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* The tightest limit on the way up counts. */
static void test_available(void)
{
	g_autofree char *root = g_dir_make_tmp("pfnhunt-jobs-XXXXXX", NULL);
	g_autofree char *meminfo = g_build_filename(root, "meminfo", NULL);
	g_autofree char *cgroup = g_build_filename(root, "cgroup", NULL);
	g_autofree char *groups = g_build_filename(root, "groups", NULL);

	g_assert_cmpuint(jobs_available_bytes_from(meminfo, cgroup, groups), ==, 0);
	write_file(root, "meminfo", "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n");
	g_assert_cmpuint(jobs_available_bytes_from(meminfo, cgroup, groups), ==, 8000 * 1024);
	write_file(root, "cgroup", "4:memory:/x\n0::/a/b\n");
	g_assert_cmpuint(jobs_available_bytes_from(meminfo, cgroup, groups), ==, 8000 * 1024);
	write_file(groups, "a/b/memory.max", "max\n");
	write_file(groups, "a/b/memory.current", "5\n");
	write_file(groups, "a/memory.max", "1000\n");
	write_file(groups, "a/memory.current", "400\n");
	g_assert_cmpuint(jobs_available_bytes_from(meminfo, cgroup, groups), ==, 600);
	g_assert_cmpuint(jobs_host_cpus_from(8, cgroup, groups), ==, 8);
	write_file(groups, "a/b/cpu.max", "max 100000\n");
	g_assert_cmpuint(jobs_host_cpus_from(8, cgroup, groups), ==, 8);
	write_file(groups, "cpu.max", "250000 100000\n");
	g_assert_cmpuint(jobs_host_cpus_from(8, cgroup, groups), ==, 2);
	write_file(groups, "a/cpu.max", "50000 100000\n");
	g_assert_cmpuint(jobs_host_cpus_from(8, cgroup, groups), ==, 1);
	/* As a container sees itself. */
	write_file(root, "cgroup", "0::/\n");
	g_assert_cmpuint(jobs_host_cpus_from(8, cgroup, groups), ==, 2);
	write_file(root, "cgroup", "0::/a\n");
	write_file(groups, "a/memory.current", "4000\n");
	g_assert_cmpuint(jobs_available_bytes_from(meminfo, cgroup, groups), ==, 0);
	tree_remove(root);
}

static void test_footprint(void)
{
	guint64 before = jobs_footprint_bytes(getpid());
	gsize len = 64 << 20;
	char *memory = g_malloc(len);

	memset(memory, 1, len);
	g_assert_cmpuint(before, >, 0);
	g_assert_cmpuint(jobs_footprint_bytes(getpid()), >=, before + len / 2);
	g_free(memory);
	g_assert_cmpuint(jobs_footprint_bytes(0), ==, 0);
	g_assert_cmpuint(jobs_available_bytes(), >, 0);
}

static gpointer be_pinned(gpointer data)
{
	cpu_set_t before, now;
	int cpu;

	g_assert_cmpint(sched_getaffinity(0, sizeof(before), &before), ==, 0);
	for (guint place = 0; place < 2 * jobs_host_cpus(); place++) {
		cpu = vcpu_pin(gettid(), place);
		g_assert_cmpint(cpu, >=, 0);
		g_assert_cmpint(sched_getaffinity(0, sizeof(now), &now), ==, 0);
		g_assert_cmpint(CPU_COUNT(&now), ==, 1);
		g_assert_true(CPU_ISSET((size_t)cpu, &now) && CPU_ISSET((size_t)cpu, &before));
		g_assert_cmpint(sched_setaffinity(0, sizeof(before), &before), ==, 0);
	}
	return NULL;
}

static void test_pin(void)
{
	g_thread_join(g_thread_new("pinned", be_pinned, NULL));
	g_assert_cmpint(vcpu_pin(G_MAXINT32, 0), <, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jobs/order", test_order);
	g_test_add_func("/jobs/shares", test_shares);
	g_test_add_func("/jobs/endless", test_endless);
	g_test_add_func("/jobs/fewer", test_fewer);
	g_test_add_func("/jobs/folders", test_folders);
	g_test_add_func("/jobs/room", test_room);
	g_test_add_func("/jobs/available", test_available);
	g_test_add_func("/jobs/footprint", test_footprint);
	g_test_add_func("/jobs/pin", test_pin);
	return g_test_run();
}
