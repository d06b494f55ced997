/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See records.h. */
#include "harness/report/records.h"
#include "harness/results/recorder-ring.h"

static const char *verdict_word(guint i)
{
	return i < VERDICT_COUNT ? results_verdict_word(i) : i == VERDICT_COUNT ? "unended" : NULL;
}

static const char *window_word(guint i)
{
	return exposure_kinds[i].kind;
}

static const char *change_word(guint i)
{
	static const char *const words[] = {"new", "only-b", "gone", "more", "less", "same"};

	return i < G_N_ELEMENTS(words) ? words[i] : NULL;
}

static const char *action_word(guint i)
{
	return i <= REC_PASS_END       ? recorder_ring_action_name(i)
	       : i == REC_PASS_END + 1 ? "unknown"
				       : NULL;
}

static const Field host_fields[] = {
	{"name", FIELD_TEXT, FIELD_AT(HuntRecord, h.host_name), FIELD_IF_SET, .doc = "its name"},
	{"release", FIELD_TEXT, FIELD_AT(HuntRecord, h.host_release), FIELD_IF_SET,
	 .doc = "of its kernel"},
	{"cpu", FIELD_TEXT, FIELD_AT(HuntRecord, h.host_cpu), FIELD_IF_SET, .doc = "its model"},
	{"cpus", FIELD_COUNT, FIELD_AT(HuntRecord, h.host_cpus), FIELD_IF_SET, .doc = "how many"},
	{"memory_bytes", FIELD_COUNT, FIELD_AT(HuntRecord, h.host_memory_bytes), FIELD_IF_SET,
	 .doc = "how much"},
	{NULL},
};
static const FieldTable host_table = {
	.name = "host",
	.help = "The machine that a hunt ran on.",
	.size = sizeof(HuntRecord),
	.fields = host_fields,
};

static const Field count_fields[] = {
	{"signature", FIELD_TEXT, FIELD_AT(SignatureCount, signature), .otherwise = "",
	 .doc = "of the incident"},
	{"family", FIELD_WORD, FIELD_AT(SignatureCount, family), .words = results_family_word,
	 .otherwise = "other", .doc = "of the race"},
	{"title", FIELD_TEXT, FIELD_AT(SignatureCount, title), .otherwise = "", .doc = "in words"},
	{"boots", FIELD_COUNT, FIELD_AT(SignatureCount, boots), .doc = "with it"},
	{"hits", FIELD_COUNT, FIELD_AT(SignatureCount, hits), .doc = "in all"},
	{"known", FIELD_BOOL, FIELD_AT(SignatureCount, known), .doc = "it is a known issue"},
	{"walkers", FIELD_TEXT, FIELD_AT(SignatureCount, walkers), FIELD_IF_SET,
	 .doc = "`a, b`; a name with `?` is a guess"},
	{NULL},
};
static const FieldTable count_table = {
	.name = "signature_count",
	.help = "What fired in a hunt, by signature.",
	.size = sizeof(SignatureCount),
	.fields = count_fields,
};

