/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of made-up hunts: what stands in them, and that a guest's text stays text. */
#include "harness/report/cases.h"
#include "host-driver/base/tree.h"
#include "harness/report/formats.h"
#include "harness/results/splat.h"
#include "results-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
	char *root;
	GPtrArray *hunts;
} Fixture;

static void load(Fixture *f, const char *id)
{
	g_autofree char *dir = g_build_filename(f->root, id, NULL);
	RHunt *hunt = results_hunt_load(dir, TRUE, NULL);

	g_assert_nonnull(hunt);
	g_ptr_array_add(f->hunts, hunt);
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->root = fixture_tmp();
	f->hunts = g_ptr_array_new_with_free_func((GDestroyNotify)results_hunt_free);
	fixture_results(f->root);
	load(f, "20261120-100000-quick-6.12");
	load(f, "20261121-100000-quick-7.3");
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_ptr_array_unref(f->hunts);
	tree_remove(f->root);
	g_free(f->root);
}

static void has(const char *text, const char *words)
{
	if (!strstr(text, words))
		g_error("'%s' lacks '%s'", text, words);
}

static void test_escape(Fixture *f, gconstpointer data)
{
	g_autoptr(GString) out = g_string_new(NULL);

	report_escape(out, NULL);
	g_assert_cmpstr(out->str, ==, "");
	report_escape(out, "<a b='\"&\">\t\n\r\x01\x1b[0m\x7f");
	g_assert_cmpstr(out->str, ==, "&lt;a b=&#39;&quot;&amp;&quot;&gt;\t\n???[0m?");
	g_string_truncate(out, 0);
	/* Broken UTF-8, a surrogate, U+FFFE, right-to-left override, NEL; ä stays. */
	report_escape(out, "\xff\xed\xa0\x80\xef\xbf\xbe\xe2\x80\xae\xc2\x85\xc3\xa4");
	g_assert_true(g_utf8_validate(out->str, -1, NULL));
	g_assert_null(strstr(out->str, "\xef\xbf\xbe"));
	g_assert_null(strstr(out->str, "\xe2\x80\xae"));
	g_assert_true(g_str_has_suffix(out->str, "\?\?\?\xc3\xa4"));
}

/* Every byte that a guest can send, alone and at the end of a text. */
static void test_escape_all(Fixture *f, gconstpointer data)
{
	for (guint c = 1; c < 256; c++) {
		g_autoptr(GString) out = g_string_new(NULL);
		char text[] = {'x', (char)c, '\0'};

		report_escape(out, text);
		g_assert_true(g_utf8_validate(out->str, -1, NULL));
		for (const char *p = out->str; *p; p++)
			g_assert_true((guchar)*p >= 0x20 || *p == '\t' || *p == '\n');
		g_assert_null(strpbrk(out->str, "<>\"'\033\r"));
	}
}

static void test_splat(Fixture *f, gconstpointer data)
{
	const RHunt *h = g_ptr_array_index(f->hunts, 0);
	const RBoot *b = g_ptr_array_index(h->boots, 0);
	g_autofree char *all = results_splat_text(b, FIXTURE_WARN, FIXTURE_SIG, 100);
	g_autofree char *few = results_splat_text(b, FIXTURE_WARN, FIXTURE_SIG, 3);

	g_assert_nonnull(all);
	has(all, "offline_pages+0x2ab/0x680");
	has(all, "fake-offline page referenced");
	g_assert_null(strstr(all, "all is well"));
	has(few, " more lines)\n");
	g_assert_null(results_splat_text(b, "another", FIXTURE_SIG, 100));
}

/* Older versions wrote "in corrupted" into results when the log has no function. */
static void test_splat_old_title(Fixture *f, gconstpointer data)
{
	RHunt *h = g_ptr_array_index(f->hunts, 0);
	RBoot *b = g_ptr_array_index(h->boots, 0);
	g_autofree char *text = NULL;

	fixture_write(b->dir, "console.log",
		      "[    9.000000] general protection fault: 0000 [#1] SMP\n");
	text = results_splat_text(b, "general protection fault in corrupted", "gpf", 100);
	g_assert_nonnull(text);
	has(text, "general protection fault: 0000");
}

/* "sample_outer+0x4/SIZE" with the size that it has in the sample program. */
static char *sample_frame(Decoder *decoder)
{
	for (guint size = 1; size < 256; size++) {
		g_autoptr(GPtrArray) frames = g_ptr_array_new();
		g_autofree char *frame = g_strdup_printf("sample_outer+0x4/0x%x", size);
		g_autofree char *why = NULL;
		g_autoptr(GString) text = g_string_new("");
		Splat splat = {.frames = frames, .text = text};
		g_autoptr(GPtrArray) out = NULL;

		g_ptr_array_add(frames, frame);
		out = decoder_splat(decoder, &splat, &why);
		if (!why && strstr(g_ptr_array_index(out, 0), "decode-sample.c:"))
			return g_steal_pointer(&frame);
	}
	return NULL;
}

