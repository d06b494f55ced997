/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of ours that QEMU on another host is to read: the kernel and the initramfs. They go
 * there as volumes of the host's default pool, or of one that we make, and are named after
 * their owner, so that a killed hunt's are found.
 */
#include "host-driver/libvirt/files.h"
#include "host-driver/base/error.h"
#include "host-driver/libvirt/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX	  "pfnhunt_"
#define POOL_NAME "pfnhunt"
#define POOL_PATH "/var/tmp/pfnhunt-volumes"

const char *const lv_pool_names[] = {"default", POOL_NAME, NULL};

/* Owner and number as a file's name: the owner's parts have no '_'. */
static char *volume_name(const LvHost *host, guint number)
{
	g_autofree char *owner = g_strdup(host->owner);

	return g_strdup_printf(PREFIX "%s_%u", g_strdelimit(owner, "/", '_'), number);
}

char *lv_volume_owner(const char *name)
{
	char *owner;

	if (!g_str_has_prefix(name, PREFIX) || !strrchr(name + strlen(PREFIX), '_'))
		return NULL;
	owner = g_strndup(name + strlen(PREFIX),
			  (gsize)(strrchr(name, '_') - name) - strlen(PREFIX));
	return g_strdelimit(owner, "_", '/');
}

static virStoragePoolPtr make_pool(LvHost *host)
{
	static const char xml[] =
		"<pool type='dir'><name>" POOL_NAME "</name><target><path>" POOL_PATH
		"</path><permissions><mode>0711</mode></permissions></target></pool>";
	virStoragePoolPtr pool = virStoragePoolDefineXML(host->conn, xml, 0);

	if (!pool)
		return NULL;
	if (virStoragePoolBuild(pool, 0) == 0 && virStoragePoolCreate(pool, 0) == 0)
		return pool;
	virStoragePoolUndefine(pool);
	virStoragePoolFree(pool);
	return NULL;
}

/* The active pool called @name, or NULL. */
static virStoragePoolPtr find_pool(LvHost *host, const char *name)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(host->conn, name);

	if (pool && virStoragePoolIsActive(pool) == 1)
		return pool;
	if (pool)
		virStoragePoolFree(pool);
	return NULL;
}

static int send_some(virStreamPtr stream, char *data, size_t len, void *user)
{
	ssize_t n;

	do
		n = read(*(int *)user, data, len);
	while (n < 0 && errno == EINTR);
	return (int)n;
}

static gboolean upload(LvHost *host, virStorageVolPtr volume, int fd, guint64 bytes)
{
	virStreamPtr stream = virStreamNew(host->conn, 0);
	gboolean ok = stream && virStorageVolUpload(volume, stream, 0, bytes, 0) == 0;

	if (ok && virStreamSendAll(stream, send_some, &fd) == 0)
		ok = virStreamFinish(stream) == 0;
	else if (ok) {
		virStreamAbort(stream);
		ok = FALSE;
	}
	if (stream)
		virStreamFree(stream);
	return ok;
}

static char *put(LvHost *host, virStoragePoolPtr pool, const char *path, GError **error)
{
	g_autofree char *what = g_strdup_printf("%s: cannot upload %s", host->uri, path);
	g_autofree char *name = volume_name(host, g_hash_table_size(host->files));
	g_autofree char *xml = NULL;
	char *there = NULL, *copy = NULL;
	virStorageVolPtr volume;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", path,
			    g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	xml = g_markup_printf_escaped(
		"<volume><name>%s</name><allocation>0</allocation>"
		"<capacity unit='B'>%" G_GUINT64_FORMAT "</capacity><target>"
		"<format "
		"type='raw'/><permissions><mode>0644</mode></permissions></target></volume>",
		name, (guint64)st.st_size);
	volume = virStorageVolCreateXML(pool, xml, 0);
	if (volume && upload(host, volume, fd, (guint64)st.st_size))
		there = virStorageVolGetPath(volume);
	if (there)
		copy = g_strdup(there);
	else
		lv_error(error, what);
	if (volume && !there)
		virStorageVolDelete(volume, 0);
	if (volume)
		virStorageVolFree(volume);
	free(there);
	close(fd);
	return copy;
}

/* Somebody else may have a pool of that name. */
static gboolean is_our_pool(virStoragePoolPtr pool)
{
	char *xml = virStoragePoolGetXMLDesc(pool, 0);
	gboolean ours = xml && strstr(xml, "<path>" POOL_PATH "</path>");

	free(xml);
	return ours;
}

void lv_pool_remove_empty(virConnectPtr conn)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, POOL_NAME);

	if (!pool)
		return;
	if (is_our_pool(pool) && virStoragePoolIsActive(pool) == 1 &&
	    virStoragePoolNumOfVolumes(pool) == 0 && virStoragePoolDestroy(pool) == 0) {
		virStoragePoolDelete(pool, 0);
		virStoragePoolUndefine(pool);
	}
	virStoragePoolFree(pool);
}

/* Before the host is closed: all that was uploaded, and the pool if it was ours and is empty. */
static void remove_files(LvHost *host)
{
	GHashTableIter iter;
	gpointer there;

	g_hash_table_iter_init(&iter, host->files);
	while (g_hash_table_iter_next(&iter, NULL, &there)) {
		virStorageVolPtr volume = virStorageVolLookupByPath(host->conn, there);

		if (!volume)
			continue;
		virStorageVolDelete(volume, 0);
		virStorageVolFree(volume);
	}
	g_hash_table_remove_all(host->files);
	lv_pool_remove_empty(host->conn);
}

char *lv_host_file(LvHost *host, const char *path, GError **error)
{
	g_autoptr(GMutexLocker) locker = NULL;
	virStoragePoolPtr pool = NULL;
	char *there;

	/* QEMU is started in another folder than ours. */
	if (!host->where->upload)
		return g_canonicalize_filename(path, NULL);
	locker = g_mutex_locker_new(&host->files_mutex);
	there = g_hash_table_lookup(host->files, path);
	if (there)
		return g_strdup(there);
	for (guint i = 0; !pool && lv_pool_names[i]; i++)
		pool = find_pool(host, lv_pool_names[i]);
	if (!pool)
		pool = make_pool(host);
	if (!pool) {
		lv_error(error, "no storage pool for the kernel: start the host's pool 'default'");
		return NULL;
	}
	there = put(host, pool, path, error);
	virStoragePoolFree(pool);
	if (there) {
		g_hash_table_insert(host->files, g_strdup(path), g_strdup(there));
		host->remove_files = remove_files;
	}
	return there;
}
