/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parses bzImage, Image and vmlinux. A stock bzImage spends most of its boot time under TCG in
 * decompressing itself; unpacked once on the host, QEMU starts the ELF through its PVH note.
 * Layout: Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst, and include/xen/interface/elfnote.h.
 */
#include "host-driver/kernel/image.h"

#include <archive.h>
#include <elf.h>
#include <string.h>

#include "host-driver/base/error.h"

enum {
	BZ_SETUP_SECTS = 0x1f1,
	BZ_BOOT_FLAG = 0x1fe,
	BZ_VERSION = 0x206,
	BZ_KERNEL_VERSION = 0x20e,
	BZ_XLOADFLAGS = 0x236,
	BZ_PAYLOAD_OFFSET = 0x248,
	BZ_PAYLOAD_LEN = 0x24c,
	BZ_HEADER_END = 0x250,

	BZ_XLF_KERNEL_64 = 1,
	XEN_ELFNOTE_PHYS32_ENTRY = 18,
};

#define VMLINUX_MAX_BYTES ((gsize)1 << 30)
#define BANNER		  "Linux version "

static guint16 le16(const guint8 *p)
{
	return p[0] | p[1] << 8;
}

static guint32 le32(const guint8 *p)
{
	return le16(p) | (guint32)le16(p + 2) << 16;
}

gboolean kernel_release_valid(const char *release)
{
	gsize len = strlen(release);

	for (gsize i = 0; i < len; i++)
		if (!g_ascii_isalnum(release[i]) && !strchr("._+~-", release[i]))
			return FALSE;
	return len > 0 && len <= KERNEL_RELEASE_MAX && g_ascii_isalnum(release[0]);
}

/* The first word of the text at @data, when it looks like a release. */
static void copy_release(const guint8 *data, gsize len, KernelImage *image)
{
	gsize n = 0;

	while (n < len && n < KERNEL_RELEASE_MAX && data[n] > ' ' && data[n] < 0x7f)
		n++;
	memcpy(image->release, data, n);
	image->release[n] = '\0';
	if (!kernel_release_valid(image->release) || !g_ascii_isdigit(image->release[0]))
		image->release[0] = '\0';
}

static gboolean parse_bzimage(const guint8 *data, gsize len, KernelImage *image)
{
	gsize sects, text, start, payload;
	guint16 version;

	if (len < BZ_HEADER_END || le16(data + BZ_BOOT_FLAG) != 0xaa55)
		return FALSE;
	image->kind = KERNEL_IMAGE_BZIMAGE;
	version = le16(data + BZ_VERSION);
	text = (gsize)le16(data + BZ_KERNEL_VERSION) + 0x200;
	if (text > 0x200 && text < len)
		copy_release(data + text, len - text, image);
	image->is_64bit = version < 0x20c || le16(data + BZ_XLOADFLAGS) & BZ_XLF_KERNEL_64;
	if (version < 0x208)
		return TRUE;

	sects = data[BZ_SETUP_SECTS] ? data[BZ_SETUP_SECTS] : 4;
	start = (sects + 1) * 512 + le32(data + BZ_PAYLOAD_OFFSET);
	payload = le32(data + BZ_PAYLOAD_LEN);
	if (start < len && payload <= len - start) {
		image->payload_offset = start;
		image->payload_len = payload;
	}
	return TRUE;
}

static void take_note(const Elf64_Nhdr *note, const guint8 *name, const guint8 *desc,
		      KernelImage *image)
{
	if (note->n_namesz != 4)
		return;
	if (note->n_type == XEN_ELFNOTE_PHYS32_ENTRY && memcmp(name, "Xen", 4) == 0)
		image->has_pvh = note->n_descsz >= 4;
	if (note->n_type == NT_GNU_BUILD_ID && memcmp(name, "GNU", 4) == 0 &&
	    note->n_descsz <= KERNEL_BUILD_ID_MAX)
		for (guint i = 0; i < note->n_descsz; i++)
			g_snprintf(image->build_id + 2 * i, 3, "%02x", desc[i]);
}

static void parse_notes(const guint8 *data, gsize len, KernelImage *image)
{
	Elf64_Nhdr note;

	while (len >= sizeof(note)) {
		guint64 name, desc;

		memcpy(&note, data, sizeof(note));
		name = ((guint64)note.n_namesz + 3) & ~(guint64)3;
		desc = ((guint64)note.n_descsz + 3) & ~(guint64)3;
		data += sizeof(note);
		len -= sizeof(note);
		if (name > len || desc > len - name)
			return;
		take_note(&note, data, data + name, image);
		data += name + desc;
		len -= name + desc;
	}
}

