/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of rules.h. Specific rules stand before general ones. */
#include "harness/splat/rules.h"

/* clang-format off */
#define NOISE(pattern)       {KIND_NONE, GROUP_NOISE, PICK_NONE, 0, 0, pattern, NULL}
#define NOISE_MID(pattern)   {KIND_NONE, GROUP_NOISE, PICK_NONE, 0, RULE_MID, pattern, NULL}
#define NOISE_BLOCK(pattern) \
	{KIND_NONE, GROUP_NOISE, PICK_NONE, 0, RULE_MID | RULE_BLOCK, pattern, NULL}
#define LINE(kind, pattern, title) {kind, GROUP_LINE, PICK_NONE, 0, RULE_MID, pattern, title}
#define REPORT(kind, pick, skip, pattern, title) \
	{kind, GROUP_REPORT, pick, skip, RULE_MID, pattern, title}
#define STACK(kind, pattern, title)   REPORT(kind, PICK_STACK, 0, pattern, title)
#define HEADER(kind, pattern, title)  REPORT(kind, PICK_HEADER, 0, pattern, title)
#define WAITING(kind, pattern, title) REPORT(kind, PICK_STACK, SKIP_WAIT, pattern, title)
#define LOCK(kind, pattern, title)    REPORT(kind, PICK_SAID, SKIP_WAIT, pattern, title)
#define DIE(kind, pattern, title)     {kind, GROUP_DIE, PICK_STACK, 0, RULE_MID, pattern, title}
#define LIST_BAD(pattern) \
	{KIND_LIST_CORRUPTION, GROUP_DIE, PICK_STACK, 0, RULE_MID | RULE_LIVES, pattern, LIST}
#define FOLLOW(kind, pattern, title) \
	{kind, GROUP_DIE, PICK_STACK, 0, RULE_MID | RULE_FOLLOW, pattern, title}
#define OVERFLOW(kind, flags, pattern, title) \
	{kind, GROUP_DIE, PICK_OUTER, SKIP_OUTER, RULE_MID | (flags), pattern, title}
#define STALL(kind, pattern, title) \
	{kind, GROUP_STALL, PICK_OUTER, SKIP_OUTER, RULE_MID, pattern, title}
#define WARN(pattern) \
	{KIND_WARNING, GROUP_WARN, PICK_HEADER, 0, RULE_MID, "WARNING: " pattern, "WARNING in %F"}
#define PANIC(pattern, title) \
	{KIND_PANIC, GROUP_PANIC, PICK_NONE, 0, RULE_MID, \
	 "Kernel panic - not syncing: " pattern, title}
#define PANIC_AFTER(pattern, title) \
	{KIND_PANIC, GROUP_PANIC, PICK_NONE, 0, RULE_MID | RULE_FOLLOW, \
	 "Kernel panic - not syncing: " pattern, title}
#define PANIC_IN(pick, pattern, title) \
	{KIND_PANIC, GROUP_PANIC, pick, SKIP_WAIT, RULE_MID, \
	 "Kernel panic - not syncing: " pattern, title}

/* A cache whose name no taint follows: SLUB before 2.6.36 and in excerpts. */
#define SLAB(what) \
	{KIND_SLAB, GROUP_REPORT, PICK_STACK, 0, 0, "BUG %*: " what "%w", "BUG: slab: " what "%1%O"}

#define NULL_DEREF "BUG: unable to handle kernel NULL pointer dereference in %F"
#define PAGING     "BUG: unable to handle kernel paging request in %F"
#define ACCESS     "BUG: unable to handle kernel %1 in %F"
#define GPF        "general protection fault in %F"
#define DEADLOCK   "possible deadlock in %F"
#define LOCK_STATE "inconsistent lock state in %F"
#define RCU_USAGE  "WARNING: suspicious RCU usage in %F"
#define RCU_STALL  "INFO: rcu detected stall in %F"
#define LOCK_HELD  "WARNING: lock held when returning to user space in %F"
#define LOCK_EXIT  "WARNING: lock held at task exit time in %F"
#define LOCKS_HELD "WARNING: still has locks held in %F"
#define STATIC_KEY "INFO: trying to register non-static key in %F"
#define INVALID_FREE "KASAN: invalid-free in %F"
#define LIST       "BUG: corrupted list in %F"

