/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every key of a scenario: the table that parser, `pfnhunt list keys` and docs are made from. */
#include "harness/scenario/scenario.h"
#include "guest-agent/contract/op.h"
#include "host-driver/vm/vm.h"

#define IN(field)  offsetof(Scenario, field)
#define DEV(field) offsetof(VmMemDevice, field)
#define PRS(field) offsetof(Pressure, field)
#define MOD(field) offsetof(ScenarioModule, field)
#define MIB(n)	   ((guint64)(n) << 20)
#define GIB(n)	   ((guint64)(n) << 30)
#define DAY_MS	   86400000ull

/* clang-format off */
/* What the same key means in each group that has it. */
#define JITTER_HELP "each period is longer or shorter by up to this, seeded"
#define HOLD_HELP   "for how long at most"
/* When a kind of pressure comes, and for how long. */
#define PRESSURE_TIMES(group, hold_help, hold, period, least_ms, jitter)                           \
	{group, "hold", KEY_MS, hold, 1, 5000, NULL,                                               \
	 hold_help "; each time half of it at least, seeded", PRS(hold_ms)},                       \
	{group, "period", KEY_MS, period, least_ms, DAY_MS, NULL,                                  \
	 "time from one to the next", PRS(period_ms)},                                             \
	{group, "jitter", KEY_MS, jitter, 0, DAY_MS, NULL, JITTER_HELP, PRS(jitter_ms)}

