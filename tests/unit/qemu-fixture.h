/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine of the QEMU backend with fake-qemu behind it, and what it has said so far. */
#ifndef PFNHUNT_QEMU_FIXTURE_H
#define PFNHUNT_QEMU_FIXTURE_H

#include "host-driver/vm/machine.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

typedef struct {
	char *dir, *old_path;
	Vm *vm;
	GString *console, *agent, *log;
	GString *sent;	     /* the commands */
	const char *free_on; /* frees the machine when it tells this */
	gboolean over;	     /* exited or freed */
	int wait_status;
	char *detail;
	gint64 start_us;
} QemuFixture;

/* Adds @word to f->log: what a callback was told. */
void qemu_told(QemuFixture *f, const char *word);
/* Callbacks whose @user is the fixture: each notes in f->log that it came. */
void qemu_on_event(Vm *vm, const char *name, JsonObject *data, gpointer user);
void qemu_on_done(Vm *vm, const GError *error, gpointer user);
void qemu_on_memory(Vm *vm, const VmMemState *state, guint count, const GError *error,
		    gpointer user);
void qemu_on_read(Vm *vm, GBytes *bytes, const GError *error, gpointer user);
void qemu_setup(QemuFixture *f, gconstpointer data);
/* @mode: words for fake-qemu, on what it is to do. (transfer full) */
VmConfig *qemu_config_of(QemuFixture *f, const char *mode);
void qemu_boot_config(QemuFixture *f, const VmConfig *config);
void qemu_boot(QemuFixture *f, const char *mode);
/* Runs the main loop until @string ends with @suffix; NULL: until the machine is over. */
void qemu_run_until(QemuFixture *f, GString *string, const char *suffix);
void qemu_teardown(QemuFixture *f, gconstpointer data);
void qemu_assert_exited(QemuFixture *f, int status);

#endif
