/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hang as one of the incidents of a boot, with a signature that says where: so it is counted,
 * compared and acknowledged as a splat is.
 */
#include "harness/boot/internal.h"
#include "host-driver/base/json.h"

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

JsonObject *boot_hang_json(const Boot *boot, const char *reason, const KnownIssue *known)
{
	JsonObject *o = json_object_new(), *cause = json_object_new();
	const char *signature = boot_hang_signature(boot);

	rj_set_text(cause, "title", reason);
	json_object_set_string_member(cause, "kind", FAMILY);
	json_object_set_string_member(cause, "signature", signature);
	json_object_set_boolean_member(cause, "corrupted", FALSE);
	json_object_set_int_member(cause, "line", 0);
	json_object_set_int_member(cause, "t_us", -1);
	json_object_set_string_member(o, "family", FAMILY);
	rj_set_text(o, "title", reason);
	json_object_set_string_member(o, "signature", signature);
	json_object_set_int_member(o, "hits", 1);
	/* Before the hunt it is none of its finds. */
	json_object_set_boolean_member(o, "evidence", boot_is_hunting(boot));
	if (known)
		rj_set_text(o, "known", known->note);
	json_object_set_object_member(o, "cause", cause);
	json_object_set_array_member(o, "consequences", json_array_new());
	return o;
}
