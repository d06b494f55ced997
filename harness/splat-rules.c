/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of splat-rules.h. Specific rules stand before general ones. */
#include "harness/splat-rules.h"

/* clang-format off */
#define NOISE(pattern)       {NULL, GROUP_NOISE, PICK_NONE, 0, 0, pattern, NULL}
#define NOISE_MID(pattern)   {NULL, GROUP_NOISE, PICK_NONE, 0, RULE_MID, pattern, NULL}
#define NOISE_BLOCK(pattern) {NULL, GROUP_NOISE, PICK_NONE, 0, RULE_MID | RULE_BLOCK, pattern, NULL}
#define LINE(kind, pattern, title) {kind, GROUP_LINE, PICK_NONE, 0, RULE_MID, pattern, title}
#define REPORT(kind, pick, plumb, pattern, title) \
	{kind, GROUP_REPORT, pick, plumb, RULE_MID, pattern, title}
#define LOCKDEP(kind, pattern, title) \
	{kind, GROUP_REPORT, PICK_TRACE, PLUMB_LOCK, RULE_MID, pattern, title}
#define DIE(kind, pattern, title) \
	{kind, GROUP_DIE, PICK_STACK, PLUMB_LIB, RULE_MID, pattern, title}
#define FOLLOW(kind, pattern, title) \
	{kind, GROUP_DIE, PICK_STACK, PLUMB_LIB, RULE_MID | RULE_FOLLOW, pattern, title}
#define STALL(kind, pattern, title) \
	{kind, GROUP_STALL, PICK_OUTER, PLUMB_ALL, RULE_MID, pattern, title}
#define PANIC(pattern, title) \
	{"panic", GROUP_PANIC, PICK_NONE, 0, RULE_MID, "Kernel panic - not syncing: " pattern, title}
#define PANIC_AFTER(pattern, title) \
	{"panic", GROUP_PANIC, PICK_NONE, 0, RULE_MID | RULE_FOLLOW, \
	 "Kernel panic - not syncing: " pattern, title}
#define PANIC_IN(pick, pattern, title) \
	{"panic", GROUP_PANIC, pick, PLUMB_WAIT, RULE_MID, "Kernel panic - not syncing: " pattern, title}

#define NULL_DEREF "BUG: unable to handle kernel NULL pointer dereference in %F"
#define PAGING     "BUG: unable to handle kernel paging request in %F"
#define DEADLOCK   "possible deadlock in %F"
#define RCU_STALL  "INFO: rcu detected stall in %F"
#define HUNG       "INFO: task hung in %F"
#define GPF        "general protection fault in %F"
#define SUSPICIOUS "WARNING: suspicious RCU usage in %F"

