/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend that the guest tests run on: QEMU, or with PFNHUNT_TEST_BACKEND "libvirt" the
 * embedded driver of libvirt in a folder of its own. That driver refuses root where the user
 * libvirt-qemu is missing, so that a root's program runs as somebody else, in a user namespace.
 */
#ifndef PFNHUNT_TESTS_BACKEND_FIXTURE_H
#define PFNHUNT_TESTS_BACKEND_FIXTURE_H

#include <glib.h>
#include <sys/types.h>

/* FALSE, with the reason printed: the tests are to be skipped. */
gboolean backend_set_up(void);
void backend_tear_down(void);

/* From now on a root is somebody else. FALSE where the system has no user namespaces for that. */
gboolean backend_leave_root(void);

/* "--backend" and what belongs behind it; both NULL for QEMU. */
const char *backend_option(void);
const char *backend_text(void);
/* The beginning of a command line: nothing, or what makes root somebody else. Of literals. */
GPtrArray *backend_command(void);
/* That which makes root somebody else. */
void backend_add_somebody_else(GPtrArray *argv);

/*
 * libvirt alone. The pid of the one QEMU that runs, or 0; and what `pfnhunt backend clean` says
 * when it has ended well, or NULL. (transfer full)
 */
pid_t backend_qemu(void);
char *backend_clean(void);

#endif
