/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boots of a hunt that run at once: each in a slot of a host, all on one main context.
 * Whenever something ends, or memory was measured, the hosts with room take the next boots.
 * What a boot does hangs on its index alone, so nothing of this shows in the results but times.
 */
#include "harness/hunt/internal.h"
#include "harness/hunt/jobs.h"
#include "host-driver/base/units.h"

#include <glib-unix.h>
#include <string.h>

/* One boot in 30 to 100 dies of the artefact; this many in a row are something else. */
#define EMULATOR_RETRIES 5
/* Progress comes once a second: by then a guest has touched what it touches. */
#define MEASURED_TICKS 5
/* A host that went away costs a boot whenever it is tried in vain. */
#define PAUSE_FIRST_MS 60000
#define PAUSE_MAX_MS   3600000

typedef struct {
	Hunt *hunt;
	Place *place;
	guint number; /* among the slots of its host, for pinning */
	HuntTry attempt;
	VmAccel accel;
	Boot *boot;
	gboolean over;
	guint run_ticks;
	guint64 bytes; /* what it took when last measured */
} Slot;

static void slot_free(Slot *slot)
{
	boot_free(slot->boot);
	slot->place->running--;
	g_free(slot);
}

static gboolean is_auto(const Hunt *hunt)
{
	return hunt->config->jobs == HUNT_JOBS_AUTO;
}

static guint places_left(const Hunt *hunt)
{
	guint left = 0;

	for (guint i = 0; i < hunt->places->len; i++)
		left += !g_array_index(hunt->places, Place, i).gone;
	return left;
}

static gboolean fill(gpointer user);

static void fill_later(Hunt *hunt)
{
	/* Not idle priority: a boot that talks without end would starve it. */
	if (!hunt->fill_id)
		hunt->fill_id = g_idle_add_full(G_PRIORITY_DEFAULT, fill, hunt, NULL);
}

static gboolean wants_more(const Hunt *hunt)
{
	const HuntConfig *c = hunt->config;

	if (hunt->summary->interrupted || hunt->time_is_up || hunt->error ||
	    !stop_rule_wants(&hunt->summary->rule, hunt->slots->len))
		return FALSE;
	return !c->time_ms || g_get_monotonic_time() - hunt->started_us < (gint64)c->time_ms * 1000;
}

/* The host is not used for a time, as long as there is another. */
static gboolean give_up(Hunt *hunt, Place *place, const char *why)
{
	guint first_ms = hunt->config->host_pause_ms;

	if (!place->gone && places_left(hunt) == 1)
		return FALSE;
	if (place->gone && !place->trying)
		return TRUE; /* a boot beside this one has told */
	place->pause_ms = place->pause_ms ? MIN(place->pause_ms * 2, PAUSE_MAX_MS)
			  : first_ms	  ? first_ms
					  : PAUSE_FIRST_MS;
	place->back_us = g_get_monotonic_time() + place->pause_ms * 1000ll;
	place->gone = TRUE;
	place->trying = FALSE;
	hunt_tell(hunt, g_strdup_printf("%s is not used for %.3g s: %s", place->host.backend->text,
					place->pause_ms / 1000.0, why));
	return TRUE;
}

/* The boot that a host was tried with is over, and it was not given up for that. */
static void take_back(Hunt *hunt, Place *place, const BootResult *r)
{
	place->trying = FALSE;
	if (r->hello_s < 0)
		return;
	place->gone = FALSE;
	hunt_tell(hunt, g_strdup_printf("%s is used again", place->host.backend->text));
}

/* Whether it is to be run again on another host. */
static gboolean move(Slot *slot, const BootResult *r, HuntTry *next)
{
	if (!give_up(slot->hunt, slot->place, r->reason))
		return FALSE;
	next->why = "moved";
	next->from = slot->place->host.backend->text;
	return TRUE;
}

/* Whether this boot is to be run again rather than counted; then *@next says how. */
static gboolean try_again(Slot *slot, const BootResult *r, HuntTry *next)
{
	Hunt *hunt = slot->hunt;
	Place *place = slot->place;

	*next = slot->attempt;
	next->tries++;
	next->from = NULL;
	if (hunt->summary->interrupted || hunt->time_is_up)
		return FALSE;
	if (r->verdict == VERDICT_EMULATOR && next->artefacts < EMULATOR_RETRIES) {
		next->artefacts++;
		next->why = "again";
		return TRUE;
	}
	if (r->verdict != VERDICT_INFRA)
		return FALSE;
	if (r->host_lost)
		return move(slot, r, next);
	if (r->hello_s >= 0)
		return FALSE;
	if (slot->accel == VM_ACCEL_KVM && place->host.accel_auto) {
		if (place->host.accel == VM_ACCEL_KVM)
			hunt_tell(hunt,
				  g_strdup_printf("KVM does not run this guest %s: falling "
						  "back to TCG",
						  hunt->places->len > 1 ? place->host.backend->text
									: "here"));
		place->host.accel = VM_ACCEL_TCG;
		next->why = "tcg";
		return TRUE;
	}
	/* A host whose guests never come to life would take one boot after the other. */
	return move(slot, r, next);
}

