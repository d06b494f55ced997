/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See stage.h: the rounds, and what is told of them. */
#include "harness/boot/stage-internal.h"

#include <string.h>

#define RELEASE_US (3 * G_TIME_SPAN_SECOND)
/* The ops are set up before the first task can come to its stand. */
#define SETUP_MS 60000
/* When all rounds are over, the guest is held until it is told to stop; not longer than that. */
#define END_US	    (2 * G_TIME_SPAN_SECOND)
#define END_LOOK_US (10 * G_TIME_SPAN_MILLISECOND)

Stage *stage_new(const Choreography *plan, GHashTable *symbols, int fd, GAsyncQueue *rounds)
{
	Stage *stage = g_new0(Stage, 1);

	stage->plan = plan;
	stage->symbols = symbols;
	stage->rounds = rounds;
	stage->stub = gdbstub_new(fd);
	stage->begun_us = g_get_monotonic_time();
	return stage;
}

void stage_free(Stage *stage)
{
	gdbstub_free(stage->stub);
	g_clear_error(&stage->error);
	g_free(stage->failure);
	g_free(stage);
}

void stage_stop(Stage *stage)
{
	g_atomic_int_set(&stage->stopping, TRUE);
}

void stage_cut(Stage *stage)
{
	stage_stop(stage);
	gdbstub_cut(stage->stub);
}

gboolean stage_holds(const Stage *stage)
{
	return g_atomic_int_get(&stage->holding);
}

const char *stage_failure(const Stage *stage)
{
	return stage->failure;
}

static double seconds(const Stage *stage)
{
	return (double)(g_get_monotonic_time() - stage->begun_us) / G_USEC_PER_SEC;
}

static StageRole *role_of(Stage *stage, const char *name)
{
	StageRole *role = stage->role;

	while (role->name && !g_str_equal(role->name, name))
		role++; /* choreography_load() has counted them */
	role->name = name;
	return role;
}

/* "function+0x1c", as far as the function is one of the choreography's. (transfer full) */
static char *where_is(const Stage *stage, guint64 rip)
{
	GHashTableIter i;
	gpointer name, symbol;

	g_hash_table_iter_init(&i, stage->symbols);
	while (g_hash_table_iter_next(&i, &name, &symbol)) {
		const StageSymbol *s = symbol;

		if (rip >= s->addr && rip < s->end)
			return g_strdup_printf("%s+0x%" G_GINT64_MODIFIER "x", (const char *)name,
					       rip - s->addr);
	}
	return g_strdup_printf("0x%" G_GINT64_MODIFIER "x", rip);
}

static void tell_stand(Stage *stage, const Stand *stand, const StageRole *role)
{
	RStand *told = g_new0(RStand, 1);
	StagePage page = stage_page(stage, role->cpu);
	gboolean read = page.count != STAGE_NO_COUNT;

	told->name = g_strdup(stand->name);
	told->role = g_strdup(stand->role);
	told->where = where_is(stage, role->regs.reg[GDBSTUB_RIP]);
	told->t_s = seconds(stage);
	told->cpu = role->cpu;
	told->pfn = stage->page_known ? (gint64)stage->pfn : -1;
	told->page_read = read;
	told->count = read ? page.count : 0;
	told->type = read ? g_strdup_printf("0x%08x", (guint)page.type) : NULL;
	told->flags = read ? g_strdup_printf("0x%" G_GINT64_MODIFIER "x", page.flags) : NULL;
	g_ptr_array_add(stage->round->stands, told);
}

/* All that stands or is parked goes on. Halted before and after. */
static void release(Stage *stage)
{
	for (guint i = 0; i < STAND_ROLES_MAX; i++)
		stage->role[i].stands = FALSE;
	stage->until_us = g_get_monotonic_time() + RELEASE_US;
	stage->releasing = TRUE;
	for (guint i = 0; i < STAND_ROLES_MAX && !stage->error; i++) {
		StageRole *role = &stage->role[i];

		if (role->parked && stage_unpark(stage, role) != STAGE_REACHED && !stage->failure)
			stage->failure =
				g_strdup_printf("%s was parked and did not come back", role->name);
		role->stands = FALSE;
	}
	stage->releasing = FALSE;
}

/* Why the stand was not reached. (transfer full) */
static char *why_not(const Stage *stage, const Stand *stand)
{
	if (stage->error)
		return g_strdup_printf("%s: %s", stand->name, stage->error->message);
	if (g_atomic_int_get(&stage->stopping))
		return g_strdup_printf("%s: the run ended", stand->name);
	return g_strdup_printf("%s: %s did not come there within %" G_GUINT64_FORMAT " ms",
			       stand->name, stand->role, stage->plan->deadline_ms);
}

static void play(Stage *stage)
{
	for (guint i = 0; i < stage->plan->stands->len; i++) {
		const Stand *stand = g_ptr_array_index(stage->plan->stands, i);
		StageRole *role = role_of(stage, stand->role);

		guint64 wait_ms = stage->plan->deadline_ms;

		if (i == 0 && stage->round->number == 0)
			wait_ms += SETUP_MS;
		stage->until_us =
			g_get_monotonic_time() + (gint64)wait_ms * G_TIME_SPAN_MILLISECOND;
		if (stage_reach(stage, stand, role) != STAGE_REACHED) {
			stage->round->reason = why_not(stage, stand);
			return;
		}
		g_atomic_int_set(&stage->holding, TRUE);
		tell_stand(stage, stand, role);
		if (stand->park && !stage_park(stage, role, &stage->round->reason)) {
			if (!stage->round->reason)
				stage->round->reason = why_not(stage, stand);
			return;
		}
	}
	stage->round->complete = TRUE;
}

/*
 * What runs freely may meet by chance what the choreography is about: so the guest is told to stop
 * while it is held, see choreography.c.
 */
static void await_stop(const Stage *stage)
{
	gint64 until_us = g_get_monotonic_time() + END_US;

	while (!g_atomic_int_get(&stage->stopping) && g_get_monotonic_time() < until_us)
		g_usleep(END_LOOK_US);
}

/* Halted before and after. */
static void play_round(Stage *stage, guint number)
{
	memset(stage->role, 0, sizeof(stage->role));
	stage->page_known = FALSE;
	stage->round = g_new0(RRound, 1);
	stage->round->number = number;
	stage->round->t_s = seconds(stage);
	stage->round->stands = g_ptr_array_new();
	play(stage);
	g_async_queue_push(stage->rounds, g_steal_pointer(&stage->round));
	if (stage->error)
		return;
	if (number + 1 == stage->plan->rounds)
		await_stop(stage);
	release(stage);
	g_atomic_int_set(&stage->holding, FALSE);
}

void stage_run(Stage *stage)
{
	if (!gdbstub_attach(stage->stub, &stage->error) || !stage_find_pages(stage)) {
		stage->failure = g_strdup(stage->error->message);
		return;
	}
	for (guint i = 0; i < stage->plan->rounds && !g_atomic_int_get(&stage->stopping) &&
			  !stage->error && !stage->failure;
	     i++)
		play_round(stage, i);
	stage_unspin(stage);
	memset(stage->role, 0, sizeof(stage->role));
	if (!stage->error)
		gdbstub_run(stage->stub, G_MAXUINT64, &stage->error);
	g_atomic_int_set(&stage->holding, FALSE);
	if (stage->error && !stage->failure)
		stage->failure = g_strdup(stage->error->message);
}
