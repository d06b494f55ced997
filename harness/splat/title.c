/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The function that a splat is named after, and its title. */
#include <string.h>

#include "harness/splat/name.h"
#include "harness/splat/skip-frames.h"

/* Functions whose variants are one and the same to whoever waits in them. */
static const struct {
	const char *pattern, *name;
} aliases[] = {
	{"smp_call_function", "smp_call_function"}, {"synchronize_rcu", "synchronize_rcu"},
	{"synchronize_sched", "synchronize_rcu"},   {"__synchronize_srcu", "synchronize_rcu"},
	{"synchronize_srcu", "synchronize_rcu"},
};

/* How the architectures and ages call the function of a system call. */
static const char *const call_prefixes[] = {"__x64_sys_",   "__ia32_sys_",  "__arm64_sys_",
					    "__riscv_sys_", "__s390x_sys_", "__se_sys_",
					    "__do_sys_",    "__sys_"};

static gboolean waits(const SplatRule *rule)
{
	return rule->group == GROUP_STALL || rule->skip_frames & SKIP_WAIT;
}

static const char *skip_prefix(SplatText name, const char *prefix)
{
	return splat_starts(name.s, name.s + name.len, prefix) ? name.s + strlen(prefix) : NULL;
}

/* The name that a title of @rule has for @name. */
static char *title_name(const SplatRule *rule, SplatText name)
{
	const char *end = name.s + name.len, *rest;

	while (name.len > 1 && *name.s == '.') { /* a code entry of ppc64 */
		name.s++;
		name.len--;
	}
	for (guint i = 0; i < G_N_ELEMENTS(aliases) && waits(rule); i++)
		if (splat_starts(name.s, end, aliases[i].pattern))
			return g_strdup(aliases[i].name);
	for (guint i = 0; i < G_N_ELEMENTS(call_prefixes); i++)
		if ((rest = skip_prefix(name, call_prefixes[i])))
			return g_strdup_printf("sys_%.*s", (int)(end - rest), rest);
	if ((rest = skip_prefix(name, "SyS_")) || (rest = skip_prefix(name, "SYSC_")) ||
	    (rest = skip_prefix(name, "ksys_")))
		return g_strndup(rest, (gsize)(end - rest));
	return g_strndup(name.s, name.len);
}

static gboolean skips_frame(const SplatOpen *open, guint i, int classes)
{
	return splat_skips_frame(splat_frame_name(open, &open->frame[i]), classes);
}

/* Frames with "?" only count where there are no others. */
static gboolean usable(const SplatOpen *open, const SplatStack *stack, guint i)
{
	return !open->frame[i].maybe || !stack->certain;
}

static const SplatStack *find_stack(const SplatOpen *open, SplatSection section)
{
	for (guint i = 0; i < open->stacks; i++)
		if (open->stack[i].section == section && open->stack[i].n)
			return &open->stack[i];
	return NULL;
}

/* Without what is in front of its first letter. */
static SplatText bare(SplatText name)
{
	while (name.len && *name.s == '_') {
		name.s++;
		name.len--;
	}
	return name;
}

#define UNSURE (-2)

/* The first frame that is not to be skipped, from the inside. -1: none; UNSURE: perhaps not ours. */
static int from_inside(const SplatOpen *open, const SplatStack *stack, int classes)
{
	for (guint i = stack->first; i < stack->first + stack->n; i++)
		if (usable(open, stack, i) && !skips_frame(open, i, classes))
			return open->frame[i].unsure ? UNSURE : (int)i;
	return -1;
}

/*
 * The function that waits, of which the frame @i may be but a part: "migrate_pages_batch" and
 * "__migrate_pages" of one kernel are inlined into "migrate_pages" in another.
 */
static guint find_whole(const SplatOpen *open, const SplatStack *stack, guint i)
{
	for (guint j = i + 1; j < stack->first + stack->n && j < i + 4; j++) {
		SplatText part = bare(splat_frame_name(open, &open->frame[i]));
		SplatText whole = bare(splat_frame_name(open, &open->frame[j]));

		if (usable(open, stack, j) && whole.len >= 6 && part.len >= whole.len &&
		    memcmp(part.s, whole.s, whole.len) == 0 &&
		    (part.len == whole.len || part.s[whole.len] == '_'))
			i = j;
	}
	return i;
}

