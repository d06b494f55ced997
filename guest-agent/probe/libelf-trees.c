/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three functions that libelf.a of elfutils 0.192 (Debian 13) calls and does not have: they are in an
 * internal archive of elfutils that is not installed. libelf keeps what it has cut out of an object in
 * such a tree. Its locks are left out: only the thread that loads the programs uses libelf here.
 */
#include <search.h>
#include <stddef.h>

/* libelf's search_tree; a lock may follow, depending on how libelf was built. */
struct search_tree {
	void *root;
};

void eu_search_tree_init(struct search_tree *tree);
void *eu_tsearch(const void *key, struct search_tree *tree,
		 int (*compare)(const void *, const void *));
void eu_search_tree_fini(struct search_tree *tree, void (*free_node)(void *));

void eu_search_tree_init(struct search_tree *tree)
{
	tree->root = NULL;
}

void *eu_tsearch(const void *key, struct search_tree *tree,
		 int (*compare)(const void *, const void *))
{
	return tsearch(key, &tree->root, compare);
}

void eu_search_tree_fini(struct search_tree *tree, void (*free_node)(void *))
{
	tdestroy(tree->root, free_node);
}
