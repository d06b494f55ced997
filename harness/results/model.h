/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hunt and its boots as their folders tell them (results/README.md): the one reader behind
 * the store, the tables, the reports and replay. Nothing here needs the database. All text may
 * stem from a guest: escape it for where it goes.
 */
#ifndef PFNHUNT_RESULTS_MODEL_H
#define PFNHUNT_RESULTS_MODEL_H

#include "harness/splat/decode.h"
#include "harness/verdict/exposure.h"
#include "harness/verdict/trial.h"
#include "host-driver/base/fields.h"

#include <glib.h>

typedef struct {
	char *title, *kind, *signature;
	gboolean corrupted;
	gint64 line, t_us; /* first line in the log; printk clock, -1 unknown */
} RSplat;

typedef struct {
	const char *family;
	char *title, *signature;
	char *walker, *known; /* or NULL */
	gboolean walker_guessed;
	gboolean evidence; /* FALSE: the emulator's doing */
	double after_go_s; /* of its first splat, since the ops started */
	gint64 hits;
	GPtrArray *splats; /* of RSplat: the cause first, then the consequences */
} RIncident;

/* What went wrong on the way, and what that does to the verdict. */
typedef struct {
	char *name, *text;
	const char *source; /* "agent" or "host" */
	const char *effect; /* "note", "unexposed" or "infra" */
	gint64 count;
} RImpairment;

typedef struct {
	char *label, *reason; /* reason: "" without */
	const char *state;
	const char *outcome; /* as in verdict.h; NULL where the record has none */
	char *ended;	     /* why it did before the run ended, or NULL */
	gint64 inst, steps;
	gint64 offlines, offlines_ok, offlines_refused; /* as in RBoot */
	GPtrArray *counters;				/* of FieldNumber: the last totals */
} ROp;

typedef struct {
	gint64 host_us;
	char *device;
	gint64 requested_bytes, plugged_bytes;
} RResize;

/* What the host did to the guest. */
typedef struct {
	char *label, *skipped; /* why it was not applied, or NULL */
	gint64 steps, discarded_bytes;
} RPressure;

/* Where a task was held in a round of a choreography, and what the page was then. */
typedef struct {
	char *name, *role, *where;
	double t_s;	    /* since the choreography began */
	gint64 cpu, pfn;    /* pfn: -1 when no page was chosen yet */
	gboolean page_read; /* its struct page could be: the three below are known */
	gint64 count;	    /* of references */
	char *type, *flags; /* hexadecimal, or NULL */
} RStand;

typedef struct {
	gint64 number;
	double t_s;
	gboolean complete; /* all stands were reached */
	char *reason;	   /* why not, or NULL */
	GPtrArray *stands; /* of RStand, those that were */
} RRound;

/* A boot whose bulky files were removed. */
typedef struct {
	GPtrArray *removed; /* of char * */
	gint64 bytes;
} RThinned;

/* Unknown numbers are -1, unknown texts "" unless said otherwise. */
typedef struct {
	char *dir, *folder; /* whole path; its last part */
	guint number;
	gboolean retried; /* a later try of this number counts instead */
	gboolean ended;	  /* it has a verdict */
	gboolean thinned; /* its bulky evidence was removed to save space */
	gboolean interrupted;
	gboolean host_lost;
	const char *verdict, *phase; /* phase: "boot" until its first hotplug event, then "hunt" */
	char *seed, *started, *reason, *scenario;
	char *kernel, *kernel_version, *build_id, *backend, *accel;
	char *moved_from; /* the host that was lost under its last attempt, or NULL */
	double run_s, hello_s;
	double cut_s; /* until a known issue killed what hammered; -1: until the end */
	/* Those that the kernel began; of them that succeeded; those that it did not even begin. */
	gint64 offlines, offlines_ok, offlines_refused;
	gint64 hits, known;
	char *ended_by_known; /* the known issue that the guest died of, or NULL */
	char *censored;	      /* why it was cut though all was well until then, or NULL */
	/* The first unknown hit. */
	const char *hit_family; /* these are NULL without a hit */
	char *hit_title, *hit_signature, *hit_walker;
	double hit_s, hit_hello_s;
	gint64 hit_block, hit_pfn, hit_offlines;
	GPtrArray *argv;      /* of char *, without NULL at the end */
	GPtrArray *ops;	      /* of ROp */
	GPtrArray *incidents; /* of RIncident */
	GPtrArray *baseline; /* of RIncident: before the first hotplug event, no find of the hunt */
	GPtrArray *impairments; /* of RImpairment */
	GPtrArray *pressure;	/* of RPressure */
	GPtrArray *rounds;	/* of RRound: its choreography */
	gint64 rounds_complete; /* of them, those that reached all stands */
	GPtrArray *resizes;	/* of RResize */
	Exposure *exposure;	/* never NULL */
	Decoder *decoder;	/* borrowed: reports decode its splats' frames; NULL: they do not */
} RBoot;

