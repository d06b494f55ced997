/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host that libvirt reaches: one connection a URI, shared by all guests on it and kept until
 * vm_backend_free(). Everything here blocks and may be called from any thread.
 */
#ifndef PFNHUNT_VM_LIBVIRT_CONNECTION_H
#define PFNHUNT_VM_LIBVIRT_CONNECTION_H

#include "host-driver/libvirt/uri.h"

#include <libvirt/libvirt.h>

#define LV_ROOTS 64 /* private ones: as many hunts at once */

typedef struct LvHost LvHost;

struct LvHost {
	gint refs;
	char *uri; /* as given */
	LvUri *where;
	virConnectPtr conn;
	char *owner;	      /* lv_owner_self() */
	gint lost;	      /* atomic: the connection is gone for good */
	gboolean left_guests; /* an embedded driver found guests of before */
	int lock_fd;	      /* of a private root, or -1 */
	GMutex files_mutex;
	GHashTable *files; /* path here -> volume's path there */
	/* Called before the connection is closed, unless it is lost; NULL: nothing was uploaded. */
	void (*remove_files)(LvHost *host);
};

/* A reference to the open connection, made when there is none yet. INFRA or USAGE error. */
LvHost *lv_host_get(const char *uri, GError **error);
/* As lv_host_get(), but gives up after a minute and a half. For commands; main thread. */
LvHost *lv_host_get_timed(const char *uri, GError **error);
/* The folder of the embedded driver when its connection is open, else NULL. (transfer full) */
char *lv_host_root(const char *uri);
/*
 * The private roots of the embedded driver that nobody uses and that guests are left in.
 * (transfer full)
 */
char **lv_host_left_roots(void);
/* Forgets the URI; closed, and what was uploaded removed, when the last guest lets go. */
void lv_host_close(const char *uri);
LvHost *lv_host_ref(LvHost *host);
void lv_host_unref(LvHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LvHost, lv_host_unref)

/* Sets an INFRA error "libvirt: WHAT: libvirt's own words" of this thread's last failure. */
void lv_error(GError **error, const char *what);

#endif
