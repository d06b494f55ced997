/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every key of a scenario: the table behind the parser, `pfnhunt list keys` and the man page. */
#include "harness/scenario/scenario.h"
#include "guest-agent/contract/op.h"
#include "host-driver/vm/vm.h"

#define IN(field)  offsetof(Scenario, field)
#define DEV(field) offsetof(VmMemDevice, field)
#define PRS(field) offsetof(Pressure, field)
#define MOD(field) offsetof(ScenarioModule, field)
#define CHO(field) offsetof(Choreography, field)
#define MIB(n)	   ((guint64)(n) << 20)
#define GIB(n)	   ((guint64)(n) << 30)
#define DAY_MS	   86400000ull

/* clang-format off */
/* Help of keys that several groups have. */
#define JITTER_HELP "random deviation of each period, plus or minus, from the seed"
#define HOLD_HELP   "maximum duration"
/* When pressure is applied, and for how long. */
#define PRESSURE_TIMES(group, hold_help, hold, period, least_ms, jitter)                           \
	{group, "hold", KEY_MS, hold, 1, 5000, NULL,                                               \
	 hold_help "; random, at least half of it, from the seed", PRS(hold_ms)},                  \
	{group, "period", KEY_MS, period, least_ms, DAY_MS, NULL,                                  \
	 "time from one to the next", PRS(period_ms)},                                             \
	{group, "jitter", KEY_MS, jitter, 0, DAY_MS, NULL, JITTER_HELP, PRS(jitter_ms)}

