/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parks tasks: a parked task spins in the kernel with its interrupts on, so that its vCPU answers
 * IPIs, counts for RCU and, with preempt=full, runs others, as long as it likes. It could be there
 * just as well because of an interrupt that takes long. All parked tasks spin in the first bytes of
 * kernel_halt(), which no guest of ours ever calls.
 */
#include "harness/boot/stage-internal.h"

#define INTERRUPTS_ON 0x200

static const guint8 loop[] = {0xf3, 0x90, 0xeb, 0xfc}; /* 1: pause; jmp 1b */

static gboolean make_spin(Stage *stage, guint cpu)
{
	const StageSymbol *halt = stage_symbol(stage, "kernel_halt");

	if (stage->spin || !halt)
		return stage->spin != 0;
	if (!gdbstub_read(stage->stub, cpu, halt->addr, stage->under_spin, sizeof(loop),
			  &stage->error) ||
	    !gdbstub_write(stage->stub, cpu, halt->addr, loop, sizeof(loop), &stage->error))
		return FALSE;
	stage->spin = halt->addr;
	return TRUE;
}

gboolean stage_park(Stage *stage, StageRole *role, char **why)
{
	if (!(role->regs.eflags & INTERRUPTS_ON)) {
		*why = g_strdup("a task cannot be parked where its interrupts are off");
		return FALSE;
	}
	if (!make_spin(stage, role->cpu)) {
		*why = g_strdup("there is no place to park at");
		return FALSE;
	}
	if (!gdbstub_set_rip(stage->stub, role->cpu, stage->spin, &stage->error))
		return FALSE;
	role->parked = TRUE;
	role->stands = FALSE;
	return TRUE;
}

/* Whether @role spins on @cpu right now; FALSE with stage->error when that cannot be told. */
static gboolean spins_on(Stage *stage, const StageRole *role, guint cpu)
{
	GdbstubRegs regs;

	return gdbstub_regs(stage->stub, cpu, &regs, &stage->error) &&
	       regs.reg[GDBSTUB_RIP] - stage->spin < sizeof(loop) &&
	       regs.reg[GDBSTUB_RSP] == role->regs.reg[GDBSTUB_RSP];
}

StageWay stage_unpark(Stage *stage, StageRole *role)
{
	StageWay way = STAGE_REACHED;
	guint cpu = 0;

	while (cpu < gdbstub_cpus(stage->stub) && !spins_on(stage, role, cpu) && !stage->error)
		cpu++;
	/* It is in an interrupt, or another task runs instead. */
	while (!stage->error && way == STAGE_REACHED && cpu == gdbstub_cpus(stage->stub)) {
		guint by;

		if (!gdbstub_set(stage->stub, GDBSTUB_HARDWARE, stage->spin, 1, &stage->error))
			break;
		way = stage_run_until_stop(stage, &by);
		if (way == STAGE_BROKEN ||
		    !gdbstub_clear(stage->stub, GDBSTUB_HARDWARE, stage->spin, 1, &stage->error))
			break;
		if (way == STAGE_REACHED && spins_on(stage, role, by))
			cpu = by;
		else if (way == STAGE_REACHED && !stage->error)
			gdbstub_step(stage->stub, by, &stage->error);
	}
	if (stage->error || way == STAGE_BROKEN)
		return STAGE_BROKEN;
	if (way == STAGE_LATE)
		return way;
	if (!gdbstub_set_rip(stage->stub, cpu, role->regs.reg[GDBSTUB_RIP], &stage->error))
		return STAGE_BROKEN;
	role->cpu = cpu;
	role->parked = FALSE;
	role->stands = TRUE;
	return STAGE_REACHED;
}

void stage_unspin(Stage *stage)
{
	if (stage->spin)
		gdbstub_write(stage->stub, 0, stage->spin, stage->under_spin, sizeof(loop), NULL);
	stage->spin = 0;
}
