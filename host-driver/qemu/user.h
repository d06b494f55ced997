/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom QEMU runs as. A guest that breaks out of QEMU has the rights of that process: of an ordinary
 * user's hunt those are the user's, of root's they are nobody's.
 */
#ifndef PFNHUNT_VM_QEMU_USER_H
#define PFNHUNT_VM_QEMU_USER_H

#include "host-driver/vm/vm.h"

typedef struct {
	gboolean change; /* else QEMU is what we are */
	uid_t uid;
	gid_t gid;
	gid_t kvm_gid; /* the one group more, or gid */
} QemuUser;

/* Who may name another user for root's QEMU, "root" too: no change then. */
#define QEMU_USER_ENV "PFNHUNT_QEMU_USER"

/*
 * For root it is the user of $PFNHUNT_QEMU_USER, else _pfnhunt, else nobody; with the group of
 * /dev/kvm where @accel needs that. INFRA error of one line when there is none, or when /dev/kvm
 * would be closed to it. Root of a user namespace that has no other users stays what it is.
 */
gboolean qemu_user_find(VmAccel accel, QemuUser *user, GError **error);
/* Whether that user may read a file whose name does not matter. */
gboolean qemu_user_may_read(const QemuUser *user, int fd);
/* Becomes it, for good. Of a child between fork and exec; FALSE + errno. */
gboolean qemu_user_become(const QemuUser *user);

#endif