static void test_decoded(Fixture *f, gconstpointer data)
{
	g_autoptr(Decoder) decoder = decoder_new(g_getenv("DECODE_SAMPLE"), NULL, NULL);
	RHunt *h = g_ptr_array_index(f->hunts, 0);
	RBoot *b = g_ptr_array_index(h->boots, 0);
	g_autofree char *frame = sample_frame(decoder);
	g_autofree char *console = fixture_read(b->dir, "console.log");
	g_auto(GStrv) parts = g_strsplit(console, "offline_pages+0x2ab/0x680", 2);
	g_autofree char *other = g_strconcat(parts[0], frame, parts[1], NULL);
	g_autofree char *html = NULL;

	g_assert_nonnull(frame);
	fixture_write(b->dir, "console.log", other);
	html = report_html(f->hunts);
	g_assert_null(strstr(html, "decoded:"));
	g_free(html);
	b->decoder = decoder;
	html = report_html(f->hunts);
	has(html, "decoded:\n");
	has(html, "tests/unit/decode-sample.c:");
	/* A frame that the file does not have stays as it was. */
	has(html, "\n memory_subsys_offline+0xcd/0x170\n");
}

/* A results folder that was given by a relative path has links all the same. */
static void test_links(Fixture *f, gconstpointer data)
{
	RHunt *h = g_ptr_array_index(f->hunts, 0);
	RBoot *b = g_ptr_array_index(h->boots, 0);
	g_autofree char *uri = g_filename_to_uri(b->dir, NULL, NULL);
	g_autofree char *wanted = g_strconcat("<a href=\"", uri, "/console.log\">", NULL);
	g_autofree char *here = g_get_current_dir();
	g_autofree char *html = NULL;
	char *relative = g_strdup(b->dir + strlen(f->root) + 1);

	g_free(b->dir);
	b->dir = relative;
	g_assert_cmpint(g_chdir(f->root), ==, 0);
	html = report_html(f->hunts);
	g_assert_cmpint(g_chdir(here), ==, 0);
	has(html, wanted);
}

static void test_cases(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) suites = NULL;
	const RSuite *last;
	const RCase *first, *machine, *plug;

	/* The same hunt twice: names stay unique. */
	load(f, "20261120-100000-quick-6.12");
	/* One whose only boot hung, and one without a boot. */
	{
		g_autofree char *hung =
			fixture_hunt(f->root, &(FixtureHunt){"h", "2026-11-22T10:00:00Z", "a#b c",
							     "6.1", "hang"});

		fixture_boot(hung, &(FixtureBoot){.folder = "0000", .verdict = "unexposed"});
		fixture_boot(hung, &(FixtureBoot){.folder = "0001", .verdict = "hang"});
		g_free(fixture_hunt(f->root, &(FixtureHunt){"none", "2026-11-22T10:00:00Z", "q",
							    "6.1", NULL}));
	}
	load(f, "h");
	load(f, "none");
	suites = report_suites(f->hunts);
	g_assert_cmpuint(suites->len, ==, 5);
	/* Watched, and no walker was near: that is not clean. */
	plug = g_ptr_array_index(((RSuite *)g_ptr_array_index(suites, 0))->cases, 1);
	g_assert_cmpstr(plug->family, ==, "plug");
	g_assert_cmpint(plug->state, ==, RCASE_SKIP);
	has(plug->message, "not exposed");
	g_assert_cmpstr(((RSuite *)g_ptr_array_index(suites, 2))->name, ==,
			"quick:" FIXTURE_KERNEL ":2");
	last = g_ptr_array_index(suites, 3);
	g_assert_cmpstr(last->name, ==, "a_b_c:6.1");
	machine = g_ptr_array_index(last->cases, last->cases->len - 1);
	g_assert_cmpint(machine->state, ==, RCASE_FAIL);
	has(machine->message, "boot 0001: hang");
	last = g_ptr_array_index(suites, 4);
	first = g_ptr_array_index(last->cases, 0);
	machine = g_ptr_array_index(last->cases, last->cases->len - 1);
	g_assert_cmpint(first->state, ==, RCASE_SKIP);
	g_assert_cmpint(machine->state, ==, RCASE_ERROR);
}