static gboolean name_starts(const SplatOpen *open, guint i, const char *const *beginnings)
{
	SplatText name = splat_frame_name(open, &open->frame[i]);

	for (; *beginnings; beginnings++)
		if (splat_starts(name.s, name.s + name.len, *beginnings))
			return TRUE;
	return FALSE;
}

/* Where an interrupt, soft or hard, or a packet took a CPU away from what it did. */
static gboolean is_interrupt(const SplatOpen *open, guint i)
{
	static const char *const names[] = {"asm_sysvec_",
					    "apic_timer_interrupt",
					    "trace_apic_timer_interrupt",
					    "smp_trace_apic_timer_interrupt",
					    "ret_from_intr",
					    "common_interrupt",
					    "asm_common_interrupt",
					    "el1_irq",
					    "el1h_64_irq",
					    "__irq_svc",
					    "end_repeat_nmi",
					    "asm_exc_nmi",
					    "reschedule_interrupt",
					    "call_function_",
					    "irq_svc",
					    "__irq_usr",
					    "handle_riscv_irq",
					    "__do_softirq",
					    "handle_softirqs",
					    "do_softirq",
					    "__netif_receive_skb",
					    NULL};

	return name_starts(open, i, names);
}

/* What only runs to find out about a stall. */
static gboolean is_sampler(const SplatOpen *open, guint i)
{
	static const char *const names[] = {"rcu_sched_clock_irq",
					    "rcu_check_callbacks",
					    "check_cpu_stall",
					    "print_cpu_stall",
					    "print_other_cpu_stall",
					    "update_process_times",
					    "watchdog_timer_fn",
					    "nmi_cpu_backtrace",
					    "watchdog_overflow_callback",
					    NULL};

	return name_starts(open, i, names);
}

/*
 * "do_futex" below "__x64_sys_futex": the call's own code says no more than the call, which is
 * returned; -1 for other frames.
 */
static int find_call(const SplatOpen *open, guint i, guint end)
{
	SplatText name = bare(splat_frame_name(open, &open->frame[i]));

	if (!splat_starts(name.s, name.s + name.len, "do_"))
		return -1;
	name.s += 3;
	name.len -= 3;
	for (guint j = i + 1; j < end && j < i + 4; j++) {
		SplatText call = splat_frame_name(open, &open->frame[j]);

		if (call.len > name.len + 4 &&
		    memcmp(call.s + call.len - name.len, name.s, name.len) == 0 &&
		    memcmp(call.s + call.len - name.len - 4, "sys_", 4) == 0)
			return (int)j;
	}
	return -1;
}

#define SKIP_OUTER_ALL (SKIP_OUTER | SKIP_WAIT | SKIP_LIB)

/* The last frame of [start, end) that is not on the way to everything, or -1. */
static int outermost(const SplatOpen *open, const SplatStack *stack, guint start, guint end,
		     int classes)
{
	for (guint i = end; i > start; i--) {
		int call;

		if (!usable(open, stack, i - 1) || skips_frame(open, i - 1, classes))
			continue;
		call = find_call(open, i - 1, end);
		return call >= 0 ? call : (int)(i - 1);
	}
	return -1;
}

/* The name of what @stack's CPU did for so long: entered last before it got lost. */
static int from_outside(const SplatOpen *open, const SplatStack *stack, int classes)
{
	guint start = stack->first, end = stack->first + stack->n, stop;
	gboolean sampled = FALSE;
	int frame;

	/* the interrupt that took the sample is not what was sampled */
	for (guint i = start; i < end; i++) {
		sampled |= is_sampler(open, i);
		if (sampled && is_interrupt(open, i)) {
			start = i + 1;
			sampled = FALSE;
		}
	}
	for (; start < end; start = stop + 1) {
		for (stop = start; stop < end && !is_interrupt(open, stop); stop++)
			;
		for (guint i = start; i < stop && i < start + 16; i++)
			if (name_starts(open, i, (const char *const[]){"smp_call_function", NULL}))
				return (int)i;
		if ((frame = outermost(open, stack, start, stop, classes)) >= 0)
			return frame;
	}
	return -1;
}

