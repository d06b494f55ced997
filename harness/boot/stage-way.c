/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a task is brought to its stand: the guest runs until a breakpoint at a function, or a
 * watchpoint at the page's struct page, stops it where the stand is meant. What changes the
 * reference count is an atomic instruction, which not every QEMU stops at; but it is always close
 * behind a plain look at the count, or at the stand before, so it is stepped to.
 */
#include "harness/boot/stage-internal.h"

#include <string.h>

#define STACK_SHIFT  14 /* kernel stacks are this aligned */
#define STACK_LOOK   512
#define STEPS_GET    64
#define STEPS_PUT    512
#define KERNEL_SPACE (1ull << 63)

static gboolean is_in(const StageSymbol *symbol, guint64 addr)
{
	return symbol && addr >= symbol->addr && addr < symbol->end;
}

/* @function runs there, or has called what runs there. */
static gboolean is_inside(Stage *stage, const char *function, guint cpu, const GdbstubRegs *regs)
{
	const StageSymbol *symbol = stage_symbol(stage, function);
	guint64 stack[STACK_LOOK / 8];

	if (is_in(symbol, regs->reg[GDBSTUB_RIP]))
		return TRUE;
	if (!gdbstub_read(stage->stub, cpu, regs->reg[GDBSTUB_RSP], stack, sizeof(stack), NULL))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(stack); i++)
		if (is_in(symbol, GUINT64_FROM_LE(stack[i])))
			return TRUE;
	return FALSE;
}

/* Whether the task on @cpu may be @role: itself, or one that has no role yet. */
static gboolean may_be(const Stage *stage, const StageRole *role, const GdbstubRegs *regs)
{
	guint64 stack = regs->reg[GDBSTUB_RSP] >> STACK_SHIFT;

	if (!(regs->reg[GDBSTUB_RIP] & KERNEL_SPACE))
		return FALSE;
	if (role->known)
		return role->stack == stack;
	for (guint i = 0; i < STAND_ROLES_MAX; i++)
		if (stage->role[i].known && stage->role[i].stack == stack)
			return FALSE;
	return TRUE;
}

static void stand_there(StageRole *role, guint cpu, const GdbstubRegs *regs)
{
	role->known = role->stands = TRUE;
	role->cpu = cpu;
	role->regs = *regs;
	role->stack = regs->reg[GDBSTUB_RSP] >> STACK_SHIFT;
}

typedef struct {
	GdbstubPoint kind;
	guint64 addr;
	guint len;
	/* Whether the stop of that vCPU is the one that is meant. May move it on. */
	gboolean (*judge)(Stage *stage, const Stand *stand, StageRole *role, guint cpu,
			  GdbstubRegs *regs);
} Point;

static StageWay run_to(Stage *stage, const Stand *stand, StageRole *role, const Point *point)
{
	Gdbstub *stub = stage->stub;
	GError **error = &stage->error;
	GdbstubRegs regs;
	guint cpu = role->cpu;
	gboolean behind = point->kind != GDBSTUB_HARDWARE || !role->stands ||
			  role->regs.reg[GDBSTUB_RIP] != point->addr;

	for (;;) {
		StageWay way;

		if (!behind && !gdbstub_step(stub, cpu, error))
			return STAGE_BROKEN;
		role->stands = FALSE;
		if (!gdbstub_set(stub, point->kind, point->addr, point->len, error))
			return STAGE_BROKEN;
		way = stage_run_until_stop(stage, &cpu);
		if (way == STAGE_BROKEN ||
		    !gdbstub_clear(stub, point->kind, point->addr, point->len, error))
			return STAGE_BROKEN;
		if (way == STAGE_LATE)
			return way;
		if (!gdbstub_regs(stub, cpu, &regs, error))
			return STAGE_BROKEN;
		behind = point->kind != GDBSTUB_HARDWARE || regs.reg[GDBSTUB_RIP] != point->addr;
		if (!may_be(stage, role, &regs) || !point->judge(stage, stand, role, cpu, &regs)) {
			if (stage->error)
				return STAGE_BROKEN;
			continue;
		}
		stand_there(role, cpu, &regs);
		return STAGE_REACHED;
	}
}

static gboolean judge_entry(Stage *stage, const Stand *stand, StageRole *role, guint cpu,
			    GdbstubRegs *regs)
{
	guint64 back;

	if (regs->reg[GDBSTUB_RIP] != stage_symbol(stage, stand->function)->addr ||
	    !stage_take_page(stage, stand, cpu, regs) ||
	    !gdbstub_read(stage->stub, cpu, regs->reg[GDBSTUB_RSP], &back, sizeof(back), NULL))
		return FALSE;
	role->entered = stand->function;
	role->back = GUINT64_FROM_LE(back);
	return TRUE;
}

