/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns a scenario and a seed into what one boot does: the lines sent to the agent, and the host's
 * acts on the guest. Deterministic: the same scenario, kernel modules and seed give the same plan
 * on every machine.
 */
#ifndef PFNHUNT_PLAN_H
#define PFNHUNT_PLAN_H

#include "harness/scenario/host-act.h"
#include "host-driver/kernel/kernel.h"

typedef struct {
	guint64 seed, agent_seed; /* of the boot; of its ops */
	GPtrArray *lines;	  /* of char *: wire lines up to `plug`, each with its '\n' */
	gboolean *runs;		  /* for each op of the scenario: whether this boot runs it */
	char *go;		  /* the line that starts the ops */
	GPtrArray *host_acts;	  /* of HostAct: what the host does while ops run */
	gboolean removes;	  /* memory blocks may be removed while ops run */
	guint64 plug_bytes;	  /* plugged before the ops start, on all devices */
} Plan;

/* @modules: what initramfs_write() stored; the plan loads those from index @boot_count on. */
Plan *plan_new(const Scenario *scenario, guint64 seed, const GPtrArray *modules, guint boot_count);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/*
 * The plan as text: the wire lines, then the first @steps steps of each of the host's acts.
 * (transfer full)
 */
char *plan_to_text(const Scenario *scenario, guint64 seed, const GPtrArray *modules,
		   guint boot_count, guint steps);

/*
 * Files of the host that the scenario's ops need in the guest. A program that is not installed is
 * left out: the agent then skips the op and reports why. INFRA error if a library of a program is
 * missing. GPtrArray of InitramfsFile, (transfer full).
 */
GPtrArray *plan_files(const Scenario *scenario, GError **error);

/*
 * The modules that the scenario's guest needs, in load order; the first *@boot_count are loaded
 * before the agent says hello. Modules for ops that the kernel lacks are left out: the agent then
 * skips the op and reports why. USAGE error if the driver of virtio-mem or of the balloon is
 * missing. GPtrArray of KernelModule, (transfer full).
 */
GPtrArray *plan_modules(const Scenario *scenario, const Kernel *kernel, guint *boot_count,
			GError **error);

#endif
