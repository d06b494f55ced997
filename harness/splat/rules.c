/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of rules.h. Specific rules stand before general ones. */
#include "harness/splat/rules.h"

/* clang-format off */
#define NOISE(pattern)       {NULL, GROUP_NOISE, PICK_NONE, 0, 0, pattern, NULL}
#define NOISE_MID(pattern)   {NULL, GROUP_NOISE, PICK_NONE, 0, RULE_MID, pattern, NULL}
#define NOISE_BLOCK(pattern) {NULL, GROUP_NOISE, PICK_NONE, 0, RULE_MID | RULE_BLOCK, pattern, NULL}
#define LINE(kind, pattern, title) {kind, GROUP_LINE, PICK_NONE, 0, RULE_MID, pattern, title}
#define REPORT(kind, pick, skip, pattern, title) \
	{kind, GROUP_REPORT, pick, skip, RULE_MID, pattern, title}
#define STACK(kind, pattern, title)   REPORT(kind, PICK_STACK, 0, pattern, title)
#define HEADER(kind, pattern, title)  REPORT(kind, PICK_HEADER, 0, pattern, title)
#define WAITING(kind, pattern, title) REPORT(kind, PICK_STACK, SKIP_WAIT, pattern, title)
#define LOCK(kind, pattern, title)    REPORT(kind, PICK_SAID, SKIP_WAIT, pattern, title)
#define DIE(kind, pattern, title)     {kind, GROUP_DIE, PICK_STACK, 0, RULE_MID, pattern, title}
#define LIST_BAD(pattern) \
	{"list-corruption", GROUP_DIE, PICK_STACK, 0, RULE_MID | RULE_LIVES, pattern, LIST}
#define FOLLOW(kind, pattern, title) \
	{kind, GROUP_DIE, PICK_STACK, 0, RULE_MID | RULE_FOLLOW, pattern, title}
#define OVERFLOW(kind, flags, pattern, title) \
	{kind, GROUP_DIE, PICK_OUTER, SKIP_OUTER, RULE_MID | (flags), pattern, title}
#define STALL(kind, pattern, title) \
	{kind, GROUP_STALL, PICK_OUTER, SKIP_OUTER, RULE_MID, pattern, title}
#define WARN(pattern) \
	{"warning", GROUP_WARN, PICK_HEADER, 0, RULE_MID, "WARNING: " pattern, "WARNING in %F"}
#define PANIC(pattern, title) \
	{"panic", GROUP_PANIC, PICK_NONE, 0, RULE_MID, "Kernel panic - not syncing: " pattern, title}
#define PANIC_AFTER(pattern, title) \
	{"panic", GROUP_PANIC, PICK_NONE, 0, RULE_MID | RULE_FOLLOW, \
	 "Kernel panic - not syncing: " pattern, title}
#define PANIC_IN(pick, pattern, title) \
	{"panic", GROUP_PANIC, pick, SKIP_WAIT, RULE_MID, \
	 "Kernel panic - not syncing: " pattern, title}

