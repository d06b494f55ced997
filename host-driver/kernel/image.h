/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel image is: the header of its architecture's boot protocol, the ELF behind it,
 * its notes. Reads any bytes a user hands us, so every number in them is checked.
 */
#ifndef PFNHUNT_KERNEL_IMAGE_H
#define PFNHUNT_KERNEL_IMAGE_H

#include "host-driver/vm/arch.h"

typedef enum {
	KERNEL_IMAGE_UNKNOWN, /* no Linux kernel of an architecture that we know */
	KERNEL_IMAGE_BZIMAGE,
	KERNEL_IMAGE_RAW,     /* Image of arm64 */
	KERNEL_IMAGE_VMLINUX, /* an ELF */
} KernelImageKind;

#define KERNEL_RELEASE_MAX  64
#define KERNEL_BUILD_ID_MAX 64

typedef struct {
	KernelImageKind kind;
	const Arch *arch;			    /* NULL when unknown */
	char release[KERNEL_RELEASE_MAX + 1];	    /* uname -r, or "" when it does not say */
	gboolean is_64bit;			    /* FALSE only when it says so */
	gsize payload_offset, payload_len;	    /* bzImage: compressed vmlinux, len 0 if none */
	gboolean has_pvh;			    /* vmlinux: starts through PVH */
	char build_id[2 * KERNEL_BUILD_ID_MAX + 1]; /* vmlinux: hex, or "" */
} KernelImage;

/* Fills all of @image from the @len bytes at @data. Never fails: see kind. */
void kernel_image_parse(const guint8 *data, gsize len, KernelImage *image);

/* Whether @release is safe as a file name and in a message: letters, digits, "._+~-". */
gboolean kernel_release_valid(const char *release);

/*
 * The vmlinux in the bzImage at @data that @image describes, when it is whole and has a PVH
 * entry; else NULL: boot the bzImage itself. (transfer full)
 */
GBytes *kernel_image_extract(const guint8 *data, const KernelImage *image);

/*
 * Decompresses xz, gzip, zstd, lz4 (its legacy frame too), lzma and bzip2; an ELF is handed
 * through. More than @max_bytes is an error, so is what none of these is: INFRA. (transfer full)
 */
GBytes *kernel_decompress(const guint8 *data, gsize len, gsize max_bytes, GError **error);

#endif
