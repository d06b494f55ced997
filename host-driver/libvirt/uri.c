/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See uri.h. */
#include "host-driver/libvirt/uri.h"
#include "host-driver/base/error.h"

#include <string.h>

void lv_uri_free(LvUri *uri)
{
	if (!uri)
		return;
	g_free(uri->root);
	g_free(uri);
}

static LvUri *refuse(const char *text, const char *why, GError **error)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "libvirt URI %s: %s; it may be qemu:///embed, qemu:///session, "
		    "qemu:///system or qemu+ssh://HOST/system",
		    text, why);
	return NULL;
}

LvUri *lv_uri_parse(const char *text, GError **error)
{
	g_autoptr(GUri) parsed = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
	g_autoptr(GHashTable) query = NULL;
	g_autoptr(LvUri) uri = g_new0(LvUri, 1);
	const char *scheme, *path, *host, *root;
	gboolean plain, unix_socket;

	if (!parsed)
		return refuse(text, "not a URI", error);
	scheme = g_uri_get_scheme(parsed);
	path = g_uri_get_path(parsed);
	host = g_uri_get_host(parsed);
	plain = g_str_equal(scheme, "qemu");
	unix_socket = g_str_equal(scheme, "qemu+unix");
	if (!plain && !g_str_has_prefix(scheme, "qemu+"))
		return refuse(text, "only QEMU's driver has what a hunt needs", error);
	query = g_uri_parse_params(g_uri_get_query(parsed) ? g_uri_get_query(parsed) : "", -1, "&;",
				   G_URI_PARAMS_NONE, NULL);
	if (!query)
		return refuse(text, "what stands behind '?' is broken", error);
	uri->embed = g_str_equal(path, "/embed");
	if (!uri->embed && !g_str_equal(path, "/system") && !g_str_equal(path, "/session"))
		return refuse(text, "no such driver", error);
	uri->local = (plain || unix_socket) && (!host || !*host);
	uri->upload = !uri->embed && !(uri->local && g_str_equal(path, "/session"));
	root = g_hash_table_lookup(query, "root");
	if (!uri->embed)
		return g_steal_pointer(&uri);
	if (!plain || (host && *host))
		return refuse(text, "the embedded driver is on this machine", error);
	if (root && root[0] != '/')
		return refuse(text, "root must be an absolute path", error);
	uri->root = g_strdup(root);
	return g_steal_pointer(&uri);
}
