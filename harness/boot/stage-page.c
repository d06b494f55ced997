/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of the guest by their PFN, read through the memory map. On x86-64 the memory map starts at
 * vmemmap_base, which KASLR moves, and a struct page has 64 bytes, with the type and the reference
 * count where they are below, in every kernel since 5.18.
 */
#include "harness/boot/stage-internal.h"

#include <string.h>

#define VMEMMAP_DEFAULT 0xffffea0000000000ull /* of kernels that are not relocated */
#define TYPE_OFFSET	0x30
#define COUNT_OFFSET	0x34
#define PFN_MAX		(1ull << 40)

gboolean stage_find_pages(Stage *stage)
{
	const StageSymbol *base = stage_symbol(stage, "vmemmap_base");
	guint64 raw;

	stage->vmemmap = VMEMMAP_DEFAULT;
	if (!base)
		return TRUE;
	/* Of any vCPU that is in the kernel, or whose page tables have it. */
	for (guint cpu = 0; cpu < gdbstub_cpus(stage->stub); cpu++) {
		g_clear_error(&stage->error);
		if (!gdbstub_read(stage->stub, cpu, base->addr, &raw, sizeof(raw), &stage->error))
			continue;
		stage->vmemmap = GUINT64_FROM_LE(raw);
		return TRUE;
	}
	return FALSE;
}

guint64 stage_page_addr(const Stage *stage, guint64 pfn)
{
	return stage->vmemmap + pfn * STAGE_PAGE_BYTES;
}

guint64 stage_count_addr(const Stage *stage)
{
	return stage_page_addr(stage, stage->pfn) + COUNT_OFFSET;
}

StagePage stage_page(Stage *stage, guint cpu)
{
	StagePage page = {.count = STAGE_NO_COUNT};
	guint8 raw[STAGE_PAGE_BYTES];
	guint32 type;
	gint32 count;

	if (!stage->page_known ||
	    !gdbstub_read(stage->stub, cpu, stage_page_addr(stage, stage->pfn), raw, sizeof(raw),
			  NULL))
		return page;
	memcpy(&page.flags, raw, sizeof(page.flags));
	memcpy(&type, raw + TYPE_OFFSET, sizeof(type));
	memcpy(&count, raw + COUNT_OFFSET, sizeof(count));
	page.flags = GUINT64_FROM_LE(page.flags);
	page.type = GUINT32_FROM_LE(type);
	page.count = GINT32_FROM_LE(count);
	return page;
}

static guint64 arg_of(const GdbstubRegs *regs, guint arg)
{
	static const GdbstubReg order[STAND_ARGS_MAX] = {GDBSTUB_RDI, GDBSTUB_RSI, GDBSTUB_RDX,
							 GDBSTUB_RCX, GDBSTUB_R8,  GDBSTUB_R9};

	return regs->reg[order[arg - 1]];
}

gboolean stage_take_page(Stage *stage, const Stand *stand, guint cpu, const GdbstubRegs *regs)
{
	guint64 first, count = 1;
	gboolean chosen = stage->page_known;

	if (stand->page) {
		first = arg_of(regs, stand->arg);
		if (stand->page == STAND_PAGE)
			first = (first - stage->vmemmap) / STAGE_PAGE_BYTES;
		else if (stand->page == STAND_RANGE)
			count = arg_of(regs, stand->count_arg);
		if (first >= PFN_MAX || !count || count >= PFN_MAX ||
		    (chosen && (stage->pfn < first || stage->pfn - first >= count)))
			return FALSE;
		if (!chosen)
			stage->pfn = first + count - 1;
		stage->page_known = TRUE;
	}
	if (stand->count == STAND_ANY_NUMBER || stage_page(stage, cpu).count == stand->count)
		return TRUE;
	stage->page_known = chosen;
	return FALSE;
}
