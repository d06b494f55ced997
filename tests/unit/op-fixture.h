/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs ops against a fake tree, as the agent would, and keeps the lines that they say. */
#ifndef PFNHUNT_OP_FIXTURE_H
#define PFNHUNT_OP_FIXTURE_H

#include <glib.h>

#include "fake-tree.h"
#include "guest-agent/op/run.h"

typedef struct {
	FakeTree *tree;
	GPtrArray *lines;
	GMutex lock;
	struct sink sink; /* where the lines come from */
	struct op_run *run;
	struct rec_head *rec;
} OpFixture;

/* Adds an op by its line of a plan. */
void op_fixture_add(OpFixture *f, const char *line);
/* Adds the one walker of a test, and starts it. */
void op_fixture_start_walker(OpFixture *f, const char *line);
/* Stops all ops, which must not take long. */
void op_fixture_stop(OpFixture *f);
/* The value of @key in the last line of this verb for this op, or NULL. */
char *op_fixture_last_value(OpFixture *f, const char *verb, const char *inst, const char *key);
void op_fixture_assert_value(OpFixture *f, const char *verb, const char *inst, const char *key,
			     const char *value);
/* A counter of the op, as it is now. */
guint64 op_fixture_number(OpFixture *f, const char *inst, const char *key);
/* Looks on until a counter has reached @least; that must happen within seconds. */
void op_fixture_wait_for(OpFixture *f, const char *inst, const char *key, guint64 least);
/*
 * Block 32, partly plugged, as the core would tell of it: its pages from 1024 on, up to
 * @end_pfn, are fake-offline.
 */
void op_fixture_publish(OpFixture *f, guint64 end_pfn);
void op_fixture_add_test(const char *path, void (*body)(OpFixture *, gconstpointer));
/* The same with @data for the body. */
void op_fixture_add_test_of(const char *path, void (*body)(OpFixture *, gconstpointer),
			    gconstpointer data);

#endif
