#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots the guests whose consoles the golden logs were cut from: one short boot a case.
# The races are dice, so a console differs from run to run; what is committed was chosen, trimmed
# and judged by hand. A case that needs a kernel that is not there is passed over.
#
#   make-goldens.sh PFNHUNT OUT [CASE-GLOB]...     consoles to OUT/CASE.log, run folders to OUT/runs
#
# Kernels: the version prefixes are those of `pfnhunt list kernels`; "lean-6.1" and "debug-7.3"
# are built by kernels.sh into $PFNHUNT_GOLDEN_KERNELS.
set -u
pfnhunt=$(realpath "$1") out=$2
shift 2
kernels=${PFNHUNT_GOLDEN_KERNELS:-}
mkdir -p "$out/runs" && out=$(realpath "$out")
[ $# -gt 0 ] || set -- '*'
wanted=("$@")

# guest CASE KERNEL SECONDS [CMDLINE]: scenario groups come from stdin.
guest() {
	local name=$1 kernel=$2 seconds=$3 cmdline=${4-} glob want=0 spec=$2 body
	body=$(cat)
	for glob in "${wanted[@]}"; do [[ $name == $glob ]] && want=1; done
	[ $want = 1 ] || return 0
	case $kernel in lean-* | debug-* | vmap-*)
		spec=$kernels/$kernel/bzImage
		[ -f "$spec" ] || return 0
		# Built-in virtio_mem plugs before the agent can say how memory comes online.
		cmdline="memhp_default_state=online_movable $cmdline"
		;;
	esac
	rm -rf "$out/runs/$name"
	mkdir -p "$out/runs/$name"
	{
		printf '[scenario]\nsummary = %s\n' "$name"
		printf '[guest]\ncpus = %s\nmemory = %s\ncmdline = %s\n' "${cpus-2}" "${memory-256M}" "$cmdline"
		printf '[memory vm0]\nsize = 2G\nrequested-size = %s\n' "${plugged-4M}"
		printf '%s\n' "$body"
		[[ $body == *'[op '* ]] || printf '[op null-hammer]\n'
		printf '[policy]\nduration = %ss\nconsole-splats = %s\n' "$seconds" "${splats-50}"
	} >"$out/runs/$name/$name.ini"
	nice -n 10 timeout $((seconds + 90)) "$pfnhunt" run "$out/runs/$name/$name.ini" --kernel "$spec" \
		-o "$out/runs/$name" </dev/null >"$out/runs/$name/report" 2>&1
	echo "$name: exit $?, $(grep -a -m1 '^boot 1' "$out/runs/$name/report")"
	cp "$out/runs/$name"/*/boots/0000/console.log "$out/$name.log"
}

debian="6.1 6.12.95 6.17 7.3"

# Nothing must be found: clean boots, and what only sounds bad.
for k in $debian; do
	guest clean-boot-$k $k 2 </dev/null
	guest clean-hammering-$k $k 5 <<-'E'
		[op block-state]
		[op compaction]
		[op kpageflags]
	E
	guest clean-resizing-$k $k 5 <<-'E'
		[resize]
		device = vm0
		min = 4M
		max = 512M
		period = 300ms
		jitter = 100ms
		[op null-walker]
	E
	for key in w t m l p q b-none; do
		[ $key != b-none ] && guest sysrq-$key-$k $k 1 "sysrq_always_enabled" <<-E
			[set]
			/proc/sysrq-trigger = $key
		E
	done
	guest clean-loud-boot-$k $k 2 "ignore_loglevel debug initcall_debug=0 mitigations=off spectre_v2=off nokaslr nonsense.option=1 earlyprintk=ttyS0 sched_verbose" </dev/null
	guest clean-odd-cmdline-$k $k 2 "mitigations=auto,nosmt spec_store_bypass_disable=on tsx=off apparmor=0 nosmep foo=WARNING bar=BUG: panic_on_oops=1 numa=fake=2 init_on_free=1 slub_debug=FZPU page_poison=1 log_buf_len=64K" </dev/null
	guest oom-kill-sysrq-$k $k 1 <<-'E'
		[set]
		/proc/sysrq-trigger = f
	E
done

# Panics of every cause.
for k in $debian; do
	guest panic-sysrq-c-$k $k 3 <<-'E'
		[op plant]
		crash = panic
	E
	guest panic-no-init-$k $k 1 "rdinit=/nope init=/nope" </dev/null
	guest panic-no-root-$k $k 1 "rdinit=/nope root=/dev/vda1" </dev/null
	guest hung-task-$k $k 5 <<-'E'
		[op plant]
		crash = hung-task
	E
	guest panic-hung-task-$k $k 5 "sysctl.kernel.hung_task_panic=1" <<-'E'
		[op plant]
		crash = hung-task
	E
	guest oom-$k $k 8 <<-'E'
		[op ksm]
		area-mb = 2048
	E
	guest panic-oom-$k $k 8 "sysctl.vm.panic_on_oom=2" <<-'E'
		[op ksm]
		area-mb = 2048
	E
done

# The fake-offline race in its many faces.
race='[op block-state]
[op split-huge-pages]
[op damon]'
for k in $debian; do
	guest race-$k $k 3 <<<"$race"
	guest race-panic-on-warn-$k $k 3 "panic_on_warn=1" <<<"$race"
	guest race-oops-panic-$k $k 3 "oops=panic" <<<"$race"
	guest race-no-timestamps-$k $k 2 "printk.time=0" <<<"$race"
	guest race-loglevel8-$k $k 2 "loglevel=8 ignore_loglevel" <<<"$race"
	cpus=4 guest race-4cpus-$k $k 3 "preempt=full" <<-'E'
		[op block-state]
		[op split-huge-pages]
		[op split-huge-pages#2]
		[op damon]
		kdamonds = 2
	E
	guest race-damon-$k $k 3 "preempt=full" <<-'E'
		[op block-state]
		[op damon]
		kdamonds = 4
	E
	guest race-resize-$k $k 25 <<-'E'
		[resize]
		device = vm0
		min = 4M
		max = 1G
		period = 150ms
		jitter = 100ms
		[op split-huge-pages]
		[op split-huge-pages#2]
	E
	guest endless-offline-$k $k 20 <<-'E'
		[set]
		/proc/sys/kernel/hung_task_timeout_secs = 4
		[resize]
		device = vm0
		min = 4M
		max = 1G
		period = 100ms
		jitter = 50ms
		[op block-state]
		blocks = all
		deadline-ms = 60000
		[op compaction]
	E
done
guest race-stalls-6.1 6.1 40 "rcupdate.rcu_cpu_stall_timeout=3 watchdog_thresh=3" <<<"$race"
for k in 6.1 6.12.95; do
	memory=512M guest hvo-$k $k 8 "hugetlb_free_vmemmap=on" <<-'E'
		[set]
		/proc/sys/vm/nr_hugepages = 64
		[op split-huge-pages]
		[op block-state]
	E
done

# What no stock kernel can be made to do: lkdtm and the checkers, on kernels of our own.
lkdtm() {
	local kernel=$1 seconds=$2 cmdline=$3 crash
	shift 3
	for crash in "$@"; do
		guest "$crash-$kernel" "$kernel" "$seconds" "printk.time=1 $cmdline" <<-E
			[op plant]
			crash = $crash
		E
	done
}
simple="WARNING WARNING_MESSAGE BUG EXCEPTION PANIC CORRUPT_STACK EXHAUST_STACK REPORT_STACK
 STACK_GUARD_PAGE_LEADING STACK_GUARD_PAGE_TRAILING UNSET_SMEP ACCESS_NULL ACCESS_USERSPACE WRITE_RO
 WRITE_KERN EXEC_DATA EXEC_NULL EXEC_USERSPACE EXEC_VMALLOC ARRAY_BOUNDS OVERFLOW_SIGNED
 FORTIFY_STRSCPY FORTIFY_MEM_OBJECT CORRUPT_LIST_ADD CORRUPT_LIST_DEL REFCOUNT_INC_ZERO
 REFCOUNT_DEC_ZERO REFCOUNT_DEC_NEGATIVE REFCOUNT_ADD_OVERFLOW SLAB_LINEAR_OVERFLOW SLAB_FREE_DOUBLE
 SLAB_FREE_CROSS SLAB_FREE_PAGE VMALLOC_LINEAR_OVERFLOW READ_AFTER_FREE WRITE_AFTER_FREE
 READ_BUDDY_AFTER_FREE USERCOPY_KERNEL USERCOPY_SLAB_SIZE_TO USERCOPY_STACK_BEYOND"
newer="BUG_IN_HARDIRQ PANIC_IN_HARDIRQ PANIC_STOP_IRQOFF FAM_BOUNDS"
stalls="LOOP SOFTLOCKUP HARDLOCKUP HUNG_TASK SPINLOCKUP"
slow="watchdog_thresh=2 rcupdate.rcu_cpu_stall_timeout=3 sysctl.kernel.hung_task_timeout_secs=2 workqueue.watchdog_thresh=3"
for k in lean-6.1 lean-6.12 lean-7.3 debug-6.1 debug-7.3; do
	lkdtm $k 2 "" $simple
	case $k in *7.3) lkdtm $k 2 "" $newer ;; esac
	lkdtm $k 14 "$slow" $stalls
	guest clean-boot-$k $k 2 "" </dev/null
	guest clean-hammering-$k $k 5 "printk.time=1" <<-'E'
		[op block-state]
		[op compaction]
		[op kpageflags]
	E
	guest race-$k $k 6 "printk.time=1" <<<"$race"
	guest failslab-$k $k 3 "printk.time=1" <<-'E'
		[set]
		/sys/kernel/debug/failslab/probability = 100
		/sys/kernel/debug/failslab/times = 4
		/sys/kernel/debug/failslab/interval = 50
		/sys/kernel/debug/failslab/verbose = 2
		/sys/kernel/debug/failslab/ignore-gfp-wait = N
		[op block-state]
	E
	guest notifier-error-inject-$k $k 3 "printk.time=1" <<-'E'
		[set]
		/sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_OFFLINE/error = -12
		[op block-state]
	E
	guest two-cpus-$k $k 3 "printk.time=1" <<-'E'
		[op plant]
		crash = WARNING
		cpu = 0
		start-delay-ms = 500
		[op plant#2]
		crash = ACCESS_NULL
		cpu = 1
		start-delay-ms = 500
	E
done
for k in lean-6.12 lean-7.3 debug-6.1 debug-7.3; do
	guest two-warnings-$k $k 3 "printk.time=1" <<-'E'
		[op plant]
		crash = WARNING
		cpu = 0
		start-delay-ms = 500
		[op plant#2]
		crash = WARNING_MESSAGE
		cpu = 1
		start-delay-ms = 500
	E
	guest spinlock-twice-$k $k 14 "printk.time=1 $slow" <<-'E'
		[op plant]
		crash = SPINLOCKUP
		cpu = 0
		[op plant#2]
		crash = SPINLOCKUP
		cpu = 1
		start-delay-ms = 1000
	E
	guest slub-debug-overflow-$k $k 3 "printk.time=1 slub_debug=FZPU" <<-'E'
		[op plant]
		crash = SLAB_LINEAR_OVERFLOW
	E
	guest slub-debug-double-free-$k $k 3 "printk.time=1 slub_debug=FZPU" <<-'E'
		[op plant]
		crash = SLAB_FREE_DOUBLE
	E
	guest slub-debug-poison-$k $k 3 "printk.time=1 slub_debug=FZPU" <<-'E'
		[op plant]
		crash = WRITE_AFTER_FREE
	E
done
for k in $debian; do
	guest panic-oom-min-free-$k $k 8 <<-'E'
		[set]
		/proc/sys/vm/min_free_kbytes = 230000
		[op ksm]
	E
	guest panic-on-oom-$k $k 8 "sysctl.vm.panic_on_oom=2" <<-'E'
		[set]
		/proc/sys/vm/min_free_kbytes = 230000
		[op ksm]
	E
done

# arm64 under plain QEMU: the kernel pokes itself by arm64-init.c.
arm() {
	local name=$1 kernel=$2 cmdline=$3 glob want=0
	for glob in "${wanted[@]}"; do [[ $name == $glob ]] && want=1; done
	[ $want = 1 ] && [ -f "$kernels/$kernel/Image" ] || return 0
	nice -n 10 timeout 60 qemu-system-aarch64 -M virt -cpu max -smp 2 -m 256 -display none -no-reboot \
		-serial "file:$out/$name.log" -kernel "$kernels/$kernel/Image" \
		-initrd "$kernels/$kernel/initrd.cpio" \
		-append "console=ttyAMA0 printk.time=1 panic=-1 $cmdline" </dev/null
	echo "$name: exit $?"
}
direct=/sys/kernel/debug/provoke-crash/DIRECT
for k in arm64-6.1 arm64-7.3; do
	arm clean-boot-$k $k ""
	for crash in $simple BUG_IN_HARDIRQ PANIC_STOP_IRQOFF; do
		arm $crash-$k $k "$direct=$crash"
	done
	for crash in LOOP SOFTLOCKUP HUNG_TASK; do
		arm $crash-$k $k "$slow $direct=$crash"
	done
	arm panic-sysrq-c-$k $k "/proc/sysrq-trigger=c"
	arm sysrq-l-$k $k "/proc/sysrq-trigger=l"
	arm panic-on-warn-$k $k "panic_on_warn=1 $direct=WARNING"
	arm oops-panic-$k $k "oops=panic $direct=ACCESS_NULL"
	arm kill-init-$k $k "rdinit=/dev/null init=/init"
done

# Guard pages below and above stacks; KFENCE, which gets one allocation in many.
lkdtm vmap-6.12 2 "" STACK_GUARD_PAGE_LEADING STACK_GUARD_PAGE_TRAILING EXHAUST_STACK BUG
guest kfence-vmap-6.12 vmap-6.12 6 "printk.time=1 kfence.sample_interval=1" < <(
	for i in {1..30}; do
		printf '[op plant#%d]\ncrash = READ_AFTER_FREE\nstart-delay-ms = %d\n' $i $((i * 97))
	done
)
guest clean-boot-vmap-6.12 vmap-6.12 2 "" </dev/null
