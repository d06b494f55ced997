/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The open splats of route.h. */
#include <string.h>

#include "harness/splat/finish.h"
#include "harness/splat/owner.h"
#include "harness/splat/page.h"
#include "harness/splat/route.h"

#define CUT_LINES	 8  /* between "cut here" and the header */
#define DUMP_LINES	 64 /* of a page dump with the stacks of page_owner, and its BUG */
#define CUT_TEXT	 400
#define FOREIGN_MAX	 400 /* lines of others before a splat is taken for ended */
#define FOREIGN_BARE_MAX 40  /* the same, in a log without times */
#define FOREIGN_TEXT	 8   /* of these, so many are kept in its text */
#define FOREIGN_TAIL_MAX 10  /* the same, once its end was seen */
#define LINES_MAX	 1500
#define QUIET_US	 (5 * G_USEC_PER_SEC)
#define QUIET_STALL_US	 (30 * G_USEC_PER_SEC)
#define QUIET_TAIL_US	 (G_USEC_PER_SEC / 2)
#define MIXED_US	 (20 * 1000)
#define MIXED_FRAMES	 3
#define CLOCK_US	 (5 * 1000)	       /* one kernel's stamps do not go back so far */
#define BACK_US		 (60 * G_USEC_PER_SEC) /* so far back lies another boot */
#define FOLLOW_US	 (30 * G_USEC_PER_SEC) /* a panic is the consequence of what was */
#define FOLLOW_LINES	 400

void splat_route_init(SplatRoute *route, SplatDone done, gpointer user)
{
	route->done = done;
	route->user = user;
	route->last_us = -1;
	route->cut.text = g_string_new(NULL);
	splat_edges_init(&route->edges);
}

void splat_route_clear(SplatRoute *route)
{
	for (guint i = 0; i < route->n; i++)
		splat_open_free(route->open[i]);
	route->n = 0;
	g_string_free(route->cut.text, TRUE);
	splat_page_clear(&route->dump.page);
}

static void hand_over(SplatRoute *route)
{
	SplatOpen *open = route->open[0];

	route->n--;
	route->clocks &= route->n > 0;
	memmove(&route->open[0], &route->open[1], route->n * sizeof(open));
	if ((open->rule->flags & RULE_PROOF && !open->followed && !open->had_cpu) ||
	    ((open->doubt || open->prose) && !open->had_cpu && !open->had_trace)) {
		splat_open_free(open);
		return;
	}
	if (!open->shared)
		splat_edges_learn(&route->edges, open);
	route->last_us = open->last_us;
	route->last_fatal = open->rule->group == GROUP_DIE || open->rule->group == GROUP_PANIC;
	route->done(splat_open_finish(open), route->user);
}

/* Closes the splat; those that began before it are handed over first. */
static void close_splat(SplatRoute *route, guint i)
{
	route->open[i]->closed = TRUE;
}

static void hand_over_closed(SplatRoute *route)
{
	while (route->n && route->open[0]->closed)
		hand_over(route);
}

static gboolean same_caller(const SplatOpen *open, const SplatLine *line)
{
	return !open->closed && splat_same_caller(&open->caller, &line->caller) &&
	       !(open->doubt && line->t_us >= 0);
}

/* TRUE when @open has a stack as a rule, and nothing of it was seen. */
static gboolean waits_for_trace(const SplatOpen *open)
{
	return !open->had_trace && !open->said && open->rule->pick != PICK_NONE;
}

