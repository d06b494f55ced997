/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The backend that runs QEMU as a child of this process. */
#ifndef PFNHUNT_VM_QEMU_OPS_H
#define PFNHUNT_VM_QEMU_OPS_H

#include "host-driver/vm/vm.h"

extern const VmOps vm_qemu_ops;

#endif
