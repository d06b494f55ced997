/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is probed: the kinds of windows, and the functions by which each walker is seen to visit
 * a page. The programs in the kernel, the layers that attach them, `pfnhunt list probes` and
 * docs/exposure.md follow these tables; nothing of it is written twice.
 */
#ifndef PFNHUNT_PROBE_TABLE_H
#define PFNHUNT_PROBE_TABLE_H

/* X(ID, name, opens, closes, what is vulnerable meanwhile) */
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
 * How a visit's PFNs follow from the argument that BTF calls ARGNAME (number ARG of most kernels):
 * PFN (it is one), PFNS (it and the next are [first, end)), PFN_AT (a pointer to the first, the
 * next is the end), PAGE (a struct page or folio), KSM (a node of KSM's stable tree).
 *
 * X(id, walker, function, HOW, ARG, ARGNAME): functions that only this walker calls; whoever runs
 * them is the walker.
 */
#define PROBE_OWN(X)                                                                               \
	X(damon, "damon", damon_get_folio, PFN, 0, "pfn")                                          \
	X(compaction_migrate, "compaction", isolate_migratepages_block, PFNS, 1, "low_pfn")        \
	X(compaction_free, "compaction", isolate_freepages_block, PFN_AT, 1, "start_pfn")          \
	X(soft_offline, "soft-offline", soft_offline_page, PFN, 0, "pfn")                          \
	X(hard_offline, "hard-offline", memory_failure, PFN, 0, "pfn")                             \
	X(unpoison, "hwpoison", unpoison_memory, PFN, 0, "pfn")                                    \
	X(ksm_page, "ksm", get_ksm_page, KSM, 0, "stable_node")                                    \
	X(ksm_folio, "ksm", ksm_get_folio, KSM, 0, "stable_node")                                  \
	X(numa_page, "numa-balancing", migrate_misplaced_page, PAGE, 0, "page")                    \
	X(numa_folio, "numa-balancing", migrate_misplaced_folio, PAGE, 0, "folio")                 \
	X(swap_page, "swap", swap_readpage, PAGE, 0, "page")                                       \
	X(swap_folio, "swap", swap_read_folio, PAGE, 0, "folio")

/* X(id, function, HOW, ARG, ARGNAME): functions of many callers, who are told apart by task. */
#define PROBE_SHARED(X)                                                                            \
	X(online_page, pfn_to_online_page, PFN, 0, "pfn")                                          \
	X(grab, try_grab_folio, PAGE, 0, "page,folio")                                             \
	X(accessed, folio_mark_accessed, PAGE, 0, "folio")                                         \
	X(isolate, folio_isolate_lru, PAGE, 0, "folio")                                            \
	X(referenced, folio_referenced, PAGE, 0, "folio")                                          \
	X(page_ext, page_ext_get, PAGE, 0, "page")

/* X(id, walker, id of PROBE_SHARED): such a function in the thread of the op of that name. */
#define PROBE_TASK(X)                                                                              \
	X(split, "split-huge-pages", online_page)                                                  \
	X(kpageflags, "kpageflags", online_page)                                                   \
	X(kpagecount, "kpagecount", online_page)                                                   \
	X(kpagecgroup, "kpagecgroup", online_page)                                                 \
	X(pagetypeinfo, "pagetypeinfo", online_page)                                               \
	X(kcore, "kcore", online_page)                                                             \
	X(page_idle, "page-idle", online_page)                                                     \
	X(page_owner, "page-owner", page_ext)                                                      \
	X(gup, "gup", grab)                                                                        \
	X(page_cache, "page-cache", accessed)                                                      \
	X(kmemleak, "kmemleak", online_page)                                                       \
	X(migrate, "migrate", isolate)                                                             \
	X(khugepaged, "khugepaged", isolate)                                                       \
	X(reclaim, "reclaim", referenced)                                                          \
	X(lru_gen, "lru-gen", referenced)

/* X(op, walker): ops that make the kernel do what another walker does; they count as that one. */
#define PROBE_SAME(X)                                                                              \
	X("damon-stat", "damon")                                                                   \
	X("damon-reclaim", "damon")

/* X(walker, how the names of the kernel's threads that work for it begin) */
#define PROBE_KTHREADS(X)                                                                          \
	X("khugepaged", "khugepaged")                                                              \
	X("reclaim", "kswapd")

enum probe_how {
	PROBE_HOW_PFN,
	PROBE_HOW_PFNS,
	PROBE_HOW_PFN_AT,
	PROBE_HOW_PAGE,
	PROBE_HOW_KSM,
};

enum probe_site { /* of the shared functions */
#define X(id, func, how, arg, argname) PROBE_SITE_##id,
		  PROBE_SHARED(X)
#undef X
			  PROBE_SITE_COUNT
};

enum probe_visit {
#define X(id, ...) PROBE_VISIT_##id,
	PROBE_OWN(X) PROBE_TASK(X)
#undef X
		PROBE_VISIT_COUNT
};

#endif
