/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of every kind in every field that a guest, its console and its machine can put text in:
 * what is written can be read again, and nothing of a boot vanishes for it.
 */
#include "harness/report/formats.h"
#include "harness/results/model.h"
#include "harness/store/store.h"
#include "host-driver/base/json-sane.h"
#include "host-driver/base/json.h"
#include "host-driver/base/text.h"
#include "host-driver/fake/fake.h"
#include "hunt-fixture.h"

#include <string.h>

static const struct {
	const char *text;
	guint times;
} hostile[] = {
	{"\xff", 1},
	/* Cut short, overlong, beyond Unicode, surrogates, no characters. */
	{"rea\xff\xfe"
	 "dy \xc3( \xe2\x28\xa1 \xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \xef\xbf\xbe \xc3",
	 1},
	/* What terminals, and readers of lines, JSON, XML and TAP, take for more than text. */
	{"\x1b[2J\x1b]0;x\x07 a\nnot ok 1\r \xe2\x80\xae \xc2\x9b \x01\x1f\x7f\t "
	 "\"\\\"}] </script>]]>& \\u0000\\ud800 %",
	 1},
	{"x\xff", 150},
	{"x\xff", 1000},
};

static char *repeat(guint i)
{
	GString *s = g_string_new(NULL);

	for (guint n = 0; n < hostile[i].times; n++)
		g_string_append(s, hostile[i].text);
	return g_string_free(s, FALSE);
}

/* As the wire carries it, and as a script's console line does. */
static char *encode(const char *text, const char *format)
{
	GString *s = g_string_new(NULL);

	for (const char *c = text; *c; c++)
		g_string_append_printf(s, format, (guchar)*c);
	return g_string_free(s, FALSE);
}

static char *script_of(const char *text)
{
	g_autofree char *w = encode(text, "%%%02X"), *c = encode(text, "\\x%02X");
	GString *s = g_string_new(HUNT_HELLO);

	g_string_append_printf(s, "11 console [    0.2] %s\\n\n", c);
	g_string_append_printf(s, "12 console [    0.3] BUG: %s\\n\n", c);
	g_string_append_printf(s, "on go +4 agent opstate inst=0 name=%s state=%s reason=%s\n", w,
			       w, w);
	g_string_append_printf(s, "on go +4 agent cap name=%s value=%s\n", w, w);
	g_string_append_printf(s, "on go +4 agent event t_ns=1 name=%s text=%s a=%s\n", w, w, w);
	g_string_append_printf(s, "on go +4 agent log text=%s\n", w);
	g_string_append_printf(s, "on go +4 agent kmsg seq=1 t_us=1 prio=4 text=%s\n", w);
	g_string_append_printf(s, "on go +5 agent probe t_ns=1 layer=%s on=1 reason=%s\n", w, w);
	g_string_append_printf(s,
			       "on go +5 agent window t_ns=1 name=%s opened=1 open_ns=1 "
			       "longest_ns=1 overlap=0 lost=0\n",
			       w);
	g_string_append_printf(s,
			       "on go +5 agent visit t_ns=1 walker=%s func=%s window=%s visits=1 "
			       "inside=1 offline=1 nearest_ns=1\n",
			       w, w, w);
	g_string_append_printf(s, "on go +5 agent count t_ns=1 inst=0 name=%s steps=9 x=%s\n", w,
			       w);
	g_string_append_printf(s, "on go +5 agent phase t_ns=1 name=%s\n", w);
	g_string_append(s, "6 event X {\"a\":\"\\u0000\\u001b\\ud800\\u202e\\udc00\"}\n");
	g_string_append_printf(s, "on go +20 agent done t_ns=1260000000 reason=%s ops=1 steps=9\n",
			       w);
	return g_string_free(s, FALSE);
}

static gboolean count_line(JsonObject *line, gpointer user)
{
	(*(guint *)user)++;
	return TRUE;
}

