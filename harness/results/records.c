/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See records.h. */
#include "harness/results/records.h"
#include "harness/verdict/verdict.h"
#include "harness/incident/triage.h"

const char *results_verdict_word(guint i)
{
	return i < VERDICT_COUNT ? verdict_name(i) : NULL;
}

const char *results_family_word(guint i)
{
	if (i <= FAMILY_OTHER)
		return incident_family_name(i);
	return i == FAMILY_OTHER + 1 ? verdict_name(VERDICT_HANG) : NULL;
}

const char *results_op_state_word(guint i)
{
	static const char *const words[] = {"ready", "skipped",	  "failed",
					    "ended", "not-drawn", "unknown"};

	return i < G_N_ELEMENTS(words) ? words[i] : NULL;
}

const char *results_phase_word(guint i)
{
	static const char *const words[] = {"hunt", "boot"};

	return i < G_N_ELEMENTS(words) ? words[i] : NULL;
}

const char *results_word(const char *(*words)(guint i), const char *text, const char *otherwise)
{
	for (guint i = 0; text && words(i); i++)
		if (g_str_equal(words(i), text))
			return words(i);
	return otherwise;
}

static const char *effect_word(guint i)
{
	return i <= IMPAIRMENT_INFRA - IMPAIRMENT_NOTE ? impairment_effect_name(IMPAIRMENT_NOTE + i)
						       : NULL;
}

static const char *source_word(guint i)
{
	static const char *const words[] = {"host", "agent"};

	return i < G_N_ELEMENTS(words) ? words[i] : NULL;
}

static const Field splat_fields[] = {
	{"title", FIELD_TEXT, FIELD_AT(RSplat, title), .otherwise = "", .doc = "in words"},
	{"kind", FIELD_TEXT, FIELD_AT(RSplat, kind), .otherwise = "",
	 .doc = "`warning`, `bug`, `oops`, ..."},
	{"signature", FIELD_TEXT, FIELD_AT(RSplat, signature), .otherwise = "",
	 .doc = "of this splat"},
	{"corrupted", FIELD_BOOL, FIELD_AT(RSplat, corrupted),
	 .doc = "its text is torn or incomplete"},
	{"line", FIELD_COUNT, FIELD_AT(RSplat, line), .doc = "of the log, its first"},
	{"t_us", FIELD_COUNT, FIELD_AT(RSplat, t_us), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "the kernel log's clock"},
	{NULL},
};
const FieldTable results_splat_table = {
	.name = "splat",
	.help = "One complaint of the kernel.",
	.size = sizeof(RSplat),
	.fields = splat_fields,
};

static const Field incident_fields[] = {
	RESULTS_INCIDENT_FIELDS,
	{"after_go_s", FIELD_DOUBLE, FIELD_AT(RIncident, after_go_s), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "when it first fired, since the ops started"},
	{"cause", FIELD_HEAD, FIELD_AT(RIncident, splats), .of = &results_splat_table,
	 .doc = "the splat that it begins with"},
	{"consequences", FIELD_TAIL, FIELD_AT(RIncident, splats), .of = &results_splat_table,
	 .doc = "those that follow from it"},
	{NULL},
};
static const FieldTable incident_table = {
	.name = "verdict_incident",
	.help = "Splats of one cause.",
	.size = sizeof(RIncident),
	.fields = incident_fields,
};

static const Field impairment_fields[] = {
	{"name", FIELD_TEXT, FIELD_AT(RImpairment, name), .otherwise = "", .doc = "the event"},
	{"source", FIELD_WORD, FIELD_AT(RImpairment, source), .words = source_word,
	 .otherwise = "host", .doc = "who told it"},
	{"count", FIELD_COUNT, FIELD_AT(RImpairment, count), .otherwise_number = 1,
	 .doc = "how often"},
	{"effect", FIELD_WORD, FIELD_AT(RImpairment, effect), .words = effect_word,
	 .otherwise = "note", .doc = "on the verdict"},
	{"text", FIELD_TEXT, FIELD_AT(RImpairment, text), .otherwise = "", .doc = "in words"},
	{NULL},
};
const FieldTable results_impairment_table = {
	.name = "impairment",
	.help = "What went wrong on the way.",
	.size = sizeof(RImpairment),
	.fields = impairment_fields,
};

