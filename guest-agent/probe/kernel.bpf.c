// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs that count windows and visits inside the kernel. Windows are seldom, so kprobes
 * do; visits are many, so they are fentry programs, one a function, with all constants known.
 * Nothing is sent: the agent reads the totals. Structures and enums are resolved against the
 * running kernel's BTF; only their names are known here.
 */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define TRACK_IS_OFFLINE(pfn) is_offline(pfn)
static __always_inline bool is_offline(unsigned long long pfn);
#include "guest-agent/probe/track-ops.h"

char program_license[] SEC("license") = "GPL";

#define CORE __attribute__((preserve_access_index))

struct memory_notify {
	unsigned long start_pfn, nr_pages;
} CORE;

struct mem_section {
	unsigned long section_mem_map;
} CORE;

struct page {
	unsigned int page_type;
} CORE;

struct ksm_stable_node {
	unsigned long kpfn;
} CORE;

struct notifier_block {
	int priority;
} CORE;

struct virtio_mem { /* of the module's own BTF */
	track_u64 addr, region_size;
	struct notifier_block memory_notifier;
} CORE;

enum memory_block_state { MEM_OFFLINE = 2, MEM_GOING_OFFLINE = 1, MEM_CANCEL_OFFLINE = 5 };
enum pagetype { PGTY_offline = 0xf1, PG_offline = 1 };

/* Where these names are macros and no enum the values have been the same for many years. */
#define OLD_GOING_OFFLINE  2
#define OLD_OFFLINE	   4
#define OLD_CANCEL_OFFLINE 32
#define OLD_TYPE_BASE	   0xf0000000u
#define OLD_TYPE_OFFLINE   0x100u

const volatile track_u32 page_shift;
/* Which argument tells the PFN, by BTF. */
const volatile track_u32 own_arg[PROBE_VISIT_COUNT], shared_arg[PROBE_SITE_COUNT];

track_u64 vmemmap_base = 0; /* 0: not known, then no page is looked at */
struct track track = {};

struct task_walker task_walkers[TRACK_TASKS] = {}; /* by the low bits of tid; the agent fills it */

static __always_inline track_u32 current_tid(void)
{
	return (track_u32)bpf_get_current_pid_tgid();
}

