/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See clean.h. A daemon ends the guests of a client that goes away, so there only a
 * daemon that was started again has any left; the embedded driver's guests live on.
 */
#include "host-driver/libvirt/clean.h"
#include "host-driver/base/error.h"
#include "host-driver/libvirt/files.h"
#include "host-driver/libvirt/connection.h"
#include "host-driver/libvirt/owner.h"
#include "host-driver/libvirt/xml.h"

#include <gio/gio.h>

/* The embedded driver finds its guests again in threads of its own. */
#define RECONNECT_MS 1000
#define GONE_TRIES   50

typedef struct {
	LvHost *host;
	LvCleanTell tell;
	gpointer user;
} Clean;

G_GNUC_PRINTF(2, 3)
static void say(const Clean *clean, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	if (clean->tell)
		clean->tell(text, clean->user);
}

/* Whether its owner is surely dead; a word about what is kept. */
static gboolean is_leftover(const Clean *clean, const char *kind, const char *name,
			    const char *owner)
{
	g_autofree char *who = lv_owner_name(owner);
	LvOwnerState state = lv_owner_state(owner);

	if (state == LV_OWNER_DEAD)
		return TRUE;
	say(clean, "kept %s %s: %s %s", kind, name, who,
	    state == LV_OWNER_ALIVE ? "uses it" : "can only be asked there");
	return FALSE;
}

static gboolean clean_domain(const Clean *clean, virDomainPtr dom, GError **error)
{
	char *metadata = virDomainGetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, LV_METADATA_URI, 0);
	g_autofree char *owner = lv_metadata_owner(metadata);
	const char *name = virDomainGetName(dom);

	free(metadata);
	if (!owner || !is_leftover(clean, "guest", name, owner))
		return TRUE;
	/* It may have ended meanwhile, or while we ask. */
	if (virDomainDestroy(dom) < 0 && virDomainIsActive(dom) == 1) {
		lv_error(error, name);
		return FALSE;
	}
	for (guint i = 0; i < GONE_TRIES && virDomainIsActive(dom) == 1; i++)
		g_usleep(100000);
	say(clean, "ended guest %s", name);
	return TRUE;
}

static gboolean clean_domains(const Clean *clean, GError **error)
{
	virDomainPtr *doms = NULL;
	int count = virConnectListAllDomains(clean->host->conn, &doms, 0);
	gboolean ok = TRUE;

	if (count < 0) {
		lv_error(error, "cannot list the guests");
		return FALSE;
	}
	for (int i = 0; i < count; i++) {
		ok = ok && clean_domain(clean, doms[i], error);
		virDomainFree(doms[i]);
	}
	free(doms);
	return ok;
}

static gboolean clean_volume(const Clean *clean, virStorageVolPtr volume, GError **error)
{
	const char *name = virStorageVolGetName(volume);
	g_autofree char *owner = lv_volume_owner(name);

	if (!owner || !is_leftover(clean, "volume", name, owner))
		return TRUE;
	if (virStorageVolDelete(volume, 0) < 0) {
		lv_error(error, name);
		return FALSE;
	}
	say(clean, "removed volume %s", name);
	return TRUE;
}

static gboolean clean_pool(const Clean *clean, virStoragePoolPtr pool, GError **error)
{
	virStorageVolPtr *volumes = NULL;
	int count;
	gboolean ok = TRUE;

	virStoragePoolRefresh(pool, 0);
	count = virStoragePoolListAllVolumes(pool, &volumes, 0);
	for (int i = 0; i < count; i++) {
		ok = ok && clean_volume(clean, volumes[i], error);
		virStorageVolFree(volumes[i]);
	}
	free(volumes);
	return ok;
}

static gboolean clean_volumes(const Clean *clean, GError **error)
{
	gboolean ok = TRUE;

	for (guint i = 0; lv_pool_names[i] && ok; i++) {
		virStoragePoolPtr pool =
			virStoragePoolLookupByName(clean->host->conn, lv_pool_names[i]);

		if (!pool)
			continue;
		if (virStoragePoolIsActive(pool) == 1)
			ok = clean_pool(clean, pool, error);
		virStoragePoolFree(pool);
	}
	lv_pool_remove_empty(clean->host->conn);
	return ok;
}

gboolean lv_clean_host(LvHost *host, LvCleanTell tell, gpointer user, GError **error)
{
	const Clean clean = {.host = host, .tell = tell, .user = user};

	if (!host->where->embed)
		return clean_domains(&clean, error) && clean_volumes(&clean, error);
	if (host->left_guests)
		g_usleep(RECONNECT_MS * 1000);
	return clean_domains(&clean, error);
}

/* A process has one embedded driver with one root, so each root gets a process. */
static gboolean clean_root(const char *root, LvCleanTell tell, gpointer user, GError **error)
{
	g_autofree char *escaped = g_uri_escape_string(root, "/", FALSE);
	g_autofree char *uri = g_strdup_printf("qemu:///embed?root=%s", escaped);
	const char *const argv[] = {"/proc/self/exe", "backend", "clean", uri, NULL};
	g_autoptr(GSubprocess) child =
		g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!child || !g_subprocess_communicate_utf8(child, NULL, NULL, &text, NULL, error))
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++)
		if (*lines[i])
			tell(lines[i], user);
	if (g_subprocess_get_successful(child))
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "libvirt: %s was not cleaned", root);
	return FALSE;
}

gboolean lv_clean(const char *uri, LvCleanTell tell, gpointer user, GError **error)
{
	g_autoptr(LvUri) where = lv_uri_parse(uri, error);
	g_autoptr(LvHost) host = NULL;
	g_auto(GStrv) roots = NULL;
	gboolean ok = TRUE;

	if (!where)
		return FALSE;
	if (where->embed && !where->root) {
		roots = lv_host_left_roots();
		for (guint i = 0; ok && roots[i]; i++)
			ok = clean_root(roots[i], tell, user, error);
		return ok;
	}
	host = lv_host_get_timed(uri, error);
	return host && lv_clean_host(host, tell, user, error);
}
