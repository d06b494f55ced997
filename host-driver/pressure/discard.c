/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See discard.h. Reclaim leaves dirty pages of a file on a disk alone, so each piece is written
 * first. What process_madvise(2) returns is what it looked at; what left is counted by mincore(2)
 * on a mapping of our own, which is never touched.
 */
#include "host-driver/pressure/discard.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Aligned, and larger than a large folio: QEMU asks for huge pages, the file system gives folios
 * of 2 MiB, and one that a piece covers in part stays.
 */
#define PIECE_BYTES (4u << 20)
#define PAGES_MAX   (PIECE_BYTES / 4096)

/* One file: the memory of a NUMA node, or all of it. */
typedef struct {
	guint64 there; /* where the process has it */
	guint64 offset_bytes;
	char *path; /* with " (deleted)" where the kernel says so */
	int fd;
	void *here; /* our own mapping, or NULL */
} Part;

struct Discard {
	int pidfd;
	GArray *parts; /* of Part, all of part_bytes, in the order of their places */
	guint64 part_bytes, size_bytes;
	guint64 page_bytes;
	GThread *thread;
	gint stop; /* atomic */
	guint64 at_bytes, left_bytes;
	DiscardDone done;
};

static void part_clear(gpointer data)
{
	Part *part = data;

	g_free(part->path);
	if (part->fd >= 0)
		close(part->fd);
}

/* The process of a thread; 0 when it is gone. */
static pid_t process_of(pid_t tid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)tid), *text = NULL;
	const char *line;

	if (!g_file_get_contents(path, &text, NULL, NULL) || !(line = strstr(text, "\nTgid:")))
		return 0;
	return (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10);
}

/* The nodes of a guest are of one size, by which they are told from other files. */
static gboolean find_parts(Discard *d, pid_t pid, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/maps", (int)pid), *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(path, &text, NULL, error))
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		unsigned long long start, end, offset;
		char mode[5];
		int at = 0;
		Part part;

		if (sscanf(lines[i], "%llx-%llx %4s %llx %*s %*s %n", &start, &end, mode, &offset,
			   &at) != 4 ||
		    !at || mode[3] != 's' || lines[i][at] != '/' || end <= start ||
		    end - start != d->part_bytes)
			continue;
		part = (Part){start, offset, g_strdup(lines[i] + at), -1, NULL};
		g_array_append_val(d->parts, part);
	}
	d->size_bytes = d->part_bytes * d->parts->len;
	if (!d->size_bytes)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "the guest's memory is no file that its process maps");
	return d->size_bytes != 0;
}

/* The mapped file, by the process's own descriptor: its name may be gone. -1 when it has none. */
static int open_mapped(pid_t pid, const char *path)
{
	g_autofree char *folder = g_strdup_printf("/proc/%d/fd", (int)pid);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *link = g_build_filename(folder, name, NULL);
		g_autofree char *target = g_file_read_link(link, NULL);
		struct stat st;

		if (!target || !g_str_equal(target, path) || stat(link, &st) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		return open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	errno = ENOENT;
	return -1;
}

static gboolean map_part(Discard *d, pid_t pid, Part *part, GError **error)
{
	void *here = MAP_FAILED;

	part->fd = open_mapped(pid, part->path);
	if (part->fd >= 0)
		here = mmap(NULL, d->part_bytes, PROT_READ, MAP_SHARED, part->fd,
			    (off_t)part->offset_bytes);
	if (here == MAP_FAILED) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "the file of the guest's memory cannot be opened: %s",
			    g_strerror(errno));
		return FALSE;
	}
	part->here = here;
	return TRUE;
}

Discard *discard_new(pid_t tid, guint64 part_bytes, GError **error)
{
	pid_t pid = process_of(tid);
	Discard *d = g_new0(Discard, 1);
	gboolean ok = FALSE;

	d->parts = g_array_new(FALSE, TRUE, sizeof(Part));
	g_array_set_clear_func(d->parts, part_clear);
	d->part_bytes = part_bytes;
	d->page_bytes = (guint64)sysconf(_SC_PAGESIZE);
	d->pidfd = pid ? pidfd_open(pid, 0) : -1;
	if (d->pidfd < 0)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "the guest's process is gone");
	else
		ok = find_parts(d, pid, error);
	for (guint i = 0; ok && i < d->parts->len; i++)
		ok = map_part(d, pid, &g_array_index(d->parts, Part, i), error);
	if (ok)
		return d;
	discard_free(d);
	return NULL;
}

static guint64 resident_bytes(const Discard *d, const Part *part, guint64 at, gsize len)
{
	unsigned char pages[PAGES_MAX];
	guint64 bytes = 0;

	if (mincore((char *)part->here + at, len, pages) != 0)
		return 0;
	for (gsize i = 0; i * d->page_bytes < len; i++)
		bytes += (pages[i] & 1) * d->page_bytes;
	return bytes;
}

static int take(Discard *d, const Part *part, guint64 at, gsize len)
{
	const struct iovec there = {.iov_base = (void *)(guintptr)(part->there + at),
				    .iov_len = len};
	guint64 before = resident_bytes(d, part, at, len), after;

	if (before == 0)
		return 0;
	if (sync_file_range(part->fd, (off64_t)(part->offset_bytes + at), (off64_t)len,
			    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				    SYNC_FILE_RANGE_WAIT_AFTER) != 0 ||
	    process_madvise(d->pidfd, &there, 1, MADV_PAGEOUT, 0) < 0)
		return -errno;
	after = resident_bytes(d, part, at, len);
	d->done.tried_bytes += before;
	d->done.gone_bytes += before - MIN(before, after);
	return 0;
}

static gpointer take_all(gpointer user)
{
	Discard *d = user;

	while (d->left_bytes && !d->done.error && !g_atomic_int_get(&d->stop)) {
		const Part *part =
			&g_array_index(d->parts, Part, (guint)(d->at_bytes / d->part_bytes));
		guint64 at = d->at_bytes % d->part_bytes,
			len = MIN(PIECE_BYTES, d->part_bytes - at);

		d->done.error = take(d, part, at, len);
		d->left_bytes -= MIN(len, d->left_bytes);
		d->at_bytes = (d->at_bytes + len) % d->size_bytes;
	}
	return NULL;
}

void discard_begin(Discard *d, guint place, guint64 bytes)
{
	guint64 pieces = (d->size_bytes + PIECE_BYTES - 1) / PIECE_BYTES;

	g_return_if_fail(!d->thread);
	d->at_bytes = pieces * (place % DISCARD_PLACES) / DISCARD_PLACES * PIECE_BYTES;
	d->left_bytes = MIN(bytes ? bytes : d->size_bytes, d->size_bytes);
	d->done = (DiscardDone){0};
	d->stop = 0;
	d->thread = g_thread_try_new("discard", take_all, d, NULL);
	if (!d->thread)
		d->done.error = -EAGAIN;
}

DiscardDone discard_end(Discard *d)
{
	DiscardDone done;

	g_atomic_int_set(&d->stop, 1);
	if (d->thread)
		g_thread_join(g_steal_pointer(&d->thread));
	done = d->done;
	d->done = (DiscardDone){0};
	return done;
}

void discard_free(Discard *d)
{
	if (!d)
		return;
	discard_end(d);
	for (guint i = 0; i < d->parts->len; i++)
		if (g_array_index(d->parts, Part, i).here)
			munmap(g_array_index(d->parts, Part, i).here, d->part_bytes);
	g_array_unref(d->parts);
	if (d->pidfd >= 0)
		close(d->pidfd);
	g_free(d);
}
