/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend that the guest tests run on: QEMU, or with PFNHUNT_TEST_BACKEND "libvirt" the
 * embedded driver of libvirt in a folder of its own. That driver refuses root where the user
 * libvirt-qemu is missing; there the program runs as somebody else, in a user namespace.
 */
#ifndef PFNHUNT_TESTS_BACKEND_FIXTURE_H
#define PFNHUNT_TESTS_BACKEND_FIXTURE_H

#include <glib.h>
#include <sys/types.h>

/* FALSE, with the reason printed: the tests are to be skipped. */
gboolean backend_set_up(void);
void backend_tear_down(void);

/* "--backend" and what belongs behind it; both NULL for QEMU. */
const char *backend_option(void);
const char *backend_text(void);
/* The beginning of a command line: the program, or what it is run by. Of borrowed strings. */
GPtrArray *backend_command(void);

/* libvirt alone: the one QEMU that runs. `pfnhunt backend clean` must find and end it. */
pid_t backend_qemu(void);
void backend_clean(void);

#endif