/* A cache whose name no taint follows: SLUB before 2.6.36 and in excerpts. */
#define SLAB(what) \
	{"slab", GROUP_REPORT, PICK_STACK, 0, 0, "BUG %*: " what "%w", "BUG: slab: " what "%1%O"}

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
	LINE("silent", "pfnhunt: silent: %w:", "silent: %1"),
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

	{NULL, GROUP_CUT, PICK_NONE, 0, RULE_MID, "[ cut here ]", NULL},

	/* Sanitizers. */
	STACK("kasan-invalid-free", "BUG: KASAN: double-free or invalid-free in %y", INVALID_FREE),
	STACK("kasan-invalid-free", "BUG: KASAN: double-free or invalid-free", INVALID_FREE),
	STACK("kasan-invalid-free", "BUG: KASAN: invalid-free in %y", INVALID_FREE),
	STACK("kasan-invalid-free", "BUG: KASAN: invalid-free", INVALID_FREE),
	STACK("kasan-invalid-free", "BUG: KASAN: double-free in %y", INVALID_FREE),
	STACK("kasan-invalid-free", "BUG: KASAN: double-free", INVALID_FREE),
	STACK("kasan", "BUG: KASAN: maybe %w in %y", "KASAN: %1%A in %F"),
	STACK("kasan", "BUG: KASAN: %w in %y", "KASAN: %1%A in %F"),
	STACK("kasan", "BUG: KASAN: %w in ", "KASAN: %1%A in %F"),
	STACK("kasan", "BUG: KASAN: %w on address", "KASAN: %1%A in %F"),
	STACK("kasan", "BUG: KASAN: %w", "KASAN: %1%A in %F"),
	HEADER("kmsan", "BUG: KMSAN: %w in %y", "KMSAN: %1 in %F"),
	HEADER("kmsan", "BUG: KMSAN: %w in ", "KMSAN: %1 in %F"),
	REPORT("kcsan", PICK_NONE, 0, "BUG: KCSAN: %w in %w", "KCSAN: %1 in %2"),
	HEADER("kfence", "BUG: KFENCE: %w in %y", "KFENCE: %1 in %F"),
	HEADER("kfence", "BUG: KFENCE: %w in ", "KFENCE: %1 in %F"),
	STACK("ubsan", "UBSAN: Undefined behaviour in %f:%l", "UBSAN: undefined-behaviour in %F"),
	STACK("ubsan", "UBSAN: %w in %f:%l", "UBSAN: %1 in %F"),
	HEADER("cfi", "CFI failure at %y", "CFI failure in %F"),
	STACK("cfi", "CFI failure (target: ", "CFI failure in %F"),
	STACK("memory-leak", "BUG: memory leak", "memory leak in %F"),

	/* Reports of the locking rules, old form and new. */
	LOCK("deadlock", "INFO: possible circular locking dependency detected", DEADLOCK),
	LOCK("deadlock", "WARNING: possible circular locking dependency detected", DEADLOCK),
	LOCK("deadlock", "INFO: possible recursive locking detected", DEADLOCK),
	LOCK("deadlock", "WARNING: possible recursive locking detected", DEADLOCK),
	LOCK("deadlock", "INFO: possible irq lock inversion dependency detected", DEADLOCK),
	LOCK("deadlock", "WARNING: possible irq lock inversion dependency detected", DEADLOCK),
	REPORT("deadlock", PICK_SIDE, SKIP_WAIT, "INFO: %w-safe -> %w-unsafe lock order detected", DEADLOCK),
	REPORT("deadlock", PICK_SIDE, SKIP_WAIT, "WARNING: %w-safe -> %w-unsafe lock order detected", DEADLOCK),
	LOCK("lock-state", "INFO: inconsistent lock state", LOCK_STATE),
	LOCK("lock-state", "WARNING: inconsistent lock state", LOCK_STATE),
	STACK("suspicious-rcu", "INFO: suspicious RCU usage", "INFO: suspicious RCU usage in %F"),
	STACK("suspicious-rcu", "INFO: suspicious rcu_dereference_check() usage",
	      "INFO: suspicious RCU usage in %F"),
	STACK("suspicious-rcu", "WARNING: suspicious RCU usage", RCU_USAGE),
	STACK("unlock-balance", "BUG: bad unlock balance detected", "BUG: bad unlock balance in %F"),
	STACK("unlock-balance", "WARNING: bad unlock balance detected", "WARNING: bad unlock balance in %F"),
	STACK("contention", "WARNING: bad contention detected", "WARNING: bad contention in %F"),
	LOCK("held-lock-freed", "BUG: held lock freed", "BUG: held lock freed in %F"),
	LOCK("held-lock-freed", "WARNING: held lock freed", "WARNING: held lock freed in %F"),
	LOCK("lock-held", "BUG: lock held when returning to user space",
	     "BUG: lock held when returning to user space in %F"),
	LOCK("lock-held", "WARNING: lock held when returning to user space", LOCK_HELD),
	LOCK("lock-held", "BUG: lock held at task exit time", LOCK_EXIT),
	LOCK("lock-held", "WARNING: lock held at task exit time", LOCK_EXIT),
	LOCK("lock-held", "BUG: %t/%p still has locks held!", "BUG: still has locks held in %F"),
	LOCK("lock-held", "WARNING: %t/%p still has locks held!", LOCKS_HELD),
	LOCK("nested-lock", "WARNING: Nested lock was not taken", "WARNING: nested lock was not taken in %F"),
	STACK("locking", "BUG: Invalid wait context", "WARNING: locking bug in %F"),
	STACK("static-key", "INFO: trying to register non-static key", STATIC_KEY),
	STACK("static-key", "BUG: key %x has not been registered", "BUG: lock key not registered in %F"),
	STACK("static-key", "BUG: key %x not in .data", "BUG: lock key not in .data in %F"),
	STACK("spinlock", "BUG: spinlock %w on CPU#%c, %t/%p", "BUG: spinlock %1 in %F"),
	STACK("spinlock", "BUG: rwlock %w on CPU#%c, %t/%p", "BUG: rwlock %1 in %F"),
	STACK("spinlock", "BUG: spinlock %w, ", "BUG: spinlock %1 in %F"),
	LINE("lockdep-limit", "BUG: MAX_%w too low!", "BUG: MAX_%1 too low!"),
	LINE("unwinder", "WARNING: kernel stack %w at %* in %* has bad %*value",
	     "WARNING: kernel stack %1 has bad value"),

	/* Oopses of every architecture: one or more of these, then registers and stack. */
	DIE("null-deref", "BUG: unable to handle kernel NULL pointer dereference", NULL_DEREF),
	DIE("null-deref", "BUG: kernel NULL pointer dereference", NULL_DEREF),
	DIE("null-deref", "BUG: Kernel NULL pointer dereference", NULL_DEREF),
	DIE("null-deref", "Unable to handle kernel NULL pointer dereference", NULL_DEREF),
	DIE("page-fault", "BUG: unable to handle kernel paging request", PAGING),
	DIE("page-fault", "BUG: unable to handle page fault for address", PAGING),
	DIE("page-fault", "BUG: Unable to handle kernel data access", PAGING),
	DIE("page-fault", "BUG: Unable to handle kernel instruction fetch", PAGING),
	DIE("page-fault", "Unable to handle kernel paging request", PAGING),
	DIE("page-fault", "Unable to handle kernel pointer dereference", PAGING),
	DIE("user-access", "Unable to handle kernel access to user memory",
	    "BUG: unable to handle kernel access to user memory in %F"),
	DIE("page-fault", "BUG: unable to handle kernel %w at ", ACCESS),
	DIE("page-fault", "Unable to handle kernel %w at ", ACCESS),
	DIE("page-fault", "BUG: unable to handle kernel", "BUG: unable to handle kernel access in %F"),
	FOLLOW("page-fault", "kernel tried to execute NX-protected page", PAGING),
	FOLLOW("page-fault", "unable to execute userspace code (SMEP?)", PAGING),
	{"unhandled-fault", GROUP_DIE, PICK_STACK, 0, RULE_MID | RULE_PROOF, "Unhandled fault: ",
	 "Unhandled fault in %F"},
	{"unhandled-fault", GROUP_DIE, PICK_STACK, 0, RULE_MID | RULE_PROOF,
	 "Unhandled prefetch abort: ", "Unhandled fault in %F"},
	{"bad-mode", GROUP_DIE, PICK_NONE, 0, RULE_MID, "Bad mode in %* handler detected",
	 "kernel panic: bad mode"},
	DIE("serror", "SError Interrupt on CPU%c, ", "SError in %F"),
	OVERFLOW("stack-guard", 0, "BUG: %w stack guard page was hit", "BUG: stack guard page was hit in %F"),
	OVERFLOW("stack-guard", 0, "BUG: stack guard page was hit", "BUG: stack guard page was hit in %F"),
	OVERFLOW("stack-overflow", 0, "Insufficient stack space to handle exception",
		 "kernel stack overflow in %F"),
	OVERFLOW("stack-overflow", RULE_FOLLOW, "kernel stack overflow (%*): %x [#%d]",
		 "kernel stack overflow in %F"),
	DIE("double-fault", "PANIC: double fault", "PANIC: double fault in %F"),
	FOLLOW("double-fault", "double fault: %x [#%d]", "PANIC: double fault in %F"),
	DIE("gpf", "general protection fault%*: %x [#%d]", GPF),
	DIE("divide-error", "divide error: %x [#%d]", "divide error in %F"),
	DIE("divide-error", "divide_error: %x [#%d]", "divide error in %F"),
	DIE("int3", "int3: %x [#%d]", "int3 in %F"),
	DIE("stack-segment", "stack segment: %x [#%d]", "stack segment fault in %F"),
	DIE("alignment", "alignment check: %x [#%d]", "alignment check in %F"),
	DIE("control-protection", "control protection: %x [#%d]", "control protection fault in %F"),
	LIST_BAD("list_add corruption"),
	LIST_BAD("list_del corruption"),
	LIST_BAD("list_add double add"),
	DIE("usercopy", "usercopy: Kernel memory ", "BUG: bad usercopy in %F"),
	DIE("usercopy", "usercopy: kernel memory ", "BUG: bad usercopy in %F"),
	DIE("kernel-bug", "kernel BUG at %f:%l", "kernel BUG in %F"),
	DIE("kernel-bug", "Kernel BUG at %f:%l", "kernel BUG in %F"),
	FOLLOW("kernel-bug", "Kernel BUG [#%d]", "kernel BUG in %F"),
	FOLLOW("invalid-opcode", "invalid opcode: %x [#%d]", "invalid opcode in %F"),
	FOLLOW("oops", "Internal error: %*: %x [#%d]", "Internal error in %F"),
	FOLLOW("oops", "Internal error: %*[#%d]", "Internal error in %F"),
	FOLLOW("oops", "Oops: %x [#%d]", "Oops in %F"),
	FOLLOW("oops", "Oops: %*, sig: %d [#%d]", "Oops in %F"),
	FOLLOW("oops", "Oops[#%d]", "Oops in %F"),
	FOLLOW("oops", "Oops [#%d]", "Oops in %F"),
	FOLLOW("oops", "Oops - %*[#%d]", "Oops in %F"),

	/* Pages. */
	REPORT("bad-page", PICK_STACK, SKIP_PAGE, "BUG: Bad page state in process %t  pfn:%x",
	       "BUG: Bad page state in %F"),
	REPORT("bad-page", PICK_STACK, SKIP_PAGE, "BUG: Bad page state in process ", "BUG: Bad page state in %F"),
	REPORT("bad-page", PICK_STACK, SKIP_PAGE, "BUG: Bad page cache in process ", "BUG: Bad page cache in %F"),
	REPORT("bad-page-map", PICK_NONE, 0, "BUG: Bad page map in process ", "BUG: Bad page map"),
	REPORT("bad-page-map", PICK_NONE, 0, "BUG: Bad page map (%d)", "BUG: Bad page map"),
	REPORT("bad-page-map", PICK_STACK, SKIP_PAGE, "BUG: Bad swap %*entry ", "BUG: Bad swap entry in %F"),
	STACK("page-poison", "pagealloc: memory corruption", "pagealloc: memory corruption in %F"),
	STACK("page-poison", "pagealloc: single bit error", "pagealloc: single bit error in %F"),
	LINE("bad-rss", "BUG: Bad rss-counter state", "BUG: Bad rss-counter state"),
	LINE("bad-pgtables", "BUG: non-zero pgtables_bytes on freeing mm",
	     "BUG: non-zero pgtables_bytes on freeing mm"),
	LINE("bad-pgtables", "BUG: non-zero nr_ptes on freeing mm", "BUG: non-zero nr_ptes on freeing mm"),
	LINE("dentry", "BUG: Dentry %* still in use", "BUG: Dentry still in use in unmount"),
	NOISE("BUG %* (%*): kasan: "),
	{"slab", GROUP_REPORT, PICK_STACK, 0, 0, "BUG %* (%*): %w", "BUG: slab: %1%O"},
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
	{"slab", GROUP_REPORT, PICK_HEADER, 0, RULE_FOLLOW, "INFO: Allocated in %y", "INFO: Allocated%O"},
	{"slab", GROUP_REPORT, PICK_HEADER, 0, RULE_FOLLOW, "INFO: Freed in %y", "INFO: Freed%O"},
	{"slab", GROUP_REPORT, PICK_NONE, 0, RULE_FOLLOW, "INFO: Allocated in %w", "INFO: Allocated in %1"},
	{"slab", GROUP_REPORT, PICK_NONE, 0, RULE_FOLLOW, "INFO: Freed in %w", "INFO: Freed in %1"},

	/* Context. */
	WAITING("atomic-sleep", "BUG: sleeping function called from invalid context at %f:%l",
		"BUG: sleeping function called from invalid context in %F"),
	WAITING("atomic-sched", "BUG: scheduling while atomic: %t/%p/%x", "BUG: scheduling while atomic in %F"),
	STACK("preemptible", "BUG: using %w in preemptible [%x] code: %t/%p",
	      "BUG: using %1 in preemptible code in %F"),
	REPORT("workqueue-leak", PICK_SAID, 0, "BUG: workqueue leaked", "BUG: workqueue leaked lock or atomic in %F"),

	/* Stalls. */
	STALL("soft-lockup", "watchdog: BUG: soft lockup - CPU#%c stuck for %ds! [%t:%p]", "BUG: soft lockup in %F"),
	STALL("soft-lockup", "BUG: soft lockup - CPU#%c stuck for %ds! [%t:%p]", "BUG: soft lockup in %F"),
	STALL("soft-lockup", "BUG: soft lockup", "BUG: soft lockup in %F"),
	STALL("hard-lockup", "Watchdog detected hard LOCKUP on cpu %c", "BUG: hard lockup in %F"),
	STALL("hard-lockup", "Watchdog detected hard LOCKUP", "BUG: hard lockup in %F"),
	STALL("hard-lockup", "watchdog: CPU %c self-detected hard LOCKUP @ %y", "BUG: hard lockup in %F"),
	STALL("hard-lockup", "watchdog: CPU %d detected hard LOCKUP on other CPUs %c", "BUG: hard lockup in %F"),
	STALL("hard-lockup", "watchdog: CPU %c Hard LOCKUP", "BUG: hard lockup in %F"),
	STALL("rcu-stall", "INFO: %w self-detected stall on CPU", RCU_STALL),
	STALL("rcu-stall", "INFO: %w detected stall", RCU_STALL),
	STALL("rcu-stall", "INFO: %w detected expedited stalls on CPUs/tasks", RCU_STALL),
	WAITING("hung-task", "INFO: task %t:%p %*blocked %*for more than %d seconds", "INFO: task hung in %F"),
	WAITING("hung-task", "INFO: task %t:%p can't die for more than %d seconds",
		"INFO: task can't die in %F"),
	{"hung-task", GROUP_REPORT, PICK_STACK, SKIP_WAIT, 0, "INFO: task ", "INFO: task hung in %F"},
	REPORT("workqueue-lockup", PICK_NONE, 0, "BUG: workqueue lockup - pool cpus=%c ", "BUG: workqueue lockup"),
	REPORT("workqueue-lockup", PICK_NONE, 0, "BUG: workqueue lockup - pool", "BUG: workqueue lockup"),

	/* WARN, in the forms of the ages. */
	WARN("CPU: %c PID: %p at %f:%l %y"),
	WARN("CPU: %c PID: %p at %f:%l"),
	WARN("at %f:%l %y"),
	WARN("at %f:%l"),
	WARN("%f:%l at %y, CPU#%c: %t/%p"),
	WARN("%f:%l at %*, CPU#%c: %t/%p"),

	LINE("netdev-leak", "unregister_netdevice: waiting for %* to become free",
	     "unregister_netdevice: waiting for DEV to become free"),
	LINE("busy-inodes", "VFS: Busy inodes after unmount", "VFS: Busy inodes after unmount (use-after-free)"),
	LINE("file-count", "VFS: Close: file count is", "VFS: Close: file count is zero (use-after-free)"),
	LINE("rust-panic", "rust_kernel: panicked at ", "rust kernel panic"),

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
	PANIC_IN(PICK_HEADER, "stack-protector: Kernel stack is corrupted in: %y", "kernel panic: stack is corrupted in %F"),
	PANIC_IN(PICK_STACK, "stack-protector: Kernel stack is corrupted in", "kernel panic: stack is corrupted in %F"),
	PANIC_IN(PICK_OUTER, "corrupted stack end detected inside scheduler", "kernel panic: corrupted stack end in %F"),
	PANIC("Attempted to kill init!", "kernel panic: Attempted to kill init!"),
	PANIC("%w", "kernel panic: %1"),
	{"panic", GROUP_PANIC, PICK_NONE, 0, 0, "Kernel panic: %w", "kernel panic: %1"},

	/* Anything else that calls itself a bug at the front of a kernel's line. */
	{"bug", GROUP_REPORT, PICK_NONE, 0, 0, "BUG: %w", "BUG: %1"},

	{NULL, GROUP_HOTPLUG, PICK_NONE, 0, 0, "virtio_mem virtio%d: ", NULL},
	{NULL, GROUP_HOTPLUG, PICK_NONE, 0, 0, "virtio_mem: ", NULL},
	{NULL, GROUP_HOTPLUG, PICK_NONE, 0, RULE_MID, "Offlined Pages ", NULL},
	{NULL, GROUP_HOTPLUG, PICK_NONE, 0, RULE_MID, "memory offlining [mem ", NULL},
	{NULL, GROUP_KVM, PICK_NONE, 0, RULE_MID, "Hypervisor detected: KVM", NULL},
	{NULL, GROUP_KVM, PICK_NONE, 0, RULE_MID, "Booting paravirtualized kernel on KVM", NULL},
	{NULL, GROUP_KVM, PICK_NONE, 0, RULE_MID, "kvm-clock: ", NULL},
	{NULL, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "reboot: Restarting system", NULL},
	{NULL, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "reboot: Power ", NULL},
	{NULL, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "reboot: System halted", NULL},
	{NULL, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "reboot: machine restart", NULL},
	{NULL, GROUP_DOWN, PICK_NONE, 0, 0, "Restarting system", NULL},
	{NULL, GROUP_DOWN, PICK_NONE, 0, RULE_MID, "kexec_core: Starting new kernel", NULL},
	{NULL, GROUP_DOWN, PICK_NONE, 0, 0, "Starting new kernel", NULL},
	{"reboot", GROUP_BOOT, PICK_NONE, 0, 0, "Linux version %w ", "unexpected kernel reboot"},
};