/* Every file of the folder is read by our own reader, to its last line. */
static guint check_folder(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;
	guint files = 0;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL), *text = NULL;
		g_autoptr(GError) error = NULL;
		guint read = 0, written = 0;

		if (g_str_has_suffix(name, ".json")) {
			g_autoptr(JsonNode) node = rj_load(path, name, &error);

			g_assert_no_error(error);
			g_assert_nonnull(node);
			files++;
		} else if (g_str_has_suffix(name, ".jsonl")) {
			g_assert_true(rj_lines(path, name, count_line, &read));
			g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
			for (const char *c = text; *c; c++)
				written += *c == '\n';
			g_assert_cmpuint(read, ==, written);
			files++;
		}
	}
	return files;
}

static void assert_clean(const char *text)
{
	g_autofree char *copy = g_strdup(text);

	g_assert_cmpstr(text_clean(copy), ==, text);
}

static void check_xml(const char *text)
{
	static const GMarkupParser parser = {0};
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	g_autoptr(GError) error = NULL;

	g_markup_parse_context_parse(context, text, -1, &error);
	g_assert_no_error(error);
	g_markup_parse_context_free(context);
}

static void on_over(const BootResult *result, gboolean retried, gpointer user)
{
}

static void on_note(const char *text, gpointer user)
{
	g_error("%s", text);
}

static const HuntListener listener = {.boot_over = on_over, .note = on_note};

static void take_boots(const StoreHunt *hunt, gpointer user)
{
	*(gint64 *)user += hunt->boots;
}

static void check_hunt(HuntFixture *f)
{
	const BootResult *r = g_ptr_array_index(f->summary.results, 0);
	g_autoptr(GPtrArray) hunts =
		g_ptr_array_new_with_free_func((GDestroyNotify)results_hunt_free);
	g_autoptr(Store) store = store_open(f->results, NULL);
	RHunt *h = results_hunt_load(f->summary.dir, TRUE, NULL);
	g_autofree char *junit = NULL;
	gint64 stored = 0;
	const RBoot *b;

	g_ptr_array_add(hunts, h);
	g_assert_cmpuint(check_folder(r->dir), >=, 7);
	g_assert_cmpuint(h->boots->len, ==, 1);
	b = g_ptr_array_index(h->boots, 0);
	g_assert_cmpstr(b->verdict, ==, verdict_name(r->verdict));
	g_assert_cmpstr(b->reason, ==, r->reason);
	assert_clean(b->reason);
	for (guint i = 0; i < b->ops->len; i++) {
		const ROp *op = g_ptr_array_index(b->ops, i);

		assert_clean(op->state);
		assert_clean(op->reason);
	}
	g_assert_true(store_list(store, take_boots, &stored, NULL));
	g_assert_cmpint(stored, ==, 1);
	junit = report_junit(hunts);
	check_xml(junit);
}

static void test_round_trip(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(hostile); i++) {
		g_autofree char *text = repeat(i), *script = script_of(text);
		g_autoptr(GError) error = NULL;
		HuntFixture f = {0};

		hunt_fixture_init(&f);
		vm_fake_set_script(script);
		g_assert_true(hunt_fixture_run(&f, "", (HuntConfig){.boots = 1}, &listener, NULL,
					       &error));
		g_assert_no_error(error);
		check_hunt(&f);
		hunt_fixture_clear(&f);
	}
}

/* What nobody can read is told everywhere, as our own failure. */
static void test_unreadable(void)
{
	static const char *const names[] = {"verdict.json", "boot.json"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GPtrArray) hunts =
			g_ptr_array_new_with_free_func((GDestroyNotify)results_hunt_free);
		g_autofree char *path = NULL, *junit = NULL, *reason = NULL, *note = NULL;
		HuntFixture f = {0};
		guint boots = 0;
		const RBoot *b;

		hunt_fixture_init(&f);
		g_assert_true(
			hunt_fixture_run(&f, "", (HuntConfig){.boots = 1}, &listener, NULL, NULL));
		path = g_build_filename(f.summary.dir, "boots", "0000", names[i], NULL);
		g_assert_true(g_file_set_contents(path, "{\"verdict\": \"\xff\"}", -1, NULL));
		g_ptr_array_add(hunts, results_hunt_load(f.summary.dir, TRUE, NULL));
		b = g_ptr_array_index(((RHunt *)g_ptr_array_index(hunts, 0))->boots, 0);
		reason = g_strdup_printf("%s cannot be read", names[i]);
		g_assert_cmpstr(b->verdict, ==, "infra");
		g_assert_cmpstr(b->reason, ==, reason);
		g_assert_true(results_boot_counts(b));
		junit = report_junit(hunts);
		g_assert_nonnull(strstr(junit, reason));
		g_assert_true(store_rebuild(f.results, &note, NULL, &boots, NULL));
		g_assert_cmpuint(boots, ==, 1);
		hunt_fixture_clear(&f);
	}
}

