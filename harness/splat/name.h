/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a splat is called: the title for people, the signature for everything else. */
#ifndef PFNHUNT_SPLAT_NAME_H
#define PFNHUNT_SPLAT_NAME_H

#include "harness/splat/open.h"

/* Function, title and corrupted of the open splat's splat; title.c. */
void splat_title(SplatOpen *open);

/* The stable name, to be freed; signature.c says what is in it. The splat must have its title. */
char *splat_signature(const SplatOpen *open);

#endif