const guint splat_rules_count = G_N_ELEMENTS(splat_rules);

const SplatRefine splat_refines[] = {
	{GROUP_WARN, "lib/refcount.c", NULL, NULL, "refcount", 0, "WARNING: refcount bug in %F"},
	{GROUP_WARN, NULL, NULL, "refcount_t: ", "refcount", 0, "WARNING: refcount bug in %F"},
	{GROUP_WARN, "lib/debugobjects.c", NULL, NULL, "odebug", 0, "WARNING: ODEBUG bug in %F"},
	{GROUP_WARN, "kernel/locking/lockdep.c", NULL, NULL, "locking", 0, "WARNING: locking bug in %F"},
	{GROUP_WARN, "kernel/lockdep.c", NULL, NULL, "locking", 0, "WARNING: locking bug in %F"},
	{GROUP_WARN, "mm/slab_common.c", "kmalloc_slab", NULL, "kmalloc", 0, "WARNING: kmalloc bug in %F"},
	{GROUP_WARN, "mm/util.c", "kvmalloc", NULL, "kmalloc", 0, "WARNING: kmalloc bug in %F"},
	{GROUP_WARN, "mm/slub.c", "__kvmalloc", NULL, "kmalloc", 0, "WARNING: kmalloc bug in %F"},
	{GROUP_WARN, "mm/vmalloc.c", "__vmalloc", NULL, "vmalloc", 0, "WARNING: zero-size vmalloc in %F"},
	{GROUP_WARN, "mm/usercopy.c", NULL, NULL, "usercopy", 0, "WARNING: bad usercopy in %F"},
	{GROUP_WARN, "fs/proc/generic.c", "proc_register", NULL, "proc", 0,
	 "WARNING: proc registration bug in %F"},
	{GROUP_WARN, "lib/kobject.c", NULL, NULL, "kobject", 0, "WARNING: kobject bug in %F"},
	{GROUP_WARN, "lib/list_debug.c", NULL, NULL, "list-corruption", 0, LIST},
	{GROUP_WARN, "drivers/usb/core/urb.c", "usb_submit_urb", NULL, "usb-urb", 0,
	 "WARNING in %F/usb_submit_urb"},
	{GROUP_DIE, "lib/list_debug.c", NULL, NULL, "list-corruption", 0, LIST},
	{GROUP_DIE, "mm/usercopy.c", NULL, NULL, "usercopy", 0, "BUG: bad usercopy in %F"},
};

const guint splat_refines_count = G_N_ELEMENTS(splat_refines);
/* clang-format on */
