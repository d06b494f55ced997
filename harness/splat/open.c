/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open splats of open.h. */
#include <string.h>

#include "harness/splat/open.h"
#include "harness/splat/page.h"

void splat_free(Splat *splat)
{
	if (!splat)
		return;
	g_free(splat->title);
	g_free(splat->signature);
	g_free(splat->header);
	g_free(splat->function);
	g_free(splat->file);
	g_free(splat->task);
	g_free(splat->kernel);
	splat_page_clear(&splat->page);
	if (splat->frames)
		g_ptr_array_unref(splat->frames);
	g_free(splat->frame_text);
	if (splat->text)
		g_string_free(splat->text, TRUE);
	g_free(splat);
}

/* So many lines behind its header a stack may begin that nothing announces. */
#define BARE_LINES 2

static char *dup_text(SplatText text)
{
	return text.s ? g_strndup(text.s, text.len) : NULL;
}

static const char *const tops[] = {
	"arch/", "block/",    "certs/",	   "crypto/", "drivers/", "fs/",   "include/",
	"init/", "io_uring/", "ipc/",	   "kernel/", "lib/",	  "mm/",   "net/",
	"rust/", "samples/",  "security/", "sound/",  "tools/",	  "virt/",
};

static gboolean is_top(const char *s, const char *end)
{
	for (guint i = 0; i < G_N_ELEMENTS(tops); i++)
		if (splat_starts(s, end, tops[i]))
			return TRUE;
	return FALSE;
}

/* Modules that people build alone to try a fix, in a folder of their own. */
static const char *const built_alone[] = {
	"drivers/virtio/virtio_mem.c",
	"drivers/virtio/virtio_balloon.c",
};

/* A file in no tree: where it was built is nobody's business, and differs from host to host. */
static char *bare_path(const char *s, const char *end)
{
	g_autofree char *name = g_strndup(s, (gsize)(end - s));

	for (guint i = 0; i < G_N_ELEMENTS(built_alone); i++)
		if (g_str_equal(strrchr(built_alone[i], '/') + 1, name))
			return g_strdup(built_alone[i]);
	return g_steal_pointer(&name);
}

/*
 * The path inside the kernel's tree: a build's own directories before it are cut off, also one
 * that is called "kernel" itself. Of a module built outside the tree the file's name is left.
 */
static char *source_path(SplatText file)
{
	const char *s = file.s, *end = file.s + file.len, *slash;

	while ((slash = memchr(s, '/', (gsize)(end - s)))) {
		gboolean tree = splat_starts(s, end, "kernel/") && s > file.s && s[-1] == '/';

		if (is_top(s, end) && !(tree && is_top(slash + 1, end)))
			return g_strndup(s, (gsize)(end - s));
		s = slash + 1;
	}
	return bare_path(s, end);
}

static void take_match(SplatOpen *open, const SplatMatch *match)
{
	Splat *splat = open->splat;

	if (match->cpu >= 0)
		splat->cpu = match->cpu;
	if (match->pid >= 0)
		splat->pid = match->pid;
	if (match->task.s && !splat->task)
		splat->task = dup_text(match->task);
	if (match->file.s && !splat->file) {
		splat->file = source_path(match->file);
		splat->file_line = match->file_line;
	}
	if (match->condition.s && !open->condition)
		open->condition = dup_text(match->condition);
	if (match->symbol.s && !open->symbol)
		open->symbol = dup_text(splat_bare_name(match->symbol));
}

static void take_words(SplatOpen *open, const SplatMatch *match)
{
	for (guint i = 0; i < match->words; i++) {
		g_free(open->word[i]);
		open->word[i] = dup_text(match->word[i]);
	}
}

SplatOpen *splat_open_new(const SplatRule *rule, const SplatMatch *match, const SplatLine *line)
{
	SplatOpen *open = g_new(SplatOpen, 1);
	Splat *splat = g_new0(Splat, 1);
	const char *pfn;

	memset(open, 0, offsetof(SplatOpen, stack));
	open->stacks = open->frames = open->arena_used = 0;
	open->next_cpu = open->stalled_cpu = -1;
	open->splat = splat;
	open->rule = rule;
	open->caller = line->caller;
	open->last_line = line->count;
	open->last_us = splat->t_us = line->t_us;
	open->last_host_us = splat->host_us = line->host_us;
	splat->line = line->number;
	splat->cpu = splat->pid = -1;
	splat->text = g_string_sized_new(2048);
	splat->header = g_strndup(line->s, (gsize)(line->end - line->s));
	g_strstrip(splat->header);
	take_match(open, match);
	take_words(open, match);
	pfn = splat_find(line->s, line->end, " pfn:");
	if (pfn)
		open->pfn = g_ascii_strtoull(pfn + 5, NULL, 16);
	return open;
}

void splat_open_free(SplatOpen *open)
{
	if (!open)
		return;
	splat_free(open->splat);
	splat_page_clear(&open->late);
	g_free(open->symbol);
	g_free(open->said);
	g_free(open->condition);
	g_free(open->message);
	for (guint i = 0; i < SPLAT_MATCH_WORDS; i++)
		g_free(open->word[i]);
	g_free(open);
}

