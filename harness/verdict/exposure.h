/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often a walker was in a range of PFNs while a window of the race was open there: what makes
 * "nothing fired" mean something. Fed with the agent's probe, window and visit lines as they come,
 * or with the same lines out of a boot's folder; sums over boots. The totals of a guest that died
 * are those of its last second.
 */
#ifndef PFNHUNT_EXPOSURE_H
#define PFNHUNT_EXPOSURE_H

#include "host-driver/base/fields.h"

#include <glib.h>

/* Kind of window, the family of the race that it belongs to, what is open. One table for all. */
#define EXPOSURE_WINDOWS(X)                                                                        \
	X("offline", "fake-offline", "from GOING_OFFLINE to OFFLINE or CANCEL")                    \
	X("dec", "fake-offline", "while virtio-mem drops the references of fake-offline pages")    \
	X("cancel", "cancel", "while a cancelled offline takes the references back")               \
	X("plug", "plug", "while virtio-mem gives pages to the kernel")                            \
	X("unplug", "plug", "while virtio-mem takes pages from the kernel")                        \
	X("removal", "memmap-removal", "while the memory map of a block goes away")

typedef struct {
	const char *kind, *family, *help;
} ExposureKind;
extern const ExposureKind exposure_kinds[]; /* ends with a NULL kind */

/* Totals of one kind of window. */
typedef struct {
	char *kind;
	guint64 opened, open_ns, longest_ns;
	guint64 overlap; /* opened while another of the kind was open */
	guint64 lost;	 /* not followed for want of room */
} ExposureWindow;

/* Totals of one function of a walker against one kind of window. */
typedef struct {
	char *walker, *func, *window;
	guint64 visits;	   /* every call */
	guint64 inside;	   /* in an open window of another task */
	guint64 offline;   /* of those, met a fake-offline page */
	gint64 nearest_ns; /* nearest miss, -1: none */
} ExposureVisit;

typedef struct {
	char *layer;	    /* "bpf", "kprobe", "user", "off"; NULL: not told */
	char *reason;	    /* why it is not a better one; "" */
	gboolean paused;    /* the probes were out for a time */
	gboolean left_out;  /* of a sum: boots that a lesser layer counted are not in it */
	GPtrArray *windows; /* of ExposureWindow, in the order of exposure_kinds */
	GPtrArray *visits;  /* of ExposureVisit, by walker, function, window */
} Exposure;

Exposure *exposure_new(void);		/* of a boot that has told nothing yet */
void exposure_free(Exposure *exposure); /* may be NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Exposure, exposure_free)

/*
 * A message of the agent as a line of counters.jsonl has it (record_line()); those that do not tell
 * exposure are ignored. The guest is hostile.
 */
void exposure_line(Exposure *exposure, JsonObject *line);
/* Adds another boot's totals; those of the best layer alone. @from may be NULL. */
void exposure_add(Exposure *sum, const Exposure *from);

/* As it stands in records; one that nothing was told to is in none. */
extern const FieldTable exposure_table;
/* @o may be NULL: nothing was told. (transfer full) */
Exposure *exposure_from_json(JsonObject *o);

/* Whether windows and visits were counted at all: 0 means none then, and not "unknown". */
gboolean exposure_measured(const Exposure *exposure);
/* "kprobe: no BTF", "not told by the agent": who counted, for a person. (transfer full) */
char *exposure_layer_text(const Exposure *exposure);

/* Windows of @kind; NULL: of the kind that most were opened of. */
guint64 exposure_opened(const Exposure *exposure, const char *kind);
/*
 * Visits of @walker, or of all walkers, inside windows of @kind; NULL: of any kind. A visit may lie
 * in several kinds at once, so for any kind the kind with most counts, for each function; a lower
 * bound then. Functions add up.
 */
guint64 exposure_inside(const Exposure *exposure, const char *walker, const char *kind);
/* Nearest miss; @kind NULL: of any kind. -1: none. */
gint64 exposure_nearest_ns(const Exposure *exposure, const char *walker, const char *kind);
/* Names of the walkers, most visits inside first. Borrowed texts. (transfer container) */
GPtrArray *exposure_walkers(const Exposure *exposure);

#endif
