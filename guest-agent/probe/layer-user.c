// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The layer of last resort: what the ops themselves know. A window is the time between a hammer's
 * write of "offline" and its return; a visit is one pass of a walker over what it aims at, or over
 * all memory. A pass takes long, so "inside" means that the two overlapped, not that they met.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest-agent/op/env.h"
#include "guest-agent/probe/layer.h"

#define TRACK_IS_OFFLINE(pfn) 0 /* kpageflags would tell, and change what is measured */
#include "guest-agent/probe/track-ops.h"

static const char *const walkers[PROBE_VISIT_COUNT] = {
#define X(id, walker, ...) [PROBE_VISIT_##id] = walker,
	PROBE_OWN(X) PROBE_TASK(X)
#undef X
};

struct pass {
	int visit;		 /* row of the walker; -1: it is not followed */
	uint64_t first, end;	 /* of the pass at hand */
	uint64_t begin_ns;	 /* 0: none */
	uint64_t visits, inside; /* written by the op's thread alone */
};

struct user_ctx {
	struct track track;
	uint64_t block_pages;
	struct op_run *run;
	struct pass pass[OP_INST_MAX];
};

/* The first row of a walker: its passes are not told apart by function. */
static int row_of(const char *walker)
{
	for (int v = 0; v < PROBE_VISIT_COUNT; v++)
		if (!strcmp(walkers[v], walker))
			return v;
	return -1;
}

static void pass_begin(struct user_ctx *c, struct op_env *env, uint64_t now)
{
	struct pass *pass = &c->pass[env->plan->inst];

	pass->visit = row_of(op_walker(env->plan->op));
	if (pass->visit < 0)
		return;
	pass->first = env->aim_pages ? env->aim_pfn : 0;
	pass->end = env->aim_pages ? env->aim_pfn + env->aim_pages : UINT64_MAX;
	pass->begin_ns = now;
	pass->visits++;
}

/* Was a window of the pass's pages open since it began? */
static bool met_since(const struct user_ctx *c, const struct pass *pass)
{
	for (int n = 0; n < TRACK_PER_KIND; n++) {
		const struct track_slot *s = &c->track.slot[PROBE_OFFLINE * TRACK_PER_KIND + n];

		if (s->used && s->first < pass->end && s->end > pass->first)
			return true;
	}
	for (int i = 0; i < TRACK_CELLS; i++) {
		const struct track_cell *cell = &c->track.closed[PROBE_OFFLINE][i];
		uint64_t first = cell->block * c->block_pages;

		if (cell->t_ns >= pass->begin_ns && first < pass->end &&
		    first + c->block_pages > pass->first)
			return true;
	}
	return false;
}

static void pass_end(struct user_ctx *c, struct op_env *env)
{
	struct pass *pass = &c->pass[env->plan->inst];

	if (pass->begin_ns && met_since(c, pass))
		pass->inside++;
	pass->begin_ns = 0;
}

static void on_record(void *user, struct op_env *env, enum rec_action action, uint64_t arg)
{
	struct user_ctx *c = user;
	uint64_t now = op_now_ns();

	switch (action) {
	case REC_OFFLINE_BEGIN:
		track_open(&c->track, PROBE_OFFLINE, arg * c->block_pages,
			   (arg + 1) * c->block_pages, env->plan->inst + 1, now);
		break;
	case REC_OFFLINE_END:
		track_close_of(&c->track, PROBE_OFFLINE, env->plan->inst + 1, now);
		break;
	case REC_PASS_BEGIN:
		pass_begin(c, env, now);
		break;
	case REC_PASS_END:
		pass_end(c, env);
		break;
	default:
		break;
	}
}

static int layer_open(void **ctx, const struct probe_setup *setup, char *err, size_t size)
{
	struct user_ctx *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->run = setup->run;
	c->block_pages = setup->block_bytes / setup->page_bytes;
	c->track.block_pages_shift = (track_u64)__builtin_ctzll(c->block_pages);
	for (int i = 0; i < OP_INST_MAX; i++)
		c->pass[i].visit = -1;
	op_run_on_record(setup->run, on_record, c);
	*ctx = c;
	return 0;
}

static void layer_close(void *ctx)
{
	struct user_ctx *c = ctx;

	op_run_on_record(c->run, NULL, NULL);
	free(c);
}

static void layer_read(void *ctx, struct probe_totals *totals)
{
	struct user_ctx *c = ctx;

	totals->window_followed[PROBE_OFFLINE] = true;
	memcpy(totals->window, c->track.window, sizeof(totals->window));
	for (int i = 0; i < OP_INST_MAX; i++) {
		const struct pass *pass = &c->pass[i];

		if (pass->visit < 0)
			continue;
		/* Only an op that has said something of its passes is followed. */
		totals->visit_followed[pass->visit] = true;
		totals->visit[pass->visit].visits += pass->visits;
		totals->visit[pass->visit].inside[PROBE_OFFLINE] += pass->inside;
	}
}

const struct probe_layer probe_layer_user = {
	.name = "user",
	.times = true,
	.func = "pass",
	.open = layer_open,
	.close = layer_close,
	.read = layer_read,
};
