/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See arch.h. */
#include "host-driver/vm/arch.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const x86_kvm_flags[] = {"vmx", "svm", NULL};

/*
 * The command lines: faster boots and a readable console, nothing that changes what is tested
 * (that stands in the scenario's cmdline).
 *
 * x86: unknown_nmi_panic makes our own NMI to a hung guest print where it hangs; CPU 0 alone takes
 * it, so panic_print=64 (PANIC_PRINT_ALL_CPU_BT, since 5.18) asks the others. 7.3 compares the
 * CPUs' clocks in a timer: it waits for a CPU that has its interrupts off for stop_machine(), which
 * switches the clock and waits for this one. Emulated boots hang there now and then, and an
 * emulator's clock needs no watchdog.
 *
 * arm64: Debian's kernels take no NMI (ARM64_PSEUDO_NMI) and have no pvpanic. 64 MiB of CMA would
 * be a quarter of a small guest. Pointer authentication costs an emulator much unless it may use a
 * hash of its own. The GIC of version 2 ends at 8 CPUs.
 */
const Arch arch_x86 = {
	.name = "x86_64",
	.title = "x86-64",
	.debian = "amd64",
	.multiarch = "x86_64-linux-gnu",
	.elf_machine = EM_X86_64,
	.image_kind = ARCH_IMAGE_BZIMAGE,
	.image = "bzImage",
	.image_magic = "HdrS",
	.image_magic_at = 0x202,
	.vmlinux = TRUE,
	.arch_dir = "x86",
	.qemu = "qemu-system-x86_64",
	.qemu_package = "qemu-system-x86",
	.machine = "q35",
	.machine_options = "",
	.libvirt_features = "    <acpi/>\n    <apic/>\n",
	.cpu_tcg = "max",
	.cpu_kvm = "max",
	.cmdline = "console=ttyS0 panic=-1 unknown_nmi_panic=1 cryptomgr.notests no_timer_check "
		   "8250.nr_uarts=1 panic_print=64",
	.cmdline_tcg = " tsc=nowatchdog",
	.tsc = TRUE,
	.cmdline_max = 2047,
	.cpus_max = 255,
	.panic_device = "pvpanic-pci",
	.panic_module = "pvpanic_pci",
	.nmi = TRUE,
	.dimms = TRUE,
	.kvm_flags = x86_kvm_flags,
};

const Arch arch_arm64 = {
	.name = "aarch64",
	.title = "arm64",
	.debian = "arm64",
	.multiarch = "aarch64-linux-gnu",
	.elf_machine = EM_AARCH64,
	.image_kind = ARCH_IMAGE_RAW,
	.image = "Image",
	.image_magic = "ARM\x64",
	.image_magic_at = 0x38,
	.arch_dir = "arm64",
	.qemu = "qemu-system-aarch64",
	.qemu_package = "qemu-system-arm",
	.machine = "virt",
	.machine_options = ",gic-version=3",
	.libvirt_features = "    <gic version='3'/>\n",
	.cpu_tcg = "max,pauth-impdef=on",
	.cpu_kvm = "host",
	.cmdline = "console=ttyAMA0 panic=-1 cryptomgr.notests cma=0 panic_print=64 "
		   "sysrq_always_enabled=1",
	.cmdline_tcg = "",
	.cmdline_max = 2047,
	.cpus_max = 123,
};

const Arch *const arch_all[] = {&arch_x86, &arch_arm64, NULL};

const Arch *arch_host(void)
{
#if defined(__aarch64__)
	return &arch_arm64;
#else
	return &arch_x86;
#endif
}

const Arch *arch_find(const char *name)
{
	for (guint i = 0; arch_all[i]; i++)
		if (g_str_equal(name, arch_all[i]->name) || g_str_equal(name, arch_all[i]->debian))
			return arch_all[i];
	return NULL;
}

const Arch *arch_of_elf(guint16 machine)
{
	for (guint i = 0; arch_all[i]; i++)
		if (arch_all[i]->elf_machine == machine)
			return arch_all[i];
	return NULL;
}

const Arch *arch_of_release(const char *release)
{
	const char *last = strrchr(release, '-');

	for (guint i = 0; last && arch_all[i]; i++)
		if (g_str_equal(last + 1, arch_all[i]->debian))
			return arch_all[i];
	return NULL;
}

const Arch *arch_of_file(const char *path)
{
	Elf64_Ehdr head;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean elf = fd >= 0 && read(fd, &head, sizeof(head)) == sizeof(head) &&
		       memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
		       head.e_ident[EI_CLASS] == ELFCLASS64 && head.e_ident[EI_DATA] == ELFDATA2LSB;

	if (fd >= 0)
		close(fd);
	return elf ? arch_of_elf(head.e_machine) : NULL;
}

char *arch_titles(void)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; arch_all[i]; i++)
		g_string_append_printf(text, "%s%s", i ? " or " : "", arch_all[i]->title);
	return g_string_free(text, FALSE);
}