static const char *outcome_word(guint i)
{
	return i < OUTCOME_COUNT ? verdict_outcome_name(i) : NULL;
}

static const Field op_fields[] = {
	RESULTS_OP_FIELDS,
	{"outcome", FIELD_WORD, FIELD_AT(ROp, outcome), FIELD_IF_KNOWN, .words = outcome_word,
	 .doc = "what became of it until the end; older records have none"},
	{"ended", FIELD_TEXT, FIELD_AT(ROp, ended), FIELD_IF_KNOWN,
	 .doc = "why it ended before the run did"},
	{"offlines", FIELD_COUNT, FIELD_AT(ROp, offlines), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "of a hammer: attempts that the kernel began"},
	{"offlines_ok", FIELD_COUNT, FIELD_AT(ROp, offlines_ok), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "of them, those that succeeded"},
	{"offlines_refused", FIELD_COUNT, FIELD_AT(ROp, offlines_refused), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "attempts that the kernel did not even begin"},
	{NULL},
};
static const FieldTable op_table = {
	.name = "verdict_op",
	.help = "An op, and what it did.",
	.size = sizeof(ROp),
	.fields = op_fields,
};

static const Field pressure_fields[] = {
	{"pressure", FIELD_TEXT, FIELD_AT(RPressure, label), .otherwise = "",
	 .doc = "its name in the scenario"},
	{"steps", FIELD_COUNT, FIELD_AT(RPressure, steps), .doc = "that were begun"},
	{"discarded_bytes", FIELD_COUNT, FIELD_AT(RPressure, discarded_bytes), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "taken from the guest"},
	{"skipped", FIELD_TEXT, FIELD_AT(RPressure, skipped), FIELD_IF_KNOWN,
	 .doc = "why it was not applied"},
	{NULL},
};
static const FieldTable pressure_table = {
	.name = "pressure",
	.help = "What the host did to the guest.",
	.size = sizeof(RPressure),
	.fields = pressure_fields,
};

static const Field stand_fields[] = {
	{"stand", FIELD_TEXT, FIELD_AT(RStand, name), .otherwise = "",
	 .doc = "its name in the scenario"},
	{"role", FIELD_TEXT, FIELD_AT(RStand, role), .otherwise = "",
	 .doc = "the task that was held there"},
	{"t_s", FIELD_DOUBLE, FIELD_AT(RStand, t_s), .doc = "since the choreography began"},
	{"cpu", FIELD_COUNT, FIELD_AT(RStand, cpu), .doc = "the vCPU"},
	{"where", FIELD_TEXT, FIELD_AT(RStand, where), .otherwise = "",
	 .doc = "the next instruction, by a function of the choreography where it is in one"},
	{"pfn", FIELD_COUNT, FIELD_AT(RStand, pfn), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "the page of the round"},
	{"page_read", FIELD_BOOL, FIELD_AT(RStand, page_read),
	 .doc = "whether its struct page could be read"},
	{"count", FIELD_INT, FIELD_AT(RStand, count),
	 .doc = "its reference count; 0 when it could not be read"},
	{"type", FIELD_TEXT, FIELD_AT(RStand, type), FIELD_IF_KNOWN,
	 .doc = "its page_type or _mapcount, in hexadecimal"},
	{"flags", FIELD_TEXT, FIELD_AT(RStand, flags), FIELD_IF_KNOWN,
	 .doc = "its flags, in hexadecimal"},
	{NULL},
};
static const FieldTable stand_table = {
	.name = "stand",
	.help = "Where a task was held, and what the page was then.",
	.size = sizeof(RStand),
	.fields = stand_fields,
};

