/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens in a fake machine, and how a script becomes that. */
#ifndef PFNHUNT_VM_FAKE_INTERNAL_H
#define PFNHUNT_VM_FAKE_INTERNAL_H

#include "host-driver/vm/vm.h"

typedef enum { FAKE_CONSOLE, FAKE_AGENT, FAKE_EVENT, FAKE_EXIT, FAKE_PLUG, FAKE_REPLY } FakeKind;

/* The end of an asynchronous call: one of the four is set. */
typedef struct {
	VmDone done;
	VmMemoryDone memory;
	VmReadDone read;
	VmThreadsDone threads;
	gpointer user;
	guint32 read_len;
	GError *error;
} FakeReply;

typedef struct {
	FakeKind kind;
	char *trigger; /* the agent verb that starts it, or NULL: it starts with the machine */
	gint64 delay_us, due_us;
	GString *text; /* bytes, line, event name, status */
	guint device;  /* FAKE_PLUG */
	guint64 size_bytes;
	FakeReply reply;
} FakeAction;

/* @text may be NULL. */
FakeAction *fake_action_new(FakeKind kind, const char *text);
void fake_action_free(FakeAction *action);

/*
 * Appends the actions of @script (see fake.h) to @actions; "no-plug" sets *@no_plug, "refuse"
 * sets *@refuse. A line that cannot be read is an error (USAGE).
 */
gboolean fake_script_parse(const char *script, GPtrArray *actions, gboolean *no_plug,
			   gboolean *refuse, GError **error);

#endif