/* TRUE when @rule's line goes on with @open instead of being a complaint of its own. */
static gboolean goes_on(const SplatOpen *open, const SplatRule *rule)
{
	SplatGroup before = open->rule->group, now = rule->group;

	if (open->rule->kind == rule->kind && splat_open_is_inline_header(open))
		return TRUE;
	if (now == GROUP_PANIC)
		return (rule->flags & RULE_FOLLOW) || before == GROUP_DIE || waits_for_trace(open);
	if (now == GROUP_DIE && before == GROUP_DIE)
		return !open->had_cpu && !open->had_trace;
	if (now == GROUP_DIE && before == GROUP_REPORT) /* the reporter itself crashed */
		return open->caller.kind && !open->had_trace;
	if (now == GROUP_STALL && before == GROUP_STALL)
		return open->rule->kind == rule->kind && !open->had_trace;
	if (now == GROUP_REPORT && rule->flags & RULE_FOLLOW)
		return TRUE;
	if (now == GROUP_WARN && open->rule->kind == KIND_LIST_CORRUPTION)
		return !open->had_cpu && !open->had_trace;
	return FALSE;
}

/* A panic of the kind that only follows: there was a complaint just before. */
static gboolean follows_closed(const SplatRoute *route, const SplatLine *line)
{
	if (!route->last_line)
		return FALSE;
	if (line->t_us >= 0 && route->last_us >= 0)
		return line->t_us - route->last_us < FOLLOW_US;
	return line->count - route->last_line < FOLLOW_LINES;
}

void splat_route_cut(SplatRoute *route, const SplatLine *line)
{
	route->cut.on = TRUE;
	route->cut.caller = line->caller;
	route->cut.t_us = line->t_us;
	route->cut.line = line->count;
	route->cut.lines = 0;
	route->cut.stamped = FALSE;
	g_string_truncate(route->cut.text, 0);
}

static gboolean is_of_cut(const SplatCut *cut, const SplatLine *line)
{
	return cut->on && splat_same_caller(&cut->caller, &line->caller) &&
	       (line->t_us < 0 || line->t_us + CLOCK_US >= cut->t_us);
}

/* Keeps a line behind "cut here"; of several, nobody knows which is the message. */
static void add_message(SplatCut *cut, const SplatLine *line, const SplatShape *shape)
{
	gsize len = (gsize)(line->end - line->s);

	if (line->count > cut->line + CUT_LINES)
		cut->on = FALSE;
	if (shape->kind != SHAPE_OTHER || !is_of_cut(cut, line) ||
	    cut->text->len + len + 1 > CUT_TEXT)
		return;
	g_string_append_len(cut->text, line->s, (gssize)len);
	g_string_append_c(cut->text, ' ');
	/* the rest of a wrapped line has no stamp of its own */
	cut->lines += line->stamped || !cut->stamped || !cut->lines;
	cut->stamped = line->stamped;
}

/* The message for a splat that begins with @line, or NULL. */
static char *take_message(SplatCut *cut, const SplatLine *line)
{
	if (!is_of_cut(cut, line))
		return NULL;
	cut->on = FALSE;
	return cut->text->len ? g_strdup(cut->text->str) : NULL;
}

static void drop_dump(SplatDump *dump)
{
	dump->on = FALSE;
	splat_page_clear(&dump->page);
}

/* A line while no splat is open: does a dump begin or go on? */
static void dump_line(SplatDump *dump, const SplatLine *line, const SplatShape *shape)
{
	if (dump->on && line->count > dump->count + DUMP_LINES)
		drop_dump(dump);
	if (shape->kind == SHAPE_PAGE) {
		drop_dump(dump);
		dump->on = TRUE;
		dump->caller = line->caller;
		dump->count = line->count;
	} else if (shape->kind != SHAPE_PAGE_GO && shape->kind != SHAPE_PAGE_WHY) {
		return;
	}
	if (!dump->on || !splat_same_caller(&dump->caller, &line->caller))
		return;
	splat_page_read(&dump->page, line->s, line->end);
	if (splat_page_dump(&dump->page) == PAGE_DUMP_ORDINARY)
		drop_dump(dump);
}

/* An open splat got the dump that is of what comes next. */
static void take_dump(SplatRoute *route, SplatOpen *open, const SplatLine *line)
{
	route->dump.on = TRUE;
	route->dump.caller = line->caller;
	route->dump.count = line->count;
	splat_page_move(&route->dump.page, &open->late);
}

