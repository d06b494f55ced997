/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A splat: one complaint of the kernel, cut out of a log and read. The parser takes bytes as
 * they arrive (a serial console, kmsg records, a file) and reports each splat when it is whole.
 * Input is hostile; work is linear in it and memory does not grow with it.
 */
#ifndef PFNHUNT_SPLAT_H
#define PFNHUNT_SPLAT_H

#include <glib.h>

#include "harness/splat/kind.h"

typedef struct Splat Splat;

/* What a dump_page block said. Numbers that were not printed are at their defaults. */
typedef struct {
	gboolean present;
	guint64 pfn;
	gint64 refcount, mapcount;
	char *flags;	 /* text in brackets, or NULL */
	char *page_type; /* "f0(buddy)", or NULL (6.1) */
	char *reason;	 /* "fake-offline page referenced", or NULL */
} SplatPage;

struct Splat {
	SplatKind kind;	 /* never KIND_NONE */
	char *title;	 /* "WARNING in virtio_mem_memory_notifier_cb" */
	char *signature; /* stable name, see signature.c */
	char *header;	 /* the line that announced it, cleaned */
	char *function;	 /* first frame that is not to be skipped, or NULL */
	char *file;	 /* "drivers/virtio/virtio_mem.c", or NULL */
	guint file_line; /* 0 when unknown */
	char *task;	 /* comm, or NULL */
	char *kernel;	 /* release that the report names, or NULL */
	gint pid, cpu;	 /* -1 when unknown */
	gint64 t_us;	 /* printk time, -1 when the log has none */
	gint64 host_us;	 /* host's monotonic time when its first line came, 0 for a file */
	guint64 line;	 /* number of its first line in the log, from 1 */
	gboolean corrupted;
	gboolean fatal;	  /* the task that met it, or all of the machine, died of it */
	gboolean hotplug; /* before it, the log had spoken of memory that came or went */
	SplatPage page;
	GPtrArray *frames; /* of char *: "func+0x1/0x2 [module]", innermost first */
	char *frame_text;  /* what they point into */
	GString *text;	   /* its lines as cleaned, at most SPLAT_TEXT_MAX bytes */
};

#define SPLAT_TEXT_MAX (64 * 1024)

/* In a title, in place of a function that the log does not show. */
#define SPLAT_NO_FUNCTION "an unknown function"

void splat_free(Splat *splat);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Splat, splat_free)

/* @splat is whole; the callee owns it. */
typedef void (*SplatDone)(Splat *splat, gpointer user);

#endif
