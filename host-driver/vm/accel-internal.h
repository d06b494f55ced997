/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_accel_resolve() with the machine's files given, so that tests can play other machines. */
#ifndef PFNHUNT_VM_ACCEL_INTERNAL_H
#define PFNHUNT_VM_ACCEL_INTERNAL_H

#include "host-driver/vm/vm.h"

/* Errors and @why as there. */
gboolean vm_accel_resolve_on(const char *cpuinfo_path, const char *kvm_path, const Arch *arch,
			     VmAccel wanted, VmAccel *accel, char **why, GError **error);

#endif
