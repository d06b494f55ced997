/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See kernel-fixture.h. */
#include "tests/unit/kernel-fixture.h"
#include "host-driver/base/tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/cache.h"

static void put_note(GByteArray *out, const char *name, guint32 type, const void *desc, guint32 len)
{
	const Elf64_Nhdr head = {.n_namesz = 4, .n_descsz = len, .n_type = type};

	g_byte_array_append(out, (const guint8 *)&head, sizeof(head));
	g_byte_array_append(out, (const guint8 *)name, 4);
	g_byte_array_append(out, desc, len);
}

GByteArray *fix_vmlinux(FixFlags flags)
{
	const char banner[] = "Linux version %s (%s)\0Linux version " FIX_RELEASE " (a@b) #1 SMP";
	Elf64_Ehdr head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			   .e_type = ET_EXEC,
			   .e_machine = EM_X86_64,
			   .e_phoff = sizeof(head),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 1};
	Elf64_Phdr note = {.p_type = PT_NOTE, .p_offset = sizeof(head) + sizeof(note)};
	g_autoptr(GByteArray) notes = g_byte_array_new();
	GByteArray *out = g_byte_array_new();
	guint8 id[20];

	for (guint i = 0; i < sizeof(id); i++)
		id[i] = i;
	put_note(notes, "Xen", 5, "12345678", 8);
	if (flags & FIX_PVH)
		put_note(notes, "Xen", 18, "\0\0\0\1\0\0\0", 8);
	if (flags & FIX_BUILD_ID_NOTE)
		put_note(notes, "GNU", NT_GNU_BUILD_ID, id, sizeof(id));
	note.p_filesz = notes->len;
	g_byte_array_append(out, (const guint8 *)&head, sizeof(head));
	g_byte_array_append(out, (const guint8 *)&note, sizeof(note));
	g_byte_array_append(out, notes->data, notes->len);
	g_byte_array_append(out, (const guint8 *)banner, sizeof(banner));
	for (guint32 i = 0; i < 5000; i++)
		g_byte_array_append(out, (const guint8 *)&i, sizeof(i));
	return out;
}

/* lz4's old frame, all literals: what the kernel's build makes with `lz4 -l`. */
static GByteArray *lz4_legacy(const GByteArray *data)
{
	GByteArray *block = g_byte_array_new();
	GByteArray *out = g_byte_array_new();
	guint rest = data->len - 15;
	guint32 magic = 0x184c2102;

	g_byte_array_append(block, (const guint8 *)"\xf0", 1);
	for (; rest >= 255; rest -= 255)
		g_byte_array_append(block, (const guint8 *)"\xff", 1);
	g_byte_array_append(block, (const guint8[]){rest}, 1);
	g_byte_array_append(block, data->data, data->len);
	g_byte_array_append(out, (const guint8 *)&magic, 4);
	g_byte_array_append(out, (const guint8 *)&block->len, 4);
	g_byte_array_append(out, block->data, block->len);
	g_byte_array_unref(block);
	return out;
}

static la_ssize_t write_array(struct archive *a, void *user, const void *data, size_t len)
{
	g_byte_array_append(user, data, len);
	return len;
}

