/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See plan-lines.h. Nothing is drawn here: the plan and the scenario say all. */
#include "harness/scenario/plan-lines.h"
#include "guest-agent/contract/wire.h"

static void add_line(Plan *plan, struct wire_out *out)
{
	int len = wire_end(out);

	/* All values come from a checked scenario or from file names of a kernel. */
	g_return_if_fail(len > 0);
	g_ptr_array_add(plan->lines, g_strndup(out->buf, len));
}

static void add_ops(Plan *plan, const Scenario *s)
{
	char buf[WIRE_LINE_MAX];

	for (guint i = 0; i < s->ops->len; i++) {
		const ScenarioOp *op = g_ptr_array_index(s->ops, i);
		struct wire_out out;

		if (!plan->runs[i])
			continue;
		wire_begin(&out, buf, sizeof(buf), WIRE_OP);
		wire_add_u64(&out, "inst", i);
		wire_add(&out, "name", op->name);
		for (guint k = 0; k < op->keys->len; k++)
			wire_add(&out, g_ptr_array_index(op->keys, k),
				 g_ptr_array_index(op->values, k));
		add_line(plan, &out);
	}
}

/* The parameters that the module is to be loaded with, or NULL. */
static const char *params_of(const GPtrArray *modules, const char *name)
{
	for (guint i = 0; i < modules->len; i++) {
		const KernelModule *m = g_ptr_array_index(modules, i);

		if (m->params && g_str_equal(m->name, name))
			return m->params;
	}
	return NULL;
}

/* virtio_mem itself waits for the `plug` line: the online policy must be set before it. */
static void add_modules(Plan *plan, const GPtrArray *modules, guint boot_count)
{
	char buf[WIRE_LINE_MAX];

	for (guint i = boot_count; i < modules->len; i++) {
		const KernelModule *m = g_ptr_array_index(modules, i);
		g_autofree char *path = g_strdup_printf("/modules/%s.ko", m->name);
		struct wire_out out;

		if (g_str_equal(m->name, "virtio_mem"))
			continue;
		wire_begin(&out, buf, sizeof(buf), WIRE_MODULE);
		wire_add(&out, "path", path);
		if (m->params)
			wire_add(&out, "params", m->params);
		wire_add_u64(&out, "needed", 0);
		add_line(plan, &out);
	}
}

/*
 * While the ops run the console is for warnings and worse: each block that goes and comes makes
 * several lines of information, and an emulated UART holds the guest up for every byte.
 */
#define CONSOLE_LEVEL "5"

static void add_settings(Plan *plan, const Scenario *s)
{
	char buf[WIRE_LINE_MAX];
	struct wire_out level;

	wire_begin(&level, buf, sizeof(buf), WIRE_SET);
	wire_add(&level, "path", "/proc/sys/kernel/printk");
	wire_add(&level, "value", CONSOLE_LEVEL);
	add_line(plan, &level);

	for (guint i = 0; i < s->set_paths->len; i++) {
		struct wire_out out;

		wire_begin(&out, buf, sizeof(buf), WIRE_SET);
		wire_add(&out, "path", g_ptr_array_index(s->set_paths, i));
		wire_add(&out, "value", g_ptr_array_index(s->set_values, i));
		add_line(plan, &out);
	}
}

/* Behind `plug`: by then all modules are loaded. vmemmap_base: see stage-page.c. */
static void add_symbols(Plan *plan, const Scenario *s)
{
	g_autofree char *functions = choreography_functions(s->choreography);
	g_autofree char *names = g_strdup_printf("%s,vmemmap_base,kernel_halt", functions);
	char buf[WIRE_LINE_MAX];
	struct wire_out out;

	if (!s->choreography->stands->len)
		return;
	wire_begin(&out, buf, sizeof(buf), WIRE_SYMBOLS);
	wire_add(&out, "names", names);
	add_line(plan, &out);
}

void plan_write_lines(Plan *plan, const Scenario *s, const GPtrArray *modules, guint boot_count)
{
	char buf[WIRE_LINE_MAX];
	struct wire_out out;
	const char *params = params_of(modules, "virtio_mem");
	int go_len;

	plan->lines = g_ptr_array_new_with_free_func(g_free);
	wire_begin(&out, buf, sizeof(buf), WIRE_PLAN);
	wire_add_u64(&out, "proto", WIRE_PROTO);
	wire_add_u64(&out, "seed", plan->agent_seed);
	wire_add(&out, "online_policy", s->online_policy);
	wire_add(&out, "probe", s->probe);
	wire_add_u64(&out, "probe_cost_ms", s->probe_cost_ms);
	wire_add_u64(&out, "removal", plan->removes);
	add_line(plan, &out);
	add_modules(plan, modules, boot_count);
	add_settings(plan, s);
	add_ops(plan, s);
	wire_begin(&out, buf, sizeof(buf), WIRE_PLUG);
	wire_add_u64(&out, "bytes", plan->plug_bytes);
	if (params)
		wire_add(&out, "params", params);
	add_line(plan, &out);
	add_symbols(plan, s);

	wire_begin(&out, buf, sizeof(buf), WIRE_GO);
	wire_add_u64(&out, "duration_ms", s->duration_ms);
	wire_add_u64(&out, "warn_once_ms", s->clear_warn_once_ms);
	go_len = wire_end(&out);
	g_assert(go_len > 0);
	plan->go = g_strndup(buf, go_len);
}
