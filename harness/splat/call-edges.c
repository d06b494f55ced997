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

static guint32 hash_text(guint32 hash, const char *s, gsize len)
{
	for (gsize i = 0; i < len; i++)
		hash = (hash ^ (guchar)s[i]) * 16777619u;
	return (hash ^ ' ') * 16777619u;
}

static guint32 hash_edge(SplatText callee, SplatText caller)
{
	guint32 hash = hash_text(2166136261u, callee.s, callee.len);

	hash = hash_text(hash, caller.s, caller.len);
	return hash ? hash : 1;
}

static void remember(SplatEdges *edges, SplatText callee, SplatText caller)
{
	guint32 hash = hash_edge(callee, caller);

	edges->seen[hash & (SPLAT_EDGES_MAX - 1)] = hash;
}

static gboolean is_known(const SplatEdges *edges, SplatText callee, SplatText caller)
{
	guint32 hash = hash_edge(callee, caller);

	return edges->seen[hash & (SPLAT_EDGES_MAX - 1)] == hash;
}

void splat_edges_init(SplatEdges *edges)
{
	memset(edges, 0, sizeof(*edges));
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		SplatText callee = {0};

		for (const char *s = known[i]; *s;) {
			SplatText caller = {s, strcspn(s, " ")};

			if (callee.s)
				remember(edges, callee, caller);
			callee = caller;
			s += caller.len + (s[caller.len] == ' ');
		}
	}
}

static SplatText raw_text(const SplatOpen *open, const SplatFrame *frame)
{
	return (SplatText){open->arena + frame->off, frame->len};
}

void splat_edges_learn(SplatEdges *edges, const SplatOpen *open)
{
	for (guint s = 0; s < open->stacks; s++) {
		const SplatFrame *last = NULL;

		for (guint i = open->stack[s].first; i < open->stack[s].first + open->stack[s].n;
		     i++) {
			const SplatFrame *frame = &open->frame[i];

			if (frame->maybe)
				continue;
			if (last) {
				remember(edges, raw_text(open, last), raw_text(open, frame));
				remember(edges, splat_frame_name(open, last),
					 splat_frame_name(open, frame));
			}
			last = frame;
		}
	}
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
