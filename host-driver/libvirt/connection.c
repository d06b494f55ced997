/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See connection.h. libvirt's event loop is GLib's default main context, so events and
 * streams arrive where all else of ours happens.
 */
#include "host-driver/libvirt/connection.h"
#include "host-driver/base/error.h"
#include "host-driver/libvirt/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <libvirt/virterror.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MS		90000 /* the embedded driver first asks QEMU what it can do */
#define CLOSE_MS	20000
#define KEEPALIVE_S	5
#define KEEPALIVE_COUNT 4
#define ROOT_MAX_BYTES	54 /* sockets are made below it, and sun_path has 108 */

/* A URI that was used: its host, or somebody who is on the way there. Lives for ever. */
typedef struct {
	LvHost *host;
	gboolean opening;
} Entry;

static GMutex hosts_mutex; /* never held while libvirt is asked anything */
static GCond hosts_cond;
static GHashTable *hosts; /* URI -> Entry */
static guint closing;	  /* threads that close one */

void lv_error(GError **error, const char *what)
{
	const char *said = virGetLastErrorMessage();
	g_autofree char *line = g_strdup(said ? said : "no reason given");
	const char *fix = "";

	g_strdelimit(line, "\n", ' ');
	if (strstr(line, "libvirt-qemu"))
		fix = " (root's driver wants that user: install libvirt-daemon-system, or run "
		      "without root)";
	else if (strstr(line, "driver.pid"))
		fix = " (another program uses that root)";
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "libvirt: %s: %s%s", what,
		    g_strstrip(line), fix);
}

static void quiet(void *user, virErrorPtr error)
{
}

static gpointer init_once(gpointer user)
{
	/* All that is an error comes back as one; libvirt's own log would mix with the report. */
	g_setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", FALSE);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		return NULL;
	virSetErrorFunc(NULL, quiet);
	return GINT_TO_POINTER(1);
}

/*
 * What lets the embedded driver run where there is no virtlogd, no cgroups and no right to make
 * namespaces, and keep its hands off the owners of our files. A root that has one keeps it.
 */
static gboolean write_conf(const char *root, GError **error)
{
	g_autofree char *etc = g_build_filename(root, "etc", NULL);
	g_autofree char *path = g_build_filename(etc, "qemu.conf", NULL);
	g_autofree char *text =
		g_strconcat(geteuid() == 0 ? "user = \"root\"\ngroup = \"root\"\n" : "",
			    "stdio_handler = \"file\"\nnamespaces = []\ncgroup_controllers = []\n"
			    "security_driver = \"none\"\nremember_owner = 0\n"
			    "dynamic_ownership = 0\nmax_core = 0\n",
			    NULL);

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return TRUE;
	if (g_mkdir_with_parents(etc, 0700) == 0)
		return g_file_set_contents(path, text, -1, error);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", etc, g_strerror(errno));
	return FALSE;
}

static char *private_root(guint n)
{
	return g_strdup_printf("%s/pfnhunt/libvirt/%u", g_get_user_cache_dir(), n);
}

/* One process a root: libvirt would say so too, in other words. INFRA error, or FALSE alone. */
static gboolean lock_root(LvHost *host, const char *root, GError **error)
{
	g_autofree char *lock = g_build_filename(root, "lock", NULL);

	if (g_mkdir_with_parents(root, 0700) == 0)
		host->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (host->lock_fd < 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", lock,
			    g_strerror(errno));
		return FALSE;
	}
	if (flock(host->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return TRUE;
	close(host->lock_fd);
	host->lock_fd = -1;
	return FALSE;
}

/* The first of our own roots that no other hunt uses: kept, as libvirt's cache lies in it. */
static gboolean take_root(LvHost *host, GError **error)
{
	for (guint n = 0; n < LV_ROOTS; n++) {
		g_autofree char *root = private_root(n);
		GError *broken = NULL;

		if (lock_root(host, root, &broken)) {
			host->where->root = g_steal_pointer(&root);
			return TRUE;
		}
		if (broken) {
			g_propagate_error(error, broken);
			return FALSE;
		}
	}
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "%d other hunts use libvirt's embedded driver: give one qemu:///embed?root=DIR",
		    LV_ROOTS);
	return FALSE;
}

