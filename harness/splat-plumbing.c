/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that stand in a stack and say nothing of what went wrong: reporting code, entry
 * code, primitives that everybody calls. A pattern is a name, or a beginning with "*" behind.
 */
#include "harness/splat-rules.h"

typedef struct {
	int class;
	const char *pattern;
} Plumbing;

#define ALWAYS PLUMB_ALL

/* clang-format off */
static const Plumbing plumbing[] = {
	/* The reporters themselves. */
	{ALWAYS, "dump_stack*"}, {ALWAYS, "__dump_stack"}, {ALWAYS, "show_stack*"},
	{ALWAYS, "dump_backtrace*"}, {ALWAYS, "unwind_backtrace"}, {ALWAYS, "show_trace*"},
	{ALWAYS, "print_*"}, {ALWAYS, "kasan_*"}, {ALWAYS, "__kasan_*"}, {ALWAYS, "__asan_*"},
	{ALWAYS, "__hwasan_*"}, {ALWAYS, "check_memory_region*"}, {ALWAYS, "check_region_inline"},
	{ALWAYS, "kmsan_*"}, {ALWAYS, "__msan_*"}, {ALWAYS, "kcsan_*"}, {ALWAYS, "__tsan_*"},
	{ALWAYS, "kfence_*"}, {ALWAYS, "__ubsan_*"}, {ALWAYS, "ubsan_*"}, {ALWAYS, "handle_overflow"},
	{ALWAYS, "__warn*"}, {ALWAYS, "warn_slowpath*"}, {ALWAYS, "report_bug"}, {ALWAYS, "fixup_bug*"},
	{ALWAYS, "handle_bug"}, {ALWAYS, "exc_*"}, {ALWAYS, "asm_exc_*"}, {ALWAYS, "do_error_trap"},
	{ALWAYS, "do_trap*"}, {ALWAYS, "do_invalid_op"}, {ALWAYS, "invalid_op"}, {ALWAYS, "panic"},
	{ALWAYS, "vpanic"}, {ALWAYS, "end_report*"}, {ALWAYS, "check_panic_on_warn"},
	{ALWAYS, "__die*"}, {ALWAYS, "die"}, {ALWAYS, "die_*"}, {ALWAYS, "oops_*"},
	{ALWAYS, "page_fault*"}, {ALWAYS, "no_context"}, {ALWAYS, "bad_area*"}, {ALWAYS, "__bad_area*"},
	{ALWAYS, "do_page_fault"}, {ALWAYS, "__do_page_fault"}, {ALWAYS, "do_user_addr_fault"},
	{ALWAYS, "general_protection"}, {ALWAYS, "do_general_protection"}, {ALWAYS, "error_entry"},
	{ALWAYS, "stack_trace_*"}, {ALWAYS, "save_stack*"}, {ALWAYS, "arch_stack_walk"},
	{ALWAYS, "lockdep_rcu_suspicious"}, {ALWAYS, "___might_sleep"}, {ALWAYS, "__might_sleep"},
	{ALWAYS, "__might_resched"}, {ALWAYS, "might_fault"}, {ALWAYS, "__might_fault"},
	{ALWAYS, "check_preemption_disabled"}, {ALWAYS, "debug_smp_processor_id"},
	{ALWAYS, "__this_cpu_preempt_check"}, {ALWAYS, "lock_acquire*"}, {ALWAYS, "__lock_acquire*"},
	{ALWAYS, "validate_chain*"}, {ALWAYS, "check_prev*"}, {ALWAYS, "check_noncircular"},
	{ALWAYS, "check_deadlock*"}, {ALWAYS, "mark_lock*"}, {ALWAYS, "register_lock_class"},
	{ALWAYS, "lock_release*"}, {ALWAYS, "__lock_release*"}, {ALWAYS, "debug_check_no_locks_*"},
	{ALWAYS, "lockdep_*"}, {ALWAYS, "bad_page*"}, {ALWAYS, "spin_bug"}, {ALWAYS, "spin_dump"},
	{ALWAYS, "__list_add_valid*"}, {ALWAYS, "__list_del_entry_valid*"}, {ALWAYS, "refcount_*"},
	{ALWAYS, "debug_print_object"}, {ALWAYS, "__debug_check_no_obj_freed"},
	{ALWAYS, "debug_check_no_obj_freed"}, {ALWAYS, "debug_object_*"}, {ALWAYS, "__debug_object_*"},
	{ALWAYS, "nmi_cpu_backtrace*"}, {ALWAYS, "nmi_trigger_*"}, {ALWAYS, "arch_trigger_*"},
	{ALWAYS, "sched_show_task"}, {ALWAYS, "rcu_dump_*"}, {ALWAYS, "__schedule_bug"},
	{ALWAYS, "schedule_debug"},

	{PLUMB_LOCK, "_raw_spin_*"}, {PLUMB_LOCK, "__raw_spin_*"}, {PLUMB_LOCK, "do_raw_spin_*"},
	{PLUMB_LOCK, "_raw_read_*"}, {PLUMB_LOCK, "_raw_write_*"}, {PLUMB_LOCK, "__raw_read_*"},
	{PLUMB_LOCK, "__raw_write_*"}, {PLUMB_LOCK, "do_raw_*"}, {PLUMB_LOCK, "mutex_lock*"},
	{PLUMB_LOCK, "__mutex_*"}, {PLUMB_LOCK, "mutex_unlock*"}, {PLUMB_LOCK, "mutex_trylock*"},
	{PLUMB_LOCK, "down_*"}, {PLUMB_LOCK, "__down*"}, {PLUMB_LOCK, "down"}, {PLUMB_LOCK, "up"},
	{PLUMB_LOCK, "up_read*"}, {PLUMB_LOCK, "up_write*"}, {PLUMB_LOCK, "rwsem_*"},
	{PLUMB_LOCK, "percpu_down_*"}, {PLUMB_LOCK, "__percpu_down_*"}, {PLUMB_LOCK, "rt_spin_*"},
	{PLUMB_LOCK, "rt_mutex_*"}, {PLUMB_LOCK, "call_rwsem_*"}, {PLUMB_LOCK, "spin_lock*"},
	{PLUMB_LOCK, "native_queued_*"}, {PLUMB_LOCK, "queued_*"}, {PLUMB_LOCK, "lock_is_held*"},
	{PLUMB_LOCK, "rcu_read_lock*"}, {PLUMB_LOCK, "lock_sock*"}, {PLUMB_LOCK, "__flush_work*"},
	{PLUMB_LOCK, "__local_bh_*"}, {PLUMB_LOCK, "cpus_read_lock"},

	{PLUMB_MEM, "kmalloc*"}, {PLUMB_MEM, "__kmalloc*"}, {PLUMB_MEM, "__do_kmalloc*"},
	{PLUMB_MEM, "kmem_cache_*"}, {PLUMB_MEM, "__kmem_cache_*"}, {PLUMB_MEM, "kfree*"},
	{PLUMB_MEM, "__kfree*"}, {PLUMB_MEM, "kzalloc*"}, {PLUMB_MEM, "kvmalloc*"},
	{PLUMB_MEM, "__kvmalloc*"}, {PLUMB_MEM, "kvfree*"}, {PLUMB_MEM, "vfree*"},
	{PLUMB_MEM, "__vmalloc*"}, {PLUMB_MEM, "vmalloc*"}, {PLUMB_MEM, "vzalloc*"},
	{PLUMB_MEM, "slab_*"}, {PLUMB_MEM, "___slab_*"}, {PLUMB_MEM, "__slab_*"},
	{PLUMB_MEM, "kmemleak_*"}, {PLUMB_MEM, "alloc_pages*"}, {PLUMB_MEM, "__alloc_pages*"},
	{PLUMB_MEM, "kmemdup*"}, {PLUMB_MEM, "kstrdup*"}, {PLUMB_MEM, "__kmemdup*"},
	{PLUMB_MEM, "pcpu_alloc*"}, {PLUMB_MEM, "__alloc_percpu*"}, {PLUMB_MEM, "should_fail*"},
	{PLUMB_MEM, "__do_kmalloc_node*"}, {PLUMB_MEM, "cache_*"}, {PLUMB_MEM, "__cache_*"},
	{PLUMB_MEM, "krealloc*"}, {PLUMB_MEM, "memdup_user*"}, {PLUMB_MEM, "vmemdup_user*"},
	{PLUMB_MEM, "devm_k*"}, {PLUMB_MEM, "__do_krealloc*"}, {PLUMB_MEM, "__get_free_pages*"},

	{PLUMB_LIB, "memcpy*"}, {PLUMB_LIB, "__memcpy*"}, {PLUMB_LIB, "memset*"}, {PLUMB_LIB, "__memset*"},
	{PLUMB_LIB, "memmove*"}, {PLUMB_LIB, "__memmove*"}, {PLUMB_LIB, "memcmp*"}, {PLUMB_LIB, "memchr*"},
	{PLUMB_LIB, "str*"}, {PLUMB_LIB, "__str*"}, {PLUMB_LIB, "copy_*"}, {PLUMB_LIB, "_copy_*"},
	{PLUMB_LIB, "__copy_*"}, {PLUMB_LIB, "csum_partial*"}, {PLUMB_LIB, "atomic_*"},
	{PLUMB_LIB, "arch_atomic*"}, {PLUMB_LIB, "atomic64_*"}, {PLUMB_LIB, "instrument_*"},
	{PLUMB_LIB, "__list_*"}, {PLUMB_LIB, "list_*"}, {PLUMB_LIB, "hlist_*"}, {PLUMB_LIB, "kref_*"},
	{PLUMB_LIB, "test_bit*"}, {PLUMB_LIB, "_test_bit*"}, {PLUMB_LIB, "__read_once*"},
	{PLUMB_LIB, "vsnprintf"}, {PLUMB_LIB, "string"}, {PLUMB_LIB, "string_nocheck"},
	{PLUMB_LIB, "rb_*"}, {PLUMB_LIB, "__rb_*"}, {PLUMB_LIB, "usercopy_*"}, {PLUMB_LIB, "__check_object_size"},
	{PLUMB_LIB, "__check_heap_object"}, {PLUMB_LIB, "check_stack_object"}, {PLUMB_LIB, "rep_movs*"},
	{PLUMB_LIB, "__lock_text_start"}, {PLUMB_LIB, "variable_test_bit"}, {PLUMB_LIB, "skb_put"},
	{PLUMB_LIB, "skb_push"}, {PLUMB_LIB, "skb_panic"}, {PLUMB_LIB, "skb_over_panic"},
	{PLUMB_LIB, "skb_under_panic"},

	{PLUMB_WAIT, "schedule*"}, {PLUMB_WAIT, "__schedule*"}, {PLUMB_WAIT, "context_switch*"},
	{PLUMB_WAIT, "__switch_to*"}, {PLUMB_WAIT, "preempt_schedule*"}, {PLUMB_WAIT, "io_schedule*"},
	{PLUMB_WAIT, "wait_for_*"}, {PLUMB_WAIT, "__wait_*"}, {PLUMB_WAIT, "do_wait_*"},
	{PLUMB_WAIT, "bit_wait*"}, {PLUMB_WAIT, "wait_on_*"}, {PLUMB_WAIT, "out_of_line_wait*"},
	{PLUMB_WAIT, "___preempt_schedule"}, {PLUMB_WAIT, "flush_work*"}, {PLUMB_WAIT, "rwbase_*"},

	{PLUMB_PAGE, "free_*"}, {PLUMB_PAGE, "__free_*"}, {PLUMB_PAGE, "get_page_from_freelist"},
	{PLUMB_PAGE, "__alloc_*"}, {PLUMB_PAGE, "alloc_pages*"}, {PLUMB_PAGE, "rmqueue*"},
	{PLUMB_PAGE, "__rmqueue*"}, {PLUMB_PAGE, "check_new_page*"}, {PLUMB_PAGE, "prep_new_page*"},
	{PLUMB_PAGE, "__put_*"}, {PLUMB_PAGE, "put_page*"}, {PLUMB_PAGE, "__folio_put*"},
	{PLUMB_PAGE, "folio_alloc*"}, {PLUMB_PAGE, "vma_alloc_*"}, {PLUMB_PAGE, "folios_put*"},
	{PLUMB_PAGE, "release_pages"}, {PLUMB_PAGE, "check_free_page*"}, {PLUMB_PAGE, "drain_*"},
	{PLUMB_PAGE, "__drain_*"}, {PLUMB_PAGE, "destroy_large_folio"}, {PLUMB_PAGE, "__page_cache_release"},

	{PLUMB_OUTER, "entry_SYSCALL*"}, {PLUMB_OUTER, "do_syscall_*"}, {PLUMB_OUTER, "ret_from_fork*"},
	{PLUMB_OUTER, "kthread"}, {PLUMB_OUTER, "worker_thread"}, {PLUMB_OUTER, "process_one_work"},
	{PLUMB_OUTER, "process_scheduled_works"}, {PLUMB_OUTER, "vfs_*"}, {PLUMB_OUTER, "__vfs_*"},
	{PLUMB_OUTER, "ksys_*"}, {PLUMB_OUTER, "do_vfs_*"}, {PLUMB_OUTER, "new_sync_*"},
	{PLUMB_OUTER, "__x64_sys_*"}, {PLUMB_OUTER, "__se_sys_*"}, {PLUMB_OUTER, "__do_sys_*"},
	{PLUMB_OUTER, "SyS_*"}, {PLUMB_OUTER, "SYSC_*"}, {PLUMB_OUTER, "x64_sys_call"},
	{PLUMB_OUTER, "asm_*"}, {PLUMB_OUTER, "sysvec_*"}, {PLUMB_OUTER, "__do_softirq"},
	{PLUMB_OUTER, "handle_softirqs"}, {PLUMB_OUTER, "irq_exit*"}, {PLUMB_OUTER, "do_softirq*"},
};
/* clang-format on */

gboolean splat_is_plumbing(SplatText name, int classes)
{
	for (guint i = 0; i < G_N_ELEMENTS(plumbing); i++) {
		const char *pattern = plumbing[i].pattern;
		gsize len;

		if (plumbing[i].class != ALWAYS && !(plumbing[i].class & classes))
			continue;
		len = strlen(pattern);
		if (pattern[len - 1] == '*') {
			if (name.len >= len - 1 && memcmp(name.s, pattern, len - 1) == 0)
				return TRUE;
		} else if (name.len == len && memcmp(name.s, pattern, len) == 0) {
			return TRUE;
		}
	}
	return FALSE;
}
