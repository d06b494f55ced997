/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is a complaint and what only sounds like one: single lines, in the kernel's own words.
 * A report of one line is cut short, so titles that name a function say "an unknown function".
 */
#include "harness/incident/triage.h"

#include <string.h>

static Triage *read_log(const char *log)
{
	TriageConfig config = {0};
	Triage *triage = triage_new(&config, NULL, NULL);

	triage_feed(triage, TRIAGE_CONSOLE, log, strlen(log), -1, 0);
	triage_finish(triage);
	return triage;
}

static const char *const harmless[] = {
	/* boot and mitigations */
	"Kernel command line: root=/dev/vda panic=1 oops=panic foo=BUG: bar",
	"Unknown kernel command line parameters \"BUG: KASAN: x\", will be passed to user space.",
	"Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks possible!",
	"MDS: Mitigation: Clear CPU buffers",
	"MDS CPU bug present and SMT on, data leak possible. See the admin guide for details.",
	"[Firmware Bug]: TSC_DEADLINE disabled due to Errata; please update microcode",
	"[Firmware Warn]: GHES: Poll interval is 0",
	"ACPI BIOS Error (bug): Could not resolve symbol [\\_SB.PCI0], AE_NOT_FOUND",
	"ACPI BIOS Warning (bug): 32/64X length mismatch in FADT/Gpe0Block: 128/64",
	"BIOS BUG: interrupt remapping table is broken",
	"WARNING! power/level is deprecated; use power/control instead",
	"Warning: unable to open an initial console.",
	"warning: `ntpd' uses 32-bit capabilities (legacy support in use)",
	"process 'sh' launched '/bin/x' with NULL argv: empty string added",
	"WARNING: The mand mount option has been deprecated and",
	"pnp 00:00: disabling [io  0x164e-0x164f] because it overlaps BUG range",
	"mce: [Hardware Error]: Machine check events logged",
	"EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0",
	"Memory: 1002344K/1048036K available (kernel code, rwdata, rodata, init, bss, reserved)",
	"Linux version 6.12.0 (x@y) (gcc) #1 SMP",
	"kmemleak: Kernel memory leak detector disabled",
	"ftrace: allocating 44128 entries in 173 pages",
	"Oops-tracing is described in bug-hunting.rst",
	/* notes of the checkers themselves */
	"INFO: lockdep is turned off.",
	"BUG: Bad page state: 123 messages suppressed",
	"INFO: Stall ended before state dump start",
	"INFO: NMI handler (perf_event_nmi_handler) took too long to run: 1.356 msecs",
	"perf: interrupt took too long (2513 > 2500), lowering kernel.perf_event_max_sample_rate",
	"hrtimer: interrupt took 1234567 ns",
	"clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable",
	"sched: DL replenish lagged too much",
	"sched: RT throttling activated",
	"rcu: INFO: RCU Tasks verbose statistics",
	"rcu: Hierarchical RCU implementation.",
	"watchdog: Delayed init of the lockup detector failed: -19",
	"NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
	"workqueue: drm_fb_helper_damage_work hogged CPU for >10000us 4 times",
	"Kernel panic - not syncing is what panic= waits after", /* no colon, no panic */
	/* drivers and filesystems */
	"EXT4-fs (vda1): warning: mounting unchecked fs, running e2fsck is recommended",
	"EXT4-fs error (device vda1): ext4_lookup:1234: inode #2: comm ls: deleted inode",
	"XFS (vda1): WARNING: Reset corrupted AGFL on AG 0. 1 blocks leaked.",
	"BTRFS warning (device vda1): csum failed root 5 ino 257 off 0",
	"usb 5-1: WARNING: support is incomplete, don't expect anything to work!",
	"blk_update_request: I/O error, dev vda, sector 0 op 0x0:(READ) flags 0x0",
	"virtio_mem virtio0: plugged size: 0x20000000",
	"snd_pcm: BUG: pcmC0D0p:0, pos = 0x4000, buffer size = 0x4000",
	"traps: chrome[2979] trap invalid opcode ip:55911b28dba3 sp:7ffea558a3e0 error:0",
	"traps: a.out[36] general protection fault ip:7feb96eb56a1 sp:20000fd0 error:0 in a.out",
	"a.out[36]: segfault at 0 ip 00005581a8a0f131 sp 00007ffc1 error 6 in a.out[5581]",
	"Unhandled fault: alignment exception (0x011) at 0x00508ae4",
	"Out of memory: Killed process 123 (sh) total-vm:1000kB, anon-rss:500kB",
	"sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
	"chrome: page allocation failure: order:5, mode:0x24040c0(GFP_KERNEL|__GFP_COMP)",
	/* what is done on purpose */
	"Injecting error (-12) to MEM_GOING_OFFLINE",
	"Injecting memory failure at pfn 0x12345",
	"FAULT_INJECTION: forcing a failure.",
	"lkdtm: Performing direct entry WARNING",
	"lkdtm: Performing direct entry BUG",
	"sysrq: Show Blocked State",
	"sysrq: This sysrq operation is disabled.",
	"pfnhunt: phase WARNING: BUG: KASAN: run",
	/* what says nothing without an oops or a WARN before it */
	"page dumped because: migration failure",
	"page dumped because: unmovable page",
	"failed to isolate pfn 12345",
	"---[ end trace 0000000000000000 ]---",
	"------------[ cut here ]------------",
	"Call Trace:",
	"reboot: Restarting system",
	/* programs, by way of a log daemon */
	"Jan  2 03:04:05 host myprog[12]: BUG: unable to handle kernel paging request",
	"Jan  2 03:04:05 host systemd[1]: WARNING: CPU: 1 PID: 2 at mm/gup.c:1 f+0x1/0x2",
	"2024-01-02T03:04:05+00:00 host python3: kernel BUG at mm/slub.c:1!",
	"systemd[1]: Condition check: \"BUG: KASAN: use-after-free in x\" is no kernel's",
	"audit: type=1400 msg='BUG: soft lockup - CPU#1 stuck'",
	"audit: type=1400 audit(1.2:3): WARNING: CPU: 1 PID: 2 at mm/x.c:1 f+0x1/0x2",
	"type=AVC msg=audit(1700000000.1:2): WARNING: CPU: 1 PID: 2 at mm/x.c:1 f+0x1/0x2",
	/* source files, documentation, mails */
	"	pr_emerg(\"watchdog: BUG: soft lockup - CPU#%d stuck for %us! [%s:%d]\\n\", x);",
	"0xffffffff82345690:	\"WARNING: CPU: %d PID: %d at %s:%d %pS\\n\"",
	" WARNING: possible circular locking dependency detected is printed by lockdep",
	"From the docs: after that INFO: task khungtaskd:12 blocked for more than 120 seconds.",
	"INFO: task khungtaskd:12 blocked for more than 120 seconds. is shown",
	"kernel BUG at mm/foo.c:123! means that a BUG_ON() fired",
	"Here, BUG: unable to handle kernel paging request",
	/* in the middle of a word */
	"foo: DEBUG: unable to handle kernel paging request",
};

