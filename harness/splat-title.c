/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The function that a splat is named after, and its title. */
#include "harness/splat-open.h"

static gboolean usable(const SplatOpen *open, const SplatFrame *frame, int plumbing)
{
	return !frame->unsure && !splat_is_plumbing(splat_frame_name(open, frame), plumbing);
}

/* The stack that tells of the complaint itself, or NULL. */
static const SplatStack *main_stack(const SplatOpen *open, SplatSection section)
{
	for (guint i = 0; i < open->stacks; i++)
		if (open->stack[i].section == section && open->stack[i].n)
			return &open->stack[i];
	return NULL;
}

static const SplatFrame *from_inside(const SplatOpen *open, const SplatStack *stack, int plumbing)
{
	for (guint i = stack->first; i < stack->first + stack->n; i++)
		if (!open->frame[i].maybe && usable(open, &open->frame[i], plumbing))
			return &open->frame[i];
	for (guint i = stack->first; i < stack->first + stack->n; i++)
		if (usable(open, &open->frame[i], plumbing))
			return &open->frame[i];
	return NULL;
}

static const SplatFrame *from_outside(const SplatOpen *open, const SplatStack *stack, int plumbing)
{
	for (guint i = stack->first + stack->n; i > stack->first; i--)
		if (!open->frame[i - 1].maybe && usable(open, &open->frame[i - 1], plumbing))
			return &open->frame[i - 1];
	return NULL;
}

static char *frame_name(const SplatOpen *open, const SplatFrame *frame)
{
	return frame ? g_strndup(open->arena + frame->off, frame->name_len) : NULL;
}

static char *pick_function(const SplatOpen *open)
{
	const SplatRule *rule = open->rule;
	int plumbing = open->refine ? open->refine->plumbing : rule->plumbing;
	const SplatStack *stack;

	switch (rule->pick) {
	case PICK_NONE:
		return NULL;
	case PICK_SAID:
		return g_strdup(open->said);
	case PICK_HEADER:
		if (open->symbol && !open->refine &&
		    !splat_is_plumbing((SplatText){open->symbol, strlen(open->symbol)}, plumbing))
			return g_strdup(open->symbol);
		break;
	case PICK_OUTER:
		stack = main_stack(open, SECTION_CPU);
		if (!stack)
			stack = main_stack(open, SECTION_MAIN);
		return stack ? frame_name(open, from_outside(open, stack, plumbing)) : NULL;
	case PICK_STACK:
	case PICK_TRACE:
		break;
	}
	stack = main_stack(open, SECTION_MAIN);
	return stack ? frame_name(open, from_inside(open, stack, plumbing)) : NULL;
}

/* A captured text in a title: addresses and numbers are not what names it. */
static void append_word(GString *title, const char *word)
{
	const char *s = word ? word : "";

	while (*s == ' ')
		s++;
	while (*s) {
		const char *start = s;
		gboolean inside = s > word && (g_ascii_isalpha(s[-1]) || s[-1] == '_');

		if (g_ascii_isdigit(*s) && !inside) {
			gboolean hex = s[0] == '0' && s[1] == 'x';

			if (hex)
				s += 2;
			while (g_ascii_isxdigit(*s)) {
				hex |= !g_ascii_isdigit(*s);
				s++;
			}
			if (g_ascii_isalpha(*s) || *s == '_')
				g_string_append_len(title, start, s - start);
			else
				g_string_append(title, hex || s - start > 7 ? "ADDR" : "NUM");
			continue;
		}
		g_string_append_c(title, *s++);
	}
}

void splat_title(SplatOpen *open)
{
	Splat *splat = open->splat;
	const char *format = open->refine ? open->refine->title : open->rule->title;
	GString *title = g_string_new(NULL);

	splat->function = pick_function(open);
	for (const char *s = format; *s; s++) {
		if (*s != '%') {
			g_string_append_c(title, *s);
			continue;
		}
		s++;
		if (*s == 'F') {
			g_string_append(title, splat->function ? splat->function : "corrupted");
			splat->corrupted |= !splat->function;
		} else if (*s == 'A') {
			if (open->access)
				g_string_append(title, open->access == 'W' ? " Write" : " Read");
		} else {
			append_word(title, open->word[*s - '1']);
		}
	}
	while (title->len && title->str[title->len - 1] == ' ')
		g_string_truncate(title, title->len - 1);
	splat->title = g_string_free(title, FALSE);
}
