/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hang as one of the incidents of a boot, with a signature that says where: so it is counted,
 * compared and acknowledged as a splat is.
 */
#include "harness/boot/internal.h"
#include "host-driver/base/text.h"

#define FAMILY "hang"

const char *boot_hang_signature(const Boot *boot)
{
	static const char *const quiet[] = {[BOOT_POWER_ON] = "hang:boot",
					    [BOOT_PLUG] = "hang:plug",
					    [BOOT_RUN] = "hang:run",
					    [BOOT_STOPPING] = "hang:stop"};

	if (boot->agent.endless)
		return boot->agent.endless_signature;
	return boot->life.quiet ? quiet[boot->life.quiet_in] : NULL;
}

RIncident *boot_hang_incident(const Boot *boot, const char *reason, double run_s,
			      const KnownIssue *known)
{
	RIncident *hang = g_new0(RIncident, 1);
	RSplat *cause = g_new0(RSplat, 1);

	cause->title = text_clean_copy(reason);
	cause->kind = g_strdup(FAMILY);
	cause->signature = text_clean_copy(boot_hang_signature(boot));
	cause->t_us = -1;
	hang->family = FAMILY;
	hang->title = text_clean_copy(reason);
	hang->signature = text_clean_copy(boot_hang_signature(boot));
	hang->hits = 1;
	hang->after_go_s = run_s;
	/* Before the hunt it is none of its finds. */
	hang->evidence = boot_is_hunting(boot);
	hang->known = known ? text_clean_copy(known->note) : NULL;
	hang->splats = g_ptr_array_new();
	g_ptr_array_add(hang->splats, cause);
	return hang;
}
