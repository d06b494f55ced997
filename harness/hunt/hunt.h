/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hunt: a number of boots of one scenario on one kernel, with an id, a folder and a seed.
 * Runs the boots on the default GMainContext, one after the other or several at once, on one
 * host or many, and sums them up. What a boot does hangs on its index alone.
 */
#ifndef PFNHUNT_HUNT_H
#define PFNHUNT_HUNT_H

#include "harness/boot/boot.h"
#include "harness/verdict/stop-rule.h"

/* From the end of a hunt's time to that of a boot that does not end when it is told to. */
#define HUNT_GRACE_MS 20000

/* What a hunt's boots that are not clean may take in all: a guest in pieces talks without end. */
#define HUNT_KEPT_MAX_BYTES (8ull << 30)

/* Where boots run. */
typedef struct {
	const VmBackend *backend;
	VmAccel accel;	     /* settled */
	gboolean accel_auto; /* it was our choice: fall back to TCG when KVM does not run */
} HuntHost;

/* Boots at once: as many as cores and memory carry. */
#define HUNT_JOBS_AUTO G_MAXUINT

typedef struct {
	const Scenario *scenario;
	const Kernel *kernel;
	/* The host, as in HuntHost, and those beside it. */
	const VmBackend *backend;
	VmAccel accel;
	gboolean accel_auto;
	const HuntHost *more_hosts;
	guint more_host_count;
	/* A host that went away is tried again after this, each time after twice that; 0: 1 min. */
	guint host_pause_ms;
	guint jobs;	     /* boots at once on each host; 0 like 1 */
	gboolean pin;	     /* each vCPU to a host CPU of its own */
	guint share, shares; /* runs every @shares-th boot alone, from @share on; 0: all */
	guint64 boots;	     /* 0: no limit */
	guint64 time_ms;     /* no new boot after this; 0: no limit */
	guint64 hard_ms; /* what still runs then is interrupted, HUNT_GRACE_MS later ended; 0: no limit */
	double bound; /* ends at a hit, or when this bound holds; 0: no such rule */
	guint64 seed;
	const char *results_dir; /* created */
	const char *agent_path;
	const TriageKnown *known_issues; /* borrowed, or NULL */
	gboolean strict;		 /* known incidents count like unknown ones */
	const BootDeadlines *deadlines;	 /* NULL: boot_deadlines_default */
	const char *resume_dir;		 /* goes on with the hunt of this folder; else NULL */
	guint64 keep_bytes;		 /* most that clean boots' evidence may take; 0: no limit */
	guint64 kept_max_bytes; /* another limit than HUNT_KEPT_MAX_BYTES, in tests; 0: that */
	const char *label, *known_path; /* --label and --known-issues, or NULL */
	const char *replay_of;		/* "HUNT/BOOT" that is run again, for the record; or NULL */
	gboolean same_seed;		/* every boot gets @seed itself: a replay */
} HuntConfig;

typedef struct {
	guint verdicts[VERDICT_COUNT]; /* boots of each, retried ones under EMULATOR */
	guint boots;		       /* that count */
	guint64 hits, offlines;
	double run_s;
	StopRule rule;
	Verdict verdict; /* of the hunt: the worst that counts; interrupted it is not clean */
	gboolean interrupted;
	VmAccel accel;	    /* of the last boot */
	char *dir;	    /* of the hunt */
	GPtrArray *results; /* of BootResult, those that count, by index */
} HuntSummary;

/* boot_started, progress and splat may be NULL: not told. */
typedef struct {
	void (*boot_started)(guint index, guint64 seed, const char *dir, gpointer user);
	void (*progress)(guint index, const BootProgress *progress, gpointer user);
	void (*splat)(guint index, const char *title, gpointer user);
	void (*boot_over)(const BootResult *result, gboolean retried, gpointer user);
	void (*note)(const char *text, gpointer user); /* fallbacks and the like */
} HuntListener;

/*
 * Runs the hunt to its end, or until SIGINT or SIGTERM (the second one at once). Whatever
 * happened is on disk and in @summary; an error means that nothing could be run.
 */
gboolean hunt_run(const HuntConfig *config, const HuntListener *listener, gpointer user,
		  HuntSummary *summary, GError **error);
void hunt_summary_clear(HuntSummary *summary);
/* As what the boot counts: verdict_weigh(). */
Verdict hunt_weigh(const BootResult *result);
/* What it is worth as a trial. */
Trial hunt_trial(const BootResult *result);
/* Of @config, before the first boot. */
StopRule hunt_rule(const HuntConfig *config);

/*
 * What `--dry-run` prints: the command line of boot 0 and its plan. Leaves nothing behind.
 * (transfer full)
 */
char *hunt_describe(const HuntConfig *config, GError **error);

#endif
