/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gdb stub that says what a script tells it to, in a thread, on a socketpair. */
#ifndef PFNHUNT_TESTS_GDB_FIXTURE_H
#define PFNHUNT_TESTS_GDB_FIXTURE_H

#include <glib.h>

typedef struct {
	const char *asked; /* a packet's data, or "^C" */
	const char *reply; /* a packet's data; "!…": these bytes as they are; NULL: none */
} GdbLine;

typedef struct {
	const GdbLine *script; /* ends with one that is empty */
	int fd, client_fd;
	GThread *thread;
	char *wrong; /* the first packet that the script does not have, or NULL */
	guint said;  /* lines of the script that were come to */
} GdbServer;

/* client_fd is the caller's to pass on. */
GdbServer *gdb_server_new(const GdbLine *script);
/* The script was followed to its end; frees. Once the client has closed its end. */
void gdb_server_end(GdbServer *server);

/* Versions of clang-format disagree about braces in macros. */
/* clang-format off */
#define GDB_FEATURES {"qXfer:features:read:target.xml:0,100", "l<target/>"}
/* What attaches to a guest of two vCPUs. */
#define GDB_ATTACHES                                                                               \
	{"^C", "T02thread:01;"}, {"vCont?", "vCont;c;C;s;S"}, GDB_FEATURES,                        \
		{"qfThreadInfo", "m01,02"},                                                        \
	{"qsThreadInfo", "l"}
/* clang-format on */

/* The answer to "g": all registers 0 but these. (transfer full) */
char *gdb_registers(guint64 rip, guint64 rsp, guint64 rdi, guint64 rsi);

#endif