static const Field round_fields[] = {
	{"round", FIELD_COUNT, FIELD_AT(RRound, number), .doc = "from 0"},
	{"t_s", FIELD_DOUBLE, FIELD_AT(RRound, t_s), .doc = "since the choreography began"},
	{"complete", FIELD_BOOL, FIELD_AT(RRound, complete), .doc = "all stands were reached"},
	{"reason", FIELD_TEXT, FIELD_AT(RRound, reason), FIELD_IF_KNOWN, .doc = "why not"},
	{"stands", FIELD_LIST, FIELD_AT(RRound, stands), .of = &stand_table,
	 .doc = "those that were reached"},
	{NULL},
};
const FieldTable results_round_table = {
	.name = "round",
	.help = "A round of a choreography: the interleaving that was forced.",
	.size = sizeof(RRound),
	.fields = round_fields,
};

static const Field hit_fields[] = {
	{"title", FIELD_TEXT, FIELD_AT(RBoot, hit_title), .doc = "in words"},
	{"family", FIELD_WORD, FIELD_AT(RBoot, hit_family), .words = results_family_word,
	 .otherwise = "other", .doc = "family of the race"},
	{"signature", FIELD_TEXT, FIELD_AT(RBoot, hit_signature), .otherwise = "",
	 .doc = "of the incident"},
	{"walker", FIELD_TEXT, FIELD_AT(RBoot, hit_walker), FIELD_IF_KNOWN,
	 .doc = "of the incident"},
	{"block", FIELD_COUNT, FIELD_AT(RBoot, hit_block), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "memory block"},
	{"pfn", FIELD_COUNT, FIELD_AT(RBoot, hit_pfn), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "page"},
	{"offlines", FIELD_COUNT, FIELD_AT(RBoot, hit_offlines), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "offlines begun until then"},
	{"after_go_s", FIELD_DOUBLE, FIELD_AT(RBoot, hit_s), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "since the ops started"},
	{"after_hello_s", FIELD_DOUBLE, FIELD_AT(RBoot, hit_hello_s), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "since the agent started"},
	{NULL},
};
static const FieldTable hit_table = {
	.name = "hit",
	.help = "The first unknown hit.",
	.size = sizeof(RBoot),
	.fields = hit_fields,
};

