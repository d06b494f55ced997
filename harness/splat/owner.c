/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a line is when several splats are open and the kernel prints no caller: by what a line
 * can only belong to, else by which stack the frame is seen to go on.
 */
#include <string.h>

#include "harness/splat/owner.h"
#include "harness/splat/page.h"

/* Reports dump a stack and no registers; the others print both. */
static gboolean has_registers(const SplatOpen *open)
{
	return open->rule->group != GROUP_REPORT;
}

static gboolean is_cpu_of(const SplatOpen *open, const SplatShape *shape)
{
	const Splat *splat = open->splat;

	if (splat->pid >= 0 && shape->pid >= 0)
		return splat->pid == shape->pid;
	if (splat->cpu >= 0 && shape->cpu >= 0)
		return splat->cpu == shape->cpu;
	return splat->task && shape->task.s && splat_text_is(shape->task, splat->task);
}

static SplatOpen *owner_of_cpu(SplatOpen *const *open, guint n, const SplatShape *shape)
{
	for (guint i = n; i > 0; i--)
		if (!open[i - 1]->had_cpu && is_cpu_of(open[i - 1], shape))
			return open[i - 1];
	for (guint i = n; i > 0; i--)
		if (!open[i - 1]->had_cpu && open[i - 1]->splat->pid < 0)
			return open[i - 1];
	return NULL;
}

static gboolean has_page(const SplatOpen *open)
{
	return open->splat->page.present || open->late.present;
}

/* A dump follows a WARN or a bad page. That of a BUG comes before it. */
static gboolean dumps_page(const SplatOpen *open)
{
	return open->rule->group == GROUP_WARN || open->rule->kind == KIND_BAD_PAGE ||
	       open->rule->kind == KIND_BAD_PAGE_MAP;
}

static gboolean names_page(const SplatOpen *open, const SplatPage *page)
{
	return page->pfn && open->pfn == page->pfn;
}

static gboolean dumps_in_tail(const SplatOpen *open, const SplatPage *page)
{
	return dumps_page(open) && open->tail;
}

static gboolean dumps_any(const SplatOpen *open, const SplatPage *page)
{
	return dumps_page(open) && !open->pfn;
}

static gboolean is_tail(const SplatOpen *open, const SplatPage *page)
{
	return open->tail;
}

static gboolean names_none(const SplatOpen *open, const SplatPage *page)
{
	return !open->pfn;
}

/*
 * The first line of a page dump: of the one that names its PFN, or that waits for one. Where
 * several do, nobody knows.
 */
static SplatOpen *owner_of_page(SplatOpen *const *open, guint n, const SplatLine *line)
{
	static gboolean (*const fits[])(const SplatOpen *, const SplatPage *) = {
		names_page, dumps_in_tail, dumps_any, is_tail, names_none};
	SplatPage page = {0};

	splat_page_read(&page, line->s, line->end);
	for (guint f = 0; f < G_N_ELEMENTS(fits); f++) {
		SplatOpen *owner = NULL;

		for (guint i = n; i > 0; i--) {
			if (has_page(open[i - 1]) || !fits[f](open[i - 1], &page))
				continue;
			if (owner)
				owner->mixed = open[i - 1]->mixed = TRUE;
			else
				owner = open[i - 1];
		}
		if (owner)
			return owner;
	}
	return NULL;
}

static SplatOpen *owner_of_trace(SplatOpen *const *open, guint n)
{
	for (guint i = 0; i < n; i++)
		if (!open[i]->had_trace && !open[i]->in_stack && !open[i]->tail &&
		    !open[i]->stale &&
		    (has_registers(open[i]) ? open[i]->had_code : open[i]->had_cpu))
			return open[i];
	return NULL;
}

/*
 * The end mark: of one whose stack has ended. Where frames of several came in turns, what follows
 * may be of any of them.
 */
static SplatOpen *owner_of_end(SplatOpen *const *open, guint n)
{
	SplatOpen *owner = NULL;

	for (guint i = 0; i < n; i++) {
		if (!has_registers(open[i]) || !open[i]->had_trace || open[i]->tail)
			continue;
		if (owner && owner->shared && open[i]->shared)
			owner->mixed = open[i]->mixed = TRUE;
		if (!owner || (owner->in_stack && !open[i]->in_stack))
			owner = open[i];
	}
	return owner;
}

static SplatOpen *owner_of_registers(SplatOpen *const *open, guint n, const SplatShape *shape)
{
	for (guint i = 0; i < n; i++) {
		gboolean had = shape->kind == SHAPE_RIP ? open[i]->had_rip : open[i]->had_code;

		if (has_registers(open[i]) && !had && !open[i]->tail && !open[i]->stale)
			return open[i];
	}
	return NULL;
}

static SplatOpen *owner_of_frame(const SplatEdges *edges, SplatOpen *const *open, guint n,
				 const SplatShape *shape)
{
	SplatOpen *best = NULL, *other = NULL;
	int best_score = -1, score;
	guint in_stack = 0;

	for (guint i = 0; i < n; i++) {
		if (!open[i]->in_stack)
			continue;
		in_stack++;
		score = splat_edges_score(edges, open[i], shape);
		if (score > best_score) {
			other = NULL;
			best = open[i];
			best_score = score;
		} else if (score == best_score && score >= 0) {
			other = open[i];
		}
	}
	if (in_stack < 2)
		return best;
	for (guint i = 0; i < n; i++)
		open[i]->shared |= open[i]->in_stack;
	if (!best || !other)
		return best;
	/* nothing tells: CPUs take turns, and the title must not be made of a guess */
	if (best->last_line > other->last_line)
		best = other;
	best->unsure = best_score < 2;
	return best;
}

SplatOpen *splat_owner(const SplatEdges *edges, SplatOpen *const *open, guint n,
		       const SplatLine *line, const SplatShape *shape)
{
	SplatOpen *owner = NULL;

	if (n == 1)
		return open[0];
	switch (shape->kind) {
	case SHAPE_CPU:
		owner = owner_of_cpu(open, n, shape);
		break;
	case SHAPE_PAGE:
		owner = owner_of_page(open, n, line);
		break;
	case SHAPE_PAGE_GO:
	case SHAPE_PAGE_WHY:
		for (guint i = n; i > 0 && !owner; i--)
			if (open[i - 1]->page_open)
				owner = open[i - 1];
		break;
	case SHAPE_TRACE:
		owner = owner_of_trace(open, n);
		break;
	case SHAPE_RIP:
	case SHAPE_CODE:
		owner = owner_of_registers(open, n, shape);
		break;
	case SHAPE_FRAME:
		owner = owner_of_frame(edges, open, n, shape);
		break;
	case SHAPE_END:
		owner = owner_of_end(open, n);
		break;
	default:
		break;
	}
	return owner ? owner : open[n - 1];
}
