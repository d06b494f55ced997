/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See host.h. */
#include "host-driver/libvirt/host.h"
#include "host-driver/base/error.h"
#include "host-driver/libvirt/clean.h"
#include "host-driver/libvirt/connection.h"

#include <libvirt/virterror.h>

/* Memory devices that a guest may get and lose; as <memory model='virtio-mem'>. */
#define LIBVIRT_MIN 7009000

/* Whether @host can run our machine with @type, "kvm" or "qemu"; (transfer full) why not. */
static char *obstacle(const LvHost *host, const Arch *arch, const char *type)
{
	g_autofree char *line = NULL;
	char *caps = virConnectGetDomainCapabilities(host->conn, NULL, arch->name, arch->machine,
						     type, 0);

	if (caps) {
		free(caps);
		return NULL;
	}
	line = g_strdup(virGetLastErrorMessage());
	return g_strdup_printf("%s: %s", host->uri, g_strdelimit(line, "\n", ' '));
}

gboolean lv_host_settle(const char *uri, const Arch *arch, VmAccel wanted, VmAccel *accel,
			char **why, GError **error)
{
	g_autoptr(LvHost) host = lv_host_get_timed(uri, error);
	g_autofree char *no_kvm = NULL, *no_tcg = NULL;
	unsigned long version = 0;

	if (!host)
		return FALSE;
	/* A killed hunt's guests would take the cores from this one's. */
	if (host->left_guests)
		lv_clean_host(host, NULL, NULL, NULL);
	if (virConnectGetLibVersion(host->conn, &version) < 0 || version < LIBVIRT_MIN) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "libvirt: %s has libvirt %lu.%lu, and virtio-mem needs 7.9", uri,
			    version / 1000000, version / 1000 % 1000);
		return FALSE;
	}
	/* Here the CPU itself is asked too, as libvirt takes an openable /dev/kvm for KVM. */
	if (host->where->local && !vm_accel_resolve(arch, wanted, accel, &no_kvm, error))
		return FALSE;
	if (!no_kvm && wanted != VM_ACCEL_TCG)
		no_kvm = obstacle(host, arch, "kvm");
	if (!no_kvm && wanted == VM_ACCEL_TCG)
		no_kvm = g_strdup("TCG was asked for");
	*accel = no_kvm ? VM_ACCEL_TCG : VM_ACCEL_KVM;
	if (no_kvm && wanted == VM_ACCEL_KVM) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "KVM cannot be used: %s",
			    no_kvm);
		return FALSE;
	}
	if (no_kvm && (no_tcg = obstacle(host, arch, "qemu"))) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "libvirt: no QEMU for %s there: %s", arch->name, no_tcg);
		return FALSE;
	}
	if (why)
		*why = g_steal_pointer(&no_kvm);
	return TRUE;
}

gboolean lv_host_is_local(const char *uri)
{
	g_autoptr(LvUri) where = lv_uri_parse(uri, NULL);

	return where && where->local;
}
