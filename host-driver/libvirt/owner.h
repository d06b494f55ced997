/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a domain or an uploaded file on a libvirt host belongs to, so that what a killed hunt
 * left behind can be told from what a living one uses, and from what was never ours.
 */
#ifndef PFNHUNT_VM_LIBVIRT_OWNER_H
#define PFNHUNT_VM_LIBVIRT_OWNER_H

#include <glib.h>

typedef enum {
	LV_OWNER_ALIVE,
	LV_OWNER_DEAD,
	LV_OWNER_ELSEWHERE, /* on another machine, or not seen from here: only it can know */
} LvOwnerState;

/* This process: "HOST/MACHINE/BOOT/NAMESPACE/PID/START", of [A-Za-z0-9./-] alone. (transfer full) */
char *lv_owner_self(void);
/* What has become of @owner (of lv_owner_self(), hostile). */
LvOwnerState lv_owner_state(const char *owner);
/* Its machine and process, for people: "process 12 on web1". (transfer full) */
char *lv_owner_name(const char *owner);

#endif