gboolean splat_open_is_inline_header(const SplatOpen *open)
{
	return !open->had_cpu && !open->had_trace && !open->access &&
	       g_str_has_suffix(open->splat->header, " [inline]");
}

void splat_open_follow(SplatOpen *open, const SplatRule *rule, const SplatMatch *match)
{
	open->followed = TRUE;
	/* "Oops: 0002" says less than what came before; "kernel BUG at" more than a list's */
	if (open->rule->flags & RULE_FOLLOW && !(rule->flags & RULE_FOLLOW)) {
		open->rule = rule;
		take_words(open, match);
	}
	take_match(open, match);
}

static void add_text(SplatOpen *open, const SplatLine *line)
{
	GString *text = open->splat->text;
	gsize len = (gsize)(line->end - line->s), from = text->len;

	if (from + len + 1 > SPLAT_TEXT_MAX)
		return;
	g_string_set_size(text, from + len + 1);
	memcpy(text->str + from, line->s, len);
	text->str[from + len] = '\n';
}

static gboolean only_rip(const SplatOpen *open, const SplatStack *stack)
{
	for (guint i = stack->first; i < stack->first + stack->n; i++)
		if (!open->frame[i].rip)
			return FALSE;
	return stack->n > 0;
}

static void start_stack(SplatOpen *open)
{
	SplatStack *stack;

	open->in_stack = TRUE;
	stack = open->stacks ? &open->stack[open->stacks - 1] : NULL;
	/* where the CPU was belongs to the stack that follows */
	if (stack && !open->next_section_set && only_rip(open, stack))
		return;
	/* a head without frames is replaced */
	if (stack && !stack->n)
		open->stacks--;
	if (open->stacks == SPLAT_OPEN_STACKS)
		return;
	stack = &open->stack[open->stacks++];
	stack->section = open->next_section_set ? open->next_section : SECTION_MAIN;
	stack->cpu = open->next_cpu;
	stack->first = open->frames;
	stack->n = stack->certain = 0;
	open->next_section_set = FALSE;
}

/* An endless recursion: what is at both ends tells more than its middle. */
static void drop_middle(SplatOpen *open, SplatStack *stack)
{
	const guint from = SPLAT_OPEN_FRAMES / 2, n = SPLAT_OPEN_FRAMES / 4;

	if (stack->first > from)
		return;
	memmove(&open->frame[from], &open->frame[from + n], n * sizeof(open->frame[0]));
	open->frames -= n;
	stack->n -= n;
}

static void add_frame(SplatOpen *open, const SplatShape *shape)
{
	SplatStack *stack;
	SplatFrame *frame;

	if (!open->stacks || open->next_section_set)
		start_stack(open);
	stack = &open->stack[open->stacks - 1];
	if (shape->maybe && stack->certain)
		return; /* there are better ones */
	if (open->frames == SPLAT_OPEN_FRAMES)
		drop_middle(open, stack);
	if (open->frames == SPLAT_OPEN_FRAMES || !shape->name.len ||
	    stack->first + stack->n != open->frames || shape->raw.len > G_MAXUINT16 ||
	    open->arena_used + shape->raw.len > SPLAT_OPEN_ARENA)
		return;
	frame = &open->frame[open->frames++];
	stack->n++;
	stack->certain += !shape->maybe;
	memset(frame, 0, sizeof(*frame));
	frame->off = open->arena_used;
	frame->len = (guint16)shape->raw.len;
	frame->name_len = (guint16)splat_bare_name(shape->name).len;
	frame->maybe = (guint8)shape->maybe;
	frame->unsure = (guint8)open->unsure;
	open->unsure = FALSE;
	frame->rip = shape->kind == SHAPE_RIP || shape->kind == SHAPE_LINK;
	memcpy(open->arena + open->arena_used, shape->raw.s, shape->raw.len);
	open->arena_used += (guint)shape->raw.len;
}

/* Nothing called these. */
static gboolean is_outermost(const SplatShape *shape)
{
	static const char *const names[] = {
		"entry_",	  "ret_from_fork",     "ret_from_kernel_thread", "ret_fast_syscall",
		"el0t_64_sync",	  "el0_sync",	       "el0_svc_naked",		 "system_call",
		"sysenter_",	  "secondary_startup", "common_startup_64",	 "x86_64_start",
		"start_secondary"};

	if (!shape->name.len || shape->maybe || !memchr("cersx", *shape->name.s, 5))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (splat_starts(shape->name.s, shape->name.s + shape->name.len, names[i]))
			return TRUE;
	return FALSE;
}

/* A report goes on as they do: the frames that nothing announced were somebody else's. */
static void drop_bare(SplatOpen *open)
{
	if (!open->bare)
		return;
	open->bare = open->in_stack = FALSE;
	open->stacks = open->frames = open->arena_used = 0;
}

