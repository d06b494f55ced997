/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bzImage and vmlinux headers, and unpacking, on made-up images. */
#include <elf.h>
#include <string.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/image.h"
#include "tests/unit/kernel-fixture.h"

static void test_bzimage(void)
{
	static const char *const filters[] = {"xz",   "gzip",  "zstd",	    "lz4",
					      "lzma", "bzip2", "lz4-legacy"};

	for (guint i = 0; i < G_N_ELEMENTS(filters); i++) {
		g_autoptr(GByteArray) elf = fix_vmlinux(FIX_PVH | FIX_BUILD_ID_NOTE);
		g_autoptr(GByteArray) payload = fix_compress(elf, filters[i]);
		g_autoptr(GByteArray) file = fix_bzimage(payload, elf->len, 0);
		g_autoptr(GBytes) out = NULL;
		KernelImage image;

		g_test_message("%s", filters[i]);
		kernel_image_parse(file->data, file->len, &image);
		g_assert_cmpint(image.kind, ==, KERNEL_IMAGE_BZIMAGE);
		g_assert_true(image.arch == &arch_x86);
		g_assert_cmpstr(image.release, ==, FIX_RELEASE);
		g_assert_true(image.is_64bit);
		out = kernel_image_extract(file->data, &image);
		g_assert_nonnull(out);
		g_assert_cmpmem(g_bytes_get_data(out, NULL), g_bytes_get_size(out), elf->data,
				elf->len);
	}
}

static void test_vmlinux(void)
{
	g_autoptr(GByteArray) elf = fix_vmlinux(FIX_PVH | FIX_BUILD_ID_NOTE);
	g_autoptr(GByteArray) bare = fix_vmlinux(0);
	KernelImage image;

	kernel_image_parse(elf->data, elf->len, &image);
	g_assert_cmpint(image.kind, ==, KERNEL_IMAGE_VMLINUX);
	g_assert_cmpstr(image.release, ==, FIX_RELEASE);
	g_assert_true(image.has_pvh);
	g_assert_cmpstr(image.build_id, ==, FIX_BUILD_ID);
	kernel_image_parse(bare->data, bare->len, &image);
	g_assert_cmpint(image.kind, ==, KERNEL_IMAGE_VMLINUX);
	g_assert_false(image.has_pvh);
	g_assert_cmpstr(image.build_id, ==, "");
}

/* Nothing to unpack; an ELF of arm64 is known, too. */
static void test_arm64(void)
{
	g_autoptr(GByteArray) file = fix_image();
	g_autoptr(GByteArray) elf = fix_vmlinux(0);
	KernelImage image;

	kernel_image_parse(file->data, file->len, &image);
	g_assert_cmpint(image.kind, ==, KERNEL_IMAGE_RAW);
	g_assert_true(image.arch == &arch_arm64);
	g_assert_cmpstr(image.release, ==, FIX_RELEASE_ARM64);
	g_assert_true(image.is_64bit);
	g_assert_null(kernel_image_extract(file->data, &image));
	((Elf64_Ehdr *)elf->data)->e_machine = EM_AARCH64;
	kernel_image_parse(elf->data, elf->len, &image);
	g_assert_cmpint(image.kind, ==, KERNEL_IMAGE_VMLINUX);
	g_assert_true(image.arch == &arch_arm64);
}

/* Nothing to start through PVH: the bzImage is good, but nothing comes out of it. */
static void test_no_pvh(void)
{
	g_autoptr(GByteArray) file = fix_kernel(FIX_BUILD_ID_NOTE);
	KernelImage image;

	kernel_image_parse(file->data, file->len, &image);
	g_assert_cmpint(image.kind, ==, KERNEL_IMAGE_BZIMAGE);
	g_assert_cmpuint(image.payload_len, >, 0);
	g_assert_null(kernel_image_extract(file->data, &image));
}

static void check_no_extract(GByteArray *file, const char *why)
{
	KernelImage image;

	g_test_message("%s", why);
	kernel_image_parse(file->data, file->len, &image);
	g_assert_cmpint(image.kind, ==, KERNEL_IMAGE_BZIMAGE);
	g_assert_null(kernel_image_extract(file->data, &image));
}

static void test_damaged(void)
{
	g_autoptr(GByteArray) elf = fix_vmlinux(FIX_PVH);
	g_autoptr(GByteArray) payload = fix_compress(elf, "xz");
	g_autoptr(GByteArray) wrong_size = fix_bzimage(payload, elf->len + 1, 0);
	g_autoptr(GByteArray) cut = fix_kernel(FIX_PVH);
	g_autoptr(GByteArray) flipped = fix_kernel(FIX_PVH);
	g_autoptr(GByteArray) far = fix_kernel(FIX_PVH);
	g_autoptr(GByteArray) old = fix_kernel(FIX_PVH);
	g_autoptr(GByteArray) junk = NULL;

	check_no_extract(wrong_size, "size word differs");
	g_byte_array_set_size(cut, cut->len - 100);
	check_no_extract(cut, "payload beyond the end");
	memset(flipped->data + 1536 + 0x40 + 100, 0xff, 100);
	check_no_extract(flipped, "damaged payload");
	memset(far->data + 0x248, 0xff, 8);
	check_no_extract(far, "absurd offset");
	old->data[0x206] = 7;
	check_no_extract(old, "boot protocol 2.07 has no payload");
	g_byte_array_set_size(payload, 64);
	memset(payload->data, 'x', 64);
	junk = fix_bzimage(payload, elf->len, 0);
	check_no_extract(junk, "unknown compression");
}

