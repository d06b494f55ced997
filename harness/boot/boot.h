/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One boot, from power-on to its end: drives the machine and the agent by the plan, records
 * everything, ends when the plan, the policy, the guest or the user says so. Event driven on
 * the default GMainContext; every state has a deadline.
 */
#ifndef PFNHUNT_BOOT_H
#define PFNHUNT_BOOT_H

#include "harness/verdict/exposure.h"
#include "harness/results/model.h"
#include "harness/results/record.h"
#include "harness/scenario/scenario.h"
#include "harness/incident/triage.h"
#include "harness/verdict/verdict.h"
#include "host-driver/backend.h"
#include "host-driver/kernel/kernel.h"

/* Deadlines of a guest that boots within 3 s, see [guest] patience; tests shorten them. */
typedef struct {
	guint console_ms;      /* power-on to the first byte on the console */
	guint hello_ms;	       /* power-on to the agent's hello */
	guint plug_ms;	       /* plan sent to memory plugged */
	guint setup_ms;	       /* go sent to the start of the ops, with what the plug takes */
	guint quiet_ms;	       /* silence of a running agent that is a hang */
	guint unresponsive_ms; /* silence after an incident that is a dead guest */
	guint stop_ms;	       /* stop sent to the end-of-run line */
	guint exit_ms;	       /* poweroff to QEMU's end */
} BootDeadlines;
extern const BootDeadlines boot_deadlines_default;

typedef struct {
	const Scenario *scenario;
	const Kernel *kernel;
	const GPtrArray *modules; /* plan_modules() */
	guint boot_module_count;
	const char *initrd_path;
	const VmBackend *backend;
	VmAccel accel;
	const TriageKnown *known_issues; /* borrowed, or NULL */
	gboolean strict;		 /* known incidents count like unknown ones */
	const char *dir;		 /* of this boot; created */
	const char *name;		 /* for the machine */
	guint index;			 /* of the boot in the hunt, from 0 */
	guint64 seed;			 /* of this boot */
	const char *moved_from;		 /* the host that it was lost with the last time, or NULL */
	gboolean pin; /* vCPU n to the (pin_place + n)-th host CPU, round and round */
	guint64 pin_place;
	BootDeadlines deadlines;
} BootConfig;

/* The first unknown hit, in the words of the report. Unknown numbers are -1, texts NULL. */
typedef struct {
	gboolean any;
	char *title, *family, *signature, *reason,
		*where; /* where: "drivers/…/virtio_mem.c:1208" */
	char *walker;
	gboolean walker_guessed;
	gint64 block, pfn, offlines;
	double after_go_s, after_hello_s;
	char *consequences; /* titles, ", " between them, or NULL */
} BootHit;

typedef struct {
	Verdict verdict;
	char *reason;
	const char *phase; /* "boot" until the first hotplug event, then "hunt"; not freed */
	char *dir;
	guint index;
	guint64 seed;
	guint64 hits; /* splats of unknown incidents' causes, and a hang */
	/* By all hammers: those that got as far as MEM_GOING_OFFLINE, of them those that
	 * succeeded, and those that did not get so far. */
	guint64 offlines, offlines_ok, offlines_refused;
	double run_s;	    /* how long the ops ran */
	double cut_s;	    /* of that, until a known issue killed what hammered; -1: all */
	gboolean host_lost; /* its host went away under it */
	double hello_s;	    /* power-on to hello, host clock; -1 without hello */
	guint incident_count, known_count;
	char *censored;		    /* why a boot that was good until then was cut, or NULL */
	char *ended_by_known;	    /* the known issue that the guest died of, or NULL */
	GPtrArray *incident_titles; /* of char *, the unknown ones' */
	GPtrArray *families;	    /* of char *, the unknown ones', each once */
	GPtrArray *skipped;	    /* of char *: "damon: reason" */
	GPtrArray *impairments;	    /* of Impairment: what went wrong on the way */
	GPtrArray *rounds;	    /* of RRound: of its choreography */
	guint64 rounds_complete;    /* of them, those that reached all stands */
	Exposure *exposure;	    /* what the agent told until its end; may be NULL */
	BootHit hit;
} BootResult;
void boot_result_free(BootResult *result);

typedef struct Boot Boot;

typedef struct {
	const char *phase;
	double elapsed_s; /* since power-on */
	guint64 offlines, hits;
	guint64 inside;	       /* visits of all walkers inside open windows */
	double offlines_per_s; /* over the last second */
} BootProgress;

typedef struct {
	void (*progress)(const BootProgress *progress, gpointer user); /* once a second */
	/* @title is clean text: a splat as soon as it is whole. */
	void (*splat)(const char *title, gpointer user);
	void (*over)(Boot *boot, BootResult *result,
		     gpointer user); /* takes result; free boot later */
} BootListener;

/* NULL + error when it could not even start; the folder may exist then. */
Boot *boot_start(const BootConfig *config, const BootListener *listener, gpointer user,
		 GError **error);
/* The user wants it to end: cleanly if the guest still can. Twice: at once. */
void boot_interrupt(Boot *boot);
void boot_free(Boot *boot);

/* A host thread that runs one of its vCPUs; 0: not known (yet), or not on this machine. */
pid_t boot_thread(const Boot *boot);

/*
 * The verdict of a boot that boot_start() could not start for its host's sake, into its folder.
 * FALSE when it did not come so far as to have one that tells what it is.
 */
gboolean boot_write_lost(const char *dir, const char *why);

/* The machine of one boot, as `--dry-run` prints it and start runs it. */
VmConfig *boot_vm_config(const BootConfig *config);

#endif
