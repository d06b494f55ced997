/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is probed: the kinds of windows, and how a visit's PFNs follow from a function's argument.
 * The functions themselves are in the ops (op.h). The BPF programs, the layers that attach probes,
 * `pfnhunt list probes` and docs/exposure.md follow these tables.
 */
#ifndef PFNHUNT_PROBE_TABLE_H
#define PFNHUNT_PROBE_TABLE_H

/* X(ID, name, what opens it, what closes it, what happens in between) */
#define PROBE_WINDOWS(X)                                                                           \
	X(OFFLINE, "offline", "memory_notify(MEM_GOING_OFFLINE)",                                  \
	  "memory_notify(MEM_OFFLINE or MEM_CANCEL_OFFLINE)",                                      \
	  "a memory block on its way out: pages are isolated, tested, taken away")                 \
	X(DEC, "dec", "virtio_mem_memory_notifier_cb(MEM_GOING_OFFLINE)", "its return",            \
	  "virtio-mem drops the references of the block's fake-offline pages")                     \
	X(CANCEL, "cancel", "virtio_mem_memory_notifier_cb(MEM_CANCEL_OFFLINE)", "its return",     \
	  "virtio-mem takes those references again")                                               \
	X(PLUG, "plug", "virtio_mem_fake_online", "its return",                                    \
	  "fake-offline pages become free pages: their counts are set, not counted")               \
	X(UNPLUG, "unplug", "virtio_mem_fake_offline", "its return",                               \
	  "pages are allocated as a range and become fake-offline")                                \
	X(REMOVAL, "removal", "try_remove_memory", "its return",                                   \
	  "the memory map of the range goes away")

enum probe_window {
#define X(id, name, opens, closes, help) PROBE_##id,
	PROBE_WINDOWS(X)
#undef X
		PROBE_WINDOW_COUNT
};

/*
 * What the argument of the function is: PFN (a PFN), PFNS (it and the next argument are
 * [first, end)), PFN_AT (a pointer to the first PFN; the next argument is the end), PAGE (a struct
 * page or folio), KSM (a node of KSM's stable tree).
 */
#define PROBE_HOWS(X) X(PFN) X(PFNS) X(PFN_AT) X(PAGE) X(KSM)

enum probe_how {
#define X(id) PROBE_HOW_##id,
	PROBE_HOWS(X)
#undef X
};

#endif
