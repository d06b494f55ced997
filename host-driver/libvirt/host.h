/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host that libvirt reaches can do for our guests. */
#ifndef PFNHUNT_VM_LIBVIRT_HOST_H
#define PFNHUNT_VM_LIBVIRT_HOST_H

#include "host-driver/vm/vm.h"

/* vm_backend_settle() and vm_backend_is_local() of this backend. */
gboolean lv_host_settle(const char *uri, const Arch *arch, VmAccel wanted, VmAccel *accel,
			char **why, GError **error);
gboolean lv_host_is_local(const char *uri);

#endif