const SplatRule splat_rules[] = {
	/* What has the words and none of the meaning. */
	NOISE_MID("Command line: "),
	NOISE_MID("Kernel command line: "),
	NOISE_MID("Unknown kernel command line parameters "),
	LINE(KIND_SILENT, "pfnhunt: silent: %w:", "silent: %1"),
	NOISE_MID("pfnhunt: "),
	NOISE("lkdtm: "),
	NOISE_MID("BUG: Bad page state: %d messages suppressed"),
	NOISE_MID("BUG: Bad page map: %d messages suppressed"),
	NOISE_MID("BUG: Bad rss-counter state: %d messages suppressed"),
	NOISE_MID("INFO: lockdep is turned off"),
	NOISE_MID("INFO: Stall ended before state dump start"),
	NOISE_MID("INFO: NMI handler ("),
	NOISE_MID("INFO: task %t:%p is blocked on "),
	NOISE_MID("INFO: task %t:%p blocked on "),
	NOISE_MID("INFO: task %t:%p <reader> blocked on "),
	NOISE_MID("INFO: task %t:%p <writer> blocked on "),
	NOISE_BLOCK("FAULT_INJECTION: forcing a failure"),
	NOISE_BLOCK("invoked oom-killer: "),
	NOISE_BLOCK("page allocation failure: order:"),
	NOISE_BLOCK("page allocation failure. order:"),
	NOISE_BLOCK("page allocation stalls for "),
	NOISE_BLOCK("vmalloc: allocation failure"),
	NOISE_BLOCK("vmalloc error: size "),
	NOISE_BLOCK("SLUB: Unable to allocate memory on node"),
	NOISE_BLOCK("sysrq: Show "),
	NOISE_BLOCK("SysRq : Show "),

	{KIND_NONE, GROUP_CUT, PICK_NONE, 0, RULE_MID, "[ cut here ]", NULL},

	/* Sanitizers. */
	STACK(KIND_KASAN_INVALID_FREE, "BUG: KASAN: double-free or invalid-free in %y",
	      INVALID_FREE),
	STACK(KIND_KASAN_INVALID_FREE, "BUG: KASAN: double-free or invalid-free", INVALID_FREE),
	STACK(KIND_KASAN_INVALID_FREE, "BUG: KASAN: invalid-free in %y", INVALID_FREE),
	STACK(KIND_KASAN_INVALID_FREE, "BUG: KASAN: invalid-free", INVALID_FREE),
	STACK(KIND_KASAN_INVALID_FREE, "BUG: KASAN: double-free in %y", INVALID_FREE),
	STACK(KIND_KASAN_INVALID_FREE, "BUG: KASAN: double-free", INVALID_FREE),
	STACK(KIND_KASAN, "BUG: KASAN: maybe %w in %y", "KASAN: %1%A in %F"),
	STACK(KIND_KASAN, "BUG: KASAN: %w in %y", "KASAN: %1%A in %F"),
	STACK(KIND_KASAN, "BUG: KASAN: %w in ", "KASAN: %1%A in %F"),
	STACK(KIND_KASAN, "BUG: KASAN: %w on address", "KASAN: %1%A in %F"),
	STACK(KIND_KASAN, "BUG: KASAN: %w", "KASAN: %1%A in %F"),
	HEADER(KIND_KMSAN, "BUG: KMSAN: %w in %y", "KMSAN: %1 in %F"),
	HEADER(KIND_KMSAN, "BUG: KMSAN: %w in ", "KMSAN: %1 in %F"),
	REPORT(KIND_KCSAN, PICK_NONE, 0, "BUG: KCSAN: %w in %w", "KCSAN: %1 in %2"),
	HEADER(KIND_KFENCE, "BUG: KFENCE: %w in %y", "KFENCE: %1 in %F"),
	HEADER(KIND_KFENCE, "BUG: KFENCE: %w in ", "KFENCE: %1 in %F"),
	STACK(KIND_UBSAN, "UBSAN: Undefined behaviour in %f:%l",
	      "UBSAN: undefined-behaviour in %F"),
	STACK(KIND_UBSAN, "UBSAN: %w in %f:%l", "UBSAN: %1 in %F"),
	HEADER(KIND_CFI, "CFI failure at %y", "CFI failure in %F"),
	STACK(KIND_CFI, "CFI failure (target: ", "CFI failure in %F"),
	STACK(KIND_MEMORY_LEAK, "BUG: memory leak", "memory leak in %F"),

	/* Reports of the locking rules, old form and new. */
	LOCK(KIND_DEADLOCK, "INFO: possible circular locking dependency detected", DEADLOCK),
	LOCK(KIND_DEADLOCK, "WARNING: possible circular locking dependency detected", DEADLOCK),
	LOCK(KIND_DEADLOCK, "INFO: possible recursive locking detected", DEADLOCK),
	LOCK(KIND_DEADLOCK, "WARNING: possible recursive locking detected", DEADLOCK),
	LOCK(KIND_DEADLOCK, "INFO: possible irq lock inversion dependency detected", DEADLOCK),
	LOCK(KIND_DEADLOCK, "WARNING: possible irq lock inversion dependency detected", DEADLOCK),
	REPORT(KIND_DEADLOCK, PICK_SIDE, SKIP_WAIT,
	       "INFO: %w-safe -> %w-unsafe lock order detected", DEADLOCK),
	REPORT(KIND_DEADLOCK, PICK_SIDE, SKIP_WAIT,
	       "WARNING: %w-safe -> %w-unsafe lock order detected", DEADLOCK),
	LOCK(KIND_LOCK_STATE, "INFO: inconsistent lock state", LOCK_STATE),
	LOCK(KIND_LOCK_STATE, "WARNING: inconsistent lock state", LOCK_STATE),
	STACK(KIND_SUSPICIOUS_RCU, "INFO: suspicious RCU usage",
	      "INFO: suspicious RCU usage in %F"),
	STACK(KIND_SUSPICIOUS_RCU, "INFO: suspicious rcu_dereference_check() usage",
	      "INFO: suspicious RCU usage in %F"),
	STACK(KIND_SUSPICIOUS_RCU, "WARNING: suspicious RCU usage", RCU_USAGE),
	STACK(KIND_UNLOCK_BALANCE, "BUG: bad unlock balance detected",
	      "BUG: bad unlock balance in %F"),
	STACK(KIND_UNLOCK_BALANCE, "WARNING: bad unlock balance detected",
	      "WARNING: bad unlock balance in %F"),
	STACK(KIND_CONTENTION, "WARNING: bad contention detected", "WARNING: bad contention in %F"),
	LOCK(KIND_HELD_LOCK_FREED, "BUG: held lock freed", "BUG: held lock freed in %F"),
	LOCK(KIND_HELD_LOCK_FREED, "WARNING: held lock freed", "WARNING: held lock freed in %F"),
	LOCK(KIND_LOCK_HELD, "BUG: lock held when returning to user space",
	     "BUG: lock held when returning to user space in %F"),
	LOCK(KIND_LOCK_HELD, "WARNING: lock held when returning to user space", LOCK_HELD),
	LOCK(KIND_LOCK_HELD, "BUG: lock held at task exit time", LOCK_EXIT),
	LOCK(KIND_LOCK_HELD, "WARNING: lock held at task exit time", LOCK_EXIT),
	LOCK(KIND_LOCK_HELD, "BUG: %t/%p still has locks held!", "BUG: still has locks held in %F"),
	LOCK(KIND_LOCK_HELD, "WARNING: %t/%p still has locks held!", LOCKS_HELD),
	LOCK(KIND_NESTED_LOCK, "WARNING: Nested lock was not taken",
	     "WARNING: nested lock was not taken in %F"),
	STACK(KIND_LOCKING, "BUG: Invalid wait context", "WARNING: locking bug in %F"),
	STACK(KIND_STATIC_KEY, "INFO: trying to register non-static key", STATIC_KEY),
	STACK(KIND_STATIC_KEY, "BUG: key %x has not been registered",
	      "BUG: lock key not registered in %F"),
	STACK(KIND_STATIC_KEY, "BUG: key %x not in .data", "BUG: lock key not in .data in %F"),
	STACK(KIND_SPINLOCK, "BUG: spinlock %w on CPU#%c, %t/%p", "BUG: spinlock %1 in %F"),
	STACK(KIND_SPINLOCK, "BUG: rwlock %w on CPU#%c, %t/%p", "BUG: rwlock %1 in %F"),
	STACK(KIND_SPINLOCK, "BUG: spinlock %w, ", "BUG: spinlock %1 in %F"),
	LINE(KIND_LOCKDEP_LIMIT, "BUG: MAX_%w too low!", "BUG: MAX_%1 too low!"),
	LINE(KIND_UNWINDER, "WARNING: kernel stack %w at %* in %* has bad %*value",
	     "WARNING: kernel stack %1 has bad value"),

	/* Oopses of every architecture: one or more of these, then registers and stack. */
	DIE(KIND_NULL_DEREF, "BUG: unable to handle kernel NULL pointer dereference", NULL_DEREF),
	DIE(KIND_NULL_DEREF, "BUG: kernel NULL pointer dereference", NULL_DEREF),
	DIE(KIND_NULL_DEREF, "BUG: Kernel NULL pointer dereference", NULL_DEREF),
	DIE(KIND_NULL_DEREF, "Unable to handle kernel NULL pointer dereference", NULL_DEREF),
	DIE(KIND_PAGE_FAULT, "BUG: unable to handle kernel paging request", PAGING),
	DIE(KIND_PAGE_FAULT, "BUG: unable to handle page fault for address", PAGING),
	DIE(KIND_PAGE_FAULT, "BUG: Unable to handle kernel data access", PAGING),
	DIE(KIND_PAGE_FAULT, "BUG: Unable to handle kernel instruction fetch", PAGING),
	DIE(KIND_PAGE_FAULT, "Unable to handle kernel paging request", PAGING),
	DIE(KIND_PAGE_FAULT, "Unable to handle kernel pointer dereference", PAGING),
	DIE(KIND_USER_ACCESS, "Unable to handle kernel access to user memory",
	    "BUG: unable to handle kernel access to user memory in %F"),
	DIE(KIND_PAGE_FAULT, "BUG: unable to handle kernel %w at ", ACCESS),
	DIE(KIND_PAGE_FAULT, "Unable to handle kernel %w at ", ACCESS),
	DIE(KIND_PAGE_FAULT, "BUG: unable to handle kernel",
	    "BUG: unable to handle kernel access in %F"),
	FOLLOW(KIND_PAGE_FAULT, "kernel tried to execute NX-protected page", PAGING),
	FOLLOW(KIND_PAGE_FAULT, "unable to execute userspace code (SMEP?)", PAGING),
	{KIND_UNHANDLED_FAULT, GROUP_DIE, PICK_STACK, 0, RULE_MID | RULE_PROOF, "Unhandled fault: ",
	 "Unhandled fault in %F"},
	{KIND_UNHANDLED_FAULT, GROUP_DIE, PICK_STACK, 0, RULE_MID | RULE_PROOF,
	 "Unhandled prefetch abort: ", "Unhandled fault in %F"},
	{KIND_BAD_MODE, GROUP_DIE, PICK_NONE, 0, RULE_MID, "Bad mode in %* handler detected",
	 "kernel panic: bad mode"},
	DIE(KIND_SERROR, "SError Interrupt on CPU%c, ", "SError in %F"),
	OVERFLOW(KIND_STACK_GUARD, 0, "BUG: %w stack guard page was hit",
		 "BUG: stack guard page was hit in %F"),
	OVERFLOW(KIND_STACK_GUARD, 0, "BUG: stack guard page was hit",
		 "BUG: stack guard page was hit in %F"),
	OVERFLOW(KIND_STACK_OVERFLOW, 0, "Insufficient stack space to handle exception",
		 "kernel stack overflow in %F"),
	OVERFLOW(KIND_STACK_OVERFLOW, RULE_FOLLOW, "kernel stack overflow (%*): %x [#%d]",
		 "kernel stack overflow in %F"),
	DIE(KIND_DOUBLE_FAULT, "PANIC: double fault", "PANIC: double fault in %F"),
	FOLLOW(KIND_DOUBLE_FAULT, "double fault: %x [#%d]", "PANIC: double fault in %F"),
	DIE(KIND_GPF, "general protection fault%*: %x [#%d]", GPF),
	DIE(KIND_DIVIDE_ERROR, "divide error: %x [#%d]", "divide error in %F"),
	DIE(KIND_DIVIDE_ERROR, "divide_error: %x [#%d]", "divide error in %F"),
	DIE(KIND_INT3, "int3: %x [#%d]", "int3 in %F"),
	DIE(KIND_STACK_SEGMENT, "stack segment: %x [#%d]", "stack segment fault in %F"),
	DIE(KIND_ALIGNMENT, "alignment check: %x [#%d]", "alignment check in %F"),
	DIE(KIND_CONTROL_PROTECTION, "control protection: %x [#%d]",
	    "control protection fault in %F"),
	LIST_BAD("list_add corruption"),
	LIST_BAD("list_del corruption"),
	LIST_BAD("list_add double add"),
	DIE(KIND_USERCOPY, "usercopy: Kernel memory ", "BUG: bad usercopy in %F"),
	DIE(KIND_USERCOPY, "usercopy: kernel memory ", "BUG: bad usercopy in %F"),
	DIE(KIND_KERNEL_BUG, "kernel BUG at %f:%l", "kernel BUG in %F"),
	DIE(KIND_KERNEL_BUG, "Kernel BUG at %f:%l", "kernel BUG in %F"),
	FOLLOW(KIND_KERNEL_BUG, "Kernel BUG [#%d]", "kernel BUG in %F"),
	FOLLOW(KIND_KERNEL_BUG, "Kernel bug detected[#%d]", "kernel BUG in %F"), /* mips */
	FOLLOW(KIND_KERNEL_BUG, "monitor event: %x ilc:%d [#%d]", "kernel BUG in %F"), /* s390 */
	FOLLOW(KIND_OOPS, "illegal operation: %x ilc:%d [#%d]", "illegal operation in %F"),
	FOLLOW(KIND_OOPS, "addressing exception: %x ilc:%d [#%d]", "addressing exception in %F"),
	FOLLOW(KIND_OOPS, "specification exception: %x ilc:%d [#%d]", "specification exception in %F"),
	FOLLOW(KIND_OOPS, "protection exception: %x ilc:%d [#%d]", "protection exception in %F"),
	FOLLOW(KIND_OOPS, "Reserved instruction in kernel code[#%d]", "Oops in %F"),
	FOLLOW(KIND_OOPS, "Unhandled kernel unaligned access[#%d]", "Oops in %F"),
	FOLLOW(KIND_INVALID_OPCODE, "invalid opcode: %x [#%d]", "invalid opcode in %F"),
	FOLLOW(KIND_OOPS, "Internal error: %*: %x [#%d]", "Internal error in %F"),
	FOLLOW(KIND_OOPS, "Internal error: %*[#%d]", "Internal error in %F"),
	FOLLOW(KIND_OOPS, "Oops: %x [#%d]", "Oops in %F"),
	FOLLOW(KIND_OOPS, "Oops: %*, sig: %d [#%d]", "Oops in %F"),
	FOLLOW(KIND_OOPS, "Oops[#%d]", "Oops in %F"),
	FOLLOW(KIND_OOPS, "Oops [#%d]", "Oops in %F"),
	FOLLOW(KIND_OOPS, "Oops - %*[#%d]", "Oops in %F"),

	/* Pages. */
	REPORT(KIND_BAD_PAGE, PICK_STACK, SKIP_PAGE, "BUG: Bad page state in process %t  pfn:%x",
	       "BUG: Bad page state in %F"),
	REPORT(KIND_BAD_PAGE, PICK_STACK, SKIP_PAGE, "BUG: Bad page state in process ",
	       "BUG: Bad page state in %F"),
	REPORT(KIND_BAD_PAGE, PICK_STACK, SKIP_PAGE, "BUG: Bad page cache in process ",
	       "BUG: Bad page cache in %F"),
	REPORT(KIND_BAD_PAGE_MAP, PICK_NONE, 0, "BUG: Bad page map in process ",
	       "BUG: Bad page map"),
	REPORT(KIND_BAD_PAGE_MAP, PICK_NONE, 0, "BUG: Bad page map (%d)", "BUG: Bad page map"),
	REPORT(KIND_BAD_PAGE_MAP, PICK_STACK, SKIP_PAGE, "BUG: Bad swap %*entry ",
	       "BUG: Bad swap entry in %F"),
	STACK(KIND_PAGE_POISON, "pagealloc: memory corruption",
	      "pagealloc: memory corruption in %F"),
	STACK(KIND_PAGE_POISON, "pagealloc: single bit error", "pagealloc: single bit error in %F"),
	LINE(KIND_BAD_RSS, "BUG: Bad rss-counter state", "BUG: Bad rss-counter state"),
	LINE(KIND_BAD_PGTABLES, "BUG: non-zero pgtables_bytes on freeing mm",
	     "BUG: non-zero pgtables_bytes on freeing mm"),
	LINE(KIND_BAD_PGTABLES, "BUG: non-zero nr_ptes on freeing mm",
	     "BUG: non-zero nr_ptes on freeing mm"),
	LINE(KIND_DENTRY, "BUG: Dentry %* still in use", "BUG: Dentry still in use in unmount"),
	NOISE("BUG %* (%*): kasan: "),
	{KIND_SLAB, GROUP_REPORT, PICK_STACK, 0, 0, "BUG %* (%*): %w", "BUG: slab: %1%O"},
	SLAB("Objects remaining"),
	SLAB("Poison overwritten"),
	SLAB("Redzone overwritten"),
	SLAB("Padding overwritten"),
	SLAB("Object padding overwritten"),
	SLAB("Object already free"),
	SLAB("Freepointer corrupt"),
	SLAB("Freechain corrupt"),
	SLAB("Wrong object count"),
	SLAB("Invalid object pointer"),
	{KIND_SLAB, GROUP_REPORT, PICK_HEADER, 0, RULE_FOLLOW, "INFO: Allocated in %y",
	 "INFO: Allocated%O"},
	{KIND_SLAB, GROUP_REPORT, PICK_HEADER, 0, RULE_FOLLOW, "INFO: Freed in %y",
	 "INFO: Freed%O"},
	{KIND_SLAB, GROUP_REPORT, PICK_NONE, 0, RULE_FOLLOW, "INFO: Allocated in %w",
	 "INFO: Allocated in %1"},
	{KIND_SLAB, GROUP_REPORT, PICK_NONE, 0, RULE_FOLLOW, "INFO: Freed in %w",
	 "INFO: Freed in %1"},

	/* Context. */
	WAITING(KIND_ATOMIC_SLEEP, "BUG: sleeping function called from invalid context at %f:%l",
		"BUG: sleeping function called from invalid context in %F"),
	WAITING(KIND_ATOMIC_SCHED, "BUG: scheduling while atomic: %t/%p/%x",
		"BUG: scheduling while atomic in %F"),
	STACK(KIND_PREEMPTIBLE, "BUG: using %w in preemptible [%x] code: %t/%p",
	      "BUG: using %1 in preemptible code in %F"),
	REPORT(KIND_WORKQUEUE_LEAK, PICK_SAID, 0, "BUG: workqueue leaked",
	       "BUG: workqueue leaked lock or atomic in %F"),

	/* Stalls. */
	STALL(KIND_SOFT_LOCKUP, "watchdog: BUG: soft lockup - CPU#%c stuck for %ds! [%t:%p]",
	      "BUG: soft lockup in %F"),
	STALL(KIND_SOFT_LOCKUP, "BUG: soft lockup - CPU#%c stuck for %ds! [%t:%p]",
	      "BUG: soft lockup in %F"),
	STALL(KIND_SOFT_LOCKUP, "BUG: soft lockup", "BUG: soft lockup in %F"),
	STALL(KIND_HARD_LOCKUP, "Watchdog detected hard LOCKUP on cpu %c",
	      "BUG: hard lockup in %F"),
	STALL(KIND_HARD_LOCKUP, "Watchdog detected hard LOCKUP", "BUG: hard lockup in %F"),
	STALL(KIND_HARD_LOCKUP, "watchdog: CPU %c self-detected hard LOCKUP @ %y",
	      "BUG: hard lockup in %F"),
	STALL(KIND_HARD_LOCKUP, "watchdog: CPU %d detected hard LOCKUP on other CPUs %c",
	      "BUG: hard lockup in %F"),
	STALL(KIND_HARD_LOCKUP, "watchdog: CPU %c Hard LOCKUP", "BUG: hard lockup in %F"),
	STALL(KIND_RCU_STALL, "INFO: %w self-detected stall on CPU", RCU_STALL),
	STALL(KIND_RCU_STALL, "INFO: %w detected stall", RCU_STALL),
	STALL(KIND_RCU_STALL, "INFO: %w detected expedited stalls on CPUs/tasks", RCU_STALL),
	WAITING(KIND_HUNG_TASK, "INFO: task %t:%p %*blocked %*for more than %d seconds",
		"INFO: task hung in %F"),
	WAITING(KIND_HUNG_TASK, "INFO: task %t:%p can't die for more than %d seconds",
		"INFO: task can't die in %F"),
	{KIND_HUNG_TASK, GROUP_REPORT, PICK_STACK, SKIP_WAIT, 0, "INFO: task ",
	 "INFO: task hung in %F"},
	REPORT(KIND_WORKQUEUE_LOCKUP, PICK_NONE, 0, "BUG: workqueue lockup - pool cpus=%c ",
	       "BUG: workqueue lockup"),
	REPORT(KIND_WORKQUEUE_LOCKUP, PICK_NONE, 0, "BUG: workqueue lockup - pool",
	       "BUG: workqueue lockup"),

	/* WARN, in the forms of the ages. */
	WARN("CPU: %c PID: %p at %f:%l %y"),
	WARN("CPU: %c PID: %p at %f:%l"),
	WARN("at %f:%l %y"),
	WARN("at %f:%l"),
	WARN("%f:%l at %y, CPU#%c: %t/%p"),
	WARN("%f:%l at %*, CPU#%c: %t/%p"),

	LINE(KIND_NETDEV_LEAK, "unregister_netdevice: waiting for %* to become free",
	     "unregister_netdevice: waiting for DEV to become free"),
	LINE(KIND_BUSY_INODES, "VFS: Busy inodes after unmount",
	     "VFS: Busy inodes after unmount (use-after-free)"),
	LINE(KIND_FILE_COUNT, "VFS: Close: file count is",
	     "VFS: Close: file count is zero (use-after-free)"),
	LINE(KIND_RUST_PANIC, "rust_kernel: panicked at ", "rust kernel panic"),

	/* Panics. The first ones only say what an earlier complaint led to. */
	PANIC_AFTER("%*panic_on_warn set", "kernel panic: panic_on_warn set"),
	PANIC_AFTER("%*Fatal exception", "kernel panic: Fatal exception"),
	PANIC_AFTER("Fatal exception", "kernel panic: Fatal exception"),
	PANIC_AFTER("hung_task: blocked tasks", "kernel panic: hung_task: blocked tasks"),
	PANIC_AFTER("softlockup: hung tasks", "kernel panic: softlockup: hung tasks"),
	PANIC_AFTER("RCU Stall", "kernel panic: RCU Stall"),
	PANIC_AFTER("Hard LOCKUP", "kernel panic: Hard LOCKUP"),
	PANIC_AFTER("Watchdog detected hard LOCKUP", "kernel panic: Hard LOCKUP"),
	PANIC_AFTER("panic_on_taint set", "kernel panic: panic_on_taint set"),
	PANIC_IN(PICK_HEADER, "stack-protector: Kernel stack is corrupted in: %y",
		 "kernel panic: stack is corrupted in %F"),
	PANIC_IN(PICK_STACK, "stack-protector: Kernel stack is corrupted in",
		 "kernel panic: stack is corrupted in %F"),
	PANIC_IN(PICK_OUTER, "corrupted stack end detected inside scheduler",
		 "kernel panic: corrupted stack end in %F"),
	PANIC("Attempted to kill init!", "kernel panic: Attempted to kill init!"),
	PANIC("%w", "kernel panic: %1"),
	{KIND_PANIC, GROUP_PANIC, PICK_NONE, 0, 0, "Kernel panic: %w", "kernel panic: %1"},

	/* Anything else that calls itself a bug at the front of a kernel's line. */
	{KIND_BUG, GROUP_REPORT, PICK_NONE, 0, 0, "BUG: %w", "BUG: %1"},

	{KIND_NONE, GROUP_HOTPLUG, PICK_NONE, 0, 0, "virtio_mem virtio%d: ", NULL},
	{KIND_NONE, GROUP_HOTPLUG, PICK_NONE, 0, 0, "virtio_mem: ", NULL},
	{KIND_NONE, GROUP_HOTPLUG, PICK_NONE, 0, RULE_MID, "Offlined Pages ", NULL},
	{KIND_NONE, GROUP_HOTPLUG, PICK_NONE, 0, RULE_MID, "memory offlining [mem ", NULL},
	{KIND_NONE, GROUP_KVM, PICK_NONE, 0, RULE_MID, "Hypervisor detected: KVM", NULL},
	{KIND_NONE, GROUP_KVM, PICK_NONE, 0, RULE_MID, "Booting paravirtualized kernel on KVM",
	 NULL},
	{KIND_NONE, GROUP_KVM, PICK_NONE, 0, RULE_MID, "kvm-clock: ", NULL},
	{KIND_NONE, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "reboot: Restarting system", NULL},
	{KIND_NONE, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "reboot: Power ", NULL},
	{KIND_NONE, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "reboot: System halted", NULL},
	{KIND_NONE, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "reboot: machine restart", NULL},
	{KIND_NONE, GROUP_DOWN, PICK_NONE, 0, 0, "Restarting system", NULL},
	{KIND_NONE, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "kexec_core: Starting new kernel", NULL},
	{KIND_NONE, GROUP_DOWN, PICK_NONE, 0, 0, "Starting new kernel", NULL},
	{KIND_REBOOT, GROUP_BOOT, PICK_NONE, 0, 0, "Linux version %w ", "unexpected kernel reboot"},
};