/* Told as it was hunted, and fit for a shell. */
static void test_command(Fixture *f, gconstpointer data)
{
	RHunt *h = g_ptr_array_index(f->hunts, 0);
	g_autofree char *here = report_command(h), *there = NULL;

	g_assert_null(strstr(here, "--backend"));
	g_free(h->backend);
	h->backend = g_strdup("qemu libvirt:qemu+ssh://h/system?keyfile=/k&no_verify=1");
	there = report_command(h);
	has(there, " --backend qemu --backend "
		   "'libvirt:qemu+ssh://h/system?keyfile=/k&no_verify=1' ");
}

static void test_html(Fixture *f, gconstpointer data)
{
	g_autofree char *html = report_html(f->hunts);

	has(html, "<!DOCTYPE html>");
	has(html, "1 of 3 boots fired (33 %), 300 offlines, 1,200 damon visits inside");
	has(html, "offline_pages+0x2ab/0x680");
	has(html, "pfnhunt run quick --kernel 6.12 --seed 0x00000000000000aa");
	has(html, "&lt;script&gt;alert(1)&lt;/script&gt;");
	g_assert_null(strstr(html, "<script>alert"));
	g_assert_null(strstr(html, "<img"));
	g_assert_null(strchr(html, '\033'));
	g_assert_null(strstr(html, "http://"));
	g_assert_null(strstr(html, "https://"));
	g_assert_true(g_utf8_validate(html, -1, NULL));
}

/* What a killed or thinned hunt leaves is enough for every format. */
static void test_bare(Fixture *f, gconstpointer data)
{
	static char *(*const all[])(const GPtrArray *) = {report_html, report_junit, report_ktap,
							  report_jsonl, report_prometheus};

	{
		g_autofree char *dir =
			fixture_hunt(f->root, &(FixtureHunt){"bare", "", "quick", "6.1", NULL});
		g_autofree char *boot = g_build_filename(dir, "boots", "0000", NULL);

		fixture_boot(dir, &(FixtureBoot){.folder = "0000"});
		tree_remove(boot);
		fixture_boot(dir, &(FixtureBoot){.folder = "0001"});
	}
	g_ptr_array_set_size(f->hunts, 0);
	load(f, "bare");
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		g_autofree char *text = all[i](f->hunts);

		g_assert_cmpuint(strlen(text), >, 50);
	}
}

/* Counts and times that no machine has, and lines that nest for ever. */
static void test_numbers(Fixture *f, gconstpointer data)
{
	static const char *const numbers[] = {"9223372036854775807", "-9223372036854775808",
					      "1e300", "\"x\"", "0"};
	g_autofree char *dir =
		g_build_filename(f->root, "20261120-100000-quick-6.12", "boots", "0001", NULL);
	g_autofree char *deep = g_strnfill(500000, '['), *html = NULL;
	g_autoptr(GString) lines = g_string_new(NULL);
	RTotals totals;

	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
		g_string_append_printf(lines,
				       "{\"agent\":\"count\",\"inst\":0,\"steps\":%s,\"t_ns\":%s,"
				       "\"host_us\":%s,\"requested_bytes\":%s,"
				       "\"plugged_bytes\":%s,\"device\":\"vm0\"}\n",
				       numbers[i], numbers[i], numbers[i], numbers[i], numbers[i]);
	g_string_append_printf(lines, "%s\n{\"a\":%s\n", deep, deep);
	fixture_write(dir, "counters.jsonl", lines->str);
	fixture_write(dir, "memory.jsonl", lines->str);
	fixture_write(dir, "events.jsonl", lines->str);
	fixture_write(dir, "verdict.json",
		      "{\"verdict\":\"incident\",\"offlines\":9223372036854775807,"
		      "\"hits\":9223372036854775807,\"incidents\":[{\"family\":\"fake-offline\","
		      "\"evidence\":true,\"hits\":9223372036854775807,\"cause\":{"
		      "\"title\":\"t\",\"t_us\":9223372036854775807}}]}");
	g_ptr_array_set_size(f->hunts, 0);
	load(f, "20261120-100000-quick-6.12");
	totals = results_totals(g_ptr_array_index(f->hunts, 0));
	g_assert_cmpint(totals.offlines, ==, 200);
	html = report_html(f->hunts);
	has(html, "class=\"timeline\"");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(Fixture *, gconstpointer);
	} tests[] = {
		{"/report/escape", test_escape},
		{"/report/escape-all", test_escape_all},
		{"/report/splat", test_splat},
		{"/report/splat/old-title", test_splat_old_title},
		{"/report/decoded", test_decoded},
		{"/report/cases", test_cases},
		{"/report/html", test_html},
		{"/report/numbers", test_numbers},
		{"/report/bare", test_bare},
		{"/report/command", test_command},
		{"/report/links", test_links},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
