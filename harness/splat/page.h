/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dump_page() read back. */
#ifndef PFNHUNT_SPLAT_PAGE_H
#define PFNHUNT_SPLAT_PAGE_H

#include "harness/splat/splat.h"

/* Reads one line [s, end) of a dump_page() block into @page, whose texts it owns. */
void splat_page_read(SplatPage *page, const char *s, const char *end);
/* Frees the texts of @page and forgets that there was one. */
void splat_page_clear(SplatPage *page);

#endif
