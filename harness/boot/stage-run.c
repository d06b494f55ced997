/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lets the guest run, but for what stands; see stage-internal.h. */
#include "harness/boot/stage-internal.h"

/* How long a wait takes at most to see that it is to stop. */
#define SLICE_US (100 * G_TIME_SPAN_MILLISECOND)

const StageSymbol *stage_symbol(const Stage *stage, const char *name)
{
	return g_hash_table_lookup(stage->symbols, name);
}

static guint64 runnable(const Stage *stage)
{
	guint64 cpus = gdbstub_cpus(stage->stub) == 64 ? G_MAXUINT64
						       : (1ull << gdbstub_cpus(stage->stub)) - 1;

	for (guint i = 0; i < STAND_ROLES_MAX; i++)
		if (stage->role[i].stands)
			cpus &= ~(1ull << stage->role[i].cpu);
	return cpus;
}

static gboolean is_to_stop(const Stage *stage)
{
	return g_atomic_int_get(&stage->stopping) && !stage->releasing;
}

StageWay stage_run_until_stop(Stage *stage, guint *cpu)
{
	GdbstubState state = GDBSTUB_RUNS;
	gint by = -1;

	while (by < 0) {
		if (!gdbstub_run(stage->stub, runnable(stage), &stage->error))
			return STAGE_BROKEN;
		do {
			gint64 now_us = g_get_monotonic_time();

			if (now_us >= stage->until_us || is_to_stop(stage))
				return gdbstub_halt(stage->stub, &stage->error) ? STAGE_LATE
										: STAGE_BROKEN;
			state = gdbstub_wait(stage->stub, MIN(stage->until_us, now_us + SLICE_US),
					     &by, &stage->error);
		} while (state == GDBSTUB_RUNS);
		if (state == GDBSTUB_BROKEN)
			return STAGE_BROKEN;
	}
	*cpu = (guint)by;
	return STAGE_REACHED;
}
