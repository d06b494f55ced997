/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host does to a running guest: each act of the plan begins its steps by a timer that
 * counts from the start of the ops, and ends those that have an end. What began is always ended,
 * whatever becomes of the boot meanwhile. An act that cannot be done here is skipped for the rest
 * of the boot, with the reason.
 */
#include "harness/boot/act.h"

static const BootActKind *const kinds[HOST_ACT_KINDS] = {
	[HOST_ACT_RESIZE] = &boot_act_resize,
	[HOST_ACT_BALLOON] = &boot_act_balloon,
	[HOST_ACT_VCPU_STOP] = &boot_act_vcpu_stop,
	[HOST_ACT_PAUSE] = &boot_act_pause,
	[HOST_ACT_HOG] = &boot_act_hog,
	[HOST_ACT_DISCARD] = &boot_act_discard,
	[HOST_ACT_DIMM] = &boot_act_dimm,
	[HOST_ACT_CHOREOGRAPHY] = &boot_act_choreography,
};

static void arm(BootAct *act);

/* Ends what began; TRUE when it is to be skipped from now on, which is recorded. */
static gboolean end(BootAct *act)
{
	gboolean told = act->told;

	if (act->kind->end)
		act->kind->end(act);
	act->told = act->failed != NULL;
	if (act->told && !told)
		record_event(act->boot->record,
			     host_act_pressure(act->plan) ? HOST_EVENT_PRESSURE_SKIPPED
							  : HOST_EVENT_CHOREOGRAPHY_ENDED,
			     "reason", act->failed);
	return act->told;
}

static gboolean end_step(gpointer user)
{
	BootAct *act = user;

	act->end_id = 0;
	if (!end(act))
		arm(act);
	return G_SOURCE_REMOVE;
}

static void record_pressure(const BootAct *act)
{
	g_autofree char *text = host_act_pressure_text(act->plan, &act->step);

	record_event(act->boot->record, HOST_EVENT_PRESSURE, "text", text);
}

static gboolean begin_step(gpointer user)
{
	BootAct *act = user;
	Boot *boot = act->boot;

	act->begin_id = 0;
	if (boot->life.now != BOOT_RUN || !boot->machine.running)
		return G_SOURCE_REMOVE;
	act->kind->begin(act);
	if (act->failed) {
		end(act);
		return G_SOURCE_REMOVE;
	}
	act->steps++;
	if (host_act_pressure(act->plan))
		record_pressure(act);
	if (!act->kind->end) {
		arm(act);
		return G_SOURCE_REMOVE;
	}
	act->end_id =
		g_timeout_add_full(G_PRIORITY_HIGH, (guint)act->step.hold_ms, end_step, act, NULL);
	return G_SOURCE_REMOVE;
}

static void arm(BootAct *act)
{
	gint64 run_ms = (g_get_monotonic_time() - act->boot->acts.since_us) / 1000;
	gint64 wait_ms;

	act->step = host_act_next(act->plan);
	wait_ms = (gint64)MIN(act->step.t_ms, (guint64)G_MAXINT) - run_ms;
	act->begin_id = g_timeout_add((guint)MAX(wait_ms, 0), begin_step, act);
}

static void act_free(gpointer data)
{
	BootAct *act = data;

	if (act->kind->clear)
		act->kind->clear(act);
	g_free(act->failed);
	g_free(act);
}

static void make_all(Boot *boot)
{
	boot->acts.all = g_ptr_array_new_with_free_func(act_free);
	for (guint i = 0; i < boot->plan->host_acts->len; i++) {
		BootAct *act = g_new0(BootAct, 1);

		act->boot = boot;
		act->plan = g_ptr_array_index(boot->plan->host_acts, i);
		act->kind = kinds[host_act_kind(act->plan)];
		if (act->kind->init)
			act->kind->init(act);
		g_ptr_array_add(boot->acts.all, act);
	}
}

/* Each of the acts that begin with the ops, or before them, as @early says. */
static void arm_all(Boot *boot, gboolean early)
{
	boot->acts.since_us = boot->life.since_us;
	for (guint i = 0; i < boot->acts.all->len; i++) {
		BootAct *act = g_ptr_array_index(boot->acts.all, i);

		if (act->kind->early == early)
			arm(act);
	}
}

void boot_acts_run(Boot *boot)
{
	if (!boot->acts.all) {
		make_all(boot);
		arm_all(boot, TRUE);
	}
	if (boot->agent.go_ns < 0 || boot->acts.armed)
		return;
	boot->acts.armed = TRUE;
	arm_all(boot, FALSE);
}

void boot_acts_stop(Boot *boot)
{
	for (guint i = 0; boot->acts.all && i < boot->acts.all->len; i++) {
		BootAct *act = g_ptr_array_index(boot->acts.all, i);

		g_clear_handle_id(&act->begin_id, g_source_remove);
		g_clear_handle_id(&act->end_id, g_source_remove);
		end(act);
	}
}

GPtrArray *boot_acts_told(const Boot *boot)
{
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; boot->acts.all && i < boot->acts.all->len; i++) {
		const BootAct *act = g_ptr_array_index(boot->acts.all, i);

		if (act->kind->tell)
			g_ptr_array_add(list, act->kind->tell(act));
	}
	return list;
}

void boot_acts_look(Boot *boot, gint64 now_us)
{
	BootActs *acts = &boot->acts;
	gboolean holds = FALSE;

	for (guint i = 0; acts->all && i < acts->all->len; i++) {
		const BootAct *act = g_ptr_array_index(acts->all, i);

		holds |= act->kind->holds && act->kind->holds(act);
	}
	if (acts->holds || holds) {
		acts->held_us += now_us - acts->looked_us;
		acts->released_us = now_us;
	}
	acts->holds = holds;
	acts->looked_us = now_us;
}

GPtrArray *boot_acts_take_rounds(Boot *boot)
{
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; boot->acts.all && i < boot->acts.all->len; i++) {
		BootAct *act = g_ptr_array_index(boot->acts.all, i);

		if (act->kind->take_rounds)
			act->kind->take_rounds(act, list);
	}
	return list;
}

void boot_acts_clear(Boot *boot)
{
	g_clear_pointer(&boot->acts.all, g_ptr_array_unref);
}
