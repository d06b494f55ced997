/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See panic-hold.h. */
#include "host-driver/vm/panic-hold.h"
#include "host-driver/base/source.h"

#define QUIET_MS 250
#define MAX_MS	 2000

struct VmHold {
	VmHoldTell tell;
	gpointer user;
	GMainContext *context;
	GSource *timer; /* NULL: nothing is held */
	GQueue held;	/* of HeldEvent */
	gint64 console_us, until_us;
	gboolean telling, freed; /* freed while events are told: the teller ends it */
};

typedef struct {
	char *name;
	JsonObject *data;
} HeldEvent;

static void hold_end(VmHold *hold)
{
	g_main_context_unref(hold->context);
	g_free(hold);
}

static void held_free(HeldEvent *held)
{
	g_free(held->name);
	g_clear_pointer(&held->data, json_object_unref);
	g_free(held);
}

VmHold *vm_hold_new(VmHoldTell tell, gpointer user)
{
	VmHold *hold = g_new0(VmHold, 1);

	hold->tell = tell;
	hold->user = user;
	hold->context = g_main_context_ref_thread_default();
	return hold;
}

gboolean vm_hold_flush(VmHold *hold)
{
	HeldEvent *event;

	source_clear(&hold->timer);
	hold->telling = TRUE;
	while (!hold->freed && (event = g_queue_pop_head(&hold->held))) {
		hold->tell(event->name, event->data, hold->user);
		held_free(event);
	}
	hold->telling = FALSE;
	if (!hold->freed)
		return TRUE;
	hold_end(hold);
	return FALSE;
}

static gboolean check(gpointer user)
{
	VmHold *hold = user;
	gint64 now = g_get_monotonic_time();

	if (now - hold->console_us < QUIET_MS * 1000 && now < hold->until_us)
		return G_SOURCE_CONTINUE;
	vm_hold_flush(hold);
	return G_SOURCE_REMOVE;
}

void vm_hold_event(VmHold *hold, const char *name, JsonObject *data)
{
	HeldEvent *event;

	if (g_str_equal(name, "GUEST_PANICKED") && !hold->timer) {
		hold->console_us = g_get_monotonic_time();
		hold->until_us = hold->console_us + MAX_MS * 1000;
		hold->timer = timer_start(hold->context, QUIET_MS / 4, check, hold);
		/* After what the console has to say: we may have been kept from looking. */
		g_source_set_priority(hold->timer, G_PRIORITY_LOW);
	}
	if (!hold->timer) {
		hold->tell(name, data, hold->user);
		return;
	}
	event = g_new0(HeldEvent, 1);
	event->name = g_strdup(name);
	event->data = data ? json_object_ref(data) : NULL;
	g_queue_push_tail(&hold->held, event);
}

void vm_hold_console(VmHold *hold)
{
	hold->console_us = g_get_monotonic_time();
}

void vm_hold_free(VmHold *hold)
{
	if (!hold)
		return;
	source_clear(&hold->timer);
	g_queue_clear_full(&hold->held, (GDestroyNotify)held_free);
	hold->freed = TRUE;
	if (!hold->telling)
		hold_end(hold);
}