GByteArray *fix_compress(const GByteArray *data, const char *filter)
{
	GByteArray *out;
	struct archive_entry *entry = archive_entry_new();
	struct archive *a = archive_write_new();

	if (strcmp(filter, "lz4-legacy") == 0) {
		archive_entry_free(entry);
		archive_write_free(a);
		return lz4_legacy(data);
	}
	out = g_byte_array_new();
	g_assert_cmpint(archive_write_add_filter_by_name(a, filter), ==, ARCHIVE_OK);
	archive_write_set_format_raw(a);
	archive_write_set_bytes_per_block(a, 0);
	g_assert_cmpint(archive_write_open(a, out, NULL, write_array, NULL), ==, ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_pathname(entry, "data");
	g_assert_cmpint(archive_write_header(a, entry), ==, ARCHIVE_OK);
	g_assert_cmpint(archive_write_data(a, data->data, data->len), ==, data->len);
	g_assert_cmpint(archive_write_close(a), ==, ARCHIVE_OK);
	archive_entry_free(entry);
	archive_write_free(a);
	return out;
}

GByteArray *fix_bzimage(const GByteArray *payload, guint32 unpacked_size, FixFlags flags)
{
	GByteArray *out = g_byte_array_new();
	guint32 offset = 0x40, len = payload->len;
	guint8 *p;

	g_byte_array_set_size(out, 3 * 512 + offset);
	p = out->data;
	memset(p, 0, out->len);
	p[0x1f1] = 2;
	memcpy(p + 0x1fe, "\x55\xaa", 2);
	memcpy(p + 0x202, "HdrS\x0f\x02", 6);
	p[0x236] = flags & FIX_32BIT ? 0 : 1;
	if (!(flags & FIX_NO_RELEASE)) {
		memcpy(p + 0x20e, "\x80\x00", 2);
		strcpy((char *)p + 0x280, FIX_RELEASE " (a@b) #1 SMP");
	}
	g_byte_array_append(out, payload->data, payload->len);
	/* gzip has the size in its own trailer. */
	if (memcmp(payload->data, "\x1f\x8b", 2) != 0) {
		g_byte_array_append(out, (const guint8 *)&unpacked_size, 4);
		len += 4;
	}
	memcpy(out->data + 0x248, &offset, 4);
	memcpy(out->data + 0x24c, &len, 4);
	g_byte_array_append(out, (const guint8 *)"behind the payload", 18);
	return out;
}

GByteArray *fix_image(void)
{
	const char banner[] = "Linux version " FIX_RELEASE_ARM64 " (a@b) #1 SMP";
	GByteArray *out = g_byte_array_new();

	g_byte_array_set_size(out, 4096);
	memset(out->data, 0, out->len);
	memcpy(out->data + 0x38, "ARMd", 4);
	g_byte_array_append(out, (const guint8 *)banner, sizeof(banner));
	return out;
}

GByteArray *fix_kernel(FixFlags flags)
{
	g_autoptr(GByteArray) elf = fix_vmlinux(flags);
	g_autoptr(GByteArray) payload = fix_compress(elf, "xz");

	return fix_bzimage(payload, elf->len, flags);
}

static GByteArray *make_tar(const FixFile *files)
{
	GByteArray *out = g_byte_array_new();
	struct archive *a = archive_write_new();

	archive_write_add_filter_xz(a);
	archive_write_set_format_pax_restricted(a);
	g_assert_cmpint(archive_write_open(a, out, NULL, write_array, NULL), ==, ARCHIVE_OK);
	for (; files->name; files++) {
		struct archive_entry *entry = archive_entry_new();
		gsize len = files->len < 0 ? strlen(files->data) : (gsize)files->len;

		archive_entry_set_pathname(entry, files->name);
		archive_entry_set_mode(entry, (files->link ? AE_IFLNK : AE_IFREG) | 0644);
		if (files->link)
			archive_entry_set_symlink(entry, files->link);
		else
			archive_entry_set_size(entry, len);
		g_assert_cmpint(archive_write_header(a, entry), ==, ARCHIVE_OK);
		if (!files->link)
			g_assert_cmpint(archive_write_data(a, files->data, len), ==, len);
		archive_entry_free(entry);
	}
	g_assert_cmpint(archive_write_close(a), ==, ARCHIVE_OK);
	archive_write_free(a);
	return out;
}

static void add_member(struct archive *a, const char *name, const void *data, gsize len)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, AE_IFREG | 0644);
	archive_entry_set_size(entry, len);
	g_assert_cmpint(archive_write_header(a, entry), ==, ARCHIVE_OK);
	g_assert_cmpint(archive_write_data(a, data, len), ==, len);
	archive_entry_free(entry);
}

void fix_deb(const char *path, const FixFile *files)
{
	g_autoptr(GByteArray) tar = make_tar(files);
	struct archive *a = archive_write_new();

	archive_write_set_format_ar_svr4(a);
	g_assert_cmpint(archive_write_open_filename(a, path), ==, ARCHIVE_OK);
	add_member(a, "debian-binary", "2.0\n", 4);
	add_member(a, "control.tar.xz", "not looked at", 13);
	add_member(a, "data.tar.xz", tar->data, tar->len);
	g_assert_cmpint(archive_write_close(a), ==, ARCHIVE_OK);
	archive_write_free(a);
}

char *fix_dir(void)
{
	g_autoptr(GError) error = NULL;
	char *dir = g_dir_make_tmp("pfnhunt-test-XXXXXX", &error);

	g_assert_no_error(error);
	return dir;
}

void fix_remove(char *dir)
{
	tree_remove(dir);
	g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
	g_free(dir);
}

char *fix_write(const char *dir, const char *name, const void *data, gssize len)
{
	g_autoptr(GError) error = NULL;
	char *path = g_build_filename(dir, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_file_set_contents(path, data, len, &error);
	g_assert_no_error(error);
	return path;
}

void fix_script(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = fix_write(dir, name, text, -1);

	g_assert_cmpint(g_chmod(path, 0755), ==, 0);
}

void fix_check_error(GError **error, int code, const char *words)
{
	g_assert_error(*error, PFNHUNT_ERROR, code);
	g_assert_null(strchr((*error)->message, '\n'));
	if (!strstr((*error)->message, words))
		g_error("“%s” does not say “%s”", (*error)->message, words);
	g_clear_error(error);
}
