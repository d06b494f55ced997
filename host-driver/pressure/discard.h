/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the memory of a guest away on the host, as a host that is short of memory does: the next
 * access faults and waits for the disk. Nothing is lost: the memory is a file that the guest's
 * process maps, its pages are written and then reclaimed. Processes of this machine only.
 */
#ifndef PFNHUNT_DISCARD_H
#define PFNHUNT_DISCARD_H

#include <glib.h>
#include <sys/types.h>

typedef struct Discard Discard;

/* discard_begin()'s @place counts in so many parts of the memory. */
#define DISCARD_PLACES 4096

/*
 * The shared mappings of files, one for each NUMA node and each of @part_bytes, in the process that
 * has the thread @tid; the files may have no name any more. NULL + error, of one line, when there
 * is none, or it cannot be reached. The process may end at any time.
 */
Discard *discard_new(pid_t tid, guint64 part_bytes, GError **error);

/*
 * Takes @bytes (0: all) from @place on, round and round, in whole pieces of 4 MiB, by a thread of
 * its own. discard_end() must come before the next one. Pages that are written to meanwhile stay,
 * with the large folios that they are in, so the guest had better stand still.
 */
void discard_begin(Discard *discard, guint place, guint64 bytes);

typedef struct {
	guint64 tried_bytes; /* that were in memory before */
	guint64 gone_bytes;  /* of them; what the guest took back at once does not count */
	int error;	     /* 0, or the -errno that ended it early; -ESRCH: the process ended */
} DiscardDone;

/* Ends it after the piece that it is at, for which it waits; all 0 when nothing was begun. */
DiscardDone discard_end(Discard *discard);
void discard_free(Discard *discard); /* ends it too; may be NULL */

#endif