static void test_harmless(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(harmless); i++) {
		static const char *const prefixes[] = {"", "[   12.345678] ",
						       "[   12.345678][    T1] ", "<4>"};

		for (guint p = 0; p < G_N_ELEMENTS(prefixes); p++) {
			g_autofree char *log = g_strconcat(prefixes[p], harmless[i], "\n", NULL);
			g_autoptr(Triage) triage = read_log(log);

			if (triage_splats(triage)->len)
				g_test_message("flagged: %s", log);
			g_assert_cmpuint(triage_splats(triage)->len, ==, 0);
		}
	}
}

static void test_harmless_together(void)
{
	g_autoptr(GString) log = g_string_new(NULL);
	g_autoptr(Triage) triage = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(harmless); i++)
		g_string_append_printf(log, "[%5u.000001] %s\n", i / 10, harmless[i]);
	triage = read_log(log->str);
	g_assert_cmpuint(triage_splats(triage)->len, ==, 0);
}

/* A program's output between the kernel's lines: no stamp in a log that has them. */
static void test_programs(void)
{
	g_autoptr(Triage) triage =
		read_log("[    1.000000] foo: module loaded\n$ cat selftest.out\n"
			 "INFO: task foo:123 blocked for more than 120 seconds.\n"
			 "WARNING: CPU: 1 PID: 33 at mm/page_alloc.c:123 foo+0x1/0x2\n"
			 "BUG: unable to handle page fault for address: ffff888\n"
			 "[    5.000000] foo: done\n");

	g_assert_cmpuint(triage_splats(triage)->len, ==, 0);
}

