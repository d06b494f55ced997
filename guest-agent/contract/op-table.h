/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of ops: X(id) for each `const struct op op_<id>`, in the order of `pfnhunt list ops`. It
 * is explicit because the linker drops objects of a static library that only have constructors.
 */
#ifndef PFNHUNT_OP_TABLE_H
#define PFNHUNT_OP_TABLE_H

#include "guest-agent/contract/op.h"

#define OP_TABLE(X)                                                                                \
	X(block_state)                                                                             \
	X(block_cancel)                                                                            \
	X(auto_online)                                                                             \
	X(driver_unbind)                                                                           \
	X(hugetlb)                                                                                 \
	X(suspend)                                                                                 \
	X(split_huge_pages)                                                                        \
	X(damon)                                                                                   \
	X(kpageflags)                                                                              \
	X(compaction)                                                                              \
	X(ksm)                                                                                     \
	X(kpagecount)                                                                              \
	X(kpagecgroup)                                                                             \
	X(pagetypeinfo)                                                                            \
	X(kcore)                                                                                   \
	X(page_idle)                                                                               \
	X(page_owner)                                                                              \
	X(kmemleak)                                                                                \
	X(soft_offline)                                                                            \
	X(hard_offline)                                                                            \
	X(hwpoison)                                                                                \
	X(damon_stat)                                                                              \
	X(damon_reclaim)                                                                           \
	X(khugepaged)                                                                              \
	X(reclaim)                                                                                 \
	X(lru_gen)                                                                                 \
	X(page_cache)                                                                              \
	X(gup)                                                                                     \
	X(pagemap)                                                                                 \
	X(clear_refs)                                                                              \
	X(migrate)                                                                                 \
	X(numa_balancing)                                                                          \
	X(swap)                                                                                    \
	X(burst_hog)                                                                               \
	X(census)                                                                                  \
	X(stress_ng)                                                                               \
	X(plant)                                                                                   \
	X(null_hammer)                                                                             \
	X(null_walker)

#define X(id) extern const struct op op_##id;
OP_TABLE(X)
#undef X

/* Parameters that every op has; the core implements them. */
extern const struct op_param op_core_params[];

#endif
