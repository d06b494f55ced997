/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The architectures of guests, one table: all that differs between them stands here. The kernel
 * decides which one a hunt is of. What an architecture lacks is NULL, FALSE or "".
 */
#ifndef PFNHUNT_VM_ARCH_H
#define PFNHUNT_VM_ARCH_H

#include <glib.h>

/* How a boot image is read. */
typedef enum {
	ARCH_IMAGE_BZIMAGE, /* a header that tells of a compressed vmlinux */
	ARCH_IMAGE_RAW,	    /* the kernel itself, as it lies in memory */
} ArchImage;

typedef struct {
	const char *name;      /* uname -m, and libvirt's word: "x86_64", "aarch64" */
	const char *title;     /* for people: "x86-64", "arm64" */
	const char *debian;    /* of packages; "-" and this ends the release of Debian's kernels */
	const char *multiarch; /* Debian's folder of libraries */
	guint16 elf_machine;   /* of little-endian 64-bit ELF files */

	ArchImage image_kind;
	const char *image;	 /* what it is called */
	const char *image_magic; /* of four bytes */
	gsize image_magic_at;
	gboolean vmlinux;     /* QEMU starts an ELF kernel, by its PVH note */
	const char *arch_dir; /* of the kernel's source: arch/DIR/boot holds the image */

	const char *qemu, *qemu_package;
	const char *machine;	      /* libvirt's type too */
	const char *machine_options;  /* with a comma before each, or "" */
	const char *libvirt_features; /* XML elements */
	const char *cpu_tcg, *cpu_kvm;
	const char *cmdline;	 /* of every boot; the console and what asks for last words */
	const char *cmdline_tcg; /* more, when it is emulated */
	gboolean tsc;		 /* the guest can be told the frequency of the host's TSC */
	gsize cmdline_max;	 /* COMMAND_LINE_SIZE less the NUL; the rest would be cut */
	guint cpus_max;
	const char *panic_device;     /* of QEMU, that tells of a panic; by PCI, without ACPI */
	const char *panic_module;     /* of the guest, its driver */
	gboolean nmi;		      /* the machine takes inject-nmi */
	gboolean dimms;		      /* DIMMs can be brought in */
	const char *const *kvm_flags; /* words of /proc/cpuinfo, one of them needed; or NULL */
} Arch;

extern const Arch arch_x86, arch_arm64;
/* All of them, NULL-terminated. */
extern const Arch *const arch_all[];

/* This program's own. */
const Arch *arch_host(void);
/* By uname's or Debian's name; NULL: unknown. */
const Arch *arch_find(const char *name);
/* By the e_machine of an ELF file; NULL: unknown. */
const Arch *arch_of_elf(guint16 machine);
/* By the end of a release or of a prefix of one ("6.12.95+deb12-arm64", "6.12-arm64"); or NULL. */
const Arch *arch_of_release(const char *release);
/* Of the ELF file at @path; NULL: none, or of an architecture that is unknown. */
const Arch *arch_of_file(const char *path);
/* The names for people, separated by " or ". (transfer full) */
char *arch_titles(void);

#endif