static const Field hunt_fields[] = {
	{"id", FIELD_TEXT, FIELD_AT(HuntRecord, h.id), .otherwise = "",
	 .doc = "name of its folder"},
	{"uid", FIELD_TEXT, FIELD_AT(HuntRecord, h.uid), FIELD_IF_SET,
	 .doc = "the same wherever the folder is copied"},
	{"started", FIELD_TEXT, FIELD_AT(HuntRecord, h.started), .otherwise = "", .doc = "when"},
	{"ended", FIELD_TEXT, FIELD_AT(HuntRecord, h.ended), FIELD_IF_SET, .doc = "when"},
	{"scenario", FIELD_TEXT, FIELD_AT(HuntRecord, h.scenario), .otherwise = "",
	 .doc = "its name"},
	{"seed", FIELD_TEXT, FIELD_AT(HuntRecord, h.seed), FIELD_IF_SET, .doc = "in hexadecimal"},
	{"kernel", FIELD_TEXT, FIELD_AT(HuntRecord, h.kernel), .otherwise = "",
	 .doc = "its release"},
	{"kernel_version", FIELD_TEXT, FIELD_AT(HuntRecord, h.kernel_version), FIELD_IF_SET,
	 .doc = "of its package"},
	{"build_id", FIELD_TEXT, FIELD_AT(HuntRecord, h.build_id), FIELD_IF_SET,
	 .doc = "of its vmlinux"},
	{"config_sha256", FIELD_TEXT, FIELD_AT(HuntRecord, h.config_sha256), FIELD_IF_SET,
	 .doc = "of its configuration"},
	{"backend", FIELD_TEXT, FIELD_AT(HuntRecord, h.backend), FIELD_IF_SET,
	 .doc = "what ran its guests"},
	{"accel", FIELD_TEXT, FIELD_AT(HuntRecord, h.accel), FIELD_IF_SET, .doc = "`kvm` or `tcg`"},
	{"pfnhunt", FIELD_TEXT, FIELD_AT(HuntRecord, h.pfnhunt), FIELD_IF_SET,
	 .doc = "its version"},
	{"verdict", FIELD_WORD, FIELD_AT(HuntRecord, verdict), .words = verdict_word,
	 .otherwise = "unended", .doc = "the worst that counts"},
	{"interrupted", FIELD_BOOL, FIELD_AT(HuntRecord, h.interrupted),
	 .beside = FIELD_BESIDE(HuntRecord, h.uid), .doc = "by the user"},
	{"boots", FIELD_COUNT, FIELD_AT(HuntRecord, t.boots), .doc = "that count"},
	{"fired", FIELD_COUNT, FIELD_AT(HuntRecord, t.fired),
	 .doc = "boots with a hit: an unknown incident, or a hang after the first hotplug event"},
	{"exposed", FIELD_COUNT, FIELD_AT(HuntRecord, exposed), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "boots that ran long enough to mean something"},
	{"retried", FIELD_COUNT, FIELD_AT(HuntRecord, retried), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "boots that another one took the place of"},
	{"offlines", FIELD_COUNT, FIELD_AT(HuntRecord, t.offlines),
	 .doc = "attempts that the kernel began"},
	{"offlines_ok", FIELD_COUNT, FIELD_AT(HuntRecord, t.offlines_ok), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "of them, those that succeeded"},
	{"offlines_refused", FIELD_COUNT, FIELD_AT(HuntRecord, t.offlines_refused), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "attempts that the kernel did not even begin"},
	{"hits", FIELD_COUNT, FIELD_AT(HuntRecord, t.hits), .doc = "of unknown incidents"},
	{"run_s", FIELD_DOUBLE, FIELD_AT(HuntRecord, t.run_s), .doc = "how long the ops ran"},
	{"rate_95", FIELD_RANGE, FIELD_AT(HuntRecord, rate), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "exact bounds of fired / exposed, either of them at 95 %"},
	{"claim", FIELD_TEXT, FIELD_AT(HuntRecord, claim), FIELD_IF_SET,
	 .doc = "what the boots prove, in a sentence"},
	{"bound", FIELD_SHARE, FIELD_AT(HuntRecord, h.bound), FIELD_IF_SET,
	 .doc = "of `stop = bound:`"},
	{"chance_95", FIELD_RANGE, FIELD_AT(HuntRecord, chance), FIELD_IF_KNOWN,
	 .otherwise_number = -1,
	 .doc = "exact bounds of the chance of a hit per boot, either of them at 95 %, by the rule "
		"that ended the boots"},
	{"exposure", FIELD_OBJECT, FIELD_AT(HuntRecord, exposure), FIELD_IF_KNOWN,
	 .of = &exposure_table, .doc = "summed over the exposed boots"},
	{"host", FIELD_GROUP, 0, 0, .beside = FIELD_BESIDE(HuntRecord, h.uid), .of = &host_table,
	 .doc = "where it ran"},
	{"signatures", FIELD_LIST, FIELD_AT(HuntRecord, signatures), FIELD_IF_KNOWN,
	 .of = &count_table, .doc = "what fired"},
	{NULL},
};
const FieldTable report_hunt_table = {
	.name = "hunt",
	.help = "A hunt, from `results list`, `results show` and `report`; `list` gives only the "
		"members that are always there.",
	.type = "hunt",
	.schema = REPORT_SCHEMA,
	.size = sizeof(HuntRecord),
	.fields = hunt_fields,
};

