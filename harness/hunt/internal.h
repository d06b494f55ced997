/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State of a hunt, shared by hunt.c (folder and summary), slots.c (the boots that run) and, below both, common.c. */
#ifndef PFNHUNT_HUNT_INTERNAL_H
#define PFNHUNT_HUNT_INTERNAL_H

#include "harness/hunt/queue.h"
#include "harness/hunt/hunt.h"
#include "harness/store/store.h"
#include "harness/hunt/retention.h"

/* A host as the hunt sees it. */
typedef struct {
	HuntHost host;	 /* its accelerator may turn into TCG */
	gboolean gone;	 /* it went away, and gets nothing until back_us; then one boot alone, */
	gboolean trying; /* which this is */
	guint pause_ms;	 /* the last one, 0: it never went away */
	gint64 back_us;
	guint running;
	guint64 footprint_bytes; /* most that a boot here took, 0: not measured yet */
} Place;

typedef struct {
	const HuntConfig *config;
	const HuntListener *listener;
	gpointer user;
	HuntSummary *summary;
	GMainLoop *loop;
	GPtrArray *modules;
	guint boot_module_count;
	char *id, *initrd_path;
	gint64 started_us;
	HuntQueue *queue;
	GArray *places;	  /* of Place */
	GPtrArray *slots; /* of Slot: the boots that run */
	guint fill_id, hard_id;
	gboolean time_is_up; /* config->hard_ms has passed */
	Store *store;
	Retention *retention;
	GError *error; /* why no boot could be started */
	int lock_fd;   /* of the folder; -1: none yet */
} Hunt;

/* Runs the boots on the hosts until none is left to run. In slots.c. */
void hunt_slots_run(Hunt *hunt);

/* Both in common.c. */
/* Takes @text, which may be NULL. */
void hunt_tell(const Hunt *hunt, char *text);
/* All of the boot but its folder, name and place. */
BootConfig hunt_boot_config(const Hunt *hunt, guint index);

#endif
