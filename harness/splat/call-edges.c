/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call edges of call-edges.h. */
#include <string.h>

#include "harness/splat/call-edges.h"

/* Innermost first; a blank separates caller from callee. */
static const char *const known[] = {
	"dump_stack_lvl bad_page __free_frozen_pages split_huge_pages_write full_proxy_write",
	"dump_stack_lvl bad_page free_unref_page split_huge_pages_write full_proxy_write",
	"dump_stack_lvl bad_page free_pcppages_bulk",
	"dump_stack_lvl bad_page __rmqueue_pcplist get_page_from_freelist",
	"dump_stack_lvl bad_page __free_pages_ok virtio_mem_fake_online virtio_mem_run_wq",
	"free_unref_page damon_pa_young damon_pa_check_accesses kdamond_fn kthread ret_from_fork",
	"__free_frozen_pages damon_pa_young damon_pa_check_accesses kdamond_fn kthread",
	"full_proxy_write vfs_write ksys_write",
	"full_proxy_write vfs_write __x64_sys_pwrite64",
	"virtio_mem_fake_offline_going_offline virtio_mem_memory_notifier_cb",
	"virtio_mem_memory_notifier_cb notifier_call_chain blocking_notifier_call_chain",
	"virtio_mem_memory_notifier_cb blocking_notifier_call_chain offline_pages",
	"blocking_notifier_call_chain offline_pages memory_subsys_offline device_offline",
	"device_offline state_store kernfs_fop_write_iter vfs_write ksys_write do_syscall_64",
	"device_offline online_store kernfs_fop_write_iter vfs_write __x64_sys_pwrite64",
	"device_offline try_offline_memory_block walk_memory_blocks offline_and_remove_memory",
	"walk_memory_blocks offline_and_remove_memory_ranges offline_and_remove_memory",
	"offline_and_remove_memory virtio_mem_offline_and_remove_memory",
	"virtio_mem_run_wq process_one_work worker_thread kthread ret_from_fork ret_from_fork_asm",
	"__x64_sys_pwrite64 do_syscall_64 entry_SYSCALL_64_after_hwframe",
};

/* A function in the hash, with or without what is behind its name. */
static guint32 hash_text(const char *s, gsize len)
{
	guint64 h = len, v;

	for (; len >= sizeof(v); s += sizeof(v), len -= sizeof(v)) {
		memcpy(&v, s, sizeof(v));
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	for (; len; s++, len--)
		h = (h ^ (guchar)*s) * 0x100000001b3u;
	return (guint32)(h ^ h >> 32);
}

static guint32 hash_edge(guint32 callee, guint32 caller)
{
	guint32 hash = callee * 0x85ebca6bu ^ caller;

	return hash ? hash : 1;
}

static void remember(SplatEdges *edges, guint32 callee, guint32 caller)
{
	guint32 hash = hash_edge(callee, caller);

	edges->seen[(hash ^ hash >> 16) & (SPLAT_EDGES_MAX - 1)] = hash;
}

static gboolean is_known(const SplatEdges *edges, SplatText callee, SplatText caller)
{
	guint32 hash = hash_edge(hash_text(callee.s, callee.len), hash_text(caller.s, caller.len));

	return edges->seen[(hash ^ hash >> 16) & (SPLAT_EDGES_MAX - 1)] == hash;
}

void splat_edges_init(SplatEdges *edges)
{
	memset(edges, 0, sizeof(*edges));
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		guint32 callee = 0, caller;

		for (const char *s = known[i]; *s; callee = caller) {
			gsize len = strcspn(s, " ");

			caller = hash_text(s, len);
			if (s > known[i])
				remember(edges, callee, caller);
			s += len + (s[len] == ' ');
		}
	}
}

static SplatText raw_text(const SplatOpen *open, const SplatFrame *frame)
{
	return (SplatText){open->arena + frame->off, frame->len};
}

static void learn_stack(SplatEdges *edges, const SplatOpen *open, const SplatStack *stack)
{
	guint32 name = 0, raw = 0;
	gboolean first = TRUE;

	for (guint i = stack->first; i < stack->first + stack->n; i++) {
		const SplatFrame *frame = &open->frame[i];
		SplatText text = raw_text(open, frame), bare = splat_frame_name(open, frame);
		guint32 caller_raw, caller;

		if (frame->maybe)
			continue;
		caller_raw = hash_text(text.s, text.len);
		caller = hash_text(bare.s, bare.len);
		if (!first) {
			remember(edges, raw, caller_raw);
			remember(edges, name, caller);
		}
		raw = caller_raw;
		name = caller;
		first = FALSE;
	}
}

void splat_edges_learn(SplatEdges *edges, const SplatOpen *open)
{
	for (guint s = 0; s < open->stacks; s++)
		learn_stack(edges, open, &open->stack[s]);
}

static const SplatFrame *last_frame(const SplatOpen *open)
{
	const SplatStack *stack = open->stacks ? &open->stack[open->stacks - 1] : NULL;

	if (!stack)
		return NULL;
	for (guint i = stack->first + stack->n; i > stack->first; i--)
		if (!open->frame[i - 1].maybe)
			return &open->frame[i - 1];
	return NULL;
}

int splat_edges_score(const SplatEdges *edges, const SplatOpen *open, const SplatShape *shape)
{
	const SplatFrame *last = last_frame(open);
	gboolean dumper =
		splat_starts(shape->name.s, shape->name.s + shape->name.len, "dump_stack") ||
		splat_starts(shape->name.s, shape->name.s + shape->name.len, "show_stack");

	if (!last || last->rip) {
		SplatText rip = last ? splat_frame_name(open, last) : (SplatText){"", 0};

		/* reports dump their own stack, oopses that of their registers */
		if ((open->rule->group == GROUP_REPORT) != dumper)
			return -1;
		if (dumper)
			return 3;
		return is_known(edges, rip, splat_bare_name(shape->name)) ? 2 : 1;
	}
	if (dumper && open->rule->group != GROUP_REPORT)
		return -1;
	if (is_known(edges, raw_text(open, last), shape->raw))
		return 3;
	return is_known(edges, splat_frame_name(open, last), splat_bare_name(shape->name)) ? 2 : 0;
}
