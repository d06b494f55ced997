/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of kind.h. */
#include <stddef.h>

#include "harness/splat/kind.h"

static const char *const names[] = {[KIND_NONE] = NULL,
#define X(id, name) [KIND_##id] = name,
				    SPLAT_KINDS(X)
#undef X
};

const char *splat_kind_name(SplatKind kind)
{
	return names[kind];
}