const ScenarioKey scenario_keys[] = {
	{"scenario", "summary", KEY_TEXT, NULL, 0, 0, NULL,
	 "one line on what it hunts", IN(summary)},
	{"guest", "cpus", KEY_COUNT, "2", 1, 255, NULL,
	 "virtual CPUs", IN(cpus)},
	{"guest", "memory", KEY_BYTES, "512M", MIB(128), GIB(4096), NULL,
	 "boot memory, without the devices below", IN(memory_bytes)},
	{"guest", "nodes", KEY_COUNT, "1", 1, VM_NODES_MAX, NULL,
	 "NUMA nodes, a socket each, that share the CPUs and the boot memory evenly", IN(nodes)},
	{"guest", "cmdline", KEY_TEXT, "", 0, 0, NULL,
	 "kernel arguments that change what is tested (mitigations=, preempt=, init_on_alloc=)",
	 IN(cmdline)},
	{"guest", "online-policy", KEY_TEXT, "online_movable", 0, 0,
	 "offline|online|online_kernel|online_movable",
	 "what auto_online_blocks is set to before memory is plugged", IN(online_policy)},
	{"memory ID", "size", KEY_BYTES, "2G", MIB(128), GIB(4096), NULL,
	 "most that the virtio-mem device can plug", DEV(size_bytes)},
	{"memory ID", "block-size", KEY_BYTES, "4M", MIB(2), GIB(4), NULL,
	 "the device's block: a power of two", DEV(block_size_bytes)},
	{"memory ID", "requested-size", KEY_BYTES, NULL, 0, GIB(4096), NULL,
	 "plugged before the ops start: a multiple of block-size", DEV(requested_bytes)},
	{"memory ID", "node", KEY_COUNT, "0", 0, VM_NODES_MAX, NULL,
	 "its NUMA node; the one behind the last of [guest] nodes has no CPU and no memory but what "
	 "is plugged",
	 DEV(node)},
	{"resize", "device", KEY_TEXT, NULL, 0, 0, NULL,
	 "ID of the device that is resized while the ops run", IN(resize_device)},
	{"resize", "mode", KEY_TEXT, "partly", 0, 0, "partly|churn|remove",
	 "partly plugged blocks, sub-blocks around one value, or whole memory blocks",
	 IN(resize_mode)},
	{"resize", "through", KEY_TEXT, "backend", 0, 0, "backend|libvirt|qmp",
	 "how the resize reaches QEMU: the backend's own way, libvirt's update of the device, or "
	 "QMP (with libvirt: passed through)",
	 IN(resize_through)},
	{"resize", "min", KEY_BYTES, "0", 0, GIB(4096), NULL,
	 "smallest target: a multiple of block-size", IN(resize_min_bytes)},
	{"resize", "max", KEY_BYTES, NULL, 0, GIB(4096), NULL,
	 "largest target: a multiple of block-size", IN(resize_max_bytes)},
	{"resize", "period", KEY_MS, "500ms", 10, DAY_MS, NULL,
	 "time from one resize to the next", IN(resize_period_ms)},
	{"resize", "jitter", KEY_MS, "200ms", 0, DAY_MS, NULL,
	 JITTER_HELP, IN(resize_jitter_ms)},
	{"balloon", "max", KEY_BYTES, NULL, MIB(1), GIB(4096), NULL,
	 "most that the virtio-balloon device takes from the guest while the ops run",
	 IN(balloon_max_bytes)},
	{"balloon", "min", KEY_BYTES, "0", 0, GIB(4096), NULL,
	 "least that it takes", IN(balloon_min_bytes)},
	{"balloon", "period", KEY_MS, "500ms", 10, DAY_MS, NULL,
	 "time from one change to the next", IN(balloon_period_ms)},
	{"balloon", "jitter", KEY_MS, "200ms", 0, DAY_MS, NULL,
	 JITTER_HELP, IN(balloon_jitter_ms)},
	{"dimm", "count", KEY_COUNT, NULL, 1, SCENARIO_DIMMS_MAX, NULL,
	 "most DIMMs (pc-dimm) that are plugged at once: between none and so many come and go",
	 IN(dimm_count)},
	{"dimm", "size", KEY_BYTES, "128M", MIB(128), GIB(64), NULL,
	 "of each: a multiple of the guest's memory block, 128M", IN(dimm_size_bytes)},
	{"dimm", "period", KEY_MS, "500ms", 10, DAY_MS, NULL,
	 "time from one plug or unplug to the next", IN(dimm_period_ms)},
	{"dimm", "jitter", KEY_MS, "200ms", 0, DAY_MS, NULL,
	 JITTER_HELP, IN(dimm_jitter_ms)},
	{"module NAME", "params", KEY_TEXT, NULL, 0, 0, NULL,
	 "parameters of a kernel module, as insmod takes them; given to one that is built in, too",
	 MOD(params)},
	{"pressure vcpu-stop", "vcpus", KEY_COUNT, "1", 0, 255, NULL,
	 "how many stand still at once; 0: all", PRS(count)},
	PRESSURE_TIMES("pressure vcpu-stop", HOLD_HELP, "10ms", "50ms", 1, "25ms"),
	PRESSURE_TIMES("pressure pause", HOLD_HELP, "50ms", "500ms", 10, "250ms"),
	{"pressure hog", "threads", KEY_COUNT, "0", 0, 1024, NULL,
	 "how many; 0: one for each host CPU", PRS(count)},
	PRESSURE_TIMES("pressure hog", HOLD_HELP, "50ms", "100ms", 1, "50ms"),
	{"pressure discard", "size", KEY_BYTES, "64M", 0, GIB(4096), NULL,
	 "how much at once, from a seeded place on; 0: all of the boot memory", PRS(bytes)},
	PRESSURE_TIMES("pressure discard", "how long it may take at most", "200ms", "500ms", 1,
		       "250ms"),
	{"policy", "boots", KEY_COUNT, "1", 1, 1000000, NULL,
	 "boots of a hunt (--boots)", IN(boots)},
	{"policy", "rotate", KEY_COUNT, "0", 0, OP_INST_MAX, NULL,
	 "each boot runs one hammer and so many walkers of those that the file names, chosen by "
	 "its seed; 0: all",
	 IN(rotate)},
	{"policy", "duration", KEY_MS, "30s", 100, 365 * DAY_MS, NULL,
	 "how long the ops of one boot run", IN(duration_ms)},
	{"policy", "stop", KEY_TEXT, "never", 0, 0, "never|first-incident|bound:PERCENT",
	 "when a boot ends before its duration; bound:1%: at an incident, which ends the hunt too, "
	 "and without one boots go on until less than 1 % of them can be hits at 95 % confidence",
	 IN(stop)},
	{"policy", "baseline", KEY_TEXT, "note", 0, 0, "note|incident",
	 "what a splat before the guest's first hotplug event is: the kernel's own, told and no "
	 "more, or an incident",
	 IN(baseline)},
	{"policy", "linger", KEY_MS, "2s", 0, DAY_MS, NULL,
	 "with first-incident or bound: how much longer to watch for consequences", IN(linger_ms)},
	{"policy", "clear-warn-once", KEY_MS, "1s", 0, DAY_MS, NULL,
	 "how often warnings that the kernel says only once are cleared while the ops run, so that "
	 "they are said again and counted; 0: never",
	 IN(clear_warn_once_ms)},
	{"policy", "console-splats", KEY_COUNT, "5", 0, 1000000, NULL,
	 "this many splats go to the console, which slows the guest down; then only to kmsg, "
	 "oopses and panics excepted",
	 IN(console_splats)},
	{"policy", "probe", KEY_TEXT, "auto", 0, 0, "auto|bpf|kprobe|user|off",
	 "what counts exposure in the guest: the best that there is, or this", IN(probe)},
	{"policy", "probe-cost", KEY_MS, "0s", 0, DAY_MS, NULL,
	 "take the probes out for so long, put them back for so long, and so on: what they cost; "
	 "0: they stay in",
	 IN(probe_cost_ms)},
	{"policy", "known-issues", KEY_TEXT, "", 0, 0, NULL,
	 "INI file of known signatures, relative to the scenario; empty: the shipped one",
	 IN(known_issues)},
	{"goal", "ops", KEY_TEXT, "all", 0, 0, "all|any",
	 "ops that must run for a boot to be clean: all that it was to run, or any, where a kernel "
	 "may lack some",
	 IN(goal_ops)},
	{"goal", "offlines", KEY_COUNT, "0", 0, G_MAXINT64, NULL,
	 "attempts to take a block offline, of all hammers, that a clean boot has at least",
	 IN(goal_offlines)},
	{"goal", "windows", KEY_COUNT, "0", 0, G_MAXINT64, NULL,
	 "windows of the race opened: of the kind that most were opened of, for they lie in each "
	 "other",
	 IN(goal_windows)},
	{"goal", "windows.KIND", KEY_COUNT, "0", 0, G_MAXINT64, NULL,
	 "windows opened of that kind: offline, dec, cancel, plug, unplug, removal", 0},
	{"goal", "visits.WALKER", KEY_COUNT, "0", 0, G_MAXINT64, NULL,
	 "visits of that walker (an op) inside an open window of another task; one that lies in "
	 "windows of two kinds counts once, its functions add up; asked of boots that run the op",
	 0},
	{NULL, NULL, KEY_TEXT, NULL, 0, 0, NULL, NULL, 0},
};
/* clang-format on */
