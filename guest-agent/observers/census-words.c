// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known about a suspect page, as a line for the log: see the header. */
#include "guest-agent/observers/census-pages.h"

#include <stdarg.h>
#include <stdio.h>

/* By bit of /proc/kpageflags; other bits are printed as a number. */
static const char *const flag_names[] = {
	"locked",      "error",	    "referenced", "uptodate", "dirty", "lru",
	"active",      "slab",	    "writeback",  "reclaim",  "buddy", "mmap",
	"anon",	       "swapcache", "swapbacked", "head",     "tail",  "huge",
	"unevictable", "hwpoison",  "nopage",	  "ksm",      "thp",   "offline",
	"zero-page",   "idle",	    "pgtable",
};

struct words {
	char *buf;
	size_t size, len;
};

static void add(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct words *w, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(w->buf + w->len, w->size - w->len, format, args);
	va_end(args);
	w->len += len > 0 ? (size_t)len : 0;
	if (w->len >= w->size)
		w->len = w->size - 1;
}

static void add_flags(struct words *w, uint64_t flags)
{
	const char *between = "(";

	add(w, "0x%llx", (unsigned long long)flags);
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if (!(flags >> i & 1))
			continue;
		add(w, "%s%s", between, flag_names[i]);
		between = "|";
	}
	if (*between == '|')
		add(w, ")");
}

size_t census_pages_words(const struct census_pages *p, const struct census_suspect *s,
			  uint64_t block_pages, uint64_t now_ns, char *buf, size_t size)
{
	uint32_t whole_ms = p->whole_ms[s->chunk_pfn / p->chunk_pages % CENSUS_CHUNKS];
	struct words w = {buf, size, 0};

	add(&w, "%s: pfn:0x%llx", census_kind_names[s->kind], (unsigned long long)s->pfn[0]);
	for (unsigned int i = 1; i < s->pfn_count; i++)
		add(&w, ",0x%llx", (unsigned long long)s->pfn[i]);
	add(&w, " of memory%llu, %llu of the %llu pages from 0x%llx, before ",
	    (unsigned long long)(s->chunk_pfn / block_pages), (unsigned long long)s->pages,
	    (unsigned long long)p->chunk_pages, (unsigned long long)s->chunk_pfn);
	add_flags(&w, s->before);
	add(&w, ", now ");
	add_flags(&w, s->flags);
	add(&w, ", in %u looks over %llu ms", s->looks,
	    (unsigned long long)((now_ns - s->since_ns) / 1000000));
	if (whole_ms && s->kind == CENSUS_ESCAPED)
		add(&w, ", all fake-offline %u ms before that",
		    (unsigned int)(s->since_ns / 1000000) - whole_ms);
	return w.len;
}
