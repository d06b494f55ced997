/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dump_page() read back, in the form of 6.1 ("page:00000000ba547538 refcount:0 mapcount:-384
 * ...") and of 6.12 and later ("page: refcount:0 ...", with a page_type).
 */
#include <string.h>

#include "harness/splat/match.h"
#include "harness/splat/page.h"

void splat_page_clear(SplatPage *page)
{
	g_clear_pointer(&page->flags, g_free);
	g_clear_pointer(&page->page_type, g_free);
	g_clear_pointer(&page->reason, g_free);
	memset(page, 0, sizeof(*page));
}

/* The number behind @name in [s, end). FALSE when it is not there. */
static gboolean read_field(const char *s, const char *end, const char *name, guint base,
			   guint64 *value)
{
	char digits[32];
	gsize n = 0;
	gboolean minus;

	s = splat_find(s, end, name);
	if (!s)
		return FALSE;
	s += strlen(name);
	minus = s < end && *s == '-';
	if (minus)
		s++;
	if (base == 16 && splat_starts(s, end, "0x"))
		s += 2;
	while (s < end && n < sizeof(digits) - 1 && g_ascii_isxdigit(*s))
		digits[n++] = *s++;
	digits[n] = '\0';
	if (!n)
		return FALSE;
	*value = g_ascii_strtoull(digits, NULL, base);
	if (minus)
		*value = -*value;
	return TRUE;
}

void splat_page_read(SplatPage *page, const char *s, const char *end)
{
	guint64 value;
	const char *open, *close;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	if (splat_starts(s, end, "page:")) {
		if (page->present)
			return; /* the first one is the one complained about */
		page->present = TRUE;
		if (read_field(s, end, "refcount:", 10, &value) ||
		    read_field(s, end, " count:", 10, &value))
			page->refcount = (gint64)value;
		if (read_field(s, end, " mapcount:", 10, &value))
			page->mapcount = (gint64)value;
		if (read_field(s, end, " pfn:", 16, &value))
			page->pfn = value;
	} else if (splat_starts(s, end, "page dumped because: ")) {
		s += strlen("page dumped because: ");
		if (!page->reason) {
			page->reason = g_strndup(s, (gsize)(end - s));
			g_strchomp(page->reason);
		}
	} else if (splat_starts(s, end, "page_type: ")) {
		s += strlen("page_type: ");
		if (!page->page_type) {
			page->page_type = g_strndup(s, (gsize)(end - s));
			g_strchomp(page->page_type);
		}
	} else if (!page->flags && (open = splat_find(s, end, "flags: 0x"))) {
		open = memchr(open, '(', (gsize)(end - open));
		close = open ? memchr(open, ')', (gsize)(end - open)) : NULL;
		/* "(node=0|zone=3)": the closing one is the last */
		while (close && close + 1 < end && memchr(close + 1, ')', (gsize)(end - close - 1)))
			close = memchr(close + 1, ')', (gsize)(end - close - 1));
		if (close)
			page->flags = g_strndup(open + 1, (gsize)(close - open - 1));
	}
}

SplatPageDump splat_page_dump(const SplatPage *page)
{
	static const char *const ordinary[] = {"migration failure", "isolation failed",
					       "unmovable page"};

	for (guint i = 0; page->reason && i < G_N_ELEMENTS(ordinary); i++)
		if (g_str_has_prefix(page->reason, ordinary[i]))
			return PAGE_DUMP_ORDINARY;
	return page->reason && g_str_has_prefix(page->reason, "VM_") ? PAGE_DUMP_BEFORE
								     : PAGE_DUMP_OTHER;
}

void splat_page_move(SplatPage *to, SplatPage *from)
{
	splat_page_clear(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}