static const struct {
	const char *line, *kind, *title;
} complaints[] = {
	{"pfnhunt: silent: page escaped: pfn:0x10717c of memory32, 1 of the 512 pages from "
	 "0x107000",
	 "silent", "silent: page escaped"},
	{"WARNING: at mm/gup.c:80 f+0x1/0x2()", "warning", "WARNING in f"},
	{"WARNING: CPU: 1 PID: 2 at mm/gup.c:80 f+0x1/0x2()", "warning", "WARNING in f"},
	{"WARNING: CPU: 1 PID: 2 at [a == b] mm/gup.c:80 f+0x1/0x2", "warning", "WARNING in f"},
	{"WARNING: mm/gup.c:80 at f+0x1/0x2, CPU#1: sh/2", "warning", "WARNING in f"},
	{"WARNING: [a < b] mm/gup.c:80 at f+0x1/0x2, CPU#1: kworker/0:1/2", "warning",
	 "WARNING in f"},
	{"WARNING: CPU: 1 PID: 2 at /build/x/linux-5.4/mm/gup.c:80 f.part.3+0x1/0x2 [m]", "warning",
	 "WARNING in f"},
	{"kernel BUG at mm/page_alloc.c:9584!", "kernel-bug", "kernel BUG in an unknown function"},
	{"BUG: unable to handle kernel NULL pointer dereference at 0000000000000008", "null-deref",
	 "BUG: unable to handle kernel NULL pointer dereference in an unknown function"},
	{"BUG: kernel NULL pointer dereference, address: 0000000000000008", "null-deref",
	 "BUG: unable to handle kernel NULL pointer dereference in an unknown function"},
	{"BUG: unable to handle page fault for address: ffffea0001234567", "page-fault",
	 "BUG: unable to handle kernel paging request in an unknown function"},
	{"Unable to handle kernel paging request at virtual address ffff000012345678", "page-fault",
	 "BUG: unable to handle kernel paging request in an unknown function"},
	{"Unable to handle kernel write to read-only memory at virtual address ffff8000",
	 "page-fault",
	 "BUG: unable to handle kernel write to read-only memory in an unknown function"},
	{"Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP", "oops",
	 "Internal error in an unknown function"},
	{"Internal error: synchronous external abort: 96000210 [#1] SMP", "oops",
	 "Internal error in an unknown function"},
	{"Kernel bug detected[#1]:", "kernel-bug", "kernel BUG in an unknown function"},
	{"Reserved instruction in kernel code[#1]:", "oops", "Oops in an unknown function"},
	{"illegal operation: 0001 ilc:1 [#1] PREEMPT SMP ", "oops",
	 "illegal operation in an unknown function"},
	{"addressing exception: 0005 ilc:3 [#1] SMP", "oops",
	 "addressing exception in an unknown function"},
	{"monitor event: 0040 ilc:2 [#1] SMP", "kernel-bug", "kernel BUG in an unknown function"},
	{"SError Interrupt on CPU1, code 0x00000000be000011 -- SError", "serror",
	 "SError in an unknown function"},
	{"general protection fault: 0000 [#1] SMP", "gpf",
	 "general protection fault in an unknown function"},
	{"general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP",
	 "gpf", "general protection fault in an unknown function"},
	{"Oops: general protection fault, maybe for address 0x0: 0000 [#1] SMP", "gpf",
	 "general protection fault in an unknown function"},
	{"divide error: 0000 [#1] SMP", "divide-error", "divide error in an unknown function"},
	{"Oops: divide error: 0000 [#1] SMP", "divide-error",
	 "divide error in an unknown function"},
	{"invalid opcode: 0000 [#1] SMP", "invalid-opcode",
	 "invalid opcode in an unknown function"},
	{"Oops: int3: 0000 [#1] SMP NOPTI", "int3", "int3 in an unknown function"},
	{"stack segment: 0000 [#1] SMP", "stack-segment",
	 "stack segment fault in an unknown function"},
	{"traps: PANIC: double fault, error_code: 0x0", "double-fault",
	 "PANIC: double fault in an unknown function"},
	{"BUG: stack guard page was hit at 00000000abc (stack is 0..1)", "stack-guard",
	 "BUG: stack guard page was hit in an unknown function"},
	{"BUG: TASK stack guard page was hit at 00000000abc (stack is 0..1)", "stack-guard",
	 "BUG: stack guard page was hit in an unknown function"},
	{"list_add corruption. next->prev should be prev (ffff), but was 0.", "list-corruption",
	 "BUG: corrupted list in an unknown function"},
	{"BUG: KASAN: slab-use-after-free in f+0x1/0x2", "kasan",
	 "KASAN: slab-use-after-free in f"},
	{"BUG: KASAN: null-ptr-deref in f+0x1/0x2", "kasan", "KASAN: null-ptr-deref in f"},
	{"BUG: KASAN: double-free in f+0x1/0x2", "kasan-invalid-free", "KASAN: invalid-free in f"},
	{"BUG: KMSAN: uninit-value in f+0x1/0x2", "kmsan", "KMSAN: uninit-value in f"},
	{"BUG: KCSAN: data-race in f / g", "kcsan", "KCSAN: data-race in f / g"},
	{"BUG: KFENCE: use-after-free read in f+0x1/0x2", "kfence",
	 "KFENCE: use-after-free read in f"},
	{"UBSAN: array-index-out-of-bounds in mm/gup.c:80:12", "ubsan",
	 "UBSAN: array-index-out-of-bounds in an unknown function"},
	{"UBSAN: Undefined behaviour in mm/gup.c:80:12", "ubsan",
	 "UBSAN: undefined-behaviour in an unknown function"},
	{"CFI failure at f+0x1/0x2 (target: g+0x0/0x4; expected type: 0x12345678)", "cfi",
	 "CFI failure in f"},
	{"BUG: memory leak", "memory-leak", "memory leak in an unknown function"},
	{"[ INFO: possible circular locking dependency detected ]", "deadlock",
	 "possible deadlock in an unknown function"},
	{"WARNING: possible circular locking dependency detected", "deadlock",
	 "possible deadlock in an unknown function"},
	{"WARNING: possible recursive locking detected", "deadlock",
	 "possible deadlock in an unknown function"},
	{"WARNING: possible irq lock inversion dependency detected", "deadlock",
	 "possible deadlock in an unknown function"},
	{"WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", "deadlock",
	 "possible deadlock in an unknown function"},
	{"WARNING: inconsistent lock state", "lock-state",
	 "inconsistent lock state in an unknown function"},
	{"WARNING: suspicious RCU usage", "suspicious-rcu",
	 "WARNING: suspicious RCU usage in an unknown function"},
	{"WARNING: bad unlock balance detected!", "unlock-balance",
	 "WARNING: bad unlock balance in an unknown function"},
	{"WARNING: held lock freed!", "held-lock-freed",
	 "WARNING: held lock freed in an unknown function"},
	{"WARNING: lock held when returning to user space!", "lock-held",
	 "WARNING: lock held when returning to user space in an unknown function"},
	{"[ BUG: Invalid wait context ]", "locking", "WARNING: locking bug in an unknown function"},
	{"INFO: trying to register non-static key.", "static-key",
	 "INFO: trying to register non-static key in an unknown function"},
	{"BUG: spinlock bad magic on CPU#1, sh/12", "spinlock",
	 "BUG: spinlock bad magic in an unknown function"},
	{"BUG: spinlock lockup suspected on CPU#0, kworker/0:1/12", "spinlock",
	 "BUG: spinlock lockup suspected in an unknown function"},
	{"BUG: Bad page state in process sh  pfn:125b8d", "bad-page",
	 "BUG: Bad page state in an unknown function"},
	{"BUG: Bad page map in process sh  pte:0 pmd:1", "bad-page-map", "BUG: Bad page map"},
	{"BUG: Bad rss-counter state mm:00000000abc type:MM_ANONPAGES val:1", "bad-rss",
	 "BUG: Bad rss-counter state"},
	{"BUG: non-zero pgtables_bytes on freeing mm: 4096", "bad-pgtables",
	 "BUG: non-zero pgtables_bytes on freeing mm"},
	{"BUG: sleeping function called from invalid context at mm/slab.h:1", "atomic-sleep",
	 "BUG: sleeping function called from invalid context in an unknown function"},
	{"BUG: scheduling while atomic: kworker/0:1/12/0x00000002", "atomic-sched",
	 "BUG: scheduling while atomic in an unknown function"},
	{"BUG: using smp_processor_id() in preemptible [00000000] code: sh/12", "preemptible",
	 "BUG: using smp_processor_id() in preemptible code in an unknown function"},
	{"BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000001/12", "workqueue-leak",
	 "BUG: workqueue leaked lock or atomic in an unknown function"},
	{"BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 30s!",
	 "workqueue-lockup", "BUG: workqueue lockup"},
	{"watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [kworker/0:1:12]", "soft-lockup",
	 "BUG: soft lockup in an unknown function"},
	{"NMI watchdog: Watchdog detected hard LOCKUP on cpu 1", "hard-lockup",
	 "BUG: hard lockup in an unknown function"},
	{"watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 1", "hard-lockup",
	 "BUG: hard lockup in an unknown function"},
	{"watchdog: CPU 9 self-detected hard LOCKUP @ f+0x5c/0x100", "hard-lockup",
	 "BUG: hard lockup in f"},
	{"watchdog: CPU 3 detected hard LOCKUP on other CPUs 9", "hard-lockup",
	 "BUG: hard lockup in an unknown function"},
	{"rcu: INFO: rcu_preempt self-detected stall on CPU", "rcu-stall",
	 "INFO: rcu detected stall in an unknown function"},
	{"INFO: rcu_sched detected stalls on CPUs/tasks: { 1} (detected by 0, t=5252 jiffies)",
	 "rcu-stall", "INFO: rcu detected stall in an unknown function"},
	{"rcu: INFO: rcu_sched detected expedited stalls on CPUs/tasks: { 0-... } 21 jiffies s: 1",
	 "rcu-stall", "INFO: rcu detected stall in an unknown function"},
	{"INFO: rcu_tasks detected stalls on tasks:", "rcu-stall",
	 "INFO: rcu detected stall in an unknown function"},
	{"INFO: task kworker/0:1:12 blocked for more than 120 seconds.", "hung-task",
	 "INFO: task hung in an unknown function"},
	{"INFO: task sh:12 blocked in I/O wait for more than 122 seconds.", "hung-task",
	 "INFO: task hung in an unknown function"},
	{"unregister_netdevice: waiting for eth0 to become free. Usage count = 2", "netdev-leak",
	 "unregister_netdevice: waiting for DEV to become free"},
	{"VFS: Busy inodes after unmount of vda1. Self-destruct in 5 seconds.  Have a nice day...",
	 "busy-inodes", "VFS: Busy inodes after unmount (use-after-free)"},
	{"Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b", "panic",
	 "kernel panic: Attempted to kill init!"},
	{"Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)", "panic",
	 "kernel panic: VFS: Unable to mount root fs on unknown-block(NUM,NUM)"},
	{"Kernel panic - not syncing: System is deadlocked on memory", "panic",
	 "kernel panic: System is deadlocked on memory"},
	{"Kernel panic - not syncing: sysrq triggered crash", "panic",
	 "kernel panic: sysrq triggered crash"},
	{"BUG kmalloc-64 (Not tainted): Poison overwritten", "slab",
	 "BUG: slab: Poison overwritten"},
	{"BUG: something nobody has thought of yet", "bug",
	 "BUG: something nobody has thought of yet"},
};