static StageWay to_entry(Stage *stage, const Stand *stand, StageRole *role)
{
	const Point point = {GDBSTUB_HARDWARE, stage_symbol(stage, stand->function)->addr, 1,
			     judge_entry};

	return run_to(stage, stand, role, &point);
}

/* The same call: the return address has been popped. */
static gboolean judge_return(Stage *stage, const Stand *stand, StageRole *role, guint cpu,
			     GdbstubRegs *regs)
{
	return regs->reg[GDBSTUB_RIP] == role->back &&
	       regs->reg[GDBSTUB_RSP] == role->regs.reg[GDBSTUB_RSP] + 8 &&
	       (stand->count == STAND_ANY_NUMBER || stage_page(stage, cpu).count == stand->count);
}

static StageWay to_return(Stage *stage, const Stand *stand, StageRole *role)
{
	StageWay way = STAGE_REACHED;
	Point point = {GDBSTUB_HARDWARE, 0, 1, judge_return};

	if (g_strcmp0(role->entered, stand->function) != 0)
		way = to_entry(stage, stand, role);
	if (way != STAGE_REACHED)
		return way;
	point.addr = role->back;
	return run_to(stage, stand, role, &point);
}

static gboolean judge_touch(Stage *stage, const Stand *stand, StageRole *role, guint cpu,
			    GdbstubRegs *regs)
{
	return is_inside(stage, stand->function, cpu, regs) &&
	       (stand->count == STAND_ANY_NUMBER || stage_page(stage, cpu).count == stand->count);
}

static StageWay to_touch(Stage *stage, const Stand *stand, StageRole *role)
{
	const Point point = {GDBSTUB_ACCESS, stage_page_addr(stage, stage->pfn), STAGE_PAGE_BYTES,
			     judge_touch};

	return run_to(stage, stand, role, &point);
}

/* Steps until the count rises, or falls. FALSE when it does not, or with stage->error. */
static gboolean step_to_change(Stage *stage, const Stand *stand, guint cpu, guint steps)
{
	gint64 before = stage_page(stage, cpu).count, now = before;

	for (guint i = 0; i < steps; i++) {
		if (!gdbstub_step(stage->stub, cpu, &stage->error))
			return FALSE;
		now = stage_page(stage, cpu).count;
		if (now == STAGE_NO_COUNT)
			return FALSE;
		if (stand->place == STAND_GET ? now > before : now < before)
			return stand->count == STAND_ANY_NUMBER || now == stand->count;
		before = now;
	}
	return FALSE;
}

static gboolean judge_change(Stage *stage, const Stand *stand, StageRole *role, guint cpu,
			     GdbstubRegs *regs)
{
	return is_inside(stage, stand->function, cpu, regs) &&
	       step_to_change(stage, stand, cpu, STEPS_GET) &&
	       gdbstub_regs(stage->stub, cpu, regs, &stage->error);
}

static StageWay to_change(Stage *stage, const Stand *stand, StageRole *role)
{
	const Point point = {GDBSTUB_ACCESS, stage_count_addr(stage), STAGE_COUNT_BYTES,
			     judge_change};
	GdbstubRegs regs;

	if (stand->place == STAND_PUT && role->stands) {
		if (step_to_change(stage, stand, role->cpu, STEPS_PUT) &&
		    gdbstub_regs(stage->stub, role->cpu, &regs, &stage->error)) {
			stand_there(role, role->cpu, &regs);
			return STAGE_REACHED;
		}
		if (stage->error)
			return STAGE_BROKEN;
	}
	return run_to(stage, stand, role, &point);
}

StageWay stage_reach(Stage *stage, const Stand *stand, StageRole *role)
{
	StageWay way = role->parked ? stage_unpark(stage, role) : STAGE_REACHED;

	if (way != STAGE_REACHED)
		return way;
	if (stand->place != STAND_RETURN)
		role->entered = NULL;
	switch (stand->place) {
	case STAND_ENTRY:
		return to_entry(stage, stand, role);
	case STAND_RETURN:
		way = to_return(stage, stand, role);
		role->entered = NULL;
		return way;
	case STAND_TOUCH:
		return to_touch(stage, stand, role);
	default:
		return to_change(stage, stand, role);
	}
}
