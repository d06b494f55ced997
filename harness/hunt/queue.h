/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which boot of a hunt comes next. A boot's index decides alone what it does, so it does not
 * matter who runs it, or when: the lowest index that is neither done nor running comes first,
 * and what has to be run again goes back to its place. Knows nothing of guests.
 */
#ifndef PFNHUNT_HUNT_QUEUE_H
#define PFNHUNT_HUNT_QUEUE_H

#include <glib.h>

typedef struct {
	guint index;
	guint tries;	 /* of it before this one, whatever became of them */
	guint artefacts; /* of them: the emulator's */
	const char
		*why; /* "again", "tcg" or "moved" (to another host); static, NULL the first time */
	const char *from; /* the host that it was moved from: borrowed, NULL else */
} HuntTry;

typedef struct HuntQueue HuntQueue;

/*
 * All boots below @boots (0: no end), of them every @shares-th from @share on, which counts from
 * 1; @shares 0 or 1: all. Never NULL.
 */
HuntQueue *hunt_queue_new(guint64 boots, guint share, guint shares);
void hunt_queue_free(HuntQueue *queue); /* may be NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HuntQueue, hunt_queue_free)

/* This one is done already; said before the first hunt_queue_next(). */
void hunt_queue_skip(HuntQueue *queue, guint index);
/* This one is to be run (again), with what is known of it. */
void hunt_queue_put(HuntQueue *queue, const HuntTry *again);
/* Takes the next one out; FALSE when there is none now. */
gboolean hunt_queue_next(HuntQueue *queue, HuntTry *next);

/* The share of @shares that boot @index is in, from 1. */
guint hunt_queue_share(guint index, guint shares);

/* A name for the folder of @attempt that is free in @boots_dir: "0007", "0007-again1". (transfer full) */
char *hunt_queue_folder(const char *boots_dir, const HuntTry *attempt);

#endif
