/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual machine as the harness sees it. A backend is one VmOps (host-driver/backend.h has
 * the table); all of them are driven by the thread-default GMainContext, never block, and report
 * through a VmListener. Order of life: create, start, ..., stop, exited(), free.
 */
#ifndef PFNHUNT_VM_H
#define PFNHUNT_VM_H

#include "host-driver/vm/arch.h"

#include <json-glib/json-glib.h>
#include <sys/types.h>

typedef enum { VM_ACCEL_AUTO, VM_ACCEL_KVM, VM_ACCEL_TCG } VmAccel;

typedef struct {
	char *id; /* QOM id, [a-z][a-z0-9]* */
	guint64 size_bytes, block_size_bytes, requested_bytes;
	guint64 node; /* of NUMA; VmConfig.nodes is that of a node without vCPUs and boot memory */
} VmMemDevice;

#define VM_NODES_MAX 8

/* How a resize reaches QEMU; of the default, the backend's own way. */
typedef enum { VM_RESIZE_BACKEND, VM_RESIZE_LIBVIRT, VM_RESIZE_QMP } VmResizeThrough;
/* "backend", "libvirt", "qmp", in the order of the enum, NULL-terminated. */
extern const char *const vm_resize_through_names[];

typedef struct {
	char *name;	  /* for people: hunt id and boot */
	char *uri;	  /* of the host, for a backend that takes one; else NULL */
	const Arch *arch; /* of the kernel; vm_config_new(): this machine's */
	VmAccel accel;	  /* KVM or TCG: vm_backend_settle() has settled AUTO */
	guint cpus;
	guint64 memory_bytes;
	guint nodes; /* NUMA nodes that share vCPUs and boot memory evenly, 1 to VM_NODES_MAX */
	char *kernel_path; /* bzImage, Image, or an ELF vmlinux with a PVH note */
	char *initrd_path;
	char *cmdline;
	GPtrArray *mem_devices; /* of VmMemDevice */
	gboolean balloon;	/* a virtio-balloon device */
	gboolean gdb;		/* a gdb stub, on the socket that the backend's gdb() gives */
	/* Boot memory is a file that QEMU maps, for discard.h: in run_dir, or where libvirt likes. */
	gboolean memory_file;
	VmResizeThrough resize_through;
	guint dimm_count; /* most that dimm_plug() may bring in at once, each of dimm_bytes */
	guint64 dimm_bytes;
	char *run_dir; /* private writable folder of this boot, for what QEMU saves and maps */
} VmConfig;

VmConfig *vm_config_new(void); /* empty: no devices, no texts */
VmConfig *vm_config_copy(const VmConfig *config);
void vm_config_free(VmConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmConfig, vm_config_free)
VmMemDevice *vm_mem_device_new(const char *id, guint64 size_bytes, guint64 block_size_bytes,
			       guint64 requested_bytes); /* of node 0 */
/* All of @devices, of VmMemDevice. (transfer full) */
GPtrArray *vm_mem_devices_copy(GPtrArray *devices);
void vm_mem_device_free(VmMemDevice *dev);

typedef struct Vm Vm;
typedef struct VmOps VmOps;

/* What one memory device is now: asked for by the host, and really plugged. */
typedef struct {
	const char *id;
	guint64 requested_bytes, plugged_bytes;
} VmMemState;

/* Its data may hold a "reason". */
#define VM_EVENT_HOST_LOST "PFNHUNT_HOST_LOST"

typedef struct {
	/*
	 * The machine begins to run. Only of backends with a slow start: with the others it runs
	 * when start() returns. NULL: not told.
	 */
	void (*running)(Vm *vm, gpointer user);
	/* Bytes from the serial console and from the agent's port; hostile. */
	void (*console)(Vm *vm, const char *data, gsize len, gpointer user);
	void (*agent)(Vm *vm, const char *data, gsize len, gpointer user);
	/*
	 * A QMP event (or a backend's equal): GUEST_PANICKED, SHUTDOWN, RESET, ... @data may be
	 * NULL. GUEST_PANICKED comes late, when the console has been quiet for 250 ms (at most
	 * 2 s), with the events behind it: console() has had the panic's text by then. After
	 * SHUTDOWN with reason guest-reset (a triple fault, panic=-1) the machine stands still
	 * for 2 s, so that its memory can be read; then it ends by itself. VM_EVENT_HOST_LOST
	 * is our own: the way to a host of many broke, and exited() follows a stop().
	 */
	void (*event)(Vm *vm, const char *name, JsonObject *data, gpointer user);
	/* Every line of management traffic, '>' sent or '<' received, without newline. */
	void (*transcript)(Vm *vm, char direction, const char *line, gpointer user);
	/*
	 * The machine is gone and reaped; @wait_status as of waitpid(2), @detail the last words
	 * on its stderr (never NULL). Exactly once after a successful start(), nothing follows.
	 */
	void (*exited)(Vm *vm, int wait_status, const char *detail, gpointer user);
} VmListener;

/*
 * Ends of asynchronous calls: @error NULL on success. Called exactly once and from the main
 * loop: never inside the call itself, after 10 s at the latest, before exited() for what was
 * asked before it. Only free() silences them. Like every callback they may free the machine.
 */
