/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See plan.h. */
#include "harness/scenario/plan.h"
#include "harness/scenario/plan-lines.h"
#include "guest-agent/contract/op.h"
#include "host-driver/base/rng.h"
#include "host-driver/vm/vm.h"

#include <string.h>

/* Marks @count of the ops of @kind, drawn without putting back. */
static void choose(Plan *plan, const Scenario *s, enum op_kind kind, guint64 count, Rng *rng)
{
	guint left = 0;

	for (guint i = 0; i < s->ops->len; i++)
		left += op_find(((ScenarioOp *)g_ptr_array_index(s->ops, i))->name)->kind == kind;
	for (guint i = 0; i < s->ops->len && left; i++) {
		const ScenarioOp *op = g_ptr_array_index(s->ops, i);

		if (op_find(op->name)->kind != kind)
			continue;
		plan->runs[i] = rng_below(rng, left--) < count;
		count -= plan->runs[i];
	}
}

static void choose_ops(Plan *plan, const Scenario *s)
{
	Rng rng;

	plan->runs = g_new0(gboolean, s->ops->len + 1);
	for (guint i = 0; i < s->ops->len; i++) {
		const ScenarioOp *op = g_ptr_array_index(s->ops, i);

		plan->runs[i] = s->rotate == 0 || op_find(op->name)->kind == OP_OBSERVER;
	}
	if (s->rotate == 0)
		return;
	rng_seed(&rng, seed_derive(plan->seed, SEED_ROTATE));
	choose(plan, s, OP_HAMMER, 1, &rng);
	choose(plan, s, OP_WALKER, s->rotate, &rng);
}

/*
 * The driver removes a block that is unplugged in whole. That cannot be while all that is ever
 * plugged of the device lies in one block, and some of it always is.
 */
static gboolean resizes_remove(const Scenario *s)
{
	guint64 most = s->resize_max_bytes, least = s->resize_min_bytes;

	for (guint i = 0; i < s->devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(s->devices, i);

		if (g_str_equal(dev->id, s->resize_device))
			most = MAX(most, dev->requested_bytes);
	}
	return least == 0 || most > MEMORY_BLOCK_BYTES;
}

static gboolean may_remove(const Plan *plan, const Scenario *s)
{
	for (guint i = 0; i < s->ops->len; i++) {
		const ScenarioOp *op = g_ptr_array_index(s->ops, i);

		/* A driver that goes takes its offline blocks with it. */
		if (plan->runs[i] && g_str_equal(op->name, "driver-unbind"))
			return TRUE;
	}
	return s->dimm_count > 0 || (s->resize_device && resizes_remove(s));
}

Plan *plan_new(const Scenario *s, guint64 seed, const GPtrArray *modules, guint boot_count)
{
	Plan *plan = g_new0(Plan, 1);

	plan->seed = seed;
	plan->agent_seed = seed_derive(seed, SEED_AGENT);
	for (guint i = 0; i < s->devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(s->devices, i);

		plan->plug_bytes += dev->requested_bytes;
	}
	choose_ops(plan, s);
	plan->removes = may_remove(plan, s);
	plan->host_acts = host_acts_new(s, seed);
	plan_write_lines(plan, s, modules, boot_count);
	return plan;
}

void plan_free(Plan *plan)
{
	if (!plan)
		return;
	g_ptr_array_unref(plan->lines);
	g_free(plan->go);
	g_free(plan->runs);
	g_ptr_array_unref(plan->host_acts);
	g_free(plan);
}

char *plan_to_text(const Scenario *s, guint64 seed, const GPtrArray *modules, guint boot_count,
		   guint steps)
{
	g_autoptr(Plan) plan = plan_new(s, seed, modules, boot_count);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->lines->len; i++)
		g_string_append(text, g_ptr_array_index(plan->lines, i));
	g_string_append(text, plan->go);
	for (guint i = 0; i < plan->host_acts->len; i++)
		for (guint n = 0; n < steps; n++)
			host_act_append_next(g_ptr_array_index(plan->host_acts, i), text);
	return g_string_free(text, FALSE);
}
