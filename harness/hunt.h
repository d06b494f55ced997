/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hunt: a number of boots of one scenario on one kernel, with an id, a folder and a seed.
 * Runs one boot after the other on the default GMainContext and sums them up.
 */
#ifndef PFNHUNT_HUNT_H
#define PFNHUNT_HUNT_H

#include "harness/boot.h"

typedef struct {
	const Scenario *scenario;
	const Kernel *kernel;
	const VmBackend *backend;
	VmAccel accel;	     /* settled */
	gboolean accel_auto; /* it was our choice: fall back to TCG when KVM does not run */
	guint64 boots;	     /* 0: no limit */
	guint64 time_ms;     /* no new boot after this; 0: no limit */
	guint64 seed;
	const char *results_dir; /* created */
	const char *agent_path;
	const char *known_issues;	/* path, or NULL */
	gboolean strict;		/* known incidents count like unknown ones */
	const BootDeadlines *deadlines; /* NULL: boot_deadlines_default */
	const char *resume_dir;		/* goes on with the hunt of this folder; else NULL */
	guint64 keep_bytes;		/* most that clean boots' evidence may take; 0: no limit */
	const char *replay_of;		/* "HUNT/BOOT" that is run again, for the record; or NULL */
	gboolean same_seed;		/* every boot gets @seed itself: a replay */
} HuntConfig;

typedef struct {
	guint verdicts[VERDICT_COUNT]; /* boots of each, retried ones under EMULATOR */
	guint boots;		       /* that count */
	guint64 hits, offlines;
	double run_s;
	Verdict verdict; /* of the hunt: the worst that counts */
	gboolean interrupted;
	VmAccel accel;	    /* of the last boot */
	char *dir;	    /* of the hunt */
	GPtrArray *results; /* of BootResult, those that count */
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

/*
 * What `--dry-run` prints: the command line of boot 0 and its plan. Leaves nothing behind.
 * (transfer full)
 */
char *hunt_describe(const HuntConfig *config, GError **error);

#endif