static gboolean parse_vmlinux(const guint8 *data, gsize len, KernelImage *image)
{
	Elf64_Ehdr head;

	if (len < sizeof(head) || memcmp(data, ELFMAG, SELFMAG) != 0)
		return FALSE;
	memcpy(&head, data, sizeof(head));
	if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB ||
	    !arch_of_elf(head.e_machine) || head.e_phentsize != sizeof(Elf64_Phdr) ||
	    (head.e_type != ET_EXEC && head.e_type != ET_DYN))
		return FALSE;
	if (head.e_phoff > len || (gsize)head.e_phnum * sizeof(Elf64_Phdr) > len - head.e_phoff)
		return FALSE;
	for (guint i = 0; i < head.e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, data + head.e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type == PT_NOTE && segment.p_offset <= len &&
		    segment.p_filesz <= len - segment.p_offset)
			parse_notes(data + segment.p_offset, segment.p_filesz, image);
	}
	image->kind = KERNEL_IMAGE_VMLINUX;
	image->arch = arch_of_elf(head.e_machine);
	image->is_64bit = TRUE;
	return TRUE;
}

/* The banner that /proc/version shows; a program that holds these words is no kernel. */
static void find_banner(const guint8 *data, gsize len, KernelImage *image)
{
	const gsize skip = strlen(BANNER);
	const guint8 *at = data;

	while (!image->release[0] && (at = memmem(at, data + len - at, BANNER, skip))) {
		at += skip;
		copy_release(at, data + len - at, image);
	}
}

static gboolean parse_boot_image(const guint8 *data, gsize len, KernelImage *image)
{
	for (guint i = 0; arch_all[i]; i++) {
		const Arch *arch = arch_all[i];

		if (len < arch->image_magic_at + 4 ||
		    memcmp(data + arch->image_magic_at, arch->image_magic, 4) != 0)
			continue;
		if (arch->image_kind == ARCH_IMAGE_BZIMAGE && !parse_bzimage(data, len, image))
			continue;
		if (arch->image_kind == ARCH_IMAGE_RAW) {
			image->kind = KERNEL_IMAGE_RAW;
			image->is_64bit = TRUE;
		}
		image->arch = arch;
		return TRUE;
	}
	return FALSE;
}

void kernel_image_parse(const guint8 *data, gsize len, KernelImage *image)
{
	memset(image, 0, sizeof(*image));
	if (parse_boot_image(data, len, image)) {
		if (image->kind == KERNEL_IMAGE_BZIMAGE)
			return;
	} else if (!parse_vmlinux(data, len, image)) {
		return;
	}
	find_banner(data, len, image);
	if (!image->release[0])
		*image = (KernelImage){.kind = KERNEL_IMAGE_UNKNOWN};
}

/* Only what libarchive decodes by itself: its "all" would spawn programs for exotic ones. */
static void support_filters(struct archive *a)
{
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_raw(a);
}

static gboolean read_all(struct archive *a, GByteArray *out, gsize max_bytes, GError **error)
{
	const void *block;
	size_t len;
	la_int64_t offset;
	int rc;

	while ((rc = archive_read_data_block(a, &block, &len, &offset)) == ARCHIVE_OK) {
		if (len > max_bytes - out->len) {
			g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
				    "more than %" G_GSIZE_FORMAT " MiB when decompressed",
				    max_bytes >> 20);
			return FALSE;
		}
		g_byte_array_append(out, block, len);
	}
	if (rc == ARCHIVE_EOF)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot decompress: %s",
		    archive_error_string(a));
	return FALSE;
}

GBytes *kernel_decompress(const guint8 *data, gsize len, gsize max_bytes, GError **error)
{
	g_autoptr(GByteArray) out = NULL;
	struct archive_entry *entry;
	struct archive *a;
	gboolean ok;

	if (len >= SELFMAG && memcmp(data, ELFMAG, SELFMAG) == 0)
		return g_bytes_new(data, len);
	out = g_byte_array_new();
	a = archive_read_new();
	support_filters(a);
	ok = archive_read_open_memory(a, data, len) == ARCHIVE_OK &&
	     archive_read_next_header(a, &entry) == ARCHIVE_OK;
	if (!ok || archive_filter_count(a) < 2) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "neither ELF nor compressed in a known way");
		ok = FALSE;
	} else {
		ok = read_all(a, out, MIN(max_bytes, G_MAXUINT32 / 2), error);
	}
	archive_read_free(a);
	return ok ? g_byte_array_free_to_bytes(g_steal_pointer(&out)) : NULL;
}

GBytes *kernel_image_extract(const guint8 *data, const KernelImage *image)
{
	const guint8 *payload = data + image->payload_offset;
	gsize len = image->payload_len;
	g_autoptr(GBytes) elf = NULL;
	KernelImage inner;
	guint32 size;

	if (len < 8)
		return NULL;
	/* The last word is the unpacked size: gzip's own trailer, appended to all others. */
	size = le32(payload + len - 4);
	if (memcmp(payload, "\x1f\x8b", 2) != 0)
		len -= 4;
	elf = kernel_decompress(payload, len, VMLINUX_MAX_BYTES, NULL);
	if (!elf || g_bytes_get_size(elf) != size)
		return NULL;
	kernel_image_parse(g_bytes_get_data(elf, NULL), size, &inner);
	return inner.kind == KERNEL_IMAGE_VMLINUX && inner.has_pvh ? g_steal_pointer(&elf) : NULL;
}
