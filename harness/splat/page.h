/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dump_page() read back. */
#ifndef PFNHUNT_SPLAT_PAGE_H
#define PFNHUNT_SPLAT_PAGE_H

#include "harness/splat/splat.h"

/* Reads one line [s, end) of a dump_page() block into @page, whose texts it owns. */
void splat_page_read(SplatPage *page, const char *s, const char *end);
/*
 * What a dump with this reason belongs to. Ordinary: an offline or a migration that failed, as it
 * may; before: the VM_BUG_ON or VM_WARN_ON whose header comes next; else the complaint before it.
 */
typedef enum { PAGE_DUMP_ORDINARY, PAGE_DUMP_BEFORE, PAGE_DUMP_OTHER } SplatPageDump;
SplatPageDump splat_page_dump(const SplatPage *page);

/* Moves the dump @from, which is empty then. What @to had is freed. */
void splat_page_move(SplatPage *to, SplatPage *from);

/* Frees the texts of @page and forgets that there was one. */
void splat_page_clear(SplatPage *page);

#endif