static const Field verdict_fields[] = {
	{"verdict", FIELD_WORD, FIELD_AT(RBoot, verdict), .words = results_verdict_word,
	 .otherwise = "", .doc = "of the boot"},
	{"reason", FIELD_TEXT, FIELD_AT(RBoot, reason), .otherwise = "",
	 .doc = "one clause, in words"},
	{"phase", FIELD_WORD, FIELD_AT(RBoot, phase), .words = results_phase_word,
	 .otherwise = "hunt", .doc = "`boot`: it ended before its first hotplug event"},
	{"boot", FIELD_COUNT, FIELD_AT(RBoot, number), .only_written = TRUE,
	 .doc = "its number in the hunt"},
	{"seed", FIELD_TEXT, FIELD_AT(RBoot, seed), .only_written = TRUE,
	 .doc = "of the boot, in hexadecimal"},
	{"interrupted", FIELD_BOOL, FIELD_AT(RBoot, interrupted), .doc = "by the user"},
	{"host_lost", FIELD_BOOL, FIELD_AT(RBoot, host_lost), FIELD_IF_SET,
	 .doc = "its host went away"},
	{"run_s", FIELD_DOUBLE, FIELD_AT(RBoot, run_s), .doc = "how long the ops ran"},
	{"cut_s", FIELD_DOUBLE, FIELD_AT(RBoot, cut_s), FIELD_IF_KNOWN, .otherwise_number = -1,
	 .doc = "of that, until a known issue killed what hammered"},
	{"hello_s", FIELD_DOUBLE, FIELD_AT(RBoot, hello_s), .otherwise_number = -1,
	 .doc = "power-on to the agent's first word; -1: it never came"},
	{"offlines", FIELD_COUNT, FIELD_AT(RBoot, offlines),
	 .doc = "attempts that the kernel began"},
	{"offlines_ok", FIELD_COUNT, FIELD_AT(RBoot, offlines_ok), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "of them, those that succeeded"},
	{"offlines_refused", FIELD_COUNT, FIELD_AT(RBoot, offlines_refused), FIELD_IF_KNOWN,
	 .otherwise_number = -1, .doc = "attempts that the kernel did not even begin"},
	{"hits", FIELD_COUNT, FIELD_AT(RBoot, hits), .doc = "of unknown incidents"},
	{"known", FIELD_COUNT, FIELD_AT(RBoot, known), .doc = "incidents that are known issues"},
	{"censored", FIELD_TEXT, FIELD_AT(RBoot, censored), FIELD_IF_KNOWN,
	 .doc = "why it was cut short, though all was well until then: a censored trial"},
	{"ended_by_known", FIELD_TEXT, FIELD_AT(RBoot, ended_by_known), FIELD_IF_KNOWN,
	 .doc = "the known issue that the guest died of"},
	{"first_hit", FIELD_GROUP, 0, 0, FIELD_IF_KNOWN, .of = &hit_table,
	 .doc = "the first unknown one"},
	{"exposure", FIELD_OBJECT, FIELD_AT(RBoot, exposure), FIELD_IF_KNOWN, .of = &exposure_table,
	 .doc = "what the probes counted"},
	{"ops", FIELD_LIST, FIELD_AT(RBoot, ops), .of = &op_table, .most = RESULTS_OPS_MAX,
	 .doc = "in the scenario's order"},
	{"impairments", FIELD_LIST, FIELD_AT(RBoot, impairments), .of = &results_impairment_table,
	 .doc = "what went wrong on the way"},
	{"incidents", FIELD_LIST, FIELD_AT(RBoot, incidents), .of = &incident_table,
	 .doc = "of the hunt"},
	{"baseline", FIELD_LIST, FIELD_AT(RBoot, baseline), .of = &incident_table,
	 .doc = "what the kernel said before the first hotplug event"},
	{"pressure", FIELD_LIST, FIELD_AT(RBoot, pressure), FIELD_IF_SET, .of = &pressure_table,
	 .doc = "from the host"},
	{"rounds_complete", FIELD_COUNT, FIELD_AT(RBoot, rounds_complete), FIELD_IF_SET,
	 .doc = "rounds of the choreography that reached all their stands: how often its "
		"interleaving was executed"},
	{"rounds", FIELD_LIST, FIELD_AT(RBoot, rounds), FIELD_IF_SET, .of = &results_round_table,
	 .doc = "of the choreography"},
	{NULL},
};
const FieldTable results_verdict_table = {
	.name = "verdict.json",
	.help = "How a boot ended; without it, the boot was killed.",
	.size = sizeof(RBoot),
	.fields = verdict_fields,
};

static const Field boot_fields[] = {
	{"boot", FIELD_COUNT, FIELD_AT(RBoot, number), .doc = "its number in the hunt, from 0"},
	{"scenario", FIELD_TEXT, FIELD_AT(RBoot, scenario), .otherwise = "", .doc = "its name"},
	{"seed", FIELD_TEXT, FIELD_AT(RBoot, seed), .otherwise = "",
	 .doc = "of the boot, in hexadecimal"},
	{"started", FIELD_TEXT, FIELD_AT(RBoot, started), .otherwise = "", .doc = "ISO 8601, UTC"},
	{"kernel", FIELD_TEXT, FIELD_AT(RBoot, kernel), .otherwise = "", .doc = "its release"},
	{"kernel_version", FIELD_TEXT, FIELD_AT(RBoot, kernel_version), .otherwise = "",
	 .doc = "of its package"},
	{"build_id", FIELD_TEXT, FIELD_AT(RBoot, build_id), .otherwise = "",
	 .doc = "of its vmlinux"},
	{"backend", FIELD_TEXT, FIELD_AT(RBoot, backend), .otherwise = "qemu",
	 .doc = "what ran the guest"},
	{"accel", FIELD_TEXT, FIELD_AT(RBoot, accel), .otherwise = "", .doc = "`kvm` or `tcg`"},
	{"moved_from", FIELD_TEXT, FIELD_AT(RBoot, moved_from), FIELD_IF_KNOWN,
	 .doc = "the host that was lost under its last attempt"},
	{"argv", FIELD_TEXTS, FIELD_AT(RBoot, argv), .doc = "QEMU's command line"},
	{NULL},
};
const FieldTable results_boot_table = {
	.name = "boot.json",
	.help = "A boot, before its machine starts.",
	.size = sizeof(RBoot),
	.fields = boot_fields,
};