const ScenarioKey scenario_keys[] = {
	{"scenario", "summary", KEY_TEXT, NULL, 0, 0, NULL,
	 "one line on what it tests", IN(summary)},
	{"guest", "cpus", KEY_COUNT, "2", 1, 255, NULL,
	 "virtual CPUs", IN(cpus)},
	{"guest", "memory", KEY_BYTES, "512M", MIB(128), GIB(4096), NULL,
	 "boot memory, not including the devices below", IN(memory_bytes)},
	{"guest", "nodes", KEY_COUNT, "1", 1, VM_NODES_MAX, NULL,
	 "NUMA nodes, one per socket, with equal shares of the CPUs and the boot memory",
	 IN(nodes)},
	{"guest", "cmdline", KEY_TEXT, "", 0, 0, NULL,
	 "kernel arguments that change the kernel under test (mitigations=, preempt=, "
	 "init_on_alloc=)",
	 IN(cmdline)},
	{"guest", "patience", KEY_COUNT, "auto", 1, SCENARIO_PATIENCE_MAX, "auto",
	 "all deadlines are multiplied by it; auto: by how much longer than 3 s the guest took "
	 "from its first console output to the agent's hello, at most 10",
	 IN(patience)},
	{"guest", "online-policy", KEY_TEXT, "online_movable", 0, 0,
	 "offline|online|online_kernel|online_movable",
	 "value of auto_online_blocks, set before memory is plugged", IN(online_policy)},
	{"memory ID", "size", KEY_BYTES, "2G", MIB(128), GIB(4096), NULL,
	 "maximum size that the virtio-mem device can plug", DEV(size_bytes)},
	{"memory ID", "block-size", KEY_BYTES, "4M", MIB(2), GIB(4), NULL,
	 "the device's block size: a power of two", DEV(block_size_bytes)},
	{"memory ID", "requested-size", KEY_BYTES, NULL, 0, GIB(4096), NULL,
	 "size plugged before the ops start: a multiple of block-size", DEV(requested_bytes)},
	{"memory ID", "node", KEY_COUNT, "0", 0, VM_NODES_MAX, NULL,
	 "its NUMA node; the number after the last of [guest] nodes is a node with no CPU and no "
	 "boot memory",
	 DEV(node)},
	{"resize", "device", KEY_TEXT, NULL, 0, 0, NULL,
	 "ID of the device to resize while the ops run", IN(resize_device)},
	{"resize", "mode", KEY_TEXT, "partly", 0, 0, "partly|churn|remove",
	 "partly: partly plugged blocks; churn: sub-blocks around one size; remove: whole memory "
	 "blocks",
	 IN(resize_mode)},
	{"resize", "through", KEY_TEXT, "backend", 0, 0, "backend|libvirt|qmp",
	 "how the resize reaches QEMU: the backend's default, libvirt's device update, or QMP "
	 "(with libvirt: passed through)",
	 IN(resize_through)},
	{"resize", "min", KEY_BYTES, "0", 0, GIB(4096), NULL,
	 "smallest target: a multiple of block-size", IN(resize_min_bytes)},
	{"resize", "max", KEY_BYTES, NULL, 0, GIB(4096), NULL,
	 "largest target: a multiple of block-size", IN(resize_max_bytes)},
	{"resize", "period", KEY_MS, "500ms", 10, DAY_MS, NULL,
	 "time between resizes", IN(resize_period_ms)},
	{"resize", "jitter", KEY_MS, "200ms", 0, DAY_MS, NULL,
	 JITTER_HELP, IN(resize_jitter_ms)},
	{"balloon", "max", KEY_BYTES, NULL, MIB(1), GIB(4096), NULL,
	 "maximum that the virtio-balloon device takes from the guest while the ops run",
	 IN(balloon_max_bytes)},
	{"balloon", "min", KEY_BYTES, "0", 0, GIB(4096), NULL,
	 "minimum that it takes", IN(balloon_min_bytes)},
	{"balloon", "period", KEY_MS, "500ms", 10, DAY_MS, NULL,
	 "time between changes", IN(balloon_period_ms)},
	{"balloon", "jitter", KEY_MS, "200ms", 0, DAY_MS, NULL,
	 JITTER_HELP, IN(balloon_jitter_ms)},
	{"dimm", "count", KEY_COUNT, NULL, 1, SCENARIO_DIMMS_MAX, NULL,
	 "maximum number of DIMMs (pc-dimm) plugged at once",
	 IN(dimm_count)},
	{"dimm", "size", KEY_BYTES, "128M", MIB(128), GIB(64), NULL,
	 "size of each: a multiple of the guest's memory block size, 128M", IN(dimm_size_bytes)},
	{"dimm", "period", KEY_MS, "500ms", 10, DAY_MS, NULL,
	 "time between plugs and unplugs", IN(dimm_period_ms)},
	{"dimm", "jitter", KEY_MS, "200ms", 0, DAY_MS, NULL,
	 JITTER_HELP, IN(dimm_jitter_ms)},
	{"module NAME", "params", KEY_TEXT, NULL, 0, 0, NULL,
	 "parameters of a kernel module, as for insmod; also applied if it is built in",
	 MOD(params)},
	{"pressure vcpu-stop", "vcpus", KEY_COUNT, "1", 0, 255, NULL,
	 "number of vCPUs stopped at once; 0: all", PRS(count)},
	PRESSURE_TIMES("pressure vcpu-stop", HOLD_HELP, "10ms", "50ms", 1, "25ms"),
	PRESSURE_TIMES("pressure pause", HOLD_HELP, "50ms", "500ms", 10, "250ms"),
	{"pressure hog", "threads", KEY_COUNT, "0", 0, 1024, NULL,
	 "number of threads; 0: one per host CPU", PRS(count)},
	PRESSURE_TIMES("pressure hog", HOLD_HELP, "50ms", "100ms", 1, "50ms"),
	{"pressure discard", "size", KEY_BYTES, "64M", 0, GIB(4096), NULL,
	 "size to discard each time, from an offset drawn from the seed; 0: all boot memory",
	 PRS(bytes)},
	PRESSURE_TIMES("pressure discard", "maximum time it may take", "200ms", "500ms", 1,
		       "250ms"),
	{"choreography", "rounds", KEY_COUNT, "5", 1, 100, NULL,
	 "how often the interleaving of [stands] is forced while the ops run", CHO(rounds)},
	{"choreography", "deadline", KEY_MS, "5s", 100, 60000, NULL,
	 "how long to wait for a task at each stand before the round is given up",
	 CHO(deadline_ms)},
	{"policy", "boots", KEY_COUNT, "1", 1, 1000000, NULL,
	 "number of boots in a hunt (--boots)", IN(boots)},
	{"policy", "rotate", KEY_COUNT, "0", 0, OP_INST_MAX, NULL,
	 "each boot runs one hammer and this many walkers from the file, chosen by its seed; 0: "
	 "all",
	 IN(rotate)},
	{"policy", "duration", KEY_MS, "30s", 100, 365 * DAY_MS, NULL,
	 "how long the ops of a boot run", IN(duration_ms)},
	{"policy", "stop", KEY_TEXT, "never", 0, 0, "never|first-incident|bound:PERCENT",
	 "when to end a boot early; bound:1%: at an incident, which also ends the hunt; "
	 "otherwise the hunt runs until the chance of a hit per boot is below 1 % at 95 % "
	 "confidence",
	 IN(stop)},
	{"policy", "baseline", KEY_TEXT, "note", 0, 0, "note|incident",
	 "how to treat a splat before the guest's first hotplug event: only note it, or count it "
	 "as an incident",
	 IN(baseline)},
	{"policy", "linger", KEY_MS, "2s", 0, DAY_MS, NULL,
	 "with first-incident or bound: how long to watch for consequences", IN(linger_ms)},
	{"policy", "clear-warn-once", KEY_MS, "1s", 0, DAY_MS, NULL,
	 "how often to reset the kernel's once-only warnings while the ops run, so that they are "
	 "printed again and counted; 0: never",
	 IN(clear_warn_once_ms)},
	{"policy", "console-splats", KEY_COUNT, "5", 0, 1000000, NULL,
	 "number of splats printed to the console, which slows the guest down; later ones go "
	 "only to kmsg, except oopses and panics",
	 IN(console_splats)},
	{"policy", "probe", KEY_TEXT, "auto", 0, 0, "auto|bpf|kprobe|user|off",
	 "how to count exposure in the guest; auto: the best method available", IN(probe)},
	{"policy", "probe-cost", KEY_MS, "0s", 0, DAY_MS, NULL,
	 "alternately remove and insert the probes for this long, to measure their cost; 0: they "
	 "stay in",
	 IN(probe_cost_ms)},
	{"policy", "known-issues", KEY_TEXT, "", 0, 0, NULL,
	 "INI file of known signatures, relative to the scenario; empty: the shipped one",
	 IN(known_issues)},
	{"goal", "ops", KEY_TEXT, "all", 0, 0, "all|any",
	 "ops that must run for a boot to be clean: all, or any (if a kernel may lack some)",
	 IN(goal_ops)},
	{"goal", "offlines", KEY_COUNT, "0", 0, G_MAXINT64, NULL,
	 "minimum number of offlines, over all hammers, for a clean boot",
	 IN(goal_offlines)},
	{"goal", "rounds", KEY_COUNT, "0", 0, 100, NULL,
	 "minimum number of rounds of the choreography that reached all their stands",
	 IN(goal_rounds)},
	{"goal", "windows", KEY_COUNT, "0", 0, G_MAXINT64, NULL,
	 "minimum number of race windows opened, of the most frequent kind, as kinds are nested",
	 IN(goal_windows)},
	{"goal", "windows.KIND", KEY_COUNT, "0", 0, G_MAXINT64, NULL,
	 "the same for one kind: offline, dec, cancel, plug, unplug, removal", 0},
	{"goal", "visits.WALKER", KEY_COUNT, "0", 0, G_MAXINT64, NULL,
	 "minimum number of visits of that walker (an op) inside an open window of another task; "
	 "a visit in windows of two kinds counts once, functions add up; applies to boots that "
	 "run the op",
	 0},
	{NULL, NULL, KEY_TEXT, NULL, 0, 0, NULL, NULL, 0},
};
/* clang-format on */
