/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scenario: an INI file that says what guest to boot, how to resize it, which ops to run and when
 * to stop. All keys are in one table (scenario_keys) that feeds the parser, `pfnhunt list keys` and
 * the docs. Unknown keys are errors: a typo must not silently disable a test.
 */
#ifndef PFNHUNT_SCENARIO_H
#define PFNHUNT_SCENARIO_H

#include "harness/scenario/choreography.h"
#include "harness/scenario/pressure.h"

#include <glib.h>
#include <stddef.h>

typedef struct {
	char *name;		  /* of the op */
	char *label;		  /* as in the group's name: "damon" or "damon#2" */
	GPtrArray *keys, *values; /* of char *: only those that the file sets */
} ScenarioOp;

/* An entry of [goal] that names a window or a walker. */
typedef struct {
	const char *key; /* in scenario_keys: "windows.KIND" or "visits.WALKER" */
	char *name;
	guint64 least;
} ScenarioGoal;

#define SCENARIO_DIMMS_MAX    16
#define SCENARIO_PATIENCE_MAX 100

typedef struct {
	char *name; /* of a kernel module, with underscores */
	char *params;
} ScenarioModule;

typedef struct {
	char *name; /* file name without .ini */
	char *path;
	char *text;	/* the file as read, for the record, with the changes in it */
	char **changes; /* of change.h; NULL: none */
	char *summary;
	/* [guest] */
	guint64 cpus, memory_bytes, nodes;
	guint64 patience; /* 1 to SCENARIO_PATIENCE_MAX; 0: auto */
	char *cmdline, *online_policy;
	/* [memory ID] */
	GPtrArray *devices; /* of VmMemDevice */
	/* [resize] */
	char *resize_device;  /* NULL: no resizes */
	char *resize_mode;    /* one of resize_mode_names */
	char *resize_through; /* one of vm_resize_through_names */
	guint64 resize_min_bytes, resize_max_bytes, resize_period_ms, resize_jitter_ms;
	/* [balloon] */
	guint64 balloon_max_bytes; /* 0: the guest has no balloon */
	guint64 balloon_min_bytes, balloon_period_ms, balloon_jitter_ms;
	/* [dimm] */
	guint64 dimm_count; /* 0: no DIMMs are plugged */
	guint64 dimm_size_bytes, dimm_period_ms, dimm_jitter_ms;
	/* [module NAME] */
	GPtrArray *modules; /* of ScenarioModule */
	/* [pressure NAME] */
	GPtrArray *pressures; /* of Pressure */
	/* [choreography], [stands]; without stands there is none */
	Choreography *choreography;
	/* [set] */
	GPtrArray *set_paths, *set_values; /* of char * */
	/* [op NAME] */
	GPtrArray *ops; /* of ScenarioOp */
	/* [policy] */
	guint64 rotate; /* walkers in each boot, besides one hammer; 0: all ops */
	guint64 boots, duration_ms, linger_ms, clear_warn_once_ms, console_splats;
	char *stop;	/* "never", "first-incident" or "bound:PERCENT" */
	char *baseline; /* "note" or "incident" */
	char *probe;	/* the layer that counts exposure */
	guint64 probe_cost_ms;
	char *known_issues;
	double bound; /* bound:PERCENT as a fraction, or 0 */
	/* [goal], of each boot */
	char *goal_ops; /* "all" or "any" */
	guint64 goal_offlines, goal_windows;
	guint64 goal_rounds;
	GPtrArray *goals; /* of ScenarioGoal */
} Scenario;

typedef enum { KEY_TEXT, KEY_BYTES, KEY_MS, KEY_COUNT } ScenarioKeyType;

typedef struct {
	const char *group;
	const char *key; /* "windows.KIND" stands for any key with the prefix "windows." */
	ScenarioKeyType type;
	const char *fallback; /* default as text; NULL: required if the group is present */
	guint64 min, max;     /* of numbers */
	const char *choices;  /* of texts, separated by '|'; may contain PERCENT; NULL: any */
	const char *help;
	size_t offset; /* into Scenario, or into what the group describes */
} ScenarioKey;
extern const ScenarioKey scenario_keys[]; /* ends with a NULL group */

#define SCENARIO_MAX_BYTES (1 << 20)

/*
 * Reads the scenario at @path. Every error is USAGE and has the form "FILE:LINE: [group] key: what
 * is wrong; what would be valid". (transfer full)
 */
Scenario *scenario_load(const char *path, GError **error);
/* The same for a file in a results folder, which may be hostile: see OPEN_FOUND. */
Scenario *scenario_load_found(const char *path, GError **error);
/* The same from memory, for tests; @path is only used in messages. */
Scenario *scenario_parse(const char *path, const char *text, GError **error);
void scenario_free(Scenario *scenario);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scenario, scenario_free)

/* Whether file @name of a configs folder is a scenario; there are other .ini files, too. */
gboolean scenario_is_name(const char *name);

/*
 * The file that @what refers to: a path if it contains a '/' or ends in .ini, else the scenario of
 * that name in @configs_dir. (transfer full). The USAGE error lists the scenarios there are.
 */
char *scenario_find(const char *what, const char *configs_dir, GError **error);

#endif
