/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a line is when several splats of one caller are open. */
#ifndef PFNHUNT_SPLAT_OWNER_H
#define PFNHUNT_SPLAT_OWNER_H

#include "harness/splat/call-edges.h"

/* The one of the @n splats in @open, oldest first, that @line belongs to; never NULL. @n > 0. */
SplatOpen *splat_owner(const SplatEdges *edges, SplatOpen *const *open, guint n,
		       const SplatLine *line, const SplatShape *shape);

#endif
