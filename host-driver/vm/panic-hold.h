/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holds a panic back until the console is quiet. QEMU knows of it before the guest has flushed
 * its console (after an NMI it has then printed nothing at all), so the machine runs on, and
 * the event waits, with those behind it.
 */
#ifndef PFNHUNT_VM_HOLD_H
#define PFNHUNT_VM_HOLD_H

#include <json-glib/json-glib.h>

typedef struct VmHold VmHold;

/* Tells an event: at once, or when the hold ends. May free the hold. */
typedef void (*VmHoldTell)(const char *name, JsonObject *data, gpointer user);

/* On the thread-default GMainContext. Never NULL. */
VmHold *vm_hold_new(VmHoldTell tell, gpointer user);
/* An event of the machine; told in here unless a GUEST_PANICKED is held, or is this one. */
void vm_hold_event(VmHold *hold, const char *name, JsonObject *data);
/* The console has just said something. */
void vm_hold_console(VmHold *hold);
/* Tells what is held, now. FALSE when the hold was freed meanwhile. */
gboolean vm_hold_flush(VmHold *hold);
void vm_hold_free(VmHold *hold); /* may be NULL; tells nothing */

#endif
