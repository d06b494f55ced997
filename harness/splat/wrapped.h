/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that a mail client has wrapped: what can be the rest of one, and both as one. */
#ifndef PFNHUNT_SPLAT_WRAPPED_H
#define PFNHUNT_SPLAT_WRAPPED_H

#include "harness/splat/line.h"

/* "RIP:", "..., at:": a function must follow. */
gboolean splat_wrapped_names_next(const SplatLine *line);
/* Can @line be the rest of another one? Without a stamp or a daemon's mark it may be. */
gboolean splat_wrapped_rest(const SplatLine *line);
/*
 * TRUE when a mail client may have broken a line behind @first: it is not too long, and with the
 * first word of @rest it would be.
 */
gboolean splat_wrapped_here(const SplatLine *first, const SplatLine *rest);
/*
 * Makes *@joined of @first, a blank unless it ends in a hyphen, and @rest, with the text in the @max bytes at @text, where
 * @first may be already. FALSE when it is too long.
 */
gboolean splat_wrapped_join(const SplatLine *first, const SplatLine *rest, char *text, gsize max,
			    SplatLine *joined);

#endif