static const Field op_fields[] = {
	RESULTS_OP_FIELDS,
	{"counters", FIELD_MAP, FIELD_AT(ROp, counters), .doc = "of its own, the last totals"},
	{NULL},
};
static const FieldTable op_table = {
	.name = "op",
	.help = "An op, and what it did.",
	.size = sizeof(ROp),
	.fields = op_fields,
};

static const Field incident_fields[] = {
	RESULTS_INCIDENT_FIELDS,
	{"splats", FIELD_LIST, FIELD_AT(RIncident, splats), .of = &results_splat_table,
	 .doc = "the cause first, then its consequences"},
	{NULL},
};
static const FieldTable incident_table = {
	.name = "incident",
	.help = "Splats of one cause.",
	.size = sizeof(RIncident),
	.fields = incident_fields,
};

static const Field action_fields[] = {
	{"ms", FIELD_DOUBLE, FIELD_AT(ActionRecord, ms),
	 .doc = "after the splat; negative: before it"},
	{"op", FIELD_TEXT, FIELD_AT(ActionRecord, op), .otherwise = "?", .doc = "which did it"},
	{"action", FIELD_WORD, FIELD_AT(ActionRecord, action), .words = action_word,
	 .otherwise = "unknown", .doc = "what it did"},
	{"block", FIELD_COUNT, FIELD_AT(ActionRecord, block), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "memory block"},
	{"arg", FIELD_COUNT, FIELD_AT(ActionRecord, arg), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "what the op means by it"},
	{"result", FIELD_INT, FIELD_AT(ActionRecord, result), .doc = "0 or -errno"},
	{NULL},
};
static const FieldTable action_table = {
	.name = "action",
	.help = "What an op did in the last 100 ms before a splat.",
	.size = sizeof(ActionRecord),
	.fields = action_fields,
};