/* The dump that was printed before the WARN or BUG that begins with @line. */
static void give_dump(SplatDump *dump, SplatOpen *open, const SplatLine *line)
{
	if (!dump->on || !splat_same_caller(&dump->caller, &line->caller))
		return;
	if (dump->page.reason && line->count <= dump->count + DUMP_LINES &&
	    (open->rule->group == GROUP_WARN || open->rule->kind == KIND_KERNEL_BUG))
		splat_page_move(&open->splat->page, &dump->page);
	drop_dump(dump);
}

static gint64 quiet_us(const SplatOpen *open)
{
	if (open->tail)
		return QUIET_TAIL_US;
	return open->rule->group == GROUP_STALL ? QUIET_STALL_US : QUIET_US;
}

/* From what @open had last to @line. */
static gint64 gap_us(const SplatOpen *open, const SplatLine *line)
{
	return line->t_us >= 0 && open->last_us >= 0 ? line->t_us - open->last_us : 0;
}

/* TRUE when two kernels write, and @line is of the other one's time. */
static gboolean is_other_clock(const SplatRoute *route, const SplatOpen *open,
			       const SplatLine *line)
{
	return route->clocks && ABS(gap_us(open, line)) > MIXED_US;
}

static gboolean has_ended(const SplatOpen *open, const SplatLine *line)
{
	guint most = open->tail	      ? FOREIGN_TAIL_MAX
		     : line->t_us < 0 ? FOREIGN_BARE_MAX
				      : FOREIGN_MAX;
	gint64 gap = gap_us(open, line);

	return gap > quiet_us(open) || gap < -BACK_US || open->lines > LINES_MAX ||
	       line->count - open->last_line > most;
}

/* Closes what has ended by the time of @line. */
static void close_ended(SplatRoute *route, const SplatLine *line)
{
	for (guint i = 0; i < route->n; i++) {
		if (has_ended(route->open[i], line))
			close_splat(route, i);
		else if (route->n > 1 && gap_us(route->open[i], line) < -CLOCK_US)
			route->clocks = TRUE;
	}
	hand_over_closed(route);
}

/* The open splat that @rule's line goes on with, or NULL. */
static SplatOpen *find_followed(const SplatRoute *route, const SplatRule *rule,
				const SplatLine *line)
{
	for (guint i = route->n; i > 0; i--)
		if (same_caller(route->open[i - 1], line) &&
		    !is_other_clock(route, route->open[i - 1], line) &&
		    goes_on(route->open[i - 1], rule))
			return route->open[i - 1];
	return NULL;
}

/*
 * TRUE when @line, that announces another splat, does not come in the middle of @open: CPUs that
 * write over each other do so within milliseconds.
 */
static gboolean is_stale(const SplatOpen *open, const SplatLine *line)
{
	if (line->t_us >= 0 && open->last_us >= 0)
		return line->t_us - open->last_us > MIXED_US;
	return open->frames >= MIXED_FRAMES;
}

/* A new complaint ends what the same caller had to say, or what had said all it had. */
static void close_older(SplatRoute *route, const SplatLine *line)
{
	for (guint i = 0; i < route->n; i++)
		if (same_caller(route->open[i], line) &&
		    !is_other_clock(route, route->open[i], line) &&
		    (line->caller.kind || route->open[i]->tail))
			close_splat(route, i);
	for (guint i = 0; i < route->n; i++)
		if (same_caller(route->open[i], line) &&
		    !is_other_clock(route, route->open[i], line) &&
		    is_stale(route->open[i], line)) {
			route->open[i]->stale = TRUE;
			route->open[i]->in_stack = FALSE;
		}
	hand_over_closed(route);
	if (route->n == SPLAT_ROUTE_MAX)
		hand_over(route);
}