typedef struct {
	char *dir, *id;
	char *uid; /* the same wherever the folder is copied */
	char *scenario, *seed, *kernel, *kernel_spec, *kernel_version, *build_id, *config_sha256;
	char *image_sha256, *modules_sha256; /* modules: of all that the guest loads; "" unknown */
	char *changes, *label;		     /* of the command line; NULL: none */
	char *backend, *accel, *pfnhunt, *started, *ended, *replay_of;
	const char *verdict;
	guint verdicts[VERDICT_COUNT]; /* of all boots, with those tried again */
	char *host_name, *host_release, *host_cpu;
	gint64 host_cpus, host_memory_bytes;
	gint64 boots_planned; /* 0: no limit */
	gint64 time_ms;	      /* 0: no limit */
	gint64 duration_ms;   /* that the ops of a whole boot run for; 0: not told */
	guint share, shares;  /* it ran every shares-th boot from number share on; 0: all */
	gint64 jobs;	      /* 0: as many as the machine can run */
	gboolean pin;
	double bound; /* boots went on until a hit or this bound; 0: no such rule */
	gboolean interrupted;
	GPtrArray *boots; /* of RBoot, by number, then by time; with those tried again */
} RHunt;

/* NULL + INFRA error when there is no boot at @dir at all. (transfer full) */
RBoot *results_boot_load(const char *dir, GError **error);
/* The same; without its verdict.json, if there is one, it counts as one that cannot be read. */
RBoot *results_boot_load_part(const char *dir, gboolean with_verdict, GError **error);
void results_boot_free(RBoot *boot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RBoot, results_boot_free)

/* @with_boots: FALSE leaves `boots` empty. NULL + INFRA error. (transfer full) */
RHunt *results_hunt_load(const char *dir, gboolean with_boots, GError **error);
void results_hunt_free(RHunt *hunt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RHunt, results_hunt_free)

/* Whether @id can be that of a hunt: the name of a folder here, of characters that are shown. */
gboolean results_is_id(const char *id);

/* Paths of the hunts' folders in @results_dir, oldest first. (transfer full) */
GPtrArray *results_hunt_dirs(const char *results_dir, GError **error);

/*
 * The folder that @what means: a path, an id, the unique beginning of one, or "last". USAGE
 * error that says what there is. (transfer full)
 */
char *results_find(const char *results_dir, const char *what, GError **error);

/*
 * The same for "HUNT/BOOT" and a boot's folder: *@boot is then the boot's name (transfer full),
 * else NULL.
 */
char *results_find_boot(const char *results_dir, const char *what, char **boot, GError **error);
/* The boot of that folder, or of that number the one that counts; USAGE error. Borrowed. */
const RBoot *results_boot_of(const RHunt *hunt, const char *name, GError **error);

/* It ended before its first hotplug event. */
gboolean results_boot_before_hunt(const RBoot *boot);
/* What counts: neither tried again nor cut off by a kill. */
gboolean results_boot_counts(const RBoot *boot);
/* As what a boot that has ended counts: verdict_weigh(). */
Verdict results_boot_weigh(const RBoot *boot);
/* What counts and says something about the rate of hits: verdict_is_exposed(). */
gboolean results_boot_exposed(const RBoot *boot);
/* What counts and is a hit: verdict_is_hit(). */
gboolean results_boot_hit(const RBoot *boot);
/*
 * What it is worth as a trial of hits. Of one that was tried again, what it hammered without a hit
 * until it was cut off counts; else that is TRIAL_NONE.
 */
Trial results_boot_trial(const RBoot *boot);
/* It ran to its end with nothing wrong but that some op did not do what it should; others did. */
gboolean results_boot_partly(const RBoot *boot);
/* How long the ops of a whole boot run: as planned, else as long as clean ones did; 0: unknown. */
double results_whole_s(const RHunt *hunt);

typedef struct {
	guint boots;   /* that count */
	guint exposed; /* of them: those that mean something */
	guint fired;   /* of them: with a hit */
	gint64 hits, offlines;
	gint64 offlines_ok, offlines_refused; /* -1: not told by all of them */
	double run_s;
	guint retried, unended;
} RTotals;
RTotals results_totals(const RHunt *hunt);

#endif