static const Field boot_fields[] = {
	{"hunt", FIELD_TEXT, FIELD_AT(BootRecord, hunt), .otherwise = "", .doc = "its hunt's id"},
	{"folder", FIELD_TEXT, FIELD_AT(BootRecord, b.folder), .otherwise = "", .doc = "its name"},
	{"number", FIELD_COUNT, FIELD_AT(BootRecord, b.number), .doc = "in the hunt"},
	{"retried", FIELD_BOOL, FIELD_AT(BootRecord, b.retried),
	 .doc = "another one took its place"},
	{"seed", FIELD_TEXT, FIELD_AT(BootRecord, b.seed), .otherwise = "",
	 .doc = "in hexadecimal"},
	{"started", FIELD_TEXT, FIELD_AT(BootRecord, b.started), FIELD_IF_SET, .doc = "when"},
	{"kernel", FIELD_TEXT, FIELD_AT(BootRecord, b.kernel), .otherwise = "",
	 .doc = "its release"},
	{"build_id", FIELD_TEXT, FIELD_AT(BootRecord, b.build_id), FIELD_IF_SET,
	 .doc = "of its vmlinux"},
	{"verdict", FIELD_WORD, FIELD_AT(BootRecord, verdict), .words = verdict_word,
	 .otherwise = "unended", .doc = "`unended`: it was killed, or it runs"},
	{"reason", FIELD_TEXT, FIELD_AT(BootRecord, b.reason), FIELD_IF_SET, .doc = "in words"},
	{"run_s", FIELD_DOUBLE, FIELD_AT(BootRecord, b.run_s), .doc = "how long the ops ran"},
	{"hello_s", FIELD_DOUBLE, FIELD_AT(BootRecord, b.hello_s), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "power-on to the agent's first word"},
	{"phase", FIELD_WORD, FIELD_AT(BootRecord, phase), FIELD_IF_KNOWN,
	 .words = results_phase_word, .doc = "`boot`: it ended before its first hotplug event"},
	{"ended_by_known", FIELD_TEXT, FIELD_AT(BootRecord, b.ended_by_known), FIELD_IF_SET,
	 .doc = "the known issue that the guest died of"},
	{"censored", FIELD_TEXT, FIELD_AT(BootRecord, b.censored), FIELD_IF_SET,
	 .doc = "why it was cut after it had reached its goal"},
	{"offlines", FIELD_COUNT, FIELD_AT(BootRecord, b.offlines),
	 .doc = "attempts that the kernel began"},
	{"offlines_ok", FIELD_COUNT, FIELD_AT(BootRecord, b.offlines_ok), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "of them, those that succeeded"},
	{"offlines_refused", FIELD_COUNT, FIELD_AT(BootRecord, b.offlines_refused), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "attempts that the kernel did not even begin"},
	{"hits", FIELD_COUNT, FIELD_AT(BootRecord, b.hits), .doc = "of unknown incidents"},
	{"known", FIELD_COUNT, FIELD_AT(BootRecord, b.known),
	 .doc = "incidents that are known issues"},
	{"hit_s", FIELD_DOUBLE, FIELD_AT(BootRecord, b.hit_s), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "start of the ops to the first hit"},
	{"hit_block", FIELD_COUNT, FIELD_AT(BootRecord, b.hit_block), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "memory block of the first hit"},
	{"hit_offlines", FIELD_COUNT, FIELD_AT(BootRecord, b.hit_offlines), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "offlines begun until then"},
	{"exposure", FIELD_OBJECT, FIELD_AT(BootRecord, b.exposure), FIELD_IF_KNOWN,
	 .of = &exposure_table, .doc = "what the probes counted"},
	{"ops", FIELD_LIST, FIELD_AT(BootRecord, b.ops), .of = &op_table,
	 .doc = "in the scenario's order"},
	{"incidents", FIELD_LIST, FIELD_AT(BootRecord, b.incidents), .of = &incident_table,
	 .doc = "of the hunt"},
	{"baseline", FIELD_LIST, FIELD_AT(BootRecord, b.baseline), .of = &incident_table,
	 .doc = "what the kernel said before the first hotplug event; not a find"},
	{"impairments", FIELD_LIST, FIELD_AT(BootRecord, b.impairments),
	 .of = &results_impairment_table, .doc = "what went wrong on the way"},
	{"last_actions", FIELD_LIST, FIELD_AT(BootRecord, last_actions), FIELD_IF_KNOWN,
	 .of = &action_table, .doc = "from the recorder, up to 100 ms before the splat"},
	{"requested_bytes", FIELD_COUNT, FIELD_AT(BootRecord, requested_bytes), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "at that time"},
	{"plugged_bytes", FIELD_COUNT, FIELD_AT(BootRecord, plugged_bytes), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "at that time"},
	{NULL},
};
const FieldTable report_boot_table = {
	.name = "boot",
	.help = "A boot, from `results show` and `report`, including those that were retried or "
		"killed.",
	.type = "boot",
	.schema = REPORT_SCHEMA,
	.size = sizeof(BootRecord),
	.fields = boot_fields,
};

