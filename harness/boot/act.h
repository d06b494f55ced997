/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The acts of the host (host-act.h) while a boot runs: what each kind does. See act.c. */
#ifndef PFNHUNT_BOOT_ACT_H
#define PFNHUNT_BOOT_ACT_H

#include "harness/boot/internal.h"

typedef struct BootAct BootAct;

typedef struct {
	/* Makes act->own; may be NULL. */
	void (*init)(BootAct *act);
	/* Does act->step; sets act->failed when that cannot be done in this boot. */
	void (*begin)(BootAct *act);
	/* Ends what begin() began, if it did; NULL: a step has no end. */
	void (*end)(BootAct *act);
	/* What verdict.json says of it under "pressure"; NULL: nothing. */
	RPressure *(*tell)(const BootAct *act); /* (transfer full) */
	/* Frees act->own; may be NULL. */
	void (*clear)(BootAct *act);
	gboolean early; /* it begins before the ops do, and they never run without it */
	/* Whether some of the guest stands still for it; NULL: never. */
	gboolean (*holds)(const BootAct *act);
	/* Moves what it has done, of RRound, to the end of that list; NULL: nothing of the kind. */
	void (*take_rounds)(BootAct *act, GPtrArray *to);
} BootActKind;

struct BootAct {
	Boot *boot;
	HostAct *plan; /* borrowed of the boot's plan */
	const BootActKind *kind;
	HostStep step; /* that comes, or that is */
	guint begin_id, end_id;
	guint64 steps; /* that were begun */
	char *failed;  /* why it is skipped, or NULL */
	gboolean told;
	gpointer own; /* of its kind */
};

extern const BootActKind boot_act_resize, boot_act_balloon; /* resize.c */
extern const BootActKind boot_act_dimm;			    /* dimm.c */
extern const BootActKind boot_act_vcpu_stop, boot_act_pause, boot_act_hog,
	boot_act_discard;			/* pressure.c */
extern const BootActKind boot_act_choreography; /* choreography.c */

#endif
