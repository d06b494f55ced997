/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A .deb is an ar archive with a compressed tar in it; libarchive reads both. Two layouts are
 * known: one package with boot/vmlinuz-R, boot/config-R and lib/modules/R, and (7.x) several
 * with all of it in usr/lib/modules/R. Both become the first one here.
 */
#include "host-driver/kernel/deb.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/cache.h"

#define UNPACKED_MAX_BYTES ((guint64)4 << 30)

enum { CHUNK_BYTES = 64 * 1024 };

/* Hardware that is never in a guest of ours: two thirds of a package. */
static const char *const SKIPPED[] = {
	"sound/",	  "drivers/gpu/",	   "drivers/media/",  "drivers/infiniband/",
	"drivers/iio/",	  "drivers/staging/",	   "drivers/usb/",    "drivers/scsi/",
	"drivers/hwmon/", "drivers/input/",	   "drivers/isdn/",   "drivers/mtd/",
	"drivers/video/", "drivers/net/ethernet/", "drivers/target/", "drivers/net/wireless/",
	"drivers/accel/", "drivers/bluetooth/",	   "drivers/comedi/",
};

typedef struct {
	struct archive *outer;
	guint8 chunk[CHUNK_BYTES];
} Data;

static la_ssize_t read_data(struct archive *inner, void *user, const void **block)
{
	Data *data = user;
	la_ssize_t n = archive_read_data(data->outer, data->chunk, sizeof(data->chunk));

	if (n < 0)
		archive_set_error(inner, archive_errno(data->outer), "%s",
				  archive_error_string(data->outer));
	*block = data->chunk;
	return n;
}

/* @name without "./" and "usr/", or NULL when it is one that no package has. */
static const char *clean_name(const char *name)
{
	g_auto(GStrv) parts = NULL;

	while (g_str_has_prefix(name, "./"))
		name += 2;
	parts = g_strsplit(name, "/", -1);
	if (name[0] == '/' || g_strv_contains((const char *const *)parts, ".."))
		return NULL;
	return g_str_has_prefix(name, "usr/") ? name + strlen("usr/") : name;
}

static gboolean wanted_module(const char *name)
{
	if (!g_str_has_prefix(name, "kernel/"))
		return g_str_has_prefix(name, "modules.") && !strchr(name, '/');
	name += strlen("kernel/");
	for (guint i = 0; i < G_N_ELEMENTS(SKIPPED); i++)
		if (g_str_has_prefix(name, SKIPPED[i]))
			return FALSE;
	return strstr(name, ".ko") != NULL;
}

/* Where the file @name of the package goes below the tree, or NULL: not needed. */
static char *target_of(const char *name, const char *release)
{
	g_autofree char *modules = g_strdup_printf("lib/modules/%s/", release);
	g_autofree char *image = g_strdup_printf("boot/vmlinuz-%s", release);
	g_autofree char *config = g_strdup_printf("boot/config-%s", release);

	if (strcmp(name, image) == 0 || strcmp(name, config) == 0)
		return g_strdup(name);
	if (!g_str_has_prefix(name, modules))
		return NULL;
	if (strcmp(name + strlen(modules), "vmlinuz") == 0)
		return g_steal_pointer(&image);
	if (strcmp(name + strlen(modules), "config") == 0)
		return g_steal_pointer(&config);
	return wanted_module(name + strlen(modules)) ? g_strdup(name) : NULL;
}

static gboolean write_file(struct archive *inner, const char *tree, const char *target,
			   GError **error)
{
	g_autofree char *path = g_build_filename(tree, target, NULL);
	g_autofree char *dir = g_path_get_dirname(path);
	int fd, rc;

	if (!kernel_mkdir(dir, error))
		return FALSE;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot create %s: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	rc = archive_read_data_into_fd(inner, fd);
	if (close(fd) < 0 || rc != ARCHIVE_OK) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot write %s: %s", path,
			    rc != ARCHIVE_OK ? archive_error_string(inner) : g_strerror(errno));
		return FALSE;
	}
	return TRUE;
}

static gboolean unpack_entry(struct archive *inner, struct archive_entry *entry,
			     const char *release, const char *tree, guint64 *budget, GError **error)
{
	const char *raw = archive_entry_pathname(entry);
	const char *name = raw ? clean_name(raw) : NULL;
	g_autofree char *target = NULL;

	if (!name) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "a file name in it leads out of the package");
		return FALSE;
	}
	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return TRUE;
	target = target_of(name, release);
	if (!target)
		return TRUE;
	if ((guint64)archive_entry_size(entry) > *budget) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "it is far too big");
		return FALSE;
	}
	*budget -= archive_entry_size(entry);
	return write_file(inner, tree, target, error);
}

static gboolean unpack_data(KernelJob *job, struct archive *outer, const char *release,
			    const char *tree, GError **error)
{
	g_autofree Data *data = g_new0(Data, 1);
	struct archive *inner = archive_read_new();
	guint64 budget = UNPACKED_MAX_BYTES;
	struct archive_entry *entry;
	gboolean ok;
	int rc;

	data->outer = outer;
	archive_read_support_filter_xz(inner);
	archive_read_support_filter_zstd(inner);
	archive_read_support_filter_gzip(inner);
	archive_read_support_format_tar(inner);
	rc = archive_read_open(inner, data, NULL, read_data, NULL);
	ok = rc == ARCHIVE_OK;
	while (ok && (rc = archive_read_next_header(inner, &entry)) == ARCHIVE_OK)
		ok = kernel_job_check(job, error) &&
		     unpack_entry(inner, entry, release, tree, &budget, error);
	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF) {
		ok = FALSE;
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s",
			    archive_error_string(inner));
	}
	archive_read_free(inner);
	return ok;
}

gboolean kernel_deb_unpack(KernelJob *job, const char *path, const char *release, const char *tree,
			   GError **error)
{
	struct archive *outer = archive_read_new();
	struct archive_entry *entry;
	gboolean found = FALSE, ok = TRUE;
	int rc;

	archive_read_support_format_ar(outer);
	rc = archive_read_open_filename(outer, path, CHUNK_BYTES);
	while (ok && !found && rc == ARCHIVE_OK &&
	       (rc = archive_read_next_header(outer, &entry)) == ARCHIVE_OK) {
		found = g_str_has_prefix(archive_entry_pathname(entry), "data.tar");
		if (found)
			ok = unpack_data(job, outer, release, tree, error);
	}
	if (!found) {
		ok = FALSE;
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s",
			    rc == ARCHIVE_EOF ? "it is no Debian package"
					      : archive_error_string(outer));
	}
	archive_read_free(outer);
	if (!ok)
		g_prefix_error(error, "cannot unpack %s: ", path);
	return ok;
}
