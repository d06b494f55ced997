/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The quark behind error.h. */
#include "host-driver/error.h"

G_DEFINE_QUARK(pfnhunt-error-quark, pfnhunt_error)
