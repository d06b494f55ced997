/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake tree: see the header. kpageflags is a sparse file, so it costs nothing. */
#include "fake-tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

FakeTree *fake_tree_new(void)
{
	FakeTree *tree = g_new0(FakeTree, 1);

	tree->path = g_dir_make_tmp("pfnhunt-XXXXXX", NULL);
	g_assert_nonnull(tree->path);
	tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(tree->fd, >=, 0);
	return tree;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

void fake_tree_free(FakeTree *tree)
{
	close(tree->fd);
	nftw(tree->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	g_free(tree->path);
	g_free(tree);
}

void fake_tree_put(FakeTree *tree, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename(tree->path, file, NULL);
	g_autofree char *dir = g_path_get_dirname(path);
	gsize len = strlen(text);
	int fd;

	g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
	/*
	 * Not replaced by a new file: who has it open must see the new text. Not emptied first: an
	 * op that reads it just then would see what no kernel shows.
	 */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(pwrite(fd, text, len, 0), ==, len);
	g_assert_cmpint(ftruncate(fd, (off_t)len), ==, 0);
	close(fd);
}

char *fake_tree_get(FakeTree *tree, const char *file)
{
	g_autofree char *path = g_build_filename(tree->path, file, NULL);
	char *text = NULL;

	g_file_get_contents(path, &text, NULL, NULL);
	g_assert_nonnull(text);
	return text;
}

void fake_tree_remove(FakeTree *tree, const char *file)
{
	g_autofree char *path = g_build_filename(tree->path, file, NULL);

	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put_block(FakeTree *tree, guint number, const char *zones)
{
	g_autofree char *state =
		g_strdup_printf("sys/devices/system/memory/memory%u/state", number);
	g_autofree char *valid =
		g_strdup_printf("sys/devices/system/memory/memory%u/valid_zones", number);

	fake_tree_put(tree, state, "online\n");
	fake_tree_put(tree, valid, zones);
}

void fake_tree_put_blocks(FakeTree *tree, guint last)
{
	g_autofree char *iomem = g_strdup_printf("00001000-07ffffff : System RAM\n"
						 "100000000-17fffffff : virtio0\n"
						 "  100000000-%llx : System RAM (virtio_mem)\n",
						 (unsigned long long)(last + 1) * (128 << 20) - 1);

	fake_tree_put(tree, "sys/devices/system/memory/block_size_bytes", "8000000\n");
	fake_tree_put(tree, "proc/iomem", iomem);
	put_block(tree, 0, "DMA32\n");
	for (guint i = FAKE_FIRST_BLOCK; i <= last; i++)
		put_block(tree, i, "Movable\n");
	fake_tree_put_flags(tree, (last + 1ull) * FAKE_BLOCK_PAGES - 1,
			    (last + 1ull) * FAKE_BLOCK_PAGES, 0);
}

void fake_tree_put_flags(FakeTree *tree, guint64 first, guint64 last, guint64 flags)
{
	g_autofree char *path = g_build_filename(tree->path, "proc/kpageflags", NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	gsize len = (last - first) * sizeof(guint64);
	g_autofree guint64 *buf = g_new(guint64, last - first);

	g_assert_cmpint(fd, >=, 0);
	for (guint64 i = 0; i < last - first; i++)
		buf[i] = flags;
	g_assert_cmpint(pwrite(fd, buf, len, (off_t)(first * sizeof(guint64))), ==, len);
	close(fd);
}
