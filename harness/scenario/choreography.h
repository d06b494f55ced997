/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A choreography: an interleaving of the guest's tasks that is forced, as [choreography] and
 * [stands] of a scenario say it (docs/choreography.md). A round goes through the stands in their
 * order: the task of a role runs until it comes to its stand and is held there, while the next one
 * goes on.
 */
#ifndef PFNHUNT_CHOREOGRAPHY_H
#define PFNHUNT_CHOREOGRAPHY_H

#include "harness/scenario/complain.h"

/* X(id, name, help) */
#define STAND_PLACES(X)                                                                            \
	X(ENTRY, "entry", "at the first instruction of FUNCTION")                                  \
	X(RETURN, "return", "FUNCTION has just returned to its caller")                            \
	X(TOUCH, "touch", "FUNCTION, or one that it called, has accessed the page's struct page")  \
	X(GET, "get", "FUNCTION, or one that it called, has taken a reference on the page")        \
	X(PUT, "put", "FUNCTION, or one that it called, has dropped a reference on the page")

typedef enum {
#define X(id, name, help) STAND_##id,
	STAND_PLACES(X)
#undef X
		STAND_PLACE_COUNT
} StandPlace;

typedef struct {
	const char *name, *help;
} StandPlaceInfo;
extern const StandPlaceInfo stand_places[STAND_PLACE_COUNT];

/* What the arguments of the function at an entry say of pages. */
typedef enum { STAND_NO_PAGE, STAND_RANGE, STAND_PFN, STAND_PAGE } StandPage;

#define STAND_ARGS_MAX	 6
#define STANDS_MAX	 16
#define STAND_ROLES_MAX	 4
#define STAND_ANY_NUMBER -1

typedef struct {
	char *name; /* the key in [stands] */
	char *role; /* the task that comes here */
	StandPlace place;
	char *function;
	StandPage page;
	guint arg;	 /* from 1: the first PFN, the PFN, or the struct page * */
	guint count_arg; /* RANGE: the number of pages */
	gint64 count;	 /* that the page's reference count must be, or STAND_ANY_NUMBER */
	gboolean park;	 /* the task spins with its interrupts on, instead of its vCPU standing */
} Stand;

typedef struct {
	guint64 rounds, deadline_ms; /* deadline: of each stand */
	GPtrArray *stands;	     /* of Stand, in their order */
} Choreography;

/* Without stands: there is none. */
Choreography *choreography_new(void);
void choreography_free(Choreography *choreography);

/* Reads [stands] of @src; the keys of [choreography] are in scenario_keys. FALSE + USAGE error. */
gboolean choreography_load(Choreography *choreography, const ScenarioSource *src, GError **error);
/* The names of all functions, each once, commas between them. (transfer full) */
char *choreography_functions(const Choreography *choreography);
/* A stand as the scenario says it. (transfer full) */
char *stand_text(const Stand *stand);

#endif