/* Of the kernel's variable @name, of pointer size; 0: not known. */
static __always_inline track_u64 variable(const char *name, track_u32 size)
{
	track_u64 address = 0, value = 0;

	if (!bpf_kallsyms_lookup_name(name, (int)size, 0, &address) && address)
		bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

#ifndef __TARGET_ARCH_x86
/*
 * Where the array of struct page is, of the first section of memory that is there (mm/sparse.c): each
 * tells where page 0 would be, with flags in its low bits. Boot memory lies in the first root.
 */
#define SECTION_FLAGS	0xfffull
#define SECTION_PRESENT 3ull /* and has a memory map */
#define SECTIONS	128

static __always_inline track_u64 sections_map(track_u64 roots)
{
	track_u64 root = 0, map = 0;

	if (!roots || bpf_probe_read_kernel(&root, sizeof(root), (void *)roots) || !root)
		return 0;
	for (int i = 0; i < SECTIONS; i++) {
		track_u64 at = root + i * bpf_core_type_size(struct mem_section);

		if (!bpf_probe_read_kernel(&map, sizeof(map), (void *)at) &&
		    (map & SECTION_PRESENT) == SECTION_PRESENT)
			return map & ~SECTION_FLAGS;
	}
	return 0;
}
#endif

/* Run once by the agent: where the array of struct page is. x86 keeps it in a variable. */
SEC("syscall")
int find_vmemmap(void *ctx)
{
#ifdef __TARGET_ARCH_x86
	static const char name[] = "vmemmap_base";

	vmemmap_base = variable(name, sizeof(name));
#else
	static const char name[] = "mem_section";

	vmemmap_base = sections_map(variable(name, sizeof(name)));
#endif
	return !vmemmap_base;
}

static __always_inline bool is_offline(track_u64 pfn)
{
	struct page *page = (void *)(vmemmap_base + pfn * bpf_core_type_size(struct page));
	unsigned int type = 0;

	if (!vmemmap_base || BPF_CORE_READ_INTO(&type, page, page_type))
		return false;
	if (bpf_core_enum_value_exists(enum pagetype, PGTY_offline))
		return type >> 24 == bpf_core_enum_value(enum pagetype, PGTY_offline);
	if (bpf_core_enum_value_exists(enum pagetype, PG_offline))
		return (type & OLD_TYPE_BASE) == 0xf0000000u &&
		       !(type & bpf_core_enum_value(enum pagetype, PG_offline));
	return (type & (OLD_TYPE_BASE | OLD_TYPE_OFFLINE)) == OLD_TYPE_BASE;
}

enum action { OTHER, GOING_OFFLINE, GONE_OFFLINE, CANCEL_OFFLINE };

static __always_inline enum action action_of(track_u64 value)
{
	if (bpf_core_enum_value_exists(enum memory_block_state, MEM_GOING_OFFLINE)) {
		if (value == bpf_core_enum_value(enum memory_block_state, MEM_GOING_OFFLINE))
			return GOING_OFFLINE;
		if (value == bpf_core_enum_value(enum memory_block_state, MEM_OFFLINE))
			return GONE_OFFLINE;
		if (value == bpf_core_enum_value(enum memory_block_state, MEM_CANCEL_OFFLINE))
			return CANCEL_OFFLINE;
		return OTHER;
	}
	if (value == OLD_GOING_OFFLINE)
		return GOING_OFFLINE;
	if (value == OLD_OFFLINE)
		return GONE_OFFLINE;
	return value == OLD_CANCEL_OFFLINE ? CANCEL_OFFLINE : OTHER;
}

SEC("kprobe")
int window_notify(struct pt_regs *ctx)
{
	struct memory_notify *arg = (void *)PT_REGS_PARM2(ctx);
	enum action action = action_of(PT_REGS_PARM1(ctx));
	track_u64 now = bpf_ktime_get_ns(), first, pages;

	if (action == OTHER)
		return 0;
	first = BPF_CORE_READ(arg, start_pfn);
	pages = BPF_CORE_READ(arg, nr_pages);
	if (action == GOING_OFFLINE)
		track_open(&track, PROBE_OFFLINE, first, first + pages, current_tid(), now);
	else
		track_close_at(&track, PROBE_OFFLINE, first, now);
	return 0;
}

/* Each device is told of each block: is this one of its own? */
static __always_inline bool is_of_device(void *notifier, track_u64 first_pfn)
{
	track_u64 address = first_pfn << page_shift;
	struct virtio_mem *device = notifier;

	if (!bpf_core_field_exists(device->memory_notifier))
		return true;
	device = notifier - bpf_core_field_offset(struct virtio_mem, memory_notifier);
	return address - BPF_CORE_READ(device, addr) < BPF_CORE_READ(device, region_size);
}

SEC("kprobe")
int window_driver(struct pt_regs *ctx)
{
	struct memory_notify *arg = (void *)PT_REGS_PARM3(ctx);
	enum action action = action_of(PT_REGS_PARM2(ctx));
	track_u64 now = bpf_ktime_get_ns(), first, pages;

	if (action != GOING_OFFLINE && action != CANCEL_OFFLINE)
		return 0;
	first = BPF_CORE_READ(arg, start_pfn);
	pages = BPF_CORE_READ(arg, nr_pages);
	if (!is_of_device((void *)PT_REGS_PARM1(ctx), first))
		return 0;
	track_open(&track, action == GOING_OFFLINE ? PROBE_DEC : PROBE_CANCEL, first, first + pages,
		   current_tid(), now);
	return 0;
}

SEC("kretprobe")
int window_driver_end(struct pt_regs *ctx)
{
	track_u64 now = bpf_ktime_get_ns();
	track_u32 tid = current_tid();

	track_close_of(&track, PROBE_DEC, tid, now);
	track_close_of(&track, PROBE_CANCEL, tid, now);
	return 0;
}

/* (pfn, pages), on newer kernels behind a pointer to the device: no PFN looks like one. */
static __always_inline int open_pages(struct pt_regs *ctx, track_u32 kind)
{
	track_u64 first = PT_REGS_PARM1(ctx), pages = PT_REGS_PARM2(ctx);

	if ((long long)first < 0) {
		first = pages;
		pages = PT_REGS_PARM3(ctx);
	}
	track_open(&track, kind, first, first + pages, current_tid(), bpf_ktime_get_ns());
	return 0;
}

SEC("kprobe")
int window_plug(struct pt_regs *ctx)
{
	return open_pages(ctx, PROBE_PLUG);
}

SEC("kretprobe")
int window_plug_end(struct pt_regs *ctx)
{
	track_close_of(&track, PROBE_PLUG, current_tid(), bpf_ktime_get_ns());
	return 0;
}

SEC("kprobe")
int window_unplug(struct pt_regs *ctx)
{
	return open_pages(ctx, PROBE_UNPLUG);
}

SEC("kretprobe")
int window_unplug_end(struct pt_regs *ctx)
{
	track_close_of(&track, PROBE_UNPLUG, current_tid(), bpf_ktime_get_ns());
	return 0;
}

SEC("kprobe")
int window_removal(struct pt_regs *ctx)
{
	track_u64 start = PT_REGS_PARM1(ctx), bytes = PT_REGS_PARM2(ctx);

	track_open(&track, PROBE_REMOVAL, start >> page_shift, (start + bytes) >> page_shift,
		   current_tid(), bpf_ktime_get_ns());
	return 0;
}

SEC("kretprobe")
int window_removal_end(struct pt_regs *ctx)
{
	track_close_of(&track, PROBE_REMOVAL, current_tid(), bpf_ktime_get_ns());
	return 0;
}

static __always_inline track_u64 argument(void *ctx, track_u32 n)
{
	track_u64 value = 0;

	bpf_get_func_arg(ctx, n, &value);
	return value;
}

/* The visit that argument @n of the function at hand tells of, in the way @how. */
static __always_inline int visit_by(void *ctx, track_u32 visit, enum probe_how how, track_u32 n,
				    track_u32 tid, bool hot)
{
	track_u64 first = argument(ctx, n), end = first + 1;
	struct ksm_stable_node *node;

	switch (how) {
	case PROBE_HOW_PFN:
		break;
	case PROBE_HOW_PFNS:
		end = argument(ctx, n + 1);
		break;
	case PROBE_HOW_PFN_AT:
		bpf_probe_read_kernel(&first, sizeof(first), (void *)first);
		end = argument(ctx, n + 1);
		break;
	case PROBE_HOW_PAGE:
		if (!vmemmap_base)
			return 0;
		first = (first - vmemmap_base) / bpf_core_type_size(struct page);
		end = first + 1;
		break;
	case PROBE_HOW_KSM:
		node = (void *)first;
		first = BPF_CORE_READ(node, kpfn);
		end = first + 1;
		break;
	}
	if (visit < PROBE_VISIT_COUNT && !(hot && track_visit_quiet(&track, visit, first)))
		track_visit(&track, visit, first, end, tid, bpf_ktime_get_ns());
	return 0;
}

#define X(id, walker, func, how, arg, argname)                                                     \
	SEC("fentry/" #func)                                                                       \
	int own_##id(void *ctx)                                                                    \
	{                                                                                          \
		return visit_by(ctx, PROBE_VISIT_##id, PROBE_HOW_##how, own_arg[PROBE_VISIT_##id], \
				current_tid(), false);                                             \
	}
PROBE_OWN(X)
#undef X

#define X(id, func, how, arg, argname)                                                             \
	SEC("fentry/" #func)                                                                       \
	int shared_##id(void *ctx)                                                                 \
	{                                                                                          \
		track_u32 tid = current_tid();                                                     \
		struct task_walker *task = &task_walkers[tid & (TRACK_TASKS - 1)];                 \
                                                                                                   \
		if (task->tid != tid || task->site != PROBE_SITE_##id)                             \
			return 0;                                                                  \
		return visit_by(ctx, task->visit, PROBE_HOW_##how, shared_arg[PROBE_SITE_##id],    \
				tid, true);                                                        \
	}
PROBE_SHARED(X)
#undef X
