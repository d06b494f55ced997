/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress of `pfnhunt run`: one line per finished boot, and one status line for the rest. */
#ifndef PFNHUNT_CMD_RUN_SCREEN_H
#define PFNHUNT_CMD_RUN_SCREEN_H

#include "harness/hunt/hunt.h"

typedef struct {
	gboolean tty;
	guint64 boots;	     /* planned, 0 = no limit */
	StopRule rule;	     /* as far as boots are over */
	gint64 until_us;     /* when no new boot starts, 0 = no limit */
	GHashTable *running; /* boot index -> RunningBoot */
} Screen;

/* Everything goes to stderr, so that stdout has only the report. */
Screen *screen_new(void);
void screen_free(Screen *screen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Screen, screen_free)

extern const HuntListener screen_listener; /* its user is the Screen */

#endif
