/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See files.h. */
#include "host-driver/qemu/files.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (64u << 20)

static gboolean fail(GError **error, const char *path, int err)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", path, g_strerror(err));
	return FALSE;
}

static gboolean give(int fd, const QemuUser *user)
{
	return !user->change || fchown(fd, user->uid, user->gid) == 0;
}

int qemu_files_new(const QemuFiles *files, const QemuUser *user, const char *name)
{
	int fd =
		openat(files->fd[QEMU_FD_READS], name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int saved;

	if (fd < 0 || give(fd, user))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static gboolean make_reads_dir(const char *run_dir, const QemuUser *user, QemuFiles *files,
			       GError **error)
{
	g_autofree char *path = g_build_filename(run_dir, ".memory-XXXXXX", NULL);
	int *fd = &files->fd[QEMU_FD_READS];

	if (!g_mkdtemp_full(path, 0700))
		return fail(error, run_dir, errno);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0 || !give(*fd, user))
		return fail(error, path, errno);
	files->reads_dir = g_steal_pointer(&path);
	return TRUE;
}

/* Without a name from the beginning: nothing stays behind, whatever happens. */
static int make_ram(const char *run_dir, const QemuUser *user)
{
	g_autofree char *path = g_build_filename(run_dir, ".ram-XXXXXX", NULL);
	int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	int saved;

	if (fd < 0)
		return -1;
	if (g_unlink(path) == 0 && give(fd, user))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* A copy of the rest of @fd (taken) in memory, for a user who may not read the file itself. */
static int copy_of(int fd)
{
	int copy = memfd_create("pfnhunt", MFD_CLOEXEC);
	ssize_t n = 0;
	int saved;

	while (copy >= 0 && (n = sendfile(copy, fd, NULL, COPY_BYTES)) > 0)
		;
	saved = errno;
	close(fd);
	if (n < 0) {
		close(copy);
		copy = -1;
	}
	errno = saved;
	return copy;
}

static gboolean open_input(const char *path, const QemuUser *user, int *fd, GError **error)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd >= 0 && !qemu_user_may_read(user, *fd))
		*fd = copy_of(*fd);
	return *fd >= 0 || fail(error, path, errno);
}

gboolean qemu_files_open(const VmConfig *config, const QemuUser *user, QemuFiles *files,
			 GError **error)
{
	guint rams = config->memory_file ? MIN(config->nodes, VM_NODES_MAX) : 0;

	*files = (QemuFiles){.reads_dir = NULL};
	for (guint i = 0; i < QEMU_FD_END; i++)
		files->fd[i] = -1;
	if (!make_reads_dir(config->run_dir, user, files, error))
		return FALSE;
	for (guint i = 0; i < rams; i++) {
		files->fd[QEMU_FD_RAM + i] = make_ram(config->run_dir, user);
		if (files->fd[QEMU_FD_RAM + i] < 0)
			return fail(error, config->run_dir, errno);
	}
	return open_input(config->kernel_path, user, &files->fd[QEMU_FD_KERNEL], error) &&
	       (!config->initrd_path ||
		open_input(config->initrd_path, user, &files->fd[QEMU_FD_INITRD], error));
}

void qemu_files_close(QemuFiles *files)
{
	for (guint i = 0; i < QEMU_FD_END; i++) {
		if (files->fd[i] >= 0)
			close(files->fd[i]);
		files->fd[i] = -1;
	}
	/* What QEMU has put there beside them stays: to look is more than it deserves. */
	if (files->reads_dir)
		g_rmdir(files->reads_dir);
	g_clear_pointer(&files->reads_dir, g_free);
}