/* All are skipped: then the system call names it. */
static int from_call(const SplatOpen *open, const SplatStack *stack)
{
	static const char *const names[] = {"__x64_sys_", "__ia32_",	 "__arm64_", "__se_sys_",
					    "__do_sys_",  "SyS_",	 "sys_",     "ksys_",
					    "__sys_",	  "compat_SyS_", NULL};

	for (guint i = stack->first + stack->n; i > stack->first; i--)
		if (usable(open, stack, i - 1) && name_starts(open, i - 1, names))
			return (int)(i - 1);
	return -1;
}

/* The stack of what stalled: of the CPU that the report names, else its own, else any. */
static int pick_stalled(const SplatOpen *open)
{
	for (guint pass = 0; pass < 3; pass++) {
		for (guint i = 0; i < open->stacks; i++) {
			const SplatStack *stack = &open->stack[i];
			gboolean wanted = pass == 0 ? stack->section == SECTION_CPU &&
							      stack->cpu == open->stalled_cpu
					  : pass == 1 ? stack->section == SECTION_MAIN
						      : stack->section == SECTION_CPU;
			int frame;

			if (!wanted || !stack->n)
				continue;
			frame = from_outside(open, stack, SKIP_OUTER_ALL);
			if (frame < 0)
				frame = from_call(open, stack);
			if (frame < 0) /* a thread in a lock, and in nothing else */
				frame = from_outside(open, stack, SKIP_OUTER | SKIP_WAIT);
			if (frame >= 0)
				return frame;
		}
	}
	return -1;
}

/*
 * The innermost frame of the complaint's own stacks that names something; in a stack of nothing
 * but frames to be skipped, the innermost that is no reporter's; else the system call.
 */
static int pick_frame(const SplatOpen *open, int classes)
{
	const SplatStack *stack;
	int frame;

	for (guint i = 0; i < open->stacks; i++) {
		stack = &open->stack[i];
		if (stack->section != SECTION_MAIN || !stack->n)
			continue;
		frame = from_inside(open, stack, classes | SKIP_LIB);
		if (frame == UNSURE)
			return -1;
		if (frame >= 0 && open->rule->kind == KIND_HUNG_TASK)
			frame = (int)find_whole(open, stack, (guint)frame);
		if (frame < 0)
			frame = from_call(open, stack);
		if (frame >= 0)
			return frame;
	}
	stack = find_stack(open, SECTION_MAIN);
	frame = stack ? from_inside(open, stack, classes) : -1;
	return MAX(frame, -1);
}

/*
 * Of two locks that are taken in a wrong order, one in interrupts: where it is taken there.
 * Whoever completes the circle is one of many.
 */
static int pick_side(const SplatOpen *open, int classes)
{
	const SplatStack *stack = find_stack(open, SECTION_SIDE);

	return stack ? MAX(from_inside(open, stack, classes | SKIP_LIB), -1) : -1;
}

/* Of a stack that overflowed: what began it. */
static int pick_outermost(const SplatOpen *open)
{
	const SplatStack *stack = find_stack(open, SECTION_MAIN);

	return stack ? outermost(open, stack, stack->first, stack->first + stack->n, SKIP_OUTER_ALL)
		     : -1;
}

static gboolean names_something(const char *symbol, int classes)
{
	return symbol &&
	       !splat_skips_frame((SplatText){symbol, strlen(symbol)}, classes | SKIP_LIB);
}

