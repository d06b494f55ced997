/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence on disk: complete, in order, valid JSON whatever the guest sends. */
#include "harness/results/record.h"
#include "host-driver/base/tree.h"
#include "host-driver/base/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	char *root;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->root = g_dir_make_tmp("pfnhunt-record-XXXXXX", NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	tree_remove(f->root);
	g_free(f->root);
}

static char *read_file(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

/* The objects of a file of JSON lines. */
static GPtrArray *read_lines(const char *dir, const char *name)
{
	g_autofree char *text = read_file(dir, name);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GPtrArray *nodes = g_ptr_array_new_with_free_func((GDestroyNotify)json_node_unref);

	for (guint i = 0; lines[i] && *lines[i]; i++) {
		g_autoptr(GError) error = NULL;
		JsonNode *node = json_from_string(lines[i], &error);

		g_assert_no_error(error);
		g_ptr_array_add(nodes, node);
	}
	return nodes;
}

static void parse(char *line, struct wire_msg *msg)
{
	g_assert_cmpint(wire_parse(line, strlen(line), 'g', msg), ==, 0);
}

static void test_files(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->root, "boot", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Record) r = record_new(dir, &error);
	char hostile[] = "event t_ns=5 inst=1 name=123 agent=evil host_us=-1 text=%ff%1b[31m%0a\"";
	char kmsg[] = "kmsg seq=1 t_us=77 prio=4 text=42";
	char count[] = "count t_ns=9 inst=0 name=x steps=18446744073709551615";
	g_autoptr(GPtrArray) events = NULL, kmsgs = NULL, counts = NULL, qmp = NULL;
	g_autofree char *console = NULL, *times = NULL;
	struct wire_msg msg;
	JsonObject *o;

	g_assert_no_error(error);
	record_console(r, "abc\n", 4);
	g_usleep(2000);
	record_console(r, "def\n", 4);
	parse(hostile, &msg);
	record_message(r, guest_gate(&msg));
	parse(kmsg, &msg);
	record_message(r, guest_gate(&msg));
	parse(count, &msg);
	record_message(r, guest_gate(&msg));
	record_qmp(r, '<', "{\"event\": \"X\"}");
	record_event(r, HOST_EVENT_NMI, NULL, NULL);
	g_assert_null(record_error(r));

	/* Written at once: read while the record is still open. */
	console = read_file(dir, "console.log");
	g_assert_cmpstr(console, ==, "abc\ndef\n");
	times = read_file(dir, "console.times");
	g_assert_nonnull(strstr(times, " 0\n"));
	g_assert_nonnull(strstr(times, " 4\n"));
	events = read_lines(dir, "events.jsonl");
	g_assert_cmpuint(events->len, ==, 2);
	o = json_node_get_object(g_ptr_array_index(events, 0));
	g_assert_cmpstr(json_object_get_string_member(o, "agent"), ==, "event");
	g_assert_cmpint(json_object_get_int_member(o, "host_us"), >=, 0);
	g_assert_cmpint(json_object_get_int_member(o, "inst"), ==, 1);
	g_assert_cmpstr(json_object_get_string_member(o, "name"), ==, "123");
	kmsgs = read_lines(dir, "kmsg.jsonl");
	o = json_node_get_object(g_ptr_array_index(kmsgs, 0));
	g_assert_cmpstr(json_object_get_string_member(o, "text"), ==, "42");
	g_assert_cmpint(json_object_get_int_member(o, "t_us"), ==, 77);
	counts = read_lines(dir, "counters.jsonl");
	g_assert_cmpuint(counts->len, ==, 1);
	qmp = read_lines(dir, "qmp.jsonl");
	o = json_node_get_object(g_ptr_array_index(qmp, 0));
	g_assert_cmpstr(json_object_get_string_member(o, "line"), ==, "{\"event\": \"X\"}");
}

static void test_refused(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->root, "no", "such", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(record_new(dir, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_clear_error(&error);
	/* An existing folder is somebody's evidence: never written into. */
	g_assert_null(record_new(f->root, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
}

/* A file that cannot be written is noticed and told, not ignored. */
static void test_write_error(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->root, "boot", NULL);
	g_autoptr(Record) r = record_new(dir, NULL);

	tree_remove(dir);
	g_assert_false(record_file(r, "verdict.json", "{}", 2));
	g_assert_error(record_error(r), PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
}

/* And all that it says, by whatever way, at the limit of the boot. */
static void test_full_together(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->root, "boot", NULL);
	g_autoptr(Record) r = record_new(dir, NULL);
	g_autofree char *console = NULL, *qmp = NULL;

	record_set_max(r, 1 << 20, 16384);
	for (guint i = 0; i < 1000; i++) {
		record_console(r, "0123456789abcdef\n", 17);
		record_qmp(r, '<', "{\"event\": \"X\"}");
	}
	console = read_file(dir, "console.log");
	qmp = read_file(dir, "qmp.jsonl");
	g_assert_cmpuint(strlen(console) + strlen(qmp), >, 8192);
	g_assert_cmpuint(strlen(console) + strlen(qmp), <=, 16384);
}

/* What a guest says without end stops at the limit, in the middle of no line, and that is told. */
static void test_full(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = g_build_filename(f->root, "boot", NULL);
	g_autoptr(Record) r = record_new(dir, NULL);
	g_autoptr(GPtrArray) lines = NULL;
	g_autofree char *console = NULL, *events = NULL;

	record_set_max(r, 4096, 1 << 20);
	for (guint i = 0; i < 1000; i++) {
		char log[] = "kmsg seq=1 t_us=77 prio=4 text=0123456789";
		struct wire_msg msg;

		parse(log, &msg);
		record_message(r, guest_gate(&msg));
		record_console(r, "0123456789abcdef\n", 17);
	}
	record_console(r, "\n", 1);
	g_assert_null(record_error(r));
	lines = read_lines(dir, "kmsg.jsonl");
	g_assert_cmpuint(lines->len, >, 10);
	g_assert_cmpuint(lines->len, <, 100);
	console = read_file(dir, "console.log");
	g_assert_cmpuint(strlen(console), ==, 4096 / 17 * 17);
	events = read_file(dir, "events.jsonl");
	g_assert_nonnull(strstr(events, "{\"host\":\"file-full\",\"name\":\"console.log\""));
	g_assert_nonnull(strstr(events, "\"name\":\"kmsg.jsonl\""));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/record/files", Fixture, NULL, set_up, test_files, tear_down);
	g_test_add("/record/refused", Fixture, NULL, set_up, test_refused, tear_down);
	g_test_add("/record/full", Fixture, NULL, set_up, test_full, tear_down);
	g_test_add("/record/full-together", Fixture, NULL, set_up, test_full_together, tear_down);
	g_test_add("/record/write-error", Fixture, NULL, set_up, test_write_error, tear_down);
	return g_test_run();
}
