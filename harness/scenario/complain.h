/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a scenario, and in which line of it. */
#ifndef PFNHUNT_SCENARIO_COMPLAIN_H
#define PFNHUNT_SCENARIO_COMPLAIN_H

#include <glib.h>

/* A scenario while it is read; all borrowed. */
typedef struct {
	const char *path, *text;
	GKeyFile *ini;
} ScenarioSource;

/*
 * Sets a USAGE error "FILE:LINE: [group] key: what is wrong"; @key may be NULL. Always FALSE, so
 * that it can be returned.
 */
gboolean scenario_complain(const ScenarioSource *src, const char *group, const char *key,
			   GError **error, const char *format, ...) G_GNUC_PRINTF(5, 6);

#endif