static const Field signature_fields[] = {
	{"signature", FIELD_TEXT, FIELD_AT(StoreIncident, signature), .otherwise = "",
	 .doc = "of the incident"},
	{"family", FIELD_WORD, FIELD_AT(StoreIncident, family), .words = results_family_word,
	 .otherwise = "other", .doc = "of the race"},
	{"title", FIELD_TEXT, FIELD_AT(StoreIncident, title), .otherwise = "", .doc = "in words"},
	{"known", FIELD_TEXT, FIELD_AT(StoreIncident, known), FIELD_IF_SET,
	 .doc = "note of the known issue that it is"},
	{"first_hunt", FIELD_TEXT, FIELD_AT(StoreIncident, first_hunt), .otherwise = "",
	 .doc = "that it fired in"},
	{"first_started", FIELD_TEXT, FIELD_AT(StoreIncident, first_started), .otherwise = "",
	 .doc = "when that began"},
	{"last_hunt", FIELD_TEXT, FIELD_AT(StoreIncident, last_hunt), .otherwise = "",
	 .doc = "that it fired in"},
	{"last_started", FIELD_TEXT, FIELD_AT(StoreIncident, last_started), .otherwise = "",
	 .doc = "when that began"},
	{"kernels", FIELD_TEXT, FIELD_AT(StoreIncident, kernels), .otherwise = "", .doc = "`a, b`"},
	{"walkers", FIELD_TEXT, FIELD_AT(StoreIncident, walkers), FIELD_IF_SET, .doc = "`a, b`"},
	{"hunts", FIELD_COUNT, FIELD_AT(StoreIncident, hunts), .doc = "with it"},
	{"boots", FIELD_COUNT, FIELD_AT(StoreIncident, boots), .doc = "with it"},
	{"hits", FIELD_COUNT, FIELD_AT(StoreIncident, hits), .doc = "in all"},
	{NULL},
};
const FieldTable report_signature_table = {
	.name = "signature",
	.help = "What fired, over all hunts, from `results incidents`.",
	.type = "signature",
	.schema = REPORT_SCHEMA,
	.size = sizeof(StoreIncident),
	.fields = signature_fields,
};

#define WITH_WINDOW .beside = FIELD_BESIDE(ExposureRecord, row.window)

static const Field exposure_row_fields[] = {
	{"kernel", FIELD_TEXT, FIELD_AT(ExposureRecord, row.kernel), .otherwise = "",
	 .doc = "its release"},
	{"walker", FIELD_TEXT, FIELD_AT(ExposureRecord, row.walker), .otherwise = "",
	 .doc = "the op"},
	{"ran", FIELD_COUNT, FIELD_AT(ExposureRecord, row.ran),
	 .doc = "exposed boots in which the walker ran"},
	{"boots", FIELD_COUNT, FIELD_AT(ExposureRecord, row.boots),
	 .doc = "of them, those with a visit inside, or a hit"},
	{"hit_boots", FIELD_COUNT, FIELD_AT(ExposureRecord, row.hit_boots),
	 .doc = "of them, those with a hit"},
	{"hits", FIELD_COUNT, FIELD_AT(ExposureRecord, row.hits),
	 .doc = "of incidents with that walker and of that family"},
	{"guessed", FIELD_BOOL, FIELD_AT(ExposureRecord, row.guessed),
	 .doc = "some are attributed to it because it ran"},
	{"chance_95", FIELD_RANGE, FIELD_AT(ExposureRecord, chance), FIELD_IF_KNOWN,
	 .otherwise_number = -1,
	 .doc = "exact bounds of a hit per boot, either of them at 95 %; left out when the walker "
		"never was inside"},
	{"window", FIELD_WORD, FIELD_AT(ExposureRecord, row.window), FIELD_IF_KNOWN,
	 .words = window_word,
	 .doc = "its kind; left out, with what follows, when none was measured"},
	{"family", FIELD_WORD, FIELD_AT(ExposureRecord, row.family), FIELD_IF_KNOWN,
	 .words = results_family_word, .doc = "that the window belongs to"},
	{"layer", FIELD_TEXT, FIELD_AT(ExposureRecord, row.layer), FIELD_IF_KNOWN,
	 .doc = "that counted: bpf, kprobe or user; the numbers of two layers do not add up"},
	{"opened", FIELD_COUNT, FIELD_AT(ExposureRecord, row.opened), WITH_WINDOW,
	 .doc = "windows"},
	{"visits", FIELD_COUNT, FIELD_AT(ExposureRecord, row.visits), WITH_WINDOW,
	 .doc = "calls of its functions"},
	{"inside", FIELD_COUNT, FIELD_AT(ExposureRecord, row.inside), WITH_WINDOW,
	 .doc = "of them, in an open window"},
	{"offline", FIELD_COUNT, FIELD_AT(ExposureRecord, row.offline), WITH_WINDOW,
	 .doc = "of those, met a fake-offline page"},
	{"nearest_ns", FIELD_COUNT, FIELD_AT(ExposureRecord, row.nearest_ns), FIELD_IF_KNOWN,
	 WITH_WINDOW, .otherwise_number = -1, .doc = "nearest miss"},
	{NULL},
};
const FieldTable report_exposure_table = {
	.name = "exposure_row",
	.help = "One walker in one kind of window on one kernel, from `results exposure`.",
	.type = "exposure",
	.schema = REPORT_SCHEMA,
	.size = sizeof(ExposureRecord),
	.fields = exposure_row_fields,
};

