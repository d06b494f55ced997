/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the commands that hunt: turns options and paths into a HuntConfig. */
#ifndef PFNHUNT_CMD_HUNT_H
#define PFNHUNT_CMD_HUNT_H

#include "harness/hunt/hunt.h"
#include "harness/results/model.h"

/* Sets a USAGE error and returns FALSE. */
gboolean cmd_usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "NAME" or "NAME:URI" of a backend that runs real guests; NULL: qemu. (transfer full) */
VmBackend *cmd_hunt_backend(const char *text, GError **error);
/*
 * Whether @hunt's record says that it ran on this machine's QEMU (@recorded: backends separated by
 * spaces). A record alone is not trusted to select another host: USAGE error.
 */
gboolean cmd_hunt_ran_here(const RHunt *hunt, const char *recorded, GError **error);
/*
 * The agent that fits config->kernel: *path (transfer full), and config->agent_path; @build: brought
 * up to date first when it is for another architecture than this program's. USAGE error when the
 * file is for a wrong one, INFRA when there is none.
 */
gboolean cmd_hunt_agent(HuntConfig *config, char **path, gboolean build, GError **error);
/* "auto" (or NULL), "kvm", "tcg": resolved for config->backend and ->kernel; prints a note on fallback. */
gboolean cmd_hunt_accel(const char *text, HuntConfig *config, GError **error);
/* A number of parallel boots, or "auto"; NULL: 1. */
gboolean cmd_hunt_jobs(const char *text, guint *jobs, GError **error);
/*
 * Resolves @accel as above for each of @backends (of VmBackend, borrowed), which become the hosts
 * of @config. (transfer full): what config->more_hosts points to.
 */
HuntHost *cmd_hunt_hosts(const GPtrArray *backends, const char *accel, HuntConfig *config,
			 GError **error);
/* A number of boots, from 1; NULL: 0, for what the scenario says. */
gboolean cmd_hunt_boots(const char *text, guint64 *boots, GError **error);
/* Decimal or hex; NULL: a random one. */
gboolean cmd_hunt_seed(const char *text, guint64 *seed, GError **error);

#endif