static void check_complaint(const char *prefix, guint i)
{
	g_autofree char *log = g_strconcat(prefix, complaints[i].line, "\n", NULL);
	g_autoptr(Triage) triage = read_log(log);
	const Splat *splat;

	if (triage_splats(triage)->len != 1)
		g_test_message("line: %s", log);
	g_assert_cmpuint(triage_splats(triage)->len, ==, 1);
	splat = g_ptr_array_index(triage_splats(triage), 0);
	g_assert_cmpstr(splat_kind_name(splat->kind), ==, complaints[i].kind);
	g_assert_cmpstr(splat->title, ==, complaints[i].title);
	g_assert_cmpuint(splat->line, ==, 1);
}

static void test_complaints(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(complaints); i++) {
		check_complaint("", i);
		check_complaint("[   12.345678] ", i);
		check_complaint("[   12.345678][  T123] ", i);
		check_complaint("<4>[   12.345678] [C1] ", i);
		check_complaint("Jan  2 03:04:05 host kernel: [   12.345678] ", i);
		check_complaint("2024-01-02T03:04:05.678901+01:00 host kernel: ", i);
		check_complaint("[Tue Jan  2 03:04:05 2024] ", i);
		check_complaint("4,123,12345678,-;", i);
		check_complaint("kern  :warn  : [   12.345678] ", i);
		check_complaint("\033[31m", i);
		check_complaint("login: [   12.345678] ", i);
	}
}

