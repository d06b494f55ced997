/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See user.h. */
#include "host-driver/qemu/user.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KVM "/dev/kvm"

#define NAMES_MAX_BYTES 16384

/* Whether there is such a user in our user namespace. */
static gboolean is_mapped(uid_t uid)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/proc/self/uid_map", &text, NULL, NULL))
		return TRUE;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		guint from, count;

		if (sscanf(lines[i], "%u %*u %u", &from, &count) == 2 && uid >= from &&
		    uid - from < count)
			return TRUE;
	}
	return FALSE;
}

static gboolean look_up(const char *name, QemuUser *user)
{
	g_autofree char *buf = g_malloc(NAMES_MAX_BYTES);
	struct passwd entry, *found = NULL;

	if (getpwnam_r(name, &entry, buf, NAMES_MAX_BYTES, &found) != 0 || !found)
		return FALSE;
	user->uid = entry.pw_uid;
	user->gid = user->kvm_gid = entry.pw_gid;
	return TRUE;
}

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "as root, QEMU runs as another user: %s; " QEMU_USER_ENV
		    "=NAME names one (root: no change)",
		    what);
	return FALSE;
}

/* What the group may open, QEMU is given; what is for root alone stays closed. */
static gboolean reach_kvm(QemuUser *user, GError **error)
{
	struct stat kvm;

	if (stat(KVM, &kvm) != 0 || (kvm.st_mode & 06) == 06)
		return TRUE;
	if (kvm.st_gid == 0 || (kvm.st_mode & 060) != 060)
		return fail(error, KVM " is for root alone: chgrp kvm and chmod 660 it");
	user->kvm_gid = kvm.st_gid;
	return TRUE;
}

gboolean qemu_user_find(VmAccel accel, QemuUser *user, GError **error)
{
	const char *named = g_getenv(QEMU_USER_ENV);

	*user = (QemuUser){.change = FALSE};
	if (geteuid() != 0)
		return TRUE;
	if (named && *named) {
		g_autofree char *why = g_strdup_printf("there is no user %s", named);

		if (!look_up(named, user))
			return fail(error, why);
	} else if (!look_up("_pfnhunt", user) && !look_up("nobody", user)) {
		return fail(error, "there is neither a user _pfnhunt nor nobody");
	}
	user->change = user->uid != 0 && is_mapped(user->uid);
	return !user->change || accel != VM_ACCEL_KVM || reach_kvm(user, error);
}

gboolean qemu_user_may_read(const QemuUser *user, int fd)
{
	struct stat st;

	if (!user->change)
		return TRUE;
	if (fstat(fd, &st) != 0)
		return FALSE;
	if (st.st_uid == user->uid)
		return (st.st_mode & 0400) != 0;
	if (st.st_gid == user->gid || st.st_gid == user->kvm_gid)
		return (st.st_mode & 040) != 0;
	return (st.st_mode & 04) != 0;
}

gboolean qemu_user_become(const QemuUser *user)
{
	if (!user->change)
		return TRUE;
	/* Not those of libc, which speak to threads that a child has not. */
	return syscall(SYS_setgroups, 1, &user->kvm_gid) == 0 &&
	       syscall(SYS_setresgid, user->gid, user->gid, user->gid) == 0 &&
	       syscall(SYS_setresuid, user->uid, user->uid, user->uid) == 0;
}