/* clang-format off */
#define HUNT_FIELDS                                                                                \
	{"id", FIELD_TEXT, FIELD_AT(RHunt, id), .otherwise = "", .doc = "name of its folder"},     \
		{"scenario", FIELD_TEXT, FIELD_AT(RHunt, scenario), .otherwise = "",               \
		 .doc = "its name"},                                                               \
		{"seed", FIELD_TEXT, FIELD_AT(RHunt, seed), .otherwise = "",                       \
		 .doc = "in hexadecimal"},                                                         \
		{"kernel", FIELD_TEXT, FIELD_AT(RHunt, kernel), .otherwise = "",                   \
		 .doc = "its release"},                                                            \
		{"kernel_spec", FIELD_TEXT, FIELD_AT(RHunt, kernel_spec), .otherwise = "",         \
		 .doc = "as `--kernel` had it"},                                                   \
		{"backend", FIELD_TEXT, FIELD_AT(RHunt, backend), .otherwise = "",                 \
		 .doc = "what runs its guests; several with spaces between them"},                 \
		{"accel", FIELD_TEXT, FIELD_AT(RHunt, accel), .otherwise = "",                     \
		 .doc = "`kvm` or `tcg`"},                                                         \
		{"pfnhunt", FIELD_TEXT, FIELD_AT(RHunt, pfnhunt), .otherwise = "",                 \
		 .doc = "its version"}
/* clang-format on */

static const Field hunt_fields[] = {
	HUNT_FIELDS,
	{"started", FIELD_TEXT, FIELD_AT(RHunt, started), .otherwise = "", .doc = "ISO 8601, UTC"},
	{"kernel_version", FIELD_TEXT, FIELD_AT(RHunt, kernel_version), FIELD_IF_SET,
	 .otherwise = "", .doc = "of its package"},
	{"build_id", FIELD_TEXT, FIELD_AT(RHunt, build_id), FIELD_IF_SET, .otherwise = "",
	 .doc = "of its vmlinux"},
	{"config_sha256", FIELD_TEXT, FIELD_AT(RHunt, config_sha256), FIELD_IF_SET, .otherwise = "",
	 .doc = "of its configuration"},
	{"image_sha256", FIELD_TEXT, FIELD_AT(RHunt, image_sha256), FIELD_IF_SET, .otherwise = "",
	 .doc = "of the kernel's image"},
	{"modules_sha256", FIELD_TEXT, FIELD_AT(RHunt, modules_sha256), FIELD_IF_SET,
	 .otherwise = "", .doc = "of a line `NAME SHA256` for each module that the guest loads"},
	{"changes", FIELD_TEXT, FIELD_AT(RHunt, changes), FIELD_IF_SET,
	 .doc = "what the command line changed in the scenario, `SECTION.KEY=VALUE; ...`"},
	{"label", FIELD_TEXT, FIELD_AT(RHunt, label), FIELD_IF_SET, .doc = "of `--label`"},
	{"replay_of", FIELD_TEXT, FIELD_AT(RHunt, replay_of), FIELD_IF_SET,
	 .doc = "HUNT/BOOT that it repeats"},
	{"boots", FIELD_COUNT, FIELD_AT(RHunt, boots_planned), .doc = "limit; 0: none"},
	{"time_ms", FIELD_COUNT, FIELD_AT(RHunt, time_ms), .doc = "limit; 0: none"},
	{"duration_ms", FIELD_COUNT, FIELD_AT(RHunt, duration_ms), FIELD_IF_SET,
	 .doc = "that the ops of a whole boot run for"},
	{"jobs", FIELD_COUNT, FIELD_AT(RHunt, jobs), .word_for_0 = "auto",
	 .doc = "boots in parallel"},
	{"pin", FIELD_BOOL, FIELD_AT(RHunt, pin), .doc = "vCPUs are pinned"},
	{"share", FIELD_COUNT, FIELD_AT(RHunt, share), FIELD_IF_SET, .doc = "which shard it is"},
	{"shares", FIELD_COUNT, FIELD_AT(RHunt, shares), FIELD_IF_SET, .doc = "of how many"},
	{"bound", FIELD_SHARE, FIELD_AT(RHunt, bound), FIELD_IF_SET, .doc = "of `stop = bound:`"},
	{"host", FIELD_TEXT, FIELD_AT(RHunt, host_release), .otherwise = "",
	 .doc = "the host's kernel"},
	{"host_name", FIELD_TEXT, FIELD_AT(RHunt, host_name), .otherwise = "", .doc = "the host"},
	{"host_cpu", FIELD_TEXT, FIELD_AT(RHunt, host_cpu), FIELD_IF_SET, .otherwise = "",
	 .doc = "its model"},
	{"host_cpus", FIELD_COUNT, FIELD_AT(RHunt, host_cpus), .doc = "how many"},
	{"host_memory_bytes", FIELD_COUNT, FIELD_AT(RHunt, host_memory_bytes), .doc = "how much"},
	{NULL},
};
const FieldTable results_hunt_table = {
	.name = "hunt.json",
	.help = "A hunt, before its first boot.",
	.size = sizeof(RHunt),
	.fields = hunt_fields,
};