static const struct {
	const char *log, *signature;
} reports[] = {
	/* no head announces the stack of 32-bit ARM */
	{"WARNING: CPU: 0 PID: 88 at lib/refcount.c:28 refcount_warn_saturate+0x13c/0x174\n"
	 "refcount_t: underflow; use-after-free.\n"
	 "Modules linked in: foo\n"
	 "CPU: 0 PID: 88 Comm: rmmod Not tainted 5.15.0 #3\n"
	 "Hardware name: Freescale i.MX6 Quad/DualLite (Device Tree)\n"
	 "[<c010f3d0>] (unwind_backtrace) from [<c010b9ac>] (show_stack+0x10/0x14)\n"
	 "[<c010b9ac>] (show_stack) from [<c0121c58>] (__warn+0xe8/0x100)\n"
	 "[<c0121c58>] (__warn) from [<c0432f00>] (refcount_warn_saturate+0x13c/0x174)\n"
	 "[<c0432f00>] (refcount_warn_saturate) from [<bf012f00>] (foo_release+0x98/0xb8 [foo])\n"
	 "[<bf012f00>] (foo_release [foo]) from [<c0433c04>] (sys_delete_module+0x24/0x60)\n"
	 "---[ end trace 47b0f8a3f6d0b1a2 ]---\n",
	 "refcount:foo_release:underflow"},
	{"WARNING: CPU: 0 PID: 88 at lib/refcount.c:28 refcount_warn_saturate+0x13c/0x174\n"
	 "refcount_t: underflow; use-after-free.\n"
	 "Modules linked in: foo\n"
	 "CPU: 0 PID: 88 Comm: rmmod Not tainted 6.1.0 #3\n"
	 "Hardware name: Freescale i.MX6 Quad/DualLite (Device Tree)\n"
	 " unwind_backtrace from show_stack+0x10/0x14\n"
	 " show_stack from __warn+0xe8/0x100\n"
	 " __warn from refcount_warn_saturate+0x13c/0x174\n"
	 " refcount_warn_saturate from foo_release+0x98/0xb8 [foo]\n"
	 " foo_release [foo] from sys_delete_module+0x24/0x60\n"
	 "---[ end trace 0000000000000000 ]---\n",
	 "refcount:foo_release:underflow"},
	/* of powerpc, whose watchdog says it in several lines */
	{"watchdog: CPU 3 detected hard LOCKUP on other CPUs 9\n"
	 "watchdog: CPU 3 TB:1234567890, last SMP heartbeat TB:1230000000 (7000ms ago)\n"
	 "watchdog: CPU 9 Hard LOCKUP\n"
	 "watchdog: CPU 9 TB:1234567890, last heartbeat TB:1230000000 (7000ms ago)\n"
	 "CPU: 9 PID: 2000 Comm: sh Not tainted 5.4.0 #1\n"
	 "NIP [c0000000001f2a3c] foo_loop+0x5c/0x100\n"
	 "LR [c0000000001f2a38] foo_loop+0x58/0x100\n"
	 "Call Trace:\n"
	 "[c000000e1a2b3b20] [c0000000001f2a38] foo_loop+0x58/0x100 (unreliable)\n"
	 "[c000000e1a2b3bd0] [c00000000041a2bc] vfs_write+0xcc/0x240\n",
	 "hard-lockup:foo_loop"},
	/* the way of every module into its own code */
	{"watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [insmod:444]\n"
	 "CPU: 1 PID: 444 Comm: insmod Not tainted 6.1.0 #1\n"
	 "RIP: 0010:foo_spin+0x10/0x20 [foo]\n"
	 "Call Trace:\n"
	 " foo_init+0x15/0x20 [foo]\n"
	 " do_one_initcall+0x46/0x1c3\n"
	 " do_init_module+0x5b/0x208\n"
	 " load_module+0x5b/0x208\n"
	 " __do_sys_finit_module+0x5b/0x208\n",
	 "soft-lockup:foo_init"},
	/* what dumps the registers of a double fault */
	{"PANIC: double fault, error_code: 0x0\n"
	 "Kernel panic - not syncing: Machine halted.\n"
	 "CPU: 0 PID: 100 Comm: sh Not tainted 4.14.0 #1\n"
	 "Call Trace:\n"
	 " <#DF>\n"
	 " dump_stack+0x5c/0x7d\n"
	 " panic+0xe7/0x247\n"
	 " df_debug+0x29/0x29\n"
	 " do_double_fault+0x99/0x130\n"
	 " double_fault+0x2c/0x60\n"
	 " </#DF>\n"
	 " foo_recurse+0x40/0x100\n"
	 "Kernel Offset: disabled\n"
	 "---[ end Kernel panic - not syncing: Machine halted.\n",
	 "double-fault:foo_recurse"},
};

static void test_reports(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(reports); i++) {
		g_autoptr(Triage) triage = read_log(reports[i].log);
		const Splat *splat;

		g_assert_cmpuint(triage_splats(triage)->len, ==, 1);
		splat = g_ptr_array_index(triage_splats(triage), 0);
		g_test_message("%s: %s", splat->signature, reports[i].log);
		g_assert_cmpstr(splat->signature, ==, reports[i].signature);
		g_assert_false(splat->corrupted);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/splat-rules/harmless", test_harmless);
	g_test_add_func("/splat-rules/programs", test_programs);
	g_test_add_func("/splat-rules/harmless-together", test_harmless_together);
	g_test_add_func("/splat-rules/complaints", test_complaints);
	g_test_add_func("/splat-rules/reports", test_reports);
	return g_test_run();
}
