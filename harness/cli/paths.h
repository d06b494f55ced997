/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where our own files are: beside the binary in a build tree, or where `meson install` puts
 * them. The environment (PFNHUNT_AGENT, PFNHUNT_CONFIGS, PFNHUNT_RESULTS) wins, for packagers.
 */
#ifndef PFNHUNT_PATHS_H
#define PFNHUNT_PATHS_H

#include "host-driver/vm/arch.h"

/* Each (transfer full), never NULL; the path may not exist. */
char *paths_agent(const Arch *arch); /* the static guest agent for kernels of @arch */
/*
 * The script that builds that agent in a build tree, and the folder for it; NULL when the agent comes
 * from elsewhere or is built with the program.
 */
char *paths_agent_builder(const Arch *arch, char **dir);
char *paths_configs(void); /* folder of the shipped scenarios */
char *paths_docs(void);	   /* folder of README.md, docs/ and results/README.md */
/* The user's own: $XDG_CONFIG_HOME/pfnhunt/known-issues.ini */
char *paths_known_issues(void);
char *paths_results(void); /* folder for hunts: results/runs, or $XDG_STATE_HOME/pfnhunt/runs */

#endif
