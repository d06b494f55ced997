/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event sources that their owner keeps, so that it can take them back: GLib's own calls return
 * numbers, which may stand for another source by then.
 */
#ifndef PFNHUNT_SOURCE_H
#define PFNHUNT_SOURCE_H

#include <glib.h>

/* Ends the source, which may be NULL, and forgets it. */
static inline void source_clear(GSource **source)
{
	if (!*source)
		return;
	g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

/* Calls @func in @context every @ms until it says otherwise or source_clear(). (transfer full) */
static inline GSource *timer_start(GMainContext *context, guint ms, GSourceFunc func, gpointer user)
{
	GSource *source = g_timeout_source_new(ms);

	g_source_set_callback(source, func, user, NULL);
	g_source_attach(source, context);
	return source;
}

#endif