static gint by_index(gconstpointer a, gconstpointer b)
{
	const BootResult *x = *(BootResult *const *)a, *y = *(BootResult *const *)b;

	return (x->index > y->index) - (x->index < y->index);
}

static void measure(Slot *slot)
{
	slot->bytes = jobs_footprint_bytes(boot_thread(slot->boot));
	if (slot->run_ticks >= MEASURED_TICKS)
		slot->place->footprint_bytes = MAX(slot->place->footprint_bytes, slot->bytes);
}

/* What was found stays and counts; that no more was run makes no hunt clean. */
static void end_when_full(Hunt *hunt)
{
	guint64 max = hunt->config->kept_max_bytes;
	g_autofree char *size = NULL;

	max = max ? max : HUNT_KEPT_MAX_BYTES;
	if (hunt->summary->interrupted || retention_kept_bytes(hunt->retention) < max)
		return;
	size = units_format_bytes(max);
	hunt->summary->interrupted = TRUE;
	hunt_tell(hunt,
		  g_strdup_printf("no more boots: those that were not clean take %s, the most "
				  "that a hunt keeps of them",
				  size));
}

static void boot_over(Boot *boot, BootResult *r, gpointer user)
{
	Slot *slot = user;
	Hunt *hunt = slot->hunt;
	HuntSummary *sum = hunt->summary;
	HuntTry next;
	gboolean again = try_again(slot, r, &next);
	Trial trial;

	if (slot->place->trying)
		take_back(hunt, slot->place, r);
	hunt->listener->boot_over(r, again, hunt->user);
	hunt_tell(hunt, store_boot(hunt->store, sum->dir, r->dir, again));
	retention_boot_over(hunt->retention, r->dir, r->verdict == VERDICT_CLEAN);
	sum->verdicts[r->verdict]++;
	trial = hunt_trial(r);
	stop_rule_boot(&sum->rule, &trial, again);
	/* A boot that was too short to be measured while it ran tells what it came to. */
	slot->place->footprint_bytes = MAX(slot->place->footprint_bytes, slot->bytes);
	if (again) {
		hunt_queue_put(hunt->queue, &next);
		boot_result_free(r);
	} else {
		sum->boots++;
		sum->hits += r->hits;
		sum->offlines += r->offlines;
		sum->run_s += r->run_s;
		sum->accel = slot->accel;
		g_ptr_array_add(sum->results, r);
		g_ptr_array_sort(sum->results, by_index);
	}
	end_when_full(hunt);
	/* The boot is still on the stack below us. */
	slot->over = TRUE;
	fill_later(hunt);
}

static void boot_progress(const BootProgress *progress, gpointer user)
{
	Slot *slot = user;
	Hunt *hunt = slot->hunt;

	if (hunt->listener->progress)
		hunt->listener->progress(slot->attempt.index, progress, hunt->user);
	if (!is_auto(hunt))
		return;
	slot->run_ticks += g_str_equal(progress->phase, "running");
	measure(slot);
	fill_later(hunt);
}

static void boot_splat(const char *title, gpointer user)
{
	Slot *slot = user;
	Hunt *hunt = slot->hunt;

	if (hunt->listener->splat)
		hunt->listener->splat(slot->attempt.index, title, hunt->user);
}

static const BootListener boot_listener = {
	.progress = boot_progress, .splat = boot_splat, .over = boot_over};

static gboolean has_room(const Hunt *hunt, const Place *place)
{
	JobsFacts facts = {.host_cpus = jobs_host_cpus(),
			   .guest_cpus = (guint)hunt->config->scenario->cpus,
			   .footprint_bytes = place->footprint_bytes,
			   .running = place->running};

	if (place->gone)
		return place->running == 0 && g_get_monotonic_time() >= place->back_us;
	if (!is_auto(hunt))
		return place->running < MAX(hunt->config->jobs, 1);
	if (facts.running == 0 || facts.footprint_bytes == 0)
		return facts.running == 0;
	facts.available_bytes = jobs_available_bytes();
	for (guint i = 0; i < hunt->slots->len; i++) {
		const Slot *slot = g_ptr_array_index(hunt->slots, i);

		if (slot->place == place)
			facts.growing_bytes +=
				facts.footprint_bytes - MIN(facts.footprint_bytes, slot->bytes);
	}
	return jobs_have_room(&facts);
}

static gboolean is_better(const Place *a, const Place *b)
{
	return a->gone != b->gone ? b->gone : a->running < b->running;
}

/* The host with room that runs the fewest, of those that are there if possible; NULL: none. */
static Place *free_place(const Hunt *hunt)
{
	Place *best = NULL;

	for (guint i = 0; i < hunt->places->len; i++) {
		Place *place = &g_array_index(hunt->places, Place, i);

		if (has_room(hunt, place) && (!best || is_better(place, best)))
			best = place;
	}
	return best;
}

