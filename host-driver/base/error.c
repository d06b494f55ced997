/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The quark behind error.h. */
#include "host-driver/base/error.h"

GQuark pfnhunt_error_quark(void)
{
	return g_quark_from_static_string("pfnhunt-error-quark");
}