static void test_32bit(void)
{
	g_autoptr(GByteArray) file = fix_kernel(FIX_PVH | FIX_32BIT);
	KernelImage image;

	kernel_image_parse(file->data, file->len, &image);
	g_assert_false(image.is_64bit);
}

static void check_unknown(const void *data, gsize len)
{
	/* A copy of the exact size, so that a sanitizer sees a read beyond it. */
	g_autofree guint8 *copy = g_memdup2(data, len);
	KernelImage image;

	kernel_image_parse(copy, len, &image);
	g_assert_cmpint(image.kind, ==, KERNEL_IMAGE_UNKNOWN);
	g_assert_cmpuint(image.payload_len, ==, 0);
}

static void test_unknown(void)
{
	g_autoptr(GByteArray) elf = fix_vmlinux(FIX_PVH);
	Elf64_Ehdr *head = (Elf64_Ehdr *)elf->data;

	check_unknown("", 0);
	check_unknown("#!/bin/sh\n", 10);
	check_unknown(elf->data, sizeof(*head) - 1);
	check_unknown(elf->data, sizeof(*head) + sizeof(Elf64_Phdr));
	head->e_machine = EM_S390;
	check_unknown(elf->data, elf->len);
	head->e_machine = EM_X86_64;
	head->e_phoff = G_MAXUINT64 - 10;
	check_unknown(elf->data, elf->len);
	head->e_phoff = elf->len - 8;
	check_unknown(elf->data, elf->len);
}

/* Every cut and every single damaged byte: no crash, and no lie about where the payload is. */
static void test_every_cut(void)
{
	g_autoptr(GByteArray) bz = fix_kernel(FIX_PVH);
	g_autoptr(GByteArray) elf = fix_vmlinux(FIX_PVH | FIX_BUILD_ID_NOTE);
	KernelImage image;

	for (gsize len = 0; len < 2048; len++) {
		g_autofree guint8 *copy = g_memdup2(bz->data, len);

		kernel_image_parse(copy, len, &image);
		g_assert_cmpuint(image.payload_offset + image.payload_len, <=, len);
	}
	for (gsize at = 0; at < 300; at++) {
		g_autofree guint8 *copy = g_memdup2(elf->data, elf->len);

		copy[at] ^= 0xff;
		kernel_image_parse(copy, elf->len, &image);
	}
}

static void test_decompress_limit(void)
{
	g_autoptr(GByteArray) big = g_byte_array_new();
	g_autoptr(GByteArray) bomb = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) out = NULL;

	g_byte_array_set_size(big, 3 << 20);
	memset(big->data, 0, big->len);
	bomb = fix_compress(big, "xz");
	g_assert_null(kernel_decompress(bomb->data, bomb->len, 2 << 20, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "more than 2 MiB");
	out = kernel_decompress(bomb->data, bomb->len, 3 << 20, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(g_bytes_get_size(out), ==, 3 << 20);
	g_assert_null(kernel_decompress((const guint8 *)"plain", 5, 1000, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "neither ELF");
	g_assert_null(kernel_decompress(NULL, 0, 1000, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "neither ELF");
	g_assert_null(kernel_decompress(bomb->data, bomb->len / 2, 3 << 20, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "cannot decompress");
}

static void test_release(void)
{
	g_assert_true(kernel_release_valid("6.12.95+deb12-amd64"));
	g_assert_true(kernel_release_valid("7.0.0-rc1_x~1"));
	g_assert_false(kernel_release_valid(""));
	g_assert_false(kernel_release_valid(".."));
	g_assert_false(kernel_release_valid("6.1/../../x"));
	g_assert_false(kernel_release_valid("6.1 x"));
	g_assert_false(kernel_release_valid("6.1\n"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kernel-image/bzimage", test_bzimage);
	g_test_add_func("/kernel-image/vmlinux", test_vmlinux);
	g_test_add_func("/kernel-image/arm64", test_arm64);
	g_test_add_func("/kernel-image/no-pvh", test_no_pvh);
	g_test_add_func("/kernel-image/damaged", test_damaged);
	g_test_add_func("/kernel-image/32bit", test_32bit);
	g_test_add_func("/kernel-image/unknown", test_unknown);
	g_test_add_func("/kernel-image/every-cut", test_every_cut);
	g_test_add_func("/kernel-image/decompress-limit", test_decompress_limit);
	g_test_add_func("/kernel-image/release", test_release);
	return g_test_run();
}
