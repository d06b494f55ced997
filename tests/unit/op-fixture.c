/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The core of ops on a fake tree: see the header. */
#include "op-fixture.h"

#include <string.h>

static void on_line(void *user, const char *line, size_t len, enum sink_priority priority)
{
	OpFixture *f = user;

	g_assert_cmpint(line[len - 1], ==, '\n');
	g_mutex_lock(&f->lock);
	g_ptr_array_add(f->lines, g_strndup(line, len - 1));
	g_mutex_unlock(&f->lock);
}

static void op_fixture_set_up(OpFixture *f, gconstpointer data)
{
	op_run_init_signals();
	f->tree = fake_tree_new();
	f->lines = g_ptr_array_new_with_free_func(g_free);
	f->rec = g_malloc0(REC_PAGES * REC_PAGE);
	f->sink = (struct sink){.line = on_line, .user = f};
	f->run = op_run_new(f->tree->fd, 42, &f->sink, f->rec);
}

static void op_fixture_tear_down(OpFixture *f, gconstpointer data)
{
	op_run_free(f->run);
	fake_tree_free(f->tree);
	g_ptr_array_unref(f->lines);
	g_free(f->rec);
}

void op_fixture_add(OpFixture *f, const char *text)
{
	g_autofree char *line = g_strdup(text);
	struct op_plan plan;
	struct wire_msg msg;
	char err[1024] = "";

	g_assert_cmpint(wire_parse(line, strlen(line), 'h', &msg), ==, 0);
	g_assert_cmpint(op_plan_parse(&plan, &msg, err, sizeof(err)), ==, 0);
	g_assert_cmpint(op_run_add(f->run, &plan), ==, 0);
}

void op_fixture_start_walker(OpFixture *f, const char *line)
{
	op_fixture_add(f, line);
	g_assert_cmpuint(op_run_setup(f->run, OP_WALKER), ==, 1);
	g_assert_cmpuint(op_run_start(f->run), ==, 1);
}

void op_fixture_stop(OpFixture *f)
{
	g_assert_cmpuint(op_run_stop(f->run, 2000), ==, 0);
}

char *op_fixture_last_value(OpFixture *f, const char *verb, const char *inst, const char *key)
{
	for (guint i = f->lines->len; i-- > 0;) {
		g_autofree char *line = g_strdup(f->lines->pdata[i]);
		struct wire_msg msg;

		g_assert_cmpint(wire_parse(line, strlen(line), 'g', &msg), ==, 0);
		if (g_str_equal(wire_verb_table[msg.verb].name, verb) &&
		    !g_strcmp0(wire_get(&msg, "inst"), inst))
			return g_strdup(wire_get(&msg, key));
	}
	return NULL;
}

void op_fixture_assert_value(OpFixture *f, const char *verb, const char *inst, const char *key,
			     const char *value)
{
	g_autofree char *is = op_fixture_last_value(f, verb, inst, key);

	g_assert_cmpstr(is, ==, value);
}

guint64 op_fixture_number(OpFixture *f, const char *inst, const char *key)
{
	g_autofree char *text = NULL;

	op_run_count(f->run);
	text = op_fixture_last_value(f, "count", inst, key);
	g_assert_nonnull(text);
	return g_ascii_strtoull(text, NULL, 10);
}

void op_fixture_wait_for(OpFixture *f, const char *inst, const char *key, guint64 least)
{
	gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

	while (op_fixture_number(f, inst, key) < least) {
		g_assert_cmpint(g_get_monotonic_time(), <, end);
		op_run_watch(f->run);
		g_usleep(2000);
	}
}

void op_fixture_publish(OpFixture *f, guint64 end_pfn)
{
	g_autofree struct targets *t = g_new0(struct targets, 1);

	t->block_pages = FAKE_BLOCK_PAGES;
	t->block_count = 1;
	t->block[0] = (struct target_block){32, TARGET_PARTLY | TARGET_AIMED, 1};
	t->range_count = 1;
	t->range[0] = (struct target_range){32 * FAKE_BLOCK_PAGES + 1024, end_pfn};
	targets_publish(op_run_targets(f->run), t);
}

void op_fixture_add_test_of(const char *path, void (*body)(OpFixture *, gconstpointer),
			    gconstpointer data)
{
	g_test_add(path, OpFixture, data, op_fixture_set_up, body, op_fixture_tear_down);
}

void op_fixture_add_test(const char *path, void (*body)(OpFixture *, gconstpointer))
{
	op_fixture_add_test_of(path, body, NULL);
}
