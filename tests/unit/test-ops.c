/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The op table, the checks on parameters and the plan made of an `op` message. */
#include "guest-agent/contract/op.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "guest-agent/contract/events.h"
#include "guest-agent/contract/wire.h"

static gboolean all_of(const char *text, const char *allowed)
{
	return *text && strspn(text, allowed) == strlen(text);
}

static void check_params(const struct op *op)
{
	const struct op_param *param;
	char form[256], err[1024];

	for (size_t i = 0; (param = op_param_get(op, i)); i++) {
		g_assert_true(all_of(param->name, "abcdefghijklmnopqrstuvwxyz0123456789-"));
		g_assert_nonnull(param->help);
		g_assert_true(op_param_find(op, param->name) == param); /* once only */
		g_assert_cmpint(op_param_check(op, param->name, param->def, err, sizeof(err)), ==,
				0);
		g_assert_cmpstr(op_param_form(param, form, sizeof(form)), !=, "");
		if (param->type == OP_PARAM_INT)
			g_assert_cmpint(param->min, <, param->max);
		g_assert_cmpstr(param->name, !=, "name");
		g_assert_cmpstr(param->name, !=, "inst");
	}
}

static void test_table(void)
{
	static const char *const core_keys[] = {"t_ns",	    "inst",	   "name",   "steps",
						"offlines", "offlines_ok", "refused"};
	const struct op *op;
	size_t count;

	for (count = 0; (op = op_get(count)); count++) {
		size_t counters = 0;

		g_assert_true(all_of(op->name, "abcdefghijklmnopqrstuvwxyz0123456789-"));
		g_assert_true(op_find(op->name) == op);
		g_assert_nonnull(op->help);
		g_assert_nonnull(op->step);
		for (; op->counters && op->counters[counters]; counters++)
			g_assert_true(all_of(op->counters[counters],
					     "abcdefghijklmnopqrstuvwxyz0123456789_"));
		g_assert_cmpuint(counters, <=, OP_COUNTERS_MAX);
		/* A key occurs once in a line, and these are the core's. */
		for (size_t i = 0; i < counters; i++)
			for (size_t k = 0; k < G_N_ELEMENTS(core_keys); k++)
				g_assert_cmpstr(op->counters[i], !=, core_keys[k]);
		for (const struct op_need *n = op->needs; n && n->path; n++)
			g_assert_true(n->path[0] == '/');
		check_params(op);
	}
	g_assert_cmpuint(count, >=, 9);
	g_assert_null(op_find("no-such-op"));
	g_assert_cmpint(op_find("block-state")->kind, ==, OP_HAMMER);
	g_assert_cmpint(op_find("damon")->kind, ==, OP_WALKER);
}

static void test_events(void)
{
	for (int i = 0; i < AGENT_EVENT_COUNT; i++) {
		const struct agent_event_info *e = &agent_event_table[i];

		g_assert_true(all_of(e->name, "abcdefghijklmnopqrstuvwxyz0123456789_"));
		g_assert_cmpstr(e->help, !=, "");
		for (int k = 0; k < i; k++)
			g_assert_cmpstr(agent_event_table[k].name, !=, e->name);
	}
}

static void test_check(void)
{
	static const struct {
		const char *op, *key, *value;
		int ret;
		const char *says;
	} cases[] = {
		{"block-state", "blocks", "32,34-36", 0, NULL},
		{"block-state", "blocks", "some", -EINVAL, "partly, movable, all"},
		{"block-state", "online", "online", 0, NULL},
		{"block-state", "online", "offline", -EINVAL,
		 "online_movable|online|online_kernel"},
		{"block-state", "deadline-ms", "9", -ERANGE, "10..600000"},
		{"block-state", "deadline-ms", "1e3", -EINVAL, "10..600000"},
		{"block-state", "deadline", "10", -ENOENT, "deadline-ms"},
		{"null-walker", "cpu", "-1", 0, NULL},
		{"null-walker", "cpu", "0x1", 0, NULL},
		{"null-walker", "cpu", "-2", -ERANGE, "-1..1023"},
		{"null-walker", "sched", "fifo", 0, NULL},
		{"null-walker", "sched", "rr", -EINVAL, "other|idle|batch|fifo"},
		{"null-walker", "pace-us", "18446744073709551616", -ERANGE, "0..60000000"},
		{"null-walker", "", "1", -ENOENT, "start-delay-ms"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		char err[1024] = "";
		int ret = op_param_check(op_find(cases[i].op), cases[i].key, cases[i].value, err,
					 sizeof(err));

		g_assert_cmpint(ret, ==, cases[i].ret);
		if (cases[i].says)
			g_assert_nonnull(strstr(err, cases[i].says));
	}
}

static int parse_plan(const char *text, struct op_plan *plan, char *err, size_t size)
{
	g_autofree char *line = g_strdup(text);
	struct wire_msg msg;

	g_assert_cmpint(wire_parse(line, strlen(line), 'h', &msg), ==, 0);
	return op_plan_parse(plan, &msg, err, size);
}

static void test_plan(void)
{
	struct op_plan plan;
	char err[1024];

	g_assert_cmpint(
		parse_plan("op inst=3 name=block-state order=random deadline-ms=0x64 cpu=-1", &plan,
			   err, sizeof(err)),
		==, 0);
	g_assert_cmpuint(plan.inst, ==, 3);
	g_assert_cmpstr(plan.op->name, ==, "block-state");
	g_assert_cmpstr(op_text(&plan, "blocks"), ==, "partly");
	g_assert_cmpuint(op_enum(&plan, "order"), ==, 1);
	g_assert_cmpint(op_int(&plan, "deadline-ms"), ==, 100);
	g_assert_cmpint(op_int(&plan, "cpu"), ==, -1);
	g_assert_cmpint(op_int(&plan, "pace-us"), ==, 0);
	op_plan_clear(&plan);
	g_assert_cmpuint(plan.kv_count, ==, 0);
}

static void test_plan_refused(void)
{
	static const char *const lines[] = {
		"op inst=0",
		"op inst=0 name=nothing",
		"op name=ksm",
		"op name=ksm inst=32",
		"op name=ksm inst=x",
		"op name=ksm inst=0 area-mb=0",
		"op name=ksm inst=0 area-mb=1 nonsense=1",
	};
	struct op_plan plan;

	for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
		char err[1024] = "";

		g_assert_cmpint(parse_plan(lines[i], &plan, err, sizeof(err)), <, 0);
		g_assert_cmpstr(err, !=, "");
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ops/table", test_table);
	g_test_add_func("/ops/events", test_events);
	g_test_add_func("/ops/check", test_check);
	g_test_add_func("/ops/plan", test_plan);
	g_test_add_func("/ops/plan/refused", test_plan_refused);
	return g_test_run();
}