/* The embedded driver keeps a file for each guest that has not ended. */
static gboolean has_guests(const char *root)
{
	g_autofree char *path = g_build_filename(root, "run", "qemu", NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_prefix(name, "pfnhunt-") && g_str_has_suffix(name, ".xml"))
			return TRUE;
	return FALSE;
}

static gboolean is_locked(const char *root)
{
	g_autofree char *lock = g_build_filename(root, "lock", NULL);
	int fd = open(lock, O_RDWR | O_CLOEXEC);
	gboolean locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;

	if (fd >= 0)
		close(fd);
	return locked;
}

char **lv_host_left_roots(void)
{
	GPtrArray *roots = g_ptr_array_new();

	for (guint n = 0; n < LV_ROOTS; n++) {
		g_autofree char *root = private_root(n);

		if (has_guests(root) && !is_locked(root))
			g_ptr_array_add(roots, g_steal_pointer(&root));
	}
	g_ptr_array_add(roots, NULL);
	return (char **)g_ptr_array_free(roots, FALSE);
}

static gboolean prepare_root(LvHost *host, GError **error)
{
	const char *root = host->where->root;
	GError *broken = NULL;

	if (!root && !take_root(host, error))
		return FALSE;
	if (root && !lock_root(host, root, &broken)) {
		if (!broken)
			g_set_error(&broken, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
				    "libvirt: another process uses %s", root);
		g_propagate_error(error, broken);
		return FALSE;
	}
	root = host->where->root;
	host->left_guests = has_guests(root);
	if (strlen(root) <= ROOT_MAX_BYTES)
		return write_conf(root, error);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "%s is too long a path for the sockets in it: give "
		    "libvirt:qemu:///embed?root=DIR with at most %d bytes",
		    root, ROOT_MAX_BYTES);
	return FALSE;
}

static void connection_closed(virConnectPtr conn, int reason, void *user)
{
	g_atomic_int_set(&((LvHost *)user)->lost, 1);
}

static void host_free(LvHost *host)
{
	if (host->conn) {
		if (host->remove_files && !g_atomic_int_get(&host->lost))
			host->remove_files(host);
		virConnectUnregisterCloseCallback(host->conn, connection_closed);
		virConnectClose(host->conn);
	}
	if (host->lock_fd >= 0)
		close(host->lock_fd);
	lv_uri_free(host->where);
	g_hash_table_unref(host->files);
	g_mutex_clear(&host->files_mutex);
	g_free(host->owner);
	g_free(host->uri);
	g_free(host);
}

LvHost *lv_host_ref(LvHost *host)
{
	g_atomic_int_inc(&host->refs);
	return host;
}

void lv_host_unref(LvHost *host)
{
	if (host && g_atomic_int_dec_and_test(&host->refs))
		host_free(host);
}

static LvHost *host_open(const char *uri, GError **error)
{
	static GOnce once = G_ONCE_INIT;
	g_autoptr(LvUri) where = lv_uri_parse(uri, error);
	g_autoptr(LvHost) host = NULL;
	g_autofree char *full = NULL, *what = NULL;

	if (!where)
		return NULL;
	host = g_new0(LvHost, 1);
	host->refs = 1;
	host->uri = g_strdup(uri);
	host->where = g_steal_pointer(&where);
	host->lock_fd = -1;
	host->owner = lv_owner_self();
	host->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_mutex_init(&host->files_mutex);
	if (!g_once(&once, init_once, NULL)) {
		lv_error(error, "no event loop");
		return NULL;
	}
	if (host->where->embed) {
		g_autofree char *escaped = NULL;

		if (!prepare_root(host, error))
			return NULL;
		escaped = g_uri_escape_string(host->where->root, "/", FALSE);
		full = g_strdup_printf("qemu:///embed?root=%s", escaped);
	}
	host->conn = virConnectOpen(full ? full : uri);
	if (!host->conn) {
		what = g_strdup_printf("cannot reach %s", uri);
		lv_error(error, what);
		return NULL;
	}
	/* Where there is no wire they do nothing. The events of a lost host end its guests. */
	virConnectSetKeepAlive(host->conn, KEEPALIVE_S, KEEPALIVE_COUNT);
	virConnectRegisterCloseCallback(host->conn, connection_closed, host, NULL);
	return g_steal_pointer(&host);
}

