/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scenario and a seed become what one boot does: the lines that the agent gets, and
 * what the host does to the guest. Pure: the same scenario, kernel modules and seed give the same plan everywhere.
 */
#ifndef PFNHUNT_PLAN_H
#define PFNHUNT_PLAN_H

#include "harness/scenario/host-act.h"
#include "host-driver/kernel/kernel.h"

typedef struct {
	guint64 seed, agent_seed; /* of the boot; what its ops draw from */
	GPtrArray *lines;	  /* of char *: wire lines up to `plug`, each with its '\n' */
	gboolean *runs;		  /* of each op of the scenario: is it part of this boot? */
	char *go;		  /* the line that starts the ops */
	GPtrArray *host_acts;	  /* of HostAct: what the host does while the ops run */
	gboolean removes;	  /* memory blocks may go away while the ops run */
	guint64 plug_bytes;	  /* what is plugged before the ops start, over all devices */
} Plan;

/*
 * @modules: what initramfs_write() stored, from index @boot_count on loaded by the plan.
 */
Plan *plan_new(const Scenario *scenario, guint64 seed, const GPtrArray *modules, guint boot_count);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* The plan as text: the wire lines, then the first @steps steps of each act of the host. (transfer full) */
char *plan_to_text(const Scenario *scenario, guint64 seed, const GPtrArray *modules,
		   guint boot_count, guint steps);

/*
 * Files of the host that the scenario's ops run in the guest. A program that is not installed is
 * left out: the agent then skips the op and says why. INFRA error when a library of one is
 * missing. GPtrArray of InitramfsFile, (transfer full).
 */
GPtrArray *plan_files(const Scenario *scenario, GError **error);

/*
 * The modules that the scenario's guest needs, in load order; the first *@boot_count are
 * loaded before the agent says hello. Modules of ops that the kernel lacks are left out: the
 * agent then skips the op and says why. USAGE error when virtio-mem itself, or the balloon's driver, is missing.
 * GPtrArray of KernelModule, (transfer full).
 */
GPtrArray *plan_modules(const Scenario *scenario, const Kernel *kernel, guint *boot_count,
			GError **error);

#endif
