/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See plan.h. */
#include "harness/scenario/plan.h"
#include "guest-agent/contract/op.h"
#include "guest-agent/contract/wire.h"
#include "host-driver/base/error.h"
#include "host-driver/base/rng.h"
#include "host-driver/vm/vm.h"

#include <string.h>

/* Parts of a boot that draw from the boot's seed, each from its own stream. */
enum { SEED_AGENT, SEED_RESIZE, SEED_BALLOON, SEED_ROTATE, SEED_PRESSURE, SEED_DIMM };

#define BALLOON_GRAIN_BYTES (1ull << 20)

static void add_line(Plan *plan, struct wire_out *out)
{
	int len = wire_end(out);

	/* All values come from a checked scenario or from file names of a kernel. */
	g_return_if_fail(len > 0);
	g_ptr_array_add(plan->lines, g_strndup(out->buf, len));
}

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

static void plan_resize(Plan *plan, const Scenario *s, guint64 memory_block_bytes)
{
	ResizeLimits limits = {.min_bytes = s->resize_min_bytes,
			       .max_bytes = s->resize_max_bytes,
			       .memory_block_bytes = memory_block_bytes,
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

Plan *plan_new(const Scenario *s, guint64 seed, const GPtrArray *modules, guint boot_count,
	       guint64 memory_block_bytes)
{
	Plan *plan = g_new0(Plan, 1);
	char buf[WIRE_LINE_MAX];
	struct wire_out out;
	const char *params;
	int go_len;

	plan->seed = seed;
	plan->lines = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < s->devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(s->devices, i);

		plan->plug_bytes += dev->requested_bytes;
	}
	wire_begin(&out, buf, sizeof(buf), WIRE_PLAN);
	wire_add_u64(&out, "proto", WIRE_PROTO);
	wire_add_u64(&out, "seed", seed_derive(seed, SEED_AGENT));
	wire_add(&out, "online_policy", s->online_policy);
	wire_add(&out, "probe", s->probe);
	wire_add_u64(&out, "probe_cost_ms", s->probe_cost_ms);
	add_line(plan, &out);
	add_modules(plan, modules, boot_count);
	add_settings(plan, s);
	choose_ops(plan, s);
	add_ops(plan, s);
	wire_begin(&out, buf, sizeof(buf), WIRE_PLUG);
	wire_add_u64(&out, "bytes", plan->plug_bytes);
	params = params_of(modules, "virtio_mem");
	if (params)
		wire_add(&out, "params", params);
	add_line(plan, &out);

	wire_begin(&out, buf, sizeof(buf), WIRE_GO);
	wire_add_u64(&out, "duration_ms", s->duration_ms);
	wire_add_u64(&out, "warn_once_ms", s->clear_warn_once_ms);
	go_len = wire_end(&out);
	g_assert(go_len > 0);
	plan->go = g_strndup(buf, go_len);
	if (s->resize_device)
		plan_resize(plan, s, memory_block_bytes);
	if (s->balloon_max_bytes)
		plan_balloon(plan, s);
	plan_pressures(plan, s);
	if (s->dimm_count)
		plan_dimm(plan, s);
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
	g_autoptr(Plan) plan = plan_new(s, seed, modules, boot_count, 128ull << 20);
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

/* Gives the scenario's parameters to the modules, and loads those that nothing else wants. */
static gboolean apply_params(const Scenario *s, const Kernel *kernel, GPtrArray *modules,
			     GError **error)
{
	for (guint i = 0; i < s->modules->len; i++) {
		const ScenarioModule *wanted = g_ptr_array_index(s->modules, i);
		const char *const name[] = {wanted->name, NULL};

		if (!kernel_modules_resolve(kernel, name, modules, NULL, error))
			return FALSE;
		for (guint k = 0; k < modules->len; k++) {
			KernelModule *m = g_ptr_array_index(modules, k);

			if (!g_str_equal(m->name, wanted->name))
				continue;
			g_free(m->params);
			m->params = g_strdup(wanted->params);
		}
	}
	return TRUE;
}

GPtrArray *plan_modules(const Scenario *s, const Kernel *kernel, guint *boot_count, GError **error)
{
	static const char *const boot[] = {"virtio_pci", "virtio_console", NULL};
	static const char *const panic[] = {"pvpanic_pci", NULL};
	static const char *const device[] = {"virtio_mem", NULL};
	static const char *const balloon[] = {"virtio_balloon", NULL};
	g_autoptr(GPtrArray) modules =
		g_ptr_array_new_with_free_func((GDestroyNotify)kernel_module_free);
	g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);

	/* Without pvpanic a panic is still on the console: not worth failing for. */
	if (!kernel_modules_resolve(kernel, boot, modules, NULL, error) ||
	    !kernel_modules_resolve(kernel, panic, modules, missing, error))
		return NULL;
	*boot_count = modules->len;
	if (!kernel_modules_resolve(kernel, device, modules, NULL, error))
		return NULL;
	if (s->balloon_max_bytes && !kernel_modules_resolve(kernel, balloon, modules, NULL, error))
		return NULL;
	for (guint i = 0; i < s->ops->len; i++) {
		const ScenarioOp *op = g_ptr_array_index(s->ops, i);
		const struct op *info = op_find(op->name);

		for (const struct op_need *need = info->needs; need && need->path; need++) {
			const char *const name[] = {need->module, NULL};

			if (need->module &&
			    !kernel_modules_resolve(kernel, name, modules, missing, error))
				return NULL;
		}
		if (info->modules &&
		    !kernel_modules_resolve(kernel, info->modules, modules, missing, error))
			return NULL;
	}
	if (!apply_params(s, kernel, modules, error))
		return NULL;
	return g_steal_pointer(&modules);
}
