/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of another process leave the memory, and come back as they were. It needs a folder on a
 * disk and the right to do it (root, or CAP_SYS_NICE): where they are not, what is told is tested.
 */
#include "host-driver/pressure/discard.h"
#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE_BYTES (16u << 20) /* four pieces */
#define DEADLINE_S 20

/* What the guest's memory is: one file with a name, or some without. */
typedef struct {
	gboolean named;
	guint files; /* each of an equal part, one behind the other */
} Kind;

/* A process that maps files, as QEMU does. */
typedef struct {
	char *dir;
	guint8 *memory; /* ours, of the same files */
	pid_t child;
	gboolean disk;
} Guest;

static void *map_files(const int *fds, guint files, int prot)
{
	gsize bytes = SIZE_BYTES / files;
	guint8 *memory = mmap(NULL, SIZE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (guint i = 0; memory != MAP_FAILED && i < files; i++)
		if (mmap(memory + i * bytes, bytes, prot, MAP_SHARED | MAP_FIXED, fds[i], 0) ==
		    MAP_FAILED)
			return MAP_FAILED;
	return memory;
}

static G_NORETURN void be_guest(const int *fds, guint files, int ready)
{
	guint64 *memory = map_files(fds, files, PROT_READ | PROT_WRITE);

	madvise(memory, SIZE_BYTES, MADV_HUGEPAGE); /* as QEMU does */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (gsize i = 0; memory != MAP_FAILED && i < SIZE_BYTES / sizeof(*memory); i++)
		memory[i] = i * 2654435761u;
	if (memory == MAP_FAILED || write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void set_up(Guest *g, gconstpointer data)
{
	const Kind *kind = data;
	int fds[2], ready[2];
	struct statfs fs;
	char byte;

	g->dir = g_dir_make_tmp("pfnhunt-discard-XXXXXX", NULL);
	for (guint i = 0; i < kind->files; i++) {
		g_autofree char *path = g_strdup_printf("%s/boot ram%u", g->dir, i);

		fds[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		g_assert_cmpint(fds[i], >=, 0);
		g_assert_cmpint(ftruncate(fds[i], SIZE_BYTES / kind->files), ==, 0);
		if (!kind->named)
			unlink(path);
	}
	g_assert_cmpint(fstatfs(fds[0], &fs), ==, 0);
	g->disk = fs.f_type != TMPFS_MAGIC;
	g_assert_cmpint(pipe(ready), ==, 0);
	g->child = fork();
	g_assert_cmpint(g->child, >=, 0);
	if (g->child == 0)
		be_guest(fds, kind->files, ready[1]);
	close(ready[1]);
	g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
	close(ready[0]);
	g->memory = map_files(fds, kind->files, PROT_READ);
	g_assert_true(g->memory != MAP_FAILED);
	for (guint i = 0; i < kind->files; i++)
		close(fds[i]);
}

static void end_guest(Guest *g)
{
	if (g->child) {
		kill(g->child, SIGKILL);
		g_assert_cmpint(waitpid(g->child, NULL, 0), ==, g->child);
	}
	g->child = 0;
}

static void tear_down(Guest *g, gconstpointer data)
{
	end_guest(g);
	munmap(g->memory, SIZE_BYTES);
	tree_remove(g->dir);
	g_free(g->dir);
}

static guint64 resident_bytes(const Guest *g)
{
	static unsigned char pages[SIZE_BYTES / 4096];
	guint64 page_bytes = (guint64)sysconf(_SC_PAGESIZE), bytes = 0;

	g_assert_cmpint(mincore(g->memory, SIZE_BYTES, pages), ==, 0);
	for (gsize i = 0; i < SIZE_BYTES / page_bytes; i++)
		bytes += (pages[i] & 1) * page_bytes;
	return bytes;
}

/* Until so much is gone, or it ends with an error, or the deadline. */
static DiscardDone take(Discard *d, guint place, guint64 bytes)
{
	gint64 until_us = g_get_monotonic_time() + DEADLINE_S * G_USEC_PER_SEC;
	DiscardDone sum = {0};

	while (!sum.error && sum.gone_bytes < bytes && g_get_monotonic_time() < until_us) {
		DiscardDone done;

		discard_begin(d, place, bytes);
		g_usleep(50000);
		done = discard_end(d);
		sum.tried_bytes += done.tried_bytes;
		sum.gone_bytes += done.gone_bytes;
		sum.error = done.error;
	}
	return sum;
}

static guint64 part_bytes(gconstpointer data)
{
	return SIZE_BYTES / ((const Kind *)data)->files;
}

static void test_leaves(Guest *g, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	Discard *d = discard_new(g->child, part_bytes(data), &error);
	const guint64 *words = (const guint64 *)(const void *)g->memory;
	DiscardDone done;

	g_assert_no_error(error);
	g_assert_cmpuint(resident_bytes(g), ==, SIZE_BYTES);
	/* Half of it, round the end. */
	done = take(d, DISCARD_PLACES * 7 / 8, SIZE_BYTES / 2);
	if (done.error == -EPERM && geteuid() != 0) {
		g_test_skip("pages of another process may not be taken without CAP_SYS_NICE");
	} else if (!g->disk) {
		g_assert_cmpint(done.error, ==, 0);
		g_test_skip("the temporary folder is in memory");
	} else {
		g_assert_cmpint(done.error, ==, 0);
		g_assert_cmpuint(done.gone_bytes, ==, SIZE_BYTES / 2);
		g_assert_cmpuint(resident_bytes(g), ==, SIZE_BYTES / 2);
		done = take(d, DISCARD_PLACES / 4, SIZE_BYTES / 2);
		g_assert_cmpint(done.error, ==, 0);
		discard_begin(d, 0, 0);
		g_usleep(100000);
		discard_end(d);
		g_assert_cmpuint(resident_bytes(g), <, SIZE_BYTES / 8);
		g_assert_cmpint(waitpid(g->child, NULL, WNOHANG), ==, 0);
	}
	for (gsize i = 0; i < SIZE_BYTES / sizeof(*words); i++)
		g_assert_cmpuint(words[i], ==, i * 2654435761u);
	discard_free(d);
}

/* It may end at any moment. */
static void test_ends(Guest *g, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	Discard *d = discard_new(g->child, part_bytes(data), &error);
	pid_t was = g->child;
	DiscardDone done;

	g_assert_no_error(error);
	discard_begin(d, 0, 0);
	end_guest(g);
	done = discard_end(d);
	if (done.error != -EPERM)
		g_assert_true(done.error == 0 || done.error == -ESRCH);
	discard_free(d);
	g_assert_null(discard_new(was, part_bytes(data), &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
}

/* No mapping of that size. */
static void test_none(Guest *g, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(discard_new(g->child, part_bytes(data) * 2, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, "no file that its process maps"));
}

int main(int argc, char **argv)
{
	static const Kind one = {FALSE, 1}, named = {TRUE, 1}, two = {FALSE, 2};

	g_test_init(&argc, &argv, NULL);
	g_test_add("/discard/leaves", Guest, &one, set_up, test_leaves, tear_down);
	g_test_add("/discard/leaves-named", Guest, &named, set_up, test_leaves, tear_down);
	g_test_add("/discard/leaves-two", Guest, &two, set_up, test_leaves, tear_down);
	g_test_add("/discard/ends", Guest, &one, set_up, test_ends, tear_down);
	g_test_add("/discard/none", Guest, &one, set_up, test_none, tear_down);
	return g_test_run();
}