static void take_cpu(SplatOpen *open, const SplatShape *shape)
{
	Splat *splat = open->splat;

	if (open->had_cpu)
		return;
	open->had_cpu = TRUE;
	splat->kernel = dup_text(shape->release);
	if (shape->cpu >= 0 && splat->cpu < 0)
		splat->cpu = shape->cpu;
	if (shape->pid >= 0 && splat->pid < 0)
		splat->pid = shape->pid;
	if (shape->task.s && !splat->task)
		splat->task = dup_text(shape->task);
}

/* A line of a page dump. Whose the dump is, its last line tells; route.c takes a VM_BUG_ON's. */
static void take_page(SplatOpen *open, const SplatLine *line, SplatShapeKind kind)
{
	if (kind == SHAPE_PAGE)
		splat_page_clear(&open->late);
	splat_page_read(&open->late, line->s, line->end);
	open->page_open = kind != SHAPE_PAGE_WHY;
	if (open->page_open)
		return;
	if (splat_page_dump(&open->late) == PAGE_DUMP_BEFORE)
		return;
	if (splat_page_dump(&open->late) == PAGE_DUMP_ORDINARY || open->splat->page.present)
		splat_page_clear(&open->late);
	else
		splat_page_move(&open->splat->page, &open->late);
}

static void take_message(SplatOpen *open, const SplatLine *line)
{
	open->message = g_strndup(line->s, (gsize)(line->end - line->s));
	open->message_sure = TRUE;
}

/* The stack dumper of 32-bit ARM, which no head announces. */
static gboolean is_dumper(const SplatShape *shape)
{
	return !shape->maybe && splat_text_is(shape->name, "unwind_backtrace");
}

static void take_frame(SplatOpen *open, const SplatShape *shape)
{
	/* these say first that a stack follows; it is somebody else's */
	if (!open->in_stack && !open->stacks && !open->next_section_set &&
	    open->rule->group != GROUP_REPORT) {
		gboolean bare = !is_dumper(shape);

		if (bare && (open->lines > BARE_LINES || open->had_cpu || open->had_code))
			return;
		start_stack(open);
		open->bare = bare;
	}
	add_frame(open, shape);
	if (!open->bare && open->stacks && open->stack[open->stacks - 1].section != SECTION_SIDE)
		open->had_trace = TRUE;
}

/* What makes stacks and says whose they are; FALSE for a line that is neither. */
static gboolean take_stack(SplatOpen *open, const SplatShape *shape)
{
	switch (shape->kind) {
	case SHAPE_TRACE:
		drop_bare(open);
		start_stack(open);
		return TRUE;
	case SHAPE_FRAME:
		take_frame(open, shape);
		return TRUE;
	case SHAPE_RIP:
		drop_bare(open);
		open->had_rip = TRUE;
		if (!shape->user && !open->tail)
			add_frame(open, shape);
		return TRUE;
	case SHAPE_LINK:
		/* a jump to nowhere: the caller is all that is known, and in no stack */
		if (open->had_rip && !open->frames && !open->tail)
			add_frame(open, shape);
		return TRUE;
	case SHAPE_SECTION:
		open->in_stack = FALSE;
		open->next_section = shape->section;
		open->next_section_set = TRUE;
		open->next_cpu = shape->cpu;
		if (shape->name.len)
			add_frame(open, shape);
		return TRUE;
	case SHAPE_CPU:
		/* a side note ends where the report goes on */
		if (open->next_section == SECTION_SIDE)
			open->next_section_set = FALSE;
		drop_bare(open);
		take_cpu(open, shape);
		return TRUE;
	default:
		return FALSE;
	}
}

/* What is said beside the stacks. */
static void take_fact(SplatOpen *open, const SplatLine *line, const SplatShape *shape)
{
	switch (shape->kind) {
	case SHAPE_CODE:
		open->had_code = TRUE;
		break;
	case SHAPE_ACCESS:
		if (!open->access)
			open->access = shape->write ? 'W' : 'R';
		break;
	case SHAPE_SAID:
		if (!open->said)
			open->said = dup_text(splat_bare_name(shape->name));
		break;
	case SHAPE_STALLED:
		if (open->stalled_cpu < 0)
			open->stalled_cpu = shape->cpu;
		break;
	case SHAPE_END:
		open->tail = TRUE;
		open->in_stack = FALSE;
		break;
	case SHAPE_PAGE:
	case SHAPE_PAGE_GO:
	case SHAPE_PAGE_WHY:
		take_page(open, line, shape->kind);
		break;
	case SHAPE_OTHER:
		/* old kernels print the message behind the header */
		if (open->rule->group == GROUP_WARN && open->lines == 1 && !open->message &&
		    !open->followed)
			take_message(open, line);
		break;
	default:
		break;
	}
}

void splat_open_add(SplatOpen *open, const SplatLine *line, const SplatShape *shape)
{
	if (!take_stack(open, shape))
		take_fact(open, line, shape);
	if (shape->task_off || (shape->kind == SHAPE_FRAME && is_outermost(shape)))
		open->in_stack = FALSE;
	open->lines++;
	if (line->t_us >= 0)
		open->last_us = line->t_us;
	open->last_host_us = line->host_us;
	open->last_line = line->count;
	add_text(open, line);
}