const guint splat_rules_count = G_N_ELEMENTS(splat_rules);

const SplatRefine splat_refines[] = {
	{GROUP_WARN, "lib/refcount.c", NULL, NULL, KIND_REFCOUNT, 0, "WARNING: refcount bug in %F"},
	{GROUP_WARN, NULL, NULL, "refcount_t: ", KIND_REFCOUNT, 0, "WARNING: refcount bug in %F"},
	{GROUP_WARN, "lib/debugobjects.c", NULL, NULL, KIND_ODEBUG, 0, "WARNING: ODEBUG bug in %F"},
	{GROUP_WARN, "kernel/locking/lockdep.c", NULL, NULL, KIND_LOCKING, 0,
	 "WARNING: locking bug in %F"},
	{GROUP_WARN, "kernel/lockdep.c", NULL, NULL, KIND_LOCKING, 0, "WARNING: locking bug in %F"},
	{GROUP_WARN, "mm/slab_common.c", "kmalloc_slab", NULL, KIND_KMALLOC, 0,
	 "WARNING: kmalloc bug in %F"},
	{GROUP_WARN, "mm/util.c", "kvmalloc", NULL, KIND_KMALLOC, 0, "WARNING: kmalloc bug in %F"},
	{GROUP_WARN, "mm/slub.c", "__kvmalloc", NULL, KIND_KMALLOC, 0,
	 "WARNING: kmalloc bug in %F"},
	{GROUP_WARN, "mm/vmalloc.c", "__vmalloc", NULL, KIND_VMALLOC, 0,
	 "WARNING: zero-size vmalloc in %F"},
	{GROUP_WARN, "mm/usercopy.c", NULL, NULL, KIND_USERCOPY, 0, "WARNING: bad usercopy in %F"},
	{GROUP_WARN, "fs/proc/generic.c", "proc_register", NULL, KIND_PROC, 0,
	 "WARNING: proc registration bug in %F"},
	{GROUP_WARN, "lib/kobject.c", NULL, NULL, KIND_KOBJECT, 0, "WARNING: kobject bug in %F"},
	{GROUP_WARN, "lib/list_debug.c", NULL, NULL, KIND_LIST_CORRUPTION, 0, LIST},
	{GROUP_WARN, "drivers/usb/core/urb.c", "usb_submit_urb", NULL, KIND_USB_URB, 0,
	 "WARNING in %F/usb_submit_urb"},
	{GROUP_DIE, "lib/list_debug.c", NULL, NULL, KIND_LIST_CORRUPTION, 0, LIST},
	{GROUP_DIE, "mm/usercopy.c", NULL, NULL, KIND_USERCOPY, 0, "BUG: bad usercopy in %F"},
};

const guint splat_refines_count = G_N_ELEMENTS(splat_refines);
/* clang-format on */
