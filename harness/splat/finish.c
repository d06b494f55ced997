/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open splat that has all its lines becomes a whole one: refined, named, handed over. */
#include "harness/splat/finish.h"
#include "harness/splat/name.h"
#include "harness/splat/page.h"

#include <string.h>

static const SplatRefine *find_refine(const SplatOpen *open)
{
	const Splat *splat = open->splat;

	for (guint i = 0; i < splat_refines_count; i++) {
		const SplatRefine *refine = &splat_refines[i];

		if (refine->group != open->rule->group)
			continue;
		if (refine->file && g_strcmp0(refine->file, splat->file) != 0)
			continue;
		if (refine->function && open->symbol &&
		    !g_str_has_prefix(open->symbol, refine->function))
			continue;
		if (refine->message && !(open->message && strstr(open->message, refine->message)))
			continue;
		return refine;
	}
	return NULL;
}

static void take_frames(Splat *splat, const SplatOpen *open)
{
	char *to = g_malloc(open->arena_used + open->frames);

	splat->frame_text = to;
	splat->frames = g_ptr_array_sized_new(open->frames);
	for (guint i = 0; i < open->frames; i++) {
		const SplatFrame *frame = &open->frame[i];

		g_ptr_array_add(splat->frames, to);
		memcpy(to, open->arena + frame->off, frame->len);
		to[frame->len] = '\0';
		to += frame->len + 1;
	}
}

static gboolean is_fatal(const SplatRule *rule)
{
	return (rule->group == GROUP_DIE || rule->group == GROUP_PANIC) &&
	       !(rule->flags & RULE_LIVES);
}

Splat *splat_open_finish(SplatOpen *open)
{
	Splat *splat = g_steal_pointer(&open->splat);

	open->splat = splat;
	if (open->late.present && !open->late.reason && !splat->page.present)
		splat_page_move(&splat->page, &open->late); /* the log ends in the dump */
	open->refine = find_refine(open);
	splat->kind = open->refine ? open->refine->kind : open->rule->kind;
	splat->fatal = is_fatal(open->rule);
	splat_title(open);
	splat->signature = splat_signature(open);
	if (!splat->page.present)
		splat->page.pfn = open->pfn;
	take_frames(splat, open);
	open->splat = NULL;
	splat_open_free(open);
	return splat;
}
