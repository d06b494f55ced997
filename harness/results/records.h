/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON files of a hunt's folder as tables of fields over the structures of model.h: what
 * writes a file and what reads it go by the same table.
 */
#ifndef PFNHUNT_RESULTS_RECORDS_H
#define PFNHUNT_RESULTS_RECORDS_H

#include "harness/results/model.h"
#include "host-driver/base/fields.h"

/* More ops are not ours. */
#define RESULTS_OPS_MAX 255

extern const FieldTable results_hunt_table;    /* RHunt: hunt.json, written once, at the start */
extern const FieldTable results_summary_table; /* RHunt: summary.json, at the end */
extern const FieldTable results_boot_table;    /* RBoot: boot.json, before the machine starts */
extern const FieldTable results_verdict_table; /* RBoot: verdict.json, at the end */
extern const FieldTable results_resize_table;  /* RResize: a line of memory.jsonl */
extern const FieldTable results_thinned_table; /* RThinned: thinned.json */

/* Records within them, and within what `--json` prints. */
extern const FieldTable results_splat_table, results_impairment_table, results_round_table;

/* The words of a verdict, and of a family: those of the race, and "hang". */
const char *results_verdict_word(guint i);
const char *results_family_word(guint i);
const char *results_op_state_word(guint i);
const char *results_phase_word(guint i);
/* The one of @words that @text is, else @otherwise; @text may be NULL. */
const char *results_word(const char *(*words)(guint i), const char *text, const char *otherwise);

/* clang-format off */
/* What verdict.json and `--json` both tell of an incident, and of an op. */
#define RESULTS_INCIDENT_FIELDS                                                                    \
	{"family", FIELD_WORD, FIELD_AT(RIncident, family), .words = results_family_word,          \
	 .otherwise = "other", .doc = "family of the race ([incidents.md](incidents.md))"},        \
	{"title", FIELD_TEXT, FIELD_AT(RIncident, title), .otherwise = "",                         \
	 .doc = "in words"},                                                                       \
	{"signature", FIELD_TEXT, FIELD_AT(RIncident, signature), .otherwise = "",                 \
	 .doc = "the same for the same cause, whatever the kernel, build and addresses"},          \
	{"hits", FIELD_COUNT, FIELD_AT(RIncident, hits), .otherwise_number = 1,                    \
	 .doc = "how often it fired"},                                                             \
	{"evidence", FIELD_BOOL, FIELD_AT(RIncident, evidence),                                    \
	 .doc = "false: the emulator's doing, or the kernel's own before the hunt"},               \
	{"walker", FIELD_TEXT, FIELD_AT(RIncident, walker), FIELD_IF_KNOWN,                        \
	 .doc = "the op that it is attributed to"},                                                \
	{"walker_guessed", FIELD_BOOL, FIELD_AT(RIncident, walker_guessed),                        \
	 .beside = FIELD_BESIDE(RIncident, walker),                                                \
	 .doc = "because it ran, not because the stack shows it"},                                 \
	{"known", FIELD_TEXT, FIELD_AT(RIncident, known), FIELD_IF_KNOWN,                          \
	 .doc = "note of the known issue that it is"}

#define RESULTS_OP_FIELDS                                                                          \
	{"op", FIELD_TEXT, FIELD_AT(ROp, label), .otherwise = "?", .doc = "name and instance"},    \
	{"state", FIELD_WORD, FIELD_AT(ROp, state), .words = results_op_state_word,                \
	 .otherwise = "unknown", .doc = "what became of it"},                                      \
	{"reason", FIELD_TEXT, FIELD_AT(ROp, reason), FIELD_IF_SET, .otherwise = "",               \
	 .doc = "why it was skipped or failed"},                                                   \
	{"steps", FIELD_COUNT, FIELD_AT(ROp, steps), .doc = "that it did"}
/* clang-format on */

#endif
