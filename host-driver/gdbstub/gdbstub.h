/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of QEMU's gdb stub (the GDB remote serial protocol) on a connected socket: halts a guest,
 * lets single vCPUs go on or step, sets breakpoints and watchpoints, reads registers and memory of
 * an x86-64 guest. Calls block, each with a deadline, so it lives in a thread of its own. What the
 * other side sends is hostile: it is bounded, checked, and an error once it is none of the protocol.
 */
#ifndef PFNHUNT_GDBSTUB_H
#define PFNHUNT_GDBSTUB_H

#include <glib.h>

#define GDBSTUB_CPUS_MAX  64
#define GDBSTUB_READ_MAX  1024	/* bytes of one read of memory */
#define GDBSTUB_ANSWER_MS 10000 /* how long the stub may take for an answer */

typedef struct Gdbstub Gdbstub;

/* Of a vCPU, in the order of the protocol's "g" packet. */
typedef enum {
	GDBSTUB_RAX,
	GDBSTUB_RBX,
	GDBSTUB_RCX,
	GDBSTUB_RDX,
	GDBSTUB_RSI,
	GDBSTUB_RDI,
	GDBSTUB_RBP,
	GDBSTUB_RSP,
	GDBSTUB_R8,
	GDBSTUB_R9,
	GDBSTUB_RIP = 16,
	GDBSTUB_REGS,
} GdbstubReg;

typedef struct {
	guint64 reg[GDBSTUB_REGS];
	guint32 eflags;
} GdbstubRegs;

typedef enum {
	GDBSTUB_HARDWARE = 1,
	GDBSTUB_ACCESS = 4, /* of data, read or written */
} GdbstubPoint;

typedef enum {
	GDBSTUB_STOPPED, /* all vCPUs stand still */
	GDBSTUB_RUNS,	 /* it did not stop in time */
	GDBSTUB_BROKEN,	 /* the connection, or what came over it; or it was cut */
} GdbstubState;

/*
 * Takes @fd, a socket. Sends nothing before gdbstub_attach(): the first byte halts the guest.
 * Never NULL.
 */
Gdbstub *gdbstub_new(int fd);
void gdbstub_free(Gdbstub *stub); /* may be NULL */
/* From any thread: what waits, and every later call, fails at once. */
void gdbstub_cut(Gdbstub *stub);

/* All calls below: FALSE + INFRA error when the stub refuses, does not answer in time, or is cut. */

/* Halts the guest and learns its vCPUs. */
gboolean gdbstub_attach(Gdbstub *stub, GError **error);
guint gdbstub_cpus(const Gdbstub *stub);
/* Halts it again; no error when it stands still already. */
gboolean gdbstub_halt(Gdbstub *stub, GError **error);
/* Lets the vCPUs of the bit mask @cpus run, the others not. The guest is halted. */
gboolean gdbstub_run(Gdbstub *stub, guint64 cpus, GError **error);
/* Waits until a running guest stops, and why: @cpu is the vCPU that did it, or -1. */
GdbstubState gdbstub_wait(Gdbstub *stub, gint64 until_us, gint *cpu, GError **error);
/* One instruction of that vCPU, interrupts masked, while the others stand. */
gboolean gdbstub_step(Gdbstub *stub, guint cpu, GError **error);
gboolean gdbstub_set(Gdbstub *stub, GdbstubPoint point, guint64 addr, guint len, GError **error);
gboolean gdbstub_clear(Gdbstub *stub, GdbstubPoint point, guint64 addr, guint len, GError **error);
gboolean gdbstub_regs(Gdbstub *stub, guint cpu, GdbstubRegs *regs, GError **error);
gboolean gdbstub_set_rip(Gdbstub *stub, guint cpu, guint64 rip, GError **error);
/* Virtual addresses, through the page tables of @cpu. @len at most GDBSTUB_READ_MAX. */
gboolean gdbstub_read(Gdbstub *stub, guint cpu, guint64 addr, gpointer to, guint len,
		      GError **error);
gboolean gdbstub_write(Gdbstub *stub, guint cpu, guint64 addr, gconstpointer from, guint len,
		       GError **error);

#endif
