/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs pfnhunt as a person would, on the backend of the test run, and reads what it leaves. A
 * failed check fails its case and lets it go on, so nothing here aborts: what cannot be read is
 * empty, and a case that would stumble over that returns.
 */
#ifndef PFNHUNT_TESTS_HUNT_FIXTURE_H
#define PFNHUNT_TESTS_HUNT_FIXTURE_H

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "tests/guest/backend-fixture.h"

#define HUNT_DEADLINE_S 150

typedef struct {
	char *results; /* an empty folder; the program's default for its results */
	char *out;     /* what the last command said, never NULL once it has ended */
	GSubprocess *process;
	int code; /* -1: it did not exit by itself */
} Hunt;

typedef struct {
	const char *path;
	void (*run)(Hunt *h, gconstpointer data);
	gconstpointer data;
} HuntCase;

/* The main() of a test program: sets the backend up, and gives each case a Hunt of its own. */
int hunt_main(int argc, char **argv, const HuntCase *cases, gsize count);

void hunt_set_up(Hunt *h, gconstpointer data);
/* Ends what still runs. A failed case's evidence stays for the reader. */
void hunt_tear_down(Hunt *h, gconstpointer data);

/* Starts a command line that ends in NULL, behind the beginning that the backend needs. */
void hunt_spawn(Hunt *h, const char *const *args);
/* The same, but @argv is all. */
void hunt_spawn_bare(Hunt *h, const char *const *argv);
/* Waits for its end, at most HUNT_DEADLINE_S. */
void hunt_finish(Hunt *h);

/* `pfnhunt` with these arguments; the backend's option is not among them. */
#define HUNT_SPAWN(h, ...)                                                                         \
	hunt_spawn(h, (const char *const[]){g_getenv("PFNHUNT_EXE"), __VA_ARGS__, NULL})
/* The same to its end. FALSE, and the case failed, with another exit code. */
#define HUNT_SAYS(h, code, ...) (HUNT_SPAWN(h, __VA_ARGS__), hunt_finish(h), hunt_ended(h, code))
gboolean hunt_ended(const Hunt *h, int code);
/* That was said; else the case failed. */
void hunt_has(const Hunt *h, const char *words);

/* What the tests say of ops, counters and damage holds on this one, whatever the machine's own is. */
#define HUNT_KERNEL "6.1"

/*
 * `pfnhunt run` of @scenario with seed 1 on the backend. @scenario: a path, a name of configs/, or
 * a file of the tests' scenarios. @option and @value may be NULL; without "--kernel", HUNT_KERNEL.
 */
void hunt_start(Hunt *h, const char *scenario, const char *option, const char *value);
void hunt_run(Hunt *h, const char *scenario);

/* A file of the tests' scenarios; (transfer full), as all paths and texts below. */
char *hunt_scenario(const char *name);
/* The same with the one place that says @old saying @new, in a file of its own. */
char *hunt_scenario_with(const Hunt *h, const char *name, const char *old, const char *new);

/* The only hunt's folder of boot 0 (or its last try), or NULL. */
char *hunt_boot_dir(const Hunt *h);
/* A file of that folder, or "". */
char *hunt_evidence(const Hunt *h, const char *name);
/* verdict.json of it, or an empty object. */
JsonObject *hunt_verdict(const Hunt *h);
/* FALSE, the case failed and the evidence printed: it ended otherwise. */
gboolean hunt_expect(const Hunt *h, int code, const char *verdict);
/*
 * The last value of @key in the counters' lines of that name, "VERB/OP-OR-WALKER/WINDOW" such as
 * "count/migrate/"; -1 when it was never told.
 */
gint64 hunt_count(const Hunt *h, const char *line, const char *key);
/* boot.json of it says the backend of the test run; hunt_expect() checks that too. */
void hunt_expect_backend(const Hunt *h);
/* All of the folder's files are there and not empty. */
void hunt_expect_files(const Hunt *h);

/*
 * Waits until that evidence holds @words, at most HUNT_DEADLINE_S and no longer than the program
 * runs. FALSE, the case failed, the program ended and the evidence printed: never.
 */
gboolean hunt_wait_for(Hunt *h, const char *name, const char *words);
/* Once its ops run: interrupts it when counters have been seen to rise. FALSE: it was not so far. */
gboolean hunt_interrupt(Hunt *h);

#endif