const SplatRule splat_rules[] = {
	/* What has the words and none of the meaning. */
	NOISE_MID("Command line: "),
	NOISE_MID("Kernel command line: "),
	NOISE_MID("Unknown kernel command line parameters "),
	NOISE_MID("pfnhunt: "),
	NOISE("lkdtm: "),
	NOISE_MID("BUG: Bad page state: %d messages suppressed"),
	NOISE_MID("BUG: Bad page map: %d messages suppressed"),
	NOISE_MID("INFO: lockdep is turned off"),
	NOISE_MID("INFO: Stall ended before state dump start"),
	NOISE_BLOCK("FAULT_INJECTION: forcing a failure"),
	NOISE_BLOCK("invoked oom-killer: "),
	NOISE_BLOCK("page allocation failure: order:"),
	NOISE_BLOCK("page allocation stalls for "),
	NOISE_BLOCK("SLUB: Unable to allocate memory on node"),
	NOISE_BLOCK("sysrq: Show "),
	NOISE_BLOCK("sysrq: SysRq : Show "),
	NOISE_BLOCK("SysRq : Show "),

	/* Sanitizers. */
	REPORT("kasan-invalid-free", PICK_TRACE, PLUMB_MEM, "BUG: KASAN: double-free or invalid-free in ",
	       "KASAN: invalid-free in %F"),
	REPORT("kasan-invalid-free", PICK_TRACE, PLUMB_MEM, "BUG: KASAN: invalid-free in ",
	       "KASAN: invalid-free in %F"),
	REPORT("kasan-double-free", PICK_TRACE, PLUMB_MEM, "BUG: KASAN: double-free in ",
	       "KASAN: double-free in %F"),
	REPORT("kasan", PICK_TRACE, PLUMB_LIB | PLUMB_LOCK, "BUG: KASAN: maybe %w in %y", "KASAN: %1%A in %F"),
	REPORT("kasan", PICK_TRACE, PLUMB_LIB | PLUMB_LOCK, "BUG: KASAN: %w in %y", "KASAN: %1%A in %F"),
	REPORT("kasan", PICK_TRACE, PLUMB_LIB | PLUMB_LOCK, "BUG: KASAN: %w on address", "KASAN: %1%A in %F"),
	REPORT("kasan", PICK_TRACE, PLUMB_LIB | PLUMB_LOCK, "BUG: KASAN: %w", "KASAN: %1%A in %F"),
	REPORT("kmsan", PICK_HEADER, PLUMB_LIB, "BUG: KMSAN: %w in %y", "KMSAN: %1 in %F"),
	REPORT("kmsan", PICK_HEADER, PLUMB_LIB, "BUG: KMSAN: %w in ", "KMSAN: %1 in %F"),
	REPORT("kcsan", PICK_NONE, 0, "BUG: KCSAN: %w in %w", "KCSAN: %1 in %2"),
	REPORT("kfence", PICK_HEADER, PLUMB_LIB | PLUMB_MEM, "BUG: KFENCE: %w in %y", "KFENCE: %1 in %F"),
	REPORT("kfence", PICK_HEADER, PLUMB_LIB | PLUMB_MEM, "BUG: KFENCE: %w in ", "KFENCE: %1 in %F"),
	REPORT("ubsan", PICK_TRACE, PLUMB_LIB, "UBSAN: Undefined behaviour in %f:%l",
	       "UBSAN: undefined-behaviour in %F"),
	REPORT("ubsan", PICK_TRACE, PLUMB_LIB, "UBSAN: %w in %f:%l", "UBSAN: %1 in %F"),
	REPORT("memory-leak", PICK_TRACE, PLUMB_MEM, "BUG: memory leak", "memory leak in %F"),
	REPORT("slab", PICK_TRACE, PLUMB_MEM, "BUG kmalloc-%* (%*): %w", "BUG: slab: %1 in %F"),

	/* Reports of the locking rules, old form and new. */
	LOCKDEP("deadlock", "INFO: possible circular locking dependency detected", DEADLOCK),
	LOCKDEP("deadlock", "WARNING: possible circular locking dependency detected", DEADLOCK),
	LOCKDEP("deadlock", "INFO: possible recursive locking detected", DEADLOCK),
	LOCKDEP("deadlock", "WARNING: possible recursive locking detected", DEADLOCK),
	LOCKDEP("deadlock", "INFO: possible irq lock inversion dependency detected", DEADLOCK),
	LOCKDEP("deadlock", "WARNING: possible irq lock inversion dependency detected", DEADLOCK),
	LOCKDEP("deadlock", "INFO: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", DEADLOCK),
	LOCKDEP("deadlock", "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", DEADLOCK),
	LOCKDEP("deadlock", "INFO: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected", DEADLOCK),
	LOCKDEP("deadlock", "WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected", DEADLOCK),
	LOCKDEP("deadlock", "INFO: RECLAIM_FS-safe -> RECLAIM_FS-unsafe lock order detected", DEADLOCK),
	LOCKDEP("lock-state", "INFO: inconsistent lock state", "inconsistent lock state in %F"),
	LOCKDEP("lock-state", "WARNING: inconsistent lock state", "inconsistent lock state in %F"),
	LOCKDEP("suspicious-rcu", "INFO: suspicious RCU usage", SUSPICIOUS),
	LOCKDEP("suspicious-rcu", "INFO: suspicious rcu_dereference_check() usage", SUSPICIOUS),
	LOCKDEP("suspicious-rcu", "WARNING: suspicious RCU usage", SUSPICIOUS),
	LOCKDEP("unlock-balance", "BUG: bad unlock balance detected", "WARNING: bad unlock balance in %F"),
	LOCKDEP("unlock-balance", "WARNING: bad unlock balance detected", "WARNING: bad unlock balance in %F"),
	LOCKDEP("held-lock-freed", "BUG: held lock freed", "WARNING: held lock freed in %F"),
	LOCKDEP("held-lock-freed", "WARNING: held lock freed", "WARNING: held lock freed in %F"),
	LOCKDEP("lock-held", "BUG: lock held when returning to user space",
		"WARNING: lock held when returning to user space in %F"),
	LOCKDEP("lock-held", "WARNING: lock held when returning to user space",
		"WARNING: lock held when returning to user space in %F"),
	LOCKDEP("lock-held", "BUG: lock held at task exit time", "WARNING: lock held at task exit time in %F"),
	LOCKDEP("lock-held", "WARNING: lock held at task exit time", "WARNING: lock held at task exit time in %F"),
	LOCKDEP("nested-lock", "WARNING: Nested lock was not taken", "WARNING: nested lock was not taken in %F"),
	LOCKDEP("wait-context", "BUG: Invalid wait context", "BUG: Invalid wait context in %F"),
	LOCKDEP("static-key", "INFO: trying to register non-static key",
		"INFO: trying to register non-static key in %F"),
	LOCKDEP("spinlock", "BUG: spinlock %w on CPU#%c, %t/%p", "BUG: spinlock %1 in %F"),
	LOCKDEP("spinlock", "BUG: rwlock %w on CPU#%c, %t/%p", "BUG: rwlock %1 in %F"),
	LINE("lockdep-limit", "BUG: MAX_%w too low!", "BUG: MAX_%1 too low!"),

	/* Oopses of every architecture: one or more of these, then registers and stack. */
	DIE("null-deref", "BUG: unable to handle kernel NULL pointer dereference", NULL_DEREF),
	DIE("null-deref", "BUG: kernel NULL pointer dereference", NULL_DEREF),
	DIE("null-deref", "Unable to handle kernel NULL pointer dereference", NULL_DEREF),
	DIE("page-fault", "BUG: unable to handle kernel paging request", PAGING),
	DIE("page-fault", "BUG: unable to handle page fault for address", PAGING),
	DIE("page-fault", "Unable to handle kernel paging request", PAGING),
	DIE("page-fault", "BUG: unable to handle kernel %w at ", "BUG: unable to handle kernel %1 in %F"),
	DIE("page-fault", "Unable to handle kernel %w at ", "BUG: unable to handle kernel %1 in %F"),
	DIE("page-fault", "BUG: unable to handle kernel", "BUG: unable to handle kernel access in %F"),
	DIE("unhandled-fault", "Unhandled fault: ", "Unhandled fault in %F"),
	DIE("stack-guard", "BUG: %w stack guard page was hit", "BUG: stack guard page was hit in %F"),
	DIE("stack-guard", "BUG: stack guard page was hit", "BUG: stack guard page was hit in %F"),
	DIE("stack-overflow", "Insufficient stack space to handle exception",
	    "kernel stack overflow in %F"),
	FOLLOW("stack-overflow", "kernel stack overflow (%*): %x [#%d]", "kernel stack overflow in %F"),
	DIE("double-fault", "PANIC: double fault", "PANIC: double fault in %F"),
	FOLLOW("double-fault", "double fault: %x [#%d]", "PANIC: double fault in %F"),
	DIE("gpf", "general protection fault: %x [#%d]", GPF),
	DIE("gpf", "general protection fault, %*: %x [#%d]", GPF),
	DIE("divide-error", "divide error: %x [#%d]", "divide error in %F"),
	DIE("int3", "int3: %x [#%d]", "int3 in %F"),
	DIE("stack-segment", "stack segment: %x [#%d]", "stack segment fault in %F"),
	DIE("list-corruption", "list_add corruption", "BUG: corrupted list in %F"),
	DIE("list-corruption", "list_del corruption", "BUG: corrupted list in %F"),
	DIE("list-corruption", "list_add double add", "BUG: corrupted list in %F"),
	DIE("usercopy", "usercopy: Kernel memory ", "BUG: bad usercopy in %F"),
	DIE("kernel-bug", "kernel BUG at %f:%l", "kernel BUG in %F"),
	DIE("kernel-bug", "Kernel BUG at %f:%l", "kernel BUG in %F"),
	FOLLOW("invalid-opcode", "invalid opcode: %x [#%d]", "invalid opcode in %F"),
	FOLLOW("oops", "Internal error: %*: %x [#%d]", "Internal error in %F"),
	FOLLOW("oops", "Oops: %x [#%d]", "Oops in %F"),
	FOLLOW("oops", "Oops[#%d]", "Oops in %F"),
	FOLLOW("oops", "Oops [#%d]", "Oops in %F"),

	/* Pages. */
	REPORT("bad-page", PICK_TRACE, PLUMB_PAGE, "BUG: Bad page state in process %t  pfn:%x",
	       "BUG: Bad page state in %F"),
	REPORT("bad-page", PICK_TRACE, PLUMB_PAGE, "BUG: Bad page state in process ", "BUG: Bad page state in %F"),
	REPORT("bad-page-map", PICK_TRACE, PLUMB_PAGE, "BUG: Bad page map in process ", "BUG: Bad page map in %F"),
	LINE("bad-rss", "BUG: Bad rss-counter state", "BUG: Bad rss-counter state"),
	LINE("bad-pgtables", "BUG: non-zero pgtables_bytes on freeing mm",
	     "BUG: non-zero pgtables_bytes on freeing mm"),
	LINE("bad-pgtables", "BUG: non-zero nr_ptes on freeing mm", "BUG: non-zero nr_ptes on freeing mm"),

	/* Context. */
	REPORT("atomic-sleep", PICK_TRACE, PLUMB_LOCK | PLUMB_MEM | PLUMB_WAIT,
	       "BUG: sleeping function called from invalid context at %f:%l",
	       "BUG: sleeping function called from invalid context in %F"),
	REPORT("atomic-sched", PICK_TRACE, PLUMB_LOCK | PLUMB_WAIT, "BUG: scheduling while atomic: %t/%p/%x",
	       "BUG: scheduling while atomic in %F"),
	REPORT("preemptible", PICK_TRACE, 0, "BUG: using %w in preemptible [%x] code: %t/%p",
	       "BUG: using %1 in preemptible code in %F"),
	REPORT("workqueue-leak", PICK_SAID, 0, "BUG: workqueue leaked", "BUG: workqueue leaked lock or atomic in %F"),

	/* Stalls. */
	STALL("soft-lockup", "watchdog: BUG: soft lockup - CPU#%c stuck for %ds! [%t:%p]", "BUG: soft lockup in %F"),
	STALL("soft-lockup", "BUG: soft lockup - CPU#%c stuck for %ds! [%t:%p]", "BUG: soft lockup in %F"),
	STALL("hard-lockup", "Watchdog detected hard LOCKUP on cpu %c", "BUG: hard lockup in %F"),
	STALL("hard-lockup", "Watchdog detected hard LOCKUP", "BUG: hard lockup in %F"),
	STALL("rcu-stall", "INFO: %w self-detected stall on CPU", RCU_STALL),
	STALL("rcu-stall", "INFO: %w detected stalls on CPUs/tasks", RCU_STALL),
	STALL("rcu-stall", "INFO: %w detected expedited stalls on CPUs/tasks", RCU_STALL),
	STALL("rcu-stall", "INFO: %w detected stalls on tasks", RCU_STALL),
	{"hung-task", GROUP_REPORT, PICK_TRACE, PLUMB_WAIT | PLUMB_LOCK, RULE_MID,
	 "INFO: task %t:%p blocked %* more than %d seconds", HUNG},
	LINE("workqueue-lockup", "BUG: workqueue lockup - pool", "BUG: workqueue lockup"),

	/* WARN, in the forms of the ages. */
	{"warning", GROUP_WARN, PICK_HEADER, 0, RULE_MID, "WARNING: CPU: %c PID: %p at %f:%l %y", "WARNING in %F"},
	{"warning", GROUP_WARN, PICK_HEADER, 0, RULE_MID, "WARNING: CPU: %c PID: %p at %f:%l", "WARNING in %F"},
	{"warning", GROUP_WARN, PICK_HEADER, 0, RULE_MID, "WARNING: at %f:%l %y", "WARNING in %F"},
	{"warning", GROUP_WARN, PICK_HEADER, 0, RULE_MID, "WARNING: %f:%l at %y, CPU#%c: %t/%p", "WARNING in %F"},

	LINE("netdev-leak", "unregister_netdevice: waiting for %* to become free",
	     "unregister_netdevice: waiting for DEV to become free"),
	LINE("busy-inodes", "VFS: Busy inodes after unmount", "VFS: Busy inodes after unmount (use-after-free)"),
	LINE("file-count", "VFS: Close: file count is", "VFS: Close: file count is zero (use-after-free)"),

	/* Panics. The first ones only say what an earlier complaint led to. */
	PANIC_AFTER("panic_on_warn set", "kernel panic: panic_on_warn set"),
	PANIC_AFTER("Fatal exception", "kernel panic: Fatal exception"),
	PANIC_AFTER("%*: Fatal exception", "kernel panic: Fatal exception"),
	PANIC_AFTER("hung_task: blocked tasks", "kernel panic: hung_task: blocked tasks"),
	PANIC_AFTER("softlockup: hung tasks", "kernel panic: softlockup: hung tasks"),
	PANIC_AFTER("RCU Stall", "kernel panic: RCU Stall"),
	PANIC_IN(PICK_TRACE, "stack-protector: Kernel stack is corrupted in", "kernel panic: stack is corrupted in %F"),
	PANIC_IN(PICK_TRACE, "corrupted stack end detected inside scheduler", "kernel panic: corrupted stack end in %F"),
	PANIC("Attempted to kill init!", "kernel panic: Attempted to kill init!"),
	PANIC("VFS: Unable to mount root fs on", "kernel panic: VFS: Unable to mount root fs"),
	PANIC("sysrq triggered crash", "kernel panic: sysrq triggered crash"),
	PANIC("%w", "kernel panic: %1"),

	/* Anything else that calls itself a bug at the front of a kernel's line. */
	{"bug", GROUP_REPORT, PICK_NONE, 0, 0, "BUG: %w", "BUG: %1"},

	{"reboot", GROUP_BOOT, PICK_NONE, 0, 0, "Linux version %d.%d", "unexpected kernel reboot"},
};

const guint splat_rules_count = G_N_ELEMENTS(splat_rules);

const SplatRefine splat_refines[] = {
	{"refcount", "lib/refcount.c", NULL, NULL, PLUMB_LIB, "WARNING: refcount bug in %F"},
	{"refcount", NULL, NULL, "refcount_t: ", PLUMB_LIB, "WARNING: refcount bug in %F"},
	{"odebug", "lib/debugobjects.c", NULL, NULL, PLUMB_MEM | PLUMB_WAIT, "WARNING: ODEBUG bug in %F"},
	{"locking", "kernel/locking/lockdep.c", NULL, NULL, PLUMB_LOCK, "WARNING: locking bug in %F"},
	{"kmalloc", "mm/slab_common.c", NULL, NULL, PLUMB_MEM, "WARNING: kmalloc bug in %F"},
	{"list-corruption", "lib/list_debug.c", NULL, NULL, PLUMB_LIB, "BUG: corrupted list in %F"},
};

const guint splat_refines_count = G_N_ELEMENTS(splat_refines);
/* clang-format on */
