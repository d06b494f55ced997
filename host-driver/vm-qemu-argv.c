/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See vm-qemu-argv.h. Everything is checked before QEMU sees it, as QEMU says no in words
 * that mean nothing to who wrote a scenario.
 */
#include "host-driver/vm-qemu-argv.h"
#include "host-driver/error.h"
#include "guest-agent/wire.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define QEMU_BINARY  "qemu-system-x86_64"
#define QEMU_PACKAGE "qemu-system-x86"

#define MIB		(G_GUINT64_CONSTANT(1) << 20)
#define GIB		(G_GUINT64_CONSTANT(1) << 30)
#define CMDLINE_MAX	2047 /* COMMAND_LINE_SIZE of x86 less the NUL; the rest would be cut */
#define CPUS_MAX	255
#define BLOCK_MIN_BYTES (1 * MIB) /* of virtio-mem in QEMU */

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, text);
	return FALSE;
}

static gboolean is_id(const char *id)
{
	if (!id || !g_ascii_islower(*id))
		return FALSE;
	while (g_ascii_islower(*id) || g_ascii_isdigit(*id))
		id++;
	return *id == '\0';
}

static gboolean check_device(const VmConfig *config, guint index, GError **error)
{
	const VmMemDevice *dev = g_ptr_array_index(config->mem_devices, index);
	guint64 block = dev->block_size_bytes;

	if (!is_id(dev->id))
		return fail(error, "memory device \"%s\": the id must be [a-z][a-z0-9]*",
			    dev->id ? dev->id : "");
	for (guint i = 0; i < index; i++) {
		const VmMemDevice *other = g_ptr_array_index(config->mem_devices, i);

		if (g_str_equal(other->id, dev->id))
			return fail(error, "memory device %s is there twice", dev->id);
	}
	if (block < BLOCK_MIN_BYTES || (block & (block - 1)))
		return fail(error, "memory device %s: block size must be a power of two >= 1M",
			    dev->id);
	if (dev->size_bytes == 0 || dev->size_bytes % block || dev->size_bytes > (GIB << 12))
		return fail(error,
			    "memory device %s: size must be a multiple of the block size, "
			    "at most 4096G",
			    dev->id);
	if (dev->requested_bytes % block || dev->requested_bytes > dev->size_bytes)
		return fail(error,
			    "memory device %s: requested size must be a multiple of the block "
			    "size and at most the size",
			    dev->id);
	return TRUE;
}