typedef void (*VmDone)(Vm *vm, const GError *error, gpointer user);
typedef void (*VmMemoryDone)(Vm *vm, const VmMemState *state, guint count, const GError *error,
			     gpointer user);
typedef void (*VmReadDone)(Vm *vm, GBytes *bytes, const GError *error, gpointer user);
typedef void (*VmThreadsDone)(Vm *vm, const pid_t *tids, guint count, const GError *error,
			      gpointer user);

struct VmOps {
	const char *name, *help;
	const char *uri_help; /* what may stand behind "NAME:"; NULL: nothing may */
	/* vm_backend_settle() and vm_backend_is_local() of this backend; NULL: those of qemu. */
	gboolean (*settle)(const char *uri, const Arch *arch, VmAccel wanted, VmAccel *accel,
			   char **why, GError **error);
	gboolean (*is_local)(const char *uri);
	/* No machine of that host is left: closes what create() and settle() opened. Or NULL. */
	void (*close)(const char *uri);
	/* vm_backend_clean(); NULL: its guests leave nothing behind. */
	gboolean (*clean)(const char *uri, void (*tell)(const char *text, gpointer user),
			  gpointer user, GError **error);
	gboolean slow_start; /* start() only begins; VmListener.running() or exited() follows */
	/*
	 * The command line that start() would run, or that does the same, for the record;
	 * (transfer full), NULL + error.
	 */
	char **(*argv)(const VmConfig *config, GError **error);
	Vm *(*create)(const VmConfig *config, GError **error); /* copies what it needs */
	/* From a thread that outlives the machine: QEMU is killed when that thread ends. */
	gboolean (*start)(Vm *vm, const VmListener *listener, gpointer user, GError **error);
	/* Queue bytes for the agent; never blocks. FALSE when over 1 MiB is unread. */
	gboolean (*send)(Vm *vm, const char *data, gsize len);
	void (*resize)(Vm *vm, const char *device, guint64 requested_bytes, VmDone done,
		       gpointer user);
	/* Asks the balloon to leave the guest this much memory of all that it has. */
	void (*balloon)(Vm *vm, guint64 memory_bytes, VmDone done, gpointer user);
	/*
	 * Brings a DIMM in; @id is unique in the life of the machine. Takes it away: done() when
	 * the guest has been asked, event DEVICE_DELETED with its id as "device" when it is gone,
	 * MEM_UNPLUG_ERROR when the guest keeps it. NULL, both: the backend cannot.
	 */
	void (*dimm_plug)(Vm *vm, const char *id, guint64 bytes, VmDone done, gpointer user);
	void (*dimm_unplug)(Vm *vm, const char *id, VmDone done, gpointer user);
	void (*query_memory)(Vm *vm, VmMemoryDone done, gpointer user);
	/* Guest-physical memory, running or stopped; len at most 1 MiB. */
	void (*read_memory)(Vm *vm, guint64 gpa, guint32 len, VmReadDone done, gpointer user);
	/*
	 * Makes a guest that hangs say where: by an NMI, or where an architecture takes none by the
	 * registers of its CPUs, in the traffic, and by SysRq on the serial line.
	 */
	void (*nmi)(Vm *vm, VmDone done, gpointer user);
	/* This machine's threads that run the vCPUs, in their order. NULL: none are here. */
	void (*query_threads)(Vm *vm, VmThreadsDone done, gpointer user);
	/*
	 * Our end of the socket of the gdb stub (gdbstub.h), once: the caller's to close. -1 when the
	 * machine has none. NULL: the backend cannot.
	 */
	int (*gdb)(Vm *vm);
	/* Holds all vCPUs, or lets them go on. NULL: the backend cannot. */
	void (*pause)(Vm *vm, gboolean hold, VmDone done, gpointer user);
	/* Ask it to end, kill it 2 s later. exited() follows. Safe to call twice. */
	void (*stop)(Vm *vm);
	void (*free)(Vm *vm); /* kills and reaps when still running; no callback any more */
};

struct Vm {
	const VmOps *ops;
};

const char *vm_accel_name(VmAccel accel);
/*
 * What `auto` means on this machine for guests of @arch. KVM only when that is its own, when
 * /proc/cpuinfo shows what the architecture needs (vmx or svm) and /dev/kvm opens and creates a VM;
 * else TCG. @why (transfer full) says in one clause why not KVM, NULL
 * when KVM. An explicit KVM that cannot work is an error (USAGE) with the fix in it.
 */
gboolean vm_accel_resolve(const Arch *arch, VmAccel wanted, VmAccel *accel, char **why,
			  GError **error);

/*
 * Whether this machine is itself emulated by QEMU's TCG: a KVM on it runs guests whose code is
 * translated all the same, with what TCG gets wrong.
 */
gboolean vm_host_is_emulated(void);

/*
 * Frequency of this machine's TSC in kHz, for the guest's tsc_early_khz (under TCG the guest's
 * TSC is the host's): a guest that measures it itself is now and then far off under load.
 * Measured against the clock, as /proc/cpuinfo shows the core's own clock. Takes 10 ms the
 * first time. 0: not x86-64, or the TSC is not constant.
 */
guint64 vm_host_tsc_khz(void);

#endif
