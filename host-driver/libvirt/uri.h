/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a libvirt URI says of the host, before anybody has asked libvirt. */
#ifndef PFNHUNT_VM_LIBVIRT_URI_H
#define PFNHUNT_VM_LIBVIRT_URI_H

#include <glib.h>

typedef struct {
	gboolean embed;	 /* libvirt's driver inside this process: no daemon */
	char *root;	 /* folder of the embedded driver; NULL: a private one is made */
	gboolean local;	 /* the guests run on this machine */
	gboolean upload; /* QEMU there may not see our files, or not be allowed to read them */
} LvUri;

/* USAGE error for what is no URI of QEMU's driver. (transfer full) */
LvUri *lv_uri_parse(const char *uri, GError **error);
void lv_uri_free(LvUri *uri); /* may be NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LvUri, lv_uri_free)

#endif
