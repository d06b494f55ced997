/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The backend that runs QEMU as a domain of libvirt. */
#ifndef PFNHUNT_VM_LIBVIRT_OPS_H
#define PFNHUNT_VM_LIBVIRT_OPS_H

#include "host-driver/vm/vm.h"

extern const VmOps vm_libvirt_ops;

#endif
