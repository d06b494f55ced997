/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's end-of-run line against what is known besides: the plan, the counts that were heard,
 * and the host's own clock. The guest's clock may be far off when it is emulated under load, and
 * the host may hear late; so the bounds are wide, and only what lies beyond them does not fit.
 */
#include "harness/boot/internal.h"

/* Of the duration, the least that must have passed by the host's clock. */
#define HOST_SHARE 0.5
/* Of the duration, the least by the guest's own, which it goes by. */
#define GUEST_SHARE 0.9
/* The last counts may be a second old, or lost. */
#define STEPS_MORE 4
#define STEPS_ROOM 10000

static char *unfit_reason(const Boot *boot, const char *reason)
{
	if (!reason)
		return g_strdup("it has no reason");
	if (g_str_equal(reason, "stop"))
		return record_event_count(boot->record, HOST_EVENT_STOP, NULL)
			       ? NULL
			       : g_strdup("it was not told to stop");
	if (g_str_equal(reason, "stuck"))
		return boot->agent.endless ? NULL : g_strdup("no op was said to be stuck");
	if (g_str_equal(reason, "duration") || g_str_equal(reason, "nothing-to-run"))
		return NULL;
	return g_strdup("its reason is none that there is");
}

static char *unfit_counts(const Boot *boot)
{
	const BootAgent *agent = &boot->agent;
	guint64 steps = 0;
	guint ready = 0;

	for (guint i = 0; i < agent->op_count; i++) {
		steps += agent->ops[i].steps;
		ready += g_strcmp0(agent->ops[i].state, "ready") == 0;
	}
	if (agent->done_ops != ready)
		return g_strdup_printf("%" G_GUINT64_FORMAT " ops ran, and %u were ready",
				       agent->done_ops, ready);
	if (agent->done_steps < steps || agent->done_steps / STEPS_MORE > steps + STEPS_ROOM)
		return g_strdup_printf("%" G_GUINT64_FORMAT " steps, and %" G_GUINT64_FORMAT
				       " were counted",
				       agent->done_steps, steps);
	return NULL;
}

static char *unfit_time(const Boot *boot, const char *reason, double guest_s)
{
	double host_s = (double)(g_get_monotonic_time() - boot->agent.run_us) / 1e6;
	double plan_s = (double)boot->config.scenario->duration_ms / 1e3;
	gboolean whole = g_strcmp0(reason, "duration") == 0;

	if (guest_s <= 0)
		return g_strdup("the guest's clock stood still or went back");
	if (guest_s > host_s * BOOT_CLOCK_FAST + BOOT_CLOCK_FAST_S)
		return g_strdup_printf("%.0f s of the guest in %.1f s", guest_s, host_s);
	if (whole && (guest_s < plan_s * GUEST_SHARE || host_s < plan_s * HOST_SHARE))
		return g_strdup_printf("after %.1f s of %.1f s", MIN(guest_s, host_s), plan_s);
	return NULL;
}

char *boot_done_unfit(const Boot *boot, const GuestMsg *msg, const char *reason)
{
	const BootAgent *agent = &boot->agent;
	char *unfit = unfit_reason(boot, reason);
	uint64_t t_ns = 0;

	if (guest_get_u64(msg, "t_ns", &t_ns) || t_ns > G_MAXINT64)
		t_ns = 0;
	if (!unfit)
		unfit = unfit_counts(boot);
	/* With nothing to run it ends at once. */
	if (!unfit && agent->done_ops)
		unfit = unfit_time(boot, reason, ((double)t_ns - (double)agent->go_ns) / 1e9);
	return unfit;
}
