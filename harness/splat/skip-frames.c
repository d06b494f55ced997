/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that stand in a stack and say nothing of what went wrong: reporting code, entry
 * code, primitives that everybody calls. Underscores at the front of a name do not count; "*"
 * at the end stands for anything.
 */
#include <stdlib.h>

#include "harness/splat/skip-frames.h"

#define PATTERNS_MAX 1500
#define SKIP_NEVER   (1 << 15) /* beside the classes of rules.h */

/* clang-format off */
static const struct {
	int class;
	const char *names;
} lists[] = {
	/* What looks like one of those below and does work of its own, in which it may go wrong. */
	{SKIP_NEVER,
	 "kmemleak_scan* kmemleak_do_cleanup* kmemleak_write kmemleak_clear* kmemleak_seq_* "
	 "kasan_mem_notifier kasan_add_zero_shadow kasan_remove_zero_shadow kasan_zero_* "
	 "kasan_populate_* kasan_depopulate_* kasan_release_vmalloc* kasan_map_populate "
	 "kmsan_init_* kmsan_vmap_* kfence_init_* kfence_alloc_pool* "
	 "print_page_owner* stack_depot_init* "
	 "ftrace_module_* ftrace_modify_* ftrace_replace_* ftrace_update_* ftrace_startup* "
	 "ftrace_shutdown* ftrace_release_* ftrace_free_* ftrace_process_* trace_event_eval_* "},

	/* Whoever reports: stack dumpers, sanitizers, lock checkers, traps, panic. */
	{SKIP_REPORT,
	 "dump_stack* show_stack* show_regs* show_trace* dump_backtrace* unwind_backtrace dump_trace "
	 "walk_stackframe context_switch sched_text_start stext perf_trace_* trace_event_raw_* print_* rcu_preempt_sleep_check* stack_trace_* save_stack* stack_depot_* set_track* arch_stack_walk* "
	 "kasan_* asan_* hwasan_* check_memory_region* check_region_inline* memory_is_* "
	 "describe_address* quarantine_* kmsan_* msan_* kcsan_* tsan_* kfence_* check_canary* ubsan_* val_to_string "
	 "handle_overflow* kmemleak_* create_object* sanitizer_cov_* write_comp_data* "
	 "warn warn_* report_bug* fixup_bug* handle_bug* report_addr* bug_handler brk_handler "
	 "bug_get_file_line exc_* asm_exc_* do_error_trap do_trap* invalid_op do_invalid_op trap_* "
	 "int_ret_from_sys_call entry_SYSCALL* entry_SYSENTER* entry_INT80* do_syscall_* ret_from_fork* ret_from_kernel_thread "
	 "pfx_* watchdog hungtaskd panic panic_* vpanic nmi_panic* end_report* start_report* check_panic_on_warn object_err slab_err "
	 "slab_bug* slab_fix check_slab check_object check_bytes_and_report on_freelist "
	 "die die_* do_kernel_fault do_page_fault do_translation_fault do_mem_abort do_sea do_bad_area "
	 "do_alignment_fault do_tag_* do_serror arm64_serror_panic bad_mode do_undefinstr do_DataAbort "
	 "do_PrefetchAbort el0_* el1_* el1h_* el0t_* dabt_svc und_svc* "
	 "oops_* page_fault_oops no_context bad_area* bad_kernel_fault* show_fault_oops "
	 "kernelmode_fixup_or_oops page_fault page_fault_handler do_user_addr_fault do_kern_addr_fault "
	 "async_page_fault general_protection do_general_protection error_entry error_code "
	 "divide_error do_divide_error double_fault do_double_fault df_debug int3 do_int3 "
	 "fortify_panic fortify_report* stack_chk_fail* check_stack_object usercopy_* check_object_size "
	 "check_heap_object check_page_span report_usercopy bad_page* spin_bug spin_dump rwlock_bug* "
	 "lockdep_* lock_acquire* lock_release* lock_downgrade* lock_is_held* lock_set_class* "
	 "lock_chain* lock_contended* lock_acquired* validate_chain* check_prev* check_noncircular* "
	 "check_deadlock* check_wait_context* check_irq_usage* check_usage* check_path* bfs "
	 "mark_irqflags* check_flags* find_usage* check_chain_key* lookup_chain_cache* usage_match* "
	 "mark_lock* mark_held_locks* mark_usage* valid_state* register_lock_class* assign_lock_key "
	 "look_up_lock_class* reacquire_held_locks* hlock_class* match_held_lock* find_held_lock* "
	 "debug_check_no_locks_* debug_locks_off* debug_lockdep_* report_*deadlock* report_bfs* "
	 "trace_hardirqs_* trace_softirqs_* trace_irq_* rcu_lockdep* rcu_lock_acquire* "
	 "rcu_lock_release* might_sleep* might_resched* might_fault* "
	 "check_preemption_disabled debug_smp_processor_id this_cpu_preempt_check schedule_bug "
	 "schedule_debug* preempt_count_* debug_print_object debug_check_no_obj_freed* debug_object_* "
	 "debug_timer_* debug_hrtimer_* debug_work_* debug_activate* debug_init* debug_mutex_* "
	 "debug_spin_* debug_rt_* debug_objects_* fill_pool* lookup_object* "
	 "nmi_cpu_backtrace* nmi_trigger_* arch_trigger_* trigger_all_cpu* trigger_single_cpu* trigger_cpumask* sched_show_task "
	 "rcu_dump_* rcu_check_gp* rcu_is_watching* stop_this_handle "
	 "x86_indirect_thunk* x86_return_thunk* retpoline* fentry* ftrace_* mcount trace_event_* "
	 "rust_helper_BUG rust_begin_unwind RNv* core::panicking::* stack_segment do_stack_segment "
	 "preempt_schedule_irq* preempt_schedule_common preempt_schedule preempt_schedule_thunk "
	 "hardirqs_on* hardirqs_off* softirqs_on* irqentry_enter* irqentry_nmi* "
	 "ref_tracker_* handle_exception* "},

	/* Locks. */
	{SKIP_LIB,
	 "raw_spin_* task_rq_lock* spin_* do_raw_* raw_read_* raw_write_* rwlock_* read_lock* write_lock* "
	 "mutex_* ww_mutex_* down down_* up up_read* up_write* rwsem_* rwbase_* percpu_down_* "
	 "percpu_up_* percpu_rwsem_* rt_spin_* rt_mutex_* rt_mutex* rtlock_* task_blocks_on_rt_mutex "
	 "call_rwsem_* native_queued_* queued_* pv_queued_* virt_spin_* rcu_read_lock* "
	 "rcu_read_unlock* lock_sock* release_sock* local_bh_* ldsem_* tty_ldisc_lock* tty_lock* seqprop_* do_read_seqcount* read_seq* "
	 "write_seq* seqcount_* lock_timer_base* console_lock* console_trylock* "
	 "atomic_dec_and_lock* refcount_dec_and_lock* refcount_dec_and_mutex* cpus_read_* "
	 "cpu_hotplug_* osq_* mcs_* lock_text_start optimistic_spin* "
	 "lock_page lock_page_* folio_lock* unlock_page* folio_unlock* folio_end_* folio_wake* "
	 "bit_spin_* hlist_bl_lock* srcu_read_* lock_timer* "
	 "lock_mm_* mmap_*lock* mmap_write_* mmap_read_*"},

	/* Memory. */
	{SKIP_LIB,
	 "kmalloc* do_kmalloc* kmem_cache_* kfree* kzalloc* kcalloc* kvmalloc* kvfree* kvrealloc* kvzalloc* "
	 "vfree* vmalloc* vzalloc* vmap* vunmap* slab_* slub_* do_slab_* cache_alloc* cache_free* "
	 "cache_grow* cache_reap new_slab* free_slab* allocate_slab* deactivate_slab* "
	 "put_cpu_partial* fallback_alloc* memcg_slab_* memcg_kmem_* memcg_alloc* count_memcg_* get_mem_cgroup_* mem_cgroup_* memdup_* vmemdup_* kmemdup* kstrdup* kstrndup* "
	 "krealloc* do_krealloc* kasprintf* kvasprintf* devm_k* devm_alloc* devres_alloc* "
	 "pcpu_mem_* pcpu_alloc* alloc_percpu* free_percpu* alloc_pages* alloc_page* alloc_frozen_pages* "
	 "get_free_page* get_zeroed_page* get_page_from_freelist* alloc_contig_* should_fail* "
	 "should_failslab* fail_dump* mempool_* dma_pool_* ida_* idr_* sock_kmalloc* sock_kfree* "
	 "sk_alloc sk_prot_alloc alloc_inode* genradix_* flex_array_* kmalloc_order* "
	 "alloc_large_* alloc_slab* refill_* krealloc_* post_alloc_hook prep_new_page* "
	 "copy_page copy_page_rep copy_highpage* copy_mc* "
	 "free_large_kmalloc rcu_free_sheaf* barn_* check_slab_allocation free_to_partial_list* "
	 "free_debug_processing* alloc_debug_processing* free_consistency_checks* "
	 "alloc_consistency_checks* alloc_single_from_*"},

	/* Copies, strings, printing, numbers. */
	{SKIP_LIB,
	 "memcpy* memset* memmove* memcmp* memchr* memscan* memzero* strlen* strnlen* strcmp* strncmp* "
	 "strcpy* strncpy* strlcpy* strscpy* sized_str* strcat* strlcat* strncat* strchr* strrchr* strstr* strnstr* "
	 "strsep strcasecmp strncasecmp strim strspn strcspn skip_spaces raw_copy_* "
	 "copy_to_user* copy_from_user* copy_user* copy_to_iter* copy_from_iter* copy_page_to_iter* copy_page_from_iter* copy_folio_* simple_copy_to_iter "
	 "copy_compat_* copy_in_user* check_zeroed_user copy_msghdr_* sendmsg_copy_msghdr* "
	 "clear_user* get_user* put_user* iov_iter_copy* uaccess_* access_ok* rep_movs* rep_stos* "
	 "csum_* do_csum* ip_fast_csum* crc16* crc32* crc64* crc_* crc7* crc8* crct10dif* xxh* jhash* siphash* "
	 "hsiphash* sha1_* sha256_* sha512_* aes_* chacha_* poly1305_* blake2* md5_* crypto_* skcipher_* simd_skcipher* aesti_* cbc_* ecb_* xts_* ctr_* cts_* essiv_* "
	 "vsnprintf* vscnprintf* vsprintf snprintf* scnprintf* sprintf* sscanf* vsscanf* string string_nocheck "
	 "format_decode number pointer hex_* bin2hex* print_hex* symbol_string kallsyms_* "
	 "printk* vprintk* console_unlock* console_flush* console_emit* dev_printk* dev_vprintk* dev_info* dev_err* dev_warn* dev_notice* va_format* seq_printf* seq_put* seq_vprintf* "
	 "read_once* write_once* READ_ONCE* read_word_at_a_time* get_unaligned* put_unaligned* atomic_* "
	 "atomic64_* atomic_long_* arch_atomic* raw_atomic* instrument_* test_bit* test_and_* "
	 "arch_test_* arch_set_bit* arch_clear_bit* generic_test_* generic_set_bit* const_test_* variable_test_* "
	 "constant_test_* set_bit* clear_bit* ffs* fls* find_first_* find_next_* find_last_* "
	 "find_nth_* bitmap_* cpumask_* hweight* sort sort_r bsearch div64_* nla_parse* "
	 "nla_validate* nla_put* nla_memcpy nla_strscpy match_token* "
	 "phys_addr virt_to_phys* phys_addr_* debug_virt_* swab*"},

	/* Lists, trees, tables, reference counts. */
	{SKIP_LIB,
	 "list_add* list_del* list_move* list_splice* list_sort list_empty* list_lru_* hlist_* rb_* "
	 "rbtree_* radix_tree_* xa_* xas_* mas_* mtree_* mt_* interval_tree_* plist_* llist_* "
	 "klist_* rhashtable_* rht_* bucket_* lookup_fast_rht refcount_* kref_* "
	 "kobject_* kobj_* kset_* percpu_ref_* sysfs_remove_* sysfs_create_* sysfs_add_* "
	 "sysfs_warn_dup sysfs_do_* sysfs_notify* kernfs_remove_by_name* kernfs_find* kernfs_add* "
	 "internal_create_* dpm_sysfs_* device_add device_del device_unregister "
	 "device_register device_create* device_destroy device_remove_file* device_create_file* kernfs_drain* "
	 "get_device put_device get_device_parent add_uevent_var devres_release_all release_nodes "
	 "drop_nlink inc_nlink clear_nlink set_nlink mark_buffer_dirty* find_lock_entries* "
	 "find_get_entr* filemap_get_* assertfail btrfs_assertfail* assfail asswarn reiserfs_panic* "
	 "reiserfs_write_lock* raw_readb raw_readw raw_readl raw_readq raw_writeb raw_writew raw_writel "
	 "raw_writeq readb readw readl readq writeb writew writel writeq inb inw inl outb outw outl "
	 "ioread* iowrite* logic_in* logic_out* dput dput_* fast_dput iput iput_* sget_userns proc_register proc_mkdir* proc_create* proc_net_create* "
	 "remove_proc_* remove_proc_entry assoc_array_* ptr_ring_* kfifo_* prio_tree* "
	 "dql_*"},

	/* Packets: what every protocol pushes, pulls and frees. */
	{SKIP_LIB,
	 "skb_put* skb_push* skb_pull* skb_panic skb_over_panic skb_under_panic skb_copy_* "
	 "sk_skb_reason_drop* skb_clone* skb_store_bits skb_release_* skb_free_* skb_ensure_* skb_trim* skb_cow* "
	 "skb_dequeue* skb_queue_* skb_unlink* skb_checksum* skb_headers_offset_* skb_get* skb_header_* "
	 "kfree_skb* consume_skb* dev_kfree_skb* napi_consume_skb* sock_wfree* "
	 "pskb_* alloc_skb* dev_alloc_skb* netdev_alloc_skb* build_skb* napi_alloc_skb* napi_build_skb* "
	 "sock_alloc_send_* page_frag_* napi_get_frags* alloc_netdev*"},

	/* Deferred work, waking and waiting, threads, timers. */
	{SKIP_LIB,
	 "queue_work* queue_delayed_work* insert_work* kthread_queue_* kthread_insert_* "
	 "flush_work flush_work_* flush_delayed_work* flush_workqueue* drain_workqueue* destroy_workqueue* "
	 "start_flush_* process_one_work worker_thread process_scheduled_works kthread touch_wq_* touch_work_* cancel_work* cancel_delayed_work* work_is_* try_to_grab_pending work_grab_pending work_fixup* work_busy mod_delayed_work* "
	 "schedule_work* delayed_work_timer_fn* init_work* "
	 "sk_stop_timer* sk_reset_timer* del_timer* timer_delete* timer_shutdown* timer_is_* timer_fixup* add_timer* try_to_del_timer* mod_timer* init_timer* hrtimer_cancel* hrtimer_try_* "
	 "hrtimer_start* hrtimer_init* hrtimer_active* setup_timer* hrtimer_setup* "
	 "debug_deactivate* complete complete_all complete_with_* swake_up_* wake_up wake_up_process wake_up_q wake_up_all wake_up_bit wake_up_common* wake_up_sync* wake_up_interruptible* wake_up_state wake_up_var wake_up_klogd default_wake_* "
	 "wait_for_* wait_on_* io_schedule* bit_wait* out_of_line_wait* autoremove_wake_* try_to_wake_up* finish_wait* prepare_to_wait* add_wait_* init_wait* "
	 "wake_q_* ttwu_* pollwake pollwake* ep_poll_callback kthread_stop* kthread_bind* "
	 "kthread_create* cleanup_srcu_struct* init_srcu_* call_rcu* call_srcu* kvfree_call_* "
	 "tasklet_*action_common tasklet_kill* "
	 "blocking_notifier_* raw_notifier_* atomic_notifier_* notifier_call_chain* memory_notify kunit_* "
	 "call_netdevice_notifier* usb_kill_urb usb_kill_anchored_urbs* usb_unlink_* usb_poison_* "
	 "usb_submit_urb usb_start_wait_urb* usb_control_msg* usb_bulk_msg* usb_interrupt_msg* usb_internal_* "
	 "usb_anchor_urb* usb_unanchor_* usb_hcd_* unregister_netdev unregister_netdevice_many* unregister_netdevice_queue* "
	 "rollback_registered* fasync_helper* kill_fasync*"},

	/* Waiting. */
	{SKIP_WAIT,
	 "schedule* rela_dyn_start rcu_barrier* filemap_fdatawait* filemap_write_and_wait* "
	 "do_read_cache_* context_switch* switch_to* preempt_schedule* wait_* "
	 "do_wait_* bit_wait* out_of_line_* down_* usleep_range* msleep* ssleep jbd2_log_wait* "
	 "do_wait_for_* kthread_park* swait_* rcuwait_* congestion_wait* folio_wait_* sleep_on_* "
	 "preempt_* cond_resched* sched_yield* yield* do_sched_* "
	 "unmap_and_move* migrate_folio_* move_to_new_* "
	 "sched_text_start schedtail* blk_mq_freeze* wait_rcu_gp* synchronize_net swake*"},

	/* Pages: the ways to the allocator and back. */
	{SKIP_PAGE,
	 "free_* put_page* put_compound_* put_single_* put_new_* folio_put* folios_put* folio_alloc* "
	 "alloc_* rmqueue* check_new_page* check_free_page* release_page* vma_alloc_* page_cache_release "
	 "drain_* destroy_large_folio destroy_compound* free_huge* get_page_from_* expand* "
	 "filemap_alloc_* page_frag* lru_add_* lru_deactivate* pagevec_* folio_batch_* folio_add_lru* "
	 "tlb_* unmap_* zap_* exit_mmap mmput* vmalloc* do_exit do_group_exit batch_*release* "
	 "print_bad_pte vm_normal_page* copy_pte_range* copy_page_range* "
	 "swap_* delete_from_page_cache* page_counter* __split_huge* "
	 ""},

	/* On the way in: entry code, system calls, VFS, sockets, dispatchers, interrupts. */
	{SKIP_OUTER,
	 "kunit_* entry_* do_syscall_* do_*syscall_32* do_fast_syscall* do_int80* sysenter_* syscall_* "
	 "stub_* tracesys* system_call* ret_from_* ret_fast_* ret_to_* ret_with_* sys_trace_return "
	 "el0* el1* el0t_* el1h_* invoke_syscall* do_el0_* work_pending do_notify_resume* "
	 "exit_to_user* prepare_exit_to_user* irqentry_* retint_* restore_* common_interrupt* "
	 "interrupt_entry error_* x64_sys_* ia32_* arm64_* se_sys_* se_compat_* do_sys_* do_compat_* "
	 "SyS_* SYSC_* C_SYSC_* compat_SyS_* compat_sys_* sys_* ksys_* x64_sys_call x32_* s390x_* riscv_* "
	 "vfs_* do_vfs_* new_sync_* do_iter_* do_readv* do_writev* do_loop_readv* do_pwritev* "
	 "do_pread* compat_* vfs_ioctl do_sendfile do_splice* splice_* "
	 "path_openat* do_filp_open* do_open* do_dentry_open* path_lookupat* "
	 "filename_* user_path_* link_path_walk* walk_component* lookup_* open_last_* do_o_path "
	 "path_init path_get* chrdev_open* misc_open blkdev_open* "
	 "shrink_dcache_* shrink_dentry_* d_walk* graft_tree* attach_recursive_mnt* "
	 "do_mkdirat* do_rmdir* do_unlinkat* do_renameat* do_symlinkat* do_mknodat* do_linkat* "
	 "do_mount* path_mount* do_new_mount* vfs_get_tree legacy_get_tree mount_fs mount_bdev mount_nodev "
	 "mount_single get_tree_* do_umount* path_umount* do_faccessat* do_fchown* do_truncate* "
	 "kernfs_fop_* sysfs_kf_* dev_attr_* kobj_attr_* state_store online_store full_proxy_* "
	 "simple_attr_* debugfs_attr_* proc_sys_* proc_reg_* seq_read* seq_write* device_offline "
	 "device_online memory_subsys_* memory_block_* "
	 "direct_entry lkdtm_do_action lkdtm_debugfs_* "
	 "sock_sendmsg* sock_recvmsg* sock_write_iter* sock_read_iter* sock_common_* sock_do_ioctl* "
	 "sock_ioctl* inet_sendmsg inet6_sendmsg inet_recvmsg inet_ioctl inet6_ioctl "
	 "netlink_* rtnetlink_* rtnl_*lock* genl_* nfnetlink_* "
	 "io_schedule_* do_sock_setsockopt do_sock_getsockopt "
	 "handle_mm_fault* handle_pte_fault* do_fault* do_read_fault* do_shared_fault* do_cow_fault* "
	 "do_pte_missing do_swap_page do_anonymous_page* faultin_page* get_user_pages* populate_* mm_populate* "
	 "fixup_user_fault* "
	 "vm_mmap_* do_mmap* mmap_region* call_mmap* mmap_file vm_munmap* do_munmap* do_mas_* do_vmi_* "
	 "task_work_run* fput fput_* do_exit* do_group_exit* get_signal* do_signal* arch_do_signal* "
	 "do_execve* do_execveat* elf_map vm_brk* do_brk* exec_binprm* search_binary_handler* bprm_execve* load_elf_* "
	 "begin_new_exec flush_old_exec copy_process* kernel_clone* do_fork* mmput* exit_mmap* "
	 "kthread_worker_fn rescuer_thread "
	 "smpboot_thread_fn run_ksoftirqd kernel_thread_helper child_rip kernel_init* do_one_initcall* "
	 "do_initcall* do_init_module load_module init_module_from_file* idempotent_init_module do_finit_module do_basic_setup start_kernel x86_64_start_* i386_start_* secondary_startup_* "
	 "start_secondary* cpu_startup_entry* cpu_idle* do_idle* cpuidle_* default_idle* arch_cpu_idle* "
	 "call_cpuidle* acpi_idle* acpi_safe_halt* native_safe_halt* intel_idle* mwait_* pv_native_* "
	 "rest_init arch_call_rest_init common_startup_* cpu_bringup_* psci_* xen_* "
	 "do_softirq* handle_softirqs* softirq_* irq_exit* invoke_softirq* call_on_* run_on_irqstack* "
	 "irq_enter* do_IRQ handle_irq* handle_edge_* handle_fasteoi_* handle_level_* handle_percpu_* "
	 "generic_handle_* handle_domain_irq* gic_handle_* do_interrupt_handler irq_svc irq_usr "
	 "asm_* sysvec_* smp_apic_* smp_trace_* trace_apic_* int_ret_from_* apic_timer_* smp_call_function_interrupt smp_reschedule_* "
	 "reschedule_interrupt call_function_* flush_smp_call_* generic_smp_* local_apic_* "
	 "run_timer_softirq* run_timers* expire_timers* call_timer_fn* run_timer_base* "
	 "hrtimer_interrupt* hrtimer_run_* run_hrtimer* hrtimer_wakeup tick_* update_process_times* "
	 "tasklet_* net_rx_action* net_tx_action* napi_poll* napi_threaded* process_backlog* "
	 "netif_receive_skb* napi_gro_* gro_* netif_rx* napi_complete* "
	 "rcu_core* rcu_do_batch* rcu_process_callbacks* rcu_cpu_kthread* blk_done_softirq* "
	 "run_rebalance* nmi end_repeat_nmi do_nmi default_do_nmi nmi_handle* asm_*nmi* exc_nmi* "
	 "watchdog_* perf_event_nmi* nmi_* stop_machine* cpu_stopper_thread multi_cpu_stop "
	 "async_run_entry_fn* read_pages read_write"},
};
/* clang-format on */

