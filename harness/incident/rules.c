/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place that says what belongs to which family of the race, and what causes what. */
#include <string.h>

#include "guest-agent/contract/op.h"
#include "harness/incident/incident.h"

static gboolean has_frame(const Splat *splat, const char *function)
{
	gsize len = strlen(function);

	for (guint i = 0; i < splat->frames->len; i++)
		if (strncmp(g_ptr_array_index(splat->frames, i), function, len) == 0)
			return TRUE;
	return FALSE;
}

static gboolean has_text(const Splat *splat, const char *text)
{
	return memmem(splat->text->str, splat->text->len, text, strlen(text)) != NULL;
}

/* The agent's own look at the blocks walks by PFN, too, and is no op of the scenario. */
static gboolean of_agent(const Splat *splat)
{
	return g_strcmp0(splat->task, "pfnhunt-look") == 0;
}

/* The op that says of itself, in the list that @names gives, how @text begins; or NULL. */
static const char *walker_by(const char *text, const char *const *(*names)(const struct op *op))
{
	const struct op *op;

	for (size_t i = 0; (op = op_get(i)); i++)
		for (const char *const *name = names(op); name && *name; name++)
			if (g_str_has_prefix(text, *name))
				return op_walker(op);
	return NULL;
}

static const char *const *frames_of(const struct op *op)
{
	return op->frames;
}

static const char *const *threads_of(const struct op *op)
{
	return op->threads;
}

/* From the outermost function on: khugepaged that compacts memory is khugepaged. */
const char *incident_walker(const Splat *splat)
{
	const char *walker = NULL;

	for (guint i = splat->frames->len; i-- > 0 && !walker;)
		walker = walker_by(g_ptr_array_index(splat->frames, i), frames_of);
	if (walker)
		return of_agent(splat) ? "block-monitor" : walker;
	return splat->task ? walker_by(splat->task, threads_of) : NULL;
}

enum {
	IF_WALKER = 1 << 0,   /* a walker is in the stack */
	IF_EMULATED = 1 << 1, /* the guest ran under TCG */
	IF_NMI = 1 << 2,      /* the panic is by the NMI to a guest that hangs */
	/*
	 * Memory was hot-plugged: in the stack, in the log, or the page is marked offline. A family
	 * of the race without it is a guess.
	 */
	IF_HOTPLUG = 1 << 3,
	IF_NO_TYPE = 1 << 4, /* the page is no page table, slab, huge page or the like */
};

#define KINDS_MAX 5

typedef struct {
	SplatKind kinds[KINDS_MAX]; /* up to KIND_NONE; none: all */
	const char *file;	    /* or NULL */
	const char *reason;	    /* of the page dump, its beginning, or NULL */
	const char *frame;	    /* in the stack, its beginning, or NULL */
	const char *text;	    /* in the splat's lines, or NULL */
	guint conditions;
	IncidentFamily family;
	guint rank;
	gboolean consequence;
	const char *note;
	gboolean wild;
} IncidentRule;

/* clang-format off */
#define OOPS  {KIND_NULL_DEREF, KIND_PAGE_FAULT, KIND_GPF, KIND_OOPS}
#define FAULT {KIND_PAGE_FAULT, KIND_GPF, KIND_OOPS} /* a removed struct page is not near NULL */
#define STALL \
	{KIND_RCU_STALL, KIND_SOFT_LOCKUP, KIND_HARD_LOCKUP, KIND_HUNG_TASK, KIND_WORKQUEUE_LOCKUP}
#define STUCK "endless memory offline"

