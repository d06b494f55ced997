/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --kernel PATH may be any file: its headers, and what is unpacked from it. */
#include "host-driver/kernel/image.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	g_autoptr(GBytes) elf = NULL;
	g_autoptr(GBytes) plain = NULL;
	KernelImage image;

	kernel_image_parse(data, len, &image);
	g_assert_cmpuint(image.payload_offset, <=, len);
	g_assert_cmpuint(image.payload_len, <=, len - image.payload_offset);
	g_assert_true(!image.release[0] || kernel_release_valid(image.release));
	if (image.kind == KERNEL_IMAGE_BZIMAGE)
		elf = kernel_image_extract(data, &image);
	plain = kernel_decompress(data, len, 1 << 20, NULL);
	return 0;
}
