/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs pfnhunt as a person would, on the backend of the test run, and reads what it leaves. */
#ifndef PFNHUNT_TESTS_HUNT_FIXTURE_H
#define PFNHUNT_TESTS_HUNT_FIXTURE_H

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "tests/guest/backend-fixture.h"

#define HUNT_DEADLINE_S 120

typedef struct {
	char *results, *out;
	GSubprocess *process;
	int code; /* -1: it did not exit by itself */
} Hunt;

void hunt_set_up(Hunt *h, gconstpointer data);
/* A failed test's evidence stays for the reader. */
void hunt_tear_down(Hunt *h, gconstpointer data);

/* @scenario: a name of configs/, or a file of the tests' scenarios. @option may be NULL. */
void hunt_start(Hunt *h, const char *scenario, const char *option, const char *value);
/* Waits for its end, at most HUNT_DEADLINE_S. */
void hunt_finish(Hunt *h);
void hunt_run(Hunt *h, const char *scenario);

/* The only hunt's folder of boot 0 (or its last try), or NULL. (transfer full) */
char *hunt_boot_dir(const Hunt *h);
/* A file of that folder, or "". (transfer full) */
char *hunt_evidence(const Hunt *h, const char *name);
/* verdict.json of it. (transfer full) */
JsonObject *hunt_verdict(const Hunt *h);
void hunt_expect(const Hunt *h, int code, const char *verdict);
/* All of the folder's files are there and not empty. */
void hunt_expect_files(const Hunt *h);

#endif
