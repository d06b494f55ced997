/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the kernel read back, part by part: symbols, source files, patterns, dump_page(). */
#include "harness/splat/match.h"
#include "harness/splat/page.h"

static char *text_of(SplatText text)
{
	return text.s ? g_strndup(text.s, text.len) : NULL;
}

static void check_text(SplatText text, const char *wanted)
{
	g_autofree char *copy = text_of(text);

	g_assert_cmpstr(copy, ==, wanted);
}

/* The name, and what follows the symbol; NULL: there is none. */
static const struct {
	const char *line, *name, *rest;
	gboolean offset;
} symbols[] = {
	{"func+0x1/0x2 [module] x", "func", " x", TRUE},
	{"func+0x1f/0x2a", "func", "", TRUE},
	{"func+0x1 x", "func", " x", TRUE},
	{"func x", "func", " x", FALSE},
	{"func x", NULL, NULL, TRUE},
	{"? func+0x1/0x2", "func", "", TRUE},
	{"[<ffffffff81234567>] func+0x1/0x2", "func", "", TRUE},
	{"[<ffffffff81234567>] ? func+0x1/0x2", "func", "", TRUE},
	{"[<ffffffff81234567 func+0x1/0x2", NULL, NULL, TRUE},
	{"func+0x", NULL, NULL, TRUE},
	{"func+0x1/ x", NULL, NULL, TRUE},
	{"func+1/0x2", NULL, NULL, TRUE},
	{"func.isra.0+0x1/0x2()", "func.isra.0", "", TRUE},
	{"func+0x1/0x2 [ x", "func", " [ x", TRUE},
	{"func+0x1/0x2 [module", "func", " [module", TRUE},
	{"0func+0x1/0x2", NULL, NULL, TRUE},
	{"+0x1/0x2", NULL, NULL, TRUE},
	{"", NULL, NULL, FALSE},
	{"<core::T as Trait>::f+0x1/0x2", "<core::T as Trait>::f", "", TRUE},
	{"core::f::g+0x1/0x2", "core::f::g", "", TRUE},
	{"func (mm/gup.c:77)", "func", " (mm/gup.c:77)", TRUE},
	{"func (mm/gup.c:x)", NULL, NULL, TRUE},
	{"func (??:?)", "func", " (??:?)", TRUE},
};

static void test_symbols(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(symbols); i++) {
		const char *s = symbols[i].line;
		SplatText name = {0};
		const char *rest = splat_match_symbol(s, s + strlen(s), symbols[i].offset, &name);

		if (!!rest != !!symbols[i].name)
			g_error("'%s' read wrong", s);
		if (!rest)
			continue;
		g_assert_cmpstr(rest, ==, symbols[i].rest);
		check_text(name, symbols[i].name);
	}
}

static void test_sources(void)
{
	static const char *const good[] = {"a.c",
					   "net/core/dev.c",
					   "arch/x86/kernel/head_64.S",
					   "rust/kernel/lib.rs",
					   "./a-b/c+d,e~f.inc",
					   "drivers/x.h"};
	static const char *const bad[] = {"",	   "a",	     "ac",    ".c",   "ab.",
					  "a.1",   "a b.c",  "a:b.c", "file", "a.cxxxx",
					  "a(b.c", "dir.c/", "rc.d/x"};

	for (guint i = 0; i < G_N_ELEMENTS(good); i++)
		if (!splat_is_source_file((SplatText){good[i], strlen(good[i])}))
			g_error("'%s' is one", good[i]);
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		if (splat_is_source_file((SplatText){bad[i], strlen(bad[i])}))
			g_error("'%s' is none", bad[i]);
}

