/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the backends that run QEMU share: checks of a VmConfig, and QEMU's words about memory.
 * Everything is checked before QEMU sees it, as QEMU says no in words that mean nothing to who
 * wrote a scenario.
 */
#ifndef PFNHUNT_VM_MACHINE_H
#define PFNHUNT_VM_MACHINE_H

#include "host-driver/vm/vm.h"

/* Whether QEMU can run this machine; USAGE errors, in the words of a scenario. */
gboolean vm_config_check(const VmConfig *config, GError **error);
/* NUMA nodes, with the one that has memory devices only. 1: no need to speak of nodes. */
guint vm_node_count(const VmConfig *config);
/*
 * For QEMU's maxmem: each device starts at its own alignment, so a GiB more for each is always
 * enough.
 */
guint64 vm_max_memory_bytes(const VmConfig *config);
/*
 * The path of qboot, which starts an ELF kernel about 0.1 s sooner than SeaBIOS; NULL when the
 * kernel is none or when the QEMU at @qemu has no qboot. (transfer full)
 */
char *vm_find_qboot(const char *kernel_path, const char *qemu);

/*
 * @result: what query-memory-devices returned, hostile or NULL. Fills states[] for each of
 * @devices (of VmMemDevice), whose ids they borrow. INFRA error when one is missing.
 */
gboolean vm_memory_parse(JsonNode *result, const GPtrArray *devices, VmMemState *states,
			 GError **error);

/*
 * @result: what query-cpus-fast returned, hostile or NULL. GArray of pid_t, a thread for each
 * vCPU in their order; NULL + INFRA error when it is unsound. (transfer full)
 */
GArray *vm_threads_parse(JsonNode *result, GError **error);

#endif