static void test_clean(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},
		{"a b", "a b"},
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7"},
		{"a\xff"
		 "b",
		 "a?b"},
		{"\xed\xa0\x80", "???"},
		{"\xc0\xaf", "??"},
		{"\xe2\x82", "??"},
		{"a\nb\tc\x1b", "a?b?c?"},
		{"\xc2\x85", "?"},
		{"x\xe2\x80\xaey\xe2\x81\xa6z\xef\xbb\xbf", "x?y?z?"},
		{"\xe2\x80\xa8", "?"},
	};
	g_autofree char *big = g_strnfill(100000, 'x'), *cut = text_clean_copy(big);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = text_clean_copy(cases[i].in);

		g_assert_cmpstr(text, ==, cases[i].out);
	}
	g_assert_cmpuint(strlen(cut), ==, TEXT_MAX_BYTES);
}

static void test_cut(void)
{
	/* Where it is cut, and what is left. */
	static const struct {
		gsize max;
		const char *out;
	} cases[] = {{0, ""},	     {1, "a"},	      {2, "a"},	      {3, "a"},
		     {4, "a\u20ac"}, {5, "a\u20acb"}, {9, "a\u20acb"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = text_cut("a\u20acb", cases[i].max);

		g_assert_cmpstr(text, ==, cases[i].out);
	}
	g_assert_null(text_cut(NULL, 10));
}

/* What no terminal should see stands in JSON as an escape, and comes back as it was. */
static void test_escapes(void)
{
	static const char evil[] = "a\x7f\xc2\x85\xc2\x9b"
				   "2J\u2028\u202e\u2066\u00ad\U000E0041\u00e9\"\\";
	JsonObject *o = json_object_new();
	g_autofree char *text = NULL;
	g_autoptr(JsonNode) node = NULL;

	rj_set_text(o, "text", evil);
	text = rj_print(o, FALSE);
	g_assert_cmpstr(
		text, ==,
		"{\"text\":\"a\\u007f\\u0085\\u009b2J\\u2028\\u202e\\u2066\\u00ad\\udb40\\udc41"
		"\u00e9\\\"\\\\\"}");
	node = json_from_string(text, NULL);
	g_assert_cmpstr(rj_text(json_node_get_object(node), "text", ""), ==, evil);
}

/* Two bytes of a file are hundreds in memory: of a file of 4 MiB it would be a gigabyte. */
static void test_values(void)
{
	GString *text = g_string_new("[0");

	for (guint i = 0; i < 150000; i++)
		g_string_append(text, ",0");
	g_assert_true(json_is_sane(text->str));
	for (guint i = 0; i < 150000; i++)
		g_string_append(text, ",0");
	g_assert_false(json_is_sane(text->str));
	g_string_free(text, TRUE);
}

/* json-glib 1.10 stops the program at a second value behind the first (seen with Debian 13's). */
static void test_one_value(void)
{
	static const char *const one[] = {"{}", " [1, {}]\r\n", "{\"a\": \"}{\"}"};
	static const char *const more[] = {
		"{}{}", "{}\r{\"a\": 1}", "1 {}", "[] 1", "{}]", "17", "]{", ""};

	for (gsize i = 0; i < G_N_ELEMENTS(one); i++)
		g_assert_true(json_is_sane(one[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(more); i++)
		g_assert_false(json_is_sane(more[i]));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hostile/clean", test_clean);
	g_test_add_func("/hostile/cut", test_cut);
	g_test_add_func("/hostile/escapes", test_escapes);
	g_test_add_func("/hostile/values", test_values);
	g_test_add_func("/hostile/one-value", test_one_value);
	g_test_add_func("/hostile/round-trip", test_round_trip);
	g_test_add_func("/hostile/unreadable", test_unreadable);
	return g_test_run();
}