static const IncidentRule rules[] = {
	{.kinds = {KIND_INT3}, .conditions = IF_EMULATED, .family = FAMILY_EMULATOR, .rank = 100},
	/*
	 * Kprobes step back from an int3 that is gone from memory and try again. A CPU whose
	 * translation still holds it does so for ever, until a watchdog or our NMI looks.
	 */
	{.kinds = {KIND_PANIC}, .text = "\n asm_exc_int3+", .conditions = IF_EMULATED | IF_NMI,
	 .family = FAMILY_EMULATOR, .rank = 100},
	{.kinds = {KIND_PANIC}, .text = "RIP: 0010:asm_exc_int3",
	 .conditions = IF_EMULATED | IF_NMI, .family = FAMILY_EMULATOR, .rank = 100},
	{.kinds = STALL, .text = "RIP: 0010:asm_exc_int3", .conditions = IF_EMULATED,
	 .family = FAMILY_EMULATOR, .rank = 100},

	{.reason = "fake-offline page referenced", .family = FAMILY_FAKE_OFFLINE, .rank = 90},
	{.kinds = {KIND_WARNING}, .file = "drivers/virtio/virtio_mem.c",
	 .frame = "virtio_mem_fake_offline_going_offline", .family = FAMILY_FAKE_OFFLINE,
	 .rank = 90},
	{.kinds = {KIND_WARNING}, .file = "drivers/virtio/virtio_mem.c",
	 .frame = "virtio_mem_memory_notifier_cb", .family = FAMILY_FAKE_OFFLINE, .rank = 90},

	{.kinds = OOPS, .text = "permissions violation", .conditions = IF_WALKER | IF_HOTPLUG,
	 .family = FAMILY_VMEMMAP_WRITE, .rank = 80},
	{.kinds = OOPS, .text = "write to read-only memory", .conditions = IF_WALKER | IF_HOTPLUG,
	 .family = FAMILY_VMEMMAP_WRITE, .rank = 80},
	{.kinds = FAULT, .text = "not-present page", .conditions = IF_WALKER | IF_HOTPLUG,
	 .family = FAMILY_MEMMAP_REMOVAL, .rank = 80},
	{.kinds = FAULT, .text = "translation fault", .conditions = IF_WALKER | IF_HOTPLUG,
	 .family = FAMILY_MEMMAP_REMOVAL, .rank = 80},
	{.kinds = OOPS, .frame = "get_pfnblock_", .conditions = IF_HOTPLUG,
	 .family = FAMILY_MEMMAP_REMOVAL, .rank = 80},
	{.kinds = OOPS, .frame = "pfn_to_online_page", .conditions = IF_HOTPLUG,
	 .family = FAMILY_MEMMAP_REMOVAL, .rank = 80},
	{.kinds = OOPS, .frame = "bad_page", .text = "not-present page", .conditions = IF_HOTPLUG,
	 .family = FAMILY_MEMMAP_REMOVAL, .rank = 80},

	{.kinds = {KIND_SILENT}, .text = "taint changed", .family = FAMILY_SILENT,
	 .rank = INCIDENT_RANK_TRACE, .consequence = TRUE},
	{.kinds = {KIND_SILENT}, .family = FAMILY_SILENT, .rank = INCIDENT_RANK_PLAIN},

	{.kinds = {KIND_WARNING}, .frame = "free_contig_range", .conditions = IF_HOTPLUG,
	 .family = FAMILY_PLUG, .rank = 60},
	{.kinds = {KIND_WARNING}, .file = "mm/gup.c", .frame = "try_get_folio",
	 .conditions = IF_HOTPLUG, .family = FAMILY_PLUG, .rank = 60, .consequence = TRUE},
	{.kinds = {KIND_BAD_PAGE}, .frame = "virtio_mem_fake_online", .family = FAMILY_PLUG,
	 .rank = 60, .consequence = TRUE},
	{.kinds = {KIND_BAD_PAGE}, .frame = "virtio_mem_run_wq", .family = FAMILY_PLUG, .rank = 60,
	 .consequence = TRUE},

	{.kinds = {KIND_KERNEL_BUG, KIND_LIST_CORRUPTION}, .frame = "offline_pages",
	 .family = FAMILY_FAKE_OFFLINE, .rank = 40, .consequence = TRUE},
	{.kinds = {KIND_BAD_PAGE}, .reason = "nonzero _refcount",
	 .conditions = IF_HOTPLUG | IF_NO_TYPE, .family = FAMILY_CANCEL, .rank = 30,
	 .consequence = TRUE},
	{.kinds = {KIND_BAD_PAGE}, .text = "(offline)", .conditions = IF_HOTPLUG,
	 .family = FAMILY_FAKE_OFFLINE, .rank = 30, .consequence = TRUE},
	{.kinds = {KIND_BAD_PAGE}, .conditions = IF_WALKER | IF_HOTPLUG | IF_NO_TYPE,
	 .family = FAMILY_FAKE_OFFLINE, .rank = 30, .consequence = TRUE},

	{.kinds = {KIND_BAD_PAGE, KIND_LIST_CORRUPTION}, .family = FAMILY_OTHER, .rank = 20,
	 .consequence = TRUE},
	{.kinds = {KIND_KERNEL_BUG}, .file = "mm/page_alloc.c", .family = FAMILY_OTHER, .rank = 20,
	 .consequence = TRUE},

	{.kinds = STALL, .frame = "offline_pages", .family = FAMILY_OTHER, .rank = 6,
	 .consequence = TRUE, .note = STUCK},
	{.kinds = STALL, .frame = "virtio_mem_run_wq", .family = FAMILY_OTHER, .rank = 5,
	 .consequence = TRUE, .note = STUCK},
	{.kinds = STALL, .frame = "mem_hotplug_begin", .family = FAMILY_OTHER, .rank = 5,
	 .consequence = TRUE, .note = STUCK},
	{.kinds = STALL, .family = FAMILY_OTHER, .rank = 4, .consequence = TRUE},
	{.kinds = {KIND_PANIC, KIND_REBOOT}, .family = FAMILY_OTHER, .rank = 1,
	 .consequence = TRUE},
	{.kinds = OOPS, .family = FAMILY_OTHER, .rank = INCIDENT_RANK_PLAIN, .wild = TRUE},
	{.family = FAMILY_OTHER, .rank = INCIDENT_RANK_PLAIN},
};
/* clang-format on */