static const Field change_fields[] = {
	{"change", FIELD_WORD, FIELD_AT(ChangeRecord, change), .words = change_word,
	 .otherwise = "same", .doc = "more than chance does, or not at all in the other one"},
	{"signature", FIELD_TEXT, FIELD_AT(ChangeRecord, signature), .otherwise = "",
	 .doc = "of the incident"},
	{"family", FIELD_WORD, FIELD_AT(ChangeRecord, family), .words = results_family_word,
	 .otherwise = "other", .doc = "of the race"},
	{"title", FIELD_TEXT, FIELD_AT(ChangeRecord, title), .otherwise = "", .doc = "in words"},
	{"known", FIELD_BOOL, FIELD_AT(ChangeRecord, known), .doc = "it is a known issue"},
	{"boots_a", FIELD_COUNT, FIELD_AT(ChangeRecord, boots_a), .doc = "of `a` with it"},
	{"boots_b", FIELD_COUNT, FIELD_AT(ChangeRecord, boots_b), .doc = "of `b` with it"},
	{"worth_a", FIELD_DOUBLE, FIELD_AT(ChangeRecord, worth_a),
	 .doc = "whole boots that the boots of `a` are worth: one that something else cut off "
		"counts "
		"until then"},
	{"worth_b", FIELD_DOUBLE, FIELD_AT(ChangeRecord, worth_b), .doc = "the same of `b`"},
	{"rate_a", FIELD_DOUBLE, FIELD_AT(ChangeRecord, rate_a), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "hits by offlines, where boots go on after a hit"},
	{"rate_b", FIELD_DOUBLE, FIELD_AT(ChangeRecord, rate_b), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "the same of `b`"},
	{"p", FIELD_SHARE, FIELD_AT(ChangeRecord, p),
	 .doc = "exact log-rank test on these, with one of the rates where they are known"},
	{NULL},
};
static const FieldTable change_table = {
	.name = "change",
	.help = "A signature in two hunts.",
	.size = sizeof(ChangeRecord),
	.fields = change_fields,
};

static const Field comparison_fields[] = {
	{"a", FIELD_OBJECT, FIELD_AT(ComparisonRecord, a), .of = &report_hunt_table,
	 .doc = "the earlier hunt"},
	{"b", FIELD_OBJECT, FIELD_AT(ComparisonRecord, b), .of = &report_hunt_table,
	 .doc = "the later one"},
	{"p_boots", FIELD_SHARE, FIELD_AT(ComparisonRecord, p_boots),
	 .doc = "exact log-rank test on boots that fired"},
	{"p_lost", FIELD_SHARE, FIELD_AT(ComparisonRecord, p_lost),
	 .doc = "the same, were lost boots hits"},
	{"p_partly", FIELD_SHARE, FIELD_AT(ComparisonRecord, p_partly),
	 .doc = "the same with boots in which an op did not run"},
	{"p_rates", FIELD_SHARE, FIELD_AT(ComparisonRecord, p_rates),
	 .doc = "of hits by offlines, by jackknife over boots; 1 where none goes on after a hit"},
	{"p_times", FIELD_SHARE, FIELD_AT(ComparisonRecord, p_times),
	 .doc = "log-rank test on times to the first hit"},
	{"changes", FIELD_LIST, FIELD_AT(ComparisonRecord, changes), .of = &change_table,
	 .doc = "by signature"},
	{NULL},
};
const FieldTable report_comparison_table = {
	.name = "comparison",
	.help = "Two hunts, from `results compare`.",
	.type = "comparison",
	.schema = REPORT_SCHEMA,
	.size = sizeof(ComparisonRecord),
	.fields = comparison_fields,
};

