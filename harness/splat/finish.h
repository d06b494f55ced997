/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of an open splat. Above open.h and name.h, so that neither needs the other. */
#ifndef PFNHUNT_SPLAT_FINISH_H
#define PFNHUNT_SPLAT_FINISH_H

#include "harness/splat/open.h"

/* Title, function, signature, page, frames: makes the splat whole. Frees @open; owned by caller. */
Splat *splat_open_finish(SplatOpen *open);

#endif