static gboolean kind_in(const SplatKind kinds[KINDS_MAX], SplatKind kind)
{
	for (guint i = 0; i < KINDS_MAX && kinds[i]; i++)
		if (kinds[i] == kind)
			return TRUE;
	return FALSE;
}

static gboolean is_emulated(const Splat *splat, IncidentMachine machine)
{
	return machine == MACHINE_TCG ||
	       (machine == MACHINE_UNKNOWN && has_text(splat, "Hardware name: QEMU"));
}

/* PageOffline by the page type; older dumps only show the mapcount, which shares its union. */
static gboolean is_offline_page(const SplatPage *page)
{
	const gint64 offline = 0x100;

	if (page->page_type)
		return strstr(page->page_type, "(offline)") != NULL;
	return page->present && page->mapcount < -1 && ~(page->mapcount - 1) & offline;
}

static gboolean is_of_type(const SplatPage *page)
{
	static const char *const types[] = {"(table)", "(slab)", "(hugetlb)", "(guard)",
					    "(zsmalloc)"};

	for (guint i = 0; i < G_N_ELEMENTS(types) && page->page_type; i++)
		if (strstr(page->page_type, types[i]))
			return TRUE;
	return FALSE;
}

static gboolean shows_hotplug(const Splat *splat)
{
	static const char *const functions[] = {
		"virtio_mem_",	       "offline_pages",	     "online_pages",	"memory_subsys_o",
		"offline_and_remove_", "try_remove_memory",  "remove_memory",	"__remove_memory",
		"__remove_pages",      "add_memory",	     "__add_memory",	"add_pages",
		"memory_notify",       "arch_remove_memory", "arch_add_memory", "sparse_remove_",
		"memory_block_o",      "section_deactivate"};
	static const SplatKind oopses[KINDS_MAX] = OOPS;

	for (guint i = 0; i < G_N_ELEMENTS(functions); i++)
		if (has_frame(splat, functions[i]))
			return TRUE;
	if (is_offline_page(&splat->page))
		return TRUE;
	/* its module is loaded: memory may go; what is wrong with a page has many other causes */
	return kind_in(oopses, splat->kind) && has_text(splat, "virtio_mem");
}

static gboolean rule_matches(const IncidentRule *rule, const Splat *splat, IncidentMachine machine,
			     gboolean hotplug)
{
	if (rule->kinds[0] && !kind_in(rule->kinds, splat->kind))
		return FALSE;
	if (rule->file && g_strcmp0(rule->file, splat->file) != 0)
		return FALSE;
	if (rule->reason &&
	    !(splat->page.reason && g_str_has_prefix(splat->page.reason, rule->reason)))
		return FALSE;
	if (rule->frame && !has_frame(splat, rule->frame) &&
	    !(splat->function && g_str_has_prefix(splat->function, rule->frame)))
		return FALSE;
	if (rule->text && !has_text(splat, rule->text))
		return FALSE;
	if (rule->conditions & IF_EMULATED && !is_emulated(splat, machine))
		return FALSE;
	if (rule->conditions & IF_NMI && !has_text(splat, "NMI: Not continuing"))
		return FALSE;
	if (rule->conditions & IF_HOTPLUG && !hotplug && !shows_hotplug(splat))
		return FALSE;
	if (rule->conditions & IF_NO_TYPE && is_of_type(&splat->page))
		return FALSE;
	return !(rule->conditions & IF_WALKER) || incident_walker(splat);
}

IncidentJudgement incident_judge(const Splat *splat, IncidentMachine machine, gboolean hotplug)
{
	const IncidentRule *rule = rules;

	while (!rule_matches(rule, splat, machine, hotplug))
		rule++;
	return (IncidentJudgement){.family = rule->family,
				   .rank = rule->rank,
				   .consequence = rule->consequence,
				   .wild = rule->wild,
				   .note = rule->note};
}