static Entry *entry_of(const char *uri)
{
	Entry *entry;

	if (!hosts)
		hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	entry = g_hash_table_lookup(hosts, uri);
	if (!entry) {
		entry = g_new0(Entry, 1);
		g_hash_table_insert(hosts, g_strdup(uri), entry);
	}
	return entry;
}

LvHost *lv_host_get(const char *uri, GError **error)
{
	LvHost *host, *old;
	Entry *entry;

	g_mutex_lock(&hosts_mutex);
	entry = entry_of(uri);
	while (entry->opening)
		g_cond_wait(&hosts_cond, &hosts_mutex);
	if (entry->host && !g_atomic_int_get(&entry->host->lost)) {
		host = lv_host_ref(entry->host);
		g_mutex_unlock(&hosts_mutex);
		return host;
	}
	old = g_steal_pointer(&entry->host);
	entry->opening = TRUE;
	g_mutex_unlock(&hosts_mutex);
	lv_host_unref(old);

	host = host_open(uri, error);
	g_mutex_lock(&hosts_mutex);
	entry->opening = FALSE;
	entry->host = host ? lv_host_ref(host) : NULL;
	g_cond_broadcast(&hosts_cond);
	g_mutex_unlock(&hosts_mutex);
	return host;
}

static gpointer close_thread(gpointer user)
{
	lv_host_unref(user);
	g_mutex_lock(&hosts_mutex);
	closing--;
	g_cond_broadcast(&hosts_cond);
	g_mutex_unlock(&hosts_mutex);
	return NULL;
}

void lv_host_close(const char *uri)
{
	gint64 until_us = g_get_monotonic_time() + CLOSE_MS * 1000ll;
	LvHost *host;

	g_mutex_lock(&hosts_mutex);
	host = g_steal_pointer(&entry_of(uri)->host);
	if (host) {
		closing++;
		g_thread_unref(g_thread_new("libvirt-close", close_thread, host));
	}
	while (closing && g_cond_wait_until(&hosts_cond, &hosts_mutex, until_us))
		;
	g_mutex_unlock(&hosts_mutex);
}

char *lv_host_root(const char *uri)
{
	G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&hosts_mutex);
	const LvHost *host = entry_of(uri)->host;

	return host ? g_strdup(host->where->root) : NULL;
}

typedef struct {
	char *uri;
	LvHost *host;
	GError *error;
	GMutex mutex;
	GCond cond;
	gboolean done, late;
} Opening;

static void opening_free(Opening *o)
{
	lv_host_unref(o->host);
	g_clear_error(&o->error);
	g_mutex_clear(&o->mutex);
	g_cond_clear(&o->cond);
	g_free(o->uri);
	g_free(o);
}

static gpointer open_thread(gpointer user)
{
	Opening *o = user;
	GError *error = NULL;
	LvHost *host = lv_host_get(o->uri, &error);
	gboolean late;

	g_mutex_lock(&o->mutex);
	o->host = host;
	o->error = error;
	o->done = TRUE;
	late = o->late;
	g_cond_signal(&o->cond);
	g_mutex_unlock(&o->mutex);
	if (late)
		opening_free(o);
	return NULL;
}

LvHost *lv_host_get_timed(const char *uri, GError **error)
{
	Opening *o = g_new0(Opening, 1);
	gint64 until_us = g_get_monotonic_time() + OPEN_MS * 1000ll;
	LvHost *host;

	o->uri = g_strdup(uri);
	g_mutex_init(&o->mutex);
	g_cond_init(&o->cond);
	g_thread_unref(g_thread_new("libvirt-open", open_thread, o));
	g_mutex_lock(&o->mutex);
	while (!o->done && g_cond_wait_until(&o->cond, &o->mutex, until_us))
		;
	o->late = !o->done;
	if (o->late) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "libvirt: %s does not answer within %d s", uri, OPEN_MS / 1000);
		g_mutex_unlock(&o->mutex);
		return NULL;
	}
	g_mutex_unlock(&o->mutex);
	host = g_steal_pointer(&o->host);
	if (!host)
		g_propagate_error(error, g_steal_pointer(&o->error));
	opening_free(o);
	return host;
}
