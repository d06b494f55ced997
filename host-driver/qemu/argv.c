/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See argv.h. */
#include "host-driver/qemu/argv.h"
#include "host-driver/base/error.h"
#include "host-driver/vm/machine.h"
#include "guest-agent/contract/wire.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

static void add(GPtrArray *argv, const char *option, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void add(GPtrArray *argv, const char *option, const char *format, ...)
{
	va_list ap;

	g_ptr_array_add(argv, g_strdup(option));
	if (!format)
		return;
	va_start(ap, format);
	g_ptr_array_add(argv, g_strdup_vprintf(format, ap));
	va_end(ap);
}

/* QEMU ends an option's value at a comma that stands alone. */
static char *escape_commas(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	return g_strjoinv(",,", parts);
}

char *qemu_fd_path(guint fd)
{
	return g_strdup_printf("/proc/self/fd/%u", fd);
}

/*
 * A file without a name. Aligned as the large folios of the file are: one that lies across two page
 * tables cannot be taken away.
 */
static void add_memory_file(GPtrArray *argv, guint node, const char *id, guint64 bytes)
{
	g_autofree char *path = qemu_fd_path(QEMU_FD_RAM + node);

	add(argv, "-object",
	    "memory-backend-file,id=%s,size=%" G_GUINT64_FORMAT ",mem-path=%s,share=on,align=2M",
	    id, bytes, path);
}

/*
 * A socket for each node that has vCPUs: one that spans nodes makes Linux warn at boot. The ACPI
 * tables name a node without vCPUs and memory only when it is the last: there memory may come.
 */
static void add_nodes(GPtrArray *argv, const VmConfig *config)
{
	guint64 bytes = config->memory_bytes / config->nodes;
	guint cpus = config->cpus / config->nodes;

	for (guint i = 0; i < config->nodes; i++) {
		g_autofree char *id = g_strdup_printf("boot-ram%u", i);

		if (config->memory_file)
			add_memory_file(argv, i, id, bytes);
		else
			add(argv, "-object", "memory-backend-ram,id=%s,size=%" G_GUINT64_FORMAT, id,
			    bytes);
		add(argv, "-numa", "node,nodeid=%u,cpus=%u-%u,memdev=%s", i, i * cpus,
		    i * cpus + cpus - 1, id);
	}
	for (guint i = config->nodes; i < vm_node_count(config); i++)
		add(argv, "-numa", "node,nodeid=%u", i);
}

static void add_memory(GPtrArray *argv, const VmConfig *config)
{
	const GPtrArray *devices = config->mem_devices;
	guint64 size_mib = config->memory_bytes / MIB;

	if (devices->len + config->dimm_count)
		add(argv, "-m", "%" G_GUINT64_FORMAT "M,slots=%u,maxmem=%" G_GUINT64_FORMAT "M",
		    size_mib, devices->len + config->dimm_count, vm_max_memory_bytes(config) / MIB);
	else
		add(argv, "-m", "%" G_GUINT64_FORMAT "M", size_mib);
	for (guint i = 0; i < devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(devices, i);
		g_autofree char *node =
			dev->node ? g_strdup_printf(",node=%u", (guint)dev->node) : g_strdup("");

		add(argv, "-object",
		    "memory-backend-ram,id=%s-ram,size=%" G_GUINT64_FORMAT ",reserve=off", dev->id,
		    dev->size_bytes);
		add(argv, "-device",
		    "virtio-mem-pci,id=%s,memdev=%s-ram%s,block-size=%" G_GUINT64_FORMAT
		    ",requested-size=%" G_GUINT64_FORMAT,
		    dev->id, dev->id, node, dev->block_size_bytes, dev->requested_bytes);
	}
}

static void add_channels(GPtrArray *argv, const VmConfig *config)
{
	add(argv, "-chardev", "socket,id=qmp,fd=%d", QEMU_FD_QMP);
	add(argv, "-mon", "chardev=qmp,mode=control");
	add(argv, "-chardev", "socket,id=console,fd=%d", QEMU_FD_CONSOLE);
	add(argv, "-serial", "chardev:console");
	add(argv, "-chardev", "socket,id=agent,fd=%d", QEMU_FD_AGENT);
	add(argv, "-device", "virtio-serial-pci,id=agent-bus");
	add(argv, "-device", "virtserialport,bus=agent-bus.0,chardev=agent,name=%s", WIRE_PORT);
	if (!config->gdb)
		return;
	add(argv, "-chardev", "socket,id=gdb,fd=%d", QEMU_FD_GDB);
	add(argv, "-gdb", "chardev:gdb");
}

static void add_machine(GPtrArray *argv, const VmConfig *config)
{
	const Arch *arch = config->arch;
	gboolean kvm = config->accel == VM_ACCEL_KVM, numa = vm_node_count(config) > 1;

	add(argv, "-machine", "%s%s,dump-guest-core=off%s", arch->machine, arch->machine_options,
	    config->memory_file && !numa ? ",memory-backend=boot-ram" : "");
	add(argv, "-accel", kvm ? "kvm" : "tcg,thread=multi");
	add(argv, "-cpu", "%s", kvm ? arch->cpu_kvm : arch->cpu_tcg);
}

char **vm_qemu_argv(const VmConfig *config, GError **error)
{
	g_autoptr(GPtrArray) argv = NULL;
	const Arch *arch = config->arch;
	g_autofree char *found = g_find_program_in_path(arch->qemu);
	g_autofree char *qboot = NULL, *name = NULL;
	gboolean numa;

	if (!found) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s is not installed: apt-get install %s", arch->qemu,
			    arch->qemu_package);
		return NULL;
	}
	if (!vm_config_check(config, error))
		return NULL;
	if (config->resize_through == VM_RESIZE_LIBVIRT) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "[resize] through = libvirt: this backend is QEMU without libvirt; run "
			    "with --backend libvirt:URI, or set through = qmp");
		return NULL;
	}
	numa = vm_node_count(config) > 1;
	name = escape_commas(config->name ? config->name : "pfnhunt");

	argv = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(argv, g_canonicalize_filename(found, NULL));
	add(argv, "-no-user-config", NULL);
	add(argv, "-nodefaults", NULL);
	add(argv, "-name", "guest=%s", name);
	add(argv, "-display", "none");
	add_machine(argv, config);
	if (config->nodes > 1)
		add(argv, "-smp", "%u,sockets=%u", config->cpus, config->nodes);
	else
		add(argv, "-smp", "%u", config->cpus);
	add_memory(argv, config);
	if (numa)
		add_nodes(argv, config);
	else if (config->memory_file)
		add_memory_file(argv, 0, "boot-ram", config->memory_bytes);
	add_channels(argv, config);
	if (config->balloon)
		add(argv, "-device", "virtio-balloon-pci,id=balloon");
	if (arch->panic_device)
		add(argv, "-device", "%s", arch->panic_device);
	/* The guest's last words and its memory come before QEMU's end: see vm-qemu.c. */
	add(argv, "-action", "panic=none,reboot=shutdown,shutdown=pause");
	add(argv, "-sandbox",
	    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	if (arch->vmlinux && (qboot = vm_find_qboot(config->kernel_path, found)))
		add(argv, "-bios", "%s", qboot);
	add(argv, "-kernel", "%s", config->kernel_path);
	if (config->initrd_path)
		add(argv, "-initrd", "%s", config->initrd_path);
	add(argv, "-append", "%s", config->cmdline ? config->cmdline : "");
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_steal(argv, NULL);
}
