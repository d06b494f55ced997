/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same input makes the same bytes: no times, no owners, inode numbers by position. See
 * initramfs.h.
 */
#include "host-driver/kernel/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/image.h"
#include "host-driver/kernel/kernel.h"

#define MODULE_MAX_BYTES ((gsize)256 << 20)

typedef struct {
	struct archive *archive;
	gint64 next_inode;
} Cpio;

/* libarchive says "Write error" of a full disk; its errno says more. Returns FALSE. */
static gboolean write_failed(struct archive *archive, GError **error)
{
	const char *what = archive_errno(archive) > 0 ? g_strerror(archive_errno(archive))
						      : archive_error_string(archive);

	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "cannot write initramfs: %s (--results DIR puts the hunt elsewhere)", what);
	return FALSE;
}

static gboolean add_entry(Cpio *cpio, struct archive_entry *entry, const void *data, gsize len,
			  GError **error)
{
	gboolean ok;

	archive_entry_set_ino64(entry, cpio->next_inode++);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_nlink(entry, archive_entry_filetype(entry) == AE_IFDIR ? 2 : 1);
	archive_entry_set_size(entry, len);
	ok = archive_write_header(cpio->archive, entry) == ARCHIVE_OK &&
	     (len == 0 || archive_write_data(cpio->archive, data, len) == (la_ssize_t)len);
	if (!ok)
		write_failed(cpio->archive, error);
	archive_entry_free(entry);
	return ok;
}

static struct archive_entry *new_entry(const char *name, mode_t mode)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, mode);
	return entry;
}

static gboolean add_dir(Cpio *cpio, const char *name, GError **error)
{
	return add_entry(cpio, new_entry(name, S_IFDIR | 0755), NULL, 0, error);
}

static gboolean add_file(Cpio *cpio, const char *name, mode_t mode, const void *data, gsize len,
			 GError **error)
{
	return add_entry(cpio, new_entry(name, S_IFREG | mode), data, len, error);
}

/* What the kernel opens as stdin, stdout and stderr of /init, before there is a devtmpfs. */
static gboolean add_console(Cpio *cpio, GError **error)
{
	struct archive_entry *entry = new_entry("dev/console", S_IFCHR | 0600);

	archive_entry_set_rdevmajor(entry, 5);
	archive_entry_set_rdevminor(entry, 1);
	return add_entry(cpio, entry, NULL, 0, error);
}

static GMappedFile *map_file(const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	GMappedFile *map = g_mapped_file_new(path, FALSE, &why);

	if (!map)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot read %s",
			    why->message);
	return map;
}

static gboolean add_module(Cpio *cpio, const KernelModule *module, GError **error)
{
	g_autofree char *name = g_strdup_printf("modules/%s.ko", module->name);
	g_autoptr(GMappedFile) map = map_file(module->path, error);
	g_autoptr(GBytes) bytes = NULL;
	gconstpointer data;
	gsize len;

	if (!map)
		return FALSE;
	bytes = kernel_decompress((const guint8 *)g_mapped_file_get_contents(map),
				  g_mapped_file_get_length(map), MODULE_MAX_BYTES, error);
	if (!bytes) {
		g_prefix_error(error, "%s: ", module->path);
		return FALSE;
	}
	data = g_bytes_get_data(bytes, &len);
	return add_file(cpio, name, 0644, data, len, error);
}

static gboolean add_boot_list(Cpio *cpio, const GPtrArray *modules, guint count, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < count && i < modules->len; i++) {
		const KernelModule *module = g_ptr_array_index(modules, i);

		g_string_append_printf(list, "/modules/%s.ko%s%s\n", module->name,
				       module->params ? " " : "",
				       module->params ? module->params : "");
	}
	return add_file(cpio, "modules/boot", 0644, list->str, list->len, error);
}

InitramfsFile *initramfs_file_new(const char *name, const char *path)
{
	InitramfsFile *file = g_new0(InitramfsFile, 1);

	file->name = g_strdup(name);
	file->path = g_strdup(path);
	return file;
}

void initramfs_file_free(InitramfsFile *file)
{
	g_free(file->name);
	g_free(file->path);
	g_free(file);
}

static gboolean add_host_files(Cpio *cpio, const GPtrArray *files, GError **error)
{
	g_autofree char *last = g_strdup(".");

	for (guint i = 0; files && i < files->len; i++) {
		const InitramfsFile *file = g_ptr_array_index(files, i);
		g_autofree char *dir = g_path_get_dirname(file->name);
		g_autoptr(GMappedFile) map = map_file(file->path, error);

		if (!map || (!g_str_equal(dir, last) && !add_dir(cpio, dir, error)) ||
		    !add_file(cpio, file->name, 0755, g_mapped_file_get_contents(map),
			      g_mapped_file_get_length(map), error))
			return FALSE;
		g_free(last);
		last = g_steal_pointer(&dir);
	}
	return TRUE;
}

static gboolean add_all(Cpio *cpio, const char *agent_path, const GPtrArray *modules,
			guint boot_count, const GPtrArray *files, GError **error)
{
	g_autoptr(GMappedFile) agent = map_file(agent_path, error);

	if (!agent)
		return FALSE;
	if (!add_dir(cpio, "dev", error) || !add_console(cpio, error) ||
	    !add_file(cpio, "init", 0755, g_mapped_file_get_contents(agent),
		      g_mapped_file_get_length(agent), error) ||
	    !add_dir(cpio, "modules", error))
		return FALSE;
	for (guint i = 0; i < modules->len; i++)
		if (!add_module(cpio, g_ptr_array_index(modules, i), error))
			return FALSE;
	return add_boot_list(cpio, modules, boot_count, error) &&
	       add_host_files(cpio, files, error);
}

static gboolean write_archive(int fd, const char *agent_path, const GPtrArray *modules,
			      guint boot_count, const GPtrArray *files, GError **error)
{
	Cpio cpio = {.archive = archive_write_new(), .next_inode = 1};
	gboolean ok;

	archive_write_set_format_cpio_newc(cpio.archive);
	archive_write_set_bytes_in_last_block(cpio.archive, 1);
	ok = archive_write_open_fd(cpio.archive, fd) == ARCHIVE_OK;
	if (!ok)
		write_failed(cpio.archive, error);
	ok = ok && add_all(&cpio, agent_path, modules, boot_count, files, error);
	if (ok && archive_write_close(cpio.archive) != ARCHIVE_OK)
		ok = write_failed(cpio.archive, error);
	archive_write_free(cpio.archive);
	return ok;
}

gboolean initramfs_write(const char *path, const char *agent_path, const GPtrArray *modules,
			 guint boot_count, const GPtrArray *files, GError **error)
{
	g_autofree char *temp = g_strdup_printf("%s.XXXXXX", path);
	int fd = g_mkstemp_full(temp, O_RDWR | O_CLOEXEC, 0644);
	gboolean ok;

	if (fd < 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot create %s: %s", temp,
			    g_strerror(errno));
		return FALSE;
	}
	ok = write_archive(fd, agent_path, modules, boot_count, files, error);
	if ((close(fd) < 0 || (ok && rename(temp, path) < 0)) && ok) {
		ok = FALSE;
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot write %s: %s", path,
			    g_strerror(errno));
	}
	if (!ok)
		g_unlink(temp);
	return ok;
}
