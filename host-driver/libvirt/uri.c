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

/*
 * What libvirt's client takes of a URI and what a hunt has a use for: nothing that names a program
 * (`command`, `netcat`, the transport `ext`), for libvirt would run it.
 */
static const struct {
	const char *scheme, *keys[8];
} schemes[] = {
	{"qemu", {"root", "socket", "mode"}},
	{"qemu+unix", {"socket", "mode"}},
	{"qemu+tcp", {"mode"}},
	{"qemu+tls", {"mode", "no_verify", "pkipath"}},
	{"qemu+ssh", {"socket", "mode", "keyfile", "no_verify", "no_tty"}},
	{"qemu+libssh",
	 {"socket", "mode", "keyfile", "known_hosts", "known_hosts_verify", "sshauth"}},
	{"qemu+libssh2",
	 {"socket", "mode", "keyfile", "known_hosts", "known_hosts_verify", "sshauth"}},
};

static gboolean check_keys(const char *text, const char *const *keys, GHashTable *query,
			   GError **error)
{
	g_autofree char *list = g_strjoinv(", ", (char **)keys), *why = NULL;
	GHashTableIter i;
	gpointer key;

	g_hash_table_iter_init(&i, query);
	while (g_hash_table_iter_next(&i, &key, NULL)) {
		if (g_strv_contains(keys, key))
			continue;
		why = g_strdup_printf("'%s' is not taken behind '?', only %s", (char *)key, list);
		refuse(text, why, error);
		return FALSE;
	}
	return TRUE;
}

/* ssh takes what begins with a hyphen for an option. */
static gboolean is_option(const char *word)
{
	return word && *word == '-';
}

/* The row of the scheme, and all that is wrong with the parts of @parsed. */
static gboolean check_parts(const char *text, GUri *parsed, GHashTable *query, GError **error)
{
	const char *scheme = g_uri_get_scheme(parsed);

	for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
		if (!g_str_equal(schemes[i].scheme, scheme))
			continue;
		if (is_option(g_uri_get_host(parsed)) || is_option(g_uri_get_userinfo(parsed)))
			return refuse(text, "no host's or user's name begins so", error) != NULL;
		if (g_uri_get_fragment(parsed) || g_uri_get_auth_params(parsed))
			return refuse(text, "nothing stands behind '#' or ';'", error) != NULL;
		return check_keys(text, schemes[i].keys, query, error);
	}
	return refuse(text,
		      "only QEMU's driver has what a hunt needs, and not every way to it is taken",
		      error) != NULL;
}

LvUri *lv_uri_parse(const char *text, GError **error)
{
	/* The query as it stands: libvirt takes percent signs in it apart, and so is done here. */
	g_autoptr(GUri) parsed = g_uri_parse(text, G_URI_FLAGS_ENCODED_QUERY, NULL);
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
	query = g_uri_parse_params(g_uri_get_query(parsed) ? g_uri_get_query(parsed) : "", -1, "&;",
				   G_URI_PARAMS_NONE, NULL);
	if (!query)
		return refuse(text, "what stands behind '?' is broken", error);
	if (!check_parts(text, parsed, query, error))
		return NULL;
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
