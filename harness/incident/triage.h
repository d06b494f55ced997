/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs in, incidents out: the one entrance for the live boot, the kept boot and `pfnhunt
 * triage`. Console bytes and kmsg records of the same boot go into one Triage; what both
 * show is counted once.
 */
#ifndef PFNHUNT_TRIAGE_H
#define PFNHUNT_TRIAGE_H

#include "harness/incident/known.h"
#include "harness/splat/splat.h"

/* Families of the race; docs and JSON use the names of incident_family_name(). */
typedef enum {
	FAMILY_FAKE_OFFLINE,
	FAMILY_PLUG,
	FAMILY_CANCEL,
	FAMILY_VMEMMAP_WRITE,
	FAMILY_MEMMAP_REMOVAL,
	FAMILY_SILENT,	 /* damage that the kernel says nothing of: what a census found */
	FAMILY_EMULATOR, /* int3 at a patched site under TCG: not a find */
	FAMILY_OTHER,
} IncidentFamily;

typedef struct {
	IncidentFamily family;
	char *title;	   /* of the cause */
	char *signature;   /* of the cause */
	Splat *cause;	   /* owned by the Triage */
	GPtrArray *splats; /* of Splat, borrowed: the cause first, then the consequences */
	char *walker;	   /* who did it: op, task or kthread, or NULL; a guess may be "a or b" */
	gboolean walker_guessed;
	char *known;	  /* note on the known issue that it is, or NULL */
	char *known_name; /* what that is called in its file, or NULL */
	guint64 hits;	  /* repetitions of the cause within this incident, at least 1 */
} Incident;

typedef struct Triage Triage;

typedef enum { TRIAGE_CONSOLE, TRIAGE_KMSG } TriageSource;

typedef struct {
	gboolean emulated;  /* guest of TCG: int3 oopses are the emulator's */
	gboolean hotplug;   /* its memory comes and goes, whether its log says so or not */
	const char *kernel; /* release, for known issues; may be NULL */
	const TriageKnown *known_issues; /* may be NULL; outlives the Triage */
	/* NULL-terminated names of the walkers that run beside; may be NULL. Copied. */
	const char *const *walkers;
} TriageConfig;

/*
 * A new splat is whole: called once for each, console and kmsg merged. @incident: that it is of, as
 * far as is known by now.
 */
typedef void (*TriageSplat)(const Splat *splat, const Incident *incident, gpointer user);

/* @on_splat may be NULL. (transfer full) */
Triage *triage_new(const TriageConfig *config, TriageSplat on_splat, gpointer user);
void triage_free(Triage *triage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Triage, triage_free)

/*
 * Console: any bytes. Kmsg: one whole record's text, its time (@t_us, printk clock) given;
 * @t_us is ignored for the console. @host_us: monotonic now, 0 for a file.
 */
void triage_feed(Triage *triage, TriageSource source, const char *data, gsize len, gint64 t_us,
		 gint64 host_us);
/*
 * Which walkers really run, once that is known: the guess of who did it goes by them. Copied;
 * before triage_finish().
 */
void triage_set_walkers(Triage *triage, const char *const *walkers);
/* Reports splats whose last line came before @host_us - 300 ms. Call a few times a second. */
void triage_settle(Triage *triage, gint64 host_us);
/* End of input: reports what is open and builds the incidents. Idempotent. */
void triage_finish(Triage *triage);

/* All splats so far; all incidents (complete after triage_finish()). Borrowed. */
const GPtrArray *triage_splats(const Triage *triage);
const GPtrArray *triage_incidents(const Triage *triage);

/* Whether there is nothing by now but known issues and what they led to. */
gboolean triage_is_known(const Triage *triage);

/* "fake-offline": as in known-issues.ini, the store and the reports. */
const char *incident_family_name(IncidentFamily family);

#endif