typedef struct {
	const char *s;
	guint8 len;
	gboolean prefix;
	int class;
} Pattern;

static struct {
	Pattern pattern[PATTERNS_MAX];
	guint n;
	guint16 first[129]; /* by the first character */
} table;

static int compare_patterns(const void *a, const void *b)
{
	return *(const guchar *)((const Pattern *)a)->s - *(const guchar *)((const Pattern *)b)->s;
}

static void build_table(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		const char *s = lists[i].names;

		while (*s) {
			const char *end = strchr(s, ' ');
			gsize len = end ? (gsize)(end - s) : strlen(s);
			Pattern *pattern = &table.pattern[table.n];

			if (len) {
				g_assert(table.n < PATTERNS_MAX && (guchar)*s < 128);
				pattern->s = s;
				pattern->prefix = s[len - 1] == '*';
				pattern->len = (guint8)(len - pattern->prefix);
				pattern->class = lists[i].class;
				table.n++;
			}
			s += len + (end != NULL);
		}
	}
	qsort(table.pattern, table.n, sizeof(Pattern), compare_patterns);
	for (guint c = 0, i = 0; c <= 128; c++) {
		while (i < table.n && (guchar)*table.pattern[i].s < c)
			i++;
		table.first[c] = (guint16)i;
	}
}

static gboolean matches(const Pattern *pattern, SplatText name)
{
	return (pattern->prefix ? name.len >= pattern->len : name.len == pattern->len) &&
	       memcmp(name.s, pattern->s, pattern->len) == 0;
}

gboolean splat_skips_frame(SplatText name, int classes)
{
	static gsize ready;
	gboolean found = FALSE;
	guchar c;

	if (g_once_init_enter(&ready)) {
		build_table();
		g_once_init_leave(&ready, 1);
	}
	while (name.len && strchr("_.", *name.s)) {
		name.s++;
		name.len--;
	}
	c = name.len ? (guchar)*name.s : 0;
	if (c == 0 || c >= 128)
		return TRUE; /* nothing to name anything after */
	for (guint i = table.first[c]; i < table.first[c + 1]; i++)
		if (table.pattern[i].class & (classes | SKIP_REPORT | SKIP_NEVER) &&
		    matches(&table.pattern[i], name)) {
			if (table.pattern[i].class == SKIP_NEVER)
				return FALSE;
			found = TRUE;
		}
	return found || (classes & SKIP_OUTER && name.len > 13 &&
			 memcmp(name.s + name.len - 13, "_compat_ioctl", 13) == 0);
}
