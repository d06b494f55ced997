/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one error domain of the host side. The code says whose fault it is, and with that the
 * exit code: the user's input (2), or the machine around us (3).
 */
#ifndef PFNHUNT_ERROR_H
#define PFNHUNT_ERROR_H

#include <glib.h>

typedef enum {
	PFNHUNT_ERROR_USAGE, /* bad option, scenario or kernel: exit 2 */
	PFNHUNT_ERROR_INFRA, /* QEMU, disk, network, apt: exit 3 */
} PfnhuntError;

#define PFNHUNT_ERROR (pfnhunt_error_quark())
GQuark pfnhunt_error_quark(void);

#endif
