/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records that `--json` and the JSON lines print, as tables of fields: docs/json-schema.json
 * and docs/json-schema.md are made from them.
 */
#ifndef PFNHUNT_REPORT_RECORDS_H
#define PFNHUNT_REPORT_RECORDS_H

#include "harness/results/exposure-rows.h"
#include "harness/results/merge.h"
#include "harness/results/records.h"
#include "harness/store/store.h"

/* Raised when a member changes its meaning or goes; new members may come without. */
#define REPORT_SCHEMA 2

typedef struct {
	char *signature, *title, *walkers;
	const char *family;
	guint boots;
	gint64 hits;
	gboolean known;
} SignatureCount;

/* With the hunt's own members; those behind are what its boots make of it. */
typedef struct {
	RHunt h;
	const char *verdict;
	RTotals t;
	gint64 exposed, retried;   /* -1: not told in a list */
	double rate[2], chance[2]; /* below 0: unknown */
	char *claim;
	Exposure *exposure;
	GPtrArray *signatures; /* of SignatureCount, or NULL */
} HuntRecord;

typedef struct {
	double ms; /* after the splat; negative: before it */
	char *op;
	const char *action;
	gint64 block, arg; /* one of them; -1: it is the other one */
	gint64 result;
} ActionRecord;

typedef struct {
	RBoot b;
	char *hunt;
	const char *verdict, *phase; /* phase: NULL while it has not ended */
	GPtrArray *last_actions;     /* of ActionRecord, or NULL */
	gint64 requested_bytes, plugged_bytes;
} BootRecord;

typedef struct {
	ExposureRow row;
	double chance[2];
} ExposureRecord;

typedef struct {
	const char *change, *family;
	char *signature, *title;
	gboolean known;
	guint boots_a, boots_b;
	double worth_a, worth_b, rate_a, rate_b;
	double p;
} ChangeRecord;

typedef struct {
	HuntRecord *a, *b;
	double p_boots, p_lost, p_partly, p_rates, p_times;
	GPtrArray *changes; /* of ChangeRecord */
} ComparisonRecord;

typedef struct {
	guint hunts, boots;
} RebuildRecord;

typedef struct {
	char *of, *hunt, *signature;
	guint boots, fired, same_signature;
	double rate[2];
} ReplayRecord;

extern const FieldTable report_hunt_table;	 /* HuntRecord */
extern const FieldTable report_boot_table;	 /* BootRecord */
extern const FieldTable report_signature_table;	 /* StoreIncident */
extern const FieldTable report_exposure_table;	 /* ExposureRecord */
extern const FieldTable report_comparison_table; /* ComparisonRecord */
extern const FieldTable report_rebuild_table;	 /* RebuildRecord */
extern const FieldTable report_merge_table;	 /* MergeCounts */
extern const FieldTable report_replay_table;	 /* ReplayRecord */

/* Every record that has a schema: the lines first, then the files of a hunt's folder. Ends NULL. */
extern const FieldTable *const report_tables[];

#endif
