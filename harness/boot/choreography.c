/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An act of the host: a choreography (choreography.h), played by a thread of its own (stage.h), as
 * that has to wait for the guest. The boot's deadlines take into account how long the guest was
 * held.
 */
#include "harness/boot/act.h"
#include "harness/boot/stage.h"
#include "harness/results/records.h"

typedef struct {
	Stage *stage;
	GThread *thread;
	GAsyncQueue *told; /* of RRound, by the thread */
	GPtrArray *rounds; /* of RRound, taken from there */
	guint look_id;
} Own;

#define LOOK_MS 20

static void init(BootAct *act)
{
	Own *own = g_new0(Own, 1);

	own->told = g_async_queue_new();
	own->rounds = g_ptr_array_new();
	act->own = own;
}

static gpointer play(gpointer stage)
{
	stage_run(stage);
	return NULL;
}

static char *round_text(const RRound *round)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%" G_GINT64_FORMAT, round->number);
	for (guint i = 0; i < round->stands->len; i++) {
		const RStand *s = g_ptr_array_index(round->stands, i);

		g_string_append_printf(text, ", %s: %s", s->name, s->where);
		if (s->page_read)
			g_string_append_printf(text, " count %" G_GINT64_FORMAT, s->count);
	}
	if (round->reason)
		g_string_append_printf(text, "; %s", round->reason);
	return g_string_free(text, FALSE);
}

static void take_told(BootAct *act)
{
	Own *own = act->own;
	RRound *round;

	while ((round = g_async_queue_try_pop(own->told))) {
		g_autofree char *text = round_text(round);

		g_ptr_array_add(own->rounds, round);
		record_event(act->boot->record,
			     round->complete ? HOST_EVENT_ROUND : HOST_EVENT_ROUND_GIVEN_UP, "text",
			     text);
	}
}

static void give_up(BootAct *act, char *why)
{
	act->failed = why;
	record_event(act->boot->record, HOST_EVENT_CHOREOGRAPHY_ENDED, "reason", why);
	act->told = TRUE;
}

/* The first symbol that the guest has not told of, or NULL. (transfer full) */
static char *missing(const Boot *boot)
{
	g_autofree char *names = choreography_functions(boot->config.scenario->choreography);
	g_auto(GStrv) all = g_strsplit(names, ",", -1);

	for (guint i = 0; all[i]; i++)
		if (!g_hash_table_contains(boot->agent.symbols, all[i]))
			return g_strdup(all[i]);
	return NULL;
}

/* As soon as the symbols are known: they come before the ops run, or never. */
static void start(BootAct *act)
{
	Boot *boot = act->boot;
	Own *own = act->own;
	g_autofree char *none = missing(boot);
	int fd;

	if (none && boot->agent.go_ns < 0)
		return;
	if (none) {
		give_up(act, g_strdup_printf("the guest's kernel has no function %s", none));
		return;
	}
	fd = boot->machine.vm->ops->gdb ? boot->machine.vm->ops->gdb(boot->machine.vm) : -1;
	if (fd < 0) {
		give_up(act, g_strdup("the backend has no gdb stub"));
		return;
	}
	own->stage =
		stage_new(boot->config.scenario->choreography, boot->agent.symbols, fd, own->told);
	own->thread = g_thread_new("choreography", play, own->stage);
}

/* After the last round the ops have nothing to do any more. */
static gboolean look(gpointer user)
{
	BootAct *act = user;
	Own *own = act->own;
	Boot *boot = act->boot;

	if (!own->stage && !act->failed)
		start(act);
	take_told(act);
	boot->acts.over = own->rounds->len == boot->config.scenario->choreography->rounds;
	if (own->stage && boot->life.now == BOOT_STOPPING)
		stage_stop(own->stage);
	return G_SOURCE_CONTINUE;
}

static void begin(BootAct *act)
{
	Own *own = act->own;

	own->look_id = g_timeout_add(LOOK_MS, look, act);
}

/* The guest is released while the boot goes on. */
static void end(BootAct *act)
{
	Own *own = act->own;

	if (!own->thread)
		return;
	stage_stop(own->stage);
	if (act->boot->machine.running)
		return;
	stage_cut(own->stage);
	g_thread_join(g_steal_pointer(&own->thread));
	g_clear_handle_id(&own->look_id, g_source_remove);
	take_told(act);
	if (stage_failure(own->stage))
		record_event(act->boot->record, HOST_EVENT_CHOREOGRAPHY_ENDED, "reason",
			     stage_failure(own->stage));
}

static void clear(BootAct *act)
{
	Own *own = act->own;

	if (own->thread) {
		stage_cut(own->stage);
		g_thread_join(own->thread);
	}
	g_clear_handle_id(&own->look_id, g_source_remove);
	if (own->stage)
		stage_free(own->stage);
	g_async_queue_unref(own->told);
	for (guint i = 0; i < own->rounds->len; i++)
		fields_free(&results_round_table, g_ptr_array_index(own->rounds, i));
	g_ptr_array_unref(own->rounds);
	g_free(own);
}

static gboolean holds(const BootAct *act)
{
	const Own *own = act->own;

	return own->thread && stage_holds(own->stage);
}

static void take_rounds(BootAct *act, GPtrArray *to)
{
	Own *own = act->own;

	g_ptr_array_extend_and_steal(to, g_steal_pointer(&own->rounds));
	own->rounds = g_ptr_array_new();
}

const BootActKind boot_act_choreography = {.init = init,
					   .begin = begin,
					   .early = TRUE,
					   .end = end,
					   .clear = clear,
					   .holds = holds,
					   .take_rounds = take_rounds};