/* The function, or NULL. @sure: FALSE when the report is not whole enough to tell. */
static char *pick_function(const SplatOpen *open, gboolean *sure)
{
	const SplatRule *rule = open->rule;
	int classes = open->refine ? open->refine->skip_frames : rule->skip_frames;
	const char *symbol = NULL;
	int frame;

	*sure = TRUE;
	if (rule->pick == PICK_NONE && !open->refine)
		return NULL;
	if (rule->pick == PICK_HEADER)
		symbol = open->symbol;
	else if (rule->pick == PICK_SAID)
		symbol = open->said;
	if (names_something(symbol, classes))
		return title_name(rule, (SplatText){symbol, strlen(symbol)});
	if (rule->pick == PICK_SIDE && (frame = pick_side(open, classes)) >= 0)
		return title_name(rule, splat_frame_name(open, &open->frame[frame]));
	if (rule->pick != PICK_OUTER)
		frame = pick_frame(open, classes);
	else if (rule->group == GROUP_STALL)
		frame = pick_stalled(open);
	else
		frame = pick_outermost(open);
	if (frame >= 0) {
		/* the reporting function itself is not what a refined title asks for */
		*sure = !open->refine || !skips_frame(open, (guint)frame, SKIP_LIB);
		return title_name(rule, splat_frame_name(open, &open->frame[frame]));
	}
	*sure = FALSE;
	if (names_something(open->symbol, classes))
		return title_name(rule, (SplatText){open->symbol, strlen(open->symbol)});
	return NULL;
}

/* A captured text in a title: addresses, numbers and offsets are not what names it. */
static void append_word(GString *title, const char *word)
{
	const char *s = word ? word : "";

	while (*s) {
		const char *start = s;
		gboolean inside = s > word && (g_ascii_isalnum(s[-1]) || s[-1] == '_');
		gboolean hex;

		if (s[0] == '+' && s[1] == '0' && s[2] == 'x') { /* "+0x14/0x20" */
			for (s++; g_ascii_isxdigit(*s) || *s == 'x' || *s == '/'; s++)
				;
			continue;
		}
		if (inside || !g_ascii_isxdigit(*s)) {
			g_string_append_c(title, *s++);
			continue;
		}
		hex = s[0] == '0' && s[1] == 'x';
		if (hex)
			s += 2;
		else
			hex = strspn(s, "0123456789") < strspn(s, "0123456789abcdefABCDEF");
		s += strspn(s, hex ? "0123456789abcdefABCDEF" : "0123456789");
		if (g_ascii_isalpha(*s) || *s == '_' || (hex && s - start < 8))
			g_string_append_len(title, start, s - start); /* a word that looks so */
		else
			g_string_append(title, hex ? "ADDR" : "NUM");
	}
}

#define BARE_FRAMES 2 /* so many are a stack: one may be the rest of a wrapped header */

/* TRUE when the report has no stack where one of its kind has, or no end of it. */
static gboolean is_cut_short(const SplatOpen *open)
{
	const SplatRule *rule = open->rule;

	if (open->cut || open->mixed)
		return TRUE;
	if (rule->group == GROUP_PANIC)
		return rule->flags & RULE_FOLLOW; /* what it followed is not there */
	if (rule->group == GROUP_LINE || rule->group == GROUP_BOOT || rule->pick == PICK_NONE ||
	    strstr(rule->title, "%O"))
		return FALSE;
	/* what names its function itself may have no stack */
	if (rule->pick == PICK_SAID && open->said && rule->kind != KIND_DEADLOCK)
		return FALSE;
	return !open->had_trace && (!open->bare || open->frames < BARE_FRAMES);
}

void splat_title(SplatOpen *open)
{
	Splat *splat = open->splat;
	const char *format = open->refine ? open->refine->title : open->rule->title;
	GString *title = g_string_new(NULL);
	gboolean sure;

	splat->function = pick_function(open, &sure);
	if ((!sure && !strstr(open->rule->title, "%O")) || is_cut_short(open))
		splat->corrupted = TRUE;
	for (const char *s = format; *s; s++) {
		if (*s != '%') {
			g_string_append_c(title, *s);
			continue;
		}
		s++;
		if (*s == 'F') {
			g_string_append(title,
					splat->function ? splat->function : SPLAT_NO_FUNCTION);
		} else if (*s == 'O') {
			if (splat->function)
				g_string_append_printf(title, " in %s", splat->function);
		} else if (*s == 'A') {
			if (open->access)
				g_string_append(title, open->access == 'W' ? " Write" : " Read");
		} else {
			append_word(title, open->word[*s - '1']);
		}
	}
	while (title->len && strchr(" .", title->str[title->len - 1]))
		g_string_truncate(title, title->len - 1);
	splat->title = g_string_free(title, FALSE);
}
