/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of `run`, `matrix` and `replay` that change the guest of a scenario, and their table. */
#ifndef PFNHUNT_CLI_GUEST_OPTIONS_H
#define PFNHUNT_CLI_GUEST_OPTIONS_H

#include "harness/scenario/scenario.h"
#include "host-driver/kernel/kernel.h"

typedef struct {
	char *append, *cpus, *memory;
	char **sets;	/* SECTION.KEY=VALUE */
	char **modules; /* FILE.ko */
	char *label;
} GuestOptions;

/* clang-format off */
#define GUEST_OPTIONS(o)                                                                           \
	{"append", 0, 0, G_OPTION_ARG_STRING, &(o)->append,                                        \
	 "kernel arguments behind those of the scenario", "ARGS"},                                 \
	{"cpus", 0, 0, G_OPTION_ARG_STRING, &(o)->cpus, "virtual CPUs", "N"},                      \
	{"memory", 0, 0, G_OPTION_ARG_STRING, &(o)->memory,                                        \
	 "boot memory, without the memory devices", "SIZE"},                                       \
	{"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &(o)->sets,                                       \
	 "another value for a key of the scenario; repeat it for several",                         \
	 "SECTION.KEY=VALUE"},                                                                     \
	{"module", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(o)->modules,                               \
	 "kernel module to use in place of the kernel's own; repeat it for several", "FILE.ko"},   \
	{"label", 0, 0, G_OPTION_ARG_STRING, &(o)->label,                                          \
	 "a name for this build or idea, kept in the record", "NAME"}
/* clang-format on */

/* Whether one is given that changes the guest. */
gboolean guest_options_any(const GuestOptions *options);
void guest_options_clear(GuestOptions *options);
/* @scenario (taken, may be NULL: NULL) as the options have it. USAGE errors. (transfer full) */
Scenario *guest_options_scenario(const GuestOptions *options, Scenario *scenario, GError **error);
/* Gives --module to @kernel, which --modules (@modules_dir, may be NULL) excludes. USAGE errors. */
gboolean guest_options_kernel(const GuestOptions *options, Kernel *kernel, const char *modules_dir,
			      GError **error);

#endif