void splat_route_header(SplatRoute *route, const SplatRule *rule, const SplatMatch *match,
			const SplatLine *line, gboolean doubt)
{
	SplatOpen *open;
	SplatShape shape;

	splat_shape(line->s, line->end, &shape);
	close_ended(route, line);
	open = find_followed(route, rule, line);
	if (open) {
		splat_open_follow(open, rule, match);
		splat_open_add(open, line, &shape);
		return;
	}
	if (rule->flags & RULE_FOLLOW && rule->group == GROUP_PANIC && follows_closed(route, line))
		return;
	close_older(route, line);
	open = splat_open_new(rule, match, line);
	open->doubt = doubt;
	open->prose = match->prose;
	open->splat->hotplug = route->hotplug;
	give_dump(&route->dump, open, line);
	open->message_sure = route->cut.lines == 1;
	open->message = take_message(&route->cut, line);
	route->open[route->n++] = open;
	route->last_line = line->count;
	splat_open_add(open, line, &shape);
	if (rule->group == GROUP_LINE || rule->group == GROUP_BOOT)
		close_splat(route, route->n - 1);
	hand_over_closed(route);
}

/* The open splat that @line belongs to, or NULL. */
static SplatOpen *find_owner(const SplatRoute *route, const SplatLine *line,
			     const SplatShape *shape)
{
	SplatOpen *open[SPLAT_ROUTE_MAX];
	guint n = 0;

	for (guint i = 0; i < route->n; i++)
		if (same_caller(route->open[i], line) &&
		    !is_other_clock(route, route->open[i], line))
			open[n++] = route->open[i];
	for (guint i = 0; i < route->n && !n; i++)
		if (same_caller(route->open[i], line))
			open[n++] = route->open[i];
	return n ? splat_owner(&route->edges, open, n, line, shape) : NULL;
}

void splat_route_line(SplatRoute *route, const SplatLine *line, const SplatShape *shape)
{
	SplatOpen *open;

	add_message(&route->cut, line, shape);
	close_ended(route, line);
	open = find_owner(route, line, shape);
	if (!open)
		dump_line(&route->dump, line, shape);
	if (!open)
		return;
	route->last_line = line->count;
	if (shape->kind == SHAPE_OTHER) {
		if (open->tail || ++open->foreign > FOREIGN_TEXT)
			return;
	} else {
		open->foreign = 0;
		/* nothing is sure where stacks were mixed, and an oops dumps no page */
		open->mixed |= is_other_clock(route, open, line) ||
			       (shape->kind == SHAPE_PAGE && open->shared &&
				open->rule->group == GROUP_DIE);
	}
	splat_open_add(open, line, shape);
	if (shape->kind == SHAPE_PAGE_WHY && open->late.reason)
		take_dump(route, open, line);
}

void splat_route_break(SplatRoute *route, const SplatLine *line)
{
	for (guint i = 0; i < route->n; i++)
		if (same_caller(route->open[i], line) &&
		    (line->caller.kind || !route->open[i]->in_stack))
			close_splat(route, i);
	hand_over_closed(route);
}

void splat_route_end(SplatRoute *route, guint64 last_line)
{
	for (guint i = 0; i < route->n; i++) {
		SplatOpen *open = route->open[i];

		/* an empty line may follow; reports and stalls have stacks without an end mark */
		open->cut = open->in_stack && !splat_open_in_side(open) && open->had_trace &&
			    !open->tail && open->last_line + 1 >= last_line &&
			    (open->rule->group == GROUP_WARN || open->rule->group == GROUP_DIE);
	}
	splat_route_settle(route, G_MAXINT64);
}

void splat_route_settle(SplatRoute *route, gint64 before_us)
{
	for (guint i = 0; i < route->n; i++)
		if (route->open[i]->last_host_us < before_us)
			close_splat(route, i);
	hand_over_closed(route);
}
