/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that hunt have in common: options and paths become a HuntConfig. */
#ifndef PFNHUNT_CMD_HUNT_H
#define PFNHUNT_CMD_HUNT_H

#include "harness/hunt/hunt.h"
#include "harness/results/model.h"

/* Sets a USAGE error and returns FALSE. */
gboolean cmd_usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "NAME" or "NAME:URI" of a backend that runs real guests; NULL: qemu. (transfer full) */
VmBackend *cmd_hunt_backend(const char *text, GError **error);
/*
 * Whether @hunt's record says that it ran on this machine's QEMU (@recorded: backends with spaces
 * between them). Anywhere else nobody goes on the word of a record: USAGE error.
 */
gboolean cmd_hunt_ran_here(const RHunt *hunt, const char *recorded, GError **error);
/* "auto" (or NULL), "kvm", "tcg": settles it for config->backend, with a word to the user. */
gboolean cmd_hunt_accel(const char *text, HuntConfig *config, GError **error);
/* A number of boots at once, or "auto"; NULL: 1. */
gboolean cmd_hunt_jobs(const char *text, guint *jobs, GError **error);
/*
 * Settles @accel as above for each of @backends (of VmBackend, borrowed), which become the hosts
 * of @config. (transfer full): what config->more_hosts points to.
 */
HuntHost *cmd_hunt_hosts(const GPtrArray *backends, const char *accel, HuntConfig *config,
			 GError **error);
/* Decimal or hex; NULL: a random one. */
gboolean cmd_hunt_seed(const char *text, guint64 *seed, GError **error);
/* INFRA error when the agent is not built. */
gboolean cmd_hunt_has_agent(const char *path, GError **error);

#endif
