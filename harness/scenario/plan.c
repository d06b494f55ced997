/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See plan.h. */
#include "harness/scenario/plan.h"
#include "harness/scenario/plan-lines.h"
#include "guest-agent/contract/op.h"
#include "host-driver/base/rng.h"
#include "host-driver/vm/vm.h"

#include <string.h>

/* Parts of a boot that draw from the boot's seed, each from its own stream. */
enum { SEED_AGENT, SEED_RESIZE, SEED_BALLOON, SEED_ROTATE, SEED_PRESSURE, SEED_DIMM };

#define BALLOON_GRAIN_BYTES (1ull << 20)

/* Of most guests; the plan is made before this one says hello. */
#define MEMORY_BLOCK_BYTES (128ull << 20)

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

static void plan_resize(Plan *plan, const Scenario *s)
{
	ResizeLimits limits = {.min_bytes = s->resize_min_bytes,
			       .max_bytes = s->resize_max_bytes,
			       .memory_block_bytes = MEMORY_BLOCK_BYTES,
			       .period_ms = s->resize_period_ms,
			       .jitter_ms = s->resize_jitter_ms};

	while (!g_str_equal(resize_mode_names[limits.mode], s->resize_mode))
		limits.mode++;
	for (guint i = 0; i < s->devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(s->devices, i);

		if (g_str_equal(dev->id, s->resize_device))
			limits.block_size_bytes = dev->block_size_bytes;
	}
	plan->resize_device = g_strdup(s->resize_device);
	plan->resize = resize_schedule_new(&limits, seed_derive(plan->seed, SEED_RESIZE));
}

static void plan_balloon(Plan *plan, const Scenario *s)
{
	ResizeLimits limits = {.min_bytes = s->balloon_min_bytes,
			       .max_bytes = s->balloon_max_bytes,
			       .block_size_bytes = BALLOON_GRAIN_BYTES,
			       .period_ms = s->balloon_period_ms,
			       .jitter_ms = s->balloon_jitter_ms};

	plan->balloon = resize_schedule_new(&limits, seed_derive(plan->seed, SEED_BALLOON));
}

static void plan_pressures(Plan *plan, const Scenario *s)
{
	guint64 seed = seed_derive(plan->seed, SEED_PRESSURE);

	plan->pressures = g_ptr_array_new_with_free_func((GDestroyNotify)pressure_schedule_free);
	for (guint i = 0; i < s->pressures->len; i++)
		g_ptr_array_add(plan->pressures,
				pressure_schedule_new(g_ptr_array_index(s->pressures, i),
						      (guint)s->cpus, seed_derive(seed, i)));
}

static void plan_dimm(Plan *plan, const Scenario *s)
{
	ResizeLimits limits = {.max_bytes = s->dimm_count * s->dimm_size_bytes,
			       .block_size_bytes = s->dimm_size_bytes,
			       .period_ms = s->dimm_period_ms,
			       .jitter_ms = s->dimm_jitter_ms};

	plan->dimm = resize_schedule_new(&limits, seed_derive(plan->seed, SEED_DIMM));
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
	if (s->resize_device)
		plan_resize(plan, s);
	if (s->balloon_max_bytes)
		plan_balloon(plan, s);
	plan_pressures(plan, s);
	if (s->dimm_count)
		plan_dimm(plan, s);
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
	g_free(plan->resize_device);
	g_clear_pointer(&plan->resize, resize_schedule_free);
	g_clear_pointer(&plan->balloon, resize_schedule_free);
	g_ptr_array_unref(plan->pressures);
	g_clear_pointer(&plan->dimm, resize_schedule_free);
	g_free(plan);
}

static void append_pressure(GString *text, const Pressure *p, PressureSchedule *schedule,
			    guint steps)
{
	for (guint i = 0; i < steps; i++) {
		PressureStep step = pressure_schedule_next(schedule);

		g_string_append_printf(text,
				       "pressure t_ms=%" G_GUINT64_FORMAT
				       " name=%s hold_ms=%" G_GUINT64_FORMAT " %s=%u\n",
				       step.t_ms, p->label, step.hold_ms,
				       p->kind == PRESSURE_DISCARD ? "place" : "vcpu",
				       p->kind == PRESSURE_DISCARD ? step.place : step.vcpu);
	}
}

char *plan_to_text(const Scenario *s, guint64 seed, const GPtrArray *modules, guint boot_count,
		   guint steps)
{
	g_autoptr(Plan) plan = plan_new(s, seed, modules, boot_count);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->lines->len; i++)
		g_string_append(text, g_ptr_array_index(plan->lines, i));
	g_string_append(text, plan->go);
	for (guint i = 0; plan->resize && i < steps; i++) {
		ResizeStep step = resize_schedule_next(plan->resize);

		g_string_append_printf(text,
				       "resize t_ms=%" G_GUINT64_FORMAT
				       " device=%s bytes=%" G_GUINT64_FORMAT "\n",
				       step.t_ms, plan->resize_device, step.target_bytes);
	}
	for (guint i = 0; plan->balloon && i < steps; i++) {
		ResizeStep step = resize_schedule_next(plan->balloon);

		g_string_append_printf(text,
				       "balloon t_ms=%" G_GUINT64_FORMAT " bytes=%" G_GUINT64_FORMAT
				       "\n",
				       step.t_ms, step.target_bytes);
	}
	for (guint i = 0; i < s->pressures->len; i++)
		append_pressure(text, g_ptr_array_index(s->pressures, i),
				g_ptr_array_index(plan->pressures, i), steps);
	for (guint i = 0; plan->dimm && i < steps; i++) {
		ResizeStep step = resize_schedule_next(plan->dimm);

		g_string_append_printf(text,
				       "dimm t_ms=%" G_GUINT64_FORMAT " count=%" G_GUINT64_FORMAT
				       "\n",
				       step.t_ms, step.target_bytes / s->dimm_size_bytes);
	}
	return g_string_free(text, FALSE);
}