static void test_source_follows(void)
{
	static const struct {
		const char *text;
		gboolean follows;
	} rows[] = {
		{"mm/gup.c:77", TRUE},
		{" \t(mm/gup.c:77 x", TRUE},
		{"(??:?)", TRUE},
		{"??:0", TRUE},
		{"?x:?", FALSE},
		{"x?:?", FALSE},
		{"mm/gup.c:", FALSE},
		{"mm/gup.c:x", FALSE},
		{"mm/gup.c", FALSE},
		{"mm/gup:77", FALSE},
		{"", FALSE},
		{"((mm/gup.c:77", FALSE},
		{"mm/gup.c :7", FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *s = rows[i].text;

		if (splat_source_follows(s, s + strlen(s)) != rows[i].follows)
			g_error("'%s' read wrong", s);
	}
}

/* What a pattern captures; @rest: what follows; NULL: no match. */
static const struct {
	const char *pattern, *line, *rest;
	const char *task, *file, *condition, *symbol, *word;
	int cpu, pid;
	guint file_line;
} patterns[] = {
	{"WARNING: CPU: %c PID: %p at %f:%l %y", "WARNING: CPU: 3 PID: 44 at mm/gup.c:80 f+0x1/0x2",
	 "", NULL, "mm/gup.c", NULL, "f", NULL, 3, 44, 80},
	{"at %f:%l", "at [a == b] mm/gup.c:80!", "!", NULL, "mm/gup.c", "a == b", NULL, NULL, -1,
	 -1, 80},
	{"at %f:%l", "at [a mm/gup.c:80", NULL},
	{"at %f:%l", "at mm/gup:80", NULL},
	{"[%t:%p]", "[kworker/0:2:1400] x", " x", "kworker/0:2", NULL, NULL, NULL, NULL, -1, 1400},
	{"[%t:%p]", "[sh:x]", NULL},
	{"by task %t/%p", "by task a/b/12", "", "a/b", NULL, NULL, NULL, NULL, -1, 12},
	{"task %t blocked", "task a b blocked for", " for", "a b", NULL, NULL, NULL, NULL, -1, -1},
	{"%w in %*", "slab-out in x", "", NULL, NULL, NULL, NULL, "slab-out", -1, -1},
	{"%w in %*", "slab-out of x", NULL},
	{"%x%_%d%%", "0xff \t -12% x", " x", NULL, NULL, NULL, NULL, NULL, -1, -1},
	{"%x", "0x", NULL},
	{"%d", "-", NULL},
	{"%d%%", "12", NULL},
	{"%c", "99999999999999999999", "", NULL, NULL, NULL, NULL, NULL, G_MAXINT, -1},
	{"abc", "ab", NULL},
	{"abc", "abd", NULL},
	{"abc", "abcd", "d", NULL, NULL, NULL, NULL, NULL, -1, -1},
};

static void test_patterns(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(patterns); i++) {
		const char *s = patterns[i].line;
		SplatMatch match;
		gboolean matches = splat_match(patterns[i].pattern, s, s + strlen(s), &match);

		if (matches != !!patterns[i].rest)
			g_error("'%s' read wrong", s);
		if (!matches)
			continue;
		g_assert_cmpstr(match.end, ==, patterns[i].rest);
		g_assert_cmpint(match.cpu, ==, patterns[i].cpu);
		g_assert_cmpint(match.pid, ==, patterns[i].pid);
		g_assert_cmpuint(match.file_line, ==, patterns[i].file_line);
		check_text(match.task, patterns[i].task);
		check_text(match.file, patterns[i].file);
		check_text(match.condition, patterns[i].condition);
		check_text(match.symbol, patterns[i].symbol);
		g_assert_cmpuint(match.words, ==, !!patterns[i].word);
		check_text(match.word[0], patterns[i].word);
	}
}

/* As many words as there is room for; all texts go along when the line is copied. */
static void test_move(void)
{
	static const char line[] = "a,b,c,d [x] mm/gup.c:8 f+0x1 sh/7";
	g_autofree char *copy = g_strdup(line);
	const char *end = line + strlen(line);
	SplatMatch match;

	g_assert_true(splat_match("%w,%w,%w,%w %f:%l %y %t/%p", line, end, &match));
	g_assert_cmpuint(match.words, ==, 3);
	splat_match_move(&match, line, copy);
	g_assert_true(match.word[0].s == copy);
	g_assert_true(match.word[2].s == copy + 4);
	g_assert_true(match.condition.s == copy + 9);
	g_assert_true(match.file.s == copy + 12);
	g_assert_true(match.symbol.s == copy + 23);
	g_assert_true(match.task.s == copy + 29);
	g_assert_true(match.end == copy + strlen(copy));
}