static const Field rebuild_fields[] = {
	{"hunts", FIELD_COUNT, FIELD_AT(RebuildRecord, hunts), .doc = "that are indexed"},
	{"boots", FIELD_COUNT, FIELD_AT(RebuildRecord, boots), .doc = "that are indexed"},
	{NULL},
};
const FieldTable report_rebuild_table = {
	.name = "rebuild",
	.help = "From `results rebuild`.",
	.type = "rebuild",
	.schema = REPORT_SCHEMA,
	.size = sizeof(RebuildRecord),
	.fields = rebuild_fields,
};

static const Field merge_fields[] = {
	{"new", FIELD_COUNT, FIELD_AT(MergeCounts, hunts), .doc = "hunts that are new here"},
	{"grown", FIELD_COUNT, FIELD_AT(MergeCounts, grown),
	 .doc = "that were here and gained boots"},
	{"same", FIELD_COUNT, FIELD_AT(MergeCounts, same), .doc = "that were here with everything"},
	{"unusable", FIELD_COUNT, FIELD_AT(MergeCounts, unusable),
	 .doc = "folders that could not be read"},
	{NULL},
};
const FieldTable report_merge_table = {
	.name = "merge",
	.help = "From `results merge`.",
	.type = "merge",
	.schema = REPORT_SCHEMA,
	.size = sizeof(MergeCounts),
	.fields = merge_fields,
};

static const Field replay_fields[] = {
	{"of", FIELD_TEXT, FIELD_AT(ReplayRecord, of), .otherwise = "", .doc = "HUNT/BOOT"},
	{"hunt", FIELD_TEXT, FIELD_AT(ReplayRecord, hunt), .otherwise = "", .doc = "the new one"},
	{"signature", FIELD_TEXT, FIELD_AT(ReplayRecord, signature), .otherwise = "",
	 .doc = "of the kept boot's first hit"},
	{"boots", FIELD_COUNT, FIELD_AT(ReplayRecord, boots), .doc = "exposed"},
	{"fired", FIELD_COUNT, FIELD_AT(ReplayRecord, fired), .doc = "boots with a hit"},
	{"same_signature", FIELD_COUNT, FIELD_AT(ReplayRecord, same_signature),
	 .doc = "boots in which that signature came back"},
	{"rate_95", FIELD_RANGE, FIELD_AT(ReplayRecord, rate),
	 .doc = "exact bounds of same_signature / boots, either of them at 95 %"},
	{NULL},
};
const FieldTable report_replay_table = {
	.name = "replay",
	.help = "How often a kept boot's signature came back, from `replay`.",
	.type = "replay",
	.schema = REPORT_SCHEMA,
	.size = sizeof(ReplayRecord),
	.fields = replay_fields,
};

const FieldTable *const report_tables[] = {
	&report_hunt_table,	&report_boot_table,	  &report_signature_table,
	&report_exposure_table, &report_comparison_table, &report_rebuild_table,
	&report_merge_table,	&report_replay_table,	  &results_hunt_table,
	&results_summary_table, &results_boot_table,	  &results_verdict_table,
	&results_resize_table,	&results_thinned_table,	  NULL,
};