static const Field summary_fields[] = {
	HUNT_FIELDS,
	{"ended", FIELD_TEXT, FIELD_AT(RHunt, ended), .otherwise = "", .doc = "ISO 8601, UTC"},
	{"verdicts", FIELD_TALLY, FIELD_AT(RHunt, verdicts), .words = results_verdict_word,
	 .doc = "how many boots of each"},
	{"verdict", FIELD_WORD, FIELD_AT(RHunt, verdict), .words = results_verdict_word,
	 .otherwise = "", .doc = "of the hunt"},
	{"interrupted", FIELD_BOOL, FIELD_AT(RHunt, interrupted), .doc = "by the user"},
	{NULL},
};
const FieldTable results_summary_table = {
	.name = "summary.json",
	.help = "How a hunt ended; without it, the hunt was killed.",
	.size = sizeof(RHunt),
	.fields = summary_fields,
};

static const Field resize_fields[] = {
	{"device", FIELD_TEXT, FIELD_AT(RResize, device), .otherwise = "?",
	 .doc = "id of the virtio-mem device"},
	{"requested_bytes", FIELD_COUNT, FIELD_AT(RResize, requested_bytes), .doc = "by the host"},
	{"plugged_bytes", FIELD_COUNT, FIELD_AT(RResize, plugged_bytes), .doc = "by the guest"},
	{"host_us", FIELD_COUNT, FIELD_AT(RResize, host_us), .only_read = TRUE,
	 .doc = "the host's clock"},
	{NULL},
};
const FieldTable results_resize_table = {
	.name = "memory.jsonl",
	.help = "Size of a device; a line for each change.",
	.size = sizeof(RResize),
	.fields = resize_fields,
};

static const Field thinned_fields[] = {
	{"removed", FIELD_TEXTS, FIELD_AT(RThinned, removed), .doc = "files"},
	{"bytes", FIELD_COUNT, FIELD_AT(RThinned, bytes), .doc = "that the boot had taken"},
	{NULL},
};
const FieldTable results_thinned_table = {
	.name = "thinned.json",
	.help = "What `--keep` removed of an old clean boot.",
	.size = sizeof(RThinned),
	.fields = thinned_fields,
};