static void read_page(SplatPage *page, const char *line)
{
	splat_page_read(page, line, line + strlen(line));
}

/* The forms of 6.1, of 6.12 and of long ago; the first page is the one complained about. */
static void test_page(void)
{
	SplatPage page = {0}, moved = {.reason = g_strdup("freed")};

	read_page(&page,
		  " \tpage:00000000ba547538 refcount:-1 mapcount:-384 index:0x4 pfn:0x1077a6");
	g_assert_true(page.present);
	g_assert_cmpint(page.refcount, ==, -1);
	g_assert_cmpint(page.mapcount, ==, -384);
	g_assert_cmpuint(page.pfn, ==, 0x1077a6);
	read_page(&page, "page: refcount:5 mapcount:6 pfn:0x7");
	g_assert_cmpint(page.refcount, ==, -1);
	g_assert_cmpuint(page.pfn, ==, 0x1077a6);
	read_page(&page, "flags: 0x1fff(node=0|zone=3(x)|y) rest");
	g_assert_cmpstr(page.flags, ==, "node=0|zone=3(x)|y");
	read_page(&page, "flags: 0x2(other)");
	g_assert_cmpstr(page.flags, ==, "node=0|zone=3(x)|y");
	read_page(&page, "page_type: f0(buddy) \r");
	read_page(&page, "page_type: other");
	g_assert_cmpstr(page.page_type, ==, "f0(buddy)");
	read_page(&page, "page dumped because: fake-offline page referenced \r");
	read_page(&page, "page dumped because: other");
	g_assert_cmpstr(page.reason, ==, "fake-offline page referenced");
	splat_page_move(&moved, &page);
	g_assert_cmpstr(moved.reason, ==, "fake-offline page referenced");
	g_assert_false(page.present);
	g_assert_null(page.reason);
	splat_page_clear(&moved);
	g_assert_false(moved.present);
	g_assert_cmpuint(moved.pfn, ==, 0);

	read_page(&page, "page:ffff count:3 mapcount: pfn:zz");
	g_assert_cmpint(page.refcount, ==, 3);
	g_assert_cmpint(page.mapcount, ==, 0);
	g_assert_cmpuint(page.pfn, ==, 0);
	read_page(&page, "flags: 0x2");
	read_page(&page, "flags: 0x2(open");
	g_assert_null(page.flags);
	splat_page_clear(&page);
}

static void test_page_dump(void)
{
	static const struct {
		const char *reason;
		SplatPageDump dump;
	} rows[] = {
		{"migration failure", PAGE_DUMP_ORDINARY},
		{"isolation failed", PAGE_DUMP_ORDINARY},
		{"unmovable page", PAGE_DUMP_ORDINARY},
		{"VM_BUG_ON_PAGE(x)", PAGE_DUMP_BEFORE},
		{"fake-offline page referenced", PAGE_DUMP_OTHER},
		{NULL, PAGE_DUMP_OTHER},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		SplatPage page = {.present = TRUE, .reason = (char *)rows[i].reason};

		g_assert_cmpint(splat_page_dump(&page), ==, rows[i].dump);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/splat-match/symbols", test_symbols);
	g_test_add_func("/splat-match/sources", test_sources);
	g_test_add_func("/splat-match/source-follows", test_source_follows);
	g_test_add_func("/splat-match/patterns", test_patterns);
	g_test_add_func("/splat-match/move", test_move);
	g_test_add_func("/splat-match/page", test_page);
	g_test_add_func("/splat-match/page-dump", test_page_dump);
	return g_test_run();
}
