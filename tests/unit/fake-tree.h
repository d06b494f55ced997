/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of plain files that stands for /sys and /proc of a guest. */
#ifndef PFNHUNT_FAKE_TREE_H
#define PFNHUNT_FAKE_TREE_H

#include <glib.h>

typedef struct {
	char *path;
	int fd; /* of the directory */
} FakeTree;

FakeTree *fake_tree_new(void);
/* Removes the directory with all that is in it. */
void fake_tree_free(FakeTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeTree, fake_tree_free)

/* Creates @file with its directories, or replaces what is in it. */
void fake_tree_put(FakeTree *tree, const char *file, const char *text);
/* The contents of @file; it must be there. */
char *fake_tree_get(FakeTree *tree, const char *file);
void fake_tree_remove(FakeTree *tree, const char *file);

/*
 * A guest with blocks of 128 MiB: block 0 is boot memory, the blocks from 32 on to @last are a
 * virtio-mem device's, online in ZONE_MOVABLE. No page is fake-offline.
 */
void fake_tree_put_blocks(FakeTree *tree, guint last);
/* Gives the pages [first, last) of kpageflags these flags. */
void fake_tree_put_flags(FakeTree *tree, guint64 first, guint64 last, guint64 flags);

#define FAKE_BLOCK_PAGES 32768u
#define FAKE_FIRST_BLOCK 32u
#define FAKE_KPF_NOPAGE	 (1ull << 20)
#define FAKE_KPF_OFFLINE (1ull << 23)

#endif
