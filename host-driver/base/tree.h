/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders as a whole. */
#ifndef PFNHUNT_TREE_H
#define PFNHUNT_TREE_H

/* Removes a file, or a folder with all in it, without following links; errors are ignored. */
void tree_remove(const char *path);

#endif