/* The lowest number that no slot of @place has. */
static guint free_number(const Hunt *hunt, const Place *place)
{
	for (guint number = 0;; number++) {
		gboolean taken = FALSE;

		for (guint i = 0; i < hunt->slots->len; i++) {
			const Slot *slot = g_ptr_array_index(hunt->slots, i);

			taken |= slot->place == place && slot->number == number;
		}
		if (!taken)
			return number;
	}
}

/* A boot that its host did not even start: told in its folder, and run elsewhere. */
static void not_started(Hunt *hunt, const Slot *slot, const char *dir, GError *error)
{
	HuntTry next = slot->attempt;

	if (!give_up(hunt, slot->place, error->message)) {
		hunt->error = error;
		return;
	}
	if (boot_write_lost(dir, error->message))
		hunt_tell(hunt, store_boot(hunt->store, hunt->summary->dir, dir, TRUE));
	hunt->summary->verdicts[VERDICT_INFRA]++;
	next.tries++;
	next.why = "moved";
	next.from = slot->place->host.backend->text;
	hunt_queue_put(hunt->queue, &next);
	g_error_free(error);
}

static void start(Hunt *hunt, Place *place, const HuntTry *attempt)
{
	BootConfig config = hunt_boot_config(hunt, attempt->index);
	g_autofree char *boots = g_build_filename(hunt->summary->dir, "boots", NULL);
	g_autofree char *leaf = hunt_queue_folder(boots, attempt);
	g_autofree char *dir = g_build_filename(boots, leaf, NULL);
	g_autofree char *name = g_strdup_printf("%s-%s", hunt->id, leaf);
	Slot *slot = g_new0(Slot, 1);
	GError *error = NULL;

	slot->hunt = hunt;
	slot->place = place;
	slot->attempt = *attempt;
	slot->accel = place->host.accel;
	slot->number = free_number(hunt, place);
	place->running++;
	place->trying = place->gone;
	config.backend = place->host.backend;
	config.accel = slot->accel;
	config.moved_from = attempt->from;
	config.dir = dir;
	config.name = name;
	config.pin = hunt->config->pin;
	config.pin_place = slot->number * config.scenario->cpus;
	if (hunt->listener->boot_started)
		hunt->listener->boot_started(attempt->index, config.seed, dir, hunt->user);
	slot->boot = boot_start(&config, &boot_listener, slot, &error);
	if (slot->boot) {
		g_ptr_array_add(hunt->slots, slot);
		return;
	}
	not_started(hunt, slot, dir, error);
	slot_free(slot);
}

/* Clears what is over, then starts what has room. */
static gboolean fill(gpointer user)
{
	Hunt *hunt = user;
	Place *place;
	HuntTry attempt;

	hunt->fill_id = 0;
	for (guint i = hunt->slots->len; i > 0; i--)
		if (((Slot *)g_ptr_array_index(hunt->slots, i - 1))->over)
			g_ptr_array_remove_index(hunt->slots, i - 1);
	while (wants_more(hunt) && (place = free_place(hunt)) &&
	       hunt_queue_next(hunt->queue, &attempt))
		start(hunt, place, &attempt);
	if (hunt->slots->len == 0)
		g_main_loop_quit(hunt->loop);
	return G_SOURCE_REMOVE;
}

static void interrupt_all(Hunt *hunt)
{
	for (guint i = 0; i < hunt->slots->len; i++) {
		Slot *slot = g_ptr_array_index(hunt->slots, i);

		if (!slot->over)
			boot_interrupt(slot->boot);
	}
}

static gboolean on_signal(gpointer user)
{
	Hunt *hunt = user;

	hunt->summary->interrupted = TRUE;
	interrupt_all(hunt);
	return G_SOURCE_CONTINUE;
}

/* Told to end, and the next time ended. */
static gboolean on_hard_end(gpointer user)
{
	Hunt *hunt = user;

	hunt->hard_id = 0;
	if (!hunt->time_is_up)
		hunt->hard_id = g_timeout_add(HUNT_GRACE_MS, on_hard_end, hunt);
	hunt->time_is_up = TRUE;
	interrupt_all(hunt);
	return G_SOURCE_REMOVE;
}

void hunt_slots_run(Hunt *hunt)
{
	guint sigint = g_unix_signal_add(SIGINT, on_signal, hunt);
	guint sigterm = g_unix_signal_add(SIGTERM, on_signal, hunt);

	hunt->slots = g_ptr_array_new_with_free_func((GDestroyNotify)slot_free);
	hunt->loop = g_main_loop_new(NULL, FALSE);
	if (hunt->config->hard_ms)
		hunt->hard_id = g_timeout_add((guint)MIN(hunt->config->hard_ms, G_MAXINT32),
					      on_hard_end, hunt);
	fill_later(hunt);
	g_main_loop_run(hunt->loop);
	g_main_loop_unref(hunt->loop);
	g_source_remove(sigint);
	g_source_remove(sigterm);
	g_clear_handle_id(&hunt->hard_id, g_source_remove);
	g_ptr_array_unref(hunt->slots);
}
