/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QEMU backend in two files: vm-qemu.c is the machine's life, vm-qemu-calls.c its calls. */
#ifndef PFNHUNT_VM_QEMU_INTERNAL_H
#define PFNHUNT_VM_QEMU_INTERNAL_H

#include "host-driver/qemu/qmp.h"
#include "host-driver/base/stream.h"
#include "host-driver/vm/vm.h"
#include "host-driver/vm/panic-hold.h"
#include "host-driver/qemu/spawn.h"

typedef struct {
	Vm vm;
	const Arch *arch;
	char **argv;
	QemuUser who; /* it runs as */
	QemuFiles files;
	GPtrArray *devices; /* of VmMemDevice */
	VmListener listener;
	gpointer user;
	GMainContext *context;
	QemuChild child; /* pidfd -1: never started, or reaped */
	QmpClient *qmp;
	Stream *console, *agent, *output; /* NULL after their end */
	GString *tail;			  /* of what QEMU printed */
	GSource *exit_source, *kill_timer, *drain_timer;
	GList *failing; /* of QemuCall: those whose error is on its way */
	GSource *end_timer;
	VmHold *hold;
	int wait_status;
	guint reads; /* files made for read_memory so far: their names */
	int gdb_fd;  /* our end of the gdb stub, or -1 */
	gboolean gdb_wanted;
	gboolean qmp_open, reaped, stopping, freeing;
	gboolean *freed; /* set when freed inside certain callbacks */
} VmQemu;

void qemu_resize(Vm *vm, const char *device, guint64 requested_bytes, VmDone done, gpointer user);
void qemu_balloon(Vm *vm, guint64 memory_bytes, VmDone done, gpointer user);
void qemu_dimm_plug(Vm *vm, const char *id, guint64 bytes, VmDone done, gpointer user);
void qemu_dimm_unplug(Vm *vm, const char *id, VmDone done, gpointer user);
/* A device is gone: if it was a DIMM, its memory goes too. */
void qemu_dimm_gone(VmQemu *q, JsonObject *data);
void qemu_query_memory(Vm *vm, VmMemoryDone done, gpointer user);
void qemu_read_memory(Vm *vm, guint64 gpa, guint32 len, VmReadDone done, gpointer user);
void qemu_nmi(Vm *vm, VmDone done, gpointer user);
void qemu_query_threads(Vm *vm, VmThreadsDone done, gpointer user);
void qemu_pause(Vm *vm, gboolean hold, VmDone done, gpointer user);
/* Forgets the calls whose error is still on its way. */
void qemu_calls_drop(VmQemu *q);

#endif