static gboolean check(const VmConfig *config, GError **error)
{
	if (config->accel == VM_ACCEL_AUTO)
		return fail(error, "accelerator: auto must be settled first");
	if (config->cpus < 1 || config->cpus > CPUS_MAX)
		return fail(error, "cpus must be 1 to %d", CPUS_MAX);
	if (config->memory_bytes < 64 * MIB || config->memory_bytes % MIB ||
	    config->memory_bytes > (GIB << 12))
		return fail(error, "memory must be whole MiB, 64M to 4096G");
	if (!config->kernel_path || access(config->kernel_path, R_OK) != 0)
		return fail(error, "kernel %s cannot be read",
			    config->kernel_path ? config->kernel_path : "(none)");
	if (config->initrd_path && access(config->initrd_path, R_OK) != 0)
		return fail(error, "initramfs %s cannot be read", config->initrd_path);
	if (config->cmdline && strlen(config->cmdline) > CMDLINE_MAX)
		return fail(error, "the kernel's command line has over %d bytes", CMDLINE_MAX);
	for (guint i = 0; i < config->mem_devices->len; i++) {
		if (!check_device(config, i, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_elf(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean elf = fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
		       memcmp(magic, "\177ELF", sizeof(magic)) == 0;

	if (fd >= 0)
		close(fd);
	return elf;
}

/*
 * qboot, which starts an ELF kernel about 0.1 s sooner than SeaBIOS, when this QEMU has it.
 * (transfer full)
 */
static char *find_qboot(const char *qemu)
{
	g_autofree char *bindir = g_path_get_dirname(qemu);
	g_autofree char *prefix = g_path_get_dirname(bindir);
	const char *const roots[] = {prefix, "/usr", "/usr/local"};

	for (gsize i = 0; i < G_N_ELEMENTS(roots); i++) {
		char *path = g_build_filename(roots[i], "share", "qemu", "qboot.rom", NULL);

		if (access(path, R_OK) == 0)
			return path;
		g_free(path);
	}
	return NULL;
}

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

static void add_memory(GPtrArray *argv, const VmConfig *config)
{
	const GPtrArray *devices = config->mem_devices;
	guint64 size_mib = config->memory_bytes / MIB, max_mib = size_mib;

	/* Each device starts at its own alignment: a GiB more for each is always enough. */
	for (guint i = 0; i < devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(devices, i);

		max_mib += (dev->size_bytes + GIB - 1) / GIB * (GIB / MIB) + GIB / MIB;
	}
	if (devices->len)
		add(argv, "-m", "%" G_GUINT64_FORMAT "M,slots=%u,maxmem=%" G_GUINT64_FORMAT "M",
		    size_mib, devices->len, max_mib);
	else
		add(argv, "-m", "%" G_GUINT64_FORMAT "M", size_mib);
	for (guint i = 0; i < devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(devices, i);

		add(argv, "-object",
		    "memory-backend-ram,id=%s-ram,size=%" G_GUINT64_FORMAT ",reserve=off", dev->id,
		    dev->size_bytes);
		add(argv, "-device",
		    "virtio-mem-pci,id=%s,memdev=%s-ram,block-size=%" G_GUINT64_FORMAT
		    ",requested-size=%" G_GUINT64_FORMAT,
		    dev->id, dev->id, dev->block_size_bytes, dev->requested_bytes);
	}
}

static void add_channels(GPtrArray *argv)
{
	add(argv, "-chardev", "socket,id=qmp,fd=%d", QEMU_FD_QMP);
	add(argv, "-mon", "chardev=qmp,mode=control");
	add(argv, "-chardev", "socket,id=console,fd=%d", QEMU_FD_CONSOLE);
	add(argv, "-serial", "chardev:console");
	add(argv, "-chardev", "socket,id=agent,fd=%d", QEMU_FD_AGENT);
	add(argv, "-device", "virtio-serial-pci,id=agent-bus");
	add(argv, "-device", "virtserialport,bus=agent-bus.0,chardev=agent,name=%s", WIRE_PORT);
}

char **vm_qemu_argv(const VmConfig *config, GError **error)
{
	g_autoptr(GPtrArray) argv = NULL;
	g_autofree char *found = g_find_program_in_path(QEMU_BINARY);
	g_autofree char *qboot = NULL, *name = NULL;
	g_auto(GStrv) parts = NULL;

	if (!found) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    QEMU_BINARY " is not installed: apt-get install " QEMU_PACKAGE);
		return NULL;
	}
	if (!check(config, error))
		return NULL;
	parts = g_strsplit(config->name ? config->name : "pfnhunt", ",", -1);
	name = g_strjoinv(",,", parts);

	argv = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(argv, g_canonicalize_filename(found, NULL));
	add(argv, "-no-user-config", NULL);
	add(argv, "-nodefaults", NULL);
	add(argv, "-name", "guest=%s", name);
	add(argv, "-display", "none");
	add(argv, "-machine", "q35,dump-guest-core=off");
	add(argv, "-accel", config->accel == VM_ACCEL_KVM ? "kvm" : "tcg,thread=multi");
	add(argv, "-cpu", "max");
	add(argv, "-smp", "%u", config->cpus);
	add_memory(argv, config);
	add_channels(argv);
	if (config->balloon)
		add(argv, "-device", "virtio-balloon-pci,id=balloon");
	/* By PCI: the ISA device needs ACPI methods and another module in the guest. */
	add(argv, "-device", "pvpanic-pci");
	/* The guest's last words and its memory come before QEMU's end: see vm-qemu.c. */
	add(argv, "-action", "panic=none,reboot=shutdown,shutdown=pause");
	add(argv, "-sandbox",
	    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	if (is_elf(config->kernel_path) && (qboot = find_qboot(found)))
		add(argv, "-bios", "%s", qboot);
	add(argv, "-kernel", "%s", config->kernel_path);
	if (config->initrd_path)
		add(argv, "-initrd", "%s", config->initrd_path);
	add(argv, "-append", "%s", config->cmdline ? config->cmdline : "");
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_steal(argv, NULL);
}
