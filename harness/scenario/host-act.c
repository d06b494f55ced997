/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See host-act.h. */
#include "harness/scenario/host-act.h"
#include "host-driver/base/rng.h"
#include "host-driver/vm/virtio-mem.h"
#include "host-driver/vm/vm.h"

#define BALLOON_GRAIN_BYTES (1ull << 20)

struct HostAct {
	HostActKind kind;
	const Scenario *scenario;
	const Pressure *pressure;
	ResizeSchedule *resize;
	PressureSchedule *held;
	gboolean written; /* the stands of a choreography */
};

static ResizeLimits resize_limits(const Scenario *s)
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
	return limits;
}

static ResizeLimits balloon_limits(const Scenario *s)
{
	return (ResizeLimits){.min_bytes = s->balloon_min_bytes,
			      .max_bytes = s->balloon_max_bytes,
			      .block_size_bytes = BALLOON_GRAIN_BYTES,
			      .period_ms = s->balloon_period_ms,
			      .jitter_ms = s->balloon_jitter_ms};
}

static ResizeLimits dimm_limits(const Scenario *s)
{
	return (ResizeLimits){.max_bytes = s->dimm_count * s->dimm_size_bytes,
			      .block_size_bytes = s->dimm_size_bytes,
			      .period_ms = s->dimm_period_ms,
			      .jitter_ms = s->dimm_jitter_ms};
}

static gboolean has_resize(const Scenario *s)
{
	return s->resize_device != NULL;
}

static gboolean has_balloon(const Scenario *s)
{
	return s->balloon_max_bytes > 0;
}

static gboolean has_dimm(const Scenario *s)
{
	return s->dimm_count > 0;
}

/* The kinds that change a size; those of pressure have a schedule of their own. */
static const struct {
	const char *name, *value; /* in the plan's text */
	gboolean (*wanted)(const Scenario *scenario);
	ResizeLimits (*limits)(const Scenario *scenario);
	guint64 seed;
} sized[HOST_ACT_KINDS] = {
	[HOST_ACT_RESIZE] = {"resize", "bytes", has_resize, resize_limits, SEED_RESIZE},
	[HOST_ACT_BALLOON] = {"balloon", "bytes", has_balloon, balloon_limits, SEED_BALLOON},
	[HOST_ACT_DIMM] = {"dimm", "count", has_dimm, dimm_limits, SEED_DIMM},
};

static const HostActKind kind_of_pressure[PRESSURE_KINDS] = {
	[PRESSURE_VCPU_STOP] = HOST_ACT_VCPU_STOP,
	[PRESSURE_PAUSE] = HOST_ACT_PAUSE,
	[PRESSURE_HOG] = HOST_ACT_HOG,
	[PRESSURE_DISCARD] = HOST_ACT_DISCARD,
};

static void host_act_free(gpointer data)
{
	HostAct *act = data;

	resize_schedule_free(act->resize);
	pressure_schedule_free(act->held);
	g_free(act);
}

static HostAct *add(GPtrArray *acts, const Scenario *s, HostActKind kind)
{
	HostAct *act = g_new0(HostAct, 1);

	act->kind = kind;
	act->scenario = s;
	g_ptr_array_add(acts, act);
	return act;
}

static void add_sized(GPtrArray *acts, const Scenario *s, HostActKind kind, guint64 seed)
{
	ResizeLimits limits;

	if (!sized[kind].wanted(s))
		return;
	limits = sized[kind].limits(s);
	add(acts, s, kind)->resize =
		resize_schedule_new(&limits, seed_derive(seed, sized[kind].seed));
}

GPtrArray *host_acts_new(const Scenario *s, guint64 seed)
{
	GPtrArray *acts = g_ptr_array_new_with_free_func(host_act_free);
	guint64 pressure_seed = seed_derive(seed, SEED_PRESSURE);

	add_sized(acts, s, HOST_ACT_RESIZE, seed);
	add_sized(acts, s, HOST_ACT_BALLOON, seed);
	for (guint i = 0; i < s->pressures->len; i++) {
		const Pressure *pressure = g_ptr_array_index(s->pressures, i);
		HostAct *act = add(acts, s, kind_of_pressure[pressure->kind]);

		act->pressure = pressure;
		act->held = pressure_schedule_new(pressure, (guint)s->cpus,
						  seed_derive(pressure_seed, i));
	}
	add_sized(acts, s, HOST_ACT_DIMM, seed);
	if (s->choreography->stands->len)
		add(acts, s, HOST_ACT_CHOREOGRAPHY);
	return acts;
}

HostActKind host_act_kind(const HostAct *act)
{
	return act->kind;
}

const char *host_act_device(const HostAct *act)
{
	return act->kind == HOST_ACT_RESIZE ? act->scenario->resize_device : NULL;
}

const Pressure *host_act_pressure(const HostAct *act)
{
	return act->pressure;
}

HostStep host_act_next(HostAct *act)
{
	ResizeStep size;
	PressureStep held;

	if (act->kind == HOST_ACT_CHOREOGRAPHY)
		return (HostStep){0, G_MAXINT, 0};
	if (act->held) {
		held = pressure_schedule_next(act->held);
		return (HostStep){held.t_ms, held.hold_ms,
				  act->kind == HOST_ACT_DISCARD ? held.place : held.vcpu};
	}
	size = resize_schedule_next(act->resize);
	if (act->kind == HOST_ACT_DIMM)
		size.target_bytes /= act->scenario->dimm_size_bytes;
	return (HostStep){size.t_ms, 0, size.target_bytes};
}

char *host_act_pressure_text(const HostAct *act, const HostStep *step)
{
	return g_strdup_printf("%s hold_ms=%" G_GUINT64_FORMAT " %s=%" G_GUINT64_FORMAT,
			       act->pressure->label, step->hold_ms,
			       act->kind == HOST_ACT_DISCARD ? "place" : "vcpu", step->value);
}

/* Every round is the same, so they stand there once. */
static void append_stands(HostAct *act, GString *text)
{
	const GPtrArray *stands = act->scenario->choreography->stands;

	for (guint i = 0; !act->written && i < stands->len; i++) {
		const Stand *stand = g_ptr_array_index(stands, i);
		g_autofree char *words = stand_text(stand);

		g_string_append_printf(text, "stand name=%s %s\n", stand->name, words);
	}
	act->written = TRUE;
}

void host_act_append_next(HostAct *act, GString *text)
{
	HostStep step;
	const char *device = host_act_device(act);
	g_autofree char *pressure = NULL;

	if (act->kind == HOST_ACT_CHOREOGRAPHY) {
		append_stands(act, text);
		return;
	}
	step = host_act_next(act);
	pressure = act->pressure ? host_act_pressure_text(act, &step) : NULL;
	g_string_append_printf(text, "%s t_ms=%" G_GUINT64_FORMAT,
			       pressure ? "pressure" : sized[act->kind].name, step.t_ms);
	if (device)
		g_string_append_printf(text, " device=%s", device);
	if (pressure)
		g_string_append_printf(text, " name=%s\n", pressure);
	else
		g_string_append_printf(text, " %s=%" G_GUINT64_FORMAT "\n", sized[act->kind].value,
				       step.value);
}
